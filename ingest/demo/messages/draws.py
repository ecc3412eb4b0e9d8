"""Messages as rows of random numbers: time, theme, settlement, and uniform numbers that decide everything else.

Each day has its own random stream, so that a past day is the same whenever it is drawn. Location, address and lifecycle of a
message are pure functions of its row.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ingest.demo.geography.region import Floats, Ints, read_settlements
from ingest.demo.messages.seasonality import UTC_OFFSET_S, draw_second_of_day, expected_counts, summer_factor
from ingest.demo.messages.themes import DEMO_THEMES, SECTOR_CODES

DAILY = "d"
"""Origin of the ordinary messages of a day."""

_SEED = 2303
_DAY_S = 86_400
_KEYS_PER_STREAM = 100_000
"""A key is the stream's number × this + the index of the row in the stream."""


class Chance(IntEnum):
    """Columns of the uniform numbers, named by what they decide."""

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
    """Messages as columns, one row each."""

    key: Ints
    """Unique within an origin; holds the stream's number and the index in the stream."""
    origin: NDArray[np.str_]
    """First letter of the external id: d (a day), l (live), or the letter of a planted event."""
    received: Ints
    """Seconds since 1970 in UTC."""
    theme: Ints
    """Index in `DEMO_THEMES`."""
    town: Ints
    """Row of `read_settlements()`."""
    chance: Floats
    """(messages, len(Chance)) uniform numbers in [0, 1)."""

    def __len__(self) -> int:
        return len(self.key)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "Messages":
        """Return the given rows, in their order."""
        return Messages(
            self.key[rows], self.origin[rows], self.received[rows], self.theme[rows], self.town[rows], self.chance[rows],
        )  # fmt: skip

    def external_ids(self) -> list[str]:
        """Return the external ids, such as d20781-00012."""
        stream, serial = np.divmod(self.key, _KEYS_PER_STREAM)
        rows = zip(self.origin.tolist(), stream.tolist(), serial.tolist(), strict=True)
        return [f"{origin}{number}-{index:05d}" for origin, number, index in rows]


def concatenate_messages(parts: list[Messages]) -> Messages:
    """Return all rows of all parts."""
    return Messages(
        key=np.concatenate([part.key for part in parts]),
        origin=np.concatenate([part.origin for part in parts]),
        received=np.concatenate([part.received for part in parts]),
        theme=np.concatenate([part.theme for part in parts]),
        town=np.concatenate([part.town for part in parts]),
        chance=np.concatenate([part.chance for part in parts]),
    )


def make_keys(stream: int, count: int) -> Ints:
    """Return the keys of the first `count` rows of a stream."""
    return stream * _KEYS_PER_STREAM + np.arange(count)


def draw_days(first: int, end: int) -> Messages:
    """Draw the messages of the days from `first` to `end` (exclusive), ordered by day."""
    days = np.arange(first, end)
    expected = expected_counts(days)
    drawn = [_draw_day(int(day), row) for day, row in zip(days, expected, strict=True)]
    day = np.repeat(days, [len(theme) for theme, _ in drawn])
    theme, chance = (np.concatenate(column) for column in zip(*drawn, strict=True))
    key = np.concatenate([make_keys(int(day), len(themes)) for day, (themes, _) in zip(days, drawn, strict=True)])
    town = draw_settlements(theme, day, chance)
    at = draw_second_of_day(sector_indexes()[theme], chance[:, Chance.HOUR], chance[:, Chance.SECOND])
    return Messages(key, np.full(len(key), DAILY), day * _DAY_S + at - UTC_OFFSET_S, theme, town, chance)


def local_day(now_s: float) -> int:
    """Return the local day at an instant, in days since 1970."""
    return int((now_s + UTC_OFFSET_S) // _DAY_S)


def draw_settlements(theme: Ints, day: Ints, chance: Floats) -> Ints:
    """Draw the settlement of each message, by inhabitants, and in summer also by holiday-makers."""
    guest_share = np.array([entry.resort for entry in DEMO_THEMES])[theme] * summer_factor(day)
    residents, guests = _cumulative_shares()
    target = chance[:, Chance.TOWN]
    home = np.empty(len(theme), np.int64)
    for sector in range(len(SECTOR_CODES)):
        rows = sector_indexes()[theme] == sector
        home[rows] = np.searchsorted(residents[sector], target[rows], side="right")
    visited = np.searchsorted(guests, target, side="right")
    return np.minimum(np.where(chance[:, Chance.GUEST] < guest_share, visited, home), len(read_settlements()) - 1)


@cache
def sector_indexes() -> Ints:
    """Return the index in SECTOR_CODES of each theme's sector."""
    return np.array([SECTOR_CODES.index(theme.sector) for theme in DEMO_THEMES])


def _draw_day(day: int, expected: Floats) -> tuple[Ints, Floats]:
    stream = np.random.default_rng([_SEED, day])
    theme = np.repeat(np.arange(len(DEMO_THEMES)), stream.poisson(expected))
    return theme, stream.random((len(theme), len(Chance)))


@cache
def _cumulative_shares() -> tuple[Floats, Floats]:
    """Return cumulative shares of the settlements: of residents' messages (sectors, settlements), of guests' (settlements,).

    The residents of each settlement have their own random rate, in total and for each sector.
    """
    towns = read_settlements()
    rates = [
        np.exp(stream.normal(0, 0.25) + stream.normal(0, 0.3, len(SECTOR_CODES)))
        for stream in (np.random.default_rng([_SEED, int(number)]) for number in towns.geoname_id)
    ]
    residents = (towns.population[:, None] * np.array(rates)).T.cumsum(axis=1)
    guests = (towns.population * towns.resort).cumsum()
    return residents / residents[:, -1:], guests / guests[-1]
