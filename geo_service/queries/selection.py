"""Query parameters → Selection. Everything unknown or malformed is refused, naming what is allowed."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import h3.api.basic_int as h3

from geo_service.aggregation.catalogue.catalogue import Catalogue, Entries
from geo_service.aggregation.measures.measures import MEASURES, Measure
from geo_service.aggregation.selection.selection import Ids, Selection, Statuses, Window
from geo_service.aggregation.selection.time_buckets import year_before
from geo_service.core.errors import InvalidParameter
from geo_service.core.model import COARSEST_RESOLUTION, FINEST_RESOLUTION, OPEN_STATUSES, DistrictLevel, Status

SELECTION_PARAMETERS = (
    "sector", "theme", "source", "agency", "status", "duplicates", "district", "window", "from", "to", "compare", "measure",
)  # fmt: skip
COMPARISONS = ("previous", "year")
DUPLICATES = ("count", "merge")

DEFAULT_WINDOW = "30d"
_UNIT_SECONDS = {"h": 3600, "d": 86_400, "w": 7 * 86_400, "y": 365 * 86_400}
_WINDOW = re.compile(r"([1-9][0-9]{0,4})([hdwy])")
_WINDOW_ALLOWED = "a number and h, d, w or y, such as 24h, 3d, 7d, 30d, 12w, 1y"
_INSTANT_ALLOWED = "a date (2026-11-24) or an RFC 3339 instant (2026-11-24T08:00:00Z)"
_STEP_S = 60
_SHORT_STEP_S = 10
"""For windows of up to three days."""
_LATEST = 0xFFFFFFFF
"""Instants are kept as unsigned 32-bit seconds."""
_LISTED_AT_MOST = 50
"""Allowed codes named in an answer."""

_STATUS_GROUPS: dict[str, Statuses] = {
    "open": Statuses(OPEN_STATUSES),
    "closed": Statuses(frozenset({Status.CLOSED})),
    "overdue": Statuses(frozenset(), overdue=True),
} | {status.code: Statuses(frozenset({status})) for status in Status}


@dataclass(frozen=True, slots=True)
class SelectionQuery:
    """A selection, the measure asked of it, and what it is compared with."""

    selection: Selection
    measure: Measure
    valid_until: int
    """Until then, seconds since 1970, the same words ask the same question."""
    compare: Selection | None = None
    """The same filter in another window."""
    compared_by: str | None = None
    """One of COMPARISONS, where something is compared."""


def read_selection_query(
    query: Sequence[tuple[str, str]], catalogue: Catalogue, zone: ZoneInfo, extra: Sequence[str] = (),
    clock: Callable[[], float] = time.time, measures: Mapping[str, Measure] = MEASURES,
) -> SelectionQuery:  # fmt: skip
    """The question that the query string asks.

    also: parameters that the caller reads itself; measures: those that can be asked for here.
    """
    given = single_values(query, (*SELECTION_PARAMETERS, *extra))
    window, now, step = _read_window(given, zone, clock())
    selection = Selection(
        window=window,
        now=now,
        themes=catalogue.theme_ids(_codes(given, "sector", catalogue.sectors), _codes(given, "theme", catalogue.themes)),
        sources=_ids(given, "source", catalogue.sources),
        agencies=_ids(given, "agency", catalogue.agencies),
        districts=_district_ids(given, catalogue),
        statuses=_read_statuses(given),
    )
    compare = _read_compare(given, selection, now + step, zone)
    measure = measures[read_choice(given, "measure", list(measures), "count")]
    if measure.needs_compare and compare is None:
        raise InvalidParameter(
            "measure", f"{measure.code!r} needs something to compare with", "together with compare=previous or compare=year"
        )
    return SelectionQuery(selection, measure, valid_until=now + step, compare=compare, compared_by=given.get("compare"))


def single_values(query: Sequence[tuple[str, str]], allowed: Sequence[str]) -> dict[str, str]:
    """The query string as a mapping; unknown and repeated parameters are refused."""
    given: dict[str, str] = {}
    for name, value in query:
        if name not in allowed:
            raise InvalidParameter(_shorten(name), "there is no such parameter here", allowed)
        if name in given:
            raise InvalidParameter(name, "is given more than once", "one value, several codes joined by commas")
        given[name] = value
    return given


def read_int(given: Mapping[str, str], name: str, low: int, high: int, default: int | None = None) -> int:
    """A whole number in [low, high]."""
    text = given.get(name)
    if text is None and default is not None:
        return default
    if text is None or not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
        fault = "is missing" if text is None else f"{_shorten(text)!r} is not usable"
        raise InvalidParameter(name, fault, f"a whole number from {low} to {high}")
    return int(text)


def read_choice(given: Mapping[str, str], name: str, choices: Sequence[str], default: str | None = None) -> str:
    """One of the choices."""
    value = given.get(name, default)
    if value is None or value not in choices:
        raise InvalidParameter(name, "is missing" if value is None else f"{_shorten(value)!r} is not known", choices)
    return value


def read_level(given: Mapping[str, str], default: DistrictLevel = DistrictLevel.DISTRICT) -> DistrictLevel:
    """The level of districts."""
    return DistrictLevel[read_choice(given, "level", [level.code for level in DistrictLevel], default.code).upper()]


def read_optional_level(given: Mapping[str, str]) -> DistrictLevel | None:
    """The level of districts asked for; None where none is."""
    return read_level(given) if "level" in given else None


def read_codes(given: Mapping[str, str], name: str, choices: Sequence[str], most: int) -> list[str]:
    """One to `most` different choices, joined by commas."""
    codes = _split(given, name)
    if codes is None:
        raise InvalidParameter(name, "is missing", choices)
    for code in codes:
        read_choice({name: code}, name, choices)
    if len(codes) > most or len(set(codes)) < len(codes):
        raise InvalidParameter(name, f"{_shorten(given[name])!r} is not usable", f"1 to {most} different ones of {', '.join(choices)}")
    return codes


def read_cell(text: str, name: str = "h3") -> int:
    """An H3 cell of a resolution that is counted."""
    cell = int(text, 16) if re.fullmatch(r"[0-9a-fA-F]{15}", text) else 0
    if not h3.is_valid_cell(cell) or not COARSEST_RESOLUTION <= h3.get_resolution(cell) <= FINEST_RESOLUTION:
        raise InvalidParameter(
            name,
            f"{_shorten(text)!r} is not usable",
            f"an H3 cell of resolution {COARSEST_RESOLUTION} to {FINEST_RESOLUTION}, 15 hexadecimal digits",
        )
    return cell


def _split(given: Mapping[str, str], name: str) -> list[str] | None:
    text = given.get(name)
    if text is None:
        return None
    codes = text.split(",")
    if not all(codes):
        raise InvalidParameter(name, "holds an empty code", "codes joined by commas; leave the parameter out for all")
    return codes


def _codes(given: Mapping[str, str], name: str, entries: Entries[Any]) -> list[str] | None:
    codes = _split(given, name)
    unknown = entries.unknown_codes(codes or ())
    if unknown:
        listed = list(entries.by_code)[:_LISTED_AT_MOST]
        more = len(entries.by_code) - len(listed)
        raise InvalidParameter(name, f"{_shorten(unknown[0])!r} is not known", [*listed, f"and {more} more"] if more else listed)
    return codes


def _ids(given: Mapping[str, str], name: str, entries: Entries[Any]) -> Ids | None:
    codes = _codes(given, name, entries)
    return None if codes is None else entries.ids(codes)


def _district_ids(given: Mapping[str, str], catalogue: Catalogue) -> Ids | None:
    ids = _ids(given, "district", catalogue.districts)
    return None if ids is None else catalogue.districts.with_descendants(ids)


def _read_statuses(given: Mapping[str, str]) -> Statuses:
    once = read_choice(given, "duplicates", DUPLICATES, "count") == "merge"
    codes = _split(given, "status")
    if codes is None:
        return Statuses(once=once)
    unknown = [code for code in codes if code not in _STATUS_GROUPS]
    if unknown:
        raise InvalidParameter("status", f"{_shorten(unknown[0])!r} is not known", list(_STATUS_GROUPS))
    parts = [_STATUS_GROUPS[code] for code in codes]
    return Statuses(frozenset().union(*(part.chosen for part in parts)), any(part.overdue for part in parts), once)


def _read_window(given: Mapping[str, str], zone: ZoneInfo, clock: float) -> tuple[Window, int, int]:
    """The window, the instant of judging overdue, and the step in seconds by which both move.

    They move in steps, so that questions asked within a step are equal and share one answer; the end of a
    relative window is rounded up, so that what has just come is inside.
    """
    if "from" in given or "to" in given:
        return _read_span(given, zone), _floor(clock, _STEP_S), _STEP_S
    text = given.get("window", DEFAULT_WINDOW)
    match = _WINDOW.fullmatch(text)
    if not match:
        raise InvalidParameter("window", f"{_shorten(text)!r} is not a window", _WINDOW_ALLOWED)
    length = int(match[1]) * _UNIT_SECONDS[match[2]]
    step = _SHORT_STEP_S if length <= 3 * _UNIT_SECONDS["d"] else _STEP_S
    now = _floor(clock, step)
    stop = now + step
    return Window(max(stop - length, 0), stop, relative=True), now, step


def _read_span(given: Mapping[str, str], zone: ZoneInfo) -> Window:
    if "window" in given:
        raise InvalidParameter("window", "cannot stand beside from or to", "either window, or from and to")
    start = read_instant(given, "from", zone, 0)
    stop = read_instant(given, "to", zone, _LATEST)
    if start >= stop:
        raise InvalidParameter("to", "is not later than from", "an instant after from; the window is [from, to)")
    return Window(start, stop)


def is_open(window: Window) -> bool:
    """Whether an end of the window was left out."""
    return window.start == 0 or window.stop == _LATEST


def _read_compare(given: Mapping[str, str], selection: Selection, reach: int, zone: ZoneInfo) -> Selection | None:
    """The same filter in the equally long window before, or in the same window a year earlier by the calendar.

    reach: the end of a window that has none of its own.
    """
    if "compare" not in given:
        return None
    how = read_choice(given, "compare", COMPARISONS)
    start, stop = selection.window.start, min(selection.window.stop, reach) if "to" not in given else selection.window.stop
    if not start < stop:
        raise InvalidParameter("compare", "needs a window that has begun", "from in the past, or to as well")
    before = (start - (stop - start), start) if how == "previous" else (year_before(start, zone), year_before(stop, zone))
    if before[0] < 0:
        raise InvalidParameter("compare", "would reach back before 1970", "a window, or from, that begins later")
    return replace(selection, window=Window(*before, relative=selection.window.relative))


def read_instant(given: Mapping[str, str], name: str, zone: ZoneInfo, default: int) -> int:
    """Seconds since 1970; a date is its first instant in the service's time zone. Fractions are rounded up."""
    text = given.get(name)
    if text is None:
        return default
    try:
        # A space stands where a plus was not percent-encoded.
        moment = _parse_instant(text.replace(" ", "+"), zone)
        seconds = -int((datetime(1970, 1, 1, tzinfo=UTC) - moment) // timedelta(seconds=1))
    except (ValueError, OverflowError):
        raise InvalidParameter(name, f"{_shorten(text)!r} is not an instant", _INSTANT_ALLOWED) from None
    if not 0 <= seconds <= _LATEST:
        raise InvalidParameter(name, f"{_shorten(text)!r} is out of range", "1970-01-01 to 2106-02-07")
    return seconds


def _parse_instant(text: str, zone: ZoneInfo) -> datetime:
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=zone)
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})", text):
        raise ValueError("neither a date nor RFC 3339")
    return datetime.fromisoformat(text.upper())


def _floor(clock: float, step: int) -> int:
    return int(clock) // step * step


def _shorten(text: str) -> str:
    """At most forty characters of what was given, for messages."""
    return text if len(text) <= 40 else text[:40] + "…"
