"""The layer of hexagons: how many incidents, how many open and overdue, and the class of the chosen measure."""

from collections import OrderedDict
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import CHANNELS
from geo_service.aggregation.catalogue.catalogue import Catalogue, attributions
from geo_service.aggregation.columns.h3_hierarchy import H3Hierarchy
from geo_service.aggregation.measures.cell_values import (
    CellQuery,
    cell_classes,
    cell_counts,
    cell_significance,
    cell_values,
    compared_counts,
)
from geo_service.aggregation.measures.frame_counts import frames_by_cell, prefix_sums
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.tiles.documents.tilejson import EVERYWHERE, HEXES, Bounds, LayerDescription
from geo_service.tiles.encoding import mvt
from geo_service.tiles.encoding.grid import Box, Tile, latitude, longitude, resolution_at
from geo_service.tiles.encoding.string_columns import h3_texts, joined_numbers
from geo_service.tiles.layers import playback
from geo_service.tiles.layers.base import LegendRequest, TileRequest
from geo_service.tiles.layers.comparison import comparison, without_infinity
from geo_service.tiles.layers.hex_formats import HEX_FORMS, HexTile
from geo_service.tiles.layers.hex_outlines import HexOutlines
from geo_service.tiles.layers.legend import legend
from geo_service.tiles.layers.meta_layer import Numbers, resolved_query, totals
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


class HexLayer:
    """Draws the cells of the pyramid; a hexagon where the chosen measure is "nothing", or a count of zero, is left out."""

    description: LayerDescription = HEXES

    def __init__(self) -> None:
        self._pyramid: H3Hierarchy | None = None
        self._outlines: dict[int, HexOutlines] = {}
        self._touching: OrderedDict[Box, Seen] = OrderedDict()
        self._latest: tuple[TileRequest, Seen] | None = None

    def refresh(self, pyramid: H3Hierarchy) -> None:
        """Take in the outlines of cells that have come, or of a whole new pyramid."""
        self._latest = None
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

    def encode(self, state: ReplicaState, request: TileRequest) -> bytes:
        """The tile, uncompressed; empty when no hexagon touches it, or in forms without outlines, when none has its middle in it."""
        drawn = self.draw(state, request)
        return HEX_FORMS[request.form].write(drawn) if len(drawn.cells) else b""

    def draw(self, state: ReplicaState, request: TileRequest) -> HexTile:
        """What is in the tile, before it is written in one of the forms."""
        question = _question(request)
        outlines = self._outlines[question.resolution]
        places, shifts = self._memoised_hexes(state, request)
        if not HEX_FORMS[request.form].whole:
            inside = outlines.centroid_in(places, shifts, request.tile.box)
            places, shifts = places[inside], shifts[inside]
        return HexTile(
            request.tile,
            state.pyramid.levels[question.resolution].cells[places],
            mvt.Polygons(outlines.vertices, outlines.offsets, places, shifts),
            _columns(state, question, places, request) if len(places) else {},
            resolved_query(request),
            _totals(state, question, places, request) if request.meta is not None else {},
        )

    def _memoised_hexes(self, state: ReplicaState, request: TileRequest) -> Seen:
        """The hexagons of the tile; asked for twice in a row, when a tile is drawn and when its basis is taken down."""
        latest = self._latest
        if latest is None or latest[0] != request:
            latest = self._latest = (request, self._visible_hexes(state, _question(request), request.tile))
        return latest[1]

    def _visible_hexes(self, state: ReplicaState, question: CellQuery, tile: Tile) -> Seen:
        """Indexes of the hexagons that touch the tile and are drawn, and by how much each is moved, in the order of the tile's features."""
        rings, shifts = self._hexes_in_tile(state, question.resolution, tile)
        drawn = question.measure.is_drawn(cell_values(state, question)[rings])
        return rings[drawn], shifts[drawn]

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

    def fingerprint(self, state: ReplicaState, request: TileRequest) -> bytes:
        """A digest of its hexagons' classes: only these may change with incidents outside the tile."""
        question = _question(request)
        places, _ = self._memoised_hexes(state, request)
        return blake2b(cell_classes(state, question, places).tobytes(), digest_size=_DIGEST_BYTES).digest()

    def intersects(self, state: ReplicaState, request: TileRequest, cells: NDArray[np.int32]) -> bool:
        """Whether the hexagon of one of the finest cells may be seen in the tile."""
        resolution = resolution_at(request.tile.z)
        rings, _ = self._hexes_in_tile(state, resolution, request.tile)
        return bool(np.isin(state.pyramid.up(resolution)[cells], rings).any())

    def legend(self, state: ReplicaState, view: LegendRequest) -> dict[str, Any]:
        """What the classes in the tiles of the view stand for."""
        made = legend(state, view)
        return made if view.frames is None else {**made, "playback": playback.legend(state, view, view.frames)}

    def covered_tiles(self, state: ReplicaState, view: LegendRequest, within: Box) -> Tiles:
        """The tiles that a hexagon which is drawn touches with its bounding box."""
        resolution = resolution_at(view.zoom)
        values = cell_values(state, CellQuery(view.selection, resolution, view.measure, view.compare, view.division))
        return under_boxes(self._outlines[resolution].boxes[view.measure.is_drawn(values)], view.zoom, within)

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


def _question(request: TileRequest) -> CellQuery:
    return CellQuery(request.selection, resolution_at(request.tile.z), request.measure, request.compare, request.division)


def _columns(state: ReplicaState, question: CellQuery, places: NDArray[np.intp], request: TileRequest) -> dict[str, mvt.Column]:
    """The properties of the hexagons at `places`."""
    chosen = cell_counts(state, question)[places]
    columns: dict[str, mvt.Column] = {name: chosen[:, channel] for channel, name in enumerate(_PROPERTIES)}
    if request.form != "mvt" or question.measure.code not in _OWN_PROPERTY:
        columns["value"] = without_infinity(cell_values(state, question)[places])
    columns["class"] = cell_classes(state, question, places)
    before, found = compared_counts(state, question), cell_significance(state, question, places)
    if before is not None and found is not None:
        columns |= comparison(chosen[:, 0], before[places, 0], found)
    if request.frames is not None:
        by_cell = frames_by_cell(state, question, request.frames)
        columns[playback.PROPERTY] = joined_numbers(prefix_sums(by_cell, places, request.frames))
    if request.with_h3:
        columns["h3"] = h3_texts(state.pyramid.levels[question.resolution].cells[places])
    return columns


def _totals(state: ReplicaState, question: CellQuery, places: NDArray[np.intp], request: TileRequest) -> dict[str, Any]:
    """Of the hexagons at `places`, each once: one over the antimeridian may be drawn twice."""
    once = np.unique(places)
    before = compared_counts(state, question)
    compared = None if before is None else before[once, 0]
    return totals(request, Numbers(cell_counts(state, question)[once], cell_values(state, question)[once], compared))
