"""Alerts stored in a database with incidents, for tests of what reads them."""

import time
from collections.abc import Sequence
from dataclasses import replace

import asyncpg

from geo_service.aggregation.alerts.model import AlertLayer, Episode, Place
from geo_service.aggregation.replica.loader import read_catalogue
from geo_service.alerts.store import write_episodes
from tests.support.alert_episodes import HOUSING, ROADS, outage
from tests.support.hourly_incidents import fill

DAY = 86_400
TOWN = Place("s:7", "Крымск", "Krymsk", 37.98, 44.93, 0x862D50A2FFFFFFF, 3)
VILLAGE = Place("s:8", "Молдаванское", "Moldavanskoye", 37.88, 44.95, 0x862D50A2FFFFFFF, 4)
KRAI = Place("r:", "Краснодарский край", "Krasnodar Krai", 39.0, 45.0)
ELSEWHERE = Place("h:862d50a2fffffff", "у ст. Каневской", "near Kanevskaya", 38.9, 46.0, 0x862D50A2FFFFFFF)

CATALOGUE_ROWS = """
insert into theme (code, sector_id, name_ru, name_en)
values ('housing.no_water', 4, 'Нет холодной воды', 'No cold water'), ('roads.snow', 7, 'Снег не убран', 'Snow not cleared');
insert into agency (code, name) values ('vodokanal', 'Водоканал'), ('=danger', '=1+1');
insert into district (code, level, parent_id, name_ru, name_en) values
    ('krai', 1, null, 'Краснодарский край', 'Krasnodar Krai'), ('labinsk', 2, 1, 'Лабинский район', 'Labinsky District'),
    ('krymsk', 2, 1, 'Крымский район', 'Krymsky District'), ('moldavanskoye', 3, 3, 'Молдаванское', 'Moldavanskoye')
"""
"""Themes 3 and 4 behind those of the hourly incidents, agencies and districts from 1 on."""
WATER, SNOW = 3, 4


def episodes(now: int) -> list[Episode]:
    """Five alerts: the outage; a rarer one in two places; the snow in two towns, a group; and one that has closed.

    The first four are open. Their ids are 1 to 5 in this order.
    """
    begun = now - 3 * DAY
    water = outage(theme=WATER, since=begun, detected=begun + 19_440, updated=now - 600, last_signal=now - 600, peak_at=now - 600)
    two = replace(
        water,
        theme=0,
        sector=HOUSING,
        place=VILLAGE,
        places=(VILLAGE, TOWN),
        since=now - DAY,
        detected=now - DAY + 60,
        recurrence_days=40.0,
    )  # fmt: skip
    snow = replace(
        water, layer=AlertLayer.TOTALS, theme=SNOW, sector=ROADS, place=KRAI, places=(KRAI,), agencies=(), n=1700, expected=54.4,
        recurrence_days=900.0, group=3,
    )  # fmt: skip
    town = replace(snow, layer=AlertLayer.LOCAL, place=ELSEWHERE, places=(ELSEWHERE,), recurrence_days=90.0, n=12)
    closed = replace(water, closed_at=now - 40 * DAY, updated=now - 47 * DAY, since=now - 50 * DAY, detected=now - 50 * DAY + 60)
    return [water, two, snow, town, closed]


async def store(connection: asyncpg.Connection, stored: Sequence[Episode]) -> list[Episode]:
    """Write episodes as the watcher does; return them with their ids."""
    return await write_episodes(connection, await read_catalogue(connection), stored)


async def fill_with_alerts(connection: asyncpg.Connection) -> None:
    """Fill a database with incidents every hour and these alerts."""
    await fill(connection)
    await connection.execute(CATALOGUE_ROWS)
    await store(connection, episodes(int(time.time())))
