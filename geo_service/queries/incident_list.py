"""Parse the query parameters of a list of incidents: order, cell, page size, and the cursor of the page before."""

import base64
import binascii
import struct
from collections.abc import Mapping

from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.statistics.incident_list import ORDERS, Cursor, IncidentListQuery, SortOrder
from geo_service.core.errors import InvalidParameter
from geo_service.core.integers import MAX_BIGINT
from geo_service.queries.selection import read_choice, read_int, read_optional_cell

LIST_PARAMETERS = ("cell", "order", "limit", "after")
DEFAULT_LIMIT, MAX_LIMIT = 50, 200
MAX_TABLE_LIMIT = 10_000
"""Rows of a page that is a table, such as a file to download: about 0.2 s of work."""

_CURSOR = struct.Struct(">BIQ")
"""A cursor in binary: the number of its order in `ORDERS`, the instant, the id."""


def read_incident_list(params: Mapping[str, str], query: Query, max_limit: int = MAX_LIMIT) -> IncidentListQuery:
    """Read the parameters of a page beside those of the selection. max_limit: of incidents in it. Raises `InvalidParameter`."""
    order = ORDERS[read_choice(params, "order", list(ORDERS), "received")]
    return IncidentListQuery(
        query.selection,
        order,
        read_int(params, "limit", 1, max_limit, DEFAULT_LIMIT),
        _decode_cursor(params["after"], order) if "after" in params else None,
        read_optional_cell(params),
    )


def encode_cursor(order: SortOrder, cursor: Cursor) -> str:
    """Return the value of `after` for a cursor, as text that needs no percent-encoding.

    >>> _decode_cursor(encode_cursor(ORDERS["due"], Cursor(7, 9)), ORDERS["due"])
    Cursor(instant=7, id=9)
    """
    packed = _CURSOR.pack(list(ORDERS).index(order.code), cursor.instant, cursor.id)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _decode_cursor(text: str, order: SortOrder) -> Cursor:
    """Return the cursor behind a value of `after`. Raises `InvalidParameter` for other texts, and for a cursor of another order."""
    try:
        packed = base64.b64decode(f"{text}{'=' * (-len(text) % 4)}", b"-_", validate=True)
        number, instant, id_ = _CURSOR.unpack(packed)
    except (binascii.Error, struct.error, ValueError):
        number, instant, id_ = -1, 0, 0
    if number != list(ORDERS).index(order.code) or id_ > MAX_BIGINT:
        raise InvalidParameter("after", "invalid cursor", "the `next` value of the previous page, with the same filters and order")
    return Cursor(instant, id_)
