"""The encoder against mapbox-vector-tile: what it writes is read back as it was."""

import h3.api.basic_int as h3
import mapbox_vector_tile
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.tiles.encoding.grid import EXTENT, Tile, feature_id, project
from geo_service.tiles.encoding.mvt import Column, Points, Polygons, encode_layer
from geo_service.tiles.encoding.string_columns import DictionaryColumn, StringColumn
from geo_service.tiles.layers.hex_outlines import HexOutlines
from tests.support.decoded_tiles import check_value_tables, value_tables

CELLS = np.array(sorted(h3.grid_disk(h3.latlng_to_cell(55.75, 37.6, 7), 10)), np.uint64)
OUTLINES = HexOutlines(CELLS)
TILE = Tile(9, 309, 160)

texts = st.text(st.characters(codec="utf-8"), max_size=20)


def decode(data: bytes, name: str) -> list[dict]:  # type: ignore[type-arg]  # what the library returns
    features: list[dict] = mapbox_vector_tile.decode(data, default_options={"y_coord_down": True})[name]["features"]  # type: ignore[type-arg]
    return features


def in_tile(vertices: np.ndarray, tile: Tile) -> list[tuple[int, int]]:
    """World units as tile units, in floating point, rounded half up."""
    x0, y0, x1, _ = tile.box
    scaled = (vertices.astype(float) - [x0, y0]) / (x1 - x0) * EXTENT
    return [tuple(pair) for pair in np.floor(scaled + 0.5).astype(int).tolist()]


@settings(deadline=None)
@given(
    st.lists(st.integers(0, len(CELLS) - 1), min_size=1, max_size=60, unique=True),
    st.integers(8, 16),
    st.data(),
)
def test_polygons_ids_and_properties_are_read_back_as_they_were(chosen: list[int], zoom: int, data: st.DataObject) -> None:
    rings = np.array(chosen, np.intp)
    size = len(rings)

    def column(values: st.SearchStrategy) -> list:  # type: ignore[type-arg]  # any values
        return data.draw(st.lists(values, min_size=size, max_size=size))

    whole, negative = column(st.integers(0, 2**31 - 1)), column(st.integers(-(2**63), 2**63 - 1))
    real, text = column(st.floats(allow_nan=False)), column(texts)
    tile = Tile(zoom, TILE.x << zoom >> 9, TILE.y << zoom >> 9)
    properties: dict[str, Column] = {"n": np.array(whole), "сдвиг": np.array(negative), "share": np.array(real), "h3": text}
    shapes = Polygons(OUTLINES.vertices, OUTLINES.offsets, rings, np.zeros(size, np.int32))
    features = decode(encode_layer("слой", feature_id(CELLS[rings]), shapes, properties, tile), "слой")
    assert [feature["id"] for feature in features] == feature_id(CELLS[rings]).tolist()
    expected = zip(whole, negative, real, text, strict=True)
    assert [tuple(feature["properties"].values()) for feature in features] == list(expected)
    for feature, ring in zip(features, chosen, strict=True):
        vertices = in_tile(OUTLINES.vertices[OUTLINES.offsets[ring] : OUTLINES.offsets[ring + 1]], tile)
        read = [tuple(pair) for pair in feature["geometry"]["coordinates"][0]]
        assert read[0] == read[-1]
        assert read == [*vertices, vertices[0]]


def test_points_are_read_back_as_they_were() -> None:
    places = project(np.array([37.6, 37.7, 37.5]), np.array([55.7, 55.8, 55.75]))
    features = decode(encode_layer("p", np.array([1, 2, 2**37 - 1], np.uint64), Points(places), {"n": np.array([5, 5, 6])}, TILE), "p")
    assert [feature["geometry"]["coordinates"] for feature in features] == [list(pair) for pair in in_tile(places, TILE)]
    assert [feature["id"] for feature in features] == [1, 2, 2**37 - 1]


def test_a_feature_lacks_what_is_masked_or_not_a_number() -> None:
    places = project(np.array([37.6, 37.7, 37.5]), np.array([55.7, 55.8, 55.75]))
    values: dict[str, Column] = {
        "class": np.ma.MaskedArray([0, 4, 2], mask=[False, True, False]),
        "value": np.array([np.nan, 0.5, 0.0]),
        "code": ["a", "b", "c"],
        "nothing": np.full(3, np.nan),
    }
    features = decode(encode_layer("p", np.array([1, 2, 3], np.uint64), Points(places), values, TILE), "p")
    expected = [{"class": 0, "code": "a"}, {"value": 0.5, "code": "b"}, {"class": 2, "value": 0.0, "code": "c"}]
    assert [feature["properties"] for feature in features] == expected


def test_repeated_texts_are_written_as_the_same_texts_would_be() -> None:
    places = project(np.array([37.6, 37.7, 37.5]), np.array([55.7, 55.8, 55.75]))
    ids = np.array([1, 2, 3], np.uint64)
    coded = DictionaryColumn(["лёд", "unused", "a\0"], np.array([2, 0, 2]))
    features = decode(encode_layer("p", ids, Points(places), {"k": coded, "n": np.arange(3)}, TILE), "p")
    assert [feature["properties"] for feature in features] == [{"k": "a\0", "n": 0}, {"k": "лёд", "n": 1}, {"k": "a\0", "n": 2}]


def test_layers_written_one_after_the_other_make_one_tile() -> None:
    places = project(np.array([37.6]), np.array([55.7]))
    both = b"".join(encode_layer(name, np.array([1], np.uint64), Points(places), {"k": [name]}, TILE) for name in ("a", "b"))
    tile = mapbox_vector_tile.decode(both)
    assert {name: layer["features"][0]["properties"]["k"] for name, layer in tile.items()} == {"a": "a", "b": "b"}
    assert {layer["version"] for layer in tile.values()} == {2}
    assert {layer["extent"] for layer in tile.values()} == {EXTENT}


def test_a_hexagon_on_the_edge_is_whole_and_the_same_in_both_tiles() -> None:
    left, right = TILE, Tile(TILE.z, TILE.x + 1, TILE.y)
    shared = sorted(set(OUTLINES.touching(left.box)[0].tolist()) & set(OUTLINES.touching(right.box)[0].tolist()))
    assert shared
    rings = np.array(shared, np.intp)
    shapes = Polygons(OUTLINES.vertices, OUTLINES.offsets, rings, np.zeros(len(rings), np.int32))
    drawn = []
    for tile in (left, right):
        features = decode(encode_layer("h", feature_id(CELLS[rings]), shapes, {"n": rings}, tile), "h")
        drawn.append([[(x + tile.x * EXTENT, y) for x, y in feature["geometry"]["coordinates"][0]] for feature in features])
    assert drawn[0] == drawn[1]


def test_the_same_arrays_give_the_same_bytes() -> None:
    rings = np.arange(len(CELLS))
    shapes = Polygons(OUTLINES.vertices, OUTLINES.offsets, rings, np.zeros(len(rings), np.int32))
    first, second = (encode_layer("h", feature_id(CELLS), shapes, {"n": rings % 7}, TILE) for _ in range(2))
    assert first == second


def string_column(values: list[str]) -> StringColumn:
    encoded = [text.encode() for text in values]
    return StringColumn(np.frombuffer(b"".join(encoded), np.uint8), np.cumsum([0, *map(len, encoded)]))


few_texts = st.sampled_from(["", "a", "ab", "лёд", "a\0", "0.5", "871181848ffffff", "871181849ffffff", "0,1,1,2,3,5,8,13,21,34"])
few_numbers = st.integers(-3, 5) | st.integers(-(2**63), 2**63 - 1)
column_kinds: dict[str, tuple[st.SearchStrategy, object]] = {
    "whole": (few_numbers, lambda values: np.array(values, np.int64)),
    "small": (st.integers(0, 5), lambda values: np.array(values, np.int32)),
    "masked": (
        st.none() | st.integers(0, 5),
        lambda values: np.ma.MaskedArray([one or 0 for one in values], mask=[one is None for one in values]),
    ),
    "real": (
        st.none() | st.sampled_from([0.0, -0.0, 0.5, 1.0, float("inf")]),
        lambda values: np.array([np.nan if one is None else one for one in values]),
    ),
    "boolean": (st.booleans(), lambda values: np.array(values, np.bool_)),
    "list": (few_texts | texts, lambda values: values),
    "string": (few_texts | texts, string_column),
    "dictionary": (few_texts, lambda values: DictionaryColumn(["unused", *values, *values], np.arange(len(values), 0, -1)[::-1])),
}  # fmt: skip


@settings(deadline=None, max_examples=200)
@given(st.integers(1, 30), st.lists(st.sampled_from(sorted(column_kinds)), min_size=1, max_size=8), st.data())
def test_columns_of_any_kinds_share_one_table_and_are_read_back_as_they_were(size: int, kinds: list[str], data: st.DataObject) -> None:
    values = [data.draw(st.lists(column_kinds[kind][0], min_size=size, max_size=size)) for kind in kinds]
    properties = {f"{at} {kind}": column_kinds[kind][1](column) for at, (kind, column) in enumerate(zip(kinds, values, strict=True))}  # type: ignore[operator]  # as above
    body = encode_layer("p", np.arange(size, dtype=np.uint64), Points(np.zeros((size, 2), np.int32)), properties, TILE)
    check_value_tables(body)
    expected = [{key: value for key, value in zip(properties, row, strict=True) if value is not None} for row in zip(*values, strict=True)]
    found = [feature["properties"] for feature in decode(body, "p")]
    assert found == expected
    assert [[type(value) for value in one.values()] for one in found] == [[type(value) for value in one.values()] for one in expected]


def test_equal_values_of_two_properties_stand_once() -> None:
    places = Points(project(np.array([37.6, 37.7]), np.array([55.7, 55.8])))
    columns: dict[str, Column] = {
        "n": np.array([3, 4]), "open": np.array([4, 3], np.int32), "a": ["x", "y"], "b": string_column(["y", "y"]),
        "c": DictionaryColumn(["y", "z", "x"], np.array([2, 0])), "value": np.array([0.5, 3.0]), "p": np.array([0.5, 0.5]),
    }  # fmt: skip
    body = encode_layer("p", np.array([1, 2], np.uint64), places, columns, TILE)
    # Of whole numbers 3 and 4, of reals 0.5 and 3.0, and the texts x and y.
    assert len(value_tables(body)["p"][0]) == 6
    check_value_tables(body)


def test_many_texts_whose_ends_are_alike_are_told_apart() -> None:
    size = 3000
    cells = string_column([f"87{number:06x}8ffffff" for number in range(size)])
    body = encode_layer("p", np.arange(size, dtype=np.uint64), Points(np.zeros((size, 2), np.int32)), {"h3": cells, "again": cells}, TILE)
    assert len(value_tables(body)["p"][0]) == size
    assert [feature["properties"]["again"] for feature in decode(body, "p")] == cells.decode()
