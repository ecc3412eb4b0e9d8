"""How often Python looks for circles of objects that nobody else knows."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_ROWS_IN_HAND = 200_000
"""Objects made and not yet freed before the next look; a batch in hand and the next one make about so many."""


@contextmanager
def relaxed_gc() -> Iterator[None]:
    """Seldom, in this block: rows are very many objects without a circle among them, and looking after every 700 of them took
    a quarter of an ingest's time."""
    before = gc.get_threshold()
    gc.set_threshold(_ROWS_IN_HAND, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
