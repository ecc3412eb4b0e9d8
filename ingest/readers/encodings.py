"""The encoding of a text file, and why it is taken for that."""

import codecs
import re
from typing import NamedTuple

from charset_normalizer import from_bytes

_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_RUSSIAN = ["cp1251", "koi8_r", "cp866"]
_WESTERN = "cp1252"
_LETTERS_NEEDED = 3
"""Bytes beyond ASCII; fewer are more likely damage in a UTF-8 file."""

_LETTERS_SURE = 20
"""Letters beyond ASCII from which on the kind of a text is clear."""

_SAMPLE_BYTES = 1 << 15
"""Of lines with bytes beyond ASCII: enough to tell the encodings apart, and few enough to be quick."""

_MOSTLY, _PARTLY = 0.6, 0.15
"""Shares of letters beyond ASCII that stand in one word with Latin ones: hardly any in Russian, nearly all in French."""

_WORD = re.compile(r"[^\W\d_]{2,}")


class EncodingGuess(NamedTuple):
    """An encoding and the reason."""

    name: str
    """`utf-8-sig` for UTF-8 with or without a byte order mark."""
    reason: str
    doubt: str = ""
    """What else it may be; blank where there is no doubt."""


def choose_encoding(declared: str | None, head: bytes) -> str:
    """The declared encoding, else the one that is recognised; utf-8-sig for UTF-8 with or without a byte order mark."""
    name = declared and codecs.lookup(declared).name
    return {None: "", "utf-8": "utf-8-sig"}.get(name, name or "") or guess_encoding(head).name


def guess_encoding(head: bytes) -> EncodingGuess:
    """The encoding of a text file that begins with `head`: by its mark, as UTF-8, as a Russian one, or as the Western one.

    A few damaged places do not turn a UTF-8 file into another: they are broken rows.
    """
    for mark, name in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return EncodingGuess(name, "by its byte order mark")
    if head.isascii():
        return EncodingGuess("utf-8-sig", "only ASCII characters so far")
    beyond_ascii = sum(byte >= 0x80 for byte in head)
    undecodable = sum("\udc80" <= sign <= "\udcff" for sign in head.decode("utf-8", "surrogateescape"))
    if not undecodable or beyond_ascii < _LETTERS_NEEDED or undecodable <= beyond_ascii / 2:
        damaged = f", but for {undecodable:,} bytes" if undecodable else ""
        return EncodingGuess("utf-8-sig", f"its bytes are UTF-8{damaged}")
    return _guess_single_byte(b"\n".join(line for line in head.splitlines() if not line.isascii())[:_SAMPLE_BYTES])


def _guess_single_byte(sample: bytes) -> EncodingGuess:
    """By whether the letters beyond ASCII make words of their own, as in Russian, or stand in Latin words, as in French."""
    mixed = pure = 0
    for word in _WORD.findall(sample.decode("cp1251", "replace")):
        beyond = sum(sign > "\x7f" for sign in word)
        mixed, pure = (mixed + beyond, pure) if beyond < len(word) else (mixed, pure + beyond)
    share, letters = mixed / max(mixed + pure, 1), mixed + pure
    if share > _MOSTLY:
        few = f"only {letters} letters tell" if letters < _LETTERS_SURE else ""
        return EncodingGuess(
            _WESTERN,
            "its letters beyond ASCII stand in Latin words",
            f"{few}; windows-1251 or another".removeprefix("; ") if few else "another Western or Central European encoding looks alike",
        )
    best = from_bytes(sample, cp_isolation=_RUSSIAN).best()
    name = best.encoding if best else "cp1251"
    doubts = (
        "the file cannot be read as any Russian encoding" if best is None else "",
        f"only {letters} letters tell" if letters < _LETTERS_SURE else "",
        f"{share:.0%} of its letters beyond ASCII stand in Latin words, as in windows-1252" if share > _PARTLY else "",
    )
    return EncodingGuess(name, "by how often its letters occur in Russian", "; ".join(filter(None, doubts)))


def encoding_label(encoding: str) -> str:
    """The name of the encoding in a message."""
    return {"utf-8-sig": "utf-8", "cp1251": "windows-1251", "cp1252": "windows-1252"}.get(encoding, encoding)
