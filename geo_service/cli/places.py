"""`geo places`: loads the names of settlements for the map's labels."""

import asyncio

import typer


def places() -> None:
    """Load the names of settlements of Russia and its neighbours for the map's labels (GeoNames)."""
    from geo_service.cluster.private_cluster import database_url
    from geo_service.core.database import migrate
    from geo_service.core.settings import read_settings
    from ingest.jobs.place_names import load_places

    with database_url(read_settings(), lambda text: typer.echo(text, err=True)) as url:
        asyncio.run(migrate(url))
        typer.echo(f"{asyncio.run(load_places(url)):,} settlements are in the database.")
