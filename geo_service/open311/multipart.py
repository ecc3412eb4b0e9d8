"""Read forms sent as multipart/form-data, the type that apps use when they add photographs.

Starlette's own reader would keep each photograph in memory or in a temporary file, although none is stored.
"""

from asyncio import to_thread
from collections.abc import AsyncIterator, Callable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from geo_service.core.errors import InputError, InvalidParameter

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MULTIPART = "multipart/form-data"

CHECKED_BYTES = 1_500_000
"""Bytes at the start of a form in which the key must be, where it is in the form: room for all texts, not for photographs."""
_MAX_FIELDS = 500
_MAX_PARTS = 1000
"""Fields and files together. Each costs time whatever is in it, and apps send one for each photograph."""
_MAX_TEXT = 1_000_000
"""Bytes of all texts together. Files are discarded while they are received, so their size needs no limit here."""


_REPEATED = "media_url"
"""The one field that clients repeat, once for each photograph."""


def add_field(form: dict[str, str], name: str, value: str) -> None:
    """Add a field to a form: of repeated fields the first one counts, but addresses of photographs are lines of one text."""
    if name == _REPEATED and name in form:
        form[name] += f"\n{value}"
    else:
        form.setdefault(name, value)


async def read_multipart(
    parts: AsyncIterator[bytes], content_type: str, check: Callable[[Mapping[str, str]], None] | None = None
) -> tuple[dict[str, str], bytes, int]:
    """Return the fields, the SHA-256 of the body, and the number of discarded files.

    Of repeated fields the first one counts, see `add_field`. Parsing happens in a thread: a body of many small parts takes seconds.
    check: called once with the fields of the first `CHECKED_BYTES`, or of the whole body where that is shorter; what it raises
    ends the reading. Raises `InputError` for a malformed form and `InvalidParameter` for a form with too many fields, too many
    parts or too much text.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise InputError(f"cannot read the form: {MULTIPART} without a boundary")
    fields = _FieldCollector()
    parser = MultipartParser(boundary, fields.callbacks())
    digest = sha256()
    try:
        read = 0
        async for part in parts:
            digest.update(part)
            await to_thread(parser.write, part)
            read += len(part)
            if check and read >= CHECKED_BYTES:
                check(fields.texts())
                check = None
        parser.finalize()
    except FormParserError as error:
        raise InputError(f"cannot read the form: malformed {MULTIPART}") from error
    if not fields.ended:
        raise InputError(f"cannot read the form: the end of the {MULTIPART} is missing")
    return fields.texts(), digest.digest(), fields.files


class _FieldCollector:
    """Collects the text fields of a form from the parser's callbacks."""

    def __init__(self) -> None:
        self.files = 0
        self._parts = 0
        self.ended = False
        self._fields: list[tuple[str, bytes]] = []
        self._length = 0
        self._header: list[bytes] = [b"", b""]
        self._disposition: dict[bytes, bytes] = {}
        self._text: bytearray | None = None

    def callbacks(self) -> "MultipartCallbacks":
        """Return the functions that the parser calls."""
        return {
            "on_part_begin": self._begin_part,
            "on_header_field": lambda data, start, end: self._add_header(0, data[start:end]),
            "on_header_value": lambda data, start, end: self._add_header(1, data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._begin_data,
            "on_part_data": self._add_data,
            "on_part_end": self._end_part,
            "on_end": self._end_form,
        }

    def texts(self) -> dict[str, str]:
        """Return the fields by name. Raises `InputError` for text that is not UTF-8."""
        form: dict[str, str] = {}
        try:
            for name, value in self._fields:
                add_field(form, name, value.decode())
        except UnicodeDecodeError as error:
            raise InputError("cannot read the form: it is not UTF-8") from error
        return form

    def _begin_part(self) -> None:
        self._header, self._disposition, self._text = [b"", b""], {}, None

    def _add_header(self, index: int, data: bytes) -> None:
        """Append to the header's name (0) or value (1), which may come in several pieces."""
        self._header[index] += data

    def _end_header(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition":
            self._disposition = parse_options_header(value)[1]
        self._header = [b"", b""]

    def _begin_data(self) -> None:
        self._parts += 1
        if self._parts > _MAX_PARTS:
            raise InvalidParameter("form", "has too many parts", f"at most {_MAX_PARTS}")
        if b"filename" in self._disposition or b"name" not in self._disposition:
            self.files += 1
        elif len(self._fields) >= _MAX_FIELDS:
            raise InvalidParameter("form", "has too many fields", f"at most {_MAX_FIELDS}")
        else:
            self._text = bytearray()

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._text is None:
            return
        self._length += end - start
        if self._length > _MAX_TEXT:
            raise InvalidParameter("form", "has too much text", f"at most {_MAX_TEXT:,} bytes, not counting files")
        self._text += data[start:end]

    def _end_part(self) -> None:
        if self._text is not None:
            self._fields.append((self._disposition[b"name"].decode(errors="replace"), bytes(self._text)))

    def _end_form(self) -> None:
        self.ended = True
