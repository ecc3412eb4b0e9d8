"""A request that is sent: from the standard's arguments to an incident. Who sends it is not among what is kept."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID, uuid4

import orjson

from geo_service.core.errors import IdempotencyConflict, InputError, InvalidParameter
from geo_service.open311.services import FOREIGN_ID

FORM = "application/x-www-form-urlencoded"
MOST_BYTES = 1_000_000
_MOST_FIELDS = 500


def read_form(body: bytes) -> dict[str, str]:
    """The arguments; of one that comes several times the first. `InputError` for what is no form."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise InputError("cannot read the form: it is not application/x-www-form-urlencoded in UTF-8") from error
    return dict(reversed(pairs))


def incident(form: Mapping[str, str], member: str, key: bytes | None) -> dict[str, str]:
    """The incident, in the members of POST /api/incidents.

    member: that in which the service's code stands. key: that of a request which may be sent again. Without a place
    `InvalidParameter`. Name, e-mail, telephone, device and account are left where they came from.
    """
    place = {"lng": form.get("long", ""), "lat": form.get("lat", ""), "address": form.get("address_string", "")}
    if not (place["lng"].strip() and place["lat"].strip()) and not place["address"].strip():
        raise InvalidParameter("lat", "a place is missing", "lat and long, or address_string")
    return {
        "id": _own_id(form, key),
        "received_at": datetime.now(UTC).isoformat(),
        member: form["service_code"],
        "text": form.get("description", ""),
        **place,
    }


async def body(row: Mapping[str, str]) -> AsyncIterator[bytes]:
    """The incident as a document that is sent."""
    yield orjson.dumps(row)


def number(row: Mapping[str, Any]) -> str:
    """The id of the request that came of an incident. `InvalidParameter` where it could not be used."""
    if row["outcome"] == "rejected":
        raise InvalidParameter(" and ".join(row["fields"]) or "request", f"cannot be used: {row['detail']}")
    if row["incident"] is None:
        raise IdempotencyConflict("the same request is just being stored; send it again")
    return str(row["incident"])


def notice(row: Mapping[str, Any]) -> str | None:
    """What was left out of an incident, or mended."""
    return row["warning"]["detail"] if "warning" in row else None


def _own_id(form: Mapping[str, str], key: bytes | None) -> str:
    """The same for what is sent again, as far as it says so."""
    if foreign := form.get(f"attribute[{FOREIGN_ID}]", "").strip():
        return f"{FOREIGN_ID}-{foreign}"
    return str(UUID(bytes=key[:16], version=4) if key else uuid4())
