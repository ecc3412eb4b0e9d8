"""A measure on all cells of a level: its values and class breaks, made once for every tile, legend and total of a view."""

from typing import Any

from numpy.typing import NDArray

from geo_service.aggregation.breaks import ClassBreaks, class_breaks
from geo_service.aggregation.facts import Facts
from geo_service.aggregation.grouping import by_cell
from geo_service.aggregation.measures import Measure
from geo_service.aggregation.replica import State
from geo_service.aggregation.selection import Selection


def cell_values(state: State, selection: Selection, resolution: int, measure: Measure, compare: Selection | None = None) -> NDArray[Any]:
    """(cells,) the measure of each cell of a level, by the cell's index, NaN for "nothing". Shared: do not write into it."""
    facts = Facts(state, selection, by_cell(state.pyramid, resolution), compare)
    if measure.channel is not None:
        return measure.values(facts)
    key = (selection, resolution, measure.code, compare if measure.needs_compare else None)
    return state.counter.array(key, lambda: measure.on_map(facts), len(state.pyramid.levels[resolution]))


def cell_breaks(state: State, selection: Selection, resolution: int, measure: Measure, compare: Selection | None = None) -> ClassBreaks:
    """Class breaks over all cells of a level that are drawn."""

    def make() -> ClassBreaks:
        values = cell_values(state, selection, resolution, measure, compare)
        return class_breaks(values[measure.is_drawn(values)], diverging=measure.diverging)

    return state.counter.small((selection, resolution, measure.code, compare if measure.needs_compare else None), make)
