"""Parse the parameters of the layer of alerts."""

import re
import time
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from geo_service.aggregation.alerts.alert_filter import STATES, AlertFilter
from geo_service.aggregation.catalogue.catalogue import EMPTY, Catalogue
from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.selection.selection import Selection, Window
from geo_service.core.errors import InvalidParameter
from geo_service.core.integers import shorten
from geo_service.queries.selection import QueryPairs, collect_params, read_choice, read_instant, read_selection_query

_CODES = ("sector", "theme", "district")
ALERT_LAYER_PARAMETERS = ("state", *_CODES, "since")

_WINDOW = re.compile(r"[1-9][0-9]{0,4}[hdwy]")
_SINCE_ALLOWED = "a time back from now, such as 24h, 7d or 12w, a date (2026-11-24) or an RFC 3339 instant, from 1970 to 2106"
_NO_INCIDENTS = Window(0, 0, relative=True)
"""What is drawn depends on no incident: the query selects none, in a window that moves on."""

_ALWAYS = (0, 0, float("inf"))


def read_alert_filter(
    pairs: QueryPairs, catalogue: Catalogue, zone: ZoneInfo, extra: Sequence[str] = (), clock: Callable[[], float] = time.time
) -> tuple[Query, AlertFilter]:
    """Parse the names and values of a query string into which alerts are asked for, and a query that says how long that holds.

    extra: parameters that the caller reads itself. Raises `InvalidParameter`.
    """
    params = collect_params(pairs, (*ALERT_LAYER_PARAMETERS, *extra))
    # The codes are checked and resolved as those of every selection are.
    codes = read_selection_query([(name, params[name]) for name in _CODES if name in params], catalogue, zone).selection
    since, now, valid_until = _read_since(params["since"], zone, clock) if "since" in params else _ALWAYS
    sectors, themes = params.get("sector"), params.get("theme")
    return Query(Selection(_NO_INCIDENTS, now), valid_until=valid_until), AlertFilter(
        state=read_choice(params, "state", STATES, STATES[0]),
        sectors=None if sectors is None else frozenset(catalogue.sectors.ids(sectors.split(","))),
        themes=None if themes is None else frozenset(catalogue.themes.ids(themes.split(","))),
        districts=None if codes.districts is None else frozenset(codes.districts),
        since=since,
    )


def _read_since(text: str, zone: ZoneInfo, clock: Callable[[], float]) -> tuple[int, int, float]:
    """Return the instant that is meant, from when on the same text means the same, and until when; seconds since 1970."""
    if _WINDOW.fullmatch(text):
        query = read_selection_query([("window", text)], EMPTY, zone, clock=clock)
        return query.selection.window.start, query.selection.now, query.valid_until
    try:
        return read_instant({"since": text}, "since", zone, 0), *_ALWAYS[1:]
    except InvalidParameter:
        raise InvalidParameter("since", f"{shorten(text)!r} cannot be used", _SINCE_ALLOWED) from None
