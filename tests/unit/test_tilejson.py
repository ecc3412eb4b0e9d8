"""TileJSON documents: what the specification asks for, and the selection passed on to the tiles."""

from typing import Any

import pytest

from geo_service.aggregation.spatial.named_classes import GI
from geo_service.core.extent import Bounds
from geo_service.tiles.documents.tilejson import HEXES, LayerDescription, tilejson

MINSK: Bounds = (27.38, 53.82, 27.76, 53.98)


def document(query: str = "", bounds: Bounds = MINSK, layer: LayerDescription = HEXES) -> dict[str, Any]:
    return tilejson(layer, base_url="https://map.example.org", query=query, bounds=bounds, attribution="©", revision=7)


def test_a_document_has_what_version_three_requires() -> None:
    made = document()
    assert made["tilejson"] == "3.0.0"
    assert made["tiles"] == ["https://map.example.org/tiles/hexes/{z}/{x}/{y}.mvt"]
    assert (made["minzoom"], made["maxzoom"], made["scheme"]) == (0, 16, "xyz")
    assert made["bounds"] == list(MINSK)
    (layer,) = made["vector_layers"]
    assert layer["id"] == "hexes"
    assert list(layer["fields"]) == ["n", "open", "overdue", "value", "class"]
    assert (made["attribution"], made["revision"]) == ("©", 7)


def test_the_selection_is_passed_on_to_the_tiles_as_it_came() -> None:
    query = "sector=roads,waste&from=2018-10-01T00%3A00%3A00%2B03%3A00"
    assert document(query)["tiles"] == [f"https://map.example.org/tiles/hexes/{{z}}/{{x}}/{{y}}.mvt?{query}"]


def test_classes_with_names_are_listed_for_clients_that_read_no_legend() -> None:
    made = tilejson(HEXES, base_url="", query="measure=gi", bounds=MINSK, attribution="", revision=1, classes=GI)
    assert made["geo:classes"][3] == {"class": 3, "code": "not_significant", "name": {"ru": "незначимо", "en": "not significant"}}
    assert len(made["geo:classes"]) == 7
    assert "geo:classes" not in document()


def test_another_layer_is_another_row_of_data() -> None:
    made = document(layer=LayerDescription("incidents", "Each one", {"id": "identity"}, min_zoom=12, max_zoom=14))
    assert made["tiles"] == ["https://map.example.org/tiles/incidents/{z}/{x}/{y}.mvt"]
    assert (made["name"], made["minzoom"], made["maxzoom"]) == ("incidents", 12, 14)


def test_bounds_over_the_antimeridian_are_told_apart_from_those_of_the_specification() -> None:
    made = document(bounds=(166.0, 64.0, -170.0, 70.0))
    assert (made["bounds"], made["geo:bounds"]) == ([-180, 64, 180, 70], [166, 64, -170, 70])
    assert made["center"] == [178, 67, 3]


@pytest.mark.parametrize(
    "bounds", [MINSK, (-180.0, -85.0, 180.0, 85.0), (19.6, 41.2, 179.9, 77.7), (37.6, 55.7, 37.6, 55.7), (36.6, 43.4, 41.7, 46.9)]
)
def test_the_center_is_in_the_middle_at_a_zoom_that_shows_all_the_bounds(bounds: Bounds) -> None:
    lng, lat, zoom = document(bounds=bounds)["center"]
    west, south, east, north = bounds
    assert (lng, lat) == pytest.approx(((west + east) / 2, (south + north) / 2))
    assert 0 <= zoom <= 16
    # A tile of 512 px, 360° wide at zoom 0, holds the bounds; at the next zoom they would stand out.
    width = max(east - west, (north - south) * 2)
    assert width <= 360 / 2**zoom
    assert zoom == 16 or width > 360 / 2 ** (zoom + 1) or width < 0.001
