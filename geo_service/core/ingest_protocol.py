"""Taking incidents in: what the routes ask for, and what they get. The ingest stands behind it, put there by the application."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class IngestRequest:
    """What is said of incidents that are sent, beside themselves."""

    input: str
    """Where they were sent: the input's name in the accounting of runs."""
    source: str
    """Code of the source they belong to."""
    name: str
    """The source's name, where it is not known yet."""
    lines: bool = False
    """NDJSON, an incident a line; otherwise a JSON document, an incident or a list of them."""
    key: bytes | None = None
    """What the sender knows the request by, 32 bytes: sent again it has the same answer and no second effect."""
    digest: bytes = b""
    """Of what makes this request another one than the next, beside its body."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of a batch."""

    lines: bytes
    """NDJSON, a line for each incident."""
    repeated: bool = False
    """As in `Summary`."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The end of an answer."""

    document: dict[str, Any]
    """`run`, `form` (object, list or lines), `read`, `counts` by outcome, `ignored` members."""
    repeated: bool = False
    """Whether it is the answer that the same request had before."""


ResultStream = AsyncGenerator[BatchResult | Summary, None]


class IngestService(Protocol):
    """Takes incidents in."""

    def ingest(self, delivery: IngestRequest, body: AsyncIterator[bytes]) -> ResultStream:
        """What became of the incidents in `body`: blocks in the order of the input, then the summary.

        A block is given when its incidents are in the database, and the body read no further before that.
        Raises `InputError` for a body that cannot be read on, `BodyTooLarge` for a document of too many incidents,
        `IdempotencyConflict`, `IdempotencyKeyReused`, `Overloaded` when all writers are busy and `DatabaseUnavailable`;
        once rows have been written they are `PartialFailure`, which says what is stored.
        """
        ...

    async def close(self) -> None:
        """Close what is open."""
        ...
