"""Alembic's environment: runs migrations over asyncpg with the address that `geo_service.core.database` hands in."""

import asyncio

import asyncpg
from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from geo_service.core.schema import Xid8, metadata

# SQLAlchemy does not know this type when it reads a database's tables.
ischema_names["xid8"] = Xid8


def include_object(thing, name, kind, reflected, compare_to):
    """Compare our own tables only: PostGIS has tables in the same schema. Expressions of an index come back in another form."""
    if kind == "table" and reflected and compare_to is None:
        return False
    if kind == "index" and name == "incident_duplicate_candidates_idx":
        return False
    return alembic_helpers.include_object(thing, name, kind, reflected, compare_to)


def run(connection: Connection) -> None:
    """Migrate over one connection."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_object=include_object,
        process_revision_directives=alembic_helpers.writer,
        render_item=alembic_helpers.render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_online(url: str) -> None:
    """Open the connection by the plain address, so that every form asyncpg knows works."""
    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


asyncio.run(run_online(context.config.attributes["url"]))
