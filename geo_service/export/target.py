"""Where an archive goes: its format by its name, its spool beside it, and nothing half-written in its place."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from geo_service.core.errors import ArchiveError, InvalidParameter
from geo_service.export.spool import Spool, file_errors
from geo_service.export.writers.base import ArchiveWriter, Document, Told
from geo_service.export.writers.folder import FolderWriter
from geo_service.export.writers.mbtiles import MbtilesWriter
from geo_service.export.writers.pmtiles import PmtilesWriter

WRITERS: dict[str, ArchiveWriter] = {".pmtiles": PmtilesWriter(), ".mbtiles": MbtilesWriter(), "": FolderWriter()}
"""By the ending of the name; a folder has none."""

_ALLOWED = "a name that ends with .pmtiles or .mbtiles, or a folder: OUT/"


@dataclass(frozen=True, slots=True)
class ExportTarget:
    """An archive's path, and how what is there already is treated."""

    path: Path
    writer: ArchiveWriter
    overwrite: bool = False
    resume: bool = False

    @property
    def spool(self) -> Path:
        """The file of an unfinished export."""
        return self.path.with_name(f"{self.path.name}.part")

    def check(self) -> None:
        """Raises ArchiveError where the archive could not be put at the end, so that it is said at the beginning."""
        if not self.path.parent.is_dir():
            raise ArchiveError(f"cannot export to {self.path}: there is no folder {self.path.parent}")
        with file_errors(self.path):
            if not self.path.exists():
                return
            if not self.overwrite:
                raise ArchiveError(f"cannot export to {self.path}: it is there already; --overwrite replaces it")
            if self.path.is_dir() != isinstance(self.writer, FolderWriter) or not self.writer.made(self.path):
                raise ArchiveError(f"cannot replace {self.path}: it is no {self.writer.name} of tiles; choose another name")

    @contextmanager
    def open_spool(self) -> Iterator[Spool]:
        """The spool to go on with, or a new one; it is gone afterwards unless tiles wait in it."""
        with Spool(self.spool) as spool:
            waiting = spool.request is not None
            if waiting and not (self.resume or self.overwrite):
                raise ArchiveError(
                    f"cannot begin {self.path}: {self.spool} is an unfinished export; --resume goes on with it, --overwrite begins anew"
                )
            if waiting and not self.resume:
                spool.clear()
            try:
                yield spool
            finally:
                if spool.request is None:
                    self.spool.unlink(missing_ok=True)

    def publish(self, spool: Spool, document: Document, told: Told) -> None:
        """Make the archive beside its place, put it there in one step, and forget the spool."""
        fresh, old = (self.path.with_name(f"{self.path.name}.{end}") for end in ("new", "old"))
        with file_errors(self.path):
            for leftover in (fresh, old):
                _remove(leftover)
            self.writer.write(spool, document, fresh, told)
            if self.path.is_dir():
                # A folder cannot be replaced in one step.
                self.path.rename(old)
            fresh.replace(self.path)
            _remove(old)
            spool.clear()


def read_target(out: str, *, overwrite: bool = False, resume: bool = False) -> ExportTarget:
    """The place that a path names. Raises InvalidParameter where its ending belongs to no format."""
    path = Path(out)
    ending = "" if out.endswith("/") else path.suffix.lower()
    if ending not in WRITERS or not path.name:
        raise InvalidParameter("OUT", f"{out[-60:]!r} names no kind of archive", _ALLOWED)
    return ExportTarget(path, WRITERS[ending], overwrite, resume)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
