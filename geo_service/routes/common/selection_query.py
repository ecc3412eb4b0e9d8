"""What the routes of statistics share: reading the question, and saying what was resolved."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request

from geo_service.aggregation.measures.measures import MEASURES, Measure
from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.selection.selection import Selection
from geo_service.core.instants import format_instant
from geo_service.queries.selection import read_selection_query
from geo_service.routes.common.dependencies import Service


def read_selection(request: Request, service: Service, also: tuple[str, ...] = (), measures: Mapping[str, Measure] = MEASURES) -> Query:
    """The question of a request."""
    query = request.query_params.multi_items()
    return read_selection_query(query, service.catalogue, service.zone, extra=also, measures=measures)


def resolved(question: Query, service: Service, revision: int) -> dict[str, Any]:
    """Window, compared window, time zone and revision as they were taken."""
    return {
        "window": span(question.selection),
        "compare": None if question.compare is None else {"by": question.compared_by, **span(question.compare)},
        "time_zone": service.settings.time_zone,
        "revision": revision,
    }


def span(selection: Selection) -> dict[str, str]:
    """The selection's window, RFC 3339."""
    return {"from": format_instant(selection.window.start), "to": format_instant(selection.window.stop)}
