"""Zip archives: the file in one with a single file, and what other kinds of zip are."""

import zipfile
from typing import BinaryIO

from geo_service.core.errors import InputError

ZIP = (b"PK\x03\x04", b"PK\x05\x06")
"""First bytes; the second of an archive without files."""

_NAMES_LISTED = 10
_ENCRYPTED = 0x1
"""Flag of a member."""

_FOREIGN = (
    ("word/document.xml", "a Word document: save its table as .xlsx or .csv"),
    ("ppt/presentation.xml", "a presentation"),
    ("content.xml", "an OpenDocument spreadsheet: save it as .xlsx or .csv"),
    ("doc.kml", "KMZ: convert it to GeoJSON"),
)
"""A member that only one kind of file has, and what that is."""


def find_member(raw: BinaryIO) -> str | None:
    """Name of the only file in the archive; None for a workbook, and for what is no whole archive.

    `InputError`, to be read after "it", for one with no or several files, with a password, or of another kind.
    """
    try:
        with zipfile.ZipFile(raw) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None
    finally:
        raw.seek(0)
    names = [member.filename for member in members]
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        return None
    for name, kind in _FOREIGN:
        if name in names:
            raise InputError(f"is {kind}")
    files = [member for member in members if not member.is_dir() and not _is_by_product(member.filename)]
    if not files:
        raise InputError("is a zip archive without files")
    if len(files) > 1:
        more = f" and {len(files) - _NAMES_LISTED:,} more" if len(files) > _NAMES_LISTED else ""
        listed = ", ".join(member.filename for member in files[:_NAMES_LISTED])
        raise InputError(f"is a zip archive with {len(files):,} files ({listed}{more}): unpack it and load one of them")
    if files[0].flag_bits & _ENCRYPTED:
        raise InputError("is a zip archive with a password: unpack it first")
    return files[0].filename


def _is_by_product(name: str) -> bool:
    """Whether an archiver has added the file by itself."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2] in (".DS_Store", "Thumbs.db", "desktop.ini")
