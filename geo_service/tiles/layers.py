"""The layers of tiles that there are, by name."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from geo_service.tiles.districts import DistrictLayer
from geo_service.tiles.hexes import HexLayer
from geo_service.tiles.layer import TileLayer
from geo_service.tiles.points import PointLayer
from geo_service.tiles.tilejson import DISTRICTS, HEXES, INCIDENTS

LAYERS: dict[str, Callable[[ZoneInfo], TileLayer]] = {
    HEXES.id: lambda zone: HexLayer(),
    DISTRICTS.id: lambda zone: DistrictLayer(),
    INCIDENTS.id: PointLayer,
}
"""How each is made, for a service in a time zone."""
