"""Recognise the text encoding of a shapefile that does not name it, and names that were read in a wrong one.

The attributes of a shapefile are in a dBASE table (.dbf). Its encoding is in a file .cpg, or in byte 29 of the table, or, in most
Russian files of the years before 2010, nowhere.
"""

import codecs
import glob
import re
import struct
import zipfile
from collections.abc import Collection, Iterable
from itertools import pairwise
from pathlib import Path

CANDIDATES = ("cp1251", "cp866")
"""Encodings of Cyrillic that are recognised, beside UTF-8."""

_RIVAL = "koi8-r"
"""In it the capitals of cp1251 are small letters of another order: what is plausible in it is not recognised at all."""

_UNNAMED = (0x00, 0x57)
"""Language drivers of a table that say nothing: none, and "the system's own"."""
_DRIVER_BYTE = 29
_HEADER_BYTES = _FIELD_BYTES = 32
_LETTER = r"[^\W\d_]"
_WORD = re.compile(f"{_LETTER}+")
_CYRILLIC = re.compile(r"[\u0400-\u052f]+")
_SIGNS = frozenset("«»№–—“”„’…\u00a0§°")
"""Signs beside letters that Russian names have."""
_SIGN_IN_WORD = re.compile(f"{_LETTER}[№«»…§°]{_LETTER}")
_ACCENTED = re.compile(r"[\u00c0-\u00ff]{4,}")
"""No language that is written in Latin letters has words of accented letters only."""


def read_unnamed_texts(path: Path, fields: Collection[str]) -> list[bytes] | None:
    """Return the values of the fields of a shapefile, alone or in a zip archive, that does not name their encoding; None for others."""
    if path.suffix.lower() == ".shp":
        files = {file.suffix.lower(): file for file in path.parent.glob(f"{glob.escape(path.stem)}.*")}
        return _read_texts(files[".dbf"].read_bytes(), fields) if ".dbf" in files and ".cpg" not in files else None
    if not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as archive:
        names = {Path(name).suffix.lower(): name for name in archive.namelist()}
        if ".shp" not in names or ".dbf" not in names or ".cpg" in names:
            return None
        return _read_texts(archive.read(names[".dbf"]), fields)


def _read_texts(table: bytes, fields: Collection[str]) -> list[bytes] | None:
    """Return the values of text fields of a dBASE table; None if it names its encoding, or is none.

    Layout: https://www.loc.gov/preservation/digital/formats/fdd/fdd000325.shtml
    """
    if len(table) <= _HEADER_BYTES or table[_DRIVER_BYTE] not in _UNNAMED:
        return None
    count, header_length, row_length = struct.unpack_from("<IHH", table, 4)
    offset, texts = 1, []
    for at in range(_HEADER_BYTES, min(header_length, len(table)) - 1, _FIELD_BYTES):
        name, kind, length = table[at : at + 11].partition(b"\0")[0], table[at + 11 : at + 12], table[at + 16]
        if kind == b"C" and name.decode("ascii", "replace") in fields:
            starts = range(header_length + offset, min(header_length + count * row_length, len(table)), max(row_length, 1))
            texts += [table[start : start + length].strip(b" \0") for start in starts]
        offset += length
    return texts


def guess_encoding(values: Iterable[bytes]) -> str | None:
    """Return the encoding of texts: UTF-8 if they are valid, else the one in which they are plain Russian names.

    None if none or several of CANDIDATES are equally plausible.

    >>> guess_encoding(["Ейский район".encode("cp1251")]), guess_encoding(["Ейский район".encode("cp866")])
    ('cp1251', 'cp866')
    >>> guess_encoding(["Zürich".encode("cp1252")]) is None
    True
    """
    texts = list(values)
    if all(map(_is_utf_8, texts)):
        return "utf-8"
    scores = {encoding: score for encoding in (*CANDIDATES, _RIVAL) if (score := _rate(texts, encoding)) is not None}
    best = min(scores.values(), default=None)
    chosen = [encoding for encoding, score in scores.items() if score == best]
    return chosen[0] if len(chosen) == 1 and chosen[0] != _RIVAL else None


def _is_utf_8(text: bytes) -> bool:
    """Whether a text is UTF-8; its last character may be cut by the width of the field."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(text, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _rate(texts: list[bytes], encoding: str) -> tuple[int, int] | None:
    """Return how implausible the texts are in an encoding; None if they cannot be Russian names.

    First the number of capitals behind small letters within a word, then that of texts that begin with a small letter: in a wrong
    encoding capitals and small letters change places.
    """
    inner, small = 0, 0
    for text in texts:
        try:
            decoded = text.decode(encoding)
        except UnicodeDecodeError:
            return None
        if not _is_russian(decoded):
            return None
        words = _WORD.findall(decoded)
        inner += sum(after.isupper() and before.islower() for word in words for before, after in pairwise(word))
        small += bool(words) and words[0][0].islower()
    return inner, small


def _is_russian(text: str) -> bool:
    """Whether all letters beyond ASCII are Cyrillic, no word has letters of two scripts, and other signs are usual."""
    plain = all(character in _SIGNS or character.isascii() or _CYRILLIC.fullmatch(character) for character in text)
    mixed = any(len({letter.isascii() for letter in word}) > 1 for word in _WORD.findall(text))
    return plain and not mixed and not _SIGN_IN_WORD.search(text)


def find_wrong_encoding(texts: Iterable[str]) -> str | None:
    """Return the encoding that names should have been read in, if they were read in another; None if they look right.

    >>> find_wrong_encoding(["Åéñêèé ðàéîí"]), find_wrong_encoding(["Р•Р№СЃРєРёР№"])
    ('cp1251', 'utf-8')
    >>> find_wrong_encoding(["Ейский район", "Zürich", "Ærø"]) is None
    True
    """
    for text in texts:
        if text.isascii():
            continue
        if "\ufffd" in text:
            return "cp1251"
        if _ACCENTED.search(text):
            return "cp1251"
        for wrong in ("cp1251", "cp1252", "latin-1"):
            try:
                right = text.encode(wrong).decode("utf-8")
            except UnicodeError:
                continue
            if _CYRILLIC.search(right):
                return "utf-8"
    return None
