"""The layers of tiles that there are, by name."""

from collections.abc import Callable

from geo_service.tiles.districts import DistrictLayer
from geo_service.tiles.hexes import HexLayer
from geo_service.tiles.layer import TileLayer
from geo_service.tiles.tilejson import DISTRICTS, HEXES

LAYERS: dict[str, Callable[[], TileLayer]] = {HEXES.id: HexLayer, DISTRICTS.id: DistrictLayer}
