"""The spool: a SQLite file that collects the tiles of an export, so that an interrupted export can be resumed."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from pmtiles.tile import tileid_to_zxy, zxy_to_tileid

from geo_service.core.errors import ArchiveError
from geo_service.core.resources import package_folder
from geo_service.tiles.encoding.grid import Tile

_SCHEMA = package_folder("geo_service.export") / "spool.sql"

SpoolRequest = dict[str, Any]
"""Everything on which the tiles of an export depend, as JSON. An export is only resumed with the same request."""


class SpoolTile(NamedTuple):
    """A tile that is not empty."""

    id: int
    """In the order of PMTiles."""
    digest: bytes
    """Of the tile before compression."""
    body: bytes | None
    """Compressed with gzip; None if the spool has a tile with the same digest."""


class Spool:
    """Tiles in ascending order of their PMTiles ids; equal tiles share one content. Only one process can open it at a time."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises `ArchiveError` if another export is using it, or if it is not a spool."""
        self.path = path
        with file_errors(path):
            self._db = sqlite3.connect(path, isolation_level=None, timeout=0)
            try:
                self._open()
            except BaseException:
                self._db.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._db.close()

    @property
    def request(self) -> SpoolRequest | None:
        """The request of the export; None before it has begun."""
        row = self._db.execute("select document from asked").fetchone()
        return json.loads(row[0]) if row else None

    @property
    def cursor(self) -> int:
        """How many of the candidate tiles are done."""
        return int(self._db.execute("select tiles from position").fetchone()[0])

    @property
    def counts(self) -> tuple[int, int]:
        """The number of tiles, and of different contents."""
        tiles, images = self._db.execute("select (select count(*) from tile), (select count(*) from image)").fetchone()
        return tiles, images

    def begin(self, request: SpoolRequest) -> None:
        """Store the request of the export."""
        with file_errors(self.path):
            self._db.execute("insert into asked values (?)", (json.dumps(request, sort_keys=True),))

    def clear(self) -> None:
        """Delete the request and all tiles."""
        with file_errors(self.path), self._transaction():
            for table in ("tile", "image", "asked"):
                self._db.execute(f"delete from {table}")  # noqa: S608  # fixed names
            self._db.execute("update position set tiles = 0")

    def digests(self) -> set[bytes]:
        """Return the digests of all contents."""
        return {row[0] for row in self._db.execute("select digest from image")}

    def add(self, tiles: Iterable[SpoolTile], cursor: int) -> None:
        """Add tiles and move the cursor in one transaction."""
        with file_errors(self.path), self._transaction():
            for tile in tiles:
                if tile.body is not None:
                    self._db.execute("insert into image (digest, body) values (?, ?)", (tile.digest, tile.body))
                self._db.execute("insert into tile select ?, number from image where digest = ?", (tile.id, tile.digest))
            self._db.execute("update position set tiles = ?", (cursor,))

    def tiles(self) -> Iterator[tuple[int, int]]:
        """Yield the id of every tile and the number of its content, by id."""
        yield from self._db.execute("select id, image from tile order by id")

    def contents(self) -> Iterator[tuple[int, bytes]]:
        """Yield the number and the gzip body of every content, by number."""
        yield from self._db.execute("select number, body from image order by number")

    def body(self, image: int) -> bytes:
        """Return the gzip body of a content. image: its number."""
        body: bytes = self._db.execute("select body from image where number = ?", (image,)).fetchone()[0]
        return body

    def _open(self) -> None:
        # Nothing waits for the disk: after a power cut the export is simply made again.
        self._db.executescript("pragma locking_mode = exclusive; pragma synchronous = off; begin exclusive; commit")
        if not self._db.execute("select 1 from sqlite_schema").fetchone():
            with self._transaction():
                for statement in _SCHEMA.read_text(encoding="utf-8").split(";"):
                    self._db.execute(statement)
                self._db.execute("insert into position values (0)")
        self._db.execute("select 1 from asked, position, image, tile limit 0")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("begin")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")


def tile_id(tile: Tile) -> int:
    """Return the tile's id in PMTiles: tiles are numbered by zoom, then along a Hilbert curve."""
    return int(zxy_to_tileid(tile.z, tile.x, tile.y))


def tile_of(id_: int) -> Tile:
    """Return the tile with an id."""
    return Tile(*tileid_to_zxy(id_))


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Convert errors of SQLite and of the file system into `ArchiveError`."""
    try:
        yield
    except sqlite3.OperationalError as error:
        busy = error.sqlite_errorcode == sqlite3.SQLITE_BUSY
        raise ArchiveError(f"cannot write {path}: {'another export is writing it' if busy else error}") from None
    except sqlite3.DatabaseError as error:
        raise ArchiveError(f"cannot resume {path}: it is not an unfinished export ({error}); delete it, or choose another name") from None
    except OSError as error:
        raise ArchiveError(f"cannot write {error.filename or path}: {(error.strerror or str(error)).lower()}") from None
