"""Makes PMTiles and MBTiles archives: of the town that does not exist in the Protomaps schema, and unusable ones."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import shapely
from isal import igzip
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from tests.support import osm_town
from tests.support.slippy_map import slippy_position, slippy_tile

Place = tuple[int, int, int]
"""Zoom, column and row of a tile."""

_LAYERS = ("earth", "water", "roads", "buildings", "landuse", "places")
PROTOMAPS = {
    "vector_layers": [{"id": name, "fields": {"kind": "String"}} for name in _LAYERS],
    "attribution": '<a href="https://example.org">Protomaps</a> &copy; OpenStreetMap',
}
OPENMAPTILES = {"vector_layers": [{"id": name, "fields": {"class": "String"}} for name in ("water", "transportation", "place")]}
ZOOMS = range(12, 15)
EXTENT, BUFFER = 4096, 256


def write_pmtiles(path: Path, tiles: Mapping[Place, bytes], metadata: Mapping[str, Any], **header: Any) -> Path:
    """Write an archive of these tiles. header: its fields that are to be other ones than those of gzip-compressed vector tiles."""
    with path.open("wb") as file:
        writer = Writer(file)  # type: ignore[no-untyped-call]  # the library leaves it untyped
        for id_, body in sorted((zxy_to_tileid(*place), body) for place, body in tiles.items()):
            writer.write_tile(id_, body)  # type: ignore[no-untyped-call]
        writer.finalize({"tile_type": TileType.MVT, "tile_compression": Compression.GZIP, **header}, dict(metadata))  # type: ignore[no-untyped-call]
        writer.tile_f.close()
    return path


def one_tile(layer: str = "water") -> bytes:
    """Return a compressed vector tile with a point in a layer."""
    feature = {"geometry": "POINT(10 10)", "properties": {"kind": "lake", "class": "lake"}}
    return igzip.compress(mapbox_vector_tile.encode([{"name": layer, "features": [feature]}]))


def write_mbtiles(path: Path, tiles: Mapping[Place, bytes], metadata: Mapping[str, str]) -> Path:
    """Write an MBTiles file of these tiles, whose rows it counts from the south."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("create table metadata (name text, value text)")
        db.execute("create table tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob)")
        db.executemany("insert into metadata values (?, ?)", metadata.items())
        db.executemany("insert into tiles values (?, ?, ?, ?)", [(z, x, 2**z - 1 - y, body) for (z, x, y), body in tiles.items()])
    return path


def write_protomaps_town(path: Path) -> Path:
    """Write the town in the schema of Protomaps, version 4."""
    features = _protomaps_features()
    ends = [point for _, points, _ in features for point in points]
    (south, north), (west, east) = ((min(end[axis] for end in ends), max(end[axis] for end in ends)) for axis in (0, 1))
    corners = {zoom: (slippy_tile(west, north, zoom), slippy_tile(east, south, zoom)) for zoom in ZOOMS}
    tiles = {place: _tile(place, features) for zoom in ZOOMS for place in _places(zoom, *corners[zoom])}
    edges = {"min_lon_e7": west, "min_lat_e7": south, "max_lon_e7": east, "max_lat_e7": north}
    return write_pmtiles(path, tiles, PROTOMAPS, **{name: round(degrees * 1e7) for name, degrees in edges.items()})


Feature = tuple[str, list[osm_town.Point], dict[str, str]]
"""Layer, points and properties."""

_KINDS = {"primary": "major_road", "tertiary": "major_road", "residential": "minor_road"}


def _protomaps_features() -> list[Feature]:
    around = [(45.0, 38.9), (45.0, 39.06), (45.08, 39.06), (45.08, 38.9), (45.0, 38.9)]
    features: list[Feature] = [("earth", around, {"kind": "earth"})]
    for way in osm_town.ways():
        layer, properties = _of_protomaps(way.tags)
        features.append((layer, list(way.points), properties | _names(way.tags)))
    for node in osm_town.nodes():
        kind = "locality" if node.tags["place"] == "town" else "neighbourhood"
        features.append(("places", [node.point], {"kind": kind, **_names(node.tags)}))
    return features


def _names(tags: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if key.startswith("name")}


def _of_protomaps(tags: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return layer and properties of a way."""
    if "highway" in tags:
        return "roads", {"kind": _KINDS[tags["highway"]], "kind_detail": tags["highway"]}
    if "railway" in tags:
        return "roads", {"kind": "rail", "kind_detail": "rail"}
    if "waterway" in tags:
        return "water", {"kind": "river"}
    if "natural" in tags:
        return "water", {"kind": "water"}
    if "building" in tags:
        return "buildings", {"kind": "building"}
    return "landuse", {"kind": tags.get("leisure") or tags["landuse"]}


def _places(zoom: int, first: tuple[int, int], last: tuple[int, int]) -> list[Place]:
    return [(zoom, x, y) for x in range(first[0], last[0] + 1) for y in range(first[1], last[1] + 1)]


def _tile(place: Place, features: list[Feature]) -> bytes:
    """Return a compressed tile with what is in it of the features."""
    layers: dict[str, list[dict[str, Any]]] = {}
    for layer, points, properties in features:
        xy = [_in_tile(place, point) for point in points]
        shape = shapely.Point(xy[0]) if len(xy) == 1 else shapely.Polygon(xy) if xy[0] == xy[-1] else shapely.LineString(xy)
        part = shapely.clip_by_rect(shape, -BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
        if not part.is_empty:
            layers.setdefault(layer, []).append({"geometry": part, "properties": properties})
    made = [{"name": name, "features": each} for name, each in layers.items()]
    return igzip.compress(mapbox_vector_tile.encode(made, default_options={"y_coord_down": True, "extents": EXTENT}))


def _in_tile(place: Place, point: osm_town.Point) -> tuple[int, int]:
    zoom, column, row = place
    x, y = slippy_position(point[1], point[0], zoom)
    return round((x - column) * EXTENT), round((y - row) * EXTENT)
