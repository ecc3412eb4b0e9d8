"""The protocol of tile layers: what a layer must offer to be served. `tests/integration/test_layers.py` tests every layer against it."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from geo_service.aggregation.alerts.alert_filter import OPEN_ALERTS, AlertFilter
from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.aggregation.columns.h3_hierarchy import H3Hierarchy
from geo_service.aggregation.measures.class_breaks import QUANTILE, ClassificationMethod
from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.core.extent import Bounds
from geo_service.core.model import DistrictLevel
from geo_service.tiles.documents.tilejson import LayerDescription
from geo_service.tiles.encoding.grid import Box, Tile
from geo_service.tiles.layers.tile_coverage import Tiles


@dataclass(frozen=True, slots=True)
class Rendering:
    """How the result of a query is drawn; nothing in it changes what is counted."""

    level: DistrictLevel | None = None
    """Which districts; None where the zoom decides."""
    classifier: ClassificationMethod = QUANTILE
    """How values are divided into classes."""
    frames: int | None = None
    """Into how many equal parts the window is divided for playback; None for no playback."""
    format: str = "mvt"
    """Of tiles: one of `formats.CONTENT_TYPES`."""
    detail: int = 0
    """By how many zooms hexagons and districts are finer than usual, 0 to `grid.MAX_DETAIL`."""
    with_h3: bool = False
    """Whether each feature carries its H3 index as text."""
    with_meta: bool = False
    """Whether a tile has a layer of its totals, which names the revision of the incidents."""
    alerts: AlertFilter = OPEN_ALERTS
    """Which alerts are drawn, in the layer of alerts."""


@dataclass(frozen=True, slots=True)
class TileRequest:
    """Everything a tile depends on but the incidents themselves."""

    tile: Tile
    query: Query
    rendering: Rendering = Rendering()
    revision: int | None = None
    """Of the incidents, where the tile names it; None for `rendering.with_meta` false."""

    @property
    def validating_selections(self) -> tuple[Selection, ...]:
        """The selections whose incidents the tile may show; none where it names the revision, which any change makes another."""
        return self.query.depends_on if self.revision is None else ()


@dataclass(frozen=True, slots=True)
class LegendRequest:
    """Everything a legend depends on but the incidents themselves: a query as it is drawn at a zoom."""

    zoom: int
    query: Query
    rendering: Rendering = Rendering()


@dataclass(frozen=True, slots=True)
class EncodedTile:
    """A tile's bytes, and what `LocallyCacheable.fingerprint` gives for its request; None where the layer has no fingerprints."""

    body: bytes
    """Uncompressed; empty when there is nothing in the tile."""
    fingerprint: Hashable = None


@runtime_checkable
class OwnData(Protocol):
    """A layer that draws something else than incidents: its tiles change with that, and with the catalogue."""

    @property
    def data_revision(self) -> int:
        """Number of the state of what it draws. Read on any thread; a tile that was begun at another number is not valid."""
        ...


class TileLayer(Protocol):
    """A layer of tiles. The same request on the same incidents gives the same bytes. Called on the replica's thread."""

    @property
    def description(self) -> LayerDescription:
        """What clients learn about it."""
        ...

    def encode(self, state: ReplicaState, request: TileRequest) -> EncodedTile:
        """Compute and encode the tile."""
        ...

    def legend(self, state: ReplicaState, view: LegendRequest) -> dict[str, Any]:
        """Return what each class in the tiles of the view stands for."""
        ...

    def covered_tiles(self, state: ReplicaState, view: LegendRequest, within: Box) -> Tiles:
        """Return the tiles of the view's zoom that may hold something and share area with the box; none that holds something is missing."""
        ...

    def bounds(self, state: ReplicaState) -> Bounds:
        """Return west, south, east, north of everything the layer may draw; the world when that is nothing."""
        ...

    def attribution(self, catalogue: Catalogue) -> list[str]:
        """Return whose data is drawn; may be called on any thread."""
        ...

    def refresh(self, pyramid: H3Hierarchy) -> None:
        """Take in that incidents or the catalogue have changed."""
        ...
