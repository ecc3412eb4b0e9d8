"""Messages that the feed adds while it runs: a few a minute, each minute with a random stream of its own.

A message is known by its minute and its place in it, so its life can be taken up again after a restart.
"""

import re
from collections.abc import Sequence

import numpy as np

from ingest.demo.geography.region import Ints
from ingest.demo.messages.draws import Chance, Messages, joined, keys, local_day, towns_for
from ingest.demo.messages.seasonality import rates

_SEED = 2309
_MINUTE_S = 60
_ID = re.compile(r"l(\d+)-(\d+)")


def arriving(since: float, until: float, per_minute: float) -> Messages:
    """Messages received after `since` and not later than `until`, `per_minute` on average."""
    minutes = range(int(since // _MINUTE_S), int(until // _MINUTE_S) + 1)
    made = joined([_minute(minute, _count(minute, per_minute)) for minute in minutes])
    return made.take((made.received > since) & (made.received <= until))


def remembered(external_ids: Sequence[str]) -> Messages:
    """The messages with these ids, as they were made; ids of another kind are left out."""
    found = [(int(match[1]), int(match[2])) for match in map(_ID.fullmatch, external_ids) if match]
    count: dict[int, int] = {}
    for minute, place in found:
        count[minute] = max(count.get(minute, 0), place + 1)
    made = joined([_minute(minute, rows) for minute, rows in count.items()] or [_minute(0, 0)])
    wanted = set(found)
    return made.take(np.array([_place(external_id) in wanted for external_id in made.external_ids()], np.bool_))


def _place(external_id: str) -> tuple[int, int]:
    minute, _, place = external_id[1:].partition("-")
    return int(minute), int(place)


def _count(minute: int, per_minute: float) -> int:
    return int(np.random.default_rng([_SEED, 1, minute]).poisson(per_minute))


def _minute(minute: int, count: int) -> Messages:
    """The first `count` messages of a minute: the same ones, however many are asked for."""
    chance = np.random.default_rng([_SEED, minute]).random((count, len(Chance)))
    day = np.full(count, local_day(minute * _MINUTE_S))
    expected = rates(day[:1] if count else np.array([0]))[0].cumsum()
    theme: Ints = np.searchsorted(expected, chance[:, Chance.SECOND] * expected[-1], side="right")
    received = minute * _MINUTE_S + (chance[:, Chance.HOUR] * _MINUTE_S).astype(np.int64)
    return Messages(keys(minute, count), np.full(count, "l"), received, theme, towns_for(theme, day, chance), chance)
