"""Vector tiles as an independent decoder reads them."""

from typing import Any

import mapbox_vector_tile
from mapbox_vector_tile.Mapbox import vector_tile_pb2

from geo_service.tiles.encoding.grid import Tile


def decode_hexes(body: bytes) -> list[dict[str, Any]]:
    """The features of the layer `hexes`; y grows downwards."""
    found: list[dict[str, Any]] = mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})["hexes"]["features"]
    return found


def decode_layers(body: bytes) -> dict[str, list[dict[str, Any]]]:
    """The features of each layer; y grows downwards."""
    return {name: layer["features"] for name, layer in mapbox_vector_tile.decode(body, default_options={"y_coord_down": True}).items()}


def value_tables(body: bytes) -> dict[str, tuple[list[bytes], list[int]]]:
    """Of each layer the messages of its value table as bytes, and the numbers by which features refer to them, as protobuf reads them."""
    tile = vector_tile_pb2.tile()
    tile.ParseFromString(body)
    return {
        layer.name: (
            [value.SerializeToString() for value in layer.values],
            [number for feature in layer.features for number in feature.tags[1::2]],
        )
        for layer in tile.layers
    }


def check_value_tables(body: bytes) -> None:
    """In each layer every value stands once, and some feature refers to it."""
    for name, (values, used) in value_tables(body).items():
        assert len(set(values)) == len(values), name
        assert set(used) == set(range(len(values))), name


def tile_of_path(path: str) -> Tile:
    """The tile that an address ending in `/z/x/y.mvt` names."""
    return Tile(*(int(part) for part in path.removesuffix(".mvt").split("/")[-3:]))
