"""Batches of incidents as the replica receives them, and random selections of them."""

from collections.abc import Sequence

import h3.api.basic_int as h3
import numpy as np
from hypothesis import strategies as st

from geo_service.aggregation.columns.columns import BATCH
from geo_service.aggregation.selection.selection import Selection, Statuses, Window
from geo_service.core.model import Status

PLACES = [(45.0 + i * 0.01, 39.0 + i * 0.02) for i in range(6)]
CELLS = [h3.latlng_to_cell(lat, lng, 10) for lat, lng in PLACES]
NOW = 500

incidents = st.tuples(
    st.integers(0, 5),
    st.integers(1, 1000),
    st.integers(0, 800),
    st.sampled_from(Status),
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(0, 3),
    st.one_of(st.just(0), st.integers(1, 1000)),
)
Row = tuple[int, int, int, Status, int, int, int] | tuple[int, int, int, Status, int, int, int, int]
ids = st.none() | st.lists(st.integers(1, 6), max_size=3).map(lambda found: tuple(sorted(set(found))))
selections = st.builds(
    Selection,
    window=st.tuples(st.integers(0, 999), st.integers(1, 1000)).map(lambda span: Window(span[0], span[0] + span[1])),
    now=st.just(NOW),
    themes=ids,
    sources=ids,
    agencies=ids,
    statuses=st.builds(Statuses, chosen=st.frozensets(st.sampled_from(Status)), overdue=st.booleans()),
)


def batch_of(rows: Sequence[Row], first_id: int = 1) -> np.ndarray:
    """Rows (place, received, due, status, theme, source, agency, answered) as an array of type BATCH with ids from `first_id`.

    answered may be left out: 0, not answered.
    """
    batch = np.zeros(len(rows), BATCH)
    for i, (place, received, due, status, theme, source, agency, *rest) in enumerate(rows):
        answered = rest[0] if rest else 0
        batch[i] = (first_id + i, CELLS[place], received, due, answered, 0, theme, source, agency, 0, status, 0, 0, 0)
    return batch


def is_overdue(row: np.void, now: int) -> bool:
    """Whether an incident is open, past its deadline and without a valid answer."""
    status = Status(row["status"])
    answered = row["answered"] != 0 and status is not Status.RETURNED
    return bool(status not in (Status.CLOSED, Status.REJECTED, Status.DUPLICATE) and 0 < row["due"] < now and not answered)
