"""The page's base map: an MBTiles archive among its files, served as the tiles in it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

ARCHIVE = ".mbtiles"


def tiles_of(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each tile of an MBTiles archive (version 1.3) as its name, "z/x/y.mvt", and its gzip-compressed body."""
    with closing(sqlite3.connect(f"{archive.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as opened:
        for zoom, column, row, body in opened.execute("select zoom_level, tile_column, tile_row, tile_data from tiles"):
            # The archive counts rows from the south.
            yield f"{zoom}/{column}/{2**zoom - 1 - row}.mvt", body
