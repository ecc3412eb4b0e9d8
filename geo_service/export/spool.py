"""The spool: one SQLite file in which the tiles of an export wait, so that whoever is interrupted can go on."""

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

Asked = dict[str, Any]
"""What an export is of, as JSON: an interrupted one is only gone on with for the same."""


class EncodedTile(NamedTuple):
    """A tile that holds something. digest: of what is in it, before compression; body: gzip, None where the spool has it."""

    id: int
    digest: bytes
    body: bytes | None


class Spool:
    """Tiles in ascending order of their PMTiles ids, each content once. Held by one process at a time."""

    def __init__(self, path: Path) -> None:
        """Raises ArchiveError where another export is using the file, or it is not a spool."""
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
    def request(self) -> Asked | None:
        """What it is of; None before it is begun."""
        row = self._db.execute("select document from asked").fetchone()
        return json.loads(row[0]) if row else None

    @property
    def cursor(self) -> int:
        """How many of the tiles that may hold something have been looked at."""
        return int(self._db.execute("select tiles from position").fetchone()[0])

    @property
    def counts(self) -> tuple[int, int]:
        """How many tiles, and how many different ones."""
        tiles, images = self._db.execute("select (select count(*) from tile), (select count(*) from image)").fetchone()
        return tiles, images

    def begin(self, asked: Asked) -> None:
        """Say what it is of."""
        with file_errors(self.path):
            self._db.execute("insert into asked values (?)", (json.dumps(asked, sort_keys=True),))

    def clear(self) -> None:
        """Forget everything."""
        with file_errors(self.path), self._transaction():
            for table in ("tile", "image", "asked"):
                self._db.execute(f"delete from {table}")  # noqa: S608  # fixed names
            self._db.execute("update position set tiles = 0")

    def digests(self) -> set[bytes]:
        """Of all contents that are here."""
        return {row[0] for row in self._db.execute("select digest from image")}

    def add(self, made: Iterable[EncodedTile], position: int) -> None:
        """Take in tiles, and that `position` have been looked at; both or nothing."""
        with file_errors(self.path), self._transaction():
            for tile in made:
                if tile.body is not None:
                    self._db.execute("insert into image (digest, body) values (?, ?)", (tile.digest, tile.body))
                self._db.execute("insert into tile select ?, number from image where digest = ?", (tile.id, tile.digest))
            self._db.execute("update position set tiles = ?", (position,))

    def tiles(self) -> Iterator[tuple[int, int]]:
        """Id and the number of its content, of every tile that holds something, by id."""
        yield from self._db.execute("select id, image from tile order by id")

    def contents(self) -> Iterator[tuple[int, bytes]]:
        """Number and gzip body of every content, by number."""
        yield from self._db.execute("select number, body from image order by number")

    def body(self, image: int) -> bytes:
        """The gzip body of a content."""
        found: bytes = self._db.execute("select body from image where number = ?", (image,)).fetchone()[0]
        return found

    def _open(self) -> None:
        # A spool that is lost with the machine's power is begun anew: nothing waits for the disk.
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
    """The tile's place in the order of PMTiles: by zoom, then along a Hilbert curve."""
    return int(zxy_to_tileid(tile.z, tile.x, tile.y))


def tile_of(identity: int) -> Tile:
    """The tile at a place in that order."""
    return Tile(*tileid_to_zxy(identity))


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Turn what goes wrong with files into ArchiveError."""
    try:
        yield
    except sqlite3.OperationalError as error:
        busy = error.sqlite_errorcode == sqlite3.SQLITE_BUSY
        raise ArchiveError(f"cannot write {path}: {'another export is writing it' if busy else error}") from None
    except sqlite3.DatabaseError as error:
        raise ArchiveError(f"cannot go on with {path}: it is not an unfinished export ({error}); --overwrite begins anew") from None
    except OSError as error:
        raise ArchiveError(f"cannot write {error.filename or path}: {(error.strerror or str(error)).lower()}") from None
