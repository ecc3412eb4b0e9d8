"""Vector tiles as an independent decoder reads them."""

from typing import Any

import mapbox_vector_tile

from geo_service.tiles.encoding.grid import Tile


def decode_hexes(body: bytes) -> list[dict[str, Any]]:
    """The features of the layer `hexes`; y grows downwards."""
    found: list[dict[str, Any]] = mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})["hexes"]["features"]
    return found


def decode_layers(body: bytes) -> dict[str, list[dict[str, Any]]]:
    """The features of each layer; y grows downwards."""
    return {name: layer["features"] for name, layer in mapbox_vector_tile.decode(body, default_options={"y_coord_down": True}).items()}


def tile_of_path(path: str) -> Tile:
    """The tile that an address ending in `/z/x/y.mvt` names."""
    return Tile(*(int(part) for part in path.removesuffix(".mvt").split("/")[-3:]))
