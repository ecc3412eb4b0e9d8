"""A back-test of 26 weeks over all incidents: hexagons of resolution 7 and 9, all messages and each sector or theme."""

import time
from fractions import Fraction
from zoneinfo import ZoneInfo

from geo_service.aggregation.backtest.backtest import BacktestRequest, run_backtest
from tests.bench.bench import Bench
from tests.bench.report import Row

_WEEKS = 26
_HORIZON_S = 7 * 86_400
_MOST_S = 10.0
_CASES = ((7, "none", True), (7, "sector", True), (9, "none", True), (9, "theme", False))
"""Resolution, grouping, and whether it has to keep to the time."""


async def measure(bench: Bench) -> None:
    """Each case, once the compiled loops have been woken: the year count and the decayed count, and what stands beside them."""
    state = await bench.state()
    zone = ZoneInfo("Europe/Moscow")
    run_backtest(state, BacktestRequest(5, (Fraction(5),), _HORIZON_S, 1, "sector"), zone, bench.until)
    for resolution, by, is_limited in _CASES:
        request = BacktestRequest(resolution, (Fraction(5),), _HORIZON_S, _WEEKS, by)
        seconds, of_processor = [], []
        for _ in range(bench.times(3)):
            began, worked = time.perf_counter(), time.process_time()
            test = run_backtest(state, request, zone, bench.until)
            seconds.append(time.perf_counter() - began)
            of_processor.append(time.process_time() - worked)
        row = Row(
            "backtest",
            f"resolution {resolution}, by {by}, {_WEEKS} weeks",
            f"{min(seconds):.2f} s, processor {min(of_processor):.2f} s",
            f"{test.places:,} places, {len(test.groups):,} groups",
            target=f"≤ {_MOST_S:.0f} s" if is_limited else "",
            met=min(seconds) <= _MOST_S if is_limited else None,
        )
        bench.report.add(row, **{f"r{resolution}_{by}_s": min(seconds)})
