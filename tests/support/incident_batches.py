"""Batches of incidents as the replica receives them, and random selections of them."""

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
)
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


def batch_of(rows: list[tuple[int, int, int, Status, int, int, int]], first_id: int = 1) -> np.ndarray:
    """Rows (place, received, due, status, theme, source, agency) as an array of type BATCH with ids from `first_id`."""
    batch = np.zeros(len(rows), BATCH)
    for i, (place, received, due, status, theme, source, agency) in enumerate(rows):
        batch[i] = (first_id + i, CELLS[place], received, due, 0, 0, theme, source, agency, 0, status, 0, 0, 0)
    return batch
