"""Replace the districts of a level, and assign every incident to its new district, in one transaction."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import asyncpg
import numpy as np
import orjson
import shapely

from boundaries.check import TOLERANCE_HA, CheckContext, check_districts
from boundaries.geometry.geodesic import area_m2, label_points
from boundaries.geometry.simplify import simplify_districts
from boundaries.locating.district_arrays import Polygons
from boundaries.locating.locate import NEAR_M, Locator
from boundaries.reassign import OnProgress, ReassignResult, reassign
from boundaries.records import DistrictRecord, DistrictRecords
from boundaries.report import Report, format_area
from boundaries.stored import StoredDistrict, StoredDistricts, read_district_arrays, read_stored
from geo_service.core.database import database_errors, open_connection
from geo_service.core.errors import InputError
from geo_service.core.model import DistrictLevel
from geo_service.core.sql.named_queries import query


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How districts are loaded."""

    level: DistrictLevel
    region: str | None = None
    """Code or name of the parent of all districts; None if each district names its own, or it is found by location."""
    attribution: str = ""
    approximate: bool = False
    """Whether the outlines are not surveyed ones."""
    tolerance_ha: float = TOLERANCE_HA
    force: bool = False
    """Whether districts with faults are loaded; duplicate codes never are."""
    near_m: float = NEAR_M
    """How far from its district an incident may be, metres."""


@dataclass(frozen=True, slots=True)
class LoadResult:
    """The number of districts by what happened to them, and of incidents by district."""

    report: Report
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    assigned: ReassignResult = field(default_factory=ReassignResult)


class BoundariesRejected(InputError):
    """The check found faults, and the load was not forced."""

    exit_code = 1

    def __init__(self, report: Report) -> None:
        self.report = report
        worst = report.refused[0]
        fault = f"{worst.kind}: {', '.join(worst.names)} {format_area(worst.area_m2)}".strip()
        others = f" and {len(report.refused) - 1} more" if len(report.refused) > 1 else ""
        remedy = (
            "each code must occur only once; --parent tells namesakes apart where --code-from-name makes them"
            if report.duplicates
            else "correct the file, or load it as it is with --force"
        )
        super().__init__(f"cannot load the districts: {fault}{others}; {remedy}")


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """The districts to load with their parents, in the order of their codes, and the districts that they replace."""

    units: DistrictRecords
    replaced: list[StoredDistrict]
    """With the same codes or not."""
    context: CheckContext


async def check_against_stored(url: str, units: DistrictRecords, options: LoadOptions) -> Report:
    """Return the report that a load would have, without changing anything."""
    async with open_connection(url) as connection:
        with database_errors("look at the districts"):
            stored = await read_stored(connection)
    plan = await asyncio.to_thread(_make_plan, units, stored, options)
    return await asyncio.to_thread(check_districts, plan.units, plan.context, options.tolerance_ha)


async def replace_districts(
    url: str, units: DistrictRecords, options: LoadOptions, on_progress: OnProgress = lambda done, total: None
) -> LoadResult:
    """Replace the districts of a level below the same parents, and assign every incident to its new district.

    Districts whose codes are loaded again keep their ids. All happens in one transaction: if an error is raised, nothing
    has changed. Raises `BoundariesRejected` for faults, `InputError` for a code of another level or an unknown parent, and
    `DatabaseUnavailable`. on_progress: called with the number of incidents located so far, and of all.
    """
    async with _lock_boundaries(url) as connection:
        stored = await read_stored(connection)
        plan = await asyncio.to_thread(_make_plan, units, stored, options)
        report = await asyncio.to_thread(check_districts, plan.units, plan.context, options.tolerance_ha)
        if report.duplicates or (report.refused and not options.force):
            raise BoundariesRejected(report)
        counts = await _write_districts(connection, plan.units, options)
        removed = [district for district in plan.replaced if district.code not in set(plan.units.codes)]
        await _detach_removed(connection, removed)
        await _set_parents(connection)
        await _simplify_level(connection, options.level)
        locator = Locator(await read_district_arrays(connection), options.near_m)
        assigned = await reassign(connection, locator, on_progress)
        await _delete_removed(connection, removed)
    new, changed = counts["new"], counts["changed"]
    return LoadResult(report, new, changed, len(units) - new - changed, len(removed), assigned)


@asynccontextmanager
async def _lock_boundaries(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Open a transaction in which nobody else changes or uses the boundaries."""
    async with open_connection(url) as connection:
        with database_errors("replace the boundaries"):
            async with connection.transaction():
                await connection.fetchval(query("boundaries.lock_for_update"))
                yield connection
                await connection.execute(query("boundaries.bump_revision"))


def _make_plan(units: DistrictRecords, stored: StoredDistricts, options: LoadOptions) -> _Plan:
    for unit in units.units:
        if (known := stored.by_code.get(unit.code)) and known.level is not options.level:
            raise InputError(f"cannot load {unit.code}: there is a {known.level.code} with this code, {known.name_ru}; codes are unique")
    order = np.array(sorted(range(len(units)), key=lambda row: units.units[row].code), np.intp)
    ordered = replace(units, units=[units.units[row] for row in order], polygons=units.polygons[order])
    parents = _find_parents(ordered, stored, options)
    ordered = replace(ordered, units=[replace(unit, parent=parent) for unit, parent in zip(ordered.units, parents, strict=True)])
    # A single district without a parent must not replace all stored ones without a parent, unless no district has one.
    loaded_parents = set(parents) - {None} or {None}
    replaced = [district for district in stored.all if district.level is options.level and district.parent in loaded_parents]
    return _Plan(ordered, replaced, _build_context(ordered, replaced, stored, options))


def _find_parents(units: DistrictRecords, stored: StoredDistricts, options: LoadOptions) -> list[str | None]:
    """Return the codes of the districts' parents: the region of all, or else the named one, or else the one at the location."""
    names = stored.names_above(options.level)
    if options.region is not None:
        return [_resolve_parent(options.region, names.find_all(options.region), "--region")] * len(units)
    by_location = stored.find_parents(options.level, units.polygons)
    return [
        _resolve_parent(unit.parent, names.find_all(unit.parent), f"the parent of {unit.code}") if unit.parent else located
        for unit, located in zip(units.units, by_location, strict=True)
    ]


def _resolve_parent(name: str, codes: list[str], subject: str) -> str:
    """Return the only code. Raises `InputError` for none or several. subject: for messages, whose parent has the name."""
    if len(codes) == 1:
        return codes[0]
    if not codes:
        raise InputError(
            f"cannot load the districts: {subject} is {name!r}, and no district of a higher level has this code or name; load it first"
        )
    raise InputError(f"cannot load the districts: {subject} is {name!r}, which may be any of {', '.join(codes)}; give its code")


def _build_context(
    units: DistrictRecords, replaced: list[StoredDistrict], stored: StoredDistricts, options: LoadOptions
) -> CheckContext:  # fmt: skip
    replaced_codes = {district.code for district in replaced} | set(units.codes)
    neighbours = [district for district in stored.at_level(options.level) if district.code not in replaced_codes]
    parents = [stored.by_code[unit.parent] if unit.parent else None for unit in units.units]
    # Surveyed districts are not compared with a parent whose outline is approximate.
    outlines = [None if parent is None or (parent.approximate and not options.approximate) else parent.area for parent in parents]
    return CheckContext(
        _to_array(outlines),
        _to_array([district.area for district in neighbours]),
        [district.name_ru for district in neighbours],
        gapless=options.level is not DistrictLevel.SETTLEMENT,
        regions=_to_array([district.area for district in stored.above_level(options.level) if district.area is not None]),
    )


async def _write_districts(connection: asyncpg.Connection, units: DistrictRecords, options: LoadOptions) -> asyncpg.Record:
    """Insert or update the districts and return the counts `new` and `changed`."""
    areas, points = await asyncio.to_thread(lambda: (area_m2(units.polygons), label_points(units.polygons)))
    rows = units.units
    counts = await connection.fetchrow(
        query("boundaries.upsert_districts"), options.level.value, options.approximate, options.attribution,
        [row.code for row in rows], [row.parent for row in rows], [row.name_ru for row in rows], [row.name_en for row in rows],
        [orjson.dumps(dict(row.names)).decode() for row in rows], [row.population for row in rows],
        shapely.to_wkb(units.polygons).tolist(), (areas / 1e6).tolist(), shapely.to_wkb(points).tolist(),
    )  # fmt: skip
    await _write_aliases(connection, rows)
    return counts


async def _write_aliases(connection: asyncpg.Connection, rows: Sequence[DistrictRecord]) -> None:
    units = [row for row in rows if row.aliases]
    codes = [unit.code for unit in units for _ in unit.aliases]
    delete = "delete from district_alias using district where id = district_id and code = any($1)"
    await connection.execute(delete, [unit.code for unit in units])
    await connection.execute(query("boundaries.insert_aliases"), codes, [alias for unit in units for alias in unit.aliases])


async def _detach_removed(connection: asyncpg.Connection, removed: list[StoredDistrict]) -> None:
    """Take children and outline from removed districts. They cannot be deleted before no incident refers to them."""
    ids = [district.id for district in removed]
    await connection.execute("update district set parent_id = null where parent_id = any($1)", ids)
    await connection.execute("update district set area = null where id = any($1)", ids)


async def _delete_removed(connection: asyncpg.Connection, removed: list[StoredDistrict]) -> None:
    if removed:
        ids = [district.id for district in removed]
        await connection.execute("update incident set district_id = null, district_is_nearest = false where district_id = any($1)", ids)
        await connection.execute("delete from district where id = any($1)", ids)


async def _set_parents(connection: asyncpg.Connection) -> None:
    """Give districts without a parent the one in which they are located, which may have been loaded just now."""
    stored = await read_stored(connection)
    for level in DistrictLevel:
        orphans = [district for district in stored.at_level(level) if district.parent is None]
        if orphans and stored.above_level(level):
            parents = await asyncio.to_thread(stored.find_parents, level, _to_array([district.area for district in orphans]))
            pairs = [(district.code, parent) for district, parent in zip(orphans, parents, strict=True) if parent]
            await connection.execute(query("boundaries.set_parents"), [code for code, _ in pairs], [parent for _, parent in pairs])


async def _simplify_level(connection: asyncpg.Connection, level: DistrictLevel) -> None:
    """Make the simplified outlines of all districts of a level again, because neighbours are simplified together."""
    districts = (await read_stored(connection)).at_level(level)
    shapes = await asyncio.to_thread(simplify_districts, _to_array([district.area for district in districts]))
    await connection.execute("delete from district_shape using district where id = district_id and level = $1", level.value)
    for band, polygons in shapes.items():
        codes = [district.code for district in districts]
        await connection.execute(query("boundaries.insert_shapes"), codes, [band] * len(codes), shapely.to_wkb(polygons).tolist())


def _to_array(geometries: list[shapely.Geometry | None]) -> Polygons:
    """Return an object array; `np.array` would look inside of the geometries."""
    array: Polygons = np.empty(len(geometries), object)
    array[:] = geometries
    return array
