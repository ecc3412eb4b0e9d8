"""The layer of density: the middles of the hexagons, for a map that smooths them, and how many messages on a km² its colours mean.

A client adds up a Gaussian kernel around each point, which is what the heat-map layer of MapLibre does:

    density(x) = sum over cells of weight / (2 π σ²) · exp(-d(x, cell)² / (2 σ²)),   σ = sqrt(2 A / √3)

with A the mean area of the zoom's H3 cells (h3geo.org, table of cell statistics): σ is the distance between the middles of neighbours,
so that the kernel hides the cells' pattern and hardly anything else. Kernel density estimation: Silverman 1986, chapter 4.
"""

from collections.abc import Hashable
from math import pi, sqrt
from typing import Any

import h3.api.basic_int as h3
import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.aggregation.columns.h3_hierarchy import H3Hierarchy
from geo_service.aggregation.measures.level_values import LevelValues, cell_values, some_cell_values
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.extent import Bounds
from geo_service.tiles.documents.tilejson import DENSITY, LayerDescription
from geo_service.tiles.encoding import mvt
from geo_service.tiles.encoding.grid import WORLD, Box, feature_id, resolution_at
from geo_service.tiles.layers.base import EncodedTile, LegendRequest, TileRequest
from geo_service.tiles.layers.hexes import HexLayer
from geo_service.tiles.layers.tile_coverage import Tiles

NAME = DENSITY.id
KERNEL_RADII = 3
"""Standard deviations in MapLibre's `heatmap-radius`: its kernel is exp(-4.5 (d / radius)²)."""
_EARTH_KM = 40_075.016686
"""Circumference at the equator, of WGS 84."""
_TILE_PX = 512
_STEP = 2.5
"""Between the limits of neighbouring classes: five classes span a factor of 40."""
_LABEL = {"ru": "Плотность сообщений", "en": "Density of incidents"}
_UNIT = {"ru": "на км²", "en": "per km²"}
_PEAKS = 200
"""Cells with most incidents in which the greatest density is looked for."""


class DensityLayer:
    """Draws the middle of each hexagon that the measure counts something in, in the one tile that it lies in."""

    description: LayerDescription = DENSITY

    def __init__(self, hexes: HexLayer | None = None) -> None:
        """hexes: a layer whose outlines are used, and which is refreshed before this; by default one of its own."""
        self._hexes = hexes or HexLayer()
        self._owns_hexes = hexes is None

    def refresh(self, pyramid: H3Hierarchy) -> None:
        """Take in new cells."""
        if self._owns_hexes:
            self._hexes.refresh(pyramid)

    def encode(self, state: ReplicaState, request: TileRequest) -> EncodedTile:
        """Return the tile; empty when no hexagon has its middle in it."""
        resolution = resolution_at(request.tile.z, request.rendering.detail)
        indexes, shifts = self._hexes.hexes_in_tile(state, resolution, request.tile)
        numbers = some_cell_values(state, request.query, request.rendering.classifier, resolution, indexes)
        outlines = self._hexes.outlines(resolution)
        inside = _weights(numbers) > 0
        inside &= outlines.centroid_in(indexes, shifts, request.tile.box)
        if not inside.any():
            return EncodedTile(b"")
        middles = _middles(outlines.boxes[indexes[inside]])
        points = middles + np.column_stack([shifts[inside], np.zeros(np.count_nonzero(inside), np.int32)])
        numbers = numbers.at(inside)
        columns: dict[str, mvt.Column] = {
            **dict(zip(("n", "open", "overdue"), numbers.counts.T, strict=False)),
            "weight": _weights(numbers),
            "radius": kernel_radius(resolution, middles[:, 1]),
        }
        cells = state.pyramid.levels[resolution].cells[indexes[inside]]
        return EncodedTile(mvt.encode_layer(NAME, feature_id(cells), mvt.Points(points.astype(np.int32)), columns, request.tile))

    def legend(self, state: ReplicaState, view: LegendRequest) -> dict[str, Any]:
        """Return the ramp of colours in messages per km², and the kernel."""
        resolution, measure = resolution_at(view.zoom, view.rendering.detail), view.query.measure
        numbers = cell_values(state, view.query, view.rendering.classifier, resolution)
        palette = self.description.palette(measure)
        key: Hashable = (NAME, "peak", view.query.selection, measure.code, resolution)
        peak = state.counter.cached_value(key, lambda: self._peak(numbers, resolution))
        limits = class_limits(peak, len(palette.colors))
        tops = [*limits[1:], max(peak, limits[-1])] if limits else []
        sums = numbers.counts.sum(axis=0, dtype=np.int64).tolist()
        return {
            "zoom": view.zoom,
            "resolution": resolution,
            "measure": measure.code,
            "label": _LABEL,
            "unit": _UNIT,
            "classes": [
                {"class": number, "from": low, "to": high, "color": color}
                for number, (low, high, color) in enumerate(zip(limits, tops, palette.colors, strict=bool(limits)))
            ],
            "palette": {"name": palette.name, "colors": list(palette.colors)},
            "kernel_km": round(kernel_km(resolution), 4),
            "peak": peak,
            "total": dict(zip(("count", "open", "overdue", "closed"), sums, strict=False)),
        }

    def covered_tiles(self, state: ReplicaState, view: LegendRequest, within: Box) -> Tiles:
        """Return the tiles that a hexagon with incidents touches."""
        return self._hexes.covered_tiles(state, view, within)

    def bounds(self, state: ReplicaState) -> Bounds:
        """Return west, south, east, north of all hexagons that hold or held incidents; the world when there are none."""
        return self._hexes.bounds(state)

    def attribution(self, catalogue: Catalogue) -> list[str]:
        """Return the attributions of the incidents' sources, and of the services that geocoded them."""
        return self._hexes.attribution(catalogue)

    def _peak(self, numbers: LevelValues, resolution: int) -> float:
        weights = _weights(numbers)
        filled = np.flatnonzero(weights > 0)
        return greatest_density(_middles(self._hexes.outlines(resolution).boxes[filled]), weights[filled], kernel_km(resolution))


def kernel_km(resolution: int) -> float:
    """Return the kernel's standard deviation: the distance between the middles of neighbouring cells, km."""
    area: float = h3.average_hexagon_area(resolution, unit="km^2")
    return sqrt(2 * area / sqrt(3))


def kernel_radius(resolution: int, y: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return MapLibre's `heatmap-radius` at zoom 0, px, to three digits; at zoom z it is 2^z times that. y: world units."""
    km_per_px = _EARTH_KM * _cosine(y) / _TILE_PX
    return _rounded(KERNEL_RADII * kernel_km(resolution) / km_per_px)


def greatest_density(middles: NDArray[np.int32], weights: NDArray[Any], sigma: float) -> float:
    """Return the greatest density at the middles of the cells with most messages, per km², rounded up to two digits; 0 without any.

    middles: (cells, 2) int32 world units. weights: (cells,) messages. sigma: km.
    """
    if not len(weights):
        return 0.0
    greatest = 0.0
    for at in np.argsort(-weights.astype(np.float64), kind="stable")[:_PEAKS]:
        km = _EARTH_KM / WORLD * float(_cosine(middles[at : at + 1, 1])[0])
        near = np.abs(middles[:, 1].astype(np.int64) - middles[at, 1]) * km < 2 * KERNEL_RADII * sigma
        apart = middles[near].astype(np.int64) - middles[at]
        squares = (apart[:, 0] * km) ** 2 + (apart[:, 1] * km) ** 2
        greatest = max(greatest, float((weights[near] * np.exp(-squares / (2 * sigma**2))).sum()))
    return round_up(greatest / (2 * pi * sigma**2))


def class_limits(peak: float, classes: int) -> list[float]:
    """Return where each class begins, per km², each 2.5 times the one before and the last below the peak; none without a peak.

    >>> class_limits(10.0, 5)
    [0.1, 0.26, 0.64, 1.6, 4.0]
    """
    return [float(f"{peak / _STEP**power:.2g}") for power in range(classes, 0, -1)] if peak else []


def round_up(value: float) -> float:
    """Return the number with two digits, never smaller than it was.

    >>> round_up(12.3), round_up(0.0456), round_up(2.0)
    (13.0, 0.046, 2.0)
    """
    rounded = float(f"{value:.2g}")
    return rounded if rounded >= value else float(f"{value * 1.05:.2g}")


def _weights(numbers: LevelValues) -> NDArray[Any]:
    """Return the measure's number of each cell."""
    channel = numbers.query.measure.channel or 0
    return numbers.counts[:, channel]


def _middles(boxes: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return (cells, 2) int32 world units: the middle of each bounding box."""
    wide = boxes.astype(np.int64)
    return ((wide[:, :2] + wide[:, 2:]) // 2).astype(np.int32)


def _cosine(y: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the cosine of the latitude, by which Mercator's projection enlarges: 1 / cosh of the world's y."""
    return 1 / np.cosh(pi * (1 - 2 * y.astype(np.float64) / WORLD))


def _rounded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    scale = 10 ** (2 - np.floor(np.log10(values)))
    return np.asarray(np.rint(values * scale) / scale, np.float64)
