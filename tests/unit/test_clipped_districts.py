"""Districts cut for tiles are kept, up to a size, until the boundaries change."""

from typing import Any

import numpy as np
import shapely

from geo_service.aggregation.catalogue.catalogue import Catalogue, District, DistrictShapes, Entries
from geo_service.core.model import ZOOM_BANDS, DistrictLevel
from geo_service.tiles.encoding.clipping import Shapes, clip
from geo_service.tiles.encoding.grid import Tile
from geo_service.tiles.layers.clipped_districts import ClipCache

TILES = [Tile(3, x, 3) for x in range(8)]
NONE: Entries[Any] = Entries()


def catalogue(revision: int = 1, size: float = 1e7, codes: str = "ab") -> Catalogue:
    """Two districts side by side, stored against the order of their codes, and a region that is of another level."""
    squares = [shapely.box(0, -size, size, size), shapely.box(-size, -size, 0, size), shapely.box(-size, -size, size, size)]
    shapes = DistrictShapes(revision, {one.band: (np.array([2, 1, 3]), np.array(squares, object)) for one in ZOOM_BANDS})
    entries = [District(1, codes[0], "", ""), District(2, codes[1], "", ""), District(3, "R", "", "", level=DistrictLevel.REGION)]
    return Catalogue(NONE, NONE, NONE, NONE, Entries(entries), shapes)


class Counted:
    """The real cut, counted."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, shapes: Shapes, tile: Tile) -> Any:
        self.times += 1
        return clip(shapes, tile)


def test_places_are_those_of_the_codes_order_and_only_of_the_level() -> None:
    cuts = ClipCache(10**6)
    assert cuts.get(catalogue(), DistrictLevel.DISTRICT, Tile(0, 0, 0)).indexes.tolist() == [0, 1]
    assert cuts.get(catalogue(), DistrictLevel.DISTRICT, Tile(1, 0, 0)).indexes.tolist() == [0, 1]
    assert cuts.get(catalogue(), DistrictLevel.DISTRICT, Tile(3, 2, 3)).indexes.tolist() == [0]
    assert cuts.get(catalogue(), DistrictLevel.REGION, Tile(3, 2, 3)).indexes.tolist() == [0]
    assert cuts.get(catalogue(), DistrictLevel.SETTLEMENT, Tile(0, 0, 0)).indexes.tolist() == []


def test_a_tile_is_cut_once_until_the_boundaries_change() -> None:
    cut = Counted()
    cuts = ClipCache(10**6, cut)
    first = catalogue()
    for _ in range(3):
        before = cuts.get(first, DistrictLevel.DISTRICT, TILES[3])
    # Another catalogue of the same boundaries, such as after a new agency.
    same = Catalogue(NONE, NONE, NONE, NONE, Entries(first.districts.all), first.shapes)
    cuts.get(same, DistrictLevel.DISTRICT, TILES[3])
    assert cut.times == 1
    cuts.get(same, DistrictLevel.REGION, TILES[3])
    assert cut.times == 2
    smaller = cuts.get(catalogue(2, 1e6), DistrictLevel.DISTRICT, TILES[3])
    assert cut.times == 3
    assert np.ptp(smaller.shapes.vertices, axis=0).max() < np.ptp(before.shapes.vertices, axis=0).max()
    # New codes change the order of the districts.
    cuts.get(Catalogue(NONE, NONE, NONE, NONE, catalogue(codes="ba").districts, first.shapes), DistrictLevel.DISTRICT, TILES[3])
    assert cut.times == 4


def test_those_unused_for_longest_make_room() -> None:
    cut, held = Counted(), catalogue()
    one = ClipCache(10**6, cut)
    one.get(held, DistrictLevel.DISTRICT, TILES[3])
    room = one.size
    cuts = ClipCache(room * 3, cut)
    for tile in TILES:
        cuts.get(held, DistrictLevel.DISTRICT, tile)
        assert cuts.size <= room * 3
    before = cut.times
    cuts.get(held, DistrictLevel.DISTRICT, TILES[-1])
    assert cut.times == before
    cuts.get(held, DistrictLevel.DISTRICT, TILES[3])
    assert cut.times == before + 1
