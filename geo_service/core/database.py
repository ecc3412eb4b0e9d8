"""Connections, the pool, migrations, compiled statements, and errors of the database driver."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from typing import cast
from urllib.parse import urlsplit

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from geo_service.core.errors import DatabaseUnavailable, NumbersExhausted
from geo_service.core.model import SECTORS
from geo_service.core.resources import postgis_folder
from geo_service.core.schema import sector
from geo_service.core.settings import Settings
from geo_service.core.sql import advisory_locks
from geo_service.core.sql.named_queries import SQL, with_constants

Connect = Callable[[str], AbstractAsyncContextManager[asyncpg.Connection]]
"""Holds a connection in a block; the text says what it is for, for messages of errors: "read the incident"."""

MIGRATIONS = postgis_folder() / "migrations"
MIN_POSTGIS_VERSION = (3, 3)

_DIALECT = PGDialect_asyncpg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


def compiled(statement: ClauseElement) -> tuple[str, list[object]]:
    """Compile a SQLAlchemy Core statement for asyncpg; return its SQL with $1, $2… and the values in this order."""
    result = cast(SQLCompiler, statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True}))
    parameters = result.params
    return str(result), [parameters[name] for name in result.positiontup or ()]


def without_password(url: str) -> str:
    """Return host, port and name of a database for messages, without user and password."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'local socket'}:{parts.port or 5432}{parts.path}"


@contextmanager
def database_errors(act: str) -> Iterator[None]:
    """Convert the driver's errors into `DatabaseUnavailable`, and into `NumbersExhausted` where a sequence is at its end.

    act: what was tried, for the message ("load the replica"). The message never contains the server's own text.
    """
    try:
        yield
    except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise DatabaseUnavailable(f"cannot {act}: the database connection failed ({type(error).__name__})") from error
    except asyncpg.QueryCanceledError as error:
        raise DatabaseUnavailable(f"cannot {act}: the statement took longer than allowed") from error
    except asyncpg.SequenceGeneratorLimitExceededError as error:
        raise NumbersExhausted(f"cannot {act}: the table has no number left for a new row") from error
    except asyncpg.PostgresError as error:
        raise DatabaseUnavailable(f"cannot {act}: the database refused (SQLSTATE {error.sqlstate})") from error


async def connect(url: str) -> asyncpg.Connection:
    """Open a connection without a statement timeout, for loading, following and ingesting."""
    with database_errors(f"connect to {without_password(url)}"):
        return await asyncpg.connect(url, timeout=10, server_settings={"application_name": "geo-service", "timezone": "UTC"})


@asynccontextmanager
async def open_connection(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Open a connection, and close it at the end of the block."""
    connection = await connect(url)
    try:
        yield connection
    finally:
        # A failure to close must not hide an error of the block; asyncpg aborts the connection after the timeout.
        with suppress(OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresError):
            await connection.close(timeout=5)


async def create_pool(url: str, settings: Settings) -> asyncpg.Pool:
    """Create the pool for requests; the server ends each statement after the configured timeout."""
    options = {"statement_timeout": str(settings.statement_timeout_ms), "application_name": "geo-service", "timezone": "UTC"}
    with database_errors(f"connect to {without_password(url)}"):
        return await asyncpg.create_pool(
            url, min_size=0, max_size=settings.pool_size, timeout=10, server_settings=options,
            command_timeout=settings.statement_timeout_ms / 1000 + 1,
        )  # fmt: skip


async def migrate(url: str) -> None:
    """Migrate the schema to this version: tables by Alembic, then triggers and the list of sectors.

    Running it again changes nothing. Concurrent migrations wait for each other. A standby is only checked: `DatabaseUnavailable`
    where the schema of its primary is another one.
    """
    async with open_connection(url) as connection:
        with database_errors("migrate the schema"):
            if await connection.fetchval("select pg_is_in_recovery()"):
                return await _check_standby(connection, url)
            await connection.execute("select pg_advisory_lock($1)", advisory_locks.MIGRATION)
            await connection.execute("create extension if not exists postgis")
            await _check_postgis(connection)
            await asyncio.to_thread(_upgrade, url)
            for file in sorted((SQL / "triggers").glob("*.sql")):
                await connection.execute(with_constants(file.read_text(encoding="utf-8"), file.name))
            await _seed_sectors(connection)
    return None


async def _check_standby(connection: asyncpg.Connection, url: str) -> None:
    current = ScriptDirectory.from_config(alembic_config(url)).get_current_head()
    is_migrated = await connection.fetchval("select to_regclass('alembic_version') is not null")
    if not is_migrated or current != await connection.fetchval("select version_num from alembic_version"):
        raise DatabaseUnavailable(
            "cannot migrate the schema: the database is a standby, which is read-only, and its schema is not of this version;"
            " run `geo db migrate` of this version on its primary"
        )


def alembic_config(url: str) -> Config:
    """Return Alembic's configuration of the migrations; env.py gets `url` as an attribute, because a file would show the password."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["url"] = url
    return config


def _upgrade(url: str) -> None:
    command.upgrade(alembic_config(url), "head")


async def _check_postgis(connection: asyncpg.Connection) -> None:
    version = str(await connection.fetchval("select postgis_lib_version()"))
    if tuple(int(part) for part in version.split(".")[:2]) < MIN_POSTGIS_VERSION:
        raise DatabaseUnavailable(
            f"cannot migrate the schema: PostGIS is {version}, at least {'.'.join(map(str, MIN_POSTGIS_VERSION))} is needed"
        )


async def _seed_sectors(connection: asyncpg.Connection) -> None:
    rows = [
        {"id": number, "code": entry.code, "name_ru": entry.name_ru, "name_en": entry.name_en, "position": number}
        for number, entry in enumerate(SECTORS, start=1)
    ]
    statement = insert(sector).values(rows)
    updates = {name: statement.excluded[name] for name in ("code", "name_ru", "name_en", "position")}
    text, values = compiled(statement.on_conflict_do_update(index_elements=["id"], set_=updates))
    await connection.execute(text, *values)
