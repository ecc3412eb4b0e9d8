"""How small an outbreak the local layer finds: K extra messages over three days in a random settlement, many times.

The extra messages come on the first, second and third day with probabilities 0.40, 0.35 and 0.25, at the hours at which messages come,
each from an address of its own, about a theme at random, on a random day of the history that can be replayed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.alerts.calibration import count_days
from geo_service.aggregation.alerts.detection.baseline import CountedBaseline
from geo_service.aggregation.alerts.detection.grouped_rows import GroupedRows, Seconds
from geo_service.aggregation.alerts.detection.local_scan import WINDOWS_S, group_history, scan_places
from geo_service.aggregation.alerts.history import DAY_S, History, Incidents

POPULATION = (1_000, 15_000)
"""Of the settlements, both inclusive."""
DAYS = 3
_SHARES = (0.40, 0.35, 0.25)
SEED = 20_261_130
"""With the number of messages, of the random outbreaks: always the same ones."""


@dataclass(frozen=True, slots=True)
class Power:
    """How often an outbreak of so many messages is found: shares of the trials."""

    extra: int
    trials: int
    on_day_1: float
    by_day_3: float


@dataclass(frozen=True, slots=True)
class Outbreak:
    """Extra messages. received: (messages,) seconds since 1970, ascending, within three days from `day`."""

    place: int
    theme: int
    day: int
    received: Seconds


def measure_power(history: History, log10_p: float, places: Sequence[int], trials: int, extras: Sequence[int]) -> Iterator[Power]:
    """Yield the power for each number of extra messages, at a threshold of the local layer; always of the same outbreaks.

    places: numbers of the places that are drawn from. ValueError without any, or without a day that can be replayed.
    """
    grouped = group_history(history)
    for extra in extras:
        rng = np.random.default_rng((SEED, extra))
        found = np.array([_find(history, grouped, draw_outbreak(rng, history, places, extra), log10_p) for _ in range(trials)])
        yield Power(extra, trials, float(np.mean(found <= DAY_S)), float(np.mean(found <= DAYS * DAY_S)))


def list_settlements(history: History, populations: dict[str, int]) -> list[int]:
    """Return the numbers of places of 1,000 to 15,000 people. populations: by the key of the place."""
    low, high = POPULATION
    return [number for number, place in enumerate(history.places) if low <= populations.get(place.key, 0) <= high]


def draw_outbreak(rng: np.random.Generator, history: History, places: Sequence[int], extra: int) -> Outbreak:
    """Draw an outbreak."""
    days = count_days(history) - DAYS
    if not places or days < 1:
        raise ValueError("power: no settlement of 1,000 to 15,000 people, or no day that can be replayed")
    # The last theme is the unknown one.
    place, theme = int(rng.choice(places)), int(rng.integers(len(history.themes) - 1))
    day = (history.stop // DAY_S - DAYS - int(rng.integers(days))) * DAY_S
    hours = rng.choice(history.incidents.received, extra) % DAY_S
    return Outbreak(place, theme, day, np.sort(day + rng.choice(DAYS, extra, p=_SHARES) * DAY_S + hours))


def _find(history: History, grouped: tuple[GroupedRows, ...], outbreak: Outbreak, log10_p: float) -> float:
    """Return after how many seconds from its first day's beginning an outbreak is found; infinity if it is not within three days."""
    stop = outbreak.day + DAYS * DAY_S
    part = add_messages(history, outbreak, outbreak.day - WINDOWS_S[-1], stop)
    signals = scan_places(part, group_history(part), CountedBaseline(grouped), outbreak.day, stop, log10_p)
    stops = signals.stop[(signals.place == outbreak.place) & (signals.theme == outbreak.theme)]
    return float(stops.min() - outbreak.day) if len(stops) else np.inf


def add_messages(history: History, outbreak: Outbreak, start: int, stop: int) -> History:
    """Return the messages of [start, stop) and those of an outbreak."""
    known, size = history.incidents.take(history.between(start, stop)), len(outbreak.received)
    district = history.areas.district_of([history.places[outbreak.place].district])[0]
    alike = {
        "place": outbreak.place, "theme": outbreak.theme, "region": history.region_of_place[outbreak.place], "district": district,
        "agency": 0, "open": True,
    }  # fmt: skip
    columns: dict[str, NDArray[np.generic]] = {name: np.full(size, value, getattr(known, name).dtype) for name, value in alike.items()}
    columns |= {"received": outbreak.received, "spot": -1 - np.arange(size)}
    joined = Incidents._make(np.concatenate([getattr(known, name), columns[name]]) for name in Incidents._fields)
    return replace(history, incidents=joined.take(np.argsort(joined.received, kind="stable")), stop=stop)
