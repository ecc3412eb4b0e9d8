"""Protocol between the write API and the ingest: the routes call it, and the command line provides the implementation."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends incidents, as far as it is recorded."""

    key_id: str = ""
    """Digest of the API key, see `geo_service.http.api_keys.key_id`; empty where none was needed."""
    client: str = ""
    """Address of the client; empty where the server does not know it."""


@dataclass(frozen=True, slots=True)
class IngestRequest:
    """Metadata of a request that sends incidents."""

    input: str
    """Name of the input in the list of runs."""
    source: str
    """Code of the incidents' source."""
    name: str
    """Name of the source if it has to be created."""
    lines: bool = False
    """True for NDJSON, one incident a line; False for a JSON document with an incident or a list."""
    key: bytes | None = None
    """Idempotency key, 32 bytes: a repeated request gets the same response and has no second effect."""
    digest: bytes = b""
    """Digest of everything except the body that distinguishes this request from others with the same key."""
    sender: Sender = Sender()


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The results of the incidents of one batch."""

    lines: bytes
    """NDJSON, one line for each incident."""
    repeated: bool = False
    """As in `IngestSummary`."""


@dataclass(frozen=True, slots=True)
class IngestSummary:
    """The end of a response."""

    document: dict[str, Any]
    """`run`, `form` (object, list or lines), `read`, `counts` by outcome, `ignored` members."""
    repeated: bool = False
    """Whether it is the stored response of an earlier request with the same key."""


ResultStream = AsyncGenerator[BatchResult | IngestSummary, None]


class IngestService(Protocol):
    """Stores incidents that are sent over HTTP."""

    def ingest(self, request: IngestRequest, body: AsyncIterator[bytes]) -> ResultStream:
        """Store the incidents in `body`; yield the results batch by batch in the order of the input, then the summary.

        A result is yielded when its batch is in the database; the body is not read further before that.
        Raises `InputError` for a malformed body, `BodyTooLarge` for a document with too many incidents,
        `IdempotencyConflict`, `IdempotencyKeyReused`, `Overloaded` when all writers are busy, and `DatabaseUnavailable`;
        after the first written batch, `PartialFailure`, which says what is stored.
        """
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...
