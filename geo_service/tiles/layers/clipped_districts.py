"""Districts clipped to tiles, cached: what is seen of them in a tile does not depend on what is counted."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.catalogue.catalogue import Catalogue, District
from geo_service.aggregation.counting.result_cache import ResultCache
from geo_service.core.model import DistrictLevel
from geo_service.tiles.documents.zoom_levels import band_at
from geo_service.tiles.encoding.clipping import Shapes, clip
from geo_service.tiles.encoding.grid import Tile
from geo_service.tiles.encoding.mvt import MultiPolygons

_ENTRY_BYTES = 500
"""What an entry takes beside its arrays."""


@dataclass(frozen=True, slots=True, eq=False)
class ClippedDistricts:
    """The districts seen in a tile."""

    indexes: NDArray[np.intp]
    """In `Catalogue.districts_at`, ascending."""
    shapes: MultiPolygons
    """What is seen of each."""


class ClipCache:
    """Clipped districts by tile and level, of the boundaries as they are now, up to a size in bytes."""

    def __init__(self, limit: int, cut: Callable[[Shapes, Tile], tuple[NDArray[np.intp], MultiPolygons]] = clip) -> None:
        """limit: bytes of arrays."""
        self._clip = cut
        self._clipped: ResultCache[tuple[Tile, DistrictLevel], ClippedDistricts] = ResultCache(limit, _weight)
        self._catalogue: Catalogue | None = None
        self._boundaries: object = None
        self._outlines: dict[tuple[DistrictLevel, int], tuple[NDArray[np.intp], Shapes]] = {}

    @property
    def size(self) -> int:
        """Bytes cached."""
        return self._clipped.weight

    def get(self, catalogue: Catalogue, level: DistrictLevel, tile: Tile) -> ClippedDistricts:
        """Return what is seen of the level's districts in the tile. The arrays are shared: do not write into them."""
        self._renew(catalogue)
        key = (tile, level)
        clipped = self._clipped.get(key)
        if clipped is None:
            indexes, shapes = self._outlines_of(catalogue, level, band_at(tile.z))
            seen, parts = self._clip(shapes, tile)
            clipped = ClippedDistricts(indexes[seen], parts)
            self._clipped.put(key, clipped)
        return clipped

    def _renew(self, catalogue: Catalogue) -> None:
        """Drop everything when the boundaries have changed, or which districts there are."""
        if catalogue is self._catalogue:
            return
        self._catalogue = catalogue
        boundaries = (catalogue.shapes, frozenset((district.id, district.level, district.code) for district in catalogue.districts.all))
        if self._boundaries != boundaries:
            self._boundaries = boundaries
            self._clipped.clear()
            self._outlines.clear()

    def _outlines_of(self, catalogue: Catalogue, level: DistrictLevel, band: int) -> tuple[NDArray[np.intp], Shapes]:
        key = (level, band)
        if key not in self._outlines:
            self._outlines[key] = outlines(catalogue, catalogue.districts_at(level), band)
        return self._outlines[key]


def outlines(catalogue: Catalogue, districts: list[District], band: int) -> tuple[NDArray[np.intp], Shapes]:
    """Return which of the districts have an outline in the band, ascending, and the outlines, in EPSG:3857."""
    ids, shapes = catalogue.shapes.by_band.get(band, (np.empty(0, np.int64), np.empty(0, object)))
    index_of = {district.id: index for index, district in enumerate(districts)}
    indexes = np.array([index_of.get(district_id, -1) for district_id in ids.tolist()], np.intp)
    order = np.argsort(indexes, kind="stable")[np.count_nonzero(indexes < 0) :]
    return indexes[order], shapes[order]


def _weight(clipped: ClippedDistricts) -> int:
    return clipped.shapes.nbytes + clipped.indexes.nbytes + _ENTRY_BYTES
