"""Planted events: bursts of messages about one theme, in one place, on a few days, for a user to find.

An event is planted relative to the day on which it is drawn (its anchor), and does not move on later days. When the newest
event of a type is old, another one is planted in another settlement, so that a demonstration always has a recent event.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ingest.demo.geography.region import Ints, read_settlements, settlement_row
from ingest.demo.messages.draws import Chance, Messages, concatenate_messages, make_keys, sector_indexes
from ingest.demo.messages.seasonality import UTC_OFFSET_S, draw_second_of_day
from ingest.demo.messages.themes import theme_index

_SEED = 2308
_DAY_S = 86_400
_SMOKE_KM = 14.0
"""Distance at which people notice burning waste."""
_SHARED_HOUSE = {Chance.TROUBLE: 1.0, Chance.STREET: 0.31, Chance.HOUSE: 0.5, Chance.PRECISION: 0.99}
"""Messages of one settlement with these numbers have the same house."""


@dataclass(frozen=True, slots=True)
class PlantedEvent:
    """A type of event. `begins` (relative to the anchor) and `lasts` are in days."""

    letter: str
    theme: str
    begins: int
    lasts: int
    messages: int
    settlements: tuple[str, ...]
    """Names of settlements, used in turn; empty for the whole region."""
    renewed_after: int
    """Days after which another event is planted."""
    one_house: float = 0.0
    """Share of the messages about one house."""
    around_km: float = 0.0
    """Distance at which people notice it."""
    patience: float = 0.0
    """Minimum of the random number for the time to answer; near 1, every answer is late."""

    def settlement_at(self, anchor: int) -> str:
        """Return the name of the settlement of the event planted on day `anchor`."""
        return self.settlements[anchor // self.renewed_after % len(self.settlements)] if self.settlements else ""


PLANTED_EVENTS = (
    PlantedEvent(
        "w", "housing.no_water", -3, 4, 140, ("Платнировская", "Старомышастовская", "Петровская", "Новоминская", "Вознесенская"), 3,
        patience=0.985,
    ),
    PlantedEvent("f", "waste.burning", -24, 7, 190, ("Белореченск", "Кореновск", "Крымск", "Тимашёвск"), 60, around_km=_SMOKE_KM),
    PlantedEvent("p", "health.phone", -38, 30, 170, ("Тихорецк", "Кропоткин", "Лабинск", "Славянск-на-Кубани"), 80, one_house=0.6),
)  # fmt: skip

SNOW_MESSAGES = 2300
SNOW_FIRST, SNOW_DAYS = (1, 19), 7
"""Month and day of the first day of the snowfall, and its length in days."""


def draw_planted_events(today: int, stored_anchors: Mapping[str, int]) -> Messages:
    """Draw the messages of all events. stored_anchors: letter of an event → its newest anchor in the database."""
    anchors = {event.letter: choose_anchor(event, today, stored_anchors.get(event.letter)) for event in PLANTED_EVENTS}
    return concatenate_messages([*(_draw_event(event, anchors[event.letter]) for event in PLANTED_EVENTS), _draw_snowfall(today)])


def choose_anchor(event: PlantedEvent, today: int, stored_anchor: int | None) -> int:
    """Return the day on which the event is planted: the stored anchor while it is recent, else today."""
    return stored_anchor if stored_anchor is not None and today - stored_anchor < event.renewed_after else today


def find_snow_day(today: int) -> int:
    """Return the first day of the snowfall: in the last January that has ended."""
    month = np.datetime64(today, "D").astype("datetime64[M]")
    year = np.datetime64(month, "Y") - (0 if month.astype(np.int64) % 12 >= 1 else 1)
    first = np.datetime64(f"{year}-{SNOW_FIRST[0]:02d}-{SNOW_FIRST[1]:02d}", "D")
    return int(first.astype(np.int64))


def _draw_event(event: PlantedEvent, anchor: int) -> Messages:
    stream = np.random.default_rng([_SEED, ord(event.letter), anchor])
    count = event.messages
    # Most messages come on the first days; the event never ends early.
    day = anchor + event.begins + np.minimum((stream.random(count) ** 1.2 * event.lasts).astype(np.int64), event.lasts - 1)
    chance = stream.random((count, len(Chance)))
    chance[:, Chance.END] = np.maximum(chance[:, Chance.END], 0.08)
    chance[:, Chance.ANSWERED] = event.patience + chance[:, Chance.ANSWERED] * (1 - event.patience)
    at_shared_house = stream.random(count) < event.one_house
    for column, value in _SHARED_HOUSE.items():
        chance[at_shared_house, column] = value
    town = _draw_towns(event, anchor, stream)
    return _make_messages(event.letter, anchor, theme_index(event.theme), day, town, chance)


def _draw_towns(event: PlantedEvent, anchor: int, stream: np.random.Generator) -> Ints:
    """Draw the settlement of each message: that of the event, and those around it, fewer with the distance."""
    centre = settlement_row(event.settlement_at(anchor))
    if not event.around_km:
        return np.full(event.messages, centre)
    towns = read_settlements()
    squeeze = np.cos(np.radians(towns.lat[centre]))
    distance_km = np.hypot((towns.lng - towns.lng[centre]) * squeeze, towns.lat - towns.lat[centre]) * 111.2
    weight = np.where(distance_km < event.around_km, np.sqrt(towns.population) * np.exp(-distance_km / event.around_km * 2), 0)
    return stream.choice(len(towns), event.messages, p=weight / weight.sum())


def _draw_snowfall(today: int) -> Messages:
    """Draw a week of heavy snow in the steppe in the north and east."""
    first = find_snow_day(today)
    stream = np.random.default_rng([_SEED, ord("s"), first])
    towns = read_settlements()
    north_factor = np.where((towns.lat > 45.3) & (towns.lng > 38.4), 4.0, np.where(towns.lat > 44.8, 1.0, 0.1))
    share = towns.population * north_factor
    day = first + stream.choice(SNOW_DAYS, SNOW_MESSAGES, p=np.array([4, 14, 24, 22, 17, 12, 7]) / 100)
    chance = stream.random((SNOW_MESSAGES, len(Chance)))
    return _make_messages(
        "s", first, theme_index("roads.snow"), day, stream.choice(len(towns), SNOW_MESSAGES, p=share / share.sum()), chance
    )


def _make_messages(
    letter: str, anchor: int, theme: int, day: Ints, town: Ints, chance: np.ndarray[tuple[int, int], np.dtype[np.float64]]
) -> Messages:
    themes = np.full(len(day), theme)
    at = draw_second_of_day(sector_indexes()[themes], chance[:, Chance.HOUR], chance[:, Chance.SECOND])
    return Messages(make_keys(anchor, len(day)), np.full(len(day), letter), day * _DAY_S + at - UTC_OFFSET_S, themes, town, chance)
