"""Converts MBTiles of vector tiles (https://github.com/mapbox/mbtiles-spec, version 1.3) to PMTiles."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from isal import igzip
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from geo_service.core.errors import InputError
from geo_service.core.extent import Bounds
from geo_service.tiles.encoding.grid import WORLD, latitude, longitude

MBTILES_MAGIC = b"SQLite format 3\0"
_GZIP_MAGIC = b"\x1f\x8b"
_FORMATS = ("pbf", "mvt")
_DEGREE = 10_000_000
_TEXTS = ("name", "description", "version", "attribution", "type")
"""Rows of the metadata that are kept as they are."""

TileNumber = tuple[int, int, int, int]
"""Id, zoom, column and row, as the file counts rows: from the south."""


def convert_mbtiles(source: Path, target: Path, on_progress: Callable[[int, int], None] = lambda done, total: None) -> None:
    """Write the tiles of an MBTiles file as a PMTiles archive; raises InputError where it holds none.

    on_progress: gets how many tiles are written, and of how many.
    """
    try:
        with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as db:
            _convert(db, target, on_progress)
    except (sqlite3.Error, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"cannot read {source.name}: it is no MBTiles file, or damaged ({error})") from None
    except InputError as error:
        raise InputError(f"cannot read {source.name}: {error}") from None


def _convert(db: sqlite3.Connection, target: Path, on_progress: Callable[[int, int], None]) -> None:
    metadata = dict(db.execute("select name, value from metadata"))
    if metadata.get("format") not in _FORMATS:
        raise InputError(f"its tiles are {metadata.get('format') or 'of unknown format'}; only vector tiles (pbf) are drawn")
    ids = _ordered_ids(db)
    if not ids:
        raise InputError("it has no tiles")
    with target.open("wb") as file:
        writer = Writer(file)  # type: ignore[no-untyped-call]  # the library leaves it untyped
        with closing(writer.tile_f):
            for done, (id_, body) in enumerate(_tiles(db, ids), start=1):
                writer.write_tile(id_, body)  # type: ignore[no-untyped-call]
                on_progress(done, len(ids))
            bounds = _named_bounds(metadata) or _bounds_of(ids)
            writer.finalize(_header(bounds), _document(metadata))  # type: ignore[no-untyped-call]


def _ordered_ids(db: sqlite3.Connection) -> list[TileNumber]:
    """Return the number of each tile, in the order of PMTiles."""
    rows = db.execute("select zoom_level, tile_column, tile_row from tiles")
    try:
        return sorted((zxy_to_tileid(z, x, (1 << z) - 1 - row), z, x, row) for z, x, row in rows)
    except (ValueError, OverflowError, TypeError):
        raise InputError("a tile's number is outside its zoom") from None


def _tiles(db: sqlite3.Connection, ids: list[TileNumber]) -> Iterator[tuple[int, bytes]]:
    statement = "select tile_data from tiles where zoom_level = ? and tile_column = ? and tile_row = ?"
    for id_, *place in ids:
        (body,) = db.execute(statement, place).fetchone()
        yield id_, body if body[:2] == _GZIP_MAGIC else igzip.compress(body, mtime=0)


def _named_bounds(metadata: dict[str, str]) -> Bounds | None:
    """Return the bounds that the metadata name; None where they name none: tilemaker writes zeros where the extract has none."""
    try:
        west, south, east, north = (float(part) for part in metadata["bounds"].split(","))
    except (KeyError, ValueError):
        return None
    return (west, south, east, north) if -180 <= west < east <= 180 and -90 <= south < north <= 90 else None


def _bounds_of(ids: Sequence[TileNumber]) -> Bounds:
    """Return the bounds of the tiles at the deepest zoom."""
    zoom = max(number[1] for number in ids)
    columns = [x for _, z, x, _ in ids if z == zoom]
    rows = [(1 << z) - 1 - row for _, z, _, row in ids if z == zoom]
    unit = WORLD >> zoom
    return (
        longitude(min(columns) * unit), latitude((max(rows) + 1) * unit),
        longitude((max(columns) + 1) * unit), latitude(min(rows) * unit),
    )  # fmt: skip


def _header(bounds: Bounds) -> dict[str, Any]:
    west, south, east, north = (round(degrees * _DEGREE) for degrees in bounds)
    return {
        "tile_type": TileType.MVT, "tile_compression": Compression.GZIP,
        "min_lon_e7": west, "min_lat_e7": south, "max_lon_e7": east, "max_lat_e7": north,
    }  # fmt: skip


def _document(metadata: dict[str, str]) -> dict[str, Any]:
    layers = json.loads(metadata.get("json") or "{}")
    return {name: metadata[name] for name in _TEXTS if name in metadata} | (layers if isinstance(layers, dict) else {})
