"""A measure on all cells of a level: its values and class breaks, made once for every tile, legend and total of a view."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.counting.counter import Counts
from geo_service.aggregation.counting.grouping import by_cell
from geo_service.aggregation.measures.class_breaks import QUANTILE, ClassBreaks, ClassificationMethod, class_breaks, diverging_breaks
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.measures.measures import Measure
from geo_service.aggregation.measures.significance import share_of_time, significant
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection

_LEAST_DRAWN = 1
"""Of a count: a hexagon without any is not drawn."""


@dataclass(frozen=True, slots=True)
class CellQuery:
    """What is asked of all cells of a level."""

    selection: Selection
    resolution: int
    measure: Measure
    compare: Selection | None = None
    division: ClassificationMethod = QUANTILE

    @property
    def key(self) -> tuple[Hashable, ...]:
        """What the values depend on."""
        return self.selection, self.resolution, self.measure.code, self.compare if self.measure.needs_compare else None


def cell_counts(state: ReplicaState, question: CellQuery) -> Counts:
    """(cells, 4) counts of the selection, by the cell's index. Shared: do not write into it."""
    return state.counter.per_cell(question.selection, question.resolution)


def compared_counts(state: ReplicaState, question: CellQuery) -> Counts | None:
    """The same of what it is compared with; None where nothing is."""
    return None if question.compare is None else state.counter.per_cell(question.compare, question.resolution)


def cell_values(state: ReplicaState, question: CellQuery) -> NDArray[Any]:
    """(cells,) the measure of each cell of a level, by the cell's index, as `Measure.on_map` gives it. Shared: do not write into it."""
    measure = question.measure
    facts = GroupStats(state, question.selection, by_cell(state.pyramid, question.resolution), question.compare)
    if measure.channel is not None:
        return measure.values(facts)
    return state.counter.cached_array(question.key, lambda: measure.map_values(facts), len(state.pyramid.levels[question.resolution]))


def cell_significance(state: ReplicaState, question: CellQuery, places: NDArray[np.intp] | None = None) -> NDArray[np.bool_] | None:
    """Which cells (all, or those at `places`) differ from the compared window by more than chance; None where nothing is compared."""
    before = compared_counts(state, question)
    if before is None or question.compare is None:
        return None
    now = cell_counts(state, question)
    n, n0 = (counts[:, 0] if places is None else counts[places, 0] for counts in (now, before))
    return significant(n, n0, share_of_time(question.selection, question.compare))


def cell_breaks(state: ReplicaState, question: CellQuery) -> ClassBreaks:
    """Class breaks over all cells of a level that are drawn; of changes, over those that are none by chance."""

    def make() -> ClassBreaks:
        values = cell_values(state, question)
        measure, division = question.measure, question.division
        if measure.diverging:
            outside = cell_significance(state, question)
            drawn = measure.is_drawn(values)
            return diverging_breaks(values[drawn if outside is None else drawn & outside], division, measure.decimals)
        if measure.channel is not None:
            return class_breaks(values, division, measure.decimals, _LEAST_DRAWN, above=_LEAST_DRAWN - 1)
        return class_breaks(values[measure.is_drawn(values)], division, measure.decimals)

    return state.counter.cached_value((*question.key, question.division), make)


def cell_classes(state: ReplicaState, question: CellQuery, places: NDArray[np.intp]) -> NDArray[np.uint8]:
    """The class of each cell at `places`, all of which are drawn."""
    breaks, values = cell_breaks(state, question), cell_values(state, question)[places]
    return breaks.classify(values, None if breaks.middle is None else cell_significance(state, question, places))
