"""Districts of one level with their numbers: what tiles, legends and styles of a selection share."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.breaks import ClassBreaks, class_breaks
from geo_service.aggregation.catalogue import District
from geo_service.aggregation.facts import Facts
from geo_service.aggregation.grouping import by_district
from geo_service.aggregation.measures import Measure
from geo_service.aggregation.replica import State
from geo_service.aggregation.selection import Selection
from geo_service.model import DistrictLevel


@dataclass(frozen=True, slots=True, eq=False)
class Choropleth:
    """One entry a district, in the order of `Catalogue.districts_at`."""

    level: DistrictLevel
    districts: list[District]
    counts: NDArray[np.int32]
    """(districts, 4), channels as in `kernels.CHANNELS`."""
    outside: NDArray[np.int32]
    """(4,) the incidents that lie in no district of the level."""
    values: NDArray[Any]
    """(districts,) of the measure, in its unit; NaN where there is nothing to take it from."""
    breaks: ClassBreaks
    """Over all districts that have a value, those with zero too: they are places."""

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which districts have a value."""
        known: NDArray[np.bool_] = ~np.isnan(self.values)
        return known

    @property
    def classes(self) -> NDArray[np.uint8]:
        """The class of each district, masked where it has no value."""
        known = self.known
        classes = np.zeros(len(known), np.uint8)
        if known.any():
            classes[known] = self.breaks.classify(self.values[known])
        masked: NDArray[np.uint8] = np.ma.MaskedArray(classes, mask=~known)
        return masked


def choropleth(state: State, selection: Selection, measure: Measure, level: DistrictLevel, compare: Selection | None = None) -> Choropleth:
    """The districts of the level under the selection, compared with another where the measure needs it."""
    facts = Facts(state, selection, by_district(state.catalogue, level), compare)
    values = measure.values(facts)[:-1]
    breaks = class_breaks(values[~np.isnan(values)], diverging=measure.diverging)
    return Choropleth(level, state.catalogue.districts_at(level), facts.counts[:-1], facts.counts[-1], values, breaks)
