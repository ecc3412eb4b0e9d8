"""Deadlines of rows that name none themselves: by the service's rules."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo_service.core.calendar.deadlines import Deadlines
from ingest.write.incident_batch import Instants
from ingest.write.reference_data import Theme


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    """Deadlines, and by which rule each was set."""

    due_at: Instants
    rules: Sequence[str]
    """Names; empty where the row had a deadline or no rule matched."""


def fill_due(deadlines: Deadlines, source: str, themes: Sequence[Theme], received_at: Instants, due_at: Instants) -> Filled:
    """`due_at` with a deadline by the rules where it was NaT; a rule looks at all its rows at once."""
    filled, names = due_at.copy(), [""] * len(themes)
    lacking = np.flatnonzero(np.isnat(due_at)).tolist()
    rule_of = {theme: deadlines.find_rule(theme.code, source, theme.sector) for theme in {themes[row] for row in lacking}}
    rows_of: dict[str, list[int]] = {}
    for row in lacking:
        if rule := rule_of[themes[row]]:
            rows_of.setdefault(rule.name, []).append(row)
            names[row] = rule.name
    for rule in deadlines.rules:
        if rows := rows_of.get(rule.name):
            received = received_at[rows].astype("datetime64[s]").astype(np.int64)
            filled[rows] = rule.compute_due(received, deadlines.calendar).astype("datetime64[s]")
    return Filled(filled, names)
