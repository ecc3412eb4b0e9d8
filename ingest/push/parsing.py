"""From the bytes of a request, as they come, to rows."""

from typing import Any, Protocol

import ijson

from geo_service.core.errors import BodyTooLarge, InputError
from ingest.readers import BrokenRow
from ingest.readers.json import LEADING, PIECE, NestingGuard, first_line, line_record, too_long
from ingest.readers.records import LONGEST_ROW, Record

MOST_ROWS = 50_000
"""Of a document, whose answer is a document too and held in memory; NDJSON has no such limit."""

Row = Record | BrokenRow

_BLANK = b" \t\r\n\xef\xbb\xbf"


class Parser(Protocol):
    """Bytes in, rows out."""

    form: str
    """How the body is understood: object, list or lines."""

    def feed(self, data: bytes) -> list[Row]:
        """The rows that are whole now. `InputError` for what cannot be read."""
        ...

    def finish(self) -> list[Row]:
        """The rows that end with the body. `InputError` when it is cut short."""
        ...


class LineParser:
    """NDJSON: an object a line; a bad line costs itself only."""

    form = "lines"

    def __init__(self) -> None:
        self._rest = b""
        self._number = 0
        self._cut = False

    def feed(self, data: bytes) -> list[Row]:
        """The rows whose lines are whole now."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        rows = [row for line in lines if (row := self._row(line))]
        if len(self._rest) > LONGEST_ROW:
            # Its beginning is enough to tell of it; the rest is passed over until the line ends.
            self._rest, self._cut = self._rest[:LONGEST_ROW], True
        return rows

    def finish(self) -> list[Row]:
        """The last line, which needs no end."""
        last = self._row(self._rest)
        return [last] if last else []

    def _row(self, line: bytes) -> Row | None:
        self._number += 1
        cut, self._cut = self._cut or len(line) > LONGEST_ROW, False
        content = line.lstrip(LEADING).rstrip()
        if not content:
            return None
        return too_long(self._number, content) if cut else line_record(self._number, content)


class DocumentParser:
    """A JSON document: an object, or a list of objects."""

    form = "object"

    def __init__(self) -> None:
        self._meter = NestingGuard()
        self._found: list[object] = []
        self._events: Any = None
        self._count = 0

    def feed(self, data: bytes) -> list[Row]:
        """The rows that are whole now."""
        if self._events is None:
            data = data.lstrip(_BLANK)
            if not data:
                return []
            self.form = "list" if data.startswith(b"[") else "object"
            self._events = ijson.items_coro(_Sink(self._found), "item" if self.form == "list" else "", use_float=True)
        return self._parsed(data)

    def finish(self) -> list[Row]:
        """Nothing: a document that is whole has given all its rows."""
        if self._events is None:
            raise InputError("cannot read the body: it is empty; an incident or a list of incidents is needed")
        try:
            self._events.close()
        except (ijson.JSONError, UnicodeDecodeError) as error:
            raise _unreadable(error) from error
        return self._collect_rows()

    def _parsed(self, data: bytes) -> list[Row]:
        rows: list[Row] = []
        try:
            for at in range(0, len(data), PIECE):
                self._events.send(self._meter.pass_on(data[at : at + PIECE]))
                rows += self._collect_rows()
        except InputError as error:
            raise InputError(f"cannot read the body: it {error}") from error
        except (ijson.JSONError, UnicodeDecodeError) as error:
            raise _unreadable(error) from error
        return rows

    def _collect_rows(self) -> list[Row]:
        rows: list[Row] = []
        for values in self._found:
            self._count += 1
            if self._count > MOST_ROWS:
                raise BodyTooLarge(f"a document has at most {MOST_ROWS:,} incidents; send NDJSON (application/x-ndjson)")
            rows.append(
                Record(self._count, values) if isinstance(values, dict) else BrokenRow(self._count, f"{values}"[:1000], "no object")
            )
        if rows:
            self._meter.row_ended()
            self._found.clear()
        return rows


def _unreadable(error: Exception) -> InputError:
    return InputError(f"cannot read the body: it is no JSON, or cut short: {first_line(error)[:100]}")


class _Sink:
    """What ijson sends its objects to."""

    def __init__(self, found: list[object]) -> None:
        self._found = found

    def send(self, value: object) -> None:
        self._found.append(value)
