"""`geo boundaries`: checks, loads and lists districts."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import asyncpg
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from geo_service.core.errors import InputError, InvalidParameter
from geo_service.core.model import DistrictLevel

_told = Console(stderr=True, highlight=False)
_shown = Console(highlight=False)

LEVELS = [level.code for level in DistrictLevel]

commands = typer.Typer(help="Districts: checked, loaded from any GIS file, listed.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="GeoJSON, GeoPackage, Shapefile, FlatGeobuf or another file that GDAL reads.", metavar="FILE")]
Level = Annotated[str, typer.Option("--level", help=f"One of {', '.join(LEVELS)}.")]
Code = Annotated[str, typer.Option("--code", help="Field of the code: OKTMO where there is one.")]
Name = Annotated[str, typer.Option("--name", help="Field of the Russian name.")]
NameEn = Annotated[str | None, typer.Option("--name-en", help="Field of the English name; else the Russian one stands for it.")]
NameLang = Annotated[list[str] | None, typer.Option("--name-lang", help="LANGUAGE=FIELD of a name in another language; may be repeated.")]
Parent = Annotated[str | None, typer.Option("--parent", help="Field of the parent's code or name.")]
Region = Annotated[str | None, typer.Option("--region", help="Code or name of the one parent of all.")]
Alias = Annotated[str | None, typer.Option("--alias", help="Field of other names, with ; between them.")]
Aliases = Annotated[Path | None, typer.Option("--aliases", help="CSV file of the columns code (or name) and alias.")]
Population = Annotated[Path | None, typer.Option("--population", help="CSV file of the columns code (or name) and population.")]
Attribution = Annotated[str, typer.Option("--attribution", help="Whose data it is; shown wherever it is drawn.")]
Crs = Annotated[str | None, typer.Option("--crs", help="Coordinate system, EPSG:…, instead of what the file says.")]
Layer = Annotated[str | None, typer.Option("--layer", help="Layer of a file that has several.")]
Encoding = Annotated[str | None, typer.Option("--encoding", help="Of a Shapefile's texts where it does not say: cp1251.")]
MaxMb = Annotated[float, typer.Option("--max-mb", min=0, help="Largest file that is read, in megabytes.")]
Tolerance = Annotated[float, typer.Option("--tolerance", min=0, help="Largest overlap or gap that is taken, in hectares.")]
Force = Annotated[bool, typer.Option("--force", help="Take it with larger overlaps and gaps; never with doubled codes.")]


@commands.command()
def load(
    file: File, level: Level, code: Code, name: Name, name_en: NameEn = None, name_lang: NameLang = None, parent: Parent = None,
    region: Region = None, alias: Alias = None, aliases: Aliases = None, population: Population = None, attribution: Attribution = "",
    crs: Crs = None, layer: Layer = None, encoding: Encoding = None, max_mb: MaxMb = 500, tolerance: Tolerance = 100, force: Force = False,
) -> None:  # fmt: skip
    """Replace a set of districts by those of a file, and give every incident its district anew."""
    from boundaries.csv_attributes import add_aliases, add_populations
    from boundaries.load import BoundariesRejected, LoadOptions, replace_districts
    from boundaries.read import ReadOptions, read_districts
    from boundaries.records import AttributeFields
    from geo_service.cli.boundary_tables import loaded_table, report_table
    from geo_service.core.settings import read_settings

    how = LoadOptions(_level(level), region, attribution, tolerance_ha=tolerance, force=force, near_m=read_settings().district_near_m)
    _one_parent(parent, region)
    fields = AttributeFields(code, name, name_en, _languages(name_lang), parent, alias)
    units = read_districts(file, ReadOptions(fields, crs, layer, encoding, max_mb))
    rows = add_populations(units.units, population) if population else units.units
    units = replace(units, units=add_aliases(rows, aliases) if aliases else rows)
    began = time.monotonic()
    try:
        with _database() as url, _progress() as told:
            done = asyncio.run(replace_districts(url, units, how, told))
    except BoundariesRejected as error:
        _shown.print(report_table(error.report))
        raise
    if done.report.faults or done.report.repaired:
        _shown.print(report_table(done.report))
    _shown.print(loaded_table(done, time.monotonic() - began))


@commands.command()
def check(
    file: File, level: Level, code: Code, name: Name, parent: Parent = None, region: Region = None,
    crs: Crs = None, layer: Layer = None, encoding: Encoding = None, max_mb: MaxMb = 500, tolerance: Tolerance = 100,
) -> None:  # fmt: skip
    """Tell what is wrong with a file's districts; changes nothing. Ends with 1 where a load would be refused."""
    from boundaries.load import LoadOptions, check_against_stored
    from boundaries.read import ReadOptions, read_districts
    from boundaries.records import AttributeFields
    from geo_service.cli.boundary_tables import report_table

    _one_parent(parent, region)
    how = LoadOptions(_level(level), region, tolerance_ha=tolerance)
    units = read_districts(file, ReadOptions(AttributeFields(code, name, parent=parent), crs, layer, encoding, max_mb))
    with _database() as url:
        report = asyncio.run(check_against_stored(url, units, how))
    _shown.print(report_table(report))
    if report.refused:
        raise typer.Exit(1)


@commands.command("list")
def list_districts() -> None:
    """List the districts that are loaded."""
    from geo_service.cli.boundary_tables import list_table
    from geo_service.core.database import database_errors, open_connection
    from geo_service.core.named_queries import query

    async def rows(url: str) -> list[asyncpg.Record]:
        async with open_connection(url) as held:
            with database_errors("list the districts"):
                return list(await held.fetch(query("boundaries.summarise_districts")))

    with _database() as url:
        _shown.print(list_table(asyncio.run(rows(url))))


def _languages(pairs: list[str] | None) -> dict[str, str]:
    split = [pair.partition("=") for pair in pairs or ()]
    for language, _, field in split:
        if not language or not field:
            raise InvalidParameter("--name-lang", "is not LANGUAGE=FIELD", "such as tt=name_tt")
    return {language: field for language, _, field in split}


def _level(code: str) -> DistrictLevel:
    if code not in LEVELS:
        raise InvalidParameter("--level", f"unknown level {code!r}", LEVELS)
    return DistrictLevel[code.upper()]


def _one_parent(parent: str | None, region: str | None) -> None:
    if parent and region:
        raise InputError("--parent and --region exclude each other: either each district has its own parent, or all have one")


@contextmanager
def _database() -> Iterator[str]:
    """The database's address, its schema current."""
    from geo_service.cluster.private_cluster import database_url
    from geo_service.core.database import migrate
    from geo_service.core.settings import read_settings

    with database_url(read_settings(), lambda text: _told.print(text, soft_wrap=True, markup=False)) as url:
        asyncio.run(migrate(url))
        yield url


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar for the incidents that get their district."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_told) as bar:
        task = bar.add_task("Checking and drawing the districts", total=None)
        yield lambda done, count: bar.update(task, description="Locating the incidents", completed=done, total=count)
