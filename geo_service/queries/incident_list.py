"""Query parameters of a list of incidents: the order, the cell, and the place where the page before ended."""

import base64
import binascii
import struct
from collections.abc import Mapping

from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.statistics.incident_list import ORDERS, Cursor, IncidentListQuery, SortOrder
from geo_service.core.errors import InvalidParameter
from geo_service.queries.selection import read_cell, read_choice, read_int

LIST_PARAMETERS = ("cell", "order", "limit", "after")
DEFAULT_LIMIT, MOST = 50, 200

_MARK = struct.Struct(">BIQ")
"""Which order, the instant, the id."""
_LARGEST_ID = 2**63 - 1


def read_list(given: Mapping[str, str], query: Query) -> IncidentListQuery:
    """What is asked of the list beside the selection."""
    order = ORDERS[read_choice(given, "order", list(ORDERS), "received")]
    return IncidentListQuery(
        query.selection,
        order,
        read_int(given, "limit", 1, MOST, DEFAULT_LIMIT),
        _decode_cursor(given["after"], order) if "after" in given else None,
        read_cell(given["cell"], "cell") if "cell" in given else None,
    )


def encode_cursor(order: SortOrder, place: Cursor) -> str:
    """The place for `after`, as text that is safe in an address.

    >>> _decode_cursor(encode_cursor(ORDERS["due"], Cursor(7, 9)), ORDERS["due"])
    Cursor(instant=7, id=9)
    """
    packed = _MARK.pack(list(ORDERS).index(order.code), place.instant, place.id)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_id(text: str) -> int:
    """An incident's number."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and 0 < int(text) <= _LARGEST_ID):
        raise InvalidParameter("id", f"{text[:40]!r} is not usable", f"a whole number from 1 to {_LARGEST_ID}")
    return int(text)


def _decode_cursor(text: str, order: SortOrder) -> Cursor:
    try:
        packed = base64.b64decode(f"{text}{'=' * (-len(text) % 4)}", b"-_", validate=True)
        number, instant, id_ = _MARK.unpack(packed)
    except (binascii.Error, struct.error, ValueError):
        number, instant, id_ = -1, 0, 0
    if number != list(ORDERS).index(order.code) or id_ > _LARGEST_ID:
        raise InvalidParameter("after", "is no place in a list in this order", "`next` of an answer to the same question")
    return Cursor(instant, id_)
