"""By what the places are ranked: two models, two shorter memories to compare with, and chance."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ranking:
    """A number for each place, computed from the messages received before a Monday; places with the largest are listed."""

    code: str
    label: str
    formula: str
    is_model: bool = False
    """Whether a list for use may be made by it; the others are there to compare with."""


RANKINGS = (
    Ranking("last_7d", "7 days", "messages of the last 7 days"),
    Ranking("last_30d", "30 days", "messages of the last 30 days"),
    Ranking("year", "year", "messages of the last 365 days", is_model=True),
    Ranking("decayed", "decayed", "sum over the messages of the last 365 days of 1 + 8·½^(age / 14 d)", is_model=True),
    Ranking("random", "random", "chance: a choice drawn anew each Monday"),
)
"""In the order of the arrays of scores: the first four are computed from messages."""

YEAR, DECAYED, RANDOM = 2, 3, 4
"""Positions in `RANKINGS`."""

MEMORY_DAYS = 365
"""Older messages count in no ranking."""
MONTH_DAYS, WEEK_DAYS = 30, 7

FRESH_WEIGHT = 8.0
"""What a message of this moment counts beside the year's 1; it halves every `HALF_LIFE_DAYS`."""
HALF_LIFE_DAYS = 14
