"""TileJSON 3.0.0 documents. A layer is one row of data."""

from dataclasses import dataclass
from typing import Any

from geo_service.tiles.grid import MAX_ZOOM, MIN_ZOOM

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


@dataclass(frozen=True, slots=True)
class LayerDescription:
    """What a client is told of a layer: its name, and each property of its features in a few words."""

    id: str
    description: str
    fields: dict[str, str]
    min_zoom: int = MIN_ZOOM
    max_zoom: int = MAX_ZOOM


HEXES = LayerDescription(
    "hexes",
    "Incidents counted in H3 hexagons whose size follows the zoom",
    {
        "n": "incidents",
        "open": "incidents not yet closed, rejected or found to be duplicates",
        "overdue": "open incidents past their deadline",
        "class": "class of the chosen measure, 0 to 4; /api/legend gives its range and colour",
    },
)


def tilejson(layer: LayerDescription, *, base_url: str, query: str, bounds: Bounds, attribution: str, revision: int) -> dict[str, Any]:
    """The document. query: the selection as it came, passed on to the tiles' address; revision: of the incidents."""
    west, south, east, north = bounds
    return {
        "tilejson": "3.0.0",
        "name": layer.id,
        "description": layer.description,
        "scheme": "xyz",
        "tiles": [f"{base_url}/tiles/{layer.id}/{{z}}/{{x}}/{{y}}.mvt{'?' if query else ''}{query}"],
        "minzoom": layer.min_zoom,
        "maxzoom": layer.max_zoom,
        "bounds": [west, south, east, north],
        "center": [(west + east) / 2, (south + north) / 2, _zoom_to_show(bounds)],
        "attribution": attribution,
        "vector_layers": [
            {
                "id": layer.id,
                "description": layer.description,
                "minzoom": layer.min_zoom,
                "maxzoom": layer.max_zoom,
                "fields": layer.fields,
            }
        ],
        "revision": revision,
    }


def _zoom_to_show(bounds: Bounds) -> int:
    """The zoom at which the bounds' longer side fits a tile."""
    width = max(bounds[2] - bounds[0], (bounds[3] - bounds[1]) * 2, 1e-3)
    zoom = 0
    while zoom < MAX_ZOOM and width <= 180 / (1 << zoom):
        zoom += 1
    return zoom
