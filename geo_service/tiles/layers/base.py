"""The seam of the tile layers: what a layer must offer to be served. `tests/integration/test_layers.py` holds every layer to it."""

from dataclasses import dataclass
from typing import Any, Protocol

from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.aggregation.columns.h3_hierarchy import H3Hierarchy
from geo_service.aggregation.measures.class_breaks import QUANTILE, ClassificationMethod
from geo_service.aggregation.measures.measures import Measure
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.core.model import DistrictLevel
from geo_service.tiles.documents.tilejson import Bounds, LayerDescription
from geo_service.tiles.encoding.grid import Box, Tile
from geo_service.tiles.layers.tile_coverage import Tiles


@dataclass(frozen=True, slots=True)
class TileRequest:
    """Everything a tile depends on but the incidents themselves."""

    tile: Tile
    selection: Selection
    measure: Measure
    with_h3: bool = False
    """Whether each feature carries its H3 index as text."""
    compare: Selection | None = None
    """What the selection is compared with."""
    level: DistrictLevel | None = None
    """Which districts; None where the zoom decides."""
    division: ClassificationMethod = QUANTILE
    """How values are divided into classes."""
    frames: int | None = None
    """Into how many equal buckets the window is cut for playback."""
    meta: int | None = None
    """The incidents' revision, where a layer that tells it beside the tile's totals is asked for."""
    form: str = "mvt"
    """One of `forms.CONTENT_TYPES`."""

    @property
    def every_revision(self) -> bool:
        """Whether any change of the incidents makes it another tile, as when the tile names the revision itself."""
        return self.meta is not None

    @property
    def selections(self) -> tuple[Selection, ...]:
        """All whose incidents the tile may show."""
        return (self.selection,) if self.compare is None else (self.selection, self.compare)


@dataclass(frozen=True, slots=True)
class LegendRequest:
    """What a legend depends on: a selection looked at from a zoom, and which districts, or None where the zoom decides."""

    zoom: int
    selection: Selection
    measure: Measure
    level: DistrictLevel | None = None
    compare: Selection | None = None
    division: ClassificationMethod = QUANTILE
    frames: int | None = None


class TileLayer(Protocol):
    """A layer of tiles. The same request on the same incidents gives the same bytes. Called on the replica's thread."""

    @property
    def description(self) -> LayerDescription:
        """What clients are told of it."""
        ...

    def encode(self, state: ReplicaState, request: TileRequest) -> bytes:
        """The tile, uncompressed; empty when there is nothing in it."""
        ...

    def legend(self, state: ReplicaState, view: LegendRequest) -> dict[str, Any]:
        """What each class in the tiles of the view stands for."""
        ...

    def covered_tiles(self, state: ReplicaState, view: LegendRequest, within: Box) -> Tiles:
        """The tiles of the view's zoom that may hold something and share area with the box; none that holds something is missing."""
        ...

    def bounds(self, state: ReplicaState) -> Bounds:
        """West, south, east, north of everything the layer may draw; the world when that is nothing."""
        ...

    def attribution(self, catalogue: Catalogue) -> list[str]:
        """Whose data is drawn; may be called on any thread."""
        ...

    def refresh(self, pyramid: H3Hierarchy) -> None:
        """Hear that incidents or the catalogue have changed."""
        ...
