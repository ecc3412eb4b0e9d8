"""A folder of z/x/y.mvt and tile.json, for static hosts."""

import gzip
import json
from pathlib import Path

from geo_service.export.spool import Spool, tile_of
from geo_service.export.writers.base import Document, ReportTiles

TILEJSON = "tile.json"


class FolderWriter:
    """Writes tiles without compression: a static host sends no Content-Encoding, and most hosts compress by themselves."""

    name = "folder"

    def write(self, spool: Spool, document: Document, path: Path, on_progress: ReportTiles) -> None:
        """Write the folder."""
        path.mkdir()
        for done, (id_, image) in enumerate(spool.tiles(), start=1):
            tile = tile_of(id_)
            file = path / str(tile.z) / str(tile.x) / f"{tile.y}.mvt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(gzip.decompress(spool.body(image)))
            on_progress(done)
        tilejson = {**document, "tiles": ["{z}/{x}/{y}.mvt"]}
        (path / TILEJSON).write_text(json.dumps(tilejson, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    def is_archive(self, path: Path) -> bool:
        """Return whether the folder has a tile.json, and beside it nothing but folders of zooms."""
        names = {entry.name for entry in path.iterdir()}
        return TILEJSON in names and all(name.isdecimal() for name in names - {TILEJSON})
