"""A query's numbers for every group of a level, the cells of an H3 resolution or the districts of a level: computed once, passed down."""

from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.counting.counter import Counts
from geo_service.aggregation.counting.grouping import by_cell, by_district
from geo_service.aggregation.measures.class_breaks import ClassBreaks, ClassificationMethod, class_breaks, diverging_breaks
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.measures.significance import share_of_time, significant
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.spatial.named_classes import NamedClasses
from geo_service.core.model import DistrictLevel

NO_BREAKS = ClassBreaks((), ())
_LEAST_DRAWN = 1
"""Of a count: a hexagon without any is not drawn."""


@dataclass(frozen=True, eq=False)
class LevelValues:
    """One entry a group. The arrays may be shared with other requests: do not write into them."""

    query: Query
    counts: Counts
    """(groups, 4), channels as in `kernels.CHANNELS`."""
    values: NDArray[Any]
    """(groups,) of the measure, in its unit; NaN where it has none, infinity where it grew from nothing."""
    compared: NDArray[np.int32] | None = None
    """(groups,) incidents of the compared selection; None where nothing is compared."""
    breaks: ClassBreaks = NO_BREAKS
    """Over the whole level, also in a part of it."""

    def __len__(self) -> int:
        return len(self.values)

    def at(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> "LevelValues":
        """Return a part of the groups: those at indexes, in that order, or those that a mask selects."""
        compared = None if self.compared is None else self.compared[which]
        return LevelValues(self.query, self.counts[which], self.values[which], compared, self.breaks)

    @cached_property
    def drawn(self) -> NDArray[np.bool_]:
        """(groups,) which are drawn on maps: counts above zero, and of other measures whatever there is.

        Of classes with names those of places with incidents, and others that say something.
        """
        measure = self.query.measure
        drawn: NDArray[np.bool_] = ~np.isnan(self.values) if measure.channel is None else self.values > 0
        if measure.classes is not None:
            drawn &= (self.counts[:, 0] > 0) | (self.classes != measure.classes.neutral)
        return drawn

    @cached_property
    def significant(self) -> NDArray[np.bool_] | None:
        """(groups,) whether the number of incidents differs from the compared one by more than chance; None where nothing is compared."""
        if self.compared is None or self.query.compare is None:
            return None
        return significant(self.counts[:, 0], self.compared, share_of_time(self.query.selection, self.query.compare))

    @cached_property
    def classes(self) -> NDArray[np.uint8]:
        """(groups,) the class of each; every group must have a value, or be infinite."""
        return self.breaks.classify(self.values, None if self.breaks.middle is None else self.significant)


def cell_values(state: ReplicaState, query: Query, classifier: ClassificationMethod, resolution: int) -> LevelValues:
    """The numbers of all cells of a resolution, by the cell's index.

    Counts, values and breaks stay in the counter's caches for other tiles and legends of the query, for as long as they hold.
    """
    counter, measure = state.counter, query.measure
    counts = counter.per_cell(query.selection, resolution)
    compared = None if query.compare is None else counter.per_cell(query.compare, resolution)[:, 0]
    key = _key(query, resolution)
    values = (
        counts[:, measure.channel]
        if measure.channel is not None
        else counter.cached_array(key, partial(_map_values, state, query, resolution), len(counts))
    )
    whole = LevelValues(query, counts, values, compared)
    return replace(whole, breaks=counter.cached_value((*key, classifier), partial(_cell_breaks, whole, classifier)))


def some_cell_values(
    state: ReplicaState, query: Query, classifier: ClassificationMethod, resolution: int, which: NDArray[np.intp]
) -> LevelValues:
    """The numbers of some cells of a resolution, by index: as `cell_values(…).at(which)`.

    Where each cell is computed by itself and the classes are known, only these are computed: a tile needs few of a level's cells.
    """
    measure, counter, cells = query.measure, state.counter, len(state.pyramid.levels[resolution])
    spatial = measure.spatial
    if spatial is None or spatial.cells is None or counter.known_array(_key(query, resolution), cells) is not None:
        return cell_values(state, query, classifier, resolution).at(which)
    counts = counter.per_cell(query.selection, resolution)[which]
    occupied = np.flatnonzero(counts[:, 0])
    values = np.full(len(which), np.nan)
    values[occupied] = np.round(spatial.cells(state, query.selection, resolution, which[occupied]), measure.decimals)
    compared = None if query.compare is None else counter.per_cell(query.compare, resolution)[which, 0]
    return LevelValues(query, counts, values, compared, _named_breaks(spatial.classes, values))


def _key(query: Query, resolution: int) -> tuple[object, ...]:
    """Return the key of a level's values: it holds every selection that they depend on."""
    measure = query.measure
    compare = query.compare if measure.needs_compare else None
    return query.selection, resolution, measure.code, compare, *measure.depends_on(query.selection)


def district_values(
    state: ReplicaState, query: Query, classifier: ClassificationMethod, level: DistrictLevel
) -> tuple[LevelValues, NDArray[np.int32]]:
    """The numbers of a level's districts, in the order of `Catalogue.districts_at`; and the (4,) counts of what lies in none of them.

    Breaks are over all districts that have a value, those with zero too: they are places. Of changes, over significant ones.
    """
    measure, facts = query.measure, GroupStats(state, query.selection, by_district(state.catalogue, level), query.compare)
    values = (measure.map_values(facts) if measure.diverging else measure.values(facts))[:-1]
    compared = None if facts.previous is None else facts.previous.counts[:-1, 0]
    whole = LevelValues(query, facts.counts[:-1], values, compared)
    return replace(whole, breaks=_breaks(whole, ~np.isnan(values), classifier)), facts.counts[-1]


def _map_values(state: ReplicaState, query: Query, resolution: int) -> NDArray[Any]:
    return query.measure.map_values(GroupStats(state, query.selection, by_cell(state.pyramid, resolution), query.compare))


def _cell_breaks(whole: LevelValues, classifier: ClassificationMethod) -> ClassBreaks:
    """Class breaks over all cells that are drawn; of changes, over the significant ones."""
    measure = whole.query.measure
    if measure.channel is not None:
        # Most cells of a fine level hold none: zeros are skipped while counting, not copied out before.
        return class_breaks(whole.values, classifier, measure.decimals, _LEAST_DRAWN, above=_LEAST_DRAWN - 1)
    if measure.classes is not None:
        # Before anything is drawn: that follows from the classes.
        return _named_breaks(measure.classes, whole.values)
    return _breaks(whole, whole.drawn, classifier)


def _breaks(whole: LevelValues, classed: NDArray[np.bool_], classifier: ClassificationMethod) -> ClassBreaks:
    """Class breaks over the classed groups; of changes, over those of them that are significant."""
    measure = whole.query.measure
    if measure.classes is not None:
        return _named_breaks(measure.classes, whole.values)
    if not measure.diverging:
        return class_breaks(whole.values[classed], classifier, measure.decimals)
    chosen = classed if whole.significant is None else classed & whole.significant
    return diverging_breaks(whole.values[chosen], classifier, measure.decimals)


def _named_breaks(classes: NamedClasses, values: NDArray[Any]) -> ClassBreaks:
    return ClassBreaks(classes.find_lowers(values), tuple(range(len(classes))))
