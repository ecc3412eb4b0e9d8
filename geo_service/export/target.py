"""The target of an export: format, spool, and replacing an earlier archive in one step."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from geo_service.core.errors import ArchiveError, InvalidParameter
from geo_service.export.spool import Spool, file_errors
from geo_service.export.writers.base import ArchiveWriter, Document, ReportTiles
from geo_service.export.writers.folder import FolderWriter
from geo_service.export.writers.mbtiles import MbtilesWriter
from geo_service.export.writers.pmtiles import PmtilesWriter

WRITERS: dict[str, ArchiveWriter] = {".pmtiles": PmtilesWriter(), ".mbtiles": MbtilesWriter(), "": FolderWriter()}
"""By the extension of the file name; a folder has none."""

_ALLOWED = "a name that ends with .pmtiles or .mbtiles, or a folder: OUT/"


@dataclass(frozen=True, slots=True)
class ExportTarget:
    """The path of an archive, and what happens to an existing or unfinished one."""

    path: Path
    writer: ArchiveWriter
    overwrite: bool = False
    """Whether an archive at the path is replaced, and an unfinished export started over."""
    resume: bool = False
    """Whether an unfinished export is resumed."""

    @property
    def spool(self) -> Path:
        """The path of the spool."""
        return self.path.with_name(f"{self.path.name}.part")

    def check(self) -> None:
        """Raise `ArchiveError` if the archive could not be written at the end, before any work is done."""
        if not self.path.parent.is_dir():
            raise ArchiveError(f"cannot export to {self.path}: there is no folder {self.path.parent}")
        with file_errors(self.path):
            if not self.path.exists():
                return
            if not self.overwrite:
                raise ArchiveError(f"cannot export to {self.path}: it exists already; --overwrite replaces it")
            if self.path.is_dir() != isinstance(self.writer, FolderWriter) or not self.writer.is_archive(self.path):
                raise ArchiveError(f"cannot replace {self.path}: it is not a {self.writer.name} of tiles; choose another name")

    @contextmanager
    def open_spool(self) -> Iterator[Spool]:
        """Open the spool of an unfinished export, or a new one. At the end it is deleted, unless the export is unfinished.

        Raises `ArchiveError` for an unfinished export that is neither resumed nor started over.
        """
        with Spool(self.spool) as spool:
            unfinished = spool.request is not None
            if unfinished and not (self.resume or self.overwrite):
                raise ArchiveError(
                    f"cannot export to {self.path}: {self.spool} is an unfinished export; --resume continues it, --overwrite starts over"
                )
            if unfinished and not self.resume:
                spool.clear()
            try:
                yield spool
            finally:
                if spool.request is None:
                    self.spool.unlink(missing_ok=True)

    def publish(self, spool: Spool, document: Document, on_progress: ReportTiles) -> None:
        """Write the archive beside its path, move it to the path in one step, and clear the spool."""
        new, old = (self.path.with_name(f"{self.path.name}.{suffix}") for suffix in ("new", "old"))
        with file_errors(self.path):
            for leftover in (new, old):
                _remove(leftover)
            self.writer.write(spool, document, new, on_progress)
            if self.path.is_dir():
                # `replace` works for a file, but not for a folder that is not empty.
                self.path.rename(old)
            new.replace(self.path)
            _remove(old)
            spool.clear()


def read_target(out: str, *, overwrite: bool = False, resume: bool = False) -> ExportTarget:
    """Return the target for a path. Raises `InvalidParameter` for an unknown format."""
    path = Path(out)
    extension = "" if out.endswith("/") else path.suffix.lower()
    if extension not in WRITERS or not path.name:
        raise InvalidParameter("OUT", f"{out[-60:]!r} has no known archive format", _ALLOWED)
    return ExportTarget(path, WRITERS[extension], overwrite, resume)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
