"""The gazetteer: how many texts a second, on the list of real inflected phrases from the demo region."""

import time

import numpy as np

from ingest.geocoding import GeocodedPlace, GeocodeQuery
from ingest.geocoding.local_steps import Gazetteer
from tests.bench.bench import Bench
from tests.bench.report import Row
from tests.support.gazetteers import demo_index, phrases, placed

_TEXTS = 60_000
_QUICK_TEXTS = 2_000
_LEAST_RATE = 20_000
_LEAST_RIGHT = 0.95
_ROUNDS = 5


async def measure(bench: Bench) -> None:
    """One thread; every phrase again and again, with its own number behind it so that no text comes twice."""
    began = time.perf_counter()
    gazetteer = Gazetteer(demo_index())
    making = time.perf_counter() - began
    listed = [words for _, words in phrases()]
    texts = [GeocodeQuery("", f"{listed[turn % len(listed)]}, {turn}") for turn in range(_QUICK_TEXTS if bench.quick else _TEXTS)]
    seconds = []
    for _ in range(bench.times(_ROUNDS)):
        began = time.perf_counter()
        verdicts = await gazetteer.locate(texts)
        seconds.append(time.perf_counter() - began)
    rate = len(texts) / float(np.median(seconds))
    share = sum(isinstance(one, GeocodedPlace) for one in verdicts) / len(texts)
    bench.report.add(
        Row(
            "gazetteer", f"{len(texts):,} texts of {len(listed)} phrases", f"{rate:,.0f} texts/s",
            f"{share:.0%} placed; names made in {making:.1f} s", None, f"≥ {_LEAST_RATE:,}", rate >= _LEAST_RATE,
        ),
        rate=rate, placed=share,
    )  # fmt: skip
    _right(bench)


def _right(bench: Bench) -> None:
    """How many of the listed phrases are placed where they mean, and how many of those that mean no place of the region are placed."""
    found = [(meant, placed(words)) for meant, words in phrases()]
    right, astray = sum(meant == said for meant, said in found) / len(found), sum(meant == "-" != said for meant, said in found)
    bench.report.add(
        Row(
            "gazetteer", f"{len(found)} phrases, {sum(meant == '-' for meant, _ in found)} of them of no place in the region",
            f"{right:.1%} right, {astray} in a wrong region", target=f"≥ {_LEAST_RIGHT:.0%}, 0", met=right >= _LEAST_RIGHT and not astray,
        ),
        right=right,
    )  # fmt: skip
