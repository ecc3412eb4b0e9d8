"""Those of the selected rows that lie in one H3 cell."""

from dataclasses import replace

import numpy as np

from geo_service.aggregation.columns.columns import Columns
from geo_service.aggregation.columns.h3_hierarchy import H3Hierarchy
from geo_service.aggregation.counting.selected_rows import SelectedRows


def rows_in_cell(columns: Columns, pyramid: H3Hierarchy, selected: SelectedRows, cell: int | None) -> SelectedRows:
    """Return the rows in a cell of any resolution of the hierarchy; all of them for None."""
    if cell is None:
        return selected
    resolution = cell >> 52 & 0xF
    index = int(pyramid.levels[resolution].index(np.array([cell], np.uint64))[0])
    # A cell without incidents has the index -1, which no row has.
    inside = np.flatnonzero((pyramid.up(resolution) == index)[columns["cell"][selected.rows]])
    return replace(selected, rows=selected.rows[inside], groups=selected.groups[inside], state=selected.state[inside])
