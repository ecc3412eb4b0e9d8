"""MBTiles 1.3: one SQLite file, read by GDAL, QGIS and many servers and phones."""

import sqlite3
from contextlib import closing
from pathlib import Path

from geo_service.core.resources import package_folder
from geo_service.export.spool import Spool, file_errors, tile_of
from geo_service.export.writers.base import Document, ReportTiles, to_compact_json

_SCHEMA = package_folder("geo_service.export.writers") / "mbtiles.sql"
_MAGIC = b"SQLite format 3\0"
_TEXTS = ("name", "description", "attribution")
_LISTS = ("bounds", "center")
_NUMBERS = ("minzoom", "maxzoom")


class MbtilesWriter:
    """Writes each content once, and a map from tiles to contents."""

    name = "MBTiles"

    def write(self, spool: Spool, document: Document, path: Path, on_progress: ReportTiles) -> None:
        """Write the file."""
        with file_errors(path), closing(sqlite3.connect(path, isolation_level=None)) as db:
            # The file is written under another name and renamed when it is complete, so it needs neither a journal nor syncs.
            db.executescript("pragma journal_mode = off; pragma synchronous = off; pragma locking_mode = exclusive")
            db.executescript(_SCHEMA.read_text(encoding="utf-8"))
            db.execute("begin")
            db.executemany("insert into metadata values (?, ?)", _metadata(document).items())
            db.executemany("insert into images values (?, ?)", spool.contents())
            for done, (id_, image) in enumerate(spool.tiles(), start=1):
                tile = tile_of(id_)
                # Rows of MBTiles are numbered from the south.
                db.execute("insert into map values (?, ?, ?, ?)", (tile.z, tile.x, (1 << tile.z) - 1 - tile.y, image))
                on_progress(done)
            db.execute("commit")

    def is_archive(self, path: Path) -> bool:
        """Return whether the file begins like a SQLite file."""
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC


def _metadata(document: Document) -> dict[str, str]:
    """Return the rows of the metadata table; fields for which the specification has no row are in `json`, with the layers."""
    others = {name: value for name, value in document.items() if name not in (*_TEXTS, *_LISTS, *_NUMBERS, "tilejson", "scheme")}
    return {
        **{name: document[name] for name in _TEXTS},
        "format": "pbf",
        "type": "overlay",
        "version": "1",
        **{name: ",".join(f"{value:g}" if isinstance(value, int) else f"{value:.7f}" for value in document[name]) for name in _LISTS},
        **{name: str(document[name]) for name in _NUMBERS},
        "json": to_compact_json(others),
    }
