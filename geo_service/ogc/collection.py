"""The seam of the feature collections: what one must offer to be served below /ogc/collections."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.core.model import DistrictLevel
from geo_service.ogc.query import Box

Feature = dict[str, Any]
"""A GeoJSON feature; its geometry may be an `orjson.Fragment`."""


@dataclass(frozen=True, slots=True)
class FeatureQuery:
    """Which features, and what is counted in them."""

    selection: Selection
    compare: Selection | None = None
    boxes: tuple[Box, ...] | None = None
    """None for everywhere."""
    limit: int = 100
    offset: int = 0
    level: DistrictLevel | None = None
    """Of districts; None for all."""
    resolution: int | None = None
    """Of hexagons; None where the box decides."""


@dataclass(frozen=True, slots=True)
class Page:
    """The features from `offset` on, and how many there are in all."""

    features: Sequence[Feature]
    matched: int
    fixed: tuple[tuple[str, str], ...] = ()
    """Parameters that the next page must be asked for with, because they were chosen here."""


@dataclass(frozen=True, slots=True)
class Description:
    """What clients are told of a collection. parameters: its own ones with their meaning."""

    id: str
    title: str
    description: str
    parameters: dict[str, str]


class FeatureCollection(Protocol):
    """A collection of features in a steady order. Called on the replica's thread."""

    @property
    def description(self) -> Description:
        """What clients are told of it."""
        ...

    def find(self, state: ReplicaState, query: FeatureQuery) -> Page:
        """The features that the query asks for."""
        ...

    def one(self, state: ReplicaState, name: str, query: FeatureQuery) -> Feature:
        """The feature with the id. Raises NotFound."""
        ...

    def extent(self, state: ReplicaState) -> Box:
        """Where features can be."""
        ...
