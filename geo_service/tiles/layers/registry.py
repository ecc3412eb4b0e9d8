"""The layers of tiles that there are, by name."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from geo_service.tiles.documents.tilejson import ALERTS, DENSITY, DISTRICTS, HEXES, INCIDENTS
from geo_service.tiles.layers.alerts import AlertLayer
from geo_service.tiles.layers.base import TileLayer
from geo_service.tiles.layers.density import DensityLayer
from geo_service.tiles.layers.districts import DistrictLayer
from geo_service.tiles.layers.hexes import HexLayer
from geo_service.tiles.layers.points import PointLayer

LAYERS: dict[str, Callable[[ZoneInfo], TileLayer]] = {
    HEXES.id: lambda zone: HexLayer(),
    DISTRICTS.id: lambda zone: DistrictLayer(),
    INCIDENTS.id: PointLayer,
    DENSITY.id: lambda zone: DensityLayer(),
    ALERTS.id: lambda zone: AlertLayer(),
}
"""How each is made, for a service in a time zone."""
