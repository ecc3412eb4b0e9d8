"""Outlines against the H3 library and shapely: vertices, winding, and which cells touch a tile."""

import h3.api.basic_int as h3
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.tiles.encoding.grid import WORLD, Tile, project
from geo_service.tiles.layers.hex_outlines import HexOutlines

PENTAGON_NEIGHBOURHOOD = sorted({cell for centre in h3.get_pentagons(3) for cell in h3.grid_disk(centre, 2)})
CHUKOTKA = sorted(h3.grid_disk(h3.latlng_to_cell(66.5, 179.95, 5), 12))
KRASNODAR = sorted(h3.grid_disk(h3.latlng_to_cell(45.04, 38.98, 8), 15))


def outline(outlines: HexOutlines, index: int) -> list[list[int]]:
    ring: list[list[int]] = outlines.vertices[outlines.offsets[index] : outlines.offsets[index + 1]].tolist()
    return ring


def boundary(cell: int) -> list[list[int]]:
    """World units of the H3 library's boundary, unwrapped to the east over the antimeridian."""
    lat, lng = np.array(h3.cell_to_boundary(cell)).T
    if lng.max() - lng.min() > 180:
        lng = np.where(lng < 0, lng + 360, lng)
    ring: list[list[int]] = project(lng, lat).tolist()
    return ring


def area(ring: list[list[int]]) -> int:
    """Twice the area by the surveyor's formula; positive when clockwise with y downwards."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True))


@pytest.mark.parametrize("cells", [PENTAGON_NEIGHBOURHOOD, CHUKOTKA, KRASNODAR])
def test_outlines_are_the_boundaries_of_the_h3_library_wound_as_the_specification_asks(cells: list[int]) -> None:
    outlines = HexOutlines(np.array(cells, np.uint64))
    for index, cell in enumerate(cells):
        ring, expected = outline(outlines, index), boundary(cell)
        assert len(ring) == len(expected)
        # The two libraries differ in the last bits of a double: at most one unit, 4 cm.
        start = min(range(len(ring)), key=lambda place: abs(np.array(ring[place]) - expected[0]).sum())
        turned = [ring[(start - step) % len(ring)] for step in range(len(ring))]
        assert np.abs(np.array(turned) - expected).max() <= 1
        assert area(ring) > 0


def test_pentagons_have_five_corners_and_distorted_cells_more_than_six() -> None:
    sizes: dict[int, int] = {}
    for resolution in (2, 3):
        cells = sorted({cell for centre in h3.get_pentagons(resolution) for cell in h3.grid_disk(centre, 3)})
        offsets = HexOutlines(np.array(cells, np.uint64)).offsets
        sizes |= dict(zip(cells, np.diff(offsets.astype(int)).tolist(), strict=True))
    assert {sizes[cell] for cell in h3.get_pentagons(2)} == {5}
    assert max(sizes.values()) > 6


@settings(deadline=None, max_examples=80)
@given(st.sampled_from(["krasnodar", "chukotka", "pentagons"]), st.integers(0, 14), st.integers(0, 10_000), st.data())
def test_the_cells_of_a_tile_are_those_that_shapely_finds(place: str, zoom: int, pick: int, data: st.DataObject) -> None:
    cells = {"krasnodar": KRASNODAR, "chukotka": CHUKOTKA, "pentagons": PENTAGON_NEIGHBOURHOOD}[place]
    outlines = HexOutlines(np.array(cells, np.uint64))
    near_x, near_y = outlines.vertices[pick % len(outlines.vertices)].tolist()
    last = (1 << zoom) - 1
    column = near_x * (1 << zoom) // WORLD + data.draw(st.integers(-1, 1))
    row = min(max(near_y * (1 << zoom) // WORLD, 0), last)
    tile = Tile(zoom, column % (1 << zoom), row)
    found = set(zip(*(part.tolist() for part in outlines.touching(tile.box)), strict=True))
    box = shapely.box(*tile.box)
    for shift in (0, WORLD, -WORLD):
        for index in range(len(cells)):
            ring = shapely.Polygon([(x + shift, y) for x, y in outline(outlines, index)])
            if len(outline(outlines, index)) == 6:
                assert ((index, shift) in found) == ring.intersects(box)
            elif ring.intersects(box):
                assert (index, shift) in found


def test_a_cell_over_the_antimeridian_is_drawn_once_on_each_side_and_not_across_the_world() -> None:
    cells = np.array([h3.latlng_to_cell(66.5, 179.99, 4)], np.uint64)
    assert max(lng for _, lng in h3.cell_to_boundary(int(cells[0]))) - min(lng for _, lng in h3.cell_to_boundary(int(cells[0]))) > 180
    outlines = HexOutlines(cells)
    east, west = Tile(3, 7, 1), Tile(3, 0, 1)
    assert [part.tolist() for part in outlines.touching(east.box)] == [[0], [0]]
    assert [part.tolist() for part in outlines.touching(west.box)] == [[0], [-WORLD]]
    assert len(outlines.touching(Tile(3, 3, 1).box)[0]) == 0
    assert np.ptp(outlines.vertices[:, 0]) < WORLD // 100


@pytest.mark.parametrize("latitude", [90, -90])
def test_the_cell_of_a_pole_goes_once_around_the_world_and_takes_in_the_world_s_edge(latitude: int) -> None:
    pole = h3.latlng_to_cell(latitude, 0, 1)
    outlines = HexOutlines(np.array([pole], np.uint64))
    ring = outline(outlines, 0)
    assert {(x % WORLD, y) for x, y in boundary(pole)} <= {(x % WORLD, y) for x, y in ring}
    assert max(x for x, _ in ring) - min(x for x, _ in ring) == WORLD
    assert shapely.Polygon(ring).is_valid
    assert area(ring) > 0
    around = shapely.union_all([shapely.Polygon([(x + shift, y) for x, y in ring]) for shift in (0, -WORLD)])
    edge = 0 if latitude > 0 else WORLD
    assert around.covers(shapely.LineString([(0, edge), (WORLD, edge)]))


def test_cells_wholly_beyond_the_square_world_are_on_no_tile() -> None:
    outlines = HexOutlines(np.array(sorted(h3.grid_disk(h3.latlng_to_cell(89, 20, 4), 3)), np.uint64))
    assert len(outlines.touching(Tile(0, 0, 0).box)[0]) == 0


def test_cells_that_come_later_are_found_like_the_first() -> None:
    cells = np.array(KRASNODAR, np.uint64)
    at_once = HexOutlines(cells)
    bit_by_bit = HexOutlines(cells[:0])
    for start in range(0, len(cells), 50):
        bit_by_bit.extend(cells[start : start + 50])
    assert bit_by_bit.vertices.tolist() == at_once.vertices.tolist()
    for tile in (Tile(8, 155, 92), Tile(10, 622, 368), Tile(12, 2491, 1474)):
        assert bit_by_bit.touching(tile.box)[0].tolist() == at_once.touching(tile.box)[0].tolist()
    assert len(at_once.touching(Tile(8, 155, 92).box)[0]) > 0


def test_neighbours_share_their_edge_to_the_bit() -> None:
    outlines = HexOutlines(np.array(KRASNODAR, np.uint64))
    corners = {tuple(vertex) for vertex in outlines.vertices.tolist()}
    # A honeycomb of k rings around a cell has 6 (k + 1)² corners when each is shared.
    assert len(corners) == 6 * (15 + 1) ** 2


@pytest.mark.parametrize("zoom", [0, 1, 3])
def test_every_cell_of_the_world_has_its_middle_in_one_tile_that_it_touches(zoom: int) -> None:
    cells = sorted(child for base in h3.get_res0_cells() for child in h3.cell_to_children(base, 1))
    outlines = HexOutlines(np.array(cells, np.uint64))
    found = np.zeros(len(cells), int)
    for x, y in ((x, y) for x in range(1 << zoom) for y in range(1 << zoom)):
        box = Tile(zoom, x, y).box
        places, shifts = outlines.touching(box)
        np.add.at(found, places[outlines.centroid_in(places, shifts, box)], 1)
    assert (found == 1).all()
