"""Seasonality of messages: expected counts by day and theme, and the distribution over the hours of a day.

Days are numbers of days since 1970-01-01 in local time, which is three hours ahead of UTC all year.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ingest.demo.geography.region import Floats
from ingest.demo.messages.themes import DEMO_THEMES, SEASONS, SECTOR_CODES

MESSAGES_A_DAY = 207
"""Average; two years have about 150,000 messages."""

UTC_OFFSET_S = 3 * 3600

_SEED = 2302
_GROWTH_A_YEAR = 0.06
_REFERENCE_DAY = 20_454
"""2026-01-01: the day on which the growth factor is 1."""
_HOLIDAYS = {(1, day): 0.6 for day in range(1, 9)} | {(3, 8): 0.75, (5, 1): 0.75, (5, 9): 0.65, (6, 12): 0.8, (11, 4): 0.8}
_WEATHER = {"heating": 0.35, "frost": 0.4, "snow": 0.9, "heat": 0.3, "thaw": 0.25}
"""Standard deviation of the logarithm of the weekly factor, by season."""

# Monday … Sunday.
_WEEK = {
    "health": (1.55, 1.25, 1.15, 1.1, 1.0, 0.55, 0.4),
    "education": (1.4, 1.25, 1.2, 1.15, 1.05, 0.45, 0.5),
    "social": (1.4, 1.3, 1.2, 1.15, 1.05, 0.5, 0.4),
    "housing": (1.15, 1.05, 1.0, 1.0, 1.0, 0.95, 0.85),
    "waste": (1.35, 1.05, 0.95, 0.95, 0.95, 0.9, 0.85),
    "energy": (1.0, 1.0, 1.0, 1.0, 1.05, 1.0, 0.95),
    "roads": (1.25, 1.15, 1.1, 1.05, 1.05, 0.75, 0.65),
    "transport": (1.3, 1.15, 1.1, 1.1, 1.2, 0.65, 0.5),
}

# Midnight … 23 o'clock, relative.
_OFFICE = (1, 1, 0, 0, 0, 1, 3, 9, 16, 17, 15, 13, 11, 11, 11, 10, 9, 8, 7, 7, 6, 5, 3, 2)
_HOME = (2, 1, 1, 1, 1, 3, 8, 11, 11, 10, 9, 8, 8, 8, 8, 9, 10, 12, 14, 15, 14, 11, 7, 4)
_ROAD = (1, 1, 0, 0, 1, 2, 6, 13, 14, 10, 8, 8, 8, 8, 8, 9, 11, 14, 13, 10, 8, 6, 4, 2)
_HOURS = {
    "health": _OFFICE, "education": _OFFICE, "social": _OFFICE, "housing": _HOME,
    "waste": _HOME, "energy": _HOME, "roads": _ROAD, "transport": _ROAD,
}  # fmt: skip


def expected_counts(days: NDArray[np.int64]) -> Floats:
    """Return the expected number of messages: (days, themes)."""
    season = np.column_stack([_season_factor(theme.season, days) * _weather_factor(theme.season, days) for theme in DEMO_THEMES])
    weekday = (days + 3) % 7
    week = np.column_stack([np.array(_WEEK[theme.sector])[weekday] for theme in DEMO_THEMES])
    weights = np.array([theme.weight for theme in DEMO_THEMES])
    growth = 1 + _GROWTH_A_YEAR * (days - _REFERENCE_DAY) / 365.25
    common = MESSAGES_A_DAY * _holiday_factor(days) * np.clip(growth, 0.5, 2)
    expected: Floats = season * week * (weights / weights.sum()) * common[:, None]
    return expected


def draw_second_of_day(sector: NDArray[np.int64], hour: Floats, within: Floats) -> NDArray[np.int64]:
    """Return seconds since local midnight. sector: index in SECTOR_CODES; hour, within: uniform in [0, 1)."""
    chosen = (_cumulative_hours()[sector] <= hour[:, None]).sum(axis=1)
    seconds: NDArray[np.int64] = np.minimum(chosen, 23) * 3600 + (within * 3600).astype(np.int64)
    return seconds


def summer_factor(days: NDArray[np.int64]) -> Floats:
    """Return the holiday season of each day: 0 in winter, 1 in July and August."""
    return np.clip(_season_factor("summer", days) - 1, 0, 1)


@cache
def _cumulative_hours() -> Floats:
    cumulative = np.cumsum([_HOURS[code] for code in SECTOR_CODES], axis=1)
    shares: Floats = cumulative / cumulative[:, -1:]
    return shares


def _season_factor(name: str, days: NDArray[np.int64]) -> Floats:
    """Return a factor for each day, interpolated between the middles of the months."""
    months = np.array(SEASONS[name], np.float64)
    month_of_year = (days - _REFERENCE_DAY) % 365.25 / 365.25 * 12
    factor: Floats = np.interp(month_of_year, np.arange(12) + 0.5, months / months.mean(), period=12)
    return factor


def _weather_factor(season: str, days: NDArray[np.int64]) -> Floats:
    """Return a random factor for the week of each day; the factor of a week never changes."""
    deviation = _WEATHER.get(season, 0.1)
    weeks, week_index = np.unique((days + 3) // 7, return_inverse=True)
    normal = np.array([np.random.default_rng([_SEED, list(SEASONS).index(season), int(week)]).standard_normal() for week in weeks])
    factor: Floats = np.exp(deviation * normal - deviation**2 / 2)[week_index]
    return factor


def _holiday_factor(days: NDArray[np.int64]) -> Floats:
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    month, day = months.astype(np.int64) % 12 + 1, (dates - months).astype(np.int64) + 1
    return np.array([_HOLIDAYS.get(pair, 1.0) for pair in zip(month.tolist(), day.tolist(), strict=True)])
