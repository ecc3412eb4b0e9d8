"""The rules of alerts written again, slowly and without arrays: for comparison with the compiled ones."""

from collections.abc import Iterator, Sequence
from math import exp, inf, lgamma, log, log10

from tests.support.alert_history import DAY_S, Message

Pair = tuple[str, int]
"""Place and theme."""


def beta_binomial_tail(x: int, trials: int, alpha: float, beta: float) -> float:
    """P(X >= x), summed term by term."""

    def log_beta(a: float, b: float) -> float:
        return lgamma(a) + lgamma(b) - lgamma(a + b)

    def log_choose(n: int, k: int) -> float:
        return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)

    return sum(exp(log_choose(trials, j) + log_beta(j + alpha, trials - j + beta) - log_beta(alpha, beta)) for j in range(x, trials + 1))


def local_signals(
    messages: Sequence[Message], places: Sequence[str], start: int, stop: int, log10_limit: float
) -> Iterator[tuple[str, int, int, int, int, float, int, int]]:
    """Yield place, theme, stop, window, n, log10 p, since and distinct of each unusual pair.

    places: of each message; all of them are of one region.
    """
    first = min(message.received for message in messages)
    tests = {(place, message.theme, message.received) for message, place in zip(messages, places, strict=True)}
    for place, theme, received in sorted(tests, key=lambda test: test[2]):
        end, day = received + 1, received // DAY_S * DAY_S
        if not start <= received < stop or day - 7 * DAY_S - first < 28 * DAY_S:
            continue
        year = [
            (message, where)
            for message, where in zip(messages, places, strict=True)
            if day - 372 * DAY_S <= message.received < day - 7 * DAY_S
        ]
        n_uk = sum(message.theme == theme and where == place for message, where in year)
        n_k = sum(message.theme == theme for message, _ in year)
        n_u = sum(where == place for _, where in year)
        alpha = n_uk + 30 * min(max(n_u, 0.5) / max(len(year), 1), 1)
        beta = n_k + 30 - alpha
        best: tuple[float, int, int, int, int] = (inf, 0, 0, 0, 0)
        for days in (1, 3, 7):
            window = [
                (message, where)
                for message, where in zip(messages, places, strict=True)
                if end - days * DAY_S <= message.received < end and message.theme == theme
            ]
            mine = [message for message, where in window if where == place]
            addresses = {(message.lng, message.lat) for message in mine}
            if len(mine) >= 3 and len(addresses) >= 3 and len(mine) > len(window) * alpha / (alpha + beta):
                p = beta_binomial_tail(len(mine), len(window), alpha, beta)
                # Of windows that differ by rounding only, the shorter one.
                if p < best[0] * (1 - 1e-9):
                    best = p, days * DAY_S, len(mine), min(message.received for message in mine), len(addresses)
        if best[0] <= 10**log10_limit:
            yield place, theme, end, best[1], best[2], log10(best[0]), best[3], best[4]


def negative_binomial_tail(x: int, size: float, mean: float) -> float:
    """P(X >= x) as one less the sum below; Poisson for an infinite size."""

    def log_density(j: int) -> float:
        if size == inf:
            return j * log(mean) - mean - lgamma(j + 1)
        return lgamma(j + size) - lgamma(size) - lgamma(j + 1) + size * log(size / (size + mean)) + j * log(mean / (size + mean))

    return 1 - sum(exp(log_density(j)) for j in range(x))


def total(received: Sequence[int], end: int) -> tuple[int, float, float]:
    """Messages of the 24 hours before `end`, their mean and the dispersion, from the 56 days that end 7 days before it."""

    def count(stop: int) -> int:
        return sum(stop - DAY_S <= instant < stop for instant in received)

    days = [count(end - (7 + back) * DAY_S) for back in range(56)]
    mean = sum(days) / 56
    factors = [(8 * (sum(days[weekday::7]) / 8 / mean) + 4) / 12 for weekday in range(7)]
    expected = [mean * factors[back % 7] for back in range(56)]
    dispersion = sum((day - usual) ** 2 / usual for day, usual in zip(days, expected, strict=True)) / 49
    return count(end), mean * factors[0], max(dispersion, 1.0)
