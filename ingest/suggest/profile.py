"""What the values of a column are like."""

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
"""In the order in which they are tried: dates that all fit day first and month first are taken as day first."""

_MOST_VALUES = 300
"""Different values of a column that are counted; one with more is no list of states."""

_SAMPLE = 2_000
"""Different values that dates and numbers are recognised by."""

_MOST_WRONG = 0.02
"""Share of values that may be no date, or no number, in a column of them."""
_A_FEW = 3
"""Of so many values one may be wrong, whatever the share."""


@dataclass
class Profile:
    """One column: what was met in it until now."""

    name: str
    filled: int = 0
    blank: int = 0
    length: int = 0
    """Characters of all values."""
    values: Counter[str] = field(default_factory=Counter)
    """How often each was met; left off once there are too many."""
    sample: dict[str, None] = field(default_factory=dict)
    seen: set[str] | None = field(default_factory=set)
    """All values, as long as none came twice."""

    def add(self, texts: Sequence[str]) -> None:
        """Look at more values."""
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
        """Whether it is filled everywhere and no value comes twice."""
        return self.seen is not None and self.filled > 0 and not self.blank

    @property
    def few(self) -> bool:
        """Whether it has few different values, all of them in `values`."""
        return 0 < len(self.values) <= _MOST_VALUES

    @property
    def mean_length(self) -> float:
        """Characters."""
        return self.length / max(self.filled, 1)

    def date_formats(self) -> list[str]:
        """The formats of dates that its values have, none when they are no dates. Single values that are none are passed over."""
        dates = [value for value in self.sample if any(sign in value for sign in "-./:")]
        unread = {form: set(_unread(dates, form)) for form in _DATE_FORMATS}
        left = set(dates) - set(dates).intersection(*unread.values())
        if not left or len(self.sample) - len(left) > _wrong(len(self.sample)):
            return []
        if alone := next((form for form, lost in unread.items() if not left & lost), None):
            return [alone]
        found: list[str] = []
        for form, lost in unread.items():
            if left - lost:
                found.append(form)
                left &= lost
        return found

    def numbers(self) -> list[float]:
        """Its values as numbers, none when they are no numbers."""
        found = [number for number in map(_number, self.sample) if number is not None]
        return found if len(found) >= len(self.sample) - _wrong(len(self.sample)) else []

    def has_comma(self) -> bool:
        """Whether its numbers are written with a comma."""
        return any("," in value for value in self.sample)

    def has_offsets(self) -> bool:
        """Whether its instants name their offset, so that no time zone is needed."""
        return any(value.endswith("Z") or "+" in value[10:] for value in self.sample)


def profiles(columns: Iterable[dict[str, Sequence[str]]]) -> list[Profile]:
    """The columns of all batches."""
    found: dict[str, Profile] = {}
    for batch in columns:
        for name, values in batch.items():
            found.setdefault(name, Profile(name)).add(values)
    return list(found.values())


def _wrong(values: int) -> float:
    """How many of so many values may be unreadable in a column all the same: of three or more at least one."""
    return max(values * _MOST_WRONG, 1 if values >= _A_FEW else 0)


def _unread(values: list[str], form: str) -> list[str]:
    """The values that are no dates of this format."""
    read = read_instants(values, Dates(formats=(form,), time_zone="UTC"), end_of_day=False)
    return [value for value, instant in zip(values, read.tolist(), strict=True) if instant == UNREADABLE]


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None
