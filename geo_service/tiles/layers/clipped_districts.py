"""Districts cut out for tiles, kept: what is seen of them in a tile does not depend on what is counted."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_service.aggregation.catalogue.catalogue import Catalogue, District
from geo_service.core.model import DistrictLevel
from geo_service.tiles.documents.zoom_levels import band_at
from geo_service.tiles.encoding.clipping import Shapes, clip
from geo_service.tiles.encoding.grid import Tile
from geo_service.tiles.encoding.mvt import MultiPolygons

_ENTRY_BYTES = 500
"""What an entry costs beside its arrays."""


@dataclass(frozen=True, slots=True, eq=False)
class ClippedDistrict:
    """places: of the districts seen, in `ReferenceData.districts_at`, ascending; shapes: what is seen of each."""

    places: NDArray[np.intp]
    shapes: MultiPolygons


class ClipCache:
    """Cuts by tile and level, of the boundaries as they are now; those used last, up to a size in bytes."""

    def __init__(self, limit: int, cut: Callable[[Shapes, Tile], tuple[NDArray[np.intp], MultiPolygons]] = clip) -> None:
        """limit: bytes of arrays."""
        self._limit = limit
        self._cut = cut
        self._held = 0
        self._kept: OrderedDict[tuple[Tile, DistrictLevel], ClippedDistrict] = OrderedDict()
        self._catalogue: Catalogue | None = None
        self._of: object = None
        self._outlines: dict[tuple[DistrictLevel, int], tuple[NDArray[np.intp], Shapes]] = {}

    @property
    def size(self) -> int:
        """Bytes kept."""
        return self._held

    def get(self, catalogue: Catalogue, level: DistrictLevel, tile: Tile) -> ClippedDistrict:
        """What is seen of the level's districts in the tile. The arrays are shared: do not write into them."""
        self._renew(catalogue)
        key = (tile, level)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        places, shapes = self._outlines_of(catalogue, level, band_at(tile.z))
        seen, drawn = self._cut(shapes, tile)
        made = ClippedDistrict(places[seen], drawn)
        self._keep(key, made)
        return made

    def _renew(self, catalogue: Catalogue) -> None:
        """Forget everything when the boundaries have changed, or which districts there are."""
        if catalogue is self._catalogue:
            return
        self._catalogue = catalogue
        now = (catalogue.shapes, frozenset((one.id, one.level, one.code) for one in catalogue.districts.all))
        if self._of != now:
            self._of, self._held = now, 0
            self._kept.clear()
            self._outlines.clear()

    def _outlines_of(self, catalogue: Catalogue, level: DistrictLevel, band: int) -> tuple[NDArray[np.intp], Shapes]:
        key = (level, band)
        if key not in self._outlines:
            self._outlines[key] = outlines(catalogue, catalogue.districts_at(level), band)
        return self._outlines[key]

    def _keep(self, key: tuple[Tile, DistrictLevel], cut: ClippedDistrict) -> None:
        self._kept[key] = cut
        self._held += _weight(cut)
        while self._held > self._limit:
            _, oldest = self._kept.popitem(last=False)
            self._held -= _weight(oldest)


def outlines(catalogue: Catalogue, districts: list[District], band: int) -> tuple[NDArray[np.intp], Shapes]:
    """Which of the districts have an outline in the band, ascending, and the outlines, in EPSG:3857."""
    ids, shapes = catalogue.shapes.by_band.get(band, (np.empty(0, np.int64), np.empty(0, object)))
    place_of_id = {one.id: place for place, one in enumerate(districts)}
    places = np.array([place_of_id.get(one, -1) for one in ids.tolist()], np.intp)
    order = np.argsort(places, kind="stable")[np.count_nonzero(places < 0) :]
    return places[order], shapes[order]


def extent(shapes: Any) -> tuple[float, float, float, float]:
    """Least and greatest x and y of all shapes; NaN where there are none."""
    return tuple(shapely.total_bounds(shapes).tolist())


def _weight(cut: ClippedDistrict) -> int:
    return cut.shapes.nbytes + cut.places.nbytes + _ENTRY_BYTES
