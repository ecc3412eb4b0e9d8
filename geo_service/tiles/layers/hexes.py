"""The layer of hexagons: how many incidents, how many open and overdue, and the class of the chosen measure."""

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import CHANNELS
from geo_service.aggregation.catalogue.catalogue import Catalogue, attributions
from geo_service.aggregation.columns.h3_hierarchy import H3Hierarchy
from geo_service.aggregation.measures.frame_counts import frames_by_cell, prefix_sums
from geo_service.aggregation.measures.level_values import LevelValues, cell_values
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.tiles.documents.tilejson import EVERYWHERE, HEXES, Bounds, LayerDescription
from geo_service.tiles.encoding import mvt
from geo_service.tiles.encoding.grid import Box, Tile, latitude, longitude, resolution_at
from geo_service.tiles.encoding.string_columns import h3_texts, joined_numbers
from geo_service.tiles.layers import playback
from geo_service.tiles.layers.base import EncodedTile, LegendRequest, TileRequest
from geo_service.tiles.layers.comparison import comparison, without_infinity
from geo_service.tiles.layers.hex_formats import HEX_FORMS, HexTile
from geo_service.tiles.layers.hex_outlines import HexOutlines
from geo_service.tiles.layers.legend import legend
from geo_service.tiles.layers.meta_layer import resolved_query, totals
from geo_service.tiles.layers.tile_coverage import Tiles, under_boxes

_PROPERTIES = CHANNELS[:3]
_OWN_PROPERTY = ("count", *_PROPERTIES[1:])
"""Measures whose value is among the properties anyway."""
_BOUNDS_RESOLUTION = 7
_DIGEST_BYTES = 16
_TOUCHING_KEPT = 500
"""Tiles; a thousand hexagons take 12 kB."""

Seen = tuple[NDArray[np.intp], NDArray[np.int32]]
"""Each hexagon of a tile: the cell's index, and by how much it is to be shifted in x."""


@dataclass(frozen=True, slots=True, eq=False)
class VisibleHexes:
    """The hexagons drawn in a tile, one entry each."""

    resolution: int
    places: NDArray[np.intp]
    """The cell's index in the pyramid."""
    shifts: NDArray[np.int32]
    """World units to add to x: one over the antimeridian is drawn on either side."""
    numbers: LevelValues


class HexLayer:
    """Draws the cells of the pyramid; a hexagon where the chosen measure is "nothing", or a count of zero, is left out."""

    description: LayerDescription = HEXES

    def __init__(self) -> None:
        self._pyramid: H3Hierarchy | None = None
        self._outlines: dict[int, HexOutlines] = {}
        self._touching: OrderedDict[Box, Seen] = OrderedDict()

    def refresh(self, pyramid: H3Hierarchy) -> None:
        """Take in the outlines of cells that have come, or of a whole new pyramid."""
        if pyramid is not self._pyramid:
            self._pyramid = pyramid
            self._outlines = {resolution: HexOutlines(level.cells) for resolution, level in pyramid.levels.items()}
            self._touching.clear()
        for resolution, level in pyramid.levels.items():
            fresh = level.cells[len(self._outlines[resolution]) :]
            if len(fresh):
                self._outlines[resolution].extend(fresh)
                self._touching.clear()

    def outlines(self, resolution: int) -> HexOutlines:
        """Outlines of the cells of a resolution, by their index in the pyramid."""
        return self._outlines[resolution]

    def encode(self, state: ReplicaState, request: TileRequest) -> EncodedTile:
        """The tile; empty when no hexagon touches it, or in formats without outlines, when none has its middle in it."""
        shown = self._visible_hexes(state, request)
        drawn = self._draw(state, request, shown)
        body = HEX_FORMS[request.rendering.format].write(drawn) if len(drawn.cells) else b""
        return EncodedTile(body, _digest(shown.numbers))

    def draw(self, state: ReplicaState, request: TileRequest) -> HexTile:
        """What is in the tile, before it is written in one of the formats."""
        return self._draw(state, request, self._visible_hexes(state, request))

    def fingerprint(self, state: ReplicaState, request: TileRequest) -> bytes:
        """A digest of its hexagons' classes: only these may change with incidents outside the tile."""
        return _digest(self._visible_hexes(state, request).numbers)

    def _visible_hexes(self, state: ReplicaState, request: TileRequest) -> VisibleHexes:
        """The hexagons that are drawn in the tile, in the order of its features."""
        resolution, rendering = resolution_at(request.tile.z), request.rendering
        level = cell_values(state, request.query, rendering.classifier, resolution)
        places, shifts = self._hexes_in_tile(state, resolution, request.tile)
        drawn = request.query.measure.is_drawn(level.values[places])
        if not HEX_FORMS[rendering.format].whole:
            drawn &= self._outlines[resolution].centroid_in(places, shifts, request.tile.box)
        places, shifts = places[drawn], shifts[drawn]
        return VisibleHexes(resolution, places, shifts, level.at(places))

    def _draw(self, state: ReplicaState, request: TileRequest, shown: VisibleHexes) -> HexTile:
        outlines, form = self._outlines[shown.resolution], HEX_FORMS[request.rendering.format]
        return HexTile(
            request.tile,
            state.pyramid.levels[shown.resolution].cells[shown.places],
            mvt.Polygons(outlines.vertices, outlines.offsets, shown.places, shown.shifts),
            _columns(state, request, shown) if len(shown.places) else {},
            resolved_query(request) if form.describes_query else {},
            _totals(request, shown) if request.revision is not None else {},
        )

    def _hexes_in_tile(self, state: ReplicaState, resolution: int, tile: Tile) -> Seen:
        """Those that touch the tile, drawn or not. Kept: another choice of incidents is mostly asked for in the same tiles."""
        found = self._touching.get(tile.box)
        if found is None:
            rings, shifts = self._outlines[resolution].touching(tile.box)
            # By cell, whatever order the cells came in: the same incidents make the same bytes.
            order = np.lexsort((shifts, state.pyramid.levels[resolution].cells[rings]))
            found = self._touching[tile.box] = rings[order], shifts[order]
            if len(self._touching) > _TOUCHING_KEPT:
                self._touching.popitem(last=False)
        self._touching.move_to_end(tile.box)
        return found

    def intersects(self, state: ReplicaState, request: TileRequest, cells: NDArray[np.int32]) -> bool:
        """Whether the hexagon of one of the finest cells may be seen in the tile."""
        resolution = resolution_at(request.tile.z)
        rings, _ = self._hexes_in_tile(state, resolution, request.tile)
        return bool(np.isin(state.pyramid.up(resolution)[cells], rings).any())

    def legend(self, state: ReplicaState, view: LegendRequest) -> dict[str, Any]:
        """What the classes in the tiles of the view stand for."""
        made = legend(state, view)
        return made if view.rendering.frames is None else {**made, "playback": playback.legend(state, view, view.rendering.frames)}

    def covered_tiles(self, state: ReplicaState, view: LegendRequest, within: Box) -> Tiles:
        """The tiles that a hexagon which is drawn touches with its bounding box."""
        resolution = resolution_at(view.zoom)
        values = cell_values(state, view.query, view.rendering.classifier, resolution).values
        return under_boxes(self._outlines[resolution].boxes[view.query.measure.is_drawn(values)], view.zoom, within)

    def bounds(self, state: ReplicaState) -> Bounds:
        """West, south, east, north of all hexagons that hold or held incidents; the world when there are none."""
        boxes = self._outlines[_BOUNDS_RESOLUTION].boxes if state.columns.live_rows else np.empty((0, 4), np.int32)
        if not len(boxes):
            return EVERYWHERE
        (x0, y0), (x1, y1) = boxes[:, :2].min(axis=0).tolist(), boxes[:, 2:].max(axis=0).tolist()
        west, east = max(longitude(x0), -180.0), min(longitude(x1), 180.0)
        return tuple(round(value, 5) for value in (west, latitude(y1), east, latitude(y0)))  # type: ignore[return-value]  # four of them

    def attribution(self, catalogue: Catalogue) -> list[str]:
        """Of the incidents' sources, and of what found their places."""
        return attributions(catalogue.sources.all)


def _columns(state: ReplicaState, request: TileRequest, shown: VisibleHexes) -> dict[str, mvt.Column]:
    """The properties of the hexagons."""
    numbers, rendering = shown.numbers, request.rendering
    columns: dict[str, mvt.Column] = {name: numbers.counts[:, channel] for channel, name in enumerate(_PROPERTIES)}
    if rendering.format != "mvt" or request.query.measure.code not in _OWN_PROPERTY:
        columns["value"] = without_infinity(numbers.values)
    columns["class"] = numbers.classes
    columns |= comparison(numbers)
    if rendering.frames is not None:
        by_cell = frames_by_cell(state, request.query.selection, shown.resolution, rendering.frames)
        columns[playback.PROPERTY] = joined_numbers(prefix_sums(by_cell, shown.places, rendering.frames))
    if rendering.with_h3:
        columns["h3"] = h3_texts(state.pyramid.levels[shown.resolution].cells[shown.places])
    return columns


def _totals(request: TileRequest, shown: VisibleHexes) -> dict[str, Any]:
    """Of the hexagons, each once: one over the antimeridian may be drawn twice."""
    _, once = np.unique(shown.places, return_index=True)
    return totals(request, shown.numbers.at(once))


def _digest(numbers: LevelValues) -> bytes:
    return blake2b(numbers.classes.tobytes(), digest_size=_DIGEST_BYTES).digest()
