"""The map of the week: where things are drawn, in which colour, and which names have room."""

import re

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from geo_service.aggregation.measures.class_breaks import class_breaks
from geo_service.aggregation.measures.measures import MEASURES
from geo_service.reports.content.map_values import MapShape, MapValues
from geo_service.reports.document.drawing import UNKNOWN_FILL, WIDTH, DrawnLabel, MapDrawing, MapPlace, MapWords, color_shapes, draw_map
from tests.support.territory import CHUKOTKA, mercator, multi


def values_of(*numbers: float) -> MapValues:
    """A row of square districts from 40°E eastwards."""
    shapes = [MapShape(mercator(multi(shapely.box(40 + i, 44, 41 + i, 45))), {}, number, 0) for i, number in enumerate(numbers)]
    return MapValues("districts", MEASURES["count"], shapes, class_breaks(np.array([n for n in numbers if n > 0])), [])


def draw(values: MapValues, *places: MapPlace) -> MapDrawing:
    """The drawing of values without words."""
    drawing = draw_map(values, MapWords([""] * len(values.shapes), [], ""), places)
    assert drawing
    return drawing


def points_of(path: str) -> NDArray[np.float64]:
    return np.array([[float(number) for number in pair.split()] for pair in re.split("[MLZ]", path) if pair])


def test_most_is_red_zero_is_grey_and_unknown_is_white() -> None:
    fills = color_shapes(values_of(0, 1, 2, 4, 8, 16, float("nan")))
    assert fills == ["#d5d8da", "#ffffb2", "#fecc5c", "#fd8d3c", "#f03b20", "#bd0026", UNKNOWN_FILL]


def test_districts_lie_side_by_side_within_the_page() -> None:
    drawing = draw(values_of(1, 2))
    west, east = (points_of(path.d) for path in drawing.paths)
    assert west[:, 0].max() == pytest.approx(east[:, 0].min(), abs=0.11)
    for points in (west, east):
        assert points.min() >= 0
        assert points[:, 0].max() <= WIDTH
        assert points[:, 1].max() <= drawing.height


def test_a_territory_across_the_antimeridian_is_drawn_together() -> None:
    shape = mercator(CHUKOTKA)
    values = MapValues("hexagons", MEASURES["count"], [], class_breaks(np.array([1])), [shape])
    drawing = draw(values, MapPlace("West", 179.0, 66.5, 1.0), MapPlace("East", -179.5, 66.5, 1.0))
    (outline,) = drawing.outlines
    points = points_of(outline)
    assert points[:, 0].max() - points[:, 0].min() > WIDTH / 2
    west, east = sorted(drawing.labels, key=lambda label: label.dot_x)
    assert (west.text, east.text) == ("West", "East")
    assert east.dot_x - west.dot_x == pytest.approx((points[:, 0].max() - points[:, 0].min()) * 1.5 / 3.5, rel=0.01)


def box(label: DrawnLabel) -> tuple[float, float, float, float]:
    return label.x, label.y - label.size, label.x + 0.58 * label.size * len(label.text), label.y + 0.25 * label.size


def test_names_do_not_cover_one_another_and_red_ones_come_first() -> None:
    rng = np.random.default_rng(3)
    places = [MapPlace(f"Посёлок {n}", rng.uniform(40, 42), rng.uniform(44, 45), float(n)) for n in range(200)]
    red = MapPlace("Красный", 41.0, 44.5, 0.0, is_red=True)
    drawing = draw(values_of(1, 2), *places, red)
    for labels, most in ((drawing.labels, 15), (drawing.phone_labels, 7)):
        assert labels[0].text == "Красный"
        assert 3 < len(labels) <= most
        boxes = [box(label) for label in labels]
        for i, one in enumerate(boxes):
            assert min(one) >= 0
            assert one[2] <= WIDTH
            for other in boxes[:i]:
                assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def test_places_outside_of_the_page_are_not_named() -> None:
    assert not draw(values_of(1), MapPlace("Далеко", 80.0, 45.0, 1.0)).labels


def test_nothing_to_draw_is_no_map() -> None:
    assert draw_map(MapValues("nothing", MEASURES["count"], [], class_breaks(np.array([1])), []), MapWords([], [], ""), []) is None
