"""The base maps of the service: archives in the folder `basemaps` of its data folder, each `NAME.pmtiles`.

A file comes and goes by one rename: every serving process sees it with its next request, and never half of it.
"""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from html import unescape
from pathlib import Path
from secrets import token_hex

import structlog

from geo_service.basemap.archive import MAGIC, Archive
from geo_service.basemap.check import CheckedArchive, check_archive
from geo_service.basemap.conversion import MBTILES_MAGIC, convert_mbtiles
from geo_service.basemap.schema import Schema, recognize_schema
from geo_service.core.errors import InputError, NotFound

FOLDER = "basemaps"
"""In the data folder."""
_SUFFIX = ".pmtiles"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_TAG = re.compile(r"<[^>]*>")
_OSM = "OpenStreetMap"
DEFAULT_ATTRIBUTION = {
    Schema.PROTOMAPS: f"© {_OSM} contributors",
    Schema.OPENMAPTILES: f"© OpenMapTiles © {_OSM} contributors",
}
"""Where an archive names nobody: both schemas are made from OpenStreetMap's data, and who uses OpenMapTiles' has to name it."""
_MAX_ATTRIBUTION = 300
_VERSION_BYTES = 8
_UNFINISHED, _ABANDONED_S = ".part", 86_400
_CHUNK = 16 << 20

log = structlog.get_logger(__name__)

OnProgress = Callable[[str, int, int], None]
"""Gets what is being done, how much of it, and of how much."""


@dataclass(frozen=True, slots=True, eq=False)
class Basemap:
    """An archive that the service draws."""

    name: str
    archive: Archive
    schema: Schema

    @property
    def attribution(self) -> str:
        """Whose data it is, as plain text."""
        given = self.archive.metadata.get("attribution")
        text = " ".join(unescape(_TAG.sub("", given)).split())[:_MAX_ATTRIBUTION] if isinstance(given, str) else ""
        return text or DEFAULT_ATTRIBUTION[self.schema]

    @property
    def is_osm(self) -> bool:
        """Whether the data is OpenStreetMap's, under the Open Database License."""
        return _OSM in self.attribution


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file in the folder. problem: why it is not drawn; empty if it is."""

    name: str
    path: Path
    basemap: Basemap | None
    problem: str = ""


class Basemaps:
    """The base maps of a data folder. Files are looked at on every call, which takes some microseconds each, and read when they change."""

    def __init__(self, home: Path) -> None:
        """home: the data folder, which need not exist."""
        self.folder = home / FOLDER
        self._known: dict[Path, tuple[tuple[int, ...], ListedFile]] = {}

    def all(self) -> list[Basemap]:
        """Return those that can be drawn, by name."""
        return [listed.basemap for listed in self.list_files() if listed.basemap]

    def get(self, name: str) -> Basemap:
        """Return one by its name. Raises NotFound."""
        listed = self._look_at(self.folder / f"{name}{_SUFFIX}") if _NAME.fullmatch(name) else None
        if listed is None or listed.basemap is None:
            raise NotFound(f"there is no base map {name[:40]!r}")
        return listed.basemap

    @property
    def version(self) -> str:
        """Of all base maps together: changes when one comes, goes or is replaced; empty where there is none."""
        parts = [f"{each.name} {each.archive.version}" for each in self.all()]
        return blake2b("\n".join(parts).encode(), digest_size=_VERSION_BYTES).hexdigest() if parts else ""

    def list_files(self) -> list[ListedFile]:
        """Return every file in the folder, also those that cannot be drawn, by name."""
        try:
            paths = sorted(path for path in self.folder.iterdir() if path.suffix == _SUFFIX and _NAME.fullmatch(path.stem))
        except OSError:
            return []
        return [listed for path in paths if (listed := self._look_at(path))]

    def _look_at(self, path: Path) -> ListedFile | None:
        """Return a file as it is now; None where there is none."""
        stamp: tuple[int, ...] = ()
        try:
            stat = path.stat()
            stamp = (stat.st_dev, stat.st_ino, stat.st_mtime_ns, stat.st_size)
        except OSError:
            if not path.is_symlink():
                self._known.pop(path, None)
                return None
        known = self._known.get(path)
        if known is None or known[0] != stamp:
            known = self._known[path] = (stamp, _open(path))
        return known[1]

    def add(
        self, source: Path, name: str | None = None, *, link: bool = False, replace: bool = False,
        on_progress: OnProgress = lambda step, done, total: None,
    ) -> tuple[Basemap, CheckedArchive]:  # fmt: skip
        """Check a PMTiles or MBTiles file and put it in the folder. Raises InputError, with the folder as it was.

        name: by default that of the file. link: leave a PMTiles file where it is, and name it by a symbolic link.
        replace: whether it may take the place of one with the same name.
        """
        name = name or source.name.split(".")[0].lower()
        if not _NAME.fullmatch(name):
            raise InputError(f"{name[:60]!r} cannot be a name: use --name with 1 to 40 of a-z, 0-9, - and _, such as region")
        target = self.folder / f"{name}{_SUFFIX}"
        if not replace and (target.exists() or target.is_symlink()):
            raise InputError(f"there is a base map {name} already; use --replace, or another --name")
        kind = _kind_of(source)
        if link and kind == "mbtiles":
            raise InputError("an MBTiles file is converted, not served as it is: leave --link out")
        with _unfinished(self.folder, name) as path:
            if kind == "pmtiles":
                # Before it is copied, which may take minutes.
                check_archive(Archive(source))
            if link:
                path.symlink_to(source.resolve())
            elif kind == "mbtiles":
                convert_mbtiles(source, path, lambda done, total: on_progress("Converting", done, total))
            else:
                _copy(source, path, lambda done, total: on_progress("Copying", done, total))
            checked = check_archive(_named(Archive(path), source))
            path.replace(target)
        return self.get(name), checked

    def remove(self, name: str) -> Path:
        """Remove a base map: the copy, or the link and not the file it names; return the path. Raises NotFound."""
        path = self.folder / f"{name}{_SUFFIX}"
        if not _NAME.fullmatch(name) or not (path.exists() or path.is_symlink()):
            names = ", ".join(listed.name for listed in self.list_files())
            raise NotFound(f"there is no base map {name[:40]!r}; there are: {names or 'none'}")
        path.unlink()
        return path


def _open(path: Path) -> ListedFile:
    try:
        archive = Archive(path)
        return ListedFile(path.stem, path, Basemap(path.stem, archive, recognize_schema(archive.metadata)))
    except InputError as error:
        log.warning("base map cannot be drawn", file=str(path), reason=str(error))
        return ListedFile(path.stem, path, None, str(error))


def _named(archive: Archive, source: Path) -> Archive:
    """Return the archive, which messages name by the file it was made from."""
    archive.path = source
    return archive


def _kind_of(source: Path) -> str:
    try:
        with source.open("rb") as file:
            start = file.read(len(MBTILES_MAGIC))
    except OSError as error:
        raise InputError(f"cannot read {source}: {error.strerror}") from None
    if start.startswith(MAGIC):
        return "pmtiles"
    if start == MBTILES_MAGIC:
        return "mbtiles"
    raise InputError(f"cannot read {source.name}: it is neither a PMTiles nor an MBTiles file")


@contextmanager
def _unfinished(folder: Path, name: str) -> Iterator[Path]:
    """Give a path in the folder for a file that is not seen yet; nothing is left there after an error."""
    path = folder / f".{name}-{token_hex(4)}{_UNFINISHED}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _delete_abandoned(folder)
        yield path
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            path.unlink()


def _delete_abandoned(folder: Path) -> None:
    """Delete what commands that were killed have left; a file that is being written changes all the time."""
    for path in folder.glob(f".*{_UNFINISHED}"):
        with suppress(OSError):
            if time.time() - path.lstat().st_mtime > _ABANDONED_S:
                path.unlink()


def _copy(source: Path, target: Path, on_progress: Callable[[int, int], None]) -> None:
    total, done = source.stat().st_size, 0
    with source.open("rb") as reader, target.open("xb") as writer:
        while chunk := reader.read(_CHUNK):
            writer.write(chunk)
            done += len(chunk)
            on_progress(done, max(total, done))
        writer.flush()
        os.fsync(writer.fileno())
