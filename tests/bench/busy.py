"""Which tiles are measured: those with one to two thousand hexagons."""

import numpy as np

from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection, Window
from geo_service.tiles.encoding.grid import MAX_ZOOM, WORLD, Tile, resolution_at
from geo_service.tiles.layers.hex_outlines import HexOutlines

WANTED_HEXAGONS = (1000, 2000)
_LEAST_ZOOM = 5
_LOOKED_AT = 100
"""Tiles of a zoom, those with the most cells first."""


class BusyTiles:
    """Looks through the tiles of a state, counting the incidents of a window."""

    def __init__(self, state: ReplicaState, window: Window) -> None:
        self._state = state
        self._selection = Selection(window, window.stop)
        self._outlines: dict[int, HexOutlines] = {}

    def hexagons(self, tile: Tile) -> int:
        """How many hexagons with incidents touch the tile."""
        rings, _ = self._of(tile.z).touching(tile.box)
        counts = self._state.counter.per_cell(self._selection, resolution_at(tile.z))
        return int(np.count_nonzero(counts[rings, 0]))

    def find(self) -> list[Tile]:
        """The tiles of one zoom that have as many hexagons as wanted, the fullest first; else the fullest of all."""
        found = {tile: self.hexagons(tile) for zoom in range(_LEAST_ZOOM, MAX_ZOOM) for tile in self._occupied(zoom)}
        low, high = WANTED_HEXAGONS
        fit = [tile for tile, count in found.items() if low <= count <= high]
        if not fit:
            return [max(found, key=lambda tile: found[tile])]
        zooms = [tile.z for tile in fit]
        zoom = max(zooms, key=zooms.count)
        return sorted((tile for tile in fit if tile.z == zoom), key=lambda tile: -found[tile])

    def nearest(self, hexagons: int) -> Tile:
        """The tile whose number of hexagons is nearest to this."""
        tiles = [tile for zoom in range(_LEAST_ZOOM, MAX_ZOOM) for tile in self._occupied(zoom)]
        return min(tiles, key=lambda tile: abs(self.hexagons(tile) - hexagons))

    def _of(self, zoom: int) -> HexOutlines:
        resolution = resolution_at(zoom)
        if resolution not in self._outlines:
            self._outlines[resolution] = HexOutlines(self._state.pyramid.levels[resolution].cells)
        return self._outlines[resolution]

    def _occupied(self, zoom: int) -> list[Tile]:
        places, counts = np.unique(self._of(zoom).boxes[:, :2] // (WORLD >> zoom), axis=0, return_counts=True)
        order = np.argsort(-counts, kind="stable")[:_LOOKED_AT]
        return [Tile(zoom, int(x), int(y)) for x, y in places[order]]
