"""What most of some incidents are about: the themes with most of them, with how many there were in the compared window."""

from dataclasses import replace

import numpy as np

from geo_service.aggregation.counting.selected_rows import SelectedRows
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.measures.rows import Row
from geo_service.aggregation.replica.replica import ReplicaState

MOST = 5
"""Entries in a list."""


def selected_in_group(stats: GroupStats, group: int) -> SelectedRows:
    """Return the selected rows of one group."""
    rows = stats.taken
    inside = np.flatnonzero(rows.groups == group)
    return replace(rows, rows=rows.rows[inside], groups=rows.groups[inside], state=rows.state[inside])


def leading_themes(state: ReplicaState, now: SelectedRows, before: SelectedRows | None) -> list[Row]:
    """Return the themes with most incidents, most first, of equals by code: code, name, sector, n and n_compared.

    n_compared is None where nothing is compared.
    """
    catalogue = state.catalogue
    largest = max(state.columns.largest["theme"], max(catalogue.themes.by_id, default=0))
    column = state.columns["theme"]
    n = np.bincount(column[now.rows], minlength=largest + 1)
    n0 = None if before is None else np.bincount(column[before.rows], minlength=largest + 1)
    found = [theme for theme in catalogue.themes.all if n[theme.id]]
    sectors = {sector.id: sector.code for sector in catalogue.sectors.all}
    return [
        {
            "code": theme.code,
            "name": theme.name,
            "sector": sectors.get(theme.parent or 0),
            "n": int(n[theme.id]),
            "n_compared": None if n0 is None else int(n0[theme.id]),
        }
        for theme in sorted(found, key=lambda theme: (-n[theme.id], theme.code))[:MOST]
    ]
