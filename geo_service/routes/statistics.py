"""The numbers of a selection: legend, summary, breakdown, timeline, and one hexagon."""

import time
from typing import Any

from fastapi import APIRouter, Request, Response

from geo_service.aggregation.catalogue.geometry import cell_geometry
from geo_service.aggregation.measures.measures import CELL_MEASURES, TABLE_MEASURES
from geo_service.aggregation.selection.time_buckets import BUCKETS
from geo_service.aggregation.statistics.breakdown import DIMENSIONS, compute_breakdown
from geo_service.aggregation.statistics.cell_table import MAX_CELLS, list_cells
from geo_service.aggregation.statistics.cells import describe_cell
from geo_service.aggregation.statistics.summary import SelectionSummary, summarise_selection
from geo_service.aggregation.statistics.timeline import MAX_SERIES, SERIES_BY, BucketOptions, compute_timeline, flatten_series
from geo_service.core.instants import format_instant
from geo_service.core.model import COARSEST_RESOLUTION, FINEST_RESOLUTION
from geo_service.queries.layer import read_layer_query
from geo_service.queries.selection import read_cell, read_choice, read_codes, read_int, read_level, read_optional_cell
from geo_service.routes.common import selection_query
from geo_service.routes.common.dependencies import PlainRoute, service_of
from geo_service.routes.common.responses import json_answer
from geo_service.routes.common.table_formats import Representations, read_format, render
from geo_service.routes.schemas.parameter_docs import (
    ALERT_DOCS,
    LAYER_DOCS,
    MAP_RESPONSES,
    PROBLEM_RESPONSES,
    SCHEME_DOCS,
    TABLE_RESPONSES,
    docs,
    parameter,
)  # fmt: skip
from geo_service.routes.schemas.value_schemas import PATH_VALUES, choice, integer
from geo_service.tiles.documents.palette import DEFAULT_SCHEME, SCHEMES, recolor_legend
from geo_service.tiles.encoding.grid import MAX_ZOOM
from geo_service.tiles.layers.base import LegendRequest

router = APIRouter(route_class=PlainRoute, prefix="/api", tags=["statistics"], responses=PROBLEM_RESPONSES)

_LEGEND_DOCS = {
    "parameters": [
        *LAYER_DOCS["parameters"],
        *ALERT_DOCS,
        parameter("zoom", f"Zoom of the map, 0 to {MAX_ZOOM}.", required=True, schema=integer(0, MAX_ZOOM)),
        parameter("layer", "hexes (the default), districts, incidents or alerts.", schema=PATH_VALUES["layer"]),
        SCHEME_DOCS,
    ]
}
_CELLS_DOCS = {
    "parameters": [
        *docs(geometry=True)["parameters"],
        parameter(
            "resolution",
            f"H3 resolution, {COARSEST_RESOLUTION} to {FINEST_RESOLUTION}. One with more than {MAX_CELLS} hexagons is refused.",
            required=True,
            schema=integer(COARSEST_RESOLUTION, FINEST_RESOLUTION),
        ),
    ]
}
_TIMELINE_DOCS = {
    "parameters": [
        *docs("bucket", "cell", "format")["parameters"],
        parameter(
            "by", f"Adds time series by {', '.join(SERIES_BY)}: of the {MAX_SERIES} entries with most incidents.", schema=choice(SERIES_BY)
        ),
    ]
}
_MAX_DIMENSIONS = 2
_NO_NAME = {"ru": None, "en": None}
"""The same columns in the CSV, whether a hexagon has a name or not."""
_TABLE_MEASURES = {code: measure for code, measure in CELL_MEASURES.items() if code in TABLE_MEASURES}
"""Of groups that are no places."""


@router.get("/legend", openapi_extra=_LEGEND_DOCS, summary="Class breaks, colours and totals", operation_id="legend")
async def get_legend(request: Request) -> Response:
    """Return the classes in the tiles of a zoom: least and greatest value, colour, and number of hexagons, districts or incidents."""
    service = service_of(request)
    params = dict(request.query_params)
    layer = service.tiles[read_choice(params, "layer", list(service.tiles), service.hexes.description.id)].layer
    pairs, own = request.query_params.multi_items(), ("zoom", "layer", "scheme")
    query, rendering = read_layer_query(pairs, service.catalogue, service.settings.zone, layer.description, own)
    zoom = read_int(params, "zoom", 0, MAX_ZOOM)
    scheme = read_choice(params, "scheme", list(SCHEMES), DEFAULT_SCHEME)
    revision = service.replica.revision
    palette = layer.description.palette(query.measure, scheme)

    def encode(legend: dict[str, Any]) -> Response:
        document = recolor_legend(legend, palette)
        window = {} if layer.description.draws_alerts else {"window": selection_query.span(query.selection)}
        return json_answer(request, {**document, **window, "revision": revision})

    return await service.replica.run_and_encode(encode, layer.legend, LegendRequest(zoom, query, rendering))


@router.get("/summary", openapi_extra=docs("format"), responses=TABLE_RESPONSES, summary="Totals of a selection", operation_id="summary")
async def get_summary(request: Request) -> Response:
    """Return the totals as a whole, by sector and by source, all measures of the whole, and when the first and the last incident came."""
    service = service_of(request)
    query = selection_query.read_selection(request, service, also=("format",), measures=CELL_MEASURES)
    form = read_format(request)
    revision = service.replica.revision

    def encode(summary: SelectionSummary) -> Response:
        first, last = summary.extent or (None, None)
        document = {
            **summary.total,
            **selection_query.resolved(query, service, revision),
            "measures": summary.measures,
            "units": summary.units,
            "data": {"first": first and format_instant(first), "last": last and format_instant(last)},
            "generated_at": format_instant(time.time()),
            "synthetic": summary.synthetic,
            "without_place": summary.without_place,
            "attribution": " · ".join(summary.attribution),
            "sectors": summary.sectors,
            "sources": summary.sources,
        }
        return render(request, form, Representations(document, lambda: _summary_rows(summary)))

    return await service.replica.run_and_encode(encode, summarise_selection, query.selection, query.compare)


@router.get(
    "/breakdown", openapi_extra=docs("by", "level", "cell", "format", required=("by",)), responses=TABLE_RESPONSES,
    summary="A selection by one or two dimensions", operation_id="breakdown",
)  # fmt: skip
async def get_breakdown(request: Request) -> Response:
    """Return the numbers of each combination of entries that occurs, and the total."""
    service = service_of(request)
    query = selection_query.read_selection(request, service, also=("by", "level", "cell", "format"), measures=_TABLE_MEASURES)
    params, form = dict(request.query_params), read_format(request)
    by = [DIMENSIONS[code] for code in read_codes(params, "by", list(DIMENSIONS), _MAX_DIMENSIONS)]
    revision = service.replica.revision
    level, cell = read_level(params), read_optional_cell(params)

    def encode(table: dict[str, Any]) -> Response:
        document = {**table, **selection_query.resolved(query, service, revision)}
        return render(request, form, Representations(document, lambda: table["cells"]))

    return await service.replica.run_and_encode(
        encode, compute_breakdown, query.selection, by, level, query.measure, query.compare, cell=cell
    )


@router.get("/timeline", openapi_extra=_TIMELINE_DOCS, responses=TABLE_RESPONSES, summary="A selection along time", operation_id="timeline")
async def get_timeline(request: Request) -> Response:
    """Return the numbers of each hour, day, week or month of the window, empty ones included; and time series of one dimension."""
    service = service_of(request)
    query = selection_query.read_selection(request, service, also=("bucket", "by", "cell", "format"), measures=_TABLE_MEASURES)
    params, form = dict(request.query_params), read_format(request)
    by = DIMENSIONS[read_choice(params, "by", SERIES_BY)] if "by" in params else None
    bucket = read_choice(params, "bucket", BUCKETS) if "bucket" in params else None
    cell = read_optional_cell(params)
    options = BucketOptions(service.settings.zone, bucket, query.compared_by)
    revision = service.replica.revision

    def encode(table: dict[str, Any]) -> Response:
        document = {**table, **selection_query.resolved(query, service, revision)}
        return render(request, form, Representations(document, lambda: flatten_series(table) if by else table["buckets"]))

    return await service.replica.run_and_encode(
        encode, compute_timeline, query.selection, options, query.measure, query.compare, by=by, cell=cell
    )


@router.get("/cells", openapi_extra=_CELLS_DOCS, responses=MAP_RESPONSES, summary="Hexagons", operation_id="cells")
async def get_cells(request: Request) -> Response:
    """Return the hexagons of a resolution that hold incidents of the selection, with their names and all measures, most first."""
    service = service_of(request)
    query = selection_query.read_selection(request, service, also=("resolution", "format"), measures=CELL_MEASURES)
    form = read_format(request, geometry=True)
    resolution = read_int(dict(request.query_params), "resolution", COARSEST_RESOLUTION, FINEST_RESOLUTION)
    revision = service.replica.revision

    def encode(table: dict[str, Any]) -> Response:
        document = {**table, **selection_query.resolved(query, service, revision)}
        csv_rows = [{**row, "name": row["name"] or _NO_NAME} for row in table["cells"]]
        return render(request, form, Representations(document, lambda: csv_rows, lambda: list(map(_to_feature, table["cells"]))))

    return await service.replica.run_and_encode(encode, list_cells, query, resolution)


@router.get("/cells/{h3}", openapi_extra=docs("bucket", geometry=True), responses=MAP_RESPONSES, summary="One hexagon", operation_id="cell")
async def get_cell(request: Request, h3: str) -> Response:
    """Return the numbers of an H3 cell of resolution 1 to 10 with its settlements, themes and timeline, and those of the cells around it.

    CSV and GeoJSON have the cells.
    """
    service = service_of(request)
    query = selection_query.read_selection(request, service, also=("bucket", "format"), measures=CELL_MEASURES)
    form, cell, params = read_format(request, geometry=True), read_cell(h3), dict(request.query_params)
    bucket = read_choice(params, "bucket", BUCKETS) if "bucket" in params else None
    options = BucketOptions(service.settings.zone, bucket, query.compared_by)
    revision = service.replica.revision

    def encode(description: dict[str, Any]) -> Response:
        document = {**description, **selection_query.resolved(query, service, revision)}
        rows = [description["cell"], *description["neighbours"]]
        csv_rows = [{**row, "name": row["name"] or _NO_NAME} for row in rows]
        return render(request, form, Representations(document, lambda: csv_rows, lambda: [_to_feature(row) for row in rows]))

    return await service.replica.run_and_encode(encode, describe_cell, query, cell, options)


def _to_feature(row: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "id": row["h3"], "geometry": cell_geometry(int(row["h3"], 16)), "properties": row}


def _summary_rows(summary: SelectionSummary) -> list[dict[str, Any]]:
    """Return the rows of the CSV: the total, then sectors and sources."""
    total = {"kind": "total", "code": None, "name": {"ru": "Всего", "en": "Total"}, **summary.total, **summary.measures}
    parts = (("sector", summary.sectors), ("source", summary.sources))
    return [total, *({"kind": kind, **row} for kind, rows in parts for row in rows)]
