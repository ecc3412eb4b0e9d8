"""`geo basemap`: add, list, remove and check the base maps that are drawn below the numbers."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from geo_service.basemap.archive import Archive
from geo_service.basemap.check import check_archive
from geo_service.basemap.registry import Basemap, Basemaps
from geo_service.cli.console import print_message, print_result, progress_bar
from geo_service.core.errors import InputError
from geo_service.core.settings import read_settings

File = Annotated[Path, typer.Argument(help="PMTiles file (version 3), or MBTiles, which is converted.", metavar="FILE")]
Name = Annotated[str | None, typer.Option("--name", help="Name in addresses: a-z, 0-9, - and _. Default: that of the file.")]
Link = Annotated[bool, typer.Option("--link", help="Leave the file where it is instead of copying it.")]
Replace = Annotated[bool, typer.Option("--replace", help="Take the place of a base map with the same name.")]
NameArgument = Annotated[str, typer.Argument(help="Name of a base map, as geo basemap list shows it.", metavar="NAME")]
Checked = Annotated[str | None, typer.Argument(help="Name of a base map, or a PMTiles file; default: all base maps.", metavar="NAME")]

basemap_commands = typer.Typer(help="Add, list, remove and check base maps: streets, rivers and buildings.", no_args_is_help=True)


@basemap_commands.command("add")
def add_command(file: File, name: Name = None, link: Link = False, replace: Replace = False) -> None:
    """Check a file of vector tiles in the Protomaps or OpenMapTiles schema, and have it drawn from now on."""
    with progress_bar() as bar:
        basemap, checked = _basemaps().add(file, name, link=link, replace=replace, on_progress=bar.update)
    settings = read_settings()
    print_message(f"{basemap.name}: {checked.tiles:,} tiles in the schema {basemap.schema}, in {_basemaps().folder}. {basemap.attribution}")
    if settings.basemap_style:
        print_message("The pages draw GEO_BASEMAP_STYLE instead; unset it to have them draw this.")


@basemap_commands.command("list")
def list_command() -> None:
    """List the base maps of the data folder, with what is wrong with them."""
    files = _basemaps().list_files()
    table = Table(
        "name", "schema", "zooms", "bounds", "MB", "attribution", title=f"{len(files)} in {_basemaps().folder}", title_justify="left"
    )
    for listed in files:
        row = _row(listed.basemap) if listed.basemap else ["", "", "", "", f"not drawn: {listed.problem}"]
        table.add_row(*map(escape, [listed.name, *row]))
    print_result(table)


@basemap_commands.command("remove")
def remove_command(name: NameArgument) -> None:
    """Remove a base map; the file that it was made from, or that it links to, stays."""
    print_message(f"Removed {_basemaps().remove(name)}.")


@basemap_commands.command("check")
def check_command(name: Checked = None) -> None:
    """Check every directory and tiles from all over the archives; exit code 2 if something is wrong."""
    for path in _paths_to_check(name):
        archive = Archive(path)
        checked = check_archive(archive)
        layers = ", ".join(sorted(checked.layers))
        print_message(f"{path.name}: {checked.tiles:,} tiles, zooms {archive.min_zoom} to {archive.max_zoom}, {checked.schema}: {layers}")


def _paths_to_check(name: str | None) -> list[Path]:
    listed = _basemaps().list_files()
    if name is None:
        return [each.path for each in listed]
    by_name = [each.path for each in listed if each.name == name]
    if not by_name and not Path(name).is_file():
        raise InputError(f"{name[:80]!r} is neither a base map nor a file; base maps: {', '.join(each.name for each in listed) or 'none'}")
    return by_name or [Path(name)]


def _basemaps() -> Basemaps:
    return Basemaps(read_settings().home)


def _row(basemap: Basemap) -> list[str]:
    archive = basemap.archive
    bounds = ", ".join(f"{edge:.2f}" for edge in archive.bounds)
    return [basemap.schema, f"{archive.min_zoom}–{archive.max_zoom}", bounds, f"{archive.size / 1e6:,.1f}", basemap.attribution]
