"""Outlines of hexagons, above all where longitudes jump: across the antimeridian and around the poles."""

from collections.abc import Iterable
from typing import Any

import h3.api.basic_int as h3
import numpy as np
import pytest
import shapely

from geo_service.aggregation.catalogue.cell_outlines import cell_outlines
from geo_service.aggregation.catalogue.geometry import cell_geometry

RINGS = 6
POLES = (90.0, -90.0)
SMALLEST_SHARE = 0.999


def around_pole(pole: float, resolution: int) -> list[int]:
    return list(h3.grid_disk(h3.latlng_to_cell(pole, 0.0, resolution), RINGS))


def along_antimeridian(resolution: int) -> list[int]:
    """Cells on ±180°, a degree of latitude apart, and those that touch them."""
    on_it = {h3.latlng_to_cell(lat, lng, resolution) for lat in np.arange(-89.9, 90.0).tolist() for lng in (180.0, -179.9999)}
    return sorted({near for cell in on_it for near in h3.grid_disk(cell, 1)})


def checked(cells: Iterable[int]) -> Any:
    """(cells,) the outlines, after checking that each is valid, within the world, and contains its centre."""
    numbers = list(cells)
    shapes = cell_outlines(np.array(numbers, np.uint64))
    centres = np.array([h3.cell_to_latlng(cell)[::-1] for cell in numbers])
    assert shapely.is_valid(shapes).all()
    assert shapely.covers(shapes, shapely.points(centres)).all()
    west, south, east, north = shapely.bounds(shapes).T
    assert (west >= -180).all()
    assert (west < east).all()
    assert (east <= 180).all()
    assert (south >= -90).all()
    assert (south < north).all()
    assert (north <= 90).all()
    assert shapely.is_ccw(shapely.get_exterior_ring(shapely.get_parts(shapes))).all()
    return shapes


@pytest.mark.parametrize("resolution", range(16))
@pytest.mark.parametrize("pole", POLES)
def test_every_cell_near_a_pole_is_valid_and_contains_its_centre(pole: float, resolution: int) -> None:
    cells = around_pole(pole, resolution)
    # One by one, as `/api/cells` asks for them, and all at once, as `/ogc` does.
    for cell, shape in zip(cells, checked(cells), strict=True):
        assert shapely.equals_exact(shapely.geometry.shape(cell_geometry(cell)), shape)


@pytest.mark.parametrize("resolution", [0, 1, 2, 3, 5, 7, 8, 10, 15])
def test_every_cell_along_the_antimeridian_is_valid_and_contains_its_centre(resolution: int) -> None:
    shapes = checked(along_antimeridian(resolution))
    cut = shapes[shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOLYGON]
    assert len(cut)
    # A part on each side of the antimeridian, none across the world.
    west, _, east, _ = shapely.bounds(shapely.get_parts(cut)).T
    assert (east - west < 180).all()


@pytest.mark.parametrize("resolution", range(11))
@pytest.mark.parametrize("pole", POLES)
def test_the_cell_of_a_pole_closes_over_it_from_one_side_of_the_world_to_the_other(pole: float, resolution: int) -> None:
    (shape,) = checked([h3.latlng_to_cell(pole, 0.0, resolution)])
    assert shape.geom_type == "Polygon"
    assert (shape.bounds[0], shape.bounds[2]) == (-180, 180)
    assert shape.bounds[3 if pole > 0 else 1] == pole
    assert shape.covers(shapely.LineString([(-180, pole), (180, pole)]))


@pytest.mark.parametrize("resolution", [1, 4, 7])
@pytest.mark.parametrize("pole", POLES)
def test_cells_around_a_pole_cover_it_without_gaps_and_overlaps(pole: float, resolution: int) -> None:
    inner = h3.grid_disk(h3.latlng_to_cell(pole, 0.0, resolution), 2)
    shapes = checked(inner)
    union = shapely.union_all(shapes)
    total = sum(shape.area for shape in shapes)
    assert SMALLEST_SHARE < union.area / total <= 1 + 1e-9
    nearest = min(abs(lat) for lat, _ in (h3.cell_to_latlng(cell) for cell in inner))
    cap = shapely.box(-180, min(pole, np.copysign((90 + nearest) / 2, pole)), 180, max(pole, np.copysign((90 + nearest) / 2, pole)))
    assert union.intersection(cap).area / cap.area > SMALLEST_SHARE


def test_no_cells_have_no_outlines() -> None:
    assert len(cell_outlines(np.empty(0, np.uint64))) == 0


def test_an_ordinary_cell_is_drawn_by_its_corners() -> None:
    cell = h3.latlng_to_cell(45.0, 38.9, 7)
    corners = [[round(lng, 5), round(lat, 5)] for lat, lng in h3.cell_to_boundary(cell)]
    assert cell_geometry(cell) == {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}
