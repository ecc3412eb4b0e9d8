"""The layer of hexagons: how many incidents, how many open and overdue, and the class of the chosen measure."""

import h3.api.basic_int as h3
import numpy as np

from geo_service.aggregation.kernels import CHANNELS
from geo_service.aggregation.pyramid import Pyramid
from geo_service.aggregation.replica import State
from geo_service.tiles import mvt
from geo_service.tiles.grid import WORLD, feature_id, latitude, longitude, resolution_at
from geo_service.tiles.layer import TileRequest
from geo_service.tiles.outlines import Outlines
from geo_service.tiles.tilejson import Bounds

NAME = "hexes"
_PROPERTIES = CHANNELS[:3]
_EVERYWHERE: Bounds = (-180.0, -85.0, 180.0, 85.0)
_BOUNDS_RESOLUTION = 7


class HexLayer:
    """Draws the cells of the pyramid; a hexagon where the chosen measure is zero is left out."""

    def __init__(self) -> None:
        self._pyramid: Pyramid | None = None
        self._outlines: dict[int, Outlines] = {}

    def grow(self, pyramid: Pyramid) -> None:
        """Take in the outlines of cells that have come, or of a whole new pyramid."""
        if pyramid is not self._pyramid:
            self._pyramid = pyramid
            self._outlines = {resolution: Outlines(level.cells) for resolution, level in pyramid.levels.items()}
        for resolution, level in pyramid.levels.items():
            self._outlines[resolution].extend(level.cells[len(self._outlines[resolution]) :])

    def encode(self, state: State, request: TileRequest) -> bytes:
        """The tile, uncompressed; empty when no hexagon touches it."""
        resolution = resolution_at(request.tile.z)
        cells = state.pyramid.levels[resolution].cells
        outlines = self._outlines[resolution]
        counts = state.counter.per_cell(request.selection, resolution)
        rings, shifts = outlines.touching(request.tile.box)
        filled = request.measure.values(counts[rings]) > 0
        rings, shifts = rings[filled], shifts[filled]
        if not len(rings):
            return b""
        # By cell, whatever order the cells came in: the same incidents make the same bytes.
        order = np.lexsort((shifts, cells[rings]))
        rings, shifts = rings[order], shifts[order]
        chosen = counts[rings]
        breaks = state.counter.breaks(request.selection, resolution, request.measure)
        properties: dict[str, mvt.Column] = {name: chosen[:, channel] for channel, name in enumerate(_PROPERTIES)}
        properties["class"] = breaks.classify(request.measure.values(chosen))
        if request.with_h3:
            properties["h3"] = [h3.int_to_str(cell) for cell in cells[rings].tolist()]
        shapes = mvt.Polygons(outlines.vertices, outlines.offsets, rings, shifts)
        return mvt.encode_layer(NAME, feature_id(cells[rings]), shapes, properties, request.tile)

    def bounds(self, state: State) -> Bounds:
        """West, south, east, north of all hexagons that hold or held incidents; the world when there are none."""
        boxes = self._outlines[_BOUNDS_RESOLUTION].boxes if state.columns.alive else np.empty((0, 4), np.int32)
        if not len(boxes):
            return _EVERYWHERE
        (x0, y0), (x1, y1) = boxes[:, :2].min(axis=0).tolist(), boxes[:, 2:].max(axis=0).tolist()
        west, east = max(longitude(x0), -180.0), min(longitude(x1), 180.0)
        return tuple(round(value, 5) for value in (west, latitude(y1), east, latitude(y0)))  # type: ignore[return-value]  # four of them

    def warm_up(self) -> None:
        """Have the compiled loops ready."""
        mvt.warm_up()
        Outlines(np.array([0x8A1181B6C1B7FFF], np.uint64)).touching((0, 0, WORLD, WORLD))
