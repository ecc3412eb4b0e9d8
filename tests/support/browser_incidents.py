"""A small known set of incidents for the page."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import h3.api.basic_int as h3

from geo_service.core.database import open_connection
from tests.support.databases import create_database, database_address, execute_statement
from tests.support.serve_process import serving, wait_until_ready

CENTRE = (45.04, 38.98)
CELL = h3.latlng_to_cell(*CENTRE, 6)
"""The hexagon that holds every incident of the last 30 days."""
ROADS, WASTE = 30, 12
"""Incidents of the last 30 days in two sectors: every third of them closed."""
OLD = 50
"""Incidents of roads about 200 days ago, in another hexagon."""
OLD_CENTRE = (45.6, 39.9)


def insert_incidents(url: str, prefix: str, theme: int, count: int, centre: tuple[float, float], days_ago: float) -> None:
    """`count` incidents at one place, an hour apart; every third is closed, the others have a deadline to come."""
    lat, lng = centre
    now = datetime.now(UTC)
    cell = h3.latlng_to_cell(lat, lng, 10)
    rows = []
    for i in range(count):
        received = now - timedelta(days=days_ago, hours=i, minutes=5)
        rows.append((f"{prefix}{i}", lng, lat, cell, theme, 6 if i % 3 == 0 else 0, received, now + timedelta(days=9)))

    async def insert() -> None:
        async with open_connection(url) as connection:
            await connection.executemany(_INSERT, rows)

    run_in_thread(insert)


_INSERT = (
    "insert into incident"
    " (source_id, external_id, location, cell, location_quality, theme_id, status, received_at, due_at, updated_at)"
    " values (1, $1, st_setsrid(st_makepoint($2, $3), 4326), $4, 0, $5, $6, $7, $8, $7)"
)


def run_in_thread(make_coroutine: Callable[[], Coroutine[None, None, None]]) -> None:
    """Run `make_coroutine()` in a thread of its own: in this one Playwright's event loop may be running."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(lambda: asyncio.run(make_coroutine())).result()


def insert_known_incidents(url: str) -> None:
    """One synthetic source, two themes, and incidents now and long ago."""

    async def name() -> None:
        async with open_connection(url) as connection:
            await connection.execute(
                "insert into source (code, name_ru, name_en, synthetic, attribution) values ('demo', 'Демо', 'Demo', true, 'Synthetic');"
                "insert into theme (code, sector_id, name_ru, name_en)"
                " values ('roads.pothole', 7, 'Яма', 'Pothole'), ('waste.dump', 5, 'Свалка', 'Dump')"
            )

    run_in_thread(name)
    insert_incidents(url, "r", 1, ROADS, CENTRE, 0)
    insert_incidents(url, "w", 2, WASTE, CENTRE, 0)
    insert_incidents(url, "o", 1, OLD, OLD_CENTRE, 200)


@contextmanager
def serving_known_incidents(database_url: str) -> Iterator[str]:
    """A `geo serve` process over an empty database that is filled with these incidents, once it is ready; its address."""
    insert_known_incidents(database_url)
    with serving(database_url, GEO_ALERTS="0") as (_, address):
        wait_until_ready(address)
        yield address


@contextmanager
def database_of_session(cluster_url: str, template: str, purpose: str) -> Iterator[str]:
    """A migrated, empty database, dropped at the end of the block."""
    name = f"geo_{os.getpid()}_{purpose}"
    run_in_thread(partial(create_database, cluster_url, name, template))
    yield database_address(cluster_url, name)
    run_in_thread(partial(execute_statement, cluster_url, f'drop database "{name}" with (force)'))
