"""A back-test as one would do it by hand, message by message: the oracle of the fast one."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

DAY_S = 86_400

Message = tuple[int, int, int]
"""Receipt (seconds since 1970), place, group."""

Weight = Callable[[float], float]

WEIGHTS: tuple[Weight, ...] = (
    lambda days: float(days <= 7),
    lambda days: float(days <= 30),
    lambda days: float(days <= 365),
    lambda days: (1 + 8 * 0.5 ** (days / 14)) if days <= 365 else 0.0,
)
"""What a message of an age counts in each ranking: 7 days, 30 days, year, decayed."""


@dataclass(frozen=True)
class Held:
    """What a list of one Monday held, the most that one could have held, all there was, and n1/N1 before; None for nothing."""

    caught: int
    best: int
    total: int
    share_before: float | None


def hold(
    messages: Sequence[Message], places: Sequence[int], group: int | None, weight: Weight, monday: int, horizon: int, length: int
) -> Held:  # fmt: skip
    """Rank the places for a group (None: all messages) by `weight`, list the first `length`, and see what came."""
    own = [(at, place) for at, place, one in messages if group in (None, one)]
    known = {place for at, place, _ in messages if at < monday}
    scores: dict[int, float] = dict.fromkeys(places, 0.0)
    for at, place in sorted(own):
        if at < monday:
            scores[place] += weight((monday - at) / DAY_S)
    came = Counter(place for at, place in own if monday <= at < monday + horizon)
    listed = sorted(places, key=lambda place: (-scores[place], place not in known, place))[:length]
    best = sum(sorted((came[place] for place in places), reverse=True)[:length])
    everything = sum(scores.values())
    share = sum(scores[place] for place in listed) / everything if everything else None
    return Held(sum(came[place] for place in listed), best, sum(came.values()), share)
