"""Parse the bytes of a request to rows as they arrive."""

from typing import Any, Protocol

import ijson

from geo_service.core.errors import BodyTooLarge, InputError
from ingest.readers import BrokenRow
from ingest.readers.json import CHUNK_BYTES, LEADING, NestingGuard, first_line, make_oversized_row, parse_line
from ingest.readers.records import LONGEST_ROW, Record

MOST_ROWS = 50_000
"""Of a document, whose response is held in memory; NDJSON has no such limit."""

PushedRow = Record | BrokenRow

_BLANK = b" \t\r\n\xef\xbb\xbf"


class Parser(Protocol):
    """Bytes in, rows out."""

    form: str
    """Of the body: object, list or lines."""

    def feed(self, data: bytes) -> list[PushedRow]:
        """The rows that are complete now. `InputError` for a body that cannot be parsed."""
        ...

    def finish(self) -> list[PushedRow]:
        """The rows that end with the body. `InputError` when it is cut short."""
        ...


class LineParser:
    """NDJSON: an object a line; a bad line costs itself only."""

    form = "lines"

    def __init__(self) -> None:
        self._rest = b""
        self._number = 0
        self._cut = False

    def feed(self, data: bytes) -> list[PushedRow]:
        """The rows whose lines are complete now."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        rows = [row for line in lines if (row := self._row(line))]
        if len(self._rest) > LONGEST_ROW:
            # The beginning is enough for the error; the rest of the line is skipped.
            self._rest, self._cut = self._rest[:LONGEST_ROW], True
        return rows

    def finish(self) -> list[PushedRow]:
        """The last line, which needs no end."""
        last = self._row(self._rest)
        return [last] if last else []

    def _row(self, line: bytes) -> PushedRow | None:
        self._number += 1
        cut, self._cut = self._cut or len(line) > LONGEST_ROW, False
        content = line.lstrip(LEADING).rstrip()
        if not content:
            return None
        return make_oversized_row(self._number, content) if cut else parse_line(self._number, content)


class DocumentParser:
    """A JSON document: an object, or a list of objects."""

    form = "object"

    def __init__(self) -> None:
        self._guard = NestingGuard()
        self._values: list[object] = []
        self._events: Any = None
        self._count = 0

    def feed(self, data: bytes) -> list[PushedRow]:
        """The rows that are complete now."""
        if self._events is None:
            data = data.lstrip(_BLANK)
            if not data:
                return []
            self.form = "list" if data.startswith(b"[") else "object"
            self._events = ijson.items_coro(_Sink(self._values), "item" if self.form == "list" else "", use_float=True)
        return self._parse(data)

    def finish(self) -> list[PushedRow]:
        """Nothing: a complete document has returned all its rows."""
        if self._events is None:
            raise InputError("cannot read the body: it is empty; an incident or a list of incidents is needed")
        try:
            self._events.close()
        except (ijson.JSONError, UnicodeDecodeError) as error:
            raise _parse_error(error) from error
        return self._collect_rows()

    def _parse(self, data: bytes) -> list[PushedRow]:
        rows: list[PushedRow] = []
        try:
            for start in range(0, len(data), CHUNK_BYTES):
                self._events.send(self._guard.check(data[start : start + CHUNK_BYTES]))
                rows += self._collect_rows()
        except InputError as error:
            raise InputError(f"cannot read the body: it {error}") from error
        except (ijson.JSONError, UnicodeDecodeError) as error:
            raise _parse_error(error) from error
        return rows

    def _collect_rows(self) -> list[PushedRow]:
        rows: list[PushedRow] = []
        for values in self._values:
            self._count += 1
            if self._count > MOST_ROWS:
                raise BodyTooLarge(f"a document has at most {MOST_ROWS:,} incidents; send NDJSON (application/x-ndjson)")
            rows.append(
                Record(self._count, values) if isinstance(values, dict) else BrokenRow(self._count, f"{values}"[:1000], "no object")
            )
        if rows:
            self._guard.end_row()
            self._values.clear()
        return rows


def _parse_error(error: Exception) -> InputError:
    return InputError(f"cannot read the body: it is no JSON, or cut short: {first_line(error)[:100]}")


class _Sink:
    """Receives ijson's objects."""

    def __init__(self, values: list[object]) -> None:
        self._values = values

    def send(self, value: object) -> None:
        self._values.append(value)
