"""Parse the options of a back-test into a `BacktestRequest`."""

import re
from collections.abc import Mapping
from fractions import Fraction
from zoneinfo import ZoneInfo

from geo_service.aggregation.backtest.backtest import GROUPINGS, BacktestRequest
from geo_service.aggregation.backtest.study_region import PlaceLevel
from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.core.errors import InvalidParameter
from geo_service.core.integers import parse_int, shorten
from geo_service.core.model import DistrictLevel
from geo_service.queries.selection import parse_length, read_choice, read_instant, read_selection_query

FINEST, COARSEST = 9, 5
"""H3 resolutions of lists: about 0.1 to 250 km² a hexagon, what can be walked in an hour to what a crew drives in a day."""
MAX_WEEKS = 520
"""Ten years."""

_LEVELS = [*map(str, range(COARSEST, FINEST + 1)), *(level.code for level in DistrictLevel)]
_PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,6})?")
_PERCENT_ALLOWED = "one or several different percentages above 0 and up to 100, separated by commas, such as 5 or 1,5"
_MAX_TOPS = 10
_MIN_HORIZON_S, _MAX_HORIZON_S = 3600, 366 * 86_400
_FILTERS = ("sector", "theme", "district")


def read_backtest_request(options: Mapping[str, str | None], catalogue: Catalogue, zone: ZoneInfo) -> BacktestRequest:
    """Parse level, top, horizon, weeks, by, at, sector, theme and district. Raises `InvalidParameter`, naming the option."""
    given = {name: value for name, value in options.items() if value is not None}
    filters = [(name, given[name]) for name in _FILTERS if name in given]
    selection = read_selection_query(filters, catalogue, zone).selection
    return BacktestRequest(
        level=_read_level(given.get("level", "7")),
        tops=_read_tops(given.get("top", "5")),
        horizon_s=_read_horizon(given.get("horizon", "7d")),
        weeks=parse_int("--weeks", given.get("weeks", "26"), 1, MAX_WEEKS),
        by=read_choice({"--by": given.get("by", "none")}, "--by", GROUPINGS),
        themes=selection.themes,
        districts=selection.districts,
        at=read_instant({"--at": given["at"]}, "--at", zone, 0) if "at" in given else None,
    )


def _read_level(text: str) -> PlaceLevel:
    read_choice({"--level": text}, "--level", _LEVELS)
    return int(text) if text.isdigit() else DistrictLevel[text.upper()]


def _read_tops(text: str) -> tuple[Fraction, ...]:
    parts = text.split(",")
    tops = tuple(Fraction(part) for part in parts if _PERCENT.fullmatch(part))
    if len(tops) < len(parts) or not all(0 < top <= 100 for top in tops) or len(set(tops)) < len(tops) or len(tops) > _MAX_TOPS:
        raise InvalidParameter("--top", f"{shorten(text)!r} is invalid", _PERCENT_ALLOWED)
    return tops


def _read_horizon(text: str) -> int:
    seconds = parse_length("--horizon", text)
    if not _MIN_HORIZON_S <= seconds <= _MAX_HORIZON_S:
        raise InvalidParameter("--horizon", f"{shorten(text)!r} is too long", "1h to 366d")
    return seconds
