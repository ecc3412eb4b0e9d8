"""PMTiles version 3: one file that a static host serves by HTTP range requests (https://github.com/protomaps/PMTiles)."""

from contextlib import closing
from pathlib import Path
from typing import Any

from pmtiles.tile import Compression, TileType
from pmtiles.writer import Writer

from geo_service.export.spool import Spool
from geo_service.export.writers.base import Document, ReportTiles

_MAGIC = b"PMTiles"
_DEGREE = 10_000_000
"""Degrees are written in units of 1e-7."""


class PmtilesWriter:
    """Writes tiles in the order of their ids, and each content once. The library splits a large directory into leaves."""

    name = "PMTiles"

    def write(self, spool: Spool, document: Document, path: Path, on_progress: ReportTiles) -> None:
        """Write the file."""
        with path.open("xb") as file:
            writer = Writer(file)  # type: ignore[no-untyped-call]  # the library leaves it untyped
            with closing(writer.tile_f):
                for done, (id_, image) in enumerate(spool.tiles(), start=1):
                    writer.write_tile(id_, spool.body(image))  # type: ignore[no-untyped-call]
                    on_progress(done)
                writer.finalize(_header(document), document)  # type: ignore[no-untyped-call]

    def is_archive(self, path: Path) -> bool:
        """Return whether the file begins like a PMTiles file."""
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC


def _header(document: Document) -> dict[str, Any]:
    west, south, east, north = (round(degrees * _DEGREE) for degrees in document["bounds"])
    lng, lat, zoom = document["center"]
    return {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": west, "min_lat_e7": south, "max_lon_e7": east, "max_lat_e7": north,
        "center_lon_e7": round(lng * _DEGREE), "center_lat_e7": round(lat * _DEGREE), "center_zoom": zoom,
    }  # fmt: skip
