"""Run an export: read the database once, resolve the query, make the tiles, and publish the archive."""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from geo_service.aggregation.alerts.model import AlertBoard
from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.measures.response_time import BusinessTimeTimer, RuleTable
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.replica.snapshot import fingerprint, read_snapshot
from geo_service.aggregation.selection.selection import Window
from geo_service.core.calendar.deadlines import SHIPPED, read_deadlines
from geo_service.core.errors import ArchiveError, InvalidParameter
from geo_service.core.instants import format_instant
from geo_service.core.settings import Settings
from geo_service.export.bounds import ExportBounds, read_bounds
from geo_service.export.spool import Spool, SpoolRequest
from geo_service.export.target import ExportTarget
from geo_service.export.tile_export import TileExport, build_document, make_tiles
from geo_service.queries.layer import read_layer_query
from geo_service.queries.selection import QueryPairs, read_instant
from geo_service.tiles.layers.alerts import AlertLayer, BoardHolder
from geo_service.tiles.layers.base import Rendering, TileLayer
from geo_service.tiles.layers.registry import LAYERS

_MEGABYTE = 1_000_000
_ZOOMS = re.compile(r"([0-9]{1,2})(?:-([0-9]{1,2}))?")
_WINDOW = ("window", "from", "to")


ReportStep = Callable[[str, int, int | None], None]
"""Called with the name of the current step, the amount that is done, and the total if it is known."""


ReadAlerts = Callable[[str, Catalogue], AlertBoard]
"""Reads the alerts from the database at a URL."""


def no_alerts(url: str, catalogue: Catalogue) -> AlertBoard:
    """Return an empty board."""
    return AlertBoard()


@dataclass(frozen=True, slots=True)
class ExportJob:
    """What to export, and where to."""

    target: ExportTarget
    layer: TileLayer
    zooms: tuple[int, int]
    """The first and the last."""
    bounds: ExportBounds
    pairs: QueryPairs
    """The query string of the tiles; parsed when the catalogue is known."""
    at: int | None
    """The instant from which windows go back and at which overdue is judged, seconds since 1970; None for the default."""


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What has been written."""

    tiles: int
    contents: int
    """Tiles with different contents."""
    window: Window
    at: int
    """When overdue was judged, seconds since 1970."""
    ended: bool
    """Whether the window had ended by then; otherwise later incidents are missing in the archive."""


def read_job(
    target: ExportTarget, layer: str, zoom: str, bounds: str | None, at: str | None, pairs: QueryPairs, zone: ZoneInfo
) -> ExportJob:
    """Parse the options of a command. Raises `InvalidParameter`."""
    if layer not in LAYERS:
        raise InvalidParameter("--layer", f"{layer[:40]!r} is not known", list(LAYERS))
    tile_layer = LAYERS[layer](zone)
    instant = None if at is None else read_instant({"--at": at}, "--at", zone, 0)
    return ExportJob(target, tile_layer, read_zooms(zoom, tile_layer), read_bounds(bounds), pairs, instant)


def read_zooms(text: str, layer: TileLayer) -> tuple[int, int]:
    """Parse one zoom ("7") or the first and the last one ("0-12"). Raises `InvalidParameter`."""
    low, high = layer.description.min_zoom, layer.description.max_zoom
    match = _ZOOMS.fullmatch(text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
    if not low <= first <= last <= high:
        allowed = f"zooms of {layer.description.id} from {low} to {high}: one such as {low}, or first and last such as {low}-{high}"
        raise InvalidParameter("--zoom", f"{text[:40]!r} is invalid", allowed)
    return first, last


def read_query(select: str, options: Mapping[str, str | None]) -> QueryPairs:
    """Return the names and values of a query string and of single options. Raises `InvalidParameter`."""
    try:
        pairs = parse_qsl(select, keep_blank_values=True, strict_parsing=True) if select else []
    except ValueError:
        raise InvalidParameter(
            "--select", f"{select[:40]!r} is invalid", "name=value&name=value, like the query string of a tile"
        ) from None
    return pairs + [(name, value) for name, value in options.items() if value is not None]


def run_export(url: str, job: ExportJob, settings: Settings, on_progress: ReportStep, read_alerts: ReadAlerts = no_alerts) -> ExportResult:
    """Make an archive of what is in the database at `url`. If it is interrupted, the spool stays, from which it can be resumed.

    read_alerts: called for the layer of alerts. Raises `ArchiveError` and `InvalidParameter`.
    """
    job.target.check()
    with job.target.open_spool() as spool:
        rules = RuleTable(read_deadlines(settings.deadlines, settings.zone))
        cache_bytes = settings.count_cache_mb * _MEGABYTE
        on_rows = partial(_report_rows, on_progress)
        state = asyncio.run(read_snapshot(url, BusinessTimeTimer(rules), cache_bytes, on_rows))
        job.layer.refresh(state.pyramid)
        if isinstance(job.layer, AlertLayer):
            job.layer.source = BoardHolder(read_alerts(url, state.catalogue))
        query, rendering = _resolve_query(job, state.catalogue, settings.zone, spool.request)
        _begin_spool(spool, _describe_request(job, query, state, settings))
        export = TileExport(job.layer, query, rendering, job.zooms, job.bounds)
        make_tiles(state, export, spool, partial(on_progress, "Making tiles"))
        return _publish(job, state, export, spool, settings, on_progress)


def _report_rows(on_progress: ReportStep, rows: int) -> None:
    on_progress("Reading incidents", rows, None)


def _publish(
    job: ExportJob, state: ReplicaState, export: TileExport, spool: Spool, settings: Settings, on_progress: ReportStep
) -> ExportResult:  # fmt: skip
    """Write the archive and return its numbers. Raises `ArchiveError` if all tiles are empty."""
    tiles, contents = spool.counts
    if not tiles:
        spool.clear()
        raise ArchiveError(f"cannot export to {job.target.path}: no tile of the selection contains anything")
    draws_alerts = job.layer.description.draws_alerts
    selection_document = _describe_selection(dict(job.pairs), export.query, settings, draws_alerts=draws_alerts)
    document = build_document(state, export, spool, selection_document)
    job.target.publish(spool, document, lambda done: on_progress("Writing the archive", done, tiles))
    selection = export.query.selection
    return ExportResult(tiles, contents, selection.window, selection.now, ended=selection.window.stop <= time.time())


def _resolve_query(job: ExportJob, catalogue: Catalogue, zone: ZoneInfo, unfinished: SpoolRequest | None) -> tuple[Query, Rendering]:
    """Parse the query at the job's instant, else at that of an unfinished export.

    Without either, a window that has ended is resolved at its end, so that the archive is the same whenever it is made.
    """

    def parse(at: float | None) -> tuple[Query, Rendering]:
        clock = time.time if at is None else lambda: at
        return read_layer_query(job.pairs, catalogue, zone, job.layer.description, clock=clock)

    if job.at is not None or unfinished:
        return parse(job.at if job.at is not None or unfinished is None else unfinished["at"])
    parsed = parse(None)
    selection = parsed[0].selection
    return parsed if selection.window.relative or selection.window.stop > selection.now else parse(selection.window.stop)


def _describe_request(job: ExportJob, query: Query, state: ReplicaState, settings: Settings) -> SpoolRequest:
    """Return everything on which the tiles depend."""
    selections = [query.selection] + ([query.compare] if query.compare else [])
    windows = [selection.window for selection in selections]
    return {
        "layer": job.layer.description.id,
        "zooms": list(job.zooms),
        "bounds": None if job.bounds.bounds is None else [list(box) for box in job.bounds.boxes],
        "selection": dict(sorted((name, value) for name, value in job.pairs if name not in _WINDOW)),
        "windows": [[window.start, window.stop] for window in windows],
        "at": query.selection.now,
        "data": fingerprint(state, windows) + _digest_alerts(job.layer),
        "deadlines": blake2b((settings.deadlines or SHIPPED).read_bytes(), digest_size=16).hexdigest(),
    }


def _digest_alerts(layer: TileLayer) -> str:
    """Return the same text for the same alerts; an empty one for a layer of incidents."""
    if not isinstance(layer, AlertLayer):
        return ""
    return blake2b(repr(layer.source.board.episodes).encode(), digest_size=16).hexdigest()


def _begin_spool(spool: Spool, request: SpoolRequest) -> None:
    """Begin an empty spool, or check that the unfinished export has the same request. Raises `ArchiveError`."""
    unfinished = spool.request
    if unfinished is None:
        spool.begin(request)
    elif unfinished != request:
        differing = ", ".join(name for name in request if unfinished.get(name) != request[name])
        raise ArchiveError(
            f"cannot resume {spool.path}: the unfinished export differs in {differing} (data: the incidents of the window and the"
            " catalogue); --overwrite without --resume starts over"
        )


def _describe_selection(params: dict[str, str], query: Query, settings: Settings, *, draws_alerts: bool) -> dict[str, Any]:
    """Return the parameters and the resolved windows of the selection, for the archive's metadata."""
    selection: dict[str, Any] = {name: value for name, value in params.items() if name not in _WINDOW}
    if draws_alerts:
        return {**selection, "time_zone": settings.time_zone}
    selection["window"] = _format_window(query.selection.window)
    if query.compare:
        selection["compare"] = {"by": query.compared_by, **_format_window(query.compare.window)}
    return {**selection, "at": format_instant(query.selection.now), "time_zone": settings.time_zone}


def _format_window(window: Window) -> dict[str, str]:
    return {"from": format_instant(window.start), "to": format_instant(window.stop)}
