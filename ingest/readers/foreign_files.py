"""Recognise what a file is that cannot be read, so that the message names it."""

import re

_OLE = b"\xd0\xcf\x11\xe0"
_PASSWORD = "EncryptedPackage".encode("utf-16-le")
"""Name of the part of an OLE file that holds a workbook with a password."""

EMPTY = "empty"

_LOOKED_AT = 4096
"""Bytes of a text by which it is recognised."""

_MAGIC = {
    b"%PDF": "a PDF",
    b"BZh": "packed with bzip2: unpack it, or pack it as .gz or .zst",
    b"\xfd7zXZ": "packed with xz: unpack it, or pack it as .gz or .zst",
    b"7z\xbc\xaf'\x1c": "a 7z archive: unpack it first",
    b"Rar!": "a RAR archive: unpack it first",
    b"SQLite format 3\x00": "a SQLite database (a GeoPackage is one): export it as GeoJSON or CSV",
}

_MARKUP = (
    (
        re.compile(rb"<title>\s*Exported Data\s*</title>", re.IGNORECASE),
        "an export of Telegram as HTML: export the chat again as machine-readable JSON",
    ),
    (
        re.compile(rb"urn:schemas-microsoft-com:office:spreadsheet|<workbook\b", re.IGNORECASE),
        "an XML spreadsheet of Excel 2003: save it as .xlsx",
    ),
    (
        re.compile(rb"^<(!doctype\s+html|html|head|body|meta|table|style)\b", re.IGNORECASE),
        "an HTML page, whatever its name says: open it in Excel and save it as .xlsx",
    ),
    (re.compile(rb"<html\b|<table\b", re.IGNORECASE), "an HTML page, whatever its name says: open it in Excel and save it as .xlsx"),
    (re.compile(rb"<kml\b", re.IGNORECASE), "KML: convert it to GeoJSON"),
    (re.compile(rb"<gml\b|FeatureCollection\b", re.IGNORECASE), "GML: convert it to GeoJSON"),
    (re.compile(rb"^<\?xml\b", re.IGNORECASE), "XML"),
)  # fmt: skip


def describe_foreign(content: bytes) -> str | None:
    """What a file that begins with `content` is, to be read after "it is"; None where it may be in a format that can be read."""
    if content.startswith(_OLE):
        return (
            "a workbook with a password: save it without one"
            if _PASSWORD in content
            else "a workbook of Excel 2003 or before: save it as .xlsx"
        )
    if magic := next((label for magic, label in _MAGIC.items() if content.startswith(magic)), None):
        return magic
    # UTF-16 becomes readable without its zero bytes.
    text = content[:_LOOKED_AT].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if not text:
        return EMPTY
    if text.lower().startswith(b"mime-version:"):
        return "a web archive: open it in Excel and save it as .xlsx"
    return next((label for look, label in _MARKUP if look.search(text)), None) if text.startswith(b"<") else None
