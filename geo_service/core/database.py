"""The database from the service's side: migrations, the connection pool, statements, and errors put into words."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import cast
from urllib.parse import urlsplit

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from geo_service.core import advisory_locks
from geo_service.core.errors import DatabaseUnavailable
from geo_service.core.model import SECTORS
from geo_service.core.named_queries import SQL, with_constants
from geo_service.core.resources import postgis_folder
from geo_service.core.schema import sector
from geo_service.core.settings import Settings

MIGRATIONS = postgis_folder() / "migrations"
POSTGIS_LEAST = (3, 3)

_DIALECT = PGDialect_asyncpg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


def compiled(statement: ClauseElement) -> tuple[str, list[object]]:
    """SQL text with $1, $2… and the values in that order, for asyncpg, of a SQLAlchemy Core statement."""
    result = cast(SQLCompiler, statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True}))
    parameters = result.params
    return str(result), [parameters[name] for name in result.positiontup or ()]


def without_password(url: str) -> str:
    """The address of a database without its password, for messages."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'local socket'}:{parts.port or 5432}{parts.path}"


@contextmanager
def database_errors(act: str) -> Iterator[None]:
    """Turn driver errors that mean "cannot work with the database now" into `DatabaseUnavailable`.

    `act` begins the message ("load the replica"). The server's own text is left to the log.
    """
    try:
        yield
    except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise DatabaseUnavailable(f"cannot {act}: the database connection failed ({type(error).__name__})") from error
    except asyncpg.QueryCanceledError as error:
        raise DatabaseUnavailable(f"cannot {act}: the statement took longer than allowed") from error
    except asyncpg.PostgresError as error:
        raise DatabaseUnavailable(f"cannot {act}: the database refused (SQLSTATE {error.sqlstate})") from error


async def connect(url: str) -> asyncpg.Connection:
    """One connection without a statement timeout, for loading, following and ingesting."""
    with database_errors(f"connect to {without_password(url)}"):
        return await asyncpg.connect(url, timeout=10, server_settings={"application_name": "geo-service", "timezone": "UTC"})


@asynccontextmanager
async def open_connection(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that is closed at the end of the block."""
    held = await connect(url)
    try:
        yield held
    finally:
        # A server that does not answer the farewell is left without one: asyncpg has aborted the connection by then,
        # and what happened in the block is what must be told.
        with suppress(OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresError):
            await held.close(timeout=5)


async def create_pool(url: str, settings: Settings) -> asyncpg.Pool:
    """The pool for requests: each statement has a timeout at the server."""
    options = {"statement_timeout": str(settings.statement_timeout_ms), "application_name": "geo-service", "timezone": "UTC"}
    with database_errors(f"connect to {without_password(url)}"):
        return await asyncpg.create_pool(
            url, min_size=0, max_size=settings.pool_size, timeout=10, server_settings=options,
            command_timeout=settings.statement_timeout_ms / 1000 + 1,
        )  # fmt: skip


async def migrate(url: str) -> None:
    """Bring the schema to this version: tables by Alembic, then triggers and the list of sectors.

    Running it again changes nothing. Two at once wait for each other.
    """
    async with open_connection(url) as held:
        with database_errors("migrate the schema"):
            await held.execute("select pg_advisory_lock($1)", advisory_locks.MIGRATION)
            await held.execute("create extension if not exists postgis")
            await _check_postgis(held)
            await asyncio.to_thread(_upgrade, url)
            for file in sorted((SQL / "triggers").glob("*.sql")):
                await held.execute(with_constants(file.read_text(encoding="utf-8"), file.name))
            await _seed_sectors(held)


def alembic_config(url: str) -> Config:
    """Alembic's configuration for the migrations of this version; `url` is handed to env.py as an attribute, never written."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["url"] = url
    return config


def _upgrade(url: str) -> None:
    command.upgrade(alembic_config(url), "head")


async def _check_postgis(held: asyncpg.Connection) -> None:
    version = str(await held.fetchval("select postgis_lib_version()"))
    if tuple(int(part) for part in version.split(".")[:2]) < POSTGIS_LEAST:
        raise DatabaseUnavailable(
            f"cannot migrate the schema: PostGIS is {version}, at least {'.'.join(map(str, POSTGIS_LEAST))} is needed"
        )


async def _seed_sectors(held: asyncpg.Connection) -> None:
    rows = [
        {"id": place, "code": one.code, "name_ru": one.name_ru, "name_en": one.name_en, "position": place}
        for place, one in enumerate(SECTORS, start=1)
    ]
    statement = insert(sector).values(rows)
    fresh = {name: statement.excluded[name] for name in ("code", "name_ru", "name_en", "position")}
    text, values = compiled(statement.on_conflict_do_update(index_elements=["id"], set_=fresh))
    await held.execute(text, *values)
