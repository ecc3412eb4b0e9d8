"""What is known of the request that is being answered, beside what it says itself: for its line in the access log and for metrics."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class RequestRecord:
    """Filled by whoever finds out while the request is answered."""

    request_id: str
    answer: str = ""
    """How a tile came about: `cold`, `known` (its counts were cached), `revalidated`, `cached`, `unchanged` (304)."""
    problem: str = ""
    """Kind of the problem document."""
    key: str = ""
    """Id of the API key that was sent, valid or not: `api_keys.key_id`."""


_CURRENT: ContextVar[RequestRecord | None] = ContextVar("request record", default=None)


@contextmanager
def recorded(record: RequestRecord) -> Iterator[None]:
    """Make it the record of the request that the block answers, and the tasks that it starts."""
    token = _CURRENT.set(record)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def current_record() -> RequestRecord:
    """Return the record of the request that is being answered; outside of one, a record that nobody reads."""
    return _CURRENT.get() or RequestRecord("")
