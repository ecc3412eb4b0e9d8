"""Counts of requests by route, method and status, of tiles by how they came about, and how long all of them took.

Counted with plain integers on the event loop, and made into samples when Prometheus asks: a cached tile takes a few
microseconds, of which the library's own counters, each with a lock, would be a fifth.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import Any, Final

from prometheus_client.metrics_core import CounterMetricFamily as Counter
from prometheus_client.metrics_core import HistogramMetricFamily as HistogramFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.types import Scope

from geo_service.tiles.documents.formats import CONTENT_TYPES

UNMATCHED: Final = "(none)"
"""Route of all requests that no route answers: unknown addresses, and preflight requests."""
TILE_ROUTES: Final = {form[-3:]: f"/tiles/{{layer}}/{{z}}/{{x}}/{{y}}.{form}" for form in (*CONTENT_TYPES, "pbf")}
"""The last three letters of a tile's path → the template of its route, for tiles that are answered before a route is looked for."""

TEMPLATE: Final = "geo_service.route"
"""Member of a scope: the template of the route of a request that is refused before a route is looked for."""

_METHODS = frozenset(("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"))
_OTHER_METHOD = "OTHER"
"""Label of all other methods: clients make them up."""
_DURATIONS_S = (0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper ends of the classes: a cached tile takes 20 µs, a computed one some milliseconds, the longest SQL statement 10 s."""


_BOUNDS = (*map(str, _DURATIONS_S), "+Inf")

Key = tuple[str, str, int, str]
"""Route, method, status and answer."""


class RequestMetrics(Collector):
    """Counts requests. Counted and read on the event loop."""

    def __init__(self) -> None:
        self._series: dict[Key, list[float]] = {}
        """Numbers of requests by class of duration, and the sum of the durations: one look-up finds all that a request changes."""

    def observe(self, route: str, method: str, status: int, seconds: float, answer: str) -> None:
        """Count a request that has ended.

        route: its template, or UNMATCHED. answer: how a tile came about, as in `RequestRecord`; empty for all else.
        """
        series = self._series.get((route, method, status, answer))
        if series is None:
            series = self._add((route, method if method in _METHODS else _OTHER_METHOD, status, answer))
        series[bisect_left(_DURATIONS_S, seconds)] += 1
        series[-1] += seconds

    def collect(self) -> Iterator[Metric]:
        """Yield the samples."""
        requests = Counter("geo_http_requests", "Requests that have ended.", labels=("route", "method", "status"))
        text = "Tiles by how they came about: cached, unchanged, revalidated, known, cold."
        answers = Counter("geo_tile_answers", text, labels=("route", "answer"))
        text = "Time from the headers of a request to the end of its answer."
        durations = HistogramFamily("geo_http_request_duration_seconds", text, labels=("route",))
        for (route, method, status), series in self._sums(lambda key: key[:3]):
            requests.add_metric((route, method, str(status)), sum(series[:-1]))
        for (route, answer), series in self._sums(lambda key: (key[0], key[3])):
            if answer:
                answers.add_metric((route, answer), sum(series[:-1]))
        for (route,), series in self._sums(lambda key: key[:1]):
            durations.add_metric((route,), list(zip(_BOUNDS, accumulate(series[:-1]), strict=True)), series[-1])
        yield from (requests, answers, durations)

    def _add(self, key: Key) -> list[float]:
        return self._series.setdefault(key, [0] * (len(_BOUNDS) + 1))

    def _sums(self, group_of: Callable[[Key], tuple[Any, ...]]) -> Iterable[tuple[tuple[Any, ...], list[float]]]:
        """Return the sums of the series of each group."""
        sums: dict[tuple[Any, ...], list[float]] = {}
        for key, series in self._series.items():
            group = group_of(key)
            sums[group] = [before + more for before, more in zip(sums.get(group, [0] * len(series)), series, strict=True)]
        return sums.items()


def route_template(scope: Scope) -> str:
    """Return the template of the route that has answered a request, `/api/cells/{h3}`; UNMATCHED where none has."""
    route = scope.get("route")
    return str(scope.get(TEMPLATE, UNMATCHED) if route is None else route.path)
