"""Parse the parameters of the layer of alerts: those of the list of alerts that choose among them."""

import time
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from geo_service.aggregation.alerts.alert_filter import AlertFilter
from geo_service.aggregation.catalogue.catalogue import EMPTY, Catalogue
from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.selection.selection import Selection, Window
from geo_service.queries.alerts import ALERT_FILTERS, is_window, read_alert_query
from geo_service.queries.selection import QueryPairs, collect_params, read_selection_query

ALERT_LAYER_PARAMETERS = ("state", *ALERT_FILTERS, "since")

_NO_INCIDENTS = Window(0, 0, relative=True)
"""What is drawn depends on no incident: the query selects none, in a window that moves on."""
_ALWAYS = (0, float("inf"))


def read_alert_filter(
    pairs: QueryPairs, catalogue: Catalogue, zone: ZoneInfo, extra: Sequence[str] = (), clock: Callable[[], float] = time.time
) -> tuple[Query, AlertFilter]:
    """Parse the names and values of a query string into which alerts are asked for, and a query that says how long that holds.

    extra: parameters that the caller reads itself. Raises `InvalidParameter`.
    """
    params = collect_params(pairs, (*ALERT_LAYER_PARAMETERS, *extra))
    own = [(name, value) for name, value in pairs if name in ALERT_LAYER_PARAMETERS]
    wanted = read_alert_query(own, catalogue, zone, clock=clock)
    now, valid_until = _read_times(params["since"], zone, clock) if is_window(params.get("since", "")) else _ALWAYS
    return (
        Query(Selection(_NO_INCIDENTS, now), valid_until=valid_until),
        AlertFilter(wanted.state, wanted.sectors, wanted.themes, wanted.districts, wanted.since or 0),
    )


def _read_times(window: str, zone: ZoneInfo, clock: Callable[[], float]) -> tuple[int, float]:
    """Return from when on and until when a time back from now means the same instant, seconds since 1970."""
    query = read_selection_query([("window", window)], EMPTY, zone, clock=clock)
    return query.selection.now, query.valid_until
