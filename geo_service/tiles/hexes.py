"""The layer of hexagons: how many incidents, how many open and overdue, and the class of the chosen measure."""

from hashlib import blake2b
from typing import Any

import h3.api.basic_int as h3
import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.catalogue import Catalogue
from geo_service.aggregation.cells import cell_breaks, cell_values
from geo_service.aggregation.kernels import CHANNELS
from geo_service.aggregation.pyramid import Pyramid
from geo_service.aggregation.replica import State
from geo_service.tiles import mvt
from geo_service.tiles.grid import WORLD, Box, feature_id, latitude, longitude, resolution_at
from geo_service.tiles.layer import TileRequest, View
from geo_service.tiles.legend import legend
from geo_service.tiles.occupied import Tiles, under_boxes
from geo_service.tiles.outlines import Outlines
from geo_service.tiles.tilejson import EVERYWHERE, HEXES, Bounds, LayerDescription

NAME = HEXES.id
_PROPERTIES = CHANNELS[:3]
_OWN_PROPERTY = ("count", *_PROPERTIES[1:])
"""Measures whose value is among the properties anyway."""
_BOUNDS_RESOLUTION = 7
_DIGEST_BYTES = 16

Seen = tuple[NDArray[np.intp], NDArray[np.int32], NDArray[Any]]
"""Each hexagon of a tile: the cell's index, by how much it is to be shifted in x, its value."""


class HexLayer:
    """Draws the cells of the pyramid; a hexagon where the chosen measure is "nothing", or a count of zero, is left out."""

    description: LayerDescription = HEXES

    def __init__(self) -> None:
        self._pyramid: Pyramid | None = None
        self._outlines: dict[int, Outlines] = {}
        self._latest: tuple[TileRequest, Seen] | None = None

    def grow(self, pyramid: Pyramid) -> None:
        """Take in the outlines of cells that have come, or of a whole new pyramid."""
        self._latest = None
        if pyramid is not self._pyramid:
            self._pyramid = pyramid
            self._outlines = {resolution: Outlines(level.cells) for resolution, level in pyramid.levels.items()}
        for resolution, level in pyramid.levels.items():
            self._outlines[resolution].extend(level.cells[len(self._outlines[resolution]) :])

    def outlines(self, resolution: int) -> Outlines:
        """Outlines of the cells of a resolution, by their index in the pyramid."""
        return self._outlines[resolution]

    def encode(self, state: State, request: TileRequest) -> bytes:
        """The tile, uncompressed; empty when no hexagon touches it."""
        resolution = resolution_at(request.tile.z)
        cells = state.pyramid.levels[resolution].cells
        outlines = self._outlines[resolution]
        counts = state.counter.per_cell(request.selection, resolution)
        rings, shifts, values = self._seen(state, request)
        if not len(rings):
            return b""
        # By cell, whatever order the cells came in: the same incidents make the same bytes.
        order = np.lexsort((shifts, cells[rings]))
        rings, shifts, values = rings[order], shifts[order], values[order]
        chosen = counts[rings]
        properties: dict[str, mvt.Column] = {name: chosen[:, channel] for channel, name in enumerate(_PROPERTIES)}
        if request.measure.code not in _OWN_PROPERTY:
            properties["value"] = values
        properties["class"] = _classes(state, request, values)
        if request.with_h3:
            properties["h3"] = [h3.int_to_str(cell) for cell in cells[rings].tolist()]
        shapes = mvt.Polygons(outlines.vertices, outlines.offsets, rings, shifts)
        return mvt.encode_layer(NAME, feature_id(cells[rings]), shapes, properties, request.tile)

    def basis(self, state: State, request: TileRequest) -> bytes:
        """A digest of its hexagons' classes: only these may change with incidents outside the tile."""
        return blake2b(_classes(state, request, self._seen(state, request)[2]).tobytes(), digest_size=_DIGEST_BYTES).digest()

    def reaches(self, state: State, request: TileRequest, cells: NDArray[np.int32]) -> bool:
        """Whether the hexagon of one of the finest cells may be seen in the tile."""
        resolution = resolution_at(request.tile.z)
        rings, _ = self._outlines[resolution].touching(request.tile.box)
        return bool(np.isin(state.pyramid.up(resolution)[cells], rings).any())

    def legend(self, state: State, view: View) -> dict[str, Any]:
        """What the classes in the tiles of the view stand for."""
        return legend(state, view.selection, view.measure, view.zoom, view.compare)

    def occupied(self, state: State, view: View, within: Box) -> Tiles:
        """The tiles that a hexagon which is drawn touches with its bounding box."""
        resolution = resolution_at(view.zoom)
        values = cell_values(state, view.selection, resolution, view.measure, view.compare)
        return under_boxes(self._outlines[resolution].boxes[view.measure.is_drawn(values)], view.zoom, within)

    def bounds(self, state: State) -> Bounds:
        """West, south, east, north of all hexagons that hold or held incidents; the world when there are none."""
        boxes = self._outlines[_BOUNDS_RESOLUTION].boxes if state.columns.alive else np.empty((0, 4), np.int32)
        if not len(boxes):
            return EVERYWHERE
        (x0, y0), (x1, y1) = boxes[:, :2].min(axis=0).tolist(), boxes[:, 2:].max(axis=0).tolist()
        west, east = max(longitude(x0), -180.0), min(longitude(x1), 180.0)
        return tuple(round(value, 5) for value in (west, latitude(y1), east, latitude(y0)))  # type: ignore[return-value]  # four of them

    def attribution(self, catalogue: Catalogue) -> list[str]:
        """Of the incidents' sources."""
        return sorted({source.attribution for source in catalogue.sources.all if source.attribution})

    def _seen(self, state: State, request: TileRequest) -> Seen:
        """The hexagons of the tile; asked for twice in a row, when a tile is drawn and when its basis is taken down."""
        latest = self._latest
        if latest is None or latest[0] != request:
            latest = self._latest = (request, self._look(state, request))
        return latest[1]

    def _look(self, state: State, request: TileRequest) -> Seen:
        resolution = resolution_at(request.tile.z)
        values = cell_values(state, request.selection, resolution, request.measure, request.compare)
        rings, shifts = self._outlines[resolution].touching(request.tile.box)
        drawn = request.measure.is_drawn(values[rings])
        return rings[drawn], shifts[drawn], values[rings[drawn]]

    def warm_up(self) -> None:
        """Have the compiled loops ready."""
        mvt.warm_up()
        Outlines(np.array([0x8A1181B6C1B7FFF], np.uint64)).touching((0, 0, WORLD, WORLD))


def _classes(state: State, request: TileRequest, values: NDArray[Any]) -> NDArray[np.uint8]:
    """(values,) the class of each, by breaks over the whole level."""
    return cell_breaks(state, request.selection, resolution_at(request.tile.z), request.measure, request.compare).classify(values)
