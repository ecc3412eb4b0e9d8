"""`geo export`: a layer's tiles of a selection as one file or folder, for any static host."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from geo_service.core.settings import Settings
    from geo_service.export.job import ExportJob, ExportResult

_told = Console(stderr=True, highlight=False)
_shown = Console(highlight=False)

Out = Annotated[str, typer.Argument(help="OUT.pmtiles, OUT.mbtiles, or a folder: OUT/", metavar="OUT")]
LayerName = Annotated[str, typer.Option("--layer", help="hexes or districts.")]
Zoom = Annotated[str, typer.Option("--zoom", help="One zoom, or the first and the last: 0-12.")]
Bounds = Annotated[str | None, typer.Option("--bounds", help="W,S,E,N in degrees; without it everything there is.", metavar="W,S,E,N")]
At = Annotated[str | None, typer.Option("--at", help="Instant that relative windows go back from and that overdue is judged at.")]
Select = Annotated[str, typer.Option("--select", help="As behind the ? of a tile's address, with all that the layer takes: level=region.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace OUT, and begin an unfinished export anew.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with an unfinished export.")]


def _selecting(name: str, help_text: str) -> Any:
    return typer.Option(f"--{name}", help=help_text, rich_help_panel="Selection")


Window = Annotated[str | None, _selecting("window", "Back from now (or from --at): 24h, 7d, 12w, 1y.")]
From = Annotated[str | None, _selecting("from", "Instead of --window: a date, or an RFC 3339 instant.")]
To = Annotated[str | None, _selecting("to", "End of the window, not included.")]
Sector = Annotated[str | None, _selecting("sector", "Codes joined by commas.")]
Theme = Annotated[str | None, _selecting("theme", "Codes joined by commas.")]
Source = Annotated[str | None, _selecting("source", "Codes joined by commas.")]
Agency = Annotated[str | None, _selecting("agency", "Codes joined by commas.")]
Status = Annotated[str | None, _selecting("status", "Statuses, or open, closed, overdue, joined by commas.")]
Duplicates = Annotated[str | None, _selecting("duplicates", "merge takes of near-duplicates only the first; count if absent.")]
District = Annotated[str | None, _selecting("district", "Code of a district: it and all below it.")]
Compare = Annotated[str | None, _selecting("compare", "previous or year.")]
MeasureCode = Annotated[str | None, _selecting("measure", "What decides the class: count if absent.")]


def export_command(
    out: Out, layer: LayerName = "hexes", zoom: Zoom = "0-12", bounds: Bounds = None, at: At = None, select: Select = "",
    window: Window = None, from_: From = None, to: To = None, sector: Sector = None, theme: Theme = None, source: Source = None,
    agency: Agency = None, status: Status = None, duplicates: Duplicates = None, district: District = None, compare: Compare = None,
    measure: MeasureCode = None, overwrite: Overwrite = False, resume: Resume = False,
) -> None:  # fmt: skip
    """Write the tiles of a selection to a file or a folder that any static host can serve."""
    from geo_service.core.settings import read_settings
    from geo_service.export.job import read_job, read_query
    from geo_service.export.target import read_target

    options = {
        "window": window, "from": from_, "to": to, "sector": sector, "theme": theme, "source": source, "agency": agency,
        "status": status, "duplicates": duplicates, "district": district, "compare": compare, "measure": measure,
    }  # fmt: skip
    settings = read_settings()
    place = read_target(out, overwrite=overwrite, resume=resume)
    _export(read_job(place, layer, zoom, bounds, at, read_query(select, options), settings.zone), settings)


def _export(order: "ExportJob", settings: "Settings") -> None:
    from geo_service.cluster.private_cluster import database_url
    from geo_service.core.database import migrate
    from geo_service.export.job import run_export

    order.target.check()
    began = time.monotonic()
    with database_url(settings, _say) as url:
        asyncio.run(migrate(url))
        try:
            with _progress() as told:
                done = run_export(url, order, settings, told)
        except (KeyboardInterrupt, SystemExit):
            if order.target.spool.exists():
                _say(f"Interrupted; what is made waits in {order.target.spool}: the same command with --resume goes on.")
            raise
    _shown.print(_summary(order, done, time.monotonic() - began), soft_wrap=True, markup=False)


def _summary(order: "ExportJob", done: "ExportResult", seconds: float) -> str:
    from geo_service.core.instants import format_instant

    size = _size(order.target.path) / 1e6
    made = f"{order.target.path}: {done.tiles:,} tiles, {done.contents:,} of them different, {size:,.1f} MB, in {seconds:.1f} s"
    window = (
        f"Window {format_instant(done.window.start)} to {format_instant(done.window.stop)}, overdue judged at {format_instant(done.at)}"
    )
    return f"{made}\n{window}" + ("" if done.ended else "\nThe window was not over then: incidents that come later are missing.")


def _size(path: Path) -> int:
    files = path.rglob("*.mvt") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files)


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int | None], None]]:
    """A bar for each step."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_told) as bar:
        tasks: dict[str, TaskID] = {}

        def told(step: str, done: int, count: int | None) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=count)
            bar.update(tasks[step], completed=done, total=count)

        yield told


def _say(text: str) -> None:
    _told.print(text, soft_wrap=True, markup=False)
