"""Replacing a set of districts: one transaction, or nothing."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import asyncpg
import numpy as np
import orjson
import shapely

from boundaries.check import TOLERANCE_HA, CheckContext, check
from boundaries.district_arrays import Polygons
from boundaries.geodesic import area_m2, labels
from boundaries.locate import NEAR_M, Locator
from boundaries.reassign import OnProgress, ReassignResult, reassign
from boundaries.records import DistrictRecord, DistrictRecords
from boundaries.report import Report, area_text
from boundaries.simplify import shapes
from boundaries.stored import StoredDistrict, StoredDistricts, read_areas, read_stored
from geo_service.core.database import database_errors, open_connection
from geo_service.core.errors import InputError
from geo_service.core.model import DistrictLevel
from geo_service.core.named_queries import query


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """What is loaded as what."""

    level: DistrictLevel
    region: str | None = None
    """Code of the one parent of all; else each has its own, or it is found by its place."""
    attribution: str = ""
    approximate: bool = False
    tolerance_ha: float = TOLERANCE_HA
    force: bool = False
    """Take the set whatever the check found but doubled codes."""
    near_m: float = NEAR_M


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a replacement did."""

    report: Report
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    assigned: ReassignResult = field(default_factory=ReassignResult)


class BoundariesRejected(InputError):
    """The check found what is not taken without being asked for."""

    exit_code = 1

    def __init__(self, report: Report) -> None:
        self.report = report
        worst = report.refused[0]
        what = f"{worst.kind}: {', '.join(worst.names)} {area_text(worst.area_m2)}".strip()
        others = f" and {len(report.refused) - 1} more" if len(report.refused) > 1 else ""
        way = "each code must be there once" if report.duplicates else "mend the file, or take it as it is with --force"
        super().__init__(f"cannot load the districts: {what}{others}; {way}")


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """Units with their parents, and what is replaced by them."""

    units: DistrictRecords
    replaced: list[StoredDistrict]
    """The set as it was."""
    around: CheckContext


async def check_against_stored(url: str, units: DistrictRecords, how: LoadOptions) -> Report:
    """The check's report as a load would make it; nothing is changed."""
    async with open_connection(url) as held:
        with database_errors("look at the districts"):
            known = await read_stored(held)
    plan = await asyncio.to_thread(_plan, units, known, how)
    return await asyncio.to_thread(check, plan.units, plan.around, how.tolerance_ha)


async def load(url: str, units: DistrictRecords, how: LoadOptions, told: OnProgress = lambda done, all_: None) -> LoadResult:
    """Replace the districts of a level below the given parents by `units`, in one transaction, and every incident's district.

    Codes that stay keep their ids. `BoundariesRejected` where the check refuses, `InputError` for a code of another level or
    a parent that is not known, `DatabaseUnavailable` when the database fails: then nothing has changed. `told` is called
    with the incidents located so far, and how many there are.
    """
    async with _replacing(url) as held:
        known = await read_stored(held)
        plan = await asyncio.to_thread(_plan, units, known, how)
        report = await asyncio.to_thread(check, plan.units, plan.around, how.tolerance_ha)
        if report.duplicates or (report.refused and not how.force):
            raise BoundariesRejected(report)
        written = await _write(held, plan.units, how)
        gone = [one for one in plan.replaced if one.code not in set(plan.units.codes)]
        await _release_incidents(held, gone)
        await _set_parents(held)
        await _simplify_level(held, how.level)
        locator = Locator(await read_areas(held), how.near_m)
        assigned = await reassign(held, locator, told)
        await _remove(held, gone)
    new, changed = written["new"], written["changed"]
    return LoadResult(report, new, changed, len(units) - new - changed, len(gone), assigned)


@asynccontextmanager
async def _replacing(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A transaction that has the boundaries to itself."""
    async with open_connection(url) as held:
        with database_errors("replace the boundaries"):
            async with held.transaction():
                await held.fetchval(query("boundaries.lock_for_update"))
                yield held
                await held.execute(query("boundaries.bump_revision"))


def _plan(units: DistrictRecords, known: StoredDistricts, how: LoadOptions) -> _Plan:
    for unit in units.units:
        if (one := known.by_code.get(unit.code)) and one.level is not how.level:
            raise InputError(f"cannot load {unit.code}: there is a {one.level.code} with this code, {one.name_ru}; codes are unique")
    order = np.array(sorted(range(len(units)), key=lambda row: units.units[row].code), np.intp)
    ordered = replace(units, units=[units.units[row] for row in order], polygons=units.polygons[order])
    parents = _parents(ordered, known, how)
    ordered = replace(ordered, units=[replace(unit, parent=parent) for unit, parent in zip(ordered.units, parents, strict=True)])
    # One that lies in no parent does not stand for all that have none, unless none of them has one.
    within = set(parents) - {None} or {None}
    replaced = [one for one in known.all if one.level is how.level and one.parent in within]
    return _Plan(ordered, replaced, _around(ordered, replaced, known, how))


def _parents(units: DistrictRecords, known: StoredDistricts, how: LoadOptions) -> list[str | None]:
    """Codes of the units' parents: the one for all, or each one's own by code or name, or the one that it lies in."""
    names = known.names(how.level)
    if how.region is not None:
        return [_named(how.region, names.find_all(how.region), "--region")] * len(units)
    by_place = known.parent_by_place(how.level, units.polygons)
    return [
        _named(unit.parent, names.find_all(unit.parent), f"the parent of {unit.code}") if unit.parent else place
        for unit, place in zip(units.units, by_place, strict=True)
    ]


def _named(name: str, found: list[str], what: str) -> str:
    if len(found) == 1:
        return found[0]
    if not found:
        raise InputError(
            f"cannot load the districts: {what} is {name!r}, and no district of a higher level has this code or name; load it first"
        )
    raise InputError(f"cannot load the districts: {what} is {name!r}, which may be any of {', '.join(found)}; give its code")


def _around(units: DistrictRecords, replaced: list[StoredDistrict], known: StoredDistricts, how: LoadOptions) -> CheckContext:
    gone = {one.code for one in replaced} | set(units.codes)
    stay = [one for one in known.at(how.level) if one.code not in gone]
    above = [known.by_code[unit.parent] if unit.parent else None for unit in units.units]
    # Surveyed districts are not held against a parent whose own outline is approximate.
    parents = [None if one is None or (one.approximate and not how.approximate) else one.area for one in above]
    return CheckContext(
        _objects(parents), _objects([one.area for one in stay]), [one.name_ru for one in stay], how.level is not DistrictLevel.SETTLEMENT
    )


async def _write(held: asyncpg.Connection, units: DistrictRecords, how: LoadOptions) -> asyncpg.Record:
    areas, points = await asyncio.to_thread(lambda: (area_m2(units.polygons), labels(units.polygons)))
    rows = units.units
    counts = await held.fetchrow(
        query("boundaries.upsert_districts"), how.level.value, how.approximate, how.attribution,
        [one.code for one in rows], [one.parent for one in rows], [one.name_ru for one in rows], [one.name_en for one in rows],
        [orjson.dumps(dict(one.names)).decode() for one in rows], [one.population for one in rows],
        shapely.to_wkb(units.polygons).tolist(), (areas / 1e6).tolist(), shapely.to_wkb(points).tolist(),
    )  # fmt: skip
    await _write_aliases(held, rows)
    return counts


async def _write_aliases(held: asyncpg.Connection, rows: Sequence[DistrictRecord]) -> None:
    units = [one for one in rows if one.aliases]
    codes = [one.code for one in units for _ in one.aliases]
    await held.execute("delete from district_alias using district where id = district_id and code = any($1)", [one.code for one in units])
    await held.execute(query("boundaries.insert_aliases"), codes, [alias for one in units for alias in one.aliases])


async def _release_incidents(held: asyncpg.Connection, gone: list[StoredDistrict]) -> None:
    """Districts that go have no children and no outline any more; they stay until no incident has them."""
    ids = [one.id for one in gone]
    await held.execute("update district set parent_id = null where parent_id = any($1)", ids)
    await held.execute("update district set area = null where id = any($1)", ids)


async def _remove(held: asyncpg.Connection, gone: list[StoredDistrict]) -> None:
    if gone:
        ids = [one.id for one in gone]
        await held.execute("update incident set district_id = null, district_is_nearest = false where district_id = any($1)", ids)
        await held.execute("delete from district where id = any($1)", ids)


async def _set_parents(held: asyncpg.Connection) -> None:
    """Districts without a parent get the one that they lie in, now that there may be one."""
    known = await read_stored(held)
    for level in DistrictLevel:
        orphans = [one for one in known.at(level) if one.parent is None]
        if orphans and known.above(level):
            found = await asyncio.to_thread(known.parent_by_place, level, _objects([one.area for one in orphans]))
            pairs = [(one.code, parent) for one, parent in zip(orphans, found, strict=True) if parent]
            await held.execute(query("boundaries.set_parents"), [code for code, _ in pairs], [parent for _, parent in pairs])


async def _simplify_level(held: asyncpg.Connection, level: DistrictLevel) -> None:
    """Shapes of all districts of a level anew: neighbours are simplified together."""
    drawn = (await read_stored(held)).at(level)
    made = await asyncio.to_thread(shapes, _objects([one.area for one in drawn]))
    await held.execute("delete from district_shape using district where id = district_id and level = $1", level.value)
    for band, polygons in made.items():
        codes = [one.code for one in drawn]
        await held.execute(query("boundaries.insert_shapes"), codes, [band] * len(codes), shapely.to_wkb(polygons).tolist())


def _objects(geometries: list[shapely.Geometry | None]) -> Polygons:
    made: Polygons = np.empty(len(geometries), object)
    made[:] = geometries
    return made
