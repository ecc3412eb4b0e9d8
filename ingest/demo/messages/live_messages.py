"""Messages that the feed adds while it runs: a few each minute, drawn from a random stream of that minute.

The id of a message holds its minute and its index, so that a restarted feed can draw the same message again.
"""

import re
from collections.abc import Sequence

import numpy as np

from ingest.demo.geography.region import Ints
from ingest.demo.messages.draws import Chance, Messages, concatenate_messages, draw_settlements, local_day, make_keys
from ingest.demo.messages.seasonality import expected_counts

_SEED = 2309
_MINUTE_S = 60
_ID = re.compile(r"l(\d+)-(\d+)")


def draw_live_messages(since: float, until: float, per_minute: float) -> Messages:
    """Draw the messages received in (since, until], `per_minute` on average; instants in seconds since 1970."""
    minutes = range(int(since // _MINUTE_S), int(until // _MINUTE_S) + 1)
    drawn = concatenate_messages([_draw_minute(minute, _draw_count(minute, per_minute)) for minute in minutes])
    return drawn.take((drawn.received > since) & (drawn.received <= until))


def restore_live_messages(external_ids: Sequence[str]) -> Messages:
    """Draw the messages with these ids again; other ids are ignored."""
    positions = [(int(match[1]), int(match[2])) for match in map(_ID.fullmatch, external_ids) if match]
    counts: dict[int, int] = {}
    for minute, index in positions:
        counts[minute] = max(counts.get(minute, 0), index + 1)
    drawn = concatenate_messages([_draw_minute(minute, count) for minute, count in counts.items()] or [_draw_minute(0, 0)])
    requested = set(positions)
    return drawn.take(np.array([_parse_id(external_id) in requested for external_id in drawn.external_ids()], np.bool_))


def _parse_id(external_id: str) -> tuple[int, int]:
    """Return minute and index of a message."""
    minute, _, index = external_id[1:].partition("-")
    return int(minute), int(index)


def _draw_count(minute: int, per_minute: float) -> int:
    return int(np.random.default_rng([_SEED, 1, minute]).poisson(per_minute))


def _draw_minute(minute: int, count: int) -> Messages:
    """Draw the first `count` messages of a minute; a message does not depend on `count`."""
    chance = np.random.default_rng([_SEED, minute]).random((count, len(Chance)))
    day = np.full(count, local_day(minute * _MINUTE_S))
    expected = expected_counts(day[:1] if count else np.array([0]))[0].cumsum()
    theme: Ints = np.searchsorted(expected, chance[:, Chance.SECOND] * expected[-1], side="right")
    received = minute * _MINUTE_S + (chance[:, Chance.HOUR] * _MINUTE_S).astype(np.int64)
    return Messages(make_keys(minute, count), np.full(count, "l"), received, theme, draw_settlements(theme, day, chance), chance)
