"""Counts of requests by route, method, status and kind of answer, and how long they took.

Counted with plain integers on the event loop, and made into samples when Prometheus asks: a cached tile takes a few
microseconds, of which the library's own counters, each with a lock, would be a fifth.
"""

from collections.abc import Iterator
from typing import Final

from prometheus_client.metrics_core import CounterMetricFamily as Counter
from prometheus_client.metrics_core import HistogramMetricFamily as HistogramFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.types import Scope

from geo_service.core.histogram import Histogram

UNMATCHED: Final = "(none)"
"""Route of all requests that no route answers: unknown addresses, and preflight requests."""
_METHODS = frozenset(("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"))
_OTHER_METHOD = "OTHER"
"""Label of all methods that HTTP does not define: clients make them up."""
_DURATIONS_S = (0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper ends of the classes: a cached tile takes 20 µs, a computed one some milliseconds, the longest SQL statement 10 s."""


class _Route:
    """The requests of one route."""

    __slots__ = ("durations", "numbers")

    def __init__(self) -> None:
        self.numbers: dict[tuple[str, int, str], int] = {}
        """Method, status and kind → number of requests."""
        self.durations = Histogram(_DURATIONS_S)


class RequestMetrics(Collector):
    """Counts requests. Counted and read on the event loop."""

    def __init__(self) -> None:
        self._routes: dict[str, _Route] = {}

    def observe(self, route: str, method: str, status: int, seconds: float, kind: str) -> None:
        """Count a request that has ended.

        route: its template, or UNMATCHED. kind: where the answer came from, such as `cached`; empty where that is not known.
        """
        counted = self._routes.get(route)
        if counted is None:
            counted = self._routes[route] = _Route()
        key = (method if method in _METHODS else _OTHER_METHOD, status, kind)
        counted.numbers[key] = counted.numbers.get(key, 0) + 1
        counted.durations.observe(seconds)

    def collect(self) -> Iterator[Metric]:
        """Yield the samples."""
        requests = Counter("geo_http_requests", "Requests that have been answered.", labels=("route", "method", "status"))
        kinds = Counter(
            "geo_http_answers", "Answers by where they came from: cached, known (valid again without computing), cold (computed), 304.",
            labels=("route", "kind"),
        )  # fmt: skip
        durations = HistogramFamily(
            "geo_http_request_duration_seconds", "Time from the headers of a request to the end of its answer.", labels=("route",)
        )
        for route, counted in self._routes.items():
            by_status: dict[tuple[str, int], int] = {}
            by_kind: dict[str, int] = {}
            for (method, status, kind), number in counted.numbers.items():
                by_status[method, status] = by_status.get((method, status), 0) + number
                by_kind[kind] = by_kind.get(kind, 0) + number
            for (method, status), number in by_status.items():
                requests.add_metric((route, method, str(status)), number)
            for kind, number in by_kind.items():
                if kind:
                    kinds.add_metric((route, kind), number)
            durations.add_metric((route,), list(counted.durations.cumulative()), counted.durations.total)
        yield from (requests, kinds, durations)


def route_template(scope: Scope) -> str:
    """Return the template of the route that has answered a request, `/api/cells/{h3}`; UNMATCHED where none has."""
    route = scope.get("route")
    return UNMATCHED if route is None else str(route.path)
