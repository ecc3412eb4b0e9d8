"""Pages left open while incidents come in: a short run of what `./dev bench --only soak` does for long."""

import pytest

from tests.bench.soak import VIEWS, Growth, soak
from tests.support.browser_incidents import insert_known_incidents, run_in_thread
from tests.support.serve_process import serving, wait_until_ready

pytestmark = pytest.mark.browser

WARM_S, SECONDS = 8.0, 8.0
LEAST_CHANGES = 8
MOST_HEAP = 4e6
"""Bytes: what caches of tiles and compiled code may still take after a short warm-up."""
MOST_NODES, MOST_LISTENERS = 600, 60
"""A redrawn list may be longer by some rows; a panel that stayed behind at each change would be far beyond that."""


@pytest.fixture(scope="module")
def grown(database_url: str) -> dict[str, Growth]:
    """What each view held before and after."""
    insert_known_incidents(database_url)
    found: dict[str, Growth] = {}

    async def run(address: str) -> None:
        found.update(await soak(address, database_url, WARM_S, SECONDS, LEAST_CHANGES))

    with serving(database_url) as (_, address):
        wait_until_ready(address)
        run_in_thread(lambda: run(address))
    return found


@pytest.mark.parametrize("view", VIEWS)
def test_a_page_left_open_holds_no_more_after_many_changes(grown: dict[str, Growth], view: str) -> None:
    growth = grown[view]
    assert growth.changes >= LEAST_CHANGES
    assert growth.after.nodes - growth.before.nodes <= MOST_NODES
    assert growth.after.listeners - growth.before.listeners <= MOST_LISTENERS
    assert growth.after.heap - growth.before.heap < MOST_HEAP
