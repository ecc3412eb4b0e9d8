"""Parse the parameters of the lists of alerts."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from geo_service.aggregation.catalogue.catalogue import EMPTY, Catalogue
from geo_service.core.errors import InvalidParameter
from geo_service.core.integers import shorten
from geo_service.queries.selection import QueryPairs, collect_params, read_choice, read_instant, read_int, read_selection_query

STATES = ("open", "closed", "all")
GROUPS = ("merge", "split")
DEFAULT_LIMIT, MAX_LIMIT = 100, 1000
ALERT_FILTERS = ("sector", "theme", "district")
ALERT_PARAMETERS = ("state", *ALERT_FILTERS, "since", "limit", "groups")

_DEFAULT_SINCE = "30d"
_WINDOW = re.compile(r"[1-9][0-9]{0,4}[hdwy]")
_SINCE_ALLOWED = "a time back from now, such as 24h, 7d or 12w, a date (2026-11-24) or an RFC 3339 instant, from 1970 to 2106"


@dataclass(frozen=True, slots=True)
class AlertQuery:
    """Which alerts are listed. Filters of None let all pass."""

    state: str = "open"
    sectors: frozenset[int] | None = None
    """Ids of sectors."""
    themes: frozenset[int] | None = None
    """Ids of themes; alerts of a whole sector do not pass."""
    districts: frozenset[int] | None = None
    """Ids of districts, with those below them."""
    since: int | None = None
    """Something of the alert has changed at or after this instant, seconds since 1970."""
    closed_since: int = 0
    """The same for closed alerts; a month ago where `since` is not given."""
    limit: int = DEFAULT_LIMIT
    merges_groups: bool = True


def read_alert_query(
    pairs: QueryPairs, catalogue: Catalogue, zone: ZoneInfo, extra: tuple[str, ...] = (), clock: Callable[[], float] = time.time
) -> AlertQuery:
    """Parse the names and values of a query string. extra: parameters that the caller reads itself. Raises `InvalidParameter`."""
    params = collect_params(pairs, (*ALERT_PARAMETERS, *extra))
    filters = [(name, params[name]) for name in ALERT_FILTERS if name in params]
    # The codes are checked and resolved as those of every selection are.
    selection = read_selection_query(filters, catalogue, zone).selection
    sectors, themes, districts = (params.get(name) for name in ALERT_FILTERS)
    closed_since = _read_since(params, zone, clock)
    return AlertQuery(
        state=read_choice(params, "state", STATES, "open"),
        sectors=None if sectors is None else frozenset(catalogue.sectors.ids(sectors.split(","))),
        themes=None if themes is None else frozenset(catalogue.themes.ids(themes.split(","))),
        districts=None if districts is None else frozenset(selection.districts or ()),
        since=closed_since if "since" in params else None,
        closed_since=closed_since,
        limit=read_int(params, "limit", 1, MAX_LIMIT, DEFAULT_LIMIT),
        merges_groups=read_choice(params, "groups", GROUPS, "merge") == "merge",
    )


def _read_since(params: Mapping[str, str], zone: ZoneInfo, clock: Callable[[], float]) -> int:
    """Return the instant from which on something must have changed. Closed alerts are listed for a month unless it is said otherwise."""
    text = params.get("since", _DEFAULT_SINCE)
    if _WINDOW.fullmatch(text):
        window = read_selection_query([("window", text)], EMPTY, zone, clock=clock).selection.window
        return window.start
    try:
        return read_instant({"since": text}, "since", zone, 0)
    except InvalidParameter:
        raise InvalidParameter("since", f"{shorten(text)!r} cannot be used", _SINCE_ALLOWED) from None
