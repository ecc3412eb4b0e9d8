"""Which encoding a text file has, when nobody says: by its mark, as UTF-8, or as one of the Russian ones."""

import codecs

from charset_normalizer import from_bytes

SAMPLE = 1 << 18
"""Bytes looked at."""

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_RUSSIAN = ["cp1251", "koi8_r", "cp866"]
_LETTERS_NEEDED = 3
"""Bytes beyond ASCII; fewer are rather a damaged place in UTF-8."""

_LINES_BYTES = 1 << 15
"""Of the lines that have such bytes: enough to tell the encodings apart, and few enough to be quick."""


def detect_encoding(sample: bytes) -> str:
    """The name of the encoding of a file that begins with `sample`; UTF-8 when there is no reason for another.

    A few damaged places do not make a UTF-8 file another: they are broken rows.
    """
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    if sample.isascii():
        return "utf-8-sig"
    beyond = sum(byte >= 0x80 for byte in sample)
    damaged = sample.decode("utf-8", "surrogateescape")
    lost = sum("\udc80" <= sign <= "\udcff" for sign in damaged)
    if beyond < _LETTERS_NEEDED or lost <= beyond / 2:
        return "utf-8-sig"
    lines = b"\n".join(line for line in sample.splitlines() if not line.isascii())
    best = from_bytes(lines[:_LINES_BYTES], cp_isolation=_RUSSIAN).best()
    return best.encoding if best else "utf-8-sig"


def named(encoding: str | None, sample: bytes) -> str:
    """The encoding that was named, else the one recognised; one of UTF-8 with or without a mark."""
    name = encoding and codecs.lookup(encoding).name
    return {None: "", "utf-8": "utf-8-sig"}.get(name, name or "") or detect_encoding(sample)


def spelt(encoding: str) -> str:
    """For a message."""
    return {"utf-8-sig": "utf-8", "cp1251": "windows-1251"}.get(encoding, encoding)
