"""Profile a column: how many values, how long, which dates, numbers and points."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from ingest.mapping.mapping import Dates
from ingest.validate.angles import parse_angle
from ingest.validate.points import Point, parse_point
from ingest.validate.timestamps import UNREADABLE, read_instants

_DATE_FORMATS = (
    "iso", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%d.%m.%y %H:%M", "%d.%m.%y",
    "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%Y/%m/%d %I:%M:%S %p", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d",
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y",
    "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d-%m-%Y", "russian",
)  # fmt: skip
"""In the order in which they are tried: dates that fit both day first and month first count as day first."""

_NUMBER_FORMATS = ("epoch", "epoch_ms", "excel")
"""Formats of instants that are numbers."""
_FIRST_YEAR, _END_YEAR = np.datetime64("2000", "us").astype(np.int64), np.datetime64("2040", "us").astype(np.int64)
"""Numbers are taken for instants only where they are from these years: any number is one of some year."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_LONGEST_DATE = 45
"""Characters."""

_MOST_VALUES = 300
"""Distinct values of a column that are counted; a column with more is no enumeration."""

_SAMPLE = 2_000
"""Distinct values by which dates and numbers are recognised."""

_POINTS = 200
"""Distinct values by which points are recognised."""

_MOST_WRONG = 0.02
"""Share of values in a column of dates or numbers that may be none."""
_A_FEW = 3
"""From this many values on one may be wrong, whatever the share."""

_FIRST_ROWS = 1_000
"""Rows after which a column with very many repetitions is no id."""


@dataclass
class Profile:
    """The values of one column so far."""

    name: str
    filled: int = 0
    blank: int = 0
    length: int = 0
    """Characters of all values."""
    values: Counter[str] = field(default_factory=Counter)
    """Occurrences of each; incomplete once there are too many."""
    sample: dict[str, None] = field(default_factory=dict)
    seen: set[int] | None = field(default_factory=set)
    """Hashes of all values; None once most of them are repetitions."""
    _results: dict[str, tuple[int, list[Any]]] = field(default_factory=dict)
    """What was found out about the values, with the number of rows then: each is asked for by many guesses."""

    def add(self, texts: Sequence[str]) -> None:
        """Count more values."""
        filled = [text for text in map(str.strip, texts) if text]
        self.filled += len(filled)
        self.blank += len(texts) - len(filled)
        self.length += sum(map(len, filled))
        if len(self.values) <= _MOST_VALUES:
            self.values.update(filled)
        if len(self.sample) < _SAMPLE:
            self.sample.update(dict.fromkeys(filled[:_SAMPLE]))
        if self.seen is not None:
            self.seen.update(map(hash, filled))
            self.seen = None if self.filled > _FIRST_ROWS and len(self.seen) < self.filled / 2 else self.seen

    @property
    def distinct(self) -> int | None:
        """How many different values it has; None where most are repetitions."""
        return None if self.seen is None else len(self.seen)

    @property
    def unique(self) -> bool:
        """Whether it is filled everywhere and no value is repeated."""
        return self.filled > 0 and not self.blank and self.distinct == self.filled

    @property
    def few(self) -> bool:
        """Whether it has few distinct values, all of them in `values`."""
        return 0 < len(self.values) <= _MOST_VALUES

    @property
    def mean_length(self) -> float:
        """Characters."""
        return self.length / max(self.filled, 1)

    @property
    def has_words(self) -> bool:
        """Whether most values have two letters side by side and are no codes such as `A-17`."""
        words = sum(bool(re.search(r"[^\W\d_]{3}", value)) for value in islice(self.sample, _POINTS))
        return words * 2 > min(len(self.sample), _POINTS)

    def date_formats(self) -> list[str]:
        """The date formats of its values, none where they are no dates. Single other values are ignored."""
        return self._once("dates", self._find_date_formats)

    def numbers(self) -> list[float]:
        """Its different values as numbers or angles, none where they are neither."""
        return self._once("numbers", self._find_numbers)

    def points(self) -> list[Point]:
        """Its different values as points, none where they are none."""
        return self._once("points", self._find_points)

    def _once(self, name: str, find: Callable[[], list[Any]]) -> list[Any]:
        rows = self.filled + self.blank
        if name not in self._results or self._results[name][0] != rows:
            self._results[name] = rows, find()
        return self._results[name][1]

    def _find_date_formats(self) -> list[str]:
        short = [value for value in self.sample if len(value) <= _LONGEST_DATE]
        numbers = [value for value in short if _NUMBER.fullmatch(value)]
        dates = [value for value in short if any(sign in value for sign in "-./: ") and not _NUMBER.fullmatch(value)]
        unreadable = {date_format: set(_find_unreadable(dates, date_format)) for date_format in _DATE_FORMATS}
        remaining = set(dates) - set(dates).intersection(*unreadable.values())
        of_numbers = _number_formats(numbers)
        readable = len(remaining) + (len(numbers) if of_numbers else 0)
        if not readable or len(self.sample) - readable > _most_wrong(len(self.sample)):
            return []
        if single := next((date_format for date_format, wrong in unreadable.items() if remaining and not remaining & wrong), None):
            return [single, *of_numbers]
        formats: list[str] = []
        for date_format, wrong in unreadable.items():
            if remaining - wrong:
                formats.append(date_format)
                remaining &= wrong
        return [*formats, *of_numbers]

    def _find_numbers(self) -> list[float]:
        numbers = [number for number in map(_parse_number, self.sample) if number is not None]
        return numbers if len(numbers) >= len(self.sample) - _most_wrong(len(self.sample)) else []

    def _find_points(self) -> list[Point]:
        values = list(islice(self.sample, _POINTS))
        points = [point for point in (parse_point(value, None) for value in values) if point]
        return points if values and len(points) >= len(values) - _most_wrong(len(values)) else []

    def has_comma(self) -> bool:
        """Whether its numbers have a decimal comma."""
        return any("," in value for value in self.sample)

    def has_offsets(self) -> bool:
        """Whether its instants have an offset, so that no time zone is needed."""
        return any(value.endswith("Z") or "+" in value[10:] for value in self.sample)


def profile_columns(batches: Iterable[dict[str, Sequence[str]]]) -> list[Profile]:
    """The profiles of the columns of all batches."""
    profiles: dict[str, Profile] = {}
    for batch in batches:
        for name, values in batch.items():
            profiles.setdefault(name, Profile(name)).add(values)
    return list(profiles.values())


def _most_wrong(values: int) -> float:
    """How many of a column's values may be unreadable: of three or more at least one."""
    return max(values * _MOST_WRONG, 1 if values >= _A_FEW else 0)


def _number_formats(numbers: list[str]) -> list[str]:
    """The format in which nearly all of these numbers are instants of our time; none where there is no such one."""
    for date_format in _NUMBER_FORMATS:
        instants = read_instants(numbers, Dates(formats=(date_format,), time_zone="UTC"), end_of_day=False)
        of_our_time = np.count_nonzero((instants >= _FIRST_YEAR) & (instants < _END_YEAR))
        if numbers and of_our_time >= len(numbers) - _most_wrong(len(numbers)):
            return [date_format]
    return []


def _find_unreadable(values: list[str], date_format: str) -> list[str]:
    """The values that are no dates of this format."""
    instants = read_instants(values, Dates(formats=(date_format,), time_zone="UTC"), end_of_day=False)
    return [value for value, instant in zip(values, instants.tolist(), strict=True) if instant == UNREADABLE]


def _parse_number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        angle = parse_angle(text)
    return angle and angle.degrees
