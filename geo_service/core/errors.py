"""The error tree: each message says the act, the object and the cause, and carries its HTTP status.

`status` is what a client of the HTTP surface gets; `exit_code` is what the `geo` command ends with.
No message holds text that came from the database server.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar


class GeoError(Exception):
    """Anything this project refuses or fails at on purpose."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"
    kind: ClassVar[str] = "internal-error"
    exit_code: ClassVar[int] = 1
    retry_after: int | None = None
    headers: ClassVar[Mapping[str, str]] = {}
    """Of the answer, beside Retry-After."""

    def members(self) -> dict[str, object]:
        """Extra members of the RFC 9457 problem document."""
        return {}


class InvalidParameter(GeoError):
    """A request parameter that is unknown or malformed; names it and what is allowed."""

    status = 400
    title = "Invalid parameter"
    kind = "invalid-parameter"
    exit_code = 2

    def __init__(self, parameter: str, detail: str, allowed: Sequence[str] | str | None = None) -> None:
        self.parameter = parameter
        self.allowed = allowed
        spelt = allowed if isinstance(allowed, str) or allowed is None else ", ".join(allowed)
        super().__init__(f"{parameter}: {detail}" + (f"; allowed: {spelt}" if spelt else ""))

    def members(self) -> dict[str, object]:
        """The parameter and what is allowed, for programs."""
        allowed = {} if self.allowed is None else {"allowed": self.allowed}
        return {"parameter": self.parameter, **allowed}


class NotFound(GeoError):
    """A thing that is not there: a tile outside the grid or the zoom range, an unknown layer."""

    status = 404
    title = "Not found"
    kind = "not-found"


class NotReady(GeoError):
    """The replica is still loading, or has fallen too far behind to answer honestly."""

    status = 503
    title = "Not ready"
    kind = "not-ready"
    retry_after = 2


class Overloaded(GeoError):
    """More work is waiting than can be answered in time."""

    status = 503
    title = "Overloaded"
    kind = "overloaded"

    def __init__(self, message: str, retry_after: int = 1) -> None:
        """retry_after: seconds after which it is worth trying again."""
        self.retry_after = retry_after
        super().__init__(message)


class DatabaseUnavailable(GeoError):
    """The database cannot be reached, refused the connection or did not answer in time."""

    status = 503
    title = "Database unavailable"
    kind = "database-unavailable"
    retry_after = 5


class SettingsError(GeoError):
    """A setting that cannot be used; names the variable and what is allowed."""

    exit_code = 2


class ClusterError(GeoError):
    """The private PostGIS cluster cannot be made, started or stopped."""


class InputError(GeoError):
    """A file or a mapping that the ingest cannot read at all (a bad row is a reject, not an error)."""

    status = 400
    title = "Unusable input"
    kind = "unusable-input"
    exit_code = 2


class ArchiveError(GeoError):
    """A file of tiles cannot be made, gone on with or replaced."""


class Unauthorised(GeoError):
    """Something that only the holder of a key may do, asked without one or with a wrong one."""

    status = 401
    title = "Key needed"
    kind = "key-needed"
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}


class Forbidden(GeoError):
    """Something that nobody may do here, or not from there; says which setting decides it."""

    status = 403
    title = "Not allowed"
    kind = "not-allowed"


class BodyIncomplete(GeoError):
    """The body of a request that stopped coming."""

    status = 408
    title = "Body not complete"
    kind = "body-incomplete"


class IdempotencyConflict(GeoError):
    """A request with the same Idempotency-Key is still being answered."""

    status = 409
    title = "Under way"
    kind = "key-under-way"
    retry_after = 1


class BodyTooLarge(GeoError):
    """More than may be sent in one request; says how much that is."""

    status = 413
    title = "Body too large"
    kind = "body-too-large"


class UnsupportedType(GeoError):
    """A body of another kind than those that are read here."""

    status = 415
    title = "Unsupported type"
    kind = "unsupported-type"


class IdempotencyKeyReused(GeoError):
    """An Idempotency-Key that belongs to another request."""

    status = 422
    title = "Key of another request"
    kind = "key-reused"


class PartialFailure(GeoError):
    """What is taken in batch by batch, and failed after some of them: those are kept, and said to be."""

    def __init__(self, cause: GeoError, kept: Mapping[str, object]) -> None:
        """kept: members that say what is."""
        super().__init__(f"{cause}; what came before is kept")
        # As of the class, because that is how they are read.
        self.status, self.title, self.kind = cause.status, cause.title, cause.kind  # type: ignore[misc]
        self.headers, self.retry_after = cause.headers, cause.retry_after  # type: ignore[misc]
        self._members = cause.members() | dict(kept)

    def members(self) -> dict[str, object]:
        """Those of the cause, and what is kept."""
        return self._members
