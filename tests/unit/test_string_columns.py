"""Columns of texts as bytes: what stands in them, and in the value table of a tile."""

import h3.api.basic_int as h3
import mapbox_vector_tile
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.tiles.encoding.grid import Tile
from geo_service.tiles.encoding.mvt import Points, encode_layer
from geo_service.tiles.encoding.string_columns import StringColumn, h3_texts, joined_numbers

numbers = st.integers(1, 6).flatmap(
    lambda width: st.lists(st.lists(st.integers(0, 2**31 - 1), min_size=width, max_size=width), min_size=1, max_size=8)
)


@settings(deadline=None)  # The first call compiles.
@given(numbers)
def test_rows_of_numbers_are_joined_as_python_joins_them(rows: list[list[int]]) -> None:
    assert joined_numbers(np.array(rows, np.int32)).decode() == [",".join(map(str, row)) for row in rows]


def test_cells_are_written_as_h3_writes_them() -> None:
    cells = sorted(h3.grid_disk(h3.latlng_to_cell(45.04, 38.98, 9), 5))
    assert h3_texts(np.array(cells, np.uint64)).decode() == [h3.int_to_str(cell) for cell in cells]


def test_a_tile_holds_short_and_long_texts() -> None:
    """Lengths on both sides of where a varint grows by a byte, of the text and of the entry around it."""
    written = ["", "ё", *("x" * size for size in (123, 124, 125, 126, 127, 128, 129, 16_379, 16_383, 16_384))]
    encoded = [text.encode() for text in written]
    texts = StringColumn(np.frombuffer(b"".join(encoded), np.uint8), np.cumsum([0, *map(len, encoded)]))
    places = Points(np.zeros((len(texts), 2), np.int32))
    body = encode_layer("t", np.arange(len(texts), dtype=np.uint64), places, {"text": texts}, Tile(0, 0, 0))
    read = mapbox_vector_tile.decode(body)["t"]["features"]
    assert [feature["properties"]["text"] for feature in read] == written
