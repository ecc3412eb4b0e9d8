"""Measures of places that are not made from the incidents of each place alone: how they are computed, for all cells, some, or districts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.counting.grouping import Grouping
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection, Window
from geo_service.aggregation.spatial.baseline import baseline_window, baselines
from geo_service.aggregation.spatial.concentration import areas, cell_z
from geo_service.aggregation.spatial.emerging import cell_patterns
from geo_service.aggregation.spatial.named_classes import EMERGING, GI, UNUSUAL, NamedClasses
from geo_service.aggregation.spatial.unusual import cell_evidence, district_evidence

Floats = NDArray[np.float64]
Whole = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class SpatialMeasure:
    """How a measure of places is computed. Values are whole numbers, or float64 with NaN for "nothing"."""

    classes: NamedClasses
    depends_on: Callable[[Selection], tuple[Selection, ...]]
    """Returns the selections that a selection's values depend on, beside itself."""
    baseline: Callable[[Selection], Window] | None = None
    """Returns the window of the past that a selection is compared with."""
    level: Callable[[ReplicaState, Selection, int], NDArray[Any]] | None = None
    """Computes all cells of a level together; None where each is computed by itself."""
    cells: Callable[[ReplicaState, Selection, int, NDArray[np.intp]], Floats] | None = None
    """Computes some cells of a level, given by index."""
    districts: Callable[[ReplicaState, Selection, Whole, Whole], Floats] | None = None
    """Computes groups of districts from their incidents and the group of each district's id."""

    def of_level(self, state: ReplicaState, selection: Selection, resolution: int) -> NDArray[Any]:
        """Return the values of all cells of a level; NaN where each is computed by itself and has no incidents."""
        if self.level is not None:
            return self.level(state, selection, resolution)
        occupied = np.flatnonzero(state.counter.per_cell(selection, resolution)[:, 0])
        out = np.full(len(state.pyramid.levels[resolution]), np.nan)
        out[occupied] = self.of_cells(state, selection, resolution, occupied)
        return out

    def of_cells(self, state: ReplicaState, selection: Selection, resolution: int, which: NDArray[np.intp]) -> NDArray[Any]:
        """Return the values of some cells of a level."""
        if self.cells is not None:
            return self.cells(state, selection, resolution, which)
        key = (selection, *self.depends_on(selection), resolution, self.classes.palette)
        return state.counter.cached_array(key, lambda: self.of_level(state, selection, resolution))[which]

    def of_groups(self, state: ReplicaState, selection: Selection, grouping: Grouping, n: Whole) -> NDArray[Any]:
        """Return the values of groups; NaN for groups that are no places. n: incidents of the selection in each."""
        if grouping.resolution is not None:
            if grouping.cells is None:
                return self.of_level(state, selection, grouping.resolution)
            out = np.full(grouping.size, np.nan)
            known = np.flatnonzero(grouping.cells >= 0)
            out[known] = self.of_cells(state, selection, grouping.resolution, grouping.cells[known])
            return out
        if grouping.column == "district" and self.districts is not None:
            return self.districts(state, selection, n, grouping.group_of)
        return np.full(grouping.size, np.nan)


UNUSUAL_MEASURE = SpatialMeasure(UNUSUAL, baselines, baseline_window, cells=cell_evidence, districts=district_evidence)
GI_MEASURE = SpatialMeasure(GI, areas, level=cell_z)
EMERGING_MEASURE = SpatialMeasure(EMERGING, areas, level=cell_patterns)
