"""Range requests (RFC 9110, 14): which part of a file is asked for."""

import re
from dataclasses import dataclass

_SINGLE = re.compile(r"bytes=\s*([0-9]*)-([0-9]*)\s*", re.IGNORECASE)
_MAX_DIGITS = 18


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A part of a file: from `start` to before `stop`. Empty where the file has nothing of what was asked for."""

    start: int
    stop: int


def read_range(header: str, size: int, if_range: str = "", etag: str = "") -> ByteRange | None:
    """Return the part that a Range header asks for; None where the whole file is to be sent.

    The whole file is sent without the header, with one that is malformed, has another unit or several ranges, all of which a
    server may pass over, and where If-Range names another state of the file than the ETag.

    >>> read_range("bytes=0-126", 1000), read_range("bytes=-100", 1000), read_range("bytes=990-2000", 1000)
    (ByteRange(start=0, stop=127), ByteRange(start=900, stop=1000), ByteRange(start=990, stop=1000))
    """
    match = _SINGLE.fullmatch(header.strip())
    if match is None or (if_range and if_range.strip() != etag):
        return None
    first, last = match.groups()
    if (not first and not last) or max(len(first), len(last)) > _MAX_DIGITS:
        return None
    if not first:
        return ByteRange(max(size - int(last), 0), size)
    if last and int(last) < int(first):
        return None
    return ByteRange(min(int(first), size), min(int(last) + 1, size) if last else size)
