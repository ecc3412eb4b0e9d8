"""Services: what can be reported. Each theme is one, and each sector, for what belongs to none of its themes."""

from collections.abc import Iterator
from typing import Any

from geo_service.aggregation.catalogue.catalogue import Catalogue, Entry
from geo_service.core.errors import InvalidParameter, NotFound

FOREIGN_ID = "fixmystreet_id"
"""Attribute with the sender's own id of a request, which FixMyStreet fills by itself."""

_ATTRIBUTES = [
    {
        "variable": False,
        "code": FOREIGN_ID,
        "datatype": "string",
        "required": False,
        "datatype_description": None,
        "order": 1,
        "description": "The request's id in the system that sends it; sent again, it is the same request.",
        "automated": "server_set",
    }
]


def services(catalogue: Catalogue) -> list[dict[str, Any]]:
    """All of them, sectors first."""
    return [_service(entry, group) for entry, group in _entries(catalogue)]


def definition(catalogue: Catalogue, code: str) -> dict[str, Any]:
    """What a request of this service may have beside the standard's own. Raises NotFound."""
    known(catalogue, code)
    return {"service_code": code, "attributes": _ATTRIBUTES}


def known(catalogue: Catalogue, code: str) -> str:
    """The member of an incident that the service's code stands in: theme or sector. Raises NotFound."""
    if code in catalogue.themes.by_code:
        return "theme"
    if code in catalogue.sectors.by_code:
        return "sector"
    if not code:
        raise InvalidParameter("service_code", "is missing", "a code of /open311/v2/services")
    raise NotFound(f"service_code {code[:60]!r} was not found")


def _entries(catalogue: Catalogue) -> Iterator[tuple[Entry, Entry]]:
    for sector in catalogue.sectors.all:
        yield sector, sector
    for theme in catalogue.themes.all:
        if theme.code not in catalogue.sectors.by_code:
            yield theme, catalogue.sectors.by_id[theme.parent or 0]


def _service(entry: Entry, group: Entry) -> dict[str, Any]:
    return {
        "service_code": entry.code,
        "service_name": entry.name_ru,
        "description": entry.name_en,
        "metadata": True,
        "type": "realtime",
        "keywords": ",".join(dict.fromkeys((entry.name_en, group.name_en))),
        "group": group.name_ru,
    }
