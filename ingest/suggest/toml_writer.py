"""Suggest a mapping as TOML, with the reason for each guess in a comment."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path

from geo_service.core.errors import InputError
from geo_service.core.model import Status
from ingest.mapping.mapping import FileFormat, load_mapping, shipped_names
from ingest.readers.detect import detect_format, open_file
from ingest.readers.file_content import read_head
from ingest.suggest.column_guesses import FIELDS, Guess, guess_columns
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
    batches = islice(open_file(path, FileFormat(), None).batches(_BATCH), -(-rows // _BATCH))
    columns = profile_columns(dict(batch.columns) for batch in batches)
    if not columns or not any(column.filled for column in columns):
        raise InputError(f"cannot suggest a mapping for {path}: there are no rows in it")
    guesses = {guess.field: guess for guess in guess_columns(columns)}
    looked = max(column.filled + column.blank for column in columns)
    return "\n".join(
        [
            f"# A mapping suggested for {path.name} ({detect_format(path, read_head(path))}) by {looked:,} of its rows.",
            "# Each guess has its reason: look them over, name the source, and try it with geo ingest check.",
            'default_status = "new"',
            *_bounds(guesses),
            "",
            *_source(path),
            "",
            *_columns(guesses, columns),
            "",
            *_dates(guesses, zone),
            *_file(guesses),
            *_status(guesses.get("status")),
            "",
        ]
    )


def _source(path: Path) -> list[str]:
    name = path.name.partition(".")[0]
    code = "-".join(name.lower().replace(",", " ").split())[:60] or "file"
    return ["[source]", "# Shown to people; the code never changes again.", *(_line(key, value) for key, value in
            (("code", code), ("name_ru", name or "file"), ("name_en", name or "file")))]  # fmt: skip


def _columns(guesses: dict[str, Guess], columns: Sequence[Profile]) -> Iterator[str]:
    yield "[columns]"
    for field in (known.name for known in FIELDS):
        if guess := guesses.get(field):
            yield f"# {guess.reason}."
            yield _line(field, guess.column.name)
        elif field in _NEEDED or (field in _POINT and not _without_point(guesses)):
            yield f"# NOT FOUND, and needed: no column looks like it.\n# {field} = "
    if _without_point(guesses):
        yield "# No column looks like coordinates: a load geocodes the words."
    used = {guess.column.name for guess in guesses.values()}
    if unused := [column.name for column in columns if column.name not in used]:
        yield f"# Not used: {', '.join(map(_quoted, unused))}"


def _without_point(guesses: dict[str, Guess]) -> bool:
    """Whether there are words and no coordinates."""
    return not any(field in guesses for field in _POINT) and any(field in guesses for field in _WORDS)


def _dates(guesses: dict[str, Guess], zone: str) -> Iterator[str]:
    dated = [guesses[field].column for field in _INSTANTS if field in guesses]
    formats = list(dict.fromkeys(date_format for column in dated for date_format in column.date_formats())) or ["iso"]
    yield "[dates]"
    offsets = all(column.has_offsets() for column in dated)
    yield (
        "# The instants name their offset." if offsets else "# A guess, the service's own: set the zone where the times were written down."
    )
    yield _line("time_zone", zone)
    either = "; a day and a month that could be either are taken as day first" if _is_ambiguous(formats) else ""
    yield f"# The dates looked at are so written{either}."
    yield f"formats = [{', '.join(map(_quoted, formats))}]"
    if "due_at" in guesses:
        yield '# A deadline that is only a date lasts until the end of that day.\nend_of_day = ["due_at"]'


def _is_ambiguous(formats: Sequence[str]) -> bool:
    return any(date_format.startswith("%d/") for date_format in formats)


def _file(guesses: dict[str, Guess]) -> Iterator[str]:
    if any(guesses[field].column.has_comma() for field in ("lat", "lng") if field in guesses):
        yield '\n[file]\n# Coordinates are written with a comma.\ndecimal = ","'


def _bounds(guesses: dict[str, Guess]) -> Iterator[str]:
    if "lat" in guesses and "lng" in guesses:
        lat, lng = (sorted(guesses[field].column.numbers()) for field in ("lat", "lng"))
        yield "# With bounds rows outside west, south, east, north are rejected; the values looked at are within these:"
        yield f"# bounds = [{lng[0]:.2f}, {lat[0]:.2f}, {lng[-1]:.2f}, {lat[-1]:.2f}]"


def _status(guess: Guess | None) -> Iterator[str]:
    if guess is None:
        return
    yield "\n[status]"
    for value, count in guess.column.values.most_common():
        known = _known_statuses().get(value.casefold())
        note = "known from other exports" if known else "NOT KNOWN: taken as new, say what it is"
        yield f"{_quoted(value)} = {_quoted(known or 'new')}  # {count:,} rows; {note}"


@cache
def _known_statuses() -> dict[str, str]:
    """Status codes by name, from the shipped mappings; numbers mean something else in every export."""
    known = {status.code: status.code for status in Status}
    for mapping in map(load_mapping, shipped_names()):
        known |= {value.casefold(): code for value, code in mapping.status.items() if not value.isdigit()}
    return known


def _line(key: str, value: str) -> str:
    return f"{key} = {_quoted(value)}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
