"""The incidents of one moment, read once and not followed; and a fingerprint that says whether two such moments differ."""

from collections.abc import Callable, Sequence
from hashlib import blake2b

import numpy as np

from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.aggregation.columns.columns import BATCH
from geo_service.aggregation.replica.loader import read_catalogue, read_incidents, read_incidents_received
from geo_service.aggregation.replica.replica import ReplicaState, ResponseTimer
from geo_service.aggregation.selection.selection import Window
from geo_service.core.database import database_errors, open_connection
from geo_service.core.model import FINEST_RESOLUTION

_DIGEST_BYTES = 16


async def read_snapshot(
    url: str,
    clock: ResponseTimer | None,
    count_limit: int,
    on_progress: Callable[[int], None] = lambda rows: None,
    windows: Sequence[Window] | None = None,
) -> ReplicaState:
    """Everything in the database, in one transaction's view. count_limit: bytes of counts to keep; progress: hears of rows read.

    windows: only the incidents that were received in one of them, and the earliest of all.
    """
    async with open_connection(url) as connection:
        with database_errors("read the incidents"):
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                catalogue = await read_catalogue(connection)
                if windows is None:
                    batch = await read_incidents(connection, on_progress=on_progress)
                else:
                    batch = await read_incidents_received(connection, windows, on_progress)
    return ReplicaState(batch, catalogue, count_limit, clock)


def fingerprint(state: ReplicaState, windows: Sequence[Window]) -> str:
    """The same text for the same incidents received in the windows and the same catalogue, whatever else has come."""
    digest = blake2b(digest_size=_DIGEST_BYTES)
    for window in windows:
        _hash_incidents(digest, state, window)
    digest.update(_catalogue_text(state.catalogue).encode())
    return digest.hexdigest()


def _hash_incidents(digest: "blake2b", state: ReplicaState, window: Window) -> None:
    columns = state.columns
    rows = np.concatenate([np.arange(low, high) for (low, high), _ in columns.candidate_ranges(window.start, window.stop)])
    # By id: the database gives rows of the same instant in any order.
    rows = rows[np.argsort(columns["id"][rows])]
    cells = state.pyramid.levels[FINEST_RESOLUTION].cells
    for name in BATCH.names or ():
        values = columns[name][rows]
        digest.update(np.ascontiguousarray(cells[values] if name == "cell" else values).tobytes())


def _catalogue_text(catalogue: Catalogue) -> str:
    kinds = (catalogue.sectors, catalogue.themes, catalogue.sources, catalogue.agencies, catalogue.districts)
    return repr([sorted(kind.all, key=lambda entry: entry.id) for kind in kinds]) + str(catalogue.shapes.revision)
