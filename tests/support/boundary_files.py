"""The `geo boundaries` command in this process, points as incidents, and PostGIS's own results."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import numpy as np
import pytest
from numpy.typing import NDArray

from geo_service.cli import main
from geo_service.core.database import open_connection

EVERYTHING = "truncate district, district_shape, district_alias, incident, incident_tombstone, theme, source restart identity cascade"

COVERED = """
select count(*) from incident where not district_is_nearest and district_id is distinct from (
    select id from district where st_covers(area, location) order by level desc, code collate "C" limit 1
)
"""
"""Incidents that are not where PostGIS says, among those that are not marked as near."""

INSERT = """
insert into incident (source_id, external_id, location, cell, location_quality, theme_id, status, received_at, updated_at)
select s.id, n::text, st_setsrid(st_makepoint(lng, lat), 4326), x'08a2d1072a0affff'::bit(64)::bigint, 0, t.id, 0, now(), now()
from source as s, theme as t, unnest($1::float8[], $2::float8[]) with ordinality as point (lng, lat, n)
"""

STATE = {
    "district": "select *, xmin::text as version from district order by id",
    "district_shape": "select *, xmin::text as version from district_shape order by district_id, band",
    "district_alias": "select * from district_alias order by district_id, alias",
    "boundary_state": "select * from boundary_state",
    "incident": "select id, district_id, district_is_nearest, xid::text from incident order by id",
}
"""Everything that a load writes; an untouched row keeps its version."""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Geo = Callable[..., Ended]


def command(url: str, patch: pytest.MonkeyPatch) -> Geo:
    """`geo …` on the database at `url`, in this process: as the script does it, but for its handlers of signals."""
    patch.setenv("GEO_DATABASE_URL", url)
    patch.setattr(main, "signal", SimpleNamespace(signal=lambda *_: None, SIGTERM=0, SIGHUP=0))

    def geo(*arguments: object) -> Ended:
        patch.setattr(sys, "argv", ["geo", *map(str, arguments)])
        code: Any = 0
        with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
            try:
                main.main()
            except SystemExit as ended:
                code = ended.code or 0
        return Ended(int(code), out.getvalue(), err.getvalue())

    return geo


async def fill(connection: asyncpg.Connection, lng: NDArray[np.float64], lat: NDArray[np.float64]) -> None:
    """Replace everything by one source, one theme and an incident at each point."""
    await connection.execute(EVERYTHING)
    await connection.execute("insert into source (code, name_ru, name_en) values ('s', 's', 's')")
    await connection.execute("insert into theme (code, sector_id, name_ru, name_en) values ('t', 1, 't', 't')")
    await connection.execute(INSERT, lng.tolist(), lat.tolist())


async def state(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """All that a load writes, to be compared."""
    async with open_connection(url) as connection:
        return {name: [tuple(row) for row in await connection.fetch(text)] for name, text in STATE.items()}


def ask(url: str, text: str, *values: object) -> list[asyncpg.Record]:
    """The rows of a query, outside any event loop."""

    async def run() -> list[asyncpg.Record]:
        async with open_connection(url) as connection:
            return list(await connection.fetch(text, *values))

    return asyncio.run(run())


def counts(out: str) -> dict[str, int]:
    """The counts of a printed table of two columns, by what they count."""
    rows = (line.strip("│").split("│") for line in out.splitlines() if line.startswith("│"))
    return {row[0].strip(): int(row[1].replace(",", "")) for row in rows if len(row) == 2}


def written(path: Path, text: str) -> Path:
    """The file with this text."""
    path.write_text(text, encoding="utf-8")
    return path
