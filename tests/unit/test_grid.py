"""The tile grid against the slippy-map formulas and the H3 library."""

from math import cos, log, radians, sqrt

import h3.api.basic_int as h3
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_service.core.errors import InvalidParameter, NotFound
from geo_service.tiles.encoding.grid import EXTENT, MAX_ZOOM, WORLD, Tile, feature_id, project, read_tile, resolution_at
from tests.support.slippy_map import slippy_tile

latitudes = st.floats(-85.05, 85.05)
longitudes = st.floats(-180, 180, exclude_max=True)


@given(longitudes, latitudes, st.integers(0, MAX_ZOOM))
def test_a_projected_point_lies_in_the_box_of_its_tile(lng: float, lat: float, zoom: int) -> None:
    x, y = project(np.array([lng]), np.array([lat]))[0].tolist()
    west, north, east, south = Tile(zoom, *slippy_tile(lng, lat, zoom)).box
    assert west - 1 <= x <= east + 1
    assert north - 1 <= y <= south + 1


def test_the_bounds_of_a_tile_are_its_corners_in_degrees() -> None:
    assert Tile(0, 0, 0).bounds == pytest.approx((-180, -85.0511287798, 180, 85.0511287798))
    assert Tile(1, 1, 0).bounds == pytest.approx((0, 0, 180, 85.0511287798))


def test_poles_are_put_on_the_edge_of_the_square_world() -> None:
    assert project(np.array([0.0, 0.0]), np.array([90.0, -90.0]))[:, 1].tolist() == [0, WORLD]


@pytest.mark.parametrize(
    ("z", "x", "y"), [("a", "0", "0"), ("1", "-1", "0"), ("1", "0", "0.5"), ("", "0", "0"), ("1", "٠", "0"), ("1", "9999999999", "0")]
)
def test_a_tile_that_is_no_three_whole_numbers_is_malformed(z: str, x: str, y: str) -> None:
    with pytest.raises(InvalidParameter, match="is invalid; allowed: a whole number"):
        read_tile(z, x, y)


@pytest.mark.parametrize(("z", "x", "y"), [("17", "0", "0"), ("0", "1", "0"), ("3", "0", "8"), ("16", "65536", "0")])
def test_a_tile_outside_the_zooms_or_the_grid_is_not_there(z: str, x: str, y: str) -> None:
    with pytest.raises(NotFound):
        read_tile(z, x, y)


def test_the_last_tile_of_each_zoom_is_there() -> None:
    for zoom in range(MAX_ZOOM + 1):
        last = str(2**zoom - 1)
        assert read_tile(str(zoom), last, last) == Tile(zoom, 2**zoom - 1, 2**zoom - 1)


def hexagon_width_px(resolution: int, zoom: int, latitude: float) -> float:
    """Flat-to-flat width on a 512 px tile."""
    metres_per_pixel = 40_075_017 * cos(radians(latitude)) / (512 << zoom)
    edge: float = h3.average_hexagon_edge_length(resolution, unit="m")
    return edge * sqrt(3) / metres_per_pixel


@pytest.mark.parametrize("zoom", range(MAX_ZOOM + 1))
def test_the_resolution_of_a_zoom_is_the_one_nearest_to_eighteen_and_a_half_pixels(zoom: int) -> None:
    best = min(range(1, 11), key=lambda resolution: abs(log(hexagon_width_px(resolution, zoom, 50) / 18.5)))
    assert resolution_at(zoom) == best


@pytest.mark.parametrize("zoom", range(14))
def test_hexagons_are_about_twelve_to_twenty_eight_pixels_wide_and_a_tile_holds_few_enough(zoom: int) -> None:
    width = hexagon_width_px(resolution_at(zoom), zoom, 50)
    assert 12 <= width <= 29
    assert 512 * 512 / (width * width * sqrt(3) / 2) <= 4000


@given(st.lists(st.tuples(latitudes, longitudes), min_size=1), st.integers(0, 10))
def test_feature_ids_are_exact_in_javascript_and_lead_back_to_their_cell(points: list[tuple[float, float]], resolution: int) -> None:
    cells = np.array([h3.latlng_to_cell(lat, lng, resolution) for lat, lng in points], np.uint64)
    ids = feature_id(cells)
    assert ids.max() < 2**37
    # Mode 1, the resolution, and all of the unused digits 7 (https://h3geo.org/docs/core-library/h3Indexing).
    assert [1 << 59 | resolution << 52 | feature << 15 | (1 << 15) - 1 for feature in ids.tolist()] == cells.tolist()


def test_tile_units_divide_the_world_at_every_zoom() -> None:
    assert WORLD % (EXTENT << MAX_ZOOM) == 0
