"""Suggest a mapping as TOML, with the reason for each guess in a comment."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path

from geo_service.core.errors import InputError
from geo_service.core.model import Status
from ingest.mapping import normalise
from ingest.mapping.mapping import ColumnNames, load_mapping, shipped_names
from ingest.readers.detect import open_file
from ingest.readers.encodings import encoding_label
from ingest.suggest.column_guesses import Guess, explain_missing, guess_columns
from ingest.suggest.exports import find_export, suggest_export_mapping
from ingest.suggest.file_layout import FileLayout, find_layout
from ingest.suggest.places import suggest_bounds, suggest_crs, suggest_order
from ingest.suggest.profile import Profile, profile_columns

_BATCH = 10_000
_NEEDED = ("external_id", "received_at")
_POINT = ("lng", "lat")
_WORDS = ("address", "text")
_INSTANTS = ("received_at", "due_at", "answered_at", "closed_at", "updated_at")


def suggest_mapping(path: Path, rows: int, zone: str) -> str:
    """A mapping for the file at `path`, guessed from its first `rows` rows, as TOML; `zone` is the time zone of local times.

    `InputError` for a file that cannot be read, or that has no rows.
    """
    if export := find_export(path):
        return suggest_export_mapping(path, export, rows)
    layout = find_layout(path)
    batches = islice(open_file(path, layout.file_format, None).batches(_BATCH), -(-rows // _BATCH))
    columns = profile_columns(dict(batch.columns) for batch in batches)
    if not columns or not any(column.filled for column in columns):
        raise InputError(f"cannot suggest a mapping for {path}: there are no rows in it")
    guesses = {guess.field: guess for guess in guess_columns(columns)}
    looked = max(column.filled + column.blank for column in columns)
    return "\n".join(
        [
            f"# A mapping suggested for {path.name} ({layout.format_name}) by {looked:,} of its rows.",
            "# Each guess has its reason: look them over, name the source, and try it with geo ingest check.",
            'default_status = "new"',
            *suggest_crs(guesses),
            *suggest_order(guesses),
            *suggest_bounds(guesses),
            "",
            *_source(path),
            "",
            *_columns(guesses, columns),
            "",
            *_dates(guesses, zone),
            *_file(guesses, layout),
            *_status(guesses.get("status")),
            "",
        ]
    )


def _source(path: Path) -> list[str]:
    name = path.name.partition(".")[0]
    code = "-".join(name.lower().replace(",", " ").split())[:60] or "file"
    return ["[source]", "# Shown to people; the code never changes again.", *(_line(key, value) for key, value in
            (("code", code), ("name_ru", name or "file"), ("name_en", name or "file")))]  # fmt: skip


def _columns(guesses: dict[str, Guess], columns: list[Profile]) -> Iterator[str]:
    yield "[columns]"
    for field in ColumnNames.model_fields:
        if guess := guesses.get(field):
            yield f"# {guess.reason}."
            yield _line(field, guess.column.name)
        elif field in _NEEDED or (field in _POINT and _needs_point(guesses)):
            yield f"# NOT FOUND, and needed: {explain_missing(field, columns)}.\n# {field} = "
    if not _has_point(guesses) and any(field in guesses for field in _WORDS):
        yield "# No column looks like coordinates: a load geocodes the words."
    used = {guess.column.name for guess in guesses.values()}
    if unused := [column.name for column in columns if column.name not in used]:
        yield f"# Not used: {', '.join(map(_quoted, unused))}"


def _has_point(guesses: dict[str, Guess]) -> bool:
    return "point" in guesses or any(field in guesses for field in _POINT)


def _needs_point(guesses: dict[str, Guess]) -> bool:
    """Whether coordinates are missing: all where there are no words, or half of a pair."""
    return "point" not in guesses and (any(field in guesses for field in _POINT) or not any(field in guesses for field in _WORDS))


def _dates(guesses: dict[str, Guess], zone: str) -> Iterator[str]:
    dated = [guesses[field].column for field in _INSTANTS if field in guesses]
    formats = list(dict.fromkeys(date_format for column in dated for date_format in column.date_formats())) or ["iso"]
    yield "[dates]"
    offsets = bool(dated) and all(column.has_offsets() for column in dated)
    yield (
        "# The instants name their offset." if offsets else "# A guess, the service's own: set the zone where the times were written down."
    )
    yield _line("time_zone", zone)
    either = "; a day and a month that could be either are taken as day first" if _is_ambiguous(formats) else ""
    yield f"# The dates looked at are so written{either}." if dated else "# A guess: no column with dates was found."
    yield f"formats = [{', '.join(map(_quoted, formats))}]"
    if "due_at" in guesses:
        yield '# A deadline that is only a date lasts until the end of that day.\nend_of_day = ["due_at"]'


def _is_ambiguous(formats: Sequence[str]) -> bool:
    return any(date_format.startswith("%d/") for date_format in formats)


def _file(guesses: dict[str, Guess], layout: FileLayout) -> Iterator[str]:
    lines = [*_layout_lines(layout)]
    if any(guesses[field].column.has_comma() for field in ("lat", "lng") if field in guesses):
        lines += ["# Coordinates are written with a comma.", 'decimal = ","']
    if lines:
        yield "\n[file]"
        yield from lines


def _layout_lines(layout: FileLayout) -> Iterator[str]:
    if layout.skip:
        yield f"# The header is in {'row' if layout.format_name == 'xlsx' else 'line'} {layout.skip + 1}, below a title."
        yield f"skip = {layout.skip}"
    if layout.separator:
        yield f"# The first line names the delimiter {_quoted(layout.separator)}: it is read so without a key."
    if encoding := layout.encoding:
        yield f"# The encoding is {encoding_label(encoding.name)}: {encoding.reason}."
        if encoding.doubt:
            yield f"# DOUBTFUL: {encoding.doubt}. Look at the words above, and name another one where they are wrong."
        if encoding.name in ("cp1251", "cp1252", "koi8_r", "cp866"):
            yield _line("encoding", encoding.name)


def _status(guess: Guess | None) -> Iterator[str]:
    if guess is None:
        return
    yield "\n[status]"
    for value, count in guess.column.values.most_common():
        known = _known_statuses().get(normalise(" ".join(value.split())).rstrip(". "))
        note = "known from other exports" if known else "NOT KNOWN: taken as new, say what it is"
        yield f"{_quoted(value)} = {_quoted(known or 'new')}  # {count:,} rows; {note}"


@cache
def _known_statuses() -> dict[str, str]:
    """Status codes by name, from the shipped mappings; numbers mean something else in every export."""
    known = {status.code: status.code for status in Status}
    for mapping in map(load_mapping, shipped_names()):
        known |= {normalise(value): code for value, code in mapping.status.items() if not value.isdigit()}
    return known


def _line(key: str, value: str) -> str:
    return f"{key} = {_quoted(value)}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
