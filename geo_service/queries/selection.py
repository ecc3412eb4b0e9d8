"""Parse query parameters into a `Selection`. Unknown and malformed values are refused with a list of what is allowed."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import h3.api.basic_int as h3

from geo_service.aggregation.catalogue.catalogue import Catalogue, Entries
from geo_service.aggregation.measures.measures import MEASURES, Measure
from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.selection.selection import Ids, Selection, Statuses, Window
from geo_service.aggregation.selection.time_buckets import year_before
from geo_service.core.errors import InvalidParameter
from geo_service.core.instants import LATEST, parse_instant, to_seconds
from geo_service.core.integers import parse_int, shorten
from geo_service.core.model import COARSEST_RESOLUTION, FINEST_RESOLUTION, OPEN_STATUSES, DistrictLevel, Status
from geo_service.queries.cells import read_cells

SELECTION_PARAMETERS = (
    "sector", "theme", "source", "agency", "status", "duplicates", "district", "cells", "window", "from", "to", "compare",
    "measure",
)  # fmt: skip
QueryPairs = Sequence[tuple[str, str]]
"""Names and values of a query string."""

COMPARISONS = ("previous", "year")
DUPLICATES = ("count", "merge")

DEFAULT_WINDOW = "30d"
_UNIT_SECONDS = {"h": 3600, "d": 86_400, "w": 7 * 86_400, "y": 365 * 86_400}
_WINDOW = re.compile(r"([1-9][0-9]{0,4})([hdwy])")
_WINDOW_ALLOWED = "a number and h, d, w or y, such as 24h, 3d, 7d, 30d, 12w, 1y"
_INSTANT_ALLOWED = "a date (2026-11-24) or an RFC 3339 instant (2026-11-24T08:00:00Z)"
_STEP_S = 60
"""Seconds by which a relative window moves, so that requests within a step share one cached answer."""
_SHORT_STEP_S = 10
"""The same for windows of up to three days."""
_MAX_LISTED_CODES = 50
"""Allowed codes that an error message lists."""

STATUS_GROUPS: dict[str, Statuses] = {
    "open": Statuses(OPEN_STATUSES),
    "closed": Statuses(frozenset({Status.CLOSED})),
    "overdue": Statuses(frozenset(), overdue=True),
} | {status.code: Statuses(frozenset({status})) for status in Status}


def read_selection_query(
    pairs: QueryPairs, catalogue: Catalogue, zone: ZoneInfo, extra: Sequence[str] = (),
    clock: Callable[[], float] = time.time, measures: Mapping[str, Measure] = MEASURES,
) -> Query:  # fmt: skip
    """Parse the names and values of a query string into a query.

    zone: the service's time zone, in which dates are read. extra: parameters that the caller reads itself. measures:
    those allowed here, by code. Raises `InvalidParameter`.
    """
    params = collect_params(pairs, (*SELECTION_PARAMETERS, *extra))
    window, now, step = _read_window(params, zone, clock())
    selection = Selection(
        window=window,
        now=now,
        themes=_theme_ids(params, catalogue) if "sector" in params or "theme" in params else None,
        sources=_ids(params, "source", catalogue.sources) if "source" in params else None,
        agencies=_ids(params, "agency", catalogue.agencies) if "agency" in params else None,
        districts=_district_ids(params, catalogue) if "district" in params else None,
        statuses=_read_statuses(params) if "status" in params or "duplicates" in params else Statuses(),
        cells=read_cells(params),
    )
    compare = _read_compare(params, selection, now + step, zone) if "compare" in params else None
    measure = measures[read_choice(params, "measure", list(measures)) if "measure" in params else "count"]
    if measure.needs_compare and compare is None:
        raise InvalidParameter(
            "measure", f"{measure.code!r} requires a comparison", "this measure together with compare=previous or compare=year"
        )
    if measure.needs_ends and has_open_end(window):
        raise InvalidParameter("measure", f"{measure.code!r} needs a window with both ends", "window, or from and to")
    return Query(selection, measure, compare, compared_by=params.get("compare"), valid_until=now + step)


def collect_params(pairs: QueryPairs, allowed: Sequence[str]) -> dict[str, str]:
    """Return the query string as a mapping. Raises `InvalidParameter` for an unknown or repeated parameter."""
    params: dict[str, str] = {}
    for name, value in pairs:
        if name not in allowed:
            raise InvalidParameter(shorten(name), "there is no such parameter here", allowed)
        if name in params:
            raise InvalidParameter(name, "is given more than once", "one value, several codes joined by commas")
        params[name] = value
    return params


def read_int(params: Mapping[str, str], name: str, low: int, high: int, default: int | None = None, allowed: str | None = None) -> int:
    """Read an integer in [low, high]; without a default the parameter is required.

    allowed: what the message says instead of the range. Raises `InvalidParameter`.
    """
    if name in params:
        return parse_int(name, params[name], low, high, allowed)
    if default is None:
        raise InvalidParameter(name, "is missing", allowed or f"a whole number from {low} to {high}")
    return default


def read_choice(params: Mapping[str, str], name: str, choices: Sequence[str], default: str | None = None) -> str:
    """Read one of the choices; without a default the parameter is required. Raises `InvalidParameter`."""
    value = params.get(name, default)
    if value is None or value not in choices:
        raise InvalidParameter(name, "is missing" if value is None else f"{shorten(value)!r} is not known", choices)
    return value


def read_level(params: Mapping[str, str], default: DistrictLevel = DistrictLevel.DISTRICT) -> DistrictLevel:
    """Read the level of districts."""
    return DistrictLevel[read_choice(params, "level", [level.code for level in DistrictLevel], default.code).upper()]


def read_optional_level(params: Mapping[str, str]) -> DistrictLevel | None:
    """Read the level of districts; None if the parameter is absent."""
    return read_level(params) if "level" in params else None


def read_codes(params: Mapping[str, str], name: str, choices: Sequence[str], max_count: int) -> list[str]:
    """Read 1 to `max_count` different choices, separated by commas. Raises `InvalidParameter`."""
    codes = _split_codes(params, name)
    if codes is None:
        raise InvalidParameter(name, "is missing", choices)
    for code in codes:
        read_choice({name: code}, name, choices)
    if len(codes) > max_count or len(set(codes)) < len(codes):
        raise InvalidParameter(name, f"{shorten(params[name])!r} is invalid", f"1 to {max_count} different codes of {', '.join(choices)}")
    return codes


def read_cell(text: str, name: str = "h3") -> int:
    """Parse an H3 cell of a resolution for which incidents are counted. Raises `InvalidParameter`."""
    cell = int(text, 16) if re.fullmatch(r"[0-9a-fA-F]{15}", text) else 0
    if not h3.is_valid_cell(cell) or not COARSEST_RESOLUTION <= h3.get_resolution(cell) <= FINEST_RESOLUTION:
        raise InvalidParameter(
            name,
            f"{shorten(text)!r} is invalid",
            f"an H3 cell of resolution {COARSEST_RESOLUTION} to {FINEST_RESOLUTION}, 15 hexadecimal digits",
        )
    return cell


def parse_length(name: str, text: str) -> int:
    """Parse a length of time such as 24h or 7d; name: of the parameter. Returns seconds. Raises `InvalidParameter`."""
    match = _WINDOW.fullmatch(text)
    if not match:
        raise InvalidParameter(name, f"{shorten(text)!r} is not a window", _WINDOW_ALLOWED)
    return int(match[1]) * _UNIT_SECONDS[match[2]]


def read_optional_cell(params: Mapping[str, str]) -> int | None:
    """Read the H3 cell in which incidents lie; None if the parameter is absent. Raises `InvalidParameter`."""
    return read_cell(params["cell"], "cell") if "cell" in params else None


def _split_codes(params: Mapping[str, str], name: str) -> list[str] | None:
    """Return the codes in their order; None if the parameter is absent."""
    text = params.get(name)
    if text is None:
        return None
    codes = text.split(",")
    if not all(codes):
        raise InvalidParameter(name, "contains an empty code", "codes separated by commas; leave the parameter out for all")
    return codes


def _known_codes(params: Mapping[str, str], name: str, entries: Entries[Any]) -> list[str] | None:
    """Return codes that are all in the catalogue; None if the parameter is absent. Raises `InvalidParameter`."""
    codes = _split_codes(params, name)
    if codes is not None and (unknown := entries.unknown_codes(codes)):
        listed = [entry.code for entry in entries.all[:_MAX_LISTED_CODES]]
        more = len(entries.all) - len(listed)
        raise InvalidParameter(name, f"{shorten(unknown[0])!r} is not known", [*listed, f"and {more} more"] if more else listed)
    return codes


def _theme_ids(params: Mapping[str, str], catalogue: Catalogue) -> Ids | None:
    return catalogue.theme_ids(_known_codes(params, "sector", catalogue.sectors), _known_codes(params, "theme", catalogue.themes))


def _ids(params: Mapping[str, str], name: str, entries: Entries[Any]) -> Ids | None:
    codes = _known_codes(params, name, entries)
    return None if codes is None else entries.ids(codes)


def _district_ids(params: Mapping[str, str], catalogue: Catalogue) -> Ids | None:
    ids = _ids(params, "district", catalogue.districts)
    return None if ids is None else catalogue.districts.with_descendants(ids)


def _read_statuses(params: Mapping[str, str]) -> Statuses:
    once = read_choice(params, "duplicates", DUPLICATES, "count") == "merge"
    codes = _split_codes(params, "status")
    if codes is None:
        return Statuses(once=once)
    unknown = [code for code in codes if code not in STATUS_GROUPS]
    if unknown:
        raise InvalidParameter("status", f"{shorten(unknown[0])!r} is not known", list(STATUS_GROUPS))
    groups = [STATUS_GROUPS[code] for code in codes]
    return Statuses(frozenset().union(*(group.chosen for group in groups)), any(group.overdue for group in groups), once)


def _read_window(params: Mapping[str, str], zone: ZoneInfo, clock: float) -> tuple[Window, int, int]:
    """Return the window, the instant at which overdue is judged, and the step by which both move, in seconds.

    Requests within one step are equal queries and share one answer. The end of a relative window is rounded up, so that
    the newest incidents are inside.
    """
    if "from" in params or "to" in params:
        return _read_interval(params, zone), int(clock) // _STEP_S * _STEP_S, _STEP_S
    length = parse_length("window", params.get("window", DEFAULT_WINDOW))
    step = _SHORT_STEP_S if length <= 3 * _UNIT_SECONDS["d"] else _STEP_S
    now = int(clock) // step * step
    stop = now + step
    return Window(max(stop - length, 0), stop, relative=True), now, step


def _read_interval(params: Mapping[str, str], zone: ZoneInfo) -> Window:
    """Read the window from `from` and `to`; an end that is absent is open."""
    if "window" in params:
        raise InvalidParameter("window", "cannot be combined with from or to", "either window, or from and to")
    start = read_instant(params, "from", zone, 0)
    stop = read_instant(params, "to", zone, LATEST)
    if start >= stop:
        raise InvalidParameter("to", "is not later than from", "an instant after from; the window is [from, to)")
    return Window(start, stop)


def has_open_end(window: Window) -> bool:
    """Return whether the beginning or the end of the window was left out."""
    return window.start == 0 or window.stop == LATEST


def _read_compare(params: Mapping[str, str], selection: Selection, open_stop: int, zone: ZoneInfo) -> Selection:
    """Return the same filter in the equally long window before, or in the same window a calendar year earlier.

    open_stop: the end of a window whose end is open, seconds since 1970.
    """
    comparison = read_choice(params, "compare", COMPARISONS)
    start, stop = selection.window.start, min(selection.window.stop, open_stop) if "to" not in params else selection.window.stop
    if not start < stop:
        raise InvalidParameter("compare", "the window begins in the future", "from in the past, or both from and to")
    before = (start - (stop - start), start) if comparison == "previous" else (year_before(start, zone), year_before(stop, zone))
    if before[0] < 0:
        raise InvalidParameter("compare", "would reach back before 1970", "a window, or from, that begins later")
    return replace(selection, window=Window(*before, relative=selection.window.relative))


def read_instant(params: Mapping[str, str], name: str, zone: ZoneInfo, default: int) -> int:
    """Read an instant: seconds since 1970 of the second that contains it. A date is its first instant in `zone`.

    Raises `InvalidParameter` for other texts, and outside of 1970-01-01 to 2106-02-07.
    """
    text = params.get(name)
    if text is None:
        return default
    try:
        seconds = to_seconds(parse_instant(text, zone))
    except (ValueError, OverflowError):
        raise InvalidParameter(name, f"{shorten(text)!r} is not an instant", _INSTANT_ALLOWED) from None
    if not 0 <= seconds <= LATEST:
        raise InvalidParameter(name, f"{shorten(text)!r} is out of range", "1970-01-01 to 2106-02-07")
    return seconds
