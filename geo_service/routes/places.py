"""Settlements with their names, for labels on the map."""

from typing import Any

import asyncpg
from fastapi import APIRouter, Request, Response

from geo_service.core.extent import widen
from geo_service.core.sql.named_queries import query
from geo_service.queries.selection import collect_params
from geo_service.routes.common.dependencies import PlainRoute, service_of
from geo_service.routes.common.responses import json_answer
from geo_service.routes.schemas.parameter_docs import PLACES_DOCS

router = APIRouter(route_class=PlainRoute, prefix="/api", tags=["map"])

_STYLE_PARAMETERS = [each["name"] for each in PLACES_DOCS["parameters"]]
"""A style names this address as a source: some clients, such as ol-mapbox-style, copy a parameter of the style's address to it."""
_MAX_SETTLEMENTS = 2000
_MARGIN_DEGREES = 1.0
"""Around the bounds of the incidents, so that the edge of the map has labels too."""


@router.get(
    "/places",
    summary="Settlements near the incidents",
    operation_id="places",
    openapi_extra=PLACES_DOCS,
    responses={200: {"description": "The settlements.", "content": {"application/geo+json": {}}}},
)
async def get_places(request: Request) -> Response:
    """Return the most populous named settlements within a degree of the incidents, as GeoJSON.

    `type` is the settlement's type as Russian addresses abbreviate it («ст-ца», «пос.»), where it is known. `section_of` is the id of
    the town of which a place is a section; towns lack it. `transliterated` is true where the Russian name is made from another name
    by a table, because GeoNames has none.
    """
    collect_params(request.query_params.multi_items(), _STYLE_PARAMETERS)
    service = service_of(request)
    boxes = widen(await service.replica.run_or_recall("bounds of settlements", service.hexes.bounds), _MARGIN_DEGREES)
    async with service.connect("read the settlements") as connection:
        rows = await connection.fetch(query("places.list_in_boxes"), *boxes[0], *boxes[-1], _MAX_SETTLEMENTS)

    def encode() -> Response:
        document = {"type": "FeatureCollection", "features": list(map(_to_feature, rows))}
        return json_answer(request, document, "public, max-age=300", media_type="application/geo+json")

    return await service.encoder.run(encode)


def _to_feature(row: asyncpg.Record) -> dict[str, Any]:
    optional = {name: row[name] for name in ("type", "section_of", "transliterated") if row[name]}
    return {
        "type": "Feature",
        "id": row["id"],
        "geometry": {"type": "Point", "coordinates": [row["lng"], row["lat"]]},
        "properties": {
            "name_ru": row["name_ru"] or row["name_en"],
            "name_en": row["name_en"] or row["name_ru"],
            "population": row["population"],
            **optional,
        },
    }
