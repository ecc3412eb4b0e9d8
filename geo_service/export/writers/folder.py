"""A folder of z/x/y.mvt and tile.json, for hosts that serve files and nothing else."""

import gzip
import json
from pathlib import Path

from geo_service.export.spool import Spool, tile_of
from geo_service.export.writers.base import Document, Told

TILEJSON = "tile.json"


class FolderWriter:
    """Writes tiles as they are, not compressed: a plain host sends no Content-Encoding, and most compress on the way."""

    name = "folder"

    def write(self, spool: Spool, document: Document, path: Path, told: Told) -> None:
        """Make the folder."""
        path.mkdir()
        for done, (identity, image) in enumerate(spool.tiles(), start=1):
            tile = tile_of(identity)
            file = path / str(tile.z) / str(tile.x) / f"{tile.y}.mvt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(gzip.decompress(spool.body(image)))
            told(done)
        written = {**document, "tiles": ["{z}/{x}/{y}.mvt"]}
        (path / TILEJSON).write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    def made(self, path: Path) -> bool:
        """Whether it holds a tile.json and nothing but zooms beside it."""
        names = {one.name for one in path.iterdir()}
        return TILEJSON in names and all(name.isdecimal() for name in names - {TILEJSON})
