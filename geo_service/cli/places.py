"""`geo places`: load the names of settlements for the map's labels."""

import asyncio

import typer

from geo_service.cli.db import open_database
from geo_service.core.settings import read_settings


def places_command() -> None:
    """Load the names of settlements of Russia and its neighbours for the map's labels (GeoNames)."""
    from ingest.jobs.place_names import load_places

    with open_database(read_settings()) as url:
        typer.echo(f"{asyncio.run(load_places(url)):,} settlements are in the database.")
