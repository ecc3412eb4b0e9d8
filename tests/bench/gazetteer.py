"""The gazetteer: how many texts a second, on the list of real inflected phrases from the demo region."""

import time

import numpy as np

from ingest.geocoding import Answer, Query
from ingest.geocoding.gazetteer import Gazetteer
from tests.bench.bench import Bench
from tests.bench.report import Row
from tests.unit.gazetteers import demo_lexicon, phrases

_TEXTS = 60_000
_QUICK_TEXTS = 2_000
_LEAST_RATE = 20_000
_ROUNDS = 5


async def measure(bench: Bench) -> None:
    """One thread; every phrase again and again, with its own number behind it so that no text comes twice."""
    began = time.perf_counter()
    gazetteer = Gazetteer(demo_lexicon())
    making = time.perf_counter() - began
    listed = [words for _, words in phrases()]
    texts = [Query("", f"{listed[turn % len(listed)]}, {turn}") for turn in range(_QUICK_TEXTS if bench.quick else _TEXTS)]
    seconds = []
    for _ in range(bench.times(_ROUNDS)):
        began = time.perf_counter()
        verdicts = await gazetteer.locate(texts)
        seconds.append(time.perf_counter() - began)
    rate = len(texts) / float(np.median(seconds))
    placed = sum(isinstance(one, Answer) for one in verdicts) / len(texts)
    bench.report.add(
        Row(
            "gazetteer", f"{len(texts):,} texts of {len(listed)} phrases", f"{rate:,.0f} texts/s",
            f"{placed:.0%} placed; names made in {making:.1f} s", None, f"≥ {_LEAST_RATE:,}", rate >= _LEAST_RATE,
        ),
        rate=rate, placed=placed,
    )  # fmt: skip
