"""The database fails in every way while others write and read: a short run of what `./dev bench --only faults` does for ten minutes."""

import time

from tests.bench.dataset import DAY_S
from tests.bench.fault_kinds import FAULTS
from tests.bench.faults import soak

COUNT = 3_000


async def test_after_all_faults_nothing_acknowledged_is_missing_and_every_breakdown_equals_sql() -> None:
    soaked = await soak(0, COUNT, int(time.time()) // DAY_S * DAY_S)
    assert soaked.differences == []
    assert soaked.missing == 0
    assert soaked.acknowledged
    assert set(FAULTS) - {"disk full"} <= soaked.faults.keys()
    assert soaked.reads.keys() <= {200, 204, 503}, soaked.reads
    assert soaked.writes.keys() <= {200, 503}, soaked.writes
    assert soaked.reads[200] > soaked.reads[503]
