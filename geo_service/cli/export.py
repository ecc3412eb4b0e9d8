"""`geo export`: write the tiles of a layer and a selection to a file or folder for any static host."""

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo_service.cli.console import print_message, print_result, progress_bar
from geo_service.cli.db import open_database

if TYPE_CHECKING:
    from geo_service.aggregation.alerts.model import AlertBoard
    from geo_service.aggregation.catalogue.catalogue import Catalogue
    from geo_service.core.settings import Settings
    from geo_service.export.job import ExportJob, ExportResult

Out = Annotated[str, typer.Argument(help="OUT.pmtiles, OUT.mbtiles, or a folder: OUT/", metavar="OUT")]
LayerName = Annotated[str, typer.Option("--layer", help="hexes, districts, incidents or alerts.")]
Zoom = Annotated[str, typer.Option("--zoom", help="One zoom, or the first and the last: 0-12.")]
BoundsText = Annotated[str | None, typer.Option("--bounds", help="W,S,E,N in degrees; default: all data.", metavar="W,S,E,N")]
At = Annotated[str | None, typer.Option("--at", help="End of relative windows, and the instant at which overdue is judged.")]
Select = Annotated[str, typer.Option("--select", help="Query string of a tile URL, with every parameter of the layer: level=region.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace OUT, and restart an unfinished export.")]
Resume = Annotated[bool, typer.Option("--resume", help="Continue an unfinished export.")]


def _selection_option(name: str, help_text: str) -> Any:
    return typer.Option(f"--{name}", help=help_text, rich_help_panel="Selection")


Window = Annotated[str | None, _selection_option("window", "Length back from now or from --at: 24h, 7d, 12w, 1y.")]
From = Annotated[str | None, _selection_option("from", "Instead of --window: a date, or an RFC 3339 instant.")]
To = Annotated[str | None, _selection_option("to", "End of the window, not included.")]
Sector = Annotated[str | None, _selection_option("sector", "Comma-separated codes.")]
Theme = Annotated[str | None, _selection_option("theme", "Comma-separated codes.")]
Source = Annotated[str | None, _selection_option("source", "Comma-separated codes.")]
Agency = Annotated[str | None, _selection_option("agency", "Comma-separated codes.")]
Status = Annotated[str | None, _selection_option("status", "Comma-separated statuses, or open, closed, overdue.")]
Duplicates = Annotated[str | None, _selection_option("duplicates", "merge: count near-duplicates once; default: count.")]
District = Annotated[str | None, _selection_option("district", "Code of a district; includes the districts inside it.")]
Cells = Annotated[str | None, _selection_option("cells", "Comma-separated H3 cells, each with all cells below it.")]
Compare = Annotated[str | None, _selection_option("compare", "previous or year.")]
MeasureCode = Annotated[str | None, _selection_option("measure", "Measure that decides the class; default: count.")]


def export_command(
    out: Out, layer: LayerName = "hexes", zoom: Zoom = "0-12", bounds: BoundsText = None, at: At = None, select: Select = "",
    window: Window = None, from_: From = None, to: To = None, sector: Sector = None, theme: Theme = None, source: Source = None,
    agency: Agency = None, status: Status = None, duplicates: Duplicates = None, district: District = None, cells: Cells = None,
    compare: Compare = None, measure: MeasureCode = None, overwrite: Overwrite = False, resume: Resume = False,
) -> None:  # fmt: skip
    """Write the tiles of a selection to a file or a folder that any static host can serve."""
    from geo_service.core.settings import read_settings
    from geo_service.export.job import read_job, read_query
    from geo_service.export.target import read_target

    options = {
        "window": window, "from": from_, "to": to, "sector": sector, "theme": theme, "source": source, "agency": agency,
        "status": status, "duplicates": duplicates, "district": district, "cells": cells, "compare": compare, "measure": measure,
    }  # fmt: skip
    settings = read_settings()
    target = read_target(out, overwrite=overwrite, resume=resume)
    _export(read_job(target, layer, zoom, bounds, at, read_query(select, options), settings.zone), settings)


def _export(job: "ExportJob", settings: "Settings") -> None:
    from geo_service.export.job import run_export

    job.target.check()
    began = time.monotonic()
    with open_database(settings) as url:
        try:
            with progress_bar() as bar:
                result = run_export(url, job, settings, bar.update, _read_alerts)
        except (KeyboardInterrupt, SystemExit):
            if job.target.spool.exists():
                print_message(f"Interrupted; the finished tiles are in {job.target.spool}: run the same command with --resume to continue.")
            raise
    print_result(_summarise(job, result, time.monotonic() - began))


def _read_alerts(url: str, catalogue: "Catalogue") -> "AlertBoard":
    """Read the alerts that a service would have on its board."""
    from geo_service.aggregation.alerts.model import AlertBoard
    from geo_service.alerts.board import REMEMBERED_S
    from geo_service.alerts.store import read_episodes
    from geo_service.core.database import database_errors, open_connection

    async def read() -> AlertBoard:
        async with open_connection(url) as connection:
            with database_errors("read the alerts"):
                return AlertBoard(tuple(await read_episodes(connection, catalogue, int(time.time()) - REMEMBERED_S)))

    return asyncio.run(read())


def _summarise(job: "ExportJob", result: "ExportResult", seconds: float) -> str:
    from geo_service.core.instants import format_instant

    size = _size_bytes(job.target.path) / 1e6
    tiles = f"{job.target.path}: {result.tiles:,} tiles, {result.contents:,} of them different, {size:,.1f} MB, in {seconds:.1f} s"
    if job.layer.description.draws_alerts:
        return tiles
    start, stop = format_instant(result.window.start), format_instant(result.window.stop)
    window = f"Window {start} to {stop}, overdue judged at {format_instant(result.at)}"
    return f"{tiles}\n{window}" + ("" if result.ended else "\nThe window had not ended: later incidents are missing.")


def _size_bytes(path: Path) -> int:
    files = path.rglob("*.mvt") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files)
