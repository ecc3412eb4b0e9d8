"""The error tree: a message names the action, the object and the cause.

`status` is the HTTP status of the response; `exit_code` is the exit code of the `geo` command.
No message contains text of the database server.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar


class GeoError(Exception):
    """Base class of all errors that this project raises."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"
    kind: ClassVar[str] = "internal-error"
    exit_code: ClassVar[int] = 1
    retry_after: int | None = None
    headers: ClassVar[Mapping[str, str]] = {}
    """Headers of the response, in addition to Retry-After."""

    def members(self) -> dict[str, object]:
        """Return additional members of the RFC 9457 problem document."""
        return {}


class InvalidParameter(GeoError):
    """An unknown or malformed parameter; the message names it and what is allowed."""

    status = 400
    title = "Invalid parameter"
    kind = "invalid-parameter"
    exit_code = 2

    def __init__(self, parameter: str, detail: str, allowed: Sequence[str] | str | None = None) -> None:
        self.parameter = parameter
        self.allowed = allowed
        allowed_text = allowed if isinstance(allowed, str) or allowed is None else ", ".join(allowed)
        super().__init__(f"{parameter}: {detail}" + (f"; allowed: {allowed_text}" if allowed_text else ""))

    def members(self) -> dict[str, object]:
        """Return the parameter and the allowed values."""
        allowed = {} if self.allowed is None else {"allowed": self.allowed}
        return {"parameter": self.parameter, **allowed}


class NotFound(GeoError):
    """Something that does not exist: a tile outside the grid or the zoom range, an unknown layer."""

    status = 404
    title = "Not found"
    kind = "not-found"


class NotReady(GeoError):
    """The replica is still loading, or too far behind the database."""

    status = 503
    title = "Not ready"
    kind = "not-ready"
    retry_after = 2


class Overloaded(GeoError):
    """More work is waiting than can be done in time."""

    status = 503
    title = "Overloaded"
    kind = "overloaded"

    def __init__(self, message: str, retry_after: int = 1) -> None:
        """retry_after: seconds after which the client should try again."""
        self.retry_after = retry_after
        super().__init__(message)


class DatabaseUnavailable(GeoError):
    """The database cannot be reached, has refused the connection or has not answered in time."""

    status = 503
    title = "Database unavailable"
    kind = "database-unavailable"
    retry_after = 5


class AddressSearchUnavailable(GeoError):
    """The geocoding server cannot be reached, or has not answered in time."""

    status = 503
    title = "Address search unavailable"
    kind = "address-search-unavailable"
    retry_after = 5


class NumbersExhausted(GeoError):
    """A table has no number left for a new row: its sequence is at its end."""

    status = 409
    title = "No numbers left"
    kind = "no-numbers-left"


class NewEntryLimitReached(GeoError):
    """A request would add more entries to the catalogue than the settings allow; the message names the setting."""

    status = 429
    title = "Too many new entries"
    kind = "new-entry-limit"

    def __init__(self, message: str, retry_after: int | None = None) -> None:
        """retry_after: seconds until it is allowed again; None for never."""
        self.retry_after = retry_after
        super().__init__(message)


class SettingsError(GeoError):
    """An invalid setting; the message names the variable and what is allowed."""

    exit_code = 2


class ClusterError(GeoError):
    """The private PostGIS cluster cannot be created, started or stopped."""


class InputError(GeoError):
    """A file, a mapping or an option that cannot be used. An invalid row is a reject, not an error."""

    status = 400
    title = "Unusable input"
    kind = "unusable-input"
    exit_code = 2


class ArchiveError(GeoError):
    """An archive of tiles cannot be written, continued or replaced."""


class Unauthorised(GeoError):
    """The API key is missing or wrong."""

    status = 401
    title = "Key needed"
    kind = "key-needed"
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}


class Forbidden(GeoError):
    """The action is not allowed by the settings, or not from this origin; the message names the setting."""

    status = 403
    title = "Not allowed"
    kind = "not-allowed"


class BodyIncomplete(GeoError):
    """The body of the request has not arrived completely."""

    status = 408
    title = "Body not complete"
    kind = "body-incomplete"


class ServiceStopping(BodyIncomplete):
    """The service is shutting down; another process, or this one after its restart, can be asked."""

    status = 503
    title = "Stopping"
    kind = "stopping"
    retry_after = 5


class IdempotencyConflict(GeoError):
    """A request with the same Idempotency-Key is still being processed."""

    status = 409
    title = "Under way"
    kind = "key-under-way"
    retry_after = 1


class BodyTooLarge(GeoError):
    """The body is larger than allowed; the message names the limit."""

    status = 413
    title = "Body too large"
    kind = "body-too-large"


class UnsupportedType(GeoError):
    """The media type of the body is not supported."""

    status = 415
    title = "Unsupported type"
    kind = "unsupported-type"


class IdempotencyKeyReused(GeoError):
    """The Idempotency-Key was used for a different request."""

    status = 422
    title = "Key of another request"
    kind = "key-reused"


class PartialFailure(GeoError):
    """An ingest has failed after some batches; these are stored, and the members say which."""

    def __init__(self, cause: GeoError, stored: Mapping[str, object]) -> None:
        """stored: members of the problem document that describe what is stored."""
        super().__init__(f"{cause}; what came before is kept")
        # The class variables are shadowed: readers use them through the instance.
        self.status, self.title, self.kind = cause.status, cause.title, cause.kind  # type: ignore[misc]
        self.headers, self.retry_after = cause.headers, cause.retry_after  # type: ignore[misc]
        self._members = cause.members() | dict(stored)

    def members(self) -> dict[str, object]:
        """Return the members of the cause, and those about what is stored."""
        return self._members
