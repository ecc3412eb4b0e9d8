"""The seam of the tile layers: what a layer must offer to be served."""

from dataclasses import dataclass
from typing import Protocol

from geo_service.aggregation.measures import Measure
from geo_service.aggregation.replica import State
from geo_service.aggregation.selection import Selection
from geo_service.tiles.grid import Tile


@dataclass(frozen=True, slots=True)
class TileRequest:
    """Everything a tile depends on but the incidents themselves."""

    tile: Tile
    selection: Selection
    measure: Measure
    with_h3: bool = False
    """Whether each feature carries its H3 index as text."""


class TileLayer(Protocol):
    """A layer of tiles. The same request on the same incidents gives the same bytes."""

    def encode(self, state: State, request: TileRequest) -> bytes:
        """The tile, uncompressed; empty when there is nothing in it. Called on the replica's thread."""
        ...
