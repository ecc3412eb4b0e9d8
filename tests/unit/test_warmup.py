"""Nobody's first question waits for a loop to be compiled."""

import subprocess
import sys
from collections.abc import Iterator
from threading import Event
from zoneinfo import ZoneInfo

import pytest

from geo_service.server import warmup

LOOK = """
import importlib, pkgutil
from zoneinfo import ZoneInfo
import numpy as np
from numba.core.dispatcher import Dispatcher
import geo_service
from geo_service.aggregation.catalogue.catalogue import EMPTY
from geo_service.aggregation.statistics.breakdown import DIMENSIONS, compute_breakdown
from geo_service.aggregation.measures.measures import MEASURES
from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection, Statuses, Window
from geo_service.aggregation.statistics.timeline import BucketOptions, compute_timeline
from geo_service.core.model import DistrictLevel, Status
from geo_service.server.warmup import warm_up
from geo_service.tiles.encoding.grid import Tile
from geo_service.tiles.layers.hexes import HexLayer
from geo_service.tiles.layers.base import TileRequest
from tests.support.incident_batches import batch_of

def known():
    found = {}
    for package in ("geo_service.aggregation", "geo_service.tiles"):
        for one in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
            for name, loop in vars(importlib.import_module(one.name)).items():
                if isinstance(loop, Dispatcher):
                    found[f"{one.name}.{name}"] = len(loop.signatures)
    return found

zone = ZoneInfo("Europe/Moscow")
if WARMED_UP:
    warm_up(zone)
before = known()
state = ReplicaState(batch_of([(i % 6, 10 + i, 500, Status(i % 9), 1 + i % 4, 1, i % 3) for i in range(400)]), EMPTY, 1_000_000)
state.apply(batch_of([(0, 20, 0, Status.NEW, 1, 1, 0)], first_id=401), np.array([3]), None)
without = batch_of([(0, 30, 0, Status.NEW, 1, 1, 0)], first_id=402)
without["cell"] = 0
state.apply(without, np.array([], np.int64), None)
selection = Selection(Window(0, 300), 400, agencies=(1,), statuses=Statuses(frozenset({Status.CLOSED, Status.NEW})))
layer = HexLayer()
layer.refresh(state.pyramid)
layer.encode(state, TileRequest(Tile(0, 0, 0), Query(selection, MEASURES["answer_hours"])))
state.counter.per_group(selection, "source", np.zeros(state.columns.largest["source"] + 1, np.int32), 1)
state.unplaced.count(selection)
compute_breakdown(state, selection, [DIMENSIONS["status"]], DistrictLevel.DISTRICT, MEASURES["count"], None)
compute_timeline(state, selection, BucketOptions(zone), MEASURES["count"], None)
print(*sorted(name for name, count in known().items() if count > before[name]), sep="\\n")
"""


def compiled(warmed_up: bool) -> list[str]:
    """Loops that questions make ready in a process of their own."""
    command = [sys.executable, "-c", LOOK.replace("WARMED_UP", str(warmed_up))]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def test_after_the_warm_up_no_question_makes_a_loop_ready() -> None:
    assert compiled(warmed_up=True) == []
    assert "geo_service.aggregation.arrays.kernels._count" in compiled(warmed_up=False)


def test_a_service_that_ends_waits_for_no_more_than_one_step_of_the_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped, taken = Event(), []

    def steps(zone: ZoneInfo) -> Iterator[object]:
        for number in range(5):
            taken.append(number)
            if number == 2:
                stopped.set()
            yield number

    monkeypatch.setattr(warmup, "_steps", steps)
    zone = ZoneInfo("Pacific/Chatham")
    warmup.warm_up(zone, stopped)
    assert taken == [0, 1, 2]
    stopped.clear()
    taken.clear()
    warmup.warm_up(zone, None)
    warmup.warm_up(zone, None)
    assert taken == [0, 1, 2, 3, 4]
