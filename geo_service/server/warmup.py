"""Every kind of question asked of a few made-up incidents, so that nobody waits for compiled loops to be made ready.

A loop is compiled when it is first called, which takes seconds, and kept on disk; later starts only load it. Run as a
program, it does just that: `python -m geo_service.server.warmup`.
"""

import gc
from collections.abc import Iterator
from threading import Event
from zoneinfo import ZoneInfo

import h3.api.basic_int as h3
import numpy as np
import shapely

from geo_service.aggregation.alerts.engine import AlertEngine
from geo_service.aggregation.alerts.model import AlertLayer, Episode
from geo_service.aggregation.arrays.growable import Array
from geo_service.aggregation.catalogue.catalogue import Catalogue, District, DistrictShapes, Entries, Entry, SourceEntry
from geo_service.aggregation.columns.columns import BATCH, POSITION_UNITS
from geo_service.aggregation.measures.measures import CELL_MEASURES, MEASURES
from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.measures.response_time import BusinessTimeTimer, RuleTable
from geo_service.aggregation.places.place_index import find_places
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection, Window
from geo_service.aggregation.statistics.agency_rating import rate_agencies
from geo_service.aggregation.statistics.answer_times import AnswerTimeOptions, compute_answer_times
from geo_service.aggregation.statistics.breakdown import DIMENSIONS, compute_breakdown
from geo_service.aggregation.statistics.cells import describe_cell
from geo_service.aggregation.statistics.changes import CHANGE_DIMENSIONS, DIRECTIONS, ChangeOptions, find_changes
from geo_service.aggregation.statistics.districts import describe_district
from geo_service.aggregation.statistics.incident_list import ORDERS, IncidentListQuery
from geo_service.aggregation.statistics.incident_rows import list_incidents
from geo_service.aggregation.statistics.lasting_excess import WEEKS, find_lasting_excess
from geo_service.aggregation.statistics.repeated_positions import find_repeated_positions
from geo_service.aggregation.statistics.summary import summarise_selection
from geo_service.aggregation.statistics.timeline import BucketOptions, compute_timeline
from geo_service.core.calendar.deadlines import read_deadlines
from geo_service.core.model import FINEST_RESOLUTION, ZOOM_BANDS, DistrictLevel
from geo_service.core.settings import read_settings
from geo_service.tiles.encoding.grid import Tile, project, resolution_at
from geo_service.tiles.layers.base import LegendRequest, Rendering, TileRequest
from geo_service.tiles.layers.districts import DistrictLayer
from geo_service.tiles.layers.hexes import HexLayer
from geo_service.tiles.layers.points import PointLayer

_AT = (45.0, 39.0)
"""Latitude and longitude of all the incidents."""
_ZOOM = 13
_WORLD_M = (-1e7, -1e7, 1e7, 1e7)
"""An area around it, in EPSG:3857."""
_BEGAN = 1_700_000_000
_EACH_S = 100
_COUNT = 5_000
"""More than quantiles of a few groups are found in by sorting: both ways are rehearsed."""
_FRAMES = 10
_FEW = 1000
_SPAN_S = 450 * 86_400
"""Longer than a baseline with the window behind it."""
_RINGS = 6


_warm: set[ZoneInfo] = set()


def warm_up(zone: ZoneInfo, stopped: Event | None = None) -> None:
    """Ask everything once, under the shipped rules of deadlines; a second time in a process it does nothing. On any thread.

    stopped: ends the warm-up before its next step, so that a service that is told to end need not wait for it.
    """
    if zone in _warm:
        return
    for _ in _steps(zone):
        if stopped is not None and stopped.is_set():
            return
    # Modules and compiled loops stay for good: looked through for garbage, they would hold up an answer for up to 200 ms.
    gc.collect()
    gc.freeze()
    _warm.add(zone)


def _steps(zone: ZoneInfo) -> Iterator[object]:
    rules = RuleTable(read_deadlines(None, zone))
    state = ReplicaState(_incidents(), _catalogue(), 10_000_000, BusinessTimeTimer(rules))
    middle, stop = _BEGAN + _COUNT * _EACH_S // 2, _BEGAN + _COUNT * _EACH_S
    now, before = (Selection(Window(*span), stop, themes=(1,), sources=(1,)) for span in ((middle, stop), (_BEGAN, middle)))
    yield from _statistics_steps(state, now, before, rules, zone)
    yield from _tile_steps(state, now, before, zone)
    yield from _alert_steps(state, middle, stop)
    yield from _spatial_steps()


def _statistics_steps(state: ReplicaState, now: Selection, before: Selection, rules: RuleTable, zone: ZoneInfo) -> Iterator[object]:
    count = MEASURES["count"]
    clockwork = BucketOptions(zone, compared_by="previous")
    yield summarise_selection(state, now, before)
    yield describe_district(state, Query(now, count, before), "1", clockwork)
    for dimension in DIMENSIONS.values():
        yield compute_breakdown(state, now, [dimension], DistrictLevel.DISTRICT, count, before)
    yield compute_breakdown(state, now, [DIMENSIONS["district"], DIMENSIONS["sector"]], DistrictLevel.DISTRICT, count)
    yield find_changes(state, now, before, ChangeOptions([*CHANGE_DIMENSIONS.values()][:2], DistrictLevel.DISTRICT, 1, DIRECTIONS[0], 10))
    yield compute_timeline(state, now, clockwork, count, before, by=DIMENSIONS["sector"])
    yield describe_cell(state, Query(now, count, before), h3.latlng_to_cell(*_AT, resolution_at(_ZOOM)), clockwork)
    yield rate_agencies(state, rules, now, before, 1)
    yield compute_answer_times(state, now, AnswerTimeOptions(zone, "month", "sector"))
    yield find_repeated_positions(state, now, 1, 1)
    yield find_lasting_excess(np.full((WEEKS, 2, 2), 10, np.int32))
    for order in ORDERS.values():
        yield list_incidents(state, IncidentListQuery(now, order, 10))


def _alert_steps(state: ReplicaState, since: int, stop: int) -> Iterator[object]:
    """Look for alerts: loops that are compiled on the replica's thread would hold up every request to a service that is ready."""
    place, alerts = find_places(state).places[0], AlertEngine()
    episode = Episode(
        AlertLayer.LOCAL, place, 1, 1, since, since, since, stop, window_s=86_400, n=1, distinct=1, expected=1.0, log10_p=-9.0,
        recurrence_days=1.0, peak=1, peak_at=since, places=(place,), id=1,
    )  # fmt: skip
    yield alerts.update(state, (episode,), {}, stop)
    yield alerts.copy_part(state, stop, (since, stop))


def _tile_steps(state: ReplicaState, now: Selection, before: Selection, zone: ZoneInfo) -> Iterator[object]:
    tile = _tile()
    hexes = HexLayer()
    hexes.refresh(state.pyramid)
    for measure in CELL_MEASURES.values():
        yield hexes.encode(state, TileRequest(tile, Query(now, measure, before), Rendering(with_h3=True)))
        yield hexes.legend(state, LegendRequest(_ZOOM, Query(now, measure, before)))
    for form in HexLayer.description.formats:
        yield hexes.encode(state, TileRequest(tile, Query(now), Rendering(frames=_FRAMES, format=form)))
    # Finer levels are rolled up to coarser ones, short windows counted on them: the other way than above.
    yield state.counter.per_cell(now, FINEST_RESOLUTION)
    yield hexes.encode(state, TileRequest(Tile(0, 0, 0), Query(now)))
    yield PointLayer(zone).encode(state, TileRequest(tile, Query(now)))
    yield DistrictLayer().encode(state, TileRequest(tile, Query(now, compare=before)))


def _spatial_steps() -> Iterator[object]:
    """Places beside each other and their own past: incidents over more than a year, most of them in one place."""
    incidents = _incidents()[:_FEW]
    incidents["received"] = _BEGAN + np.arange(_FEW) * (_SPAN_S // _FEW)
    around = np.array(h3.grid_disk(int(incidents["cell"][0]), _RINGS), np.uint64)
    incidents["cell"][::2] = np.resize(around, len(incidents["cell"][::2]))
    state, hexes, stop = ReplicaState(incidents, _catalogue(), 10_000_000), HexLayer(), _BEGAN + _SPAN_S
    hexes.refresh(state.pyramid)
    selection = Selection(Window(stop - _SPAN_S // 5, stop), stop, districts=(2,))
    for measure in (measure for measure in CELL_MEASURES.values() if measure.spatial is not None):
        query = Query(selection, measure)
        yield hexes.encode(state, TileRequest(_tile(), query))
        yield hexes.legend(state, LegendRequest(_ZOOM, query))
    yield DistrictLayer().encode(state, TileRequest(_tile(), Query(selection, MEASURES["unusual"])))
    # Cells that come between known ones.
    fresh = incidents[:1].copy()
    fresh["id"], fresh["cell"] = _FEW + 1, h3.latlng_to_cell(_AT[0] + 1, _AT[1], FINEST_RESOLUTION)
    state.apply(fresh, np.empty(0, np.int64), None)
    yield hexes.legend(state, LegendRequest(_ZOOM, Query(selection, MEASURES["gi"])))


def _tile() -> Tile:
    x, y = project(np.array([_AT[1]]), np.array([_AT[0]]))[0].tolist()
    size = (1 << 30) >> _ZOOM
    return Tile(_ZOOM, x // size, y // size)


def _incidents() -> Array:
    batch = np.zeros(_COUNT, BATCH)
    number = np.arange(_COUNT)
    batch["id"] = number + 1
    batch["cell"] = h3.latlng_to_cell(*_AT, FINEST_RESOLUTION)
    batch["received"] = _BEGAN + number * _EACH_S
    batch["due"] = batch["received"] + 86_400
    batch["answered"] = batch["closed"] = batch["received"] + 1 + number % 100_000
    batch["status"] = number % 9
    batch["lat"], batch["lng"] = (int(angle * POSITION_UNITS) for angle in _AT)
    for name in ("theme", "source", "agency"):
        batch[name] = 1
    batch["district"] = 2
    return batch


def _catalogue() -> Catalogue:
    upper = District(1, "1", "", "", level=DistrictLevel.REGION)
    lower = District(2, "2", "", "", 1, level=DistrictLevel.DISTRICT, population=1, area_km2=1.0)
    sources = Entries([SourceEntry(1, "1", "", "")])
    sectors = Entries([Entry(1, "1", "", "")])
    whole = np.array([shapely.multipolygons([shapely.box(*_WORLD_M)])], object)
    shapes = DistrictShapes(1, {band.band: (np.array([lower.id], np.int64), whole) for band in ZOOM_BANDS})
    return Catalogue(sectors, Entries([Entry(1, "1", "", "", 1)]), sources, sectors, Entries([upper, lower]), shapes)


def main() -> None:
    """Rehearse in the service's time zone."""
    warm_up(read_settings().zone)


if __name__ == "__main__":
    main()
