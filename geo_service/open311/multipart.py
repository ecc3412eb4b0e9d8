"""Requests that are sent as multipart/form-data, as apps do that send photographs along."""

from collections.abc import AsyncIterator
from hashlib import sha256
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from geo_service.core.errors import InputError, InvalidParameter

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MULTIPART = "multipart/form-data"

_MOST_FIELDS = 500
_MOST_TEXT = 1_000_000
"""Bytes of all texts together. What files hold is passed over as it comes, so that their size costs no memory."""


async def read_multipart(parts: AsyncIterator[bytes], content_type: str) -> tuple[dict[str, str], bytes, int]:
    """The arguments, of one that comes several times the first; the SHA-256 of the body; and how many files were passed over.

    Raises `InputError` for what is no such form, `InvalidParameter` for one of too many or too long arguments.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise InputError(f"cannot read the form: {MULTIPART} without a boundary")
    fields = _Fields()
    parser = MultipartParser(boundary, fields.callbacks())
    digest = sha256()
    try:
        async for part in parts:
            digest.update(part)
            parser.write(part)
        parser.finalize()
    except FormParserError as error:
        raise InputError(f"cannot read the form: it is no whole {MULTIPART}") from error
    if not fields.ended:
        raise InputError(f"cannot read the form: the end of the {MULTIPART} is missing")
    return fields.texts(), digest.digest(), fields.files


class _Fields:
    """Collects the texts of a form as its parser meets them."""

    def __init__(self) -> None:
        self.files = 0
        self.ended = False
        self._found: dict[str, bytes] = {}
        self._length = 0
        self._header: list[bytes] = [b"", b""]
        self._disposition: dict[bytes, bytes] = {}
        self._text: bytearray | None = None

    def callbacks(self) -> "MultipartCallbacks":
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._add_header(0, data[start:end]),
            "on_header_value": lambda data, start, end: self._add_header(1, data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._open,
            "on_part_data": self._add,
            "on_part_end": self._close,
            "on_end": self._end,
        }

    def texts(self) -> dict[str, str]:
        """The fields by name."""
        try:
            return {name: value.decode() for name, value in self._found.items()}
        except UnicodeDecodeError as error:
            raise InputError("cannot read the form: it is not UTF-8") from error

    def _begin(self) -> None:
        self._header, self._disposition, self._text = [b"", b""], {}, None

    def _add_header(self, place: int, more: bytes) -> None:
        self._header[place] += more

    def _end_header(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition":
            self._disposition = parse_options_header(value)[1]
        self._header = [b"", b""]

    def _open(self) -> None:
        if b"filename" in self._disposition or b"name" not in self._disposition:
            self.files += 1
        elif len(self._found) >= _MOST_FIELDS:
            raise InvalidParameter("form", "has too many fields", f"at most {_MOST_FIELDS}")
        else:
            self._text = bytearray()

    def _add(self, data: bytes, start: int, end: int) -> None:
        if self._text is None:
            return
        self._length += end - start
        if self._length > _MOST_TEXT:
            raise InvalidParameter("form", "has too much text", f"at most {_MOST_TEXT:,} bytes beside files")
        self._text += data[start:end]

    def _close(self) -> None:
        if self._text is not None:
            self._found.setdefault(self._disposition[b"name"].decode(errors="replace"), bytes(self._text))

    def _end(self) -> None:
        self.ended = True
