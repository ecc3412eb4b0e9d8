"""Tile archives as other programs read them: the pmtiles reader, SQLite, the file system."""

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from pmtiles.reader import MemorySource, Reader, all_tiles

from geo_service.tiles.encoding.grid import Tile


def read_tiles(path: Path) -> dict[Tile, bytes]:
    """Every tile of an archive, decompressed."""
    if path.suffix == ".pmtiles":
        return {Tile(*zxy): gzip.decompress(body) for zxy, body in all_tiles(MemorySource(path.read_bytes()))}  # type: ignore[no-untyped-call]
    if path.suffix == ".mbtiles":
        with closing(sqlite3.connect(path)) as db:
            rows = db.execute("select zoom_level, tile_column, (1 << zoom_level) - 1 - tile_row, tile_data from tiles").fetchall()
        return {Tile(*zxy): gzip.decompress(body) for *zxy, body in rows}
    found = (file.relative_to(path).with_suffix("") for file in path.rglob("*.mvt"))
    return {Tile(*(int(part) for part in name.parts)): path.joinpath(f"{name}.mvt").read_bytes() for name in found}


def read_document(path: Path) -> dict[str, Any]:
    """An archive's TileJSON document, wherever its format keeps it."""
    if path.suffix == ".pmtiles":
        found: dict[str, Any] = Reader(MemorySource(path.read_bytes())).metadata()  # type: ignore[no-untyped-call]
        return found
    if path.suffix == ".mbtiles":
        with closing(sqlite3.connect(path)) as db:
            rows = dict(db.execute("select name, value from metadata").fetchall())
        return {**json.loads(rows["json"]), **{name: rows[name] for name in ("name", "description", "attribution")}}
    read: dict[str, Any] = json.loads((path / "tile.json").read_text(encoding="utf-8"))
    return read


def read_files(path: Path) -> dict[str, bytes]:
    """The bytes of every file of an archive."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return {str(file.relative_to(path)): file.read_bytes() for file in files if file.is_file()}
