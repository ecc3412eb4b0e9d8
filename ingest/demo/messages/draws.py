"""Messages as rows of chance: when, about what, in which settlement, and uniform numbers that decide everything else.

Every day has a random stream of its own, so a day that is over never changes, whenever it is made again.
What is derived from a row — its place, its address, its whole life — is a pure function of the row.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ingest.demo.geography.region import Floats, Ints, settlements
from ingest.demo.messages.seasonality import UTC_OFFSET_S, rates, second_of_day, summer
from ingest.demo.messages.themes import KINDS, SECTOR_CODES

DAILY = "d"
"""Origin of the ordinary messages."""

_SEED = 2303
_DAY_S = 86_400
_SERIALS = 100_000
"""Keys are stream number × this + the row's place in the stream."""


class Chance(IntEnum):
    """Columns of uniform numbers."""

    HOUR = 0
    SECOND = 1
    GUEST = 2
    TOWN = 3
    TROUBLE = 4
    STREET = 5
    HOUSE = 6
    PRECISION = 7
    SPELLING = 8
    HIGHWAY = 9
    SOURCE = 10
    ASSIGNED = 11
    BEGUN = 12
    ANSWERED = 13
    NEGLECTED = 14
    INTERIM = 15
    RETURNED = 16
    RETURNED_AFTER = 17
    ANSWERED_AGAIN = 18
    CLOSED = 19
    END = 20


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages, one row each in every column."""

    key: Ints
    """Unique among the messages of its origin; names the stream and the place in it."""
    origin: NDArray[np.str_]
    """What the external id begins with: d (a day), l (live), or an episode's letter."""
    received: Ints
    """Seconds since 1970 in UTC."""
    theme: Ints
    """Place in `KINDS`."""
    town: Ints
    """Row of `settlements()`."""
    chance: Floats
    """One column for each of `Chance`, uniform in [0, 1)."""

    def __len__(self) -> int:
        return len(self.key)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "Messages":
        """These rows, in this order."""
        return Messages(
            self.key[rows], self.origin[rows], self.received[rows], self.theme[rows], self.town[rows], self.chance[rows],
        )  # fmt: skip

    def external_ids(self) -> list[str]:
        """Such as d20781-00012."""
        stream, serial = np.divmod(self.key, _SERIALS)
        rows = zip(self.origin.tolist(), stream.tolist(), serial.tolist(), strict=True)
        return [f"{origin}{number}-{place:05d}" for origin, number, place in rows]


def joined(parts: list[Messages]) -> Messages:
    """All rows of all parts."""
    return Messages(
        key=np.concatenate([part.key for part in parts]),
        origin=np.concatenate([part.origin for part in parts]),
        received=np.concatenate([part.received for part in parts]),
        theme=np.concatenate([part.theme for part in parts]),
        town=np.concatenate([part.town for part in parts]),
        chance=np.concatenate([part.chance for part in parts]),
    )


def keys(stream: int, count: int) -> Ints:
    """Keys of the rows of one stream."""
    return stream * _SERIALS + np.arange(count)


def days_of_messages(first: int, end: int) -> Messages:
    """The messages of the days `first` to `end` (exclusive), in the order of days."""
    days = np.arange(first, end)
    expected = rates(days)
    drawn = [_day(int(day), row) for day, row in zip(days, expected, strict=True)]
    day = np.repeat(days, [len(theme) for theme, _ in drawn])
    theme, chance = (np.concatenate(column) for column in zip(*drawn, strict=True))
    key = np.concatenate([keys(int(day), len(themes)) for day, (themes, _) in zip(days, drawn, strict=True)])
    town = towns_for(theme, day, chance)
    at = second_of_day(sectors()[theme], chance[:, Chance.HOUR], chance[:, Chance.SECOND])
    return Messages(key, np.full(len(key), DAILY), day * _DAY_S + at - UTC_OFFSET_S, theme, town, chance)


def local_day(now_s: float) -> int:
    """The region's day at an instant."""
    return int((now_s + UTC_OFFSET_S) // _DAY_S)


def towns_for(theme: Ints, day: Ints, chance: Floats) -> Ints:
    """A settlement for each message: where its people live, in summer also where the guests are."""
    resort = np.array([kind.resort for kind in KINDS])[theme] * summer(day)
    residents, guests = _shares()
    wanted = chance[:, Chance.TOWN]
    at_home = np.empty(len(theme), np.int64)
    for place in range(len(SECTOR_CODES)):
        rows = sectors()[theme] == place
        at_home[rows] = np.searchsorted(residents[place], wanted[rows], side="right")
    visiting = np.searchsorted(guests, wanted, side="right")
    return np.minimum(np.where(chance[:, Chance.GUEST] < resort, visiting, at_home), len(settlements()) - 1)


@cache
def sectors() -> Ints:
    """The place in SECTOR_CODES of each theme's sector."""
    return np.array([SECTOR_CODES.index(kind.sector) for kind in KINDS])


def _day(day: int, expected: Floats) -> tuple[Ints, Floats]:
    stream = np.random.default_rng([_SEED, day])
    theme = np.repeat(np.arange(len(KINDS)), stream.poisson(expected))
    return theme, stream.random((len(theme), len(Chance)))


@cache
def _shares() -> tuple[Floats, Floats]:
    """Of settlements among residents' messages, a row a sector, and among guests': running sums up to 1.

    People in one place write more than in another, and about other things.
    """
    towns = settlements()
    inclined = [
        np.exp(stream.normal(0, 0.25) + stream.normal(0, 0.3, len(SECTOR_CODES)))
        for stream in (np.random.default_rng([_SEED, int(number)]) for number in towns.geoname_id)
    ]
    residents = (towns.population[:, None] * np.array(inclined)).T.cumsum(axis=1)
    guests = (towns.population * towns.resort).cumsum()
    return residents / residents[:, -1:], guests / guests[-1]
