"""`geo boundaries`: check, load and list districts."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from geo_service.cli.console import print_message, print_result, progress_bar
from geo_service.cli.db import open_database
from geo_service.core.errors import InputError, InvalidParameter
from geo_service.core.model import DistrictLevel
from geo_service.core.settings import read_settings

LEVELS = [level.code for level in DistrictLevel]

boundaries_commands = typer.Typer(help="Check districts, load them from any GIS file, and list them.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="GeoJSON, GeoPackage, Shapefile, FlatGeobuf or another file that GDAL reads.", metavar="FILE")]
Level = Annotated[str, typer.Option("--level", help=f"One of {', '.join(LEVELS)}.")]
Code = Annotated[str | None, typer.Option("--code", help="Field of the code, for example OKTMO.")]
CodeFromName = Annotated[
    bool, typer.Option("--code-from-name", help="Make codes from the names (and parents) of a file without codes; the same at each load.")
]
Name = Annotated[str, typer.Option("--name", help="Field of the Russian name.")]
NameEn = Annotated[str | None, typer.Option("--name-en", help="Field of the English name; without it the Russian name is used.")]
NameLang = Annotated[list[str] | None, typer.Option("--name-lang", help="LANGUAGE=FIELD of a name in another language; can be repeated.")]
Parent = Annotated[str | None, typer.Option("--parent", help="Field of the parent's code or name.")]
Region = Annotated[str | None, typer.Option("--region", help="Code or name of one parent for all districts of the file.")]
Alias = Annotated[str | None, typer.Option("--alias", help="Field of other names, separated by semicolons.")]
Aliases = Annotated[Path | None, typer.Option("--aliases", help="CSV file with the columns code (or name) and alias.")]
Population = Annotated[Path | None, typer.Option("--population", help="CSV file with the columns code (or name) and population.")]
Attribution = Annotated[str, typer.Option("--attribution", help="Whose data it is; shown on every map of these districts.")]
Crs = Annotated[str | None, typer.Option("--crs", help="Coordinate system, EPSG:…, instead of the one in the file.")]
Layer = Annotated[str | None, typer.Option("--layer", help="Layer to read from a file with several layers.")]
Encoding = Annotated[str | None, typer.Option("--encoding", help="Text encoding of a Shapefile that does not name it, for example cp1251.")]
MaxMb = Annotated[float, typer.Option("--max-mb", min=0, help="Maximum file size in megabytes.")]
Tolerance = Annotated[float, typer.Option("--tolerance", min=0, help="Largest accepted overlap or gap, in hectares.")]
Force = Annotated[bool, typer.Option("--force", help="Accept larger overlaps and gaps; duplicate codes are never accepted.")]


@boundaries_commands.command("load")
def load_command(
    file: File, level: Level, name: Name, code: Code = None, code_from_name: CodeFromName = False, name_en: NameEn = None,
    name_lang: NameLang = None, parent: Parent = None, region: Region = None, alias: Alias = None, aliases: Aliases = None,
    population: Population = None, attribution: Attribution = "", crs: Crs = None, layer: Layer = None, encoding: Encoding = None,
    max_mb: MaxMb = 500, tolerance: Tolerance = 100, force: Force = False,
) -> None:  # fmt: skip
    """Replace a set of districts by those of a file, and assign every incident to its district again."""
    from boundaries.csv_attributes import add_aliases, add_populations
    from boundaries.load import BoundariesRejected, LoadOptions, replace_districts
    from boundaries.read import ReadOptions, read_districts
    from boundaries.records import AttributeFields
    from geo_service.cli.boundary_tables import loaded_table, report_table

    how = LoadOptions(_parse_level(level), region, attribution, tolerance_ha=tolerance, force=force, near_m=read_settings().district_near_m)
    _check_one_parent(parent, region)
    _check_one_code(code, code_from_name)
    fields = AttributeFields(code, name, name_en, _name_fields(name_lang), parent, alias)
    units = read_districts(file, ReadOptions(fields, crs, layer, encoding, max_mb, level))
    _print_notes(units.notes)
    rows = add_populations(units.units, population) if population else units.units
    units = replace(units, units=add_aliases(rows, aliases) if aliases else rows)
    began = time.monotonic()
    try:
        with open_database(read_settings()) as url, progress_bar() as bar:
            bar.update("Checking and storing the districts", 0, None)
            result = asyncio.run(replace_districts(url, units, how, lambda done, total: bar.update("Locating the incidents", done, total)))
    except BoundariesRejected as error:
        print_result(report_table(error.report))
        raise
    if result.report.faults or result.report.repaired:
        print_result(report_table(result.report))
    print_result(loaded_table(result, time.monotonic() - began))


@boundaries_commands.command("check")
def check_command(
    file: File, level: Level, name: Name, code: Code = None, code_from_name: CodeFromName = False, parent: Parent = None,
    region: Region = None, crs: Crs = None, layer: Layer = None, encoding: Encoding = None, max_mb: MaxMb = 500,
    tolerance: Tolerance = 100,
) -> None:  # fmt: skip
    """Check the districts of a file without a change; the exit code is 1 if a load would be refused."""
    from boundaries.load import LoadOptions, check_against_stored
    from boundaries.read import ReadOptions, read_districts
    from boundaries.records import AttributeFields
    from geo_service.cli.boundary_tables import report_table

    _check_one_parent(parent, region)
    how = LoadOptions(_parse_level(level), region, tolerance_ha=tolerance)
    _check_one_code(code, code_from_name)
    units = read_districts(file, ReadOptions(AttributeFields(code, name, parent=parent), crs, layer, encoding, max_mb, level))
    _print_notes(units.notes)
    with open_database(read_settings()) as url:
        report = asyncio.run(check_against_stored(url, units, how))
    print_result(report_table(report))
    if report.refused:
        raise typer.Exit(1)


@boundaries_commands.command("list")
def list_command() -> None:
    """List the loaded districts."""
    from geo_service.cli.boundary_tables import list_table
    from geo_service.core.database import database_errors, open_connection
    from geo_service.core.sql.named_queries import query

    async def read_districts(url: str) -> list[asyncpg.Record]:
        async with open_connection(url) as connection:
            with database_errors("list the districts"):
                return list(await connection.fetch(query("boundaries.summarise_districts")))

    with open_database(read_settings()) as url:
        print_result(list_table(asyncio.run(read_districts(url))))


def _name_fields(pairs: list[str] | None) -> dict[str, str]:
    """Return language → field of the name in that language."""
    split = [pair.partition("=") for pair in pairs or ()]
    for language, _, field in split:
        if not language or not field:
            raise InvalidParameter("--name-lang", "is not LANGUAGE=FIELD", "such as tt=name_tt")
    return {language: field for language, _, field in split}


def _check_one_code(code: str | None, from_name: bool) -> None:
    if (code is None) is not from_name:
        problem = "--code and --code-from-name exclude each other" if code else "codes are missing"
        raise InputError(f"{problem}: name the field of the codes with --code, or make them from the names with --code-from-name")


def _print_notes(notes: Sequence[str]) -> None:
    for note in notes:
        print_message(note)


def _parse_level(code: str) -> DistrictLevel:
    if code not in LEVELS:
        raise InvalidParameter("--level", f"unknown level {code!r}", LEVELS)
    return DistrictLevel[code.upper()]


def _check_one_parent(parent: str | None, region: str | None) -> None:
    if parent and region:
        raise InputError("--parent and --region exclude each other: either each district has its own parent, or all have one")
