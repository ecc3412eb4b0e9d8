"""Names of settlements, for labels on the map."""

from fastapi import APIRouter, Request, Response

from geo_service.core.database import database_errors
from geo_service.core.named_queries import query
from geo_service.routes.common.dependencies import service_of
from geo_service.routes.common.raw_route import PlainRoute
from geo_service.routes.common.responses import json_answer

router = APIRouter(route_class=PlainRoute, prefix="/api", tags=["map"])

_AT_MOST = 2000
_AROUND_DEGREES = 1.0


@router.get(
    "/places",
    summary="Settlements near the incidents",
    operation_id="places",
    responses={200: {"description": "The settlements.", "content": {"application/geo+json": {}}}},
)
async def get_places(request: Request) -> Response:
    """The most populous named settlements within a degree of the incidents, as GeoJSON."""
    service = service_of(request)
    west, south, east, north = await service.replica.run(service.hexes.bounds)
    box = (west - _AROUND_DEGREES, south - _AROUND_DEGREES, east + _AROUND_DEGREES, north + _AROUND_DEGREES)
    with database_errors("read the settlements"):
        rows = await service.database.fetch(query("places.list_in_box"), *box, _AT_MOST)
    features = [
        {
            "type": "Feature",
            "id": row["id"],
            "geometry": {"type": "Point", "coordinates": [row["lng"], row["lat"]]},
            "properties": {"name_ru": row["name_ru"], "name_en": row["name_en"], "population": row["population"]},
        }
        for row in rows
    ]
    document = {"type": "FeatureCollection", "features": features}
    return json_answer(request, document, "public, max-age=300", media_type="application/geo+json")
