"""The layer of single incidents: a point for each position, with its newest incident and how many there are."""

from collections.abc import Mapping, Sequence
from math import ceil, floor
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import CHANNELS
from geo_service.aggregation.catalogue.catalogue import Catalogue, attributions
from geo_service.aggregation.columns.columns import POSITION_UNITS, Columns
from geo_service.aggregation.columns.h3_hierarchy import H3Hierarchy
from geo_service.aggregation.columns.spatial_index import Box
from geo_service.aggregation.counting.grouping import EVERYTHING
from geo_service.aggregation.counting.points_in_box import PointGroups, group_points_in_box
from geo_service.aggregation.counting.selected_rows import select_rows
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.age_classes import AGE_LIMITS, age_classes, day_text, local_days, selections_by_age
from geo_service.aggregation.selection.selection import Selection
from geo_service.core.extent import WORLD_BOUNDS, Bounds, shortest_arc
from geo_service.core.model import LINKED, Status
from geo_service.tiles.documents.tilejson import INCIDENTS, LayerDescription
from geo_service.tiles.encoding import mvt
from geo_service.tiles.encoding.clipping import BUFFER
from geo_service.tiles.encoding.grid import EXTENT, WORLD, Tile, latitude, longitude, project
from geo_service.tiles.encoding.grid import Box as WorldBox
from geo_service.tiles.encoding.string_columns import DictionaryColumn
from geo_service.tiles.layers.base import EncodedTile, LegendRequest, TileRequest
from geo_service.tiles.layers.tile_coverage import Tiles, under_boxes

NAME = INCIDENTS.id
META_NAME = INCIDENTS.extra_layers[0].id
MOST_PLACES = 10_000
"""Positions in one tile: about 200 kB compressed, and more circles than a tile of 512 px can show."""

_TENTH, _HALF_TURN = POSITION_UNITS // 10, 180 * POSITION_UNITS
"""A tenth of a degree and half the globe, in units of positions."""

_PROPERTIES = CHANNELS[:3]
_STATUSES = [status.code for status in Status]
_META_ID = 1
_DAYS_AGO = {"ru": "дней назад", "en": "days ago"}
_AGE = {"ru": "Когда поступило последнее", "en": "When the newest came"}


class PointLayer:
    """Draws positions at which the measure's count is not zero: with the measure `overdue`, those where something is overdue."""

    description: LayerDescription = INCIDENTS

    def __init__(self, zone: ZoneInfo, most: int = MOST_PLACES) -> None:
        """zone: of the days. most: positions in one tile."""
        self._zone = zone
        self._most = most

    def refresh(self, pyramid: H3Hierarchy) -> None:
        """Do nothing: nothing is cached between tiles."""

    def encode(self, state: ReplicaState, request: TileRequest) -> EncodedTile:
        """Return the tile: the points and the layer `meta`; empty when there are no points."""
        selection = request.query.selection
        groups = group_points_in_box(state.columns, selection, boxes_of(request.tile))
        groups = groups.subset(groups.counts[:, request.query.measure.channel or 0] > 0)
        if not len(groups):
            return EncodedTile(b"")
        drawn = groups.latest(self._most)
        points = mvt.Points(positions(state.columns, drawn.newest, request.tile))
        ids = state.columns.ids(drawn.newest)
        today = int(local_days(np.array([selection.now], np.uint32), self._zone)[0])
        properties = {"id": ids, **self._properties(state, drawn, today)}
        body = mvt.encode_layer(NAME, ids.astype(np.uint64), points, properties, request.tile)
        return EncodedTile(body + _meta(groups, drawn, request.tile))

    def legend(self, state: ReplicaState, view: LegendRequest) -> dict[str, Any]:
        """Return the classes of age, and how many incidents of the selection belong to each."""
        selection, measure = view.query.selection, view.query.measure
        key = (NAME, "ages", selection)
        counts = state.counter.cached_value(key, lambda: [_count(state, part) for part in selections_by_age(selection, self._zone)])
        channel, palette = measure.channel or 0, self.description.palette(measure)
        limits = zip([0, *(limit + 1 for limit in AGE_LIMITS)], [*AGE_LIMITS, None], palette.colors, counts, strict=True)
        return {
            "zoom": view.zoom,
            "measure": measure.code,
            "label": _AGE,
            "unit": _DAYS_AGO,
            "classes": [
                {"class": number, "from": low, "to": high, "color": color, "incidents": count[channel]}
                for number, (low, high, color, count) in enumerate(limits)
            ],
            "incidents": sum(count[channel] for count in counts),
            "palette": {"name": palette.name, "colors": list(palette.colors)},
            "total": {name: sum(count[number] for count in counts) for number, name in enumerate(CHANNELS)},
        }

    def covered_tiles(self, state: ReplicaState, view: LegendRequest, within: WorldBox) -> Tiles:
        """Return the tiles in which an incident of the selection lies, or beside which it lies no further away than the buffer."""
        rows = select_rows(state.columns, view.query.selection, EVERYTHING).rows
        points = project(state.columns["lng"][rows] / POSITION_UNITS, state.columns["lat"][rows] / POSITION_UNITS)
        margin = (WORLD >> view.zoom) * BUFFER // EXTENT + 1
        return under_boxes(np.column_stack([points - margin, points + margin]), view.zoom, within)

    def bounds(self, state: ReplicaState) -> Bounds:
        """Return west, south, east, north of all incidents that are or were; the world when there are none."""
        return state.counter.cached_value((NAME, "bounds"), lambda: _extent(state.columns)) if state.columns.live_rows else WORLD_BOUNDS

    def attribution(self, catalogue: Catalogue) -> list[str]:
        """Return the attributions of the incidents' sources, and of the services that geocoded them."""
        return attributions(catalogue.sources.all)

    def _properties(self, state: ReplicaState, groups: PointGroups, today: int) -> dict[str, mvt.Column]:
        """Return the properties of each point. Other fields of incidents, above all text and address, stay out of tiles."""
        columns, catalogue, rows = state.columns, state.catalogue, groups.newest
        days = local_days(columns["received"][rows], self._zone)
        each, day = np.unique(days, return_inverse=True)
        theme = columns["theme"][rows]
        sectors = {entry.id: catalogue.sectors.by_id[entry.parent].code for entry in catalogue.themes.all if entry.parent is not None}
        return {
            "sector": _coded(sectors, theme),
            "theme": _coded({entry.id: entry.code for entry in catalogue.themes.all}, theme),
            "status": DictionaryColumn(_STATUSES, (columns["status"][rows] % LINKED).astype(np.intp)),
            "received": DictionaryColumn([day_text(number) for number in each.tolist()], day),
            "age": age_classes(days, today),
            **{name: groups.counts[:, channel] for channel, name in enumerate(_PROPERTIES)},
        }


def boxes_of(tile: Tile) -> list[Box]:
    """Return the tile with its buffer, rounded outwards; beyond the antimeridian it goes on at the world's other side.

    A point within `clipping.BUFFER` tile units of an edge is in both tiles, so that a circle around it is whole.
    """
    x0, y0, x1, y1 = tile.box
    margin = (WORLD >> tile.z) * BUFFER // EXTENT + 1
    south, north = latitude(min(y1 + margin, WORLD)), latitude(max(y0 - margin, 0))
    boxes = []
    for shift in (0,) + (WORLD,) * (x0 == 0) + (-WORLD,) * (x1 == WORLD):
        west, east = longitude(max(x0 - margin + shift, 0)), longitude(min(x1 + margin + shift, WORLD))
        boxes.append(
            Box(*(floor(angle * POSITION_UNITS) for angle in (west, south)), *(ceil(angle * POSITION_UNITS) for angle in (east, north)))
        )
    return boxes


def positions(columns: Columns, rows: NDArray[np.int32], tile: Tile) -> NDArray[np.int32]:
    """Return (rows, 2) int32 world units, on the side of the antimeridian where the tile is."""
    points = project(columns["lng"][rows] / POSITION_UNITS, columns["lat"][rows] / POSITION_UNITS)
    middle = (tile.box[0] + tile.box[2]) // 2
    points[:, 0] -= (np.rint((points[:, 0] - middle) / WORLD) * WORLD).astype(np.int32)
    return points


def _coded(code_of: Mapping[int, str], ids: NDArray[np.uint32]) -> DictionaryColumn:
    """Return the codes of ids."""
    texts: Sequence[str] = sorted(set(code_of.values()))
    index_of = {text: index for index, text in enumerate(texts)}
    table = np.zeros(max(code_of, default=0) + 1, np.intp)
    table[list(code_of)] = [index_of[text] for text in code_of.values()]
    return DictionaryColumn(texts, table[ids])


def _meta(groups: PointGroups, drawn: PointGroups, tile: Tile) -> bytes:
    """Return a layer of one point in the tile's middle that says how much of the selection is drawn."""
    incidents, shown = int(groups.counts[:, 0].sum()), int(drawn.counts[:, 0].sum())
    numbers = {
        "truncated": int(len(drawn) < len(groups)), "places": len(drawn), "incidents": shown,
        "places_left_out": len(groups) - len(drawn), "incidents_left_out": incidents - shown,
    }  # fmt: skip
    x0, y0, x1, y1 = tile.box
    middle = mvt.Points(np.array([[(x0 + x1) // 2, (y0 + y1) // 2]], np.int32))
    columns: dict[str, mvt.Column] = {name: np.array([number]) for name, number in numbers.items()}
    return mvt.encode_layer(META_NAME, np.array([_META_ID], np.uint64), middle, columns, tile)


def _count(state: ReplicaState, selection: Selection | None) -> list[int]:
    """Return the counts of a selection, by channel."""
    if selection is None:
        return [0] * len(CHANNELS)
    counts: list[int] = GroupStats(state, selection, EVERYTHING).counts[0].tolist()
    return counts


def _extent(columns: Columns) -> Bounds:
    west, east = longest_gap_left_out(columns["lng"])
    corners = (west, columns["lat"].min(), east, columns["lat"].max())
    west, south, east, north = (round(int(corner) / POSITION_UNITS, 5) for corner in corners)
    return west, max(south, WORLD_BOUNDS[1]), east, min(north, WORLD_BOUNDS[3])


def longest_gap_left_out(lng: NDArray[np.int32]) -> tuple[float, float]:
    """Return the ends of the shortest arc that holds all longitudes, in `POSITION_UNITS`; the first is greater across the antimeridian."""
    west, east = int(lng.min()), int(lng.max())
    if east - west <= _HALF_TURN:
        return west, east
    # The gap is searched for in tenths of a degree: sorting 10 M positions would take a second.
    starts = np.flatnonzero(_occupied_tenths(lng)) / 10 - 180
    first, last = shortest_arc(starts, starts + 0.1)
    # Without a gap to leave out at the antimeridian, the arc goes from the least to the greatest.
    middle_of_gap = int((first + last) / 2 * POSITION_UNITS) if first > last else -_HALF_TURN - 1
    first_end, last_end = _ends_beside(lng, middle_of_gap)
    return int(first_end), int(last_end)


@njit(nogil=True, cache=True)
def _occupied_tenths(lng: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which tenths of a degree, counted from 180° west, hold a longitude; 180° east is 180° west."""
    tenths = np.zeros(2 * _HALF_TURN // _TENTH, np.bool_)
    for value in lng:
        tenths[(np.int64(value) + _HALF_TURN) // _TENTH % len(tenths)] = True
    return tenths


@njit(nogil=True, cache=True)
def _ends_beside(lng: NDArray[np.int32], split: int) -> tuple[np.int64, np.int64]:
    """Return the least longitude beyond the split, and the greatest one up to it, or of all where there is none."""
    west, east, greatest = np.int64(_HALF_TURN), np.int64(-_HALF_TURN - 1), np.int64(-_HALF_TURN)
    for value in lng:
        number = np.int64(value) if value < _HALF_TURN else np.int64(-_HALF_TURN)
        greatest = max(greatest, number)
        if number > split:
            west = min(west, number)
        else:
            east = max(east, number)
    return west, east if east >= -_HALF_TURN else greatest
