"""MBTiles 1.3: one SQLite file, read by GDAL, QGIS and many servers and phones."""

import sqlite3
from contextlib import closing
from pathlib import Path

from geo_service.core.resources import package_folder
from geo_service.export.spool import Spool, file_errors, tile_of
from geo_service.export.writers.base import Document, Told, compact

_SCHEMA = package_folder("geo_service.export.writers") / "mbtiles.sql"
_MAGIC = b"SQLite format 3\0"
_TEXTS = ("name", "description", "attribution")
_LISTS = ("bounds", "center")
_NUMBERS = ("minzoom", "maxzoom")


class MbtilesWriter:
    """Writes each content once, and which tiles show it."""

    name = "MBTiles"

    def write(self, spool: Spool, document: Document, path: Path, told: Told) -> None:
        """Make the file."""
        with file_errors(path), closing(sqlite3.connect(path, isolation_level=None)) as db:
            # The file is made beside its place and renamed when whole: neither journal nor waiting for the disk is needed.
            db.executescript("pragma journal_mode = off; pragma synchronous = off; pragma locking_mode = exclusive")
            db.executescript(_SCHEMA.read_text(encoding="utf-8"))
            db.execute("begin")
            db.executemany("insert into metadata values (?, ?)", _metadata(document).items())
            db.executemany("insert into images values (?, ?)", spool.contents())
            for done, (identity, image) in enumerate(spool.tiles(), start=1):
                tile = tile_of(identity)
                # Rows of this format count from the south.
                db.execute("insert into map values (?, ?, ?, ?)", (tile.z, tile.x, (1 << tile.z) - 1 - tile.y, image))
                told(done)
            db.execute("commit")

    def made(self, path: Path) -> bool:
        """Whether it begins as such a file does."""
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC


def _metadata(document: Document) -> dict[str, str]:
    """The rows of the metadata table; what the specification has no row for is in `json`, beside the layers."""
    others = {name: value for name, value in document.items() if name not in (*_TEXTS, *_LISTS, *_NUMBERS, "tilejson", "scheme")}
    return {
        **{name: document[name] for name in _TEXTS},
        "format": "pbf",
        "type": "overlay",
        "version": "1",
        **{name: ",".join(f"{value:g}" if isinstance(value, int) else f"{value:.7f}" for value in document[name]) for name in _LISTS},
        **{name: str(document[name]) for name in _NUMBERS},
        "json": compact(others),
    }
