"""Made-up incidents over three years: the same for the same number and the same last day."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from geo_service.core.model import SECTORS, Status
from ingest.write.reference_data import Agency, Source, Theme
from tests.bench.region import Houses, build_houses, district_of

SEED = 20_240_229
DAY_S = 86_400
SPAN_DAYS = 3 * 365
CHUNK = 250_000
_PER_HOUSE = 5
"""Incidents to a house over the years, on average."""
_THEMES_PER_SECTOR = 5

SOURCES = tuple(Source(f"bench-{name}", name, name, "synthetic", True) for name in ("portal", "vk", "telegram", "letters", "calls"))
THEMES = tuple(
    Theme(f"bench-{sector.code}-{i}", sector.code, f"{sector.name_ru} {i}", f"{sector.name_en} {i}")
    for sector in SECTORS
    for i in range(1, _THEMES_PER_SECTOR + 1)
)
AGENCIES = tuple(Agency(f"bench-{i:03}", f"Служба {i}") for i in range(1, 301))

_SOURCE_SHARES = (0.34, 0.28, 0.2, 0.1, 0.08)
_HOURS = (1, 1, 1, 1, 1, 2, 4, 8, 14, 17, 18, 17, 15, 15, 16, 16, 15, 15, 14, 13, 12, 9, 5, 2)
_WEEKDAYS = (1.15, 1.1, 1.05, 1.05, 1.0, 0.75, 0.65)
"""From Monday; 1 January 1970 was a Thursday."""
_DEADLINE_DAYS = (8, 30)
_ANSWER_SPREAD = 0.9
_REJECTED, _DUPLICATE = 0.02, 0.03

Instants = NDArray[np.int64]
"""Seconds since 1970, 0 for "none"."""


@dataclass(frozen=True, slots=True)
class Incidents:
    """Columns of incidents in the order of their arrival. theme, source and agency are places in the tuples above."""

    number: NDArray[np.int64]
    """From 0, unique in the data set."""
    lng: NDArray[np.float64]
    lat: NDArray[np.float64]
    cell: NDArray[np.int64]
    theme: NDArray[np.int64]
    source: NDArray[np.int64]
    agency: NDArray[np.int64]
    district: NDArray[np.int64]
    """Of the grid of `region`, from 0; -1 for none."""
    status: NDArray[np.int64]
    received: Instants
    due: Instants
    answered: Instants
    closed: Instants

    def __len__(self) -> int:
        return len(self.number)

    @property
    def updated(self) -> Instants:
        """The latest thing that happened to each."""
        return np.maximum(np.maximum(self.received, self.answered), self.closed)

    def part(self, low: int, high: int) -> "Incidents":
        """The rows [low, high)."""
        return Incidents(**{one.name: getattr(self, one.name)[low:high] for one in fields(self)})


def generate(count: int, until: int) -> Iterator[Incidents]:
    """`count` incidents in chunks, received in the three years before `until` (seconds since 1970, a midnight)."""
    houses = build_houses(max(count // _PER_HOUSE, 1), np.random.default_rng(SEED))
    chunks = -(-count // CHUNK)
    for chunk in range(chunks):
        low, high = chunk * CHUNK, min((chunk + 1) * CHUNK, count)
        rng = np.random.default_rng((SEED, chunk))
        # Each chunk has its own part of the three years, so that all of them together are in order.
        shares = (low + np.sort(rng.random(high - low)) * (high - low)) / count
        yield _chunk(np.arange(low, high), _moments(shares, until), until, houses, rng)


def _moments(shares: NDArray[np.float64], until: int) -> Instants:
    """The instants before which these shares of all incidents have come, by the rhythm of hours and weekdays."""
    first = until // DAY_S - SPAN_DAYS
    days = np.arange(first, first + SPAN_DAYS)
    weights = np.outer(np.array(_WEEKDAYS)[(days + 3) % 7], _HOURS).ravel()
    upto = np.concatenate([[0], np.cumsum(weights)]) / weights.sum()
    hours = np.interp(shares, upto, np.arange(len(upto)))
    return np.minimum((first * DAY_S + hours * 3600).astype(np.int64), until - 1)


def _chunk(number: NDArray[np.int64], received: Instants, until: int, houses: Houses, rng: np.random.Generator) -> Incidents:
    count = len(number)
    house = rng.integers(len(houses.cell), size=count)
    agency = rng.choice(len(AGENCIES), count, p=_falling(len(AGENCIES)))
    days = np.random.default_rng(SEED).integers(*_DEADLINE_DAYS, size=len(AGENCIES), endpoint=True)[agency]
    answered = received + (days * DAY_S * rng.lognormal(-0.7, _ANSWER_SPREAD, count)).astype(np.int64)
    closed = answered + (rng.exponential(3.0, count) * DAY_S).astype(np.int64)
    answered[answered >= until] = 0
    closed[closed >= until] = 0
    return Incidents(
        number, houses.lng[house], houses.lat[house], houses.cell[house],
        theme=rng.choice(len(THEMES), count, p=_falling(len(THEMES))),
        source=rng.choice(len(SOURCES), count, p=_SOURCE_SHARES),
        agency=agency, district=district_of(houses.lng, houses.lat)[house], status=_statuses(answered, closed, rng), received=received,
        due=received + days * DAY_S, answered=answered, closed=closed,
    )  # fmt: skip


def _statuses(answered: Instants, closed: Instants, rng: np.random.Generator) -> NDArray[np.int64]:
    """Where each stands on the ladder, in keeping with its times."""
    status = rng.integers(Status.NEW, Status.INTERIM, size=len(answered), endpoint=True)
    status[answered > 0] = Status.ANSWERED
    aside = rng.random(len(answered))
    status[(answered > 0) & (aside < _REJECTED)] = Status.REJECTED
    status[(answered > 0) & (aside > 1 - _DUPLICATE)] = Status.DUPLICATE
    status[closed > 0] = Status.CLOSED
    return status


def _falling(count: int) -> NDArray[np.float64]:
    """Shares that fall with the rank: a few are frequent, many rare."""
    weights = 1 / (np.arange(count) + 3.0)
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares
