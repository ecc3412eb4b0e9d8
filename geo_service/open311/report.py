"""Convert a service request that a client sends into an incident. Personal data of the sender is not stored."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID, uuid4

import orjson

from geo_service.core.errors import IdempotencyConflict, InputError, InvalidParameter
from geo_service.open311.multipart import add_field
from geo_service.open311.services import FOREIGN_ID

FORM_TYPE = "application/x-www-form-urlencoded"
MAX_FORM_BYTES = 1_000_000
_MAX_FIELDS = 500


def read_form(body: bytes) -> dict[str, str]:
    """Return the fields of a form, see `add_field`. Raises `InputError` for a malformed form."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise InputError("cannot read the form: it is not application/x-www-form-urlencoded in UTF-8") from error
    form: dict[str, str] = {}
    for name, value in pairs:
        add_field(form, name, value)
    return form


def to_incident(form: Mapping[str, str], code_field: str, key: bytes | None) -> dict[str, str]:
    """Convert the fields of a service request into an incident as `POST /api/incidents` takes it.

    code_field: the field for the service's code. key: the idempotency key, if any. Name, e-mail, telephone, device and
    account are left out. Raises `InvalidParameter` without a location.
    """
    location = {"lng": form.get("long", ""), "lat": form.get("lat", ""), "address": form.get("address_string", "")}
    if not (location["lng"].strip() and location["lat"].strip()) and not location["address"].strip():
        raise InvalidParameter("lat", "the location is missing", "lat and long, or address_string")
    return {
        "id": _external_id(form, key),
        "received_at": datetime.now(UTC).isoformat(),
        code_field: form["service_code"],
        "text": form.get("description", ""),
        **location,
    }


async def stream_incident(incident: Mapping[str, str]) -> AsyncIterator[bytes]:
    """Yield the body of a `POST /api/incidents`."""
    yield orjson.dumps(incident)


def service_request_id(row: Mapping[str, Any]) -> str:
    """Return the id of the stored request. row: the result of its ingest.

    Raises `InvalidParameter` if the incident was rejected, `IdempotencyConflict` while the same request is being stored.
    """
    if row["outcome"] == "rejected":
        raise InvalidParameter(" and ".join(row["fields"]) or "request", f"rejected: {row['detail']}")
    if row["incident"] is None:
        raise IdempotencyConflict("the same request is being stored; send it again")
    return str(row["incident"])


def service_notice(row: Mapping[str, Any], media_notice: str | None = None, *, is_outside: bool = False) -> str | None:
    """Return which value was dropped or corrected, and whether the place is unknown here; None if there is nothing to say.

    row: the result of its ingest. media_notice: what was left out of the photographs. is_outside: of every district.
    """
    notices = [
        row["warning"]["detail"] if "warning" in row else None,
        "the place is outside of every district of this service" if is_outside else None,
        media_notice,
    ]
    return "; ".join(filter(None, notices)) or None


def _external_id(form: Mapping[str, str], key: bytes | None) -> str:
    """Return the id under which the incident is stored.

    A request that is sent again has the same id if it carries the sender's id or an idempotency key.
    """
    if foreign := form.get(f"attribute[{FOREIGN_ID}]", "").strip():
        return f"{FOREIGN_ID}-{foreign}"
    return str(UUID(bytes=key[:16], version=4) if key else uuid4())
