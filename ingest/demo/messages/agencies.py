"""Agencies, channels and deadlines of the demo region, and the office hours of its agencies.

Office hours are Monday to Friday, 9:00 to 18:00 local time, without holidays.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ingest.demo.geography.region import Floats, Ints, read_municipalities, read_settlements
from ingest.demo.messages.draws import Chance, Messages, sector_indexes
from ingest.demo.messages.seasonality import UTC_OFFSET_S
from ingest.demo.messages.themes import SECTOR_CODES
from ingest.write.reference_data import Agency, Source

ATTRIBUTION = "Вымышленные сообщения для демонстрации / Synthetic incidents for demonstration · GeoNames, CC BY 4.0"

_SEED = 2304

OFFICE_DAY_S = 9 * 3600
"""Seconds of a working day."""

_OPENS_S = 9 * 3600
_CALENDAR_DAY_S = 86_400
_WEEK_S = 7 * _CALENDAR_DAY_S
_OFFICE_WEEK_S = 5 * OFFICE_DAY_S
_TO_MONDAY_S = 3 * _CALENDAR_DAY_S
"""1970-01-01 was a Thursday: weeks are counted from the Monday before it."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A source, and the time limit for answers to its messages: working days, or calendar days around the clock."""

    code: str
    name_ru: str
    name_en: str
    working_days: float = 0
    calendar_days: float = 0
    round_the_clock: bool = False

    @property
    def source(self) -> Source:
        """Return the source as stored in the catalogue, marked as synthetic."""
        return Source(f"demo_{self.code}", f"{self.name_ru} (демо)", f"{self.name_en} (demo)", ATTRIBUTION, synthetic=True)


DEMO_CHANNELS = (
    Channel("social", "Социальные сети", "Social networks", working_days=1),
    Channel("bot", "Чат-бот", "Chat bot", working_days=1),
    Channel("portal", "Портал госуслуг", "State-services portal", working_days=8),
    Channel("letter", "Письма", "Letters", calendar_days=30),
    Channel("hotline", "Горячая линия", "Hotline", calendar_days=1, round_the_clock=True),
)

# Weights of the channels for each sector, in the order of DEMO_CHANNELS.
_SHARES = {
    "health": (40, 14, 28, 8, 10),
    "education": (42, 14, 32, 8, 4),
    "social": (28, 10, 34, 18, 10),
    "housing": (44, 20, 16, 4, 16),
    "waste": (50, 24, 18, 3, 5),
    "energy": (42, 18, 8, 3, 29),
    "roads": (50, 24, 18, 4, 4),
    "transport": (56, 22, 14, 3, 5),
}

_ADMINISTRATION_SECTORS = ("housing", "roads", "transport")
"""Sectors that the administration of a municipality answers itself."""

_OFFICES = {
    "health": ("med", "больница и поликлиники"),
    "education": ("edu", "управление образования"),
    "social": ("soc", "управление соцзащиты"),
    "waste": ("tko", "вывоз отходов"),
    "energy": ("net", "энергоснабжение"),
}

HIGHWAY_AGENCY = Agency("demo.highways", "Управление дорог края")


@cache
def list_agencies() -> tuple[Agency, ...]:
    """Return all agencies: the administration and the offices of each municipality, and the one for highways."""
    offices = [("adm", "администрация"), *_OFFICES.values()]
    return (
        *(Agency(f"demo.{town.code}.{code}", f"{town.name}: {name}") for town in read_municipalities() for code, name in offices),
        HIGHWAY_AGENCY,
    )


def assign_agencies(messages: Messages, on_highway: NDArray[np.bool_]) -> Ints:
    """Return the index in `list_agencies()` of the agency that answers each message."""
    offices = list(_OFFICES)
    office = np.array([0 if code in _ADMINISTRATION_SECTORS else 1 + offices.index(code) for code in SECTOR_CODES])
    municipal = read_settlements().municipality[messages.town] * (len(offices) + 1) + office[sector_indexes()[messages.theme]]
    return np.where(on_highway, len(list_agencies()) - 1, municipal)


@cache
def agency_slowness() -> Floats:
    """Return a factor for each agency: its time to answer relative to the usual time."""
    return np.exp(np.random.default_rng(_SEED).normal(0, 0.3, len(list_agencies())))


def assign_channels(messages: Messages) -> Ints:
    """Return the index in `DEMO_CHANNELS` of each message's source."""
    shares = np.array([_SHARES[code] for code in SECTOR_CODES], np.float64).cumsum(axis=1)
    cumulative = (shares / shares[:, -1:])[sector_indexes()[messages.theme]]
    channel: Ints = (cumulative <= messages.chance[:, Chance.SOURCE, None]).sum(axis=1)
    return np.minimum(channel, len(DEMO_CHANNELS) - 1)


def compute_due(received: Ints, channel: Ints) -> Ints:
    """Return the deadline of each message, seconds since 1970."""
    working = np.array([entry.working_days * OFFICE_DAY_S for entry in DEMO_CHANNELS])[channel]
    calendar = np.array([entry.calendar_days * _CALENDAR_DAY_S for entry in DEMO_CHANNELS])[channel]
    return np.where(working > 0, find_office_instant(count_office_seconds(received) + working), received + calendar.astype(np.int64))


def count_office_seconds(instant: Ints) -> Ints:
    """Return the seconds of office hours before each instant (seconds since 1970 in UTC)."""
    week, within = np.divmod(instant + UTC_OFFSET_S + _TO_MONDAY_S, _WEEK_S)
    day, second = np.divmod(within, _CALENDAR_DAY_S)
    today = np.clip(second - _OPENS_S, 0, OFFICE_DAY_S)
    seconds: Ints = week * _OFFICE_WEEK_S + np.minimum(day * OFFICE_DAY_S + today, _OFFICE_WEEK_S)
    return seconds


def find_office_instant(working: Ints | Floats) -> Ints:
    """Return the instants with so many seconds of office hours before them: the inverse of `count_office_seconds`."""
    week, within = np.divmod(np.asarray(working).astype(np.int64), _OFFICE_WEEK_S)
    day, second = np.divmod(within, OFFICE_DAY_S)
    instant: Ints = week * _WEEK_S + day * _CALENDAR_DAY_S + _OPENS_S + second - _TO_MONDAY_S - UTC_OFFSET_S
    return instant
