"""`/metrics` on the service's own port, behind a key."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from pydantic import SecretStr

from geo_service.metrics.exposition import PATH, Metrics
from geo_service.routes.common.auth import require_key_of
from geo_service.routes.common.dependencies import PlainRoute
from geo_service.routes.schemas.parameter_docs import PROBLEM

_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The metrics in Prometheus' text format, or as OpenMetrics where `Accept` prefers it.",
        "content": {"text/plain": {"schema": {"type": "string"}}, "application/openmetrics-text": {"schema": {"type": "string"}}},
    },
    401: {"description": "The key is missing or invalid.", **PROBLEM},
}


def metrics_router(metrics: Metrics, keys: Sequence[SecretStr]) -> APIRouter:
    """Return the route. keys: of GEO_METRICS_KEYS, at least one."""
    router = APIRouter(route_class=PlainRoute, tags=["operations"])

    @router.get(
        PATH, summary="Metrics for Prometheus", operation_id="metrics", responses=_RESPONSES, response_model=None,
        openapi_extra={"security": [{"metricsKey": []}]},
    )  # fmt: skip
    async def get_metrics(request: Request) -> Metrics:
        """Return what the service counts and measures; `docs/operations.md` has a list."""
        require_key_of(request, keys, "read the metrics")
        return metrics

    return router
