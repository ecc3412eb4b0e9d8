"""From an order to an archive: read the database once, resolve what is asked, make the tiles, put the archive in its place."""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.aggregation.measures.response_time import BusinessTimeTimer, RuleTable
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.replica.snapshot import fingerprint, read_snapshot
from geo_service.aggregation.selection.selection import Window
from geo_service.core.calendar.deadlines import SHIPPED, read_deadlines
from geo_service.core.errors import ArchiveError, InvalidParameter
from geo_service.core.settings import Settings
from geo_service.export.bounds import ExportBounds, read_bounds
from geo_service.export.spool import Asked, Spool
from geo_service.export.target import ExportTarget
from geo_service.export.tile_export import TileExport, document, make_tiles
from geo_service.queries.layer import LayerQuery, read_layer_query
from geo_service.queries.selection import SelectionQuery, read_instant
from geo_service.tiles.layers.base import TileLayer
from geo_service.tiles.layers.registry import LAYERS

_MEGABYTE = 1_000_000
_ZOOMS = re.compile(r"([0-9]{1,2})(?:-([0-9]{1,2}))?")
_SPAN = ("window", "from", "to")
_NO_REVISION = 0
"""Of the incidents in a file: it stands for one state of them, and its bytes must not depend on how that came about."""

Query = list[tuple[str, str]]

OnProgress = Callable[[str, int, int | None], None]
"""Hears which step is under way, how much of it is done, and of how much if that is known."""


@dataclass(frozen=True, slots=True)
class ExportJob:
    """What is to be exported and where to. at: the instant of the question, seconds; None where the window decides."""

    place: ExportTarget
    layer: TileLayer
    zooms: tuple[int, int]
    frame: ExportBounds
    query: Query
    at: int | None


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What has been written. contents: different tiles; at: when overdue was judged, seconds."""

    tiles: int
    contents: int
    window: Window
    at: int
    ended: bool
    """Whether the window was over then: only such an archive stays true."""


def read_job(place: ExportTarget, layer: str, zoom: str, bounds: str | None, at: str | None, query: Query, zone: ZoneInfo) -> ExportJob:
    """The order that the words of a command make. Raises InvalidParameter; what needs the catalogue is read later."""
    if layer not in LAYERS:
        raise InvalidParameter("--layer", f"{layer[:40]!r} is not known", list(LAYERS))
    chosen = LAYERS[layer](zone)
    when = None if at is None else read_instant({"--at": at}, "--at", zone, 0)
    return ExportJob(place, chosen, read_zooms(zoom, chosen), read_bounds(bounds), query, when)


def read_zooms(text: str, layer: TileLayer) -> tuple[int, int]:
    """The first and the last zoom of "7" or "0-12"."""
    low, high = layer.description.min_zoom, layer.description.max_zoom
    match = _ZOOMS.fullmatch(text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
    if not low <= first <= last <= high:
        allowed = f"zooms of {layer.description.id} from {low} to {high}: one such as {low}, or first and last such as {low}-{high}"
        raise InvalidParameter("--zoom", f"{text[:40]!r} is not usable", allowed)
    return first, last


def read_query(select: str, options: Mapping[str, str | None]) -> Query:
    """The words of the selection: those in an address and those of single options."""
    try:
        words = parse_qsl(select, keep_blank_values=True, strict_parsing=True) if select else []
    except ValueError:
        raise InvalidParameter("--select", f"{select[:40]!r} is not usable", "name=value&name=value, as behind the ? of a tile") from None
    return words + [(name, value) for name, value in options.items() if value is not None]


def run_export(url: str, order: ExportJob, settings: Settings, told: OnProgress) -> ExportResult:
    """Make the archive from the database at `url`. Interrupted, it leaves its spool, and can be gone on with."""
    order.place.check()
    with order.place.open_spool() as spool:
        rules = RuleTable(read_deadlines(settings.deadlines, settings.zone))
        count_limit = settings.count_cache_mb * _MEGABYTE
        state = asyncio.run(read_snapshot(url, BusinessTimeTimer(rules), count_limit, lambda rows: told("Reading incidents", rows, None)))
        order.layer.refresh(state.pyramid)
        asked = _resolve(order, state.catalogue, settings.zone, spool.request)
        _begin(spool, _asked(order, asked.question, state, settings))
        export = TileExport(order.layer, lambda tile: asked.tile(tile, "mvt", _NO_REVISION), order.zooms, order.frame)
        make_tiles(state, export, spool, partial(told, "Making tiles"))
        return _publish(order, state, export, spool, asked.question, settings, told)


def _publish(
    order: ExportJob, state: ReplicaState, export: TileExport, spool: Spool, question: SelectionQuery, settings: Settings, told: OnProgress
) -> ExportResult:  # fmt: skip
    tiles, contents = spool.counts
    if not tiles:
        spool.clear()
        raise ArchiveError(f"cannot export to {order.place.path}: no tile of the selection holds anything")
    written = document(state, export, spool, _selection(dict(order.query), question, settings))
    order.place.publish(spool, written, lambda done: told("Writing the archive", done, tiles))
    selection = question.selection
    return ExportResult(tiles, contents, selection.window, selection.now, ended=selection.window.stop <= time.time())


def _resolve(order: ExportJob, catalogue: Catalogue, zone: ZoneInfo, waiting: Asked | None) -> LayerQuery:
    """What is asked, at the instant that was given, or that an unfinished export was of, or at the end of a window that is over."""

    def ask(at: float | None) -> LayerQuery:
        clock = time.time if at is None else lambda: at
        return read_layer_query(order.query, catalogue, zone, order.layer.description, clock=clock)

    if order.at is not None or waiting:
        return ask(order.at if order.at is not None or waiting is None else waiting["at"])
    asked = ask(None)
    selection = asked.question.selection
    return asked if selection.window.relative or selection.window.stop > selection.now else ask(selection.window.stop)


def _asked(order: ExportJob, question: SelectionQuery, state: ReplicaState, settings: Settings) -> Asked:
    """Everything that the tiles depend on."""
    selections = [question.selection] + ([question.compare] if question.compare else [])
    windows = [one.window for one in selections]
    return {
        "layer": order.layer.description.id,
        "zooms": list(order.zooms),
        "bounds": None if order.frame.bounds is None else [list(box) for box in order.frame.boxes],
        "selection": dict(sorted((name, value) for name, value in order.query if name not in _SPAN)),
        "windows": [[window.start, window.stop] for window in windows],
        "at": question.selection.now,
        "data": fingerprint(state, windows),
        "deadlines": blake2b((settings.deadlines or SHIPPED).read_bytes(), digest_size=16).hexdigest(),
    }


def _begin(spool: Spool, asked: Asked) -> None:
    """Begin the spool, or make sure that it is of the same."""
    waiting = spool.request
    if waiting is None:
        spool.begin(asked)
    elif waiting != asked:
        other = ", ".join(name for name in asked if waiting.get(name) != asked[name])
        raise ArchiveError(
            f"cannot go on with {spool.path}: it is of other {other} (data are the incidents of the window and the catalogue);"
            " --overwrite without --resume begins anew"
        )


def _selection(given: dict[str, str], question: SelectionQuery, settings: Settings) -> dict[str, Any]:
    """The selection as it was asked and resolved, for the archive's readers."""
    resolved: dict[str, Any] = {name: value for name, value in given.items() if name not in _SPAN}
    resolved["window"] = _span(question.selection.window)
    if question.compare:
        resolved["compare"] = {"by": question.compared_by, **_span(question.compare.window)}
    return {**resolved, "at": instant(question.selection.now), "time_zone": settings.time_zone}


def _span(window: Window) -> dict[str, str]:
    return {"from": instant(window.start), "to": instant(window.stop)}


def instant(seconds: int) -> str:
    """Seconds since 1970 as RFC 3339, UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
