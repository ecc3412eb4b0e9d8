"""Who is to answer, through which channel a message came, and how long they may take: rows of data."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ingest.demo.geography.region import Floats, Ints, municipalities, settlements
from ingest.demo.messages.draws import Chance, Messages, sectors
from ingest.demo.messages.office_hours import DAY_S, instant_when, worked
from ingest.demo.messages.themes import SECTOR_CODES
from ingest.write.reference_data import Agency, Source

ATTRIBUTION = "Вымышленные сообщения для демонстрации · Made-up messages for demonstration · GeoNames, CC BY 4.0"

_SEED = 2304
_CALENDAR_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Channel:
    """A source with the time its messages must be answered in: working days, or calendar days without regard to hours."""

    code: str
    name_ru: str
    name_en: str
    working_days: float = 0
    calendar_days: float = 0
    round_the_clock: bool = False

    @property
    def source(self) -> Source:
        """As it stands in the catalogue: said to be made up."""
        return Source(f"demo_{self.code}", f"{self.name_ru} (демо)", f"{self.name_en} (demo)", ATTRIBUTION, synthetic=True)


CHANNELS = (
    Channel("social", "Социальные сети", "Social networks", working_days=1),
    Channel("bot", "Чат-бот", "Chat bot", working_days=1),
    Channel("portal", "Портал госуслуг", "State-services portal", working_days=8),
    Channel("letter", "Письма", "Letters", calendar_days=30),
    Channel("hotline", "Горячая линия", "Hotline", calendar_days=1, round_the_clock=True),
)

# Shares of the channels, in their order.
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

_TOWN_HALLS = ("housing", "roads", "transport")
"""Sectors that a municipality's administration answers for itself."""

_OFFICES = {
    "health": ("med", "больница и поликлиники"),
    "education": ("edu", "управление образования"),
    "social": ("soc", "управление соцзащиты"),
    "waste": ("tko", "вывоз отходов"),
    "energy": ("net", "энергоснабжение"),
}

HIGHWAYS = Agency("demo.highways", "Управление дорог края")


@cache
def agencies() -> tuple[Agency, ...]:
    """Every agency: the administration and the offices of each municipality, and the one for roads between settlements."""
    offices = [("adm", "администрация"), *_OFFICES.values()]
    return (
        *(Agency(f"demo.{town.code}.{code}", f"{town.name}: {name}") for town in municipalities() for code, name in offices),
        HIGHWAYS,
    )


def agency_of(messages: Messages, on_highway: NDArray[np.bool_]) -> Ints:
    """Place in `agencies()` of who is to answer each message."""
    kinds = list(_OFFICES)
    office = np.array([0 if code in _TOWN_HALLS else 1 + kinds.index(code) for code in SECTOR_CODES])
    own = settlements().municipality[messages.town] * (len(kinds) + 1) + office[sectors()[messages.theme]]
    return np.where(on_highway, len(agencies()) - 1, own)


@cache
def slowness() -> Floats:
    """Of each agency: what it takes longer than the usual one."""
    return np.exp(np.random.default_rng(_SEED).normal(0, 0.3, len(agencies())))


def channel_of(messages: Messages) -> Ints:
    """Place in `CHANNELS` of each message's source."""
    shares = np.array([_SHARES[code] for code in SECTOR_CODES], np.float64).cumsum(axis=1)
    reached = (shares / shares[:, -1:])[sectors()[messages.theme]]
    passed: Ints = (reached <= messages.chance[:, Chance.SOURCE, None]).sum(axis=1)
    return np.minimum(passed, len(CHANNELS) - 1)


def due(received: Ints, channel: Ints) -> Ints:
    """The instant by which each message must be answered, seconds since 1970."""
    working = np.array([one.working_days * DAY_S for one in CHANNELS])[channel]
    calendar = np.array([one.calendar_days * _CALENDAR_DAY_S for one in CHANNELS])[channel]
    return np.where(working > 0, instant_when(worked(received) + working), received + calendar.astype(np.int64))
