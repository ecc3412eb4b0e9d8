"""Districts of one level with their numbers: what tiles, legends and styles of a selection share."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.catalogue.catalogue import District
from geo_service.aggregation.counting.grouping import by_district
from geo_service.aggregation.measures.class_breaks import QUANTILE, ClassBreaks, ClassificationMethod, class_breaks, diverging_breaks
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.measures.measures import Measure
from geo_service.aggregation.measures.significance import share_of_time, significant
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.core.model import DistrictLevel


@dataclass(frozen=True, slots=True, eq=False)
class Choropleth:
    """One entry a district, in the order of `ReferenceData.districts_at`."""

    level: DistrictLevel
    districts: list[District]
    counts: NDArray[np.int32]
    """(districts, 4), channels as in `kernels.CHANNELS`."""
    outside: NDArray[np.int32]
    """(4,) the incidents that lie in no district of the level."""
    values: NDArray[Any]
    """(districts,) of the measure, in its unit; NaN where there is nothing to take it from, infinity where it grew from nothing."""
    breaks: ClassBreaks
    """Over all districts that have a value, those with zero too: they are places. Of changes, over those that are none by chance."""
    compared: NDArray[np.int32] | None = None
    """(districts,) incidents of the compared selection; None where nothing is compared."""
    significant: NDArray[np.bool_] | None = None
    """(districts,) whether the number of incidents differs from the compared one by more than chance."""

    @property
    def classed(self) -> NDArray[np.bool_]:
        """Which districts have a class."""
        known: NDArray[np.bool_] = ~np.isnan(self.values)
        return known

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which districts have a value."""
        known: NDArray[np.bool_] = np.isfinite(self.values)
        return known

    @property
    def classes(self) -> NDArray[np.uint8]:
        """The class of each district, masked where it has none."""
        classed = self.classed
        classes = np.zeros(len(classed), np.uint8)
        if classed.any():
            outside = None if self.significant is None else self.significant[classed]
            classes[classed] = self.breaks.classify(self.values[classed], outside)
        masked: NDArray[np.uint8] = np.ma.MaskedArray(classes, mask=~classed)
        return masked


def choropleth(
    state: ReplicaState, selection: Selection, measure: Measure, level: DistrictLevel, compare: Selection | None = None,
    division: ClassificationMethod = QUANTILE,
) -> Choropleth:  # fmt: skip
    """The districts of the level under the selection, beside what they are compared with, where that is asked."""
    facts = GroupStats(state, selection, by_district(state.catalogue, level), compare)
    values = (measure.map_values(facts) if measure.diverging else measure.values(facts))[:-1]
    counts, compared, found = facts.counts, None, None
    if compare is not None and facts.previous is not None:
        compared = facts.previous.counts[:-1, 0]
        found = significant(counts[:-1, 0], compared, share_of_time(selection, compare))
    known = values[~np.isnan(values) & (found if measure.diverging and found is not None else True)]
    divide = diverging_breaks if measure.diverging else class_breaks
    breaks = divide(known, division, measure.decimals)
    return Choropleth(level, state.catalogue.districts_at(level), counts[:-1], counts[-1], values, breaks, compared, found)
