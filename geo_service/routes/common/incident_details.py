"""What is stored of an incident beside the replica: its id in its source, and the citizen's words for who may read them."""

from collections.abc import Mapping
from typing import Any

from geo_service.core.database import Connect
from geo_service.core.errors import DatabaseUnavailable, NotReady, Overloaded
from geo_service.core.source_links import make_source_link
from geo_service.core.sql.named_queries import query


async def read_details(connect: Connect, number: int, *, with_texts: bool) -> Mapping[str, Any]:
    """Return external_id, message and address of an incident; nothing where it is not stored.

    Without texts it returns nothing either where the database does not answer: the replica knows the rest.
    Raises `DatabaseUnavailable`, `NotReady` and `Overloaded` with texts, which the reader has asked for.
    """
    try:
        async with connect("read the incident") as connection:
            row = await connection.fetchrow(query("incidents.read_details"), number, with_texts)
    except (DatabaseUnavailable, NotReady, Overloaded):
        if with_texts:
            raise
        return {}
    return dict(row) if row else {}


def describe_details(details: Mapping[str, Any], links: Mapping[str, str], source: str | None, *, with_texts: bool) -> dict[str, Any]:
    """Return the fields of a row. links: templates by source. source: the incident's."""
    external_id = details.get("external_id")
    fields = {"external_id": external_id, "source_url": make_source_link(links, source, external_id) if external_id else None}
    return fields | ({"text": details.get("message") or None, "address": details.get("address") or None} if with_texts else {})
