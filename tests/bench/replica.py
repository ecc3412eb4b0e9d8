"""The replica: how fast it loads, and how much memory it takes."""

import asyncio
import multiprocessing
import signal
import time
from concurrent.futures import ProcessPoolExecutor

from geo_service.core.database import open_connection
from tests.bench.bench import Bench
from tests.bench.report import Row

_LEAST_RATE = 500_000
_MOST_BYTES = 60


async def measure(bench: Bench) -> None:
    """First load in a process of its own, so that its memory is only the replica's."""
    seconds, count, nbytes, rss = await _in_own_process(bench.url)
    rate = count / seconds
    bench.report.add(
        Row(
            "replica", "first load", f"{seconds:.2f} s, {rate:,.0f} incidents/s",
            target=f"≥ {_LEAST_RATE:,}/s", met=rate >= _LEAST_RATE,
        ),
        seconds=seconds, rate=rate,
    )  # fmt: skip
    each = nbytes / count
    bench.report.add(
        Row(
            "replica", "columns", f"{nbytes / 1e6:.0f} MB, {each:.1f} B an incident",
            f"process {rss / 1e6:,.0f} MB", target=f"≤ {_MOST_BYTES} B", met=each <= _MOST_BYTES,
        ),
        bytes_each=each, rss=rss,
    )  # fmt: skip


async def _in_own_process(url: str) -> tuple[float, int, int, int]:
    # It ends at Ctrl-C without a word, and whoever waits for it hears of that.
    quiet = (signal.SIGINT, signal.SIG_DFL)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=signal.signal, initargs=quiet) as pool:
        return await asyncio.get_running_loop().run_in_executor(pool, _load, url)


def _load(url: str) -> tuple[float, int, int, int]:
    """Seconds of the first load, incidents held, bytes of the columns, memory of the process after it."""
    return asyncio.run(_load_here(url))


async def _load_here(url: str) -> tuple[float, int, int, int]:
    from geo_service.aggregation.replica.follower import Follower
    from geo_service.aggregation.replica.replica import Replica
    from geo_service.core.admission import AdmissionQueue

    replica = Replica(256_000_000, AdmissionQueue(10, 600))
    async with open_connection(url) as held:
        began = time.perf_counter()
        await Follower(url, replica).poll(held)
        seconds = time.perf_counter() - began
    nbytes = await replica.run(lambda state: state.columns.nbytes)
    alive = replica.live_rows
    replica.close()
    return seconds, alive, nbytes, _resident()


def _resident() -> int:
    """This process's resident memory in bytes."""
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123  # not a file of ours
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024
