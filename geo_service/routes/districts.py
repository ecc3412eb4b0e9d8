"""The numbers of districts."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from geo_service.aggregation.catalogue.geometry import district_geometries
from geo_service.aggregation.measures.measures import DISTRICT_MEASURES
from geo_service.aggregation.selection.time_buckets import BUCKETS
from geo_service.aggregation.statistics.districts import describe_district, rank_districts
from geo_service.aggregation.statistics.timeline import BucketOptions
from geo_service.queries.selection import read_choice, read_level
from geo_service.routes.common import selection_query
from geo_service.routes.common.dependencies import PlainRoute, service_of
from geo_service.routes.common.table_formats import Representations, read_format, render
from geo_service.routes.schemas.parameter_docs import MAP_RESPONSES, PROBLEM_RESPONSES, TABLE_RESPONSES, docs

router = APIRouter(route_class=PlainRoute, prefix="/api/districts", tags=["statistics"], responses=PROBLEM_RESPONSES)

_WITHOUT = {"ru": "Без района", "en": "Without district"}


@router.get(
    "", openapi_extra=docs("level", geometry=True), responses=MAP_RESPONSES, summary="Numbers of districts", operation_id="districts"
)
async def get_districts(request: Request) -> Response:
    """Return the districts of a level with all measures, ranked by the requested one; incidents without a district; and the total."""
    service = service_of(request)
    query = selection_query.read_selection(request, service, also=("level", "format"), measures=DISTRICT_MEASURES)
    level, form = read_level(dict(request.query_params)), read_format(request, geometry=True)
    revision = service.replica.revision
    catalogue = service.replica.catalogue

    def encode(table: dict[str, Any]) -> Response:
        document = {**table, **selection_query.resolved(query, service, revision)}
        return render(
            request, form, Representations(document, lambda: _csv_rows(table), lambda: _features(table, district_geometries(catalogue)))
        )

    return await service.replica.run_and_encode(encode, rank_districts, query, level)


@router.get(
    "/{code}", openapi_extra=docs("bucket", "format"), responses={404: {"description": "There is no such district."}, **TABLE_RESPONSES},
    summary="One district", operation_id="district",
)  # fmt: skip
async def get_district(request: Request, code: str) -> Response:
    """Return a district with its ancestors, children, shares by sector and source, timeline, and rank among its neighbours.

    CSV has the district and its children.
    """
    service = service_of(request)
    query = selection_query.read_selection(request, service, also=("bucket", "format"), measures=DISTRICT_MEASURES)
    form, params = read_format(request), dict(request.query_params)
    bucket = read_choice(params, "bucket", BUCKETS) if "bucket" in params else None
    bucket_options = BucketOptions(service.settings.zone, bucket, query.compared_by)
    revision = service.replica.revision

    def encode(district: dict[str, Any]) -> Response:
        document = {**district, **selection_query.resolved(query, service, revision)}
        return render(request, form, Representations(document, lambda: _fill_themes([district["district"], *district["children"]])))

    return await service.replica.run_and_encode(encode, describe_district, query, code, bucket_options)


def _csv_rows(table: dict[str, Any]) -> list[dict[str, Any]]:
    return _fill_themes([*table["districts"], {"code": None, "name": _WITHOUT, **table["without_district"]}])


def _fill_themes(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give rows without a leading theme the same nested fields as the others, so that the CSV has the same columns for all."""
    empty = {"code": None, "name": {"ru": None, "en": None}, "n": None}
    return [{**row, "leading_theme": row["leading_theme"] or empty} for row in rows]


def _features(table: dict[str, Any], geometries: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"type": "Feature", "id": row["code"], "geometry": geometries.get(row["code"]), "properties": row} for row in table["districts"]
    ]
