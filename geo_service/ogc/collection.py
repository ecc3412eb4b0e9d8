"""The protocol of the feature collections below /ogc/collections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from geo_service.aggregation.measures.measures import Measure
from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.extent import Bounds
from geo_service.core.model import DistrictLevel
from geo_service.ogc.crs import CRS84, Crs

Feature = dict[str, Any]
"""A GeoJSON feature; its geometry may be an `orjson.Fragment`."""


@dataclass(frozen=True, slots=True)
class FeatureQuery:
    """Which features of a collection, and of which incidents their numbers are."""

    query: Query
    boxes: tuple[Bounds, ...] | None = None
    """Features touch at least one of these, degrees; None for everywhere."""
    limit: int = 100
    offset: int = 0
    level: DistrictLevel | None = None
    """Of districts; None for the collection's own."""
    resolution: int | None = None
    """Of hexagons; None for the collection's own."""
    crs: Crs = CRS84
    """Of the features' geometries."""


@dataclass(frozen=True, slots=True)
class FeaturePage:
    """The features of a page, and how many the query matches in all."""

    features: Sequence[Feature]
    matched: int


@dataclass(frozen=True, slots=True)
class ParameterDescription:
    """A parameter that only some collections have."""

    text: str
    schema: Mapping[str, Any]
    """JSON schema of its value."""


@dataclass(frozen=True, slots=True)
class CollectionDescription:
    """The metadata of a collection."""

    id: str
    title: str
    description: str
    parameters: Mapping[str, ParameterDescription] = field(default_factory=dict)
    """Those that only this collection has, by name."""
    measures: Mapping[str, Measure] = field(default_factory=dict)
    """Measures that its features have only where they are asked for, by code; all others they have anyway."""


class FeatureCollection(Protocol):
    """A collection of features in a stable order. The methods are called on the replica's thread."""

    @property
    def description(self) -> CollectionDescription:
        """The metadata of the collection."""
        ...

    def find(self, state: ReplicaState, query: FeatureQuery) -> FeaturePage:
        """Return the page of features that match the query.

        Boxes choose among the collection's features; which features there are does not depend on them.
        """
        ...

    def get(self, state: ReplicaState, feature_id: str, query: FeatureQuery) -> Feature:
        """Return one feature. Raises `NotFound`."""
        ...

    def extent(self, state: ReplicaState) -> Bounds:
        """Return the bounds of all features, degrees; west > east across the antimeridian. The world without any."""
        ...
