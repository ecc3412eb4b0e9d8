"""Profile a column: how many values, how long, which dates and numbers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ingest.mapping.mapping import Dates
from ingest.validate.timestamps import UNREADABLE, read_instants

_DATE_FORMATS = (
    "iso", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%d.%m.%y %H:%M", "%d.%m.%y",
    "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%Y/%m/%d %I:%M:%S %p", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d",
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y",
    "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d-%m-%Y",
)  # fmt: skip
"""In the order in which they are tried: dates that fit both day first and month first count as day first."""

_MOST_VALUES = 300
"""Distinct values of a column that are counted; a column with more is no enumeration."""

_SAMPLE = 2_000
"""Distinct values by which dates and numbers are recognised."""

_MOST_WRONG = 0.02
"""Share of values in a column of dates or numbers that may be none."""
_A_FEW = 3
"""From this many values on one may be wrong, whatever the share."""


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
    seen: set[str] | None = field(default_factory=set)
    """All values; None once a value was repeated."""

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
            before = len(self.seen)
            self.seen.update(filled)
            self.seen = self.seen if len(self.seen) == before + len(filled) else None

    @property
    def unique(self) -> bool:
        """Whether it is filled everywhere and no value is repeated."""
        return self.seen is not None and self.filled > 0 and not self.blank

    @property
    def few(self) -> bool:
        """Whether it has few distinct values, all of them in `values`."""
        return 0 < len(self.values) <= _MOST_VALUES

    @property
    def mean_length(self) -> float:
        """Characters."""
        return self.length / max(self.filled, 1)

    def date_formats(self) -> list[str]:
        """The date formats of its values, none where they are no dates. Single other values are ignored."""
        dates = [value for value in self.sample if any(sign in value for sign in "-./:")]
        unreadable = {date_format: set(_find_unreadable(dates, date_format)) for date_format in _DATE_FORMATS}
        remaining = set(dates) - set(dates).intersection(*unreadable.values())
        if not remaining or len(self.sample) - len(remaining) > _most_wrong(len(self.sample)):
            return []
        if single := next((date_format for date_format, wrong in unreadable.items() if not remaining & wrong), None):
            return [single]
        formats: list[str] = []
        for date_format, wrong in unreadable.items():
            if remaining - wrong:
                formats.append(date_format)
                remaining &= wrong
        return formats

    def numbers(self) -> list[float]:
        """Its values as numbers, none where they are no numbers."""
        numbers = [number for number in map(_parse_number, self.sample) if number is not None]
        return numbers if len(numbers) >= len(self.sample) - _most_wrong(len(self.sample)) else []

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


def _find_unreadable(values: list[str], date_format: str) -> list[str]:
    """The values that are no dates of this format."""
    instants = read_instants(values, Dates(formats=(date_format,), time_zone="UTC"), end_of_day=False)
    return [value for value, instant in zip(values, instants.tolist(), strict=True) if instant == UNREADABLE]


def _parse_number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None
