"""All metrics of a process as an ASGI application: Prometheus' text format, or OpenMetrics where `Accept` asks for it."""

from collections.abc import Awaitable, Callable

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.asgi import make_asgi_app
from prometheus_client.registry import Collector
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from geo_service.metrics.requests import RequestMetrics

PATH = "/metrics"


class Metrics:
    """The metrics of one process; itself an ASGI application that sends them."""

    def __init__(self, refresh: Callable[[], Awaitable[None]]) -> None:
        """refresh: called before metrics are sent, for those that must be read from elsewhere first."""
        self.requests = RequestMetrics()
        self.registry = CollectorRegistry(auto_describe=False)
        self._refresh = refresh
        self._send_metrics = make_asgi_app(self.registry)
        for library in (ProcessCollector, PlatformCollector, GCCollector):
            library(registry=self.registry)
        self.add(self.requests)

    def add(self, *collectors: Collector) -> None:
        """Send what these collect, too."""
        for collector in collectors:
            self.registry.register(collector)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the metrics, with those that had to be read as new as they are to be had."""
        await self._refresh()
        await self._send_metrics(scope, receive, send)


class MetricsPort:
    """ASGI application of a port that has nothing but the metrics."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the metrics, or 404 and 405 for anything else."""
        if scope["type"] != "http":
            return
        if scope["path"] != PATH:
            await PlainTextResponse(f"there is only {PATH} here\n", 404)(scope, receive, send)
        elif scope["method"] not in ("GET", "HEAD"):
            await PlainTextResponse(f"{PATH} answers GET and HEAD\n", 405, {"Allow": "GET, HEAD"})(scope, receive, send)
        else:
            await self._metrics(scope, receive, send)
