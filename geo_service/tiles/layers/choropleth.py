"""Districts of one level with their numbers: what tiles, legends and styles of a selection share."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.catalogue.catalogue import District
from geo_service.aggregation.measures.class_breaks import ClassificationMethod
from geo_service.aggregation.measures.level_values import LevelValues, district_values
from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.model import DistrictLevel


@dataclass(frozen=True, slots=True, eq=False)
class Choropleth:
    """One entry a district, in the order of `Catalogue.districts_at`."""

    level: DistrictLevel
    districts: list[District]
    numbers: LevelValues
    """By district."""
    outside: NDArray[np.int32]
    """(4,) the incidents that lie in no district of the level, channels as in `kernels.CHANNELS`."""
    classes: NDArray[np.uint8]
    """The class of each district, masked where it has none."""

    @property
    def classed(self) -> NDArray[np.intp]:
        """Which districts have a class."""
        return np.flatnonzero(~np.isnan(self.numbers.values))


def choropleth(state: ReplicaState, query: Query, classifier: ClassificationMethod, level: DistrictLevel) -> Choropleth:
    """The districts of the level under the query."""
    numbers, outside = district_values(state, query, classifier, level)
    missing = np.isnan(numbers.values)
    classes = np.zeros(len(numbers), np.uint8)
    classes[~missing] = numbers.at(np.flatnonzero(~missing)).classes
    masked: NDArray[np.uint8] = np.ma.MaskedArray(classes, mask=missing)
    return Choropleth(level, state.catalogue.districts_at(level), numbers, outside, masked)
