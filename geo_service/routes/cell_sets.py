"""Sets of hexagons, as `cells` selects them: found within a polygon, written short, and with their outline."""

from collections.abc import Mapping
from typing import Any

import h3.api.basic_int as h3
import numpy as np
import orjson
import shapely
from fastapi import APIRouter, Request, Response

from geo_service.aggregation.catalogue.cell_outlines import cell_outlines
from geo_service.aggregation.selection.cell_set import CellSet
from geo_service.core.errors import InvalidParameter
from geo_service.core.extent import enclosing_bounds
from geo_service.core.model import COARSEST_RESOLUTION, FINEST_RESOLUTION
from geo_service.queries.cells import MAX_CELLS, MAX_CORNERS, cells_in_polygon, read_cells, read_polygon, write_cells
from geo_service.queries.selection import collect_params, read_int
from geo_service.routes.common.dependencies import PlainRoute, service_of
from geo_service.routes.common.responses import json_answer
from geo_service.routes.schemas.parameter_docs import PARAMETERS, PROBLEM_RESPONSES, parameter
from geo_service.routes.schemas.value_schemas import CELLS, integer, pattern

router = APIRouter(route_class=PlainRoute, prefix="/api", tags=["statistics"], responses=PROBLEM_RESPONSES)

_CACHE = "public, max-age=86400"
"""The same question has the same answer always."""
_MAX_OUTLINED = 10_000
"""Hexagons that are united into an outline, in about a tenth of a second."""
_DEGREES = "-?[0-9]{1,3}([.][0-9]{1,15})?"
_DOCS = {
    "parameters": [
        parameter("cells", f"{PARAMETERS['cells']} Either cells or polygon.", schema=CELLS),
        parameter(
            "polygon",
            f"Corners of a polygon, 3 to {MAX_CORNERS}, in degrees: lng,lat,lng,lat. The set has the hexagons whose centres lie in it.",
            schema=pattern(f"{_DEGREES}(,{_DEGREES})*"),
        ),
        parameter(
            "resolution",
            f"Of the hexagons in a polygon. Where they would be more than {MAX_CELLS}, complete ones united, the next coarser one that "
            f"has few enough. Default {FINEST_RESOLUTION}.",
            schema=integer(COARSEST_RESOLUTION, FINEST_RESOLUTION),
        ),
    ]
}


@router.get("/cell-set", openapi_extra=_DOCS, summary="A set of hexagons", operation_id="cell_set")
async def get_cell_set(request: Request) -> Response:
    """Return a set of hexagons as the parameter `cells` of a selection, with its outline, bounds and number.

    A hexagon whose children are all in the set stands for them.
    """
    params = collect_params(request.query_params.multi_items(), ("cells", "polygon", "resolution"))

    def encode() -> Response:
        return json_answer(request, _describe(*_read_set(params)), _CACHE)

    return await service_of(request).encoder.run(encode)


def _read_set(params: Mapping[str, str]) -> tuple[CellSet, int]:
    """Return the set, and its finest resolution. Raises `InvalidParameter`."""
    cells = read_cells(params)
    if (cells is None) == ("polygon" not in params):
        raise InvalidParameter("cells", "is missing, or given beside polygon", "either cells or polygon")
    if cells is None:
        resolution = read_int(params, "resolution", COARSEST_RESOLUTION, FINEST_RESOLUTION, FINEST_RESOLUTION)
        return cells_in_polygon(read_polygon(params), resolution)
    if "resolution" in params:
        raise InvalidParameter("resolution", "is given beside cells, which have their own", "resolution together with polygon")
    return cells, max(map(h3.get_resolution, cells))


def _describe(cells: CellSet, resolution: int) -> dict[str, Any]:
    outline = _unite_outlines(cells)
    boxes = shapely.bounds(shapely.get_parts(outline)).reshape(-1, 4)
    return {
        "cells": write_cells(cells),
        "n": len(cells),
        "resolution": resolution,
        "bounds": enclosing_bounds(boxes),
        "outline": orjson.loads(shapely.to_geojson(outline)),
    }


def _unite_outlines(cells: CellSet) -> Any:
    """Return one geometry of degrees: of all cells at the finest resolution of the set, where these are not too many.

    Cells of one resolution meet exactly; between resolutions there are small gaps and overlaps.
    """
    finest = max(map(h3.get_resolution, cells))
    if sum(h3.cell_to_children_size(cell, finest) for cell in cells) <= _MAX_OUTLINED:
        cells = tuple(h3.uncompact_cells(list(cells), finest))
    array = np.array(cells, np.uint64)
    resolutions = array >> np.uint64(52) & np.uint64(0xF)
    outlines = [shapely.coverage_union_all(cell_outlines(array[resolutions == one])) for one in np.unique(resolutions)]
    return shapely.union_all(outlines)
