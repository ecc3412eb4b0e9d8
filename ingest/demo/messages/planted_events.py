"""Events planted to be found: each is a burst of messages about one thing, in one place, on some days.

An episode is planted relative to the day on which it is made (its anchor) and stays where it is on later days. When the
newest of its kind has grown old, another one is planted at another place, so that a demonstration always has a fresh one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ingest.demo.geography.region import Ints, row_of, settlements
from ingest.demo.messages.draws import Chance, Messages, joined, keys, sectors
from ingest.demo.messages.seasonality import UTC_OFFSET_S, second_of_day
from ingest.demo.messages.themes import number_of

_SEED = 2308
_DAY_S = 86_400
_SMOKE_KM = 14.0
_THE_HOUSE = {Chance.TROUBLE: 1.0, Chance.STREET: 0.31, Chance.HOUSE: 0.5, Chance.PRECISION: 0.99}
"""Messages that share these numbers and a settlement name the same house."""


@dataclass(frozen=True, slots=True)
class Episode:
    """One kind of event. `begins` and `lasts` are days, relative to the anchor."""

    letter: str
    theme: str
    begins: int
    lasts: int
    messages: int
    places: tuple[str, ...]
    """Settlements, one of them for each anchor in turn; the whole region where there is none."""
    renewed_after: int
    """Days after which another one is planted."""
    one_house: float = 0.0
    """Share of the messages that name one and the same house."""
    around_km: float = 0.0
    """How far away people notice it."""
    patience: float = 0.0
    """Least chance of a late answer: above 0 nobody is answered quickly."""

    def place(self, anchor: int) -> str:
        """The settlement of the episode planted on day `anchor`."""
        return self.places[anchor // self.renewed_after % len(self.places)] if self.places else ""


EPISODES = (
    Episode(
        "w", "housing.no_water", -3, 4, 140, ("Платнировская", "Старомышастовская", "Петровская", "Новоминская", "Вознесенская"), 3,
        patience=0.985,
    ),
    Episode("f", "waste.burning", -24, 7, 190, ("Белореченск", "Кореновск", "Крымск", "Тимашёвск"), 60, around_km=_SMOKE_KM),
    Episode("p", "health.phone", -38, 30, 170, ("Тихорецк", "Кропоткин", "Лабинск", "Славянск-на-Кубани"), 80, one_house=0.6),
)  # fmt: skip

SNOW_MESSAGES = 2300
SNOW_FIRST, SNOW_DAYS = (1, 19), 7
"""Month and day on which the snowfall begins: the same in the last winter whenever the region is made."""


def planted(today: int, known: Mapping[str, int]) -> Messages:
    """Messages of every episode; `known` is the newest anchor that is in the database, by letter."""
    anchors = {one.letter: anchor_of(one, today, known.get(one.letter)) for one in EPISODES}
    return joined([*(_messages(one, anchors[one.letter]) for one in EPISODES), _snow(today)])


def anchor_of(episode: Episode, today: int, known: int | None) -> int:
    """The day that the episode is planted on: the known one as long as it is fresh."""
    return known if known is not None and today - known < episode.renewed_after else today


def snow_day(today: int) -> int:
    """The first day of the anomalous snowfall: in the last January that is over."""
    month = np.datetime64(today, "D").astype("datetime64[M]")
    year = np.datetime64(month, "Y") - (0 if month.astype(np.int64) % 12 >= 1 else 1)
    first = np.datetime64(f"{year}-{SNOW_FIRST[0]:02d}-{SNOW_FIRST[1]:02d}", "D")
    return int(first.astype(np.int64))


def _messages(episode: Episode, anchor: int) -> Messages:
    stream = np.random.default_rng([_SEED, ord(episode.letter), anchor])
    count = episode.messages
    # Most write on the first days; nobody stops before the end.
    day = anchor + episode.begins + np.minimum((stream.random(count) ** 1.2 * episode.lasts).astype(np.int64), episode.lasts - 1)
    chance = stream.random((count, len(Chance)))
    chance[:, Chance.END] = np.maximum(chance[:, Chance.END], 0.08)
    chance[:, Chance.ANSWERED] = episode.patience + chance[:, Chance.ANSWERED] * (1 - episode.patience)
    same = stream.random(count) < episode.one_house
    for column, value in _THE_HOUSE.items():
        chance[same, column] = value
    town = _towns(episode, anchor, stream)
    return _made(episode.letter, anchor, number_of(episode.theme), day, town, chance)


def _towns(episode: Episode, anchor: int, stream: np.random.Generator) -> Ints:
    """The place itself, and the settlements around in which it is noticed, the less the farther."""
    centre = row_of(episode.place(anchor))
    if not episode.around_km:
        return np.full(episode.messages, centre)
    towns = settlements()
    squeeze = np.cos(np.radians(towns.lat[centre]))
    away = np.hypot((towns.lng - towns.lng[centre]) * squeeze, towns.lat - towns.lat[centre]) * 111.2
    noticed = np.where(away < episode.around_km, np.sqrt(towns.population) * np.exp(-away / episode.around_km * 2), 0)
    return stream.choice(len(towns), episode.messages, p=noticed / noticed.sum())


def _snow(today: int) -> Messages:
    """A week in which the steppe in the north and east is snowed in."""
    first = snow_day(today)
    stream = np.random.default_rng([_SEED, ord("s"), first])
    towns = settlements()
    north = np.where((towns.lat > 45.3) & (towns.lng > 38.4), 4.0, np.where(towns.lat > 44.8, 1.0, 0.1))
    share = towns.population * north
    day = first + stream.choice(SNOW_DAYS, SNOW_MESSAGES, p=np.array([4, 14, 24, 22, 17, 12, 7]) / 100)
    chance = stream.random((SNOW_MESSAGES, len(Chance)))
    return _made("s", first, number_of("roads.snow"), day, stream.choice(len(towns), SNOW_MESSAGES, p=share / share.sum()), chance)


def _made(
    letter: str, anchor: int, theme: int, day: Ints, town: Ints, chance: np.ndarray[tuple[int, int], np.dtype[np.float64]]
) -> Messages:
    themes = np.full(len(day), theme)
    at = second_of_day(sectors()[themes], chance[:, Chance.HOUR], chance[:, Chance.SECOND])
    return Messages(keys(anchor, len(day)), np.full(len(day), letter), day * _DAY_S + at - UTC_OFFSET_S, themes, town, chance)
