"""Which ids the columns can hold: the table from id to row takes 4 bytes for each id between the first and the last."""

import numpy as np
from numpy.typing import NDArray

_FREE_SPAN = 50_000_000
"""Ids, 200 MB: so far apart may the first and the last be, however few there are."""
_SPAN_A_ROW = 4
"""Ids more for each incident: deleted ones leave gaps."""
_INT64 = np.iinfo(np.int64)


def within_reach(ids: NDArray[np.int64], held: tuple[int, int] | None, rows: int) -> NDArray[np.bool_]:
    """Return (ids,) whether each can be held without a table that is out of proportion.

    held: first and last id that are held; without any, ids near the median of `ids` are in reach. rows: number of incidents held.
    """
    if not len(ids):
        return np.ones(0, np.bool_)
    limit = _FREE_SPAN + _SPAN_A_ROW * (rows + len(ids))
    if held is None:
        median = int(np.partition(ids, len(ids) // 2)[len(ids) // 2])
        held = (median, median)
    # As much to either side, so that the order in which ids arrive within a batch does not matter.
    room = max(limit - (held[1] - held[0] + 1), 0) // 2
    low, high = max(held[0] - room, int(_INT64.min)), min(held[1] + room, int(_INT64.max))
    return np.asarray((ids >= low) & (ids <= high))
