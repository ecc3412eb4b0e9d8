"""Incidents of a past week and of those before it, for tests of the weekly report: everything that a report can say happens in them."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import h3.api.basic_int as h3

from geo_service.aggregation.alerts.model import AgencyShare, AlertLayer, Episode, Place, Threshold
from geo_service.aggregation.replica.loader import read_catalogue
from geo_service.alerts.store import write_episodes, write_thresholds
from tests.support.territory import AREAS, CENTRE, insert_area

WEEK = "2025-W10"
MONDAY = datetime(2025, 3, 2, 21, tzinfo=UTC)
"""3 March 2025, 00:00 in Moscow."""
BEGIN, DAY_S = int(MONDAY.timestamp()), 86_400
"""Seconds since 1970, and of a day."""
WINDOW = {"from": "2025-03-03", "to": "2025-03-10"}
"""The week as parameters of the API."""
PHRASE = "позвоните Серафиме Пустынниковой 8-918-000-11-22"
"""In the text and the address of every incident: it must be nowhere in a report."""
SURNAME = "Пустынников"
LASTING, BURST = "00", "11"
"""Districts: one with a theme that lasts, one with a single burst."""
LATER_WEEK = "2025-W12"
"""A week with deadlines after its end."""
RED_PLACE = "Станица Красная"
_THEMES = ("roads.pothole", "waste.dump", "housing.water", "energy.light", "roads.snow")
_ADDRESSES = ("г. Город, ул. Мира, д. 91, кв. {i}, {phrase}", "Город, Мира 91 {phrase}", "улица Мира 91 кв {i}, {phrase}")
HOUSE = "ул. Мира, 91"
HOUSE_INCIDENTS = 7
FORMULA = "=1+1"
SCRIPT = "<script>alert(1)</script> & co"
_CATALOGUE = """
insert into source (code, name_ru, name_en, attribution, synthetic) values
    ('portal', 'Портал', 'Portal', 'Данные портала', false), ('letter', 'Письмо', 'Letter', '', true);
insert into theme (code, sector_id, name_ru, name_en) values
    ('roads.pothole', 7, 'Яма', 'Pothole'), ('waste.dump', 5, 'Свалка', 'Dump'), ('housing.water', 4, 'Нет воды', 'No water'),
    ('energy.light', 6, 'Ёлки не светят, 5 ₽ № 1', 'No light'), ('roads.snow', 7, 'Снег', 'Snow');
insert into place (id, name_ru, name_en, country, population, location) values
    (1, 'Город', 'Town', 'RU', 90000, st_setsrid(st_makepoint(38.9, 45.0), 4326)),
    (2, 'Далеко', 'Far away', 'RU', 900000, st_setsrid(st_makepoint(80, 45), 4326)),
    (3, 'Станица Красная', 'Krasnaya', 'RU', 900, st_setsrid(st_makepoint(38.3, 44.6), 4326));
"""
_INSERT = (
    "insert into incident (source_id, external_id, location, cell, location_quality, theme_id, agency_id, district_id, status, received_at,"
    " due_at, answered_at, closed_at, updated_at, address, message)"
    " values ($1, $2, st_setsrid(st_makepoint($3, $4), 4326), $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $11, $15, $16)"
)


async def fill(connection: asyncpg.Connection) -> None:
    """Put the territory, its incidents and two alerts into an empty database."""
    await connection.execute(_CATALOGUE)
    agencies = [(f"agency.{number}", f"Ведомство {number}") for number in range(12)]
    await connection.executemany("insert into agency (code, name) values ($1, $2)", agencies)
    ids: dict[str, int] = {}
    for area in AREAS:
        ids[area.code] = await insert_area(connection, area, ids.get(area.parent or ""))
    renamed = [("12", FORMULA), ("21", SCRIPT)]
    await connection.executemany("update district set name_ru = $2 where code = $1", renamed)
    await connection.execute("update boundary_state set revision = revision + 1")
    rng = random.Random(7)
    rows = [row for make in (_usual, _lasting, _burst, _house, _waiting) for row in make(rng, ids)]
    await connection.executemany(_INSERT, [_values(rng, number, row) for number, row in enumerate(rows)])
    await _add_alerts(connection, ids)


def _usual(rng: random.Random, ids: dict[str, int]) -> Iterator[dict[str, Any]]:
    """Yield a few incidents a district and week, and those of the same dates a year before."""
    for area in AREAS[1:-1]:
        for monday in (*(MONDAY - timedelta(weeks=weeks) for weeks in range(5)), datetime(2024, 3, 2, 21, tzinfo=UTC)):
            for _ in range(rng.randrange(18, 30)):
                yield _incident(rng, area.shape.representative_point(), ids[area.code], monday, rng.randrange(5))


def _lasting(rng: random.Random, ids: dict[str, int]) -> Iterator[dict[str, Any]]:
    area = next(area for area in AREAS if area.code == LASTING)
    for weeks in range(4):
        for _ in range(15 + weeks):
            yield _incident(rng, area.shape.representative_point(), ids[area.code], MONDAY - timedelta(weeks=weeks), 0)


def _burst(rng: random.Random, ids: dict[str, int]) -> Iterator[dict[str, Any]]:
    area = next(area for area in AREAS if area.code == BURST)
    for _ in range(60):
        yield _incident(rng, area.shape.representative_point(), ids[area.code], MONDAY, 2)


def _house(rng: random.Random, ids: dict[str, int]) -> Iterator[dict[str, Any]]:
    """Yield incidents at one house, and fewer than are listed at another, over two months."""
    for place, count in ((CENTRE, HOUSE_INCIDENTS), ((38.91, 45.01), 4)):
        for number in range(count):
            row = _incident(rng, None, ids["T"], MONDAY - timedelta(days=9 * number), 3)
            yield row | {"lng": place[0], "lat": place[1], "quality": 1, "house": number}


def _waiting(rng: random.Random, ids: dict[str, int]) -> Iterator[dict[str, Any]]:
    """Yield incidents of a later week: open, three due before its end, two after it."""
    monday = MONDAY + timedelta(weeks=2)
    for number in range(5):
        row = _incident(rng, AREAS[1].shape.representative_point(), ids["00"], monday, 0)
        due = monday + timedelta(days=6 if number < 3 else 8)
        yield row | {"status": 0, "answered": None, "closed": None, "due": due}


def _incident(rng: random.Random, place: Any, district: int, monday: datetime, theme: int) -> dict[str, Any]:
    """Return an incident within the week. Its deadline is within the week or a century away: overdue is the same at its end and now."""
    received = monday + timedelta(seconds=rng.randrange(6 * 86_400))
    answered = received + timedelta(minutes=rng.randrange(5, 600)) if rng.random() < 0.7 else None
    closed = answered + timedelta(minutes=5) if answered and rng.random() < 0.6 else None
    due = rng.choice([received + timedelta(hours=rng.randrange(1, 20)), datetime(2100, 1, 1, tzinfo=UTC), None])
    return {
        "lng": (place.x if place else 0) + rng.uniform(-0.04, 0.04), "lat": (place.y if place else 0) + rng.uniform(-0.04, 0.04),
        "theme": theme, "district": district, "received": received, "answered": answered, "closed": closed, "due": due,
        "status": 6 if closed else 4 if answered else rng.choice([0, 1, 2, 5]), "quality": rng.choice([0, 2, 3]), "house": None,
    }  # fmt: skip


def _values(rng: random.Random, number: int, row: dict[str, Any]) -> tuple[object, ...]:
    house = row["house"]
    address = PHRASE if house is None else _ADDRESSES[house % len(_ADDRESSES)].format(i=house + 1, phrase=PHRASE)
    cell = h3.latlng_to_cell(row["lat"], row["lng"], 10)
    return (
        rng.choice([1, 1, 2]), str(number), row["lng"], row["lat"], cell, row["quality"], row["theme"] + 1,
        min(int(rng.expovariate(0.22)), 11) + 1, row["district"], row["status"], row["received"], row["due"], row["answered"],
        row["closed"], address, f"Здравствуйте, {PHRASE}, {number}",
    )  # fmt: skip


async def _add_alerts(connection: asyncpg.Connection, ids: dict[str, int]) -> None:
    """Store an alert of the week, and one of the week before that has ended."""
    catalogue = await read_catalogue(connection)
    theme = catalogue.themes.by_code["housing.water"]
    begin, day = BEGIN, DAY_S
    place = Place("s:3", RED_PLACE, "Krasnaya", 38.3, 44.6, h3.latlng_to_cell(44.6, 38.3, 6), catalogue.districts.by_code["00"].id)
    common: dict[str, Any] = {
        "layer": AlertLayer.LOCAL, "theme": theme.id, "sector": theme.parent or 0, "window_s": 3 * day, "distinct": 9, "log10_p": -12.0,
        "recurrence_days": 3650.0, "peak": 40, "agencies": (AgencyShare(1, 40, 11),),
    }  # fmt: skip
    going_on = Episode(
        place=place, since=begin + day, detected=begin + 2 * day, updated=begin + 3 * day, last_signal=begin + 3 * day, n=61,
        expected=0.4, peak_at=begin + 2 * day, open=17, **common,
    )  # fmt: skip
    other = Place("s:1", "Город", "Town", *CENTRE, h3.latlng_to_cell(CENTRE[1], CENTRE[0], 6), catalogue.districts.by_code["T"].id)
    ended = Episode(
        place=other, since=begin - 7 * day, detected=begin - 5 * day, updated=begin - day, last_signal=begin - day, n=33,
        expected=2.0, peak_at=begin - 4 * day, open=5, closed_at=begin + 3 * day, **common,
    )  # fmt: skip
    await write_episodes(connection, catalogue, [going_on, ended])
    layers = (AlertLayer.LOCAL, AlertLayer.TOTALS)
    await write_thresholds(connection, [Threshold(layer, 1.0, -6.0, 365, 52, ((-6.0, 0.1),), begin) for layer in layers])
