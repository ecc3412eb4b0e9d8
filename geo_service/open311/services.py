"""Services: the kinds of requests that can be sent. Each theme is a service, and each sector for requests without a theme."""

from collections.abc import Iterator
from typing import Any

from geo_service.aggregation.catalogue.catalogue import Catalogue, Entry
from geo_service.core.errors import InvalidParameter, NotFound

FOREIGN_ID = "fixmystreet_id"
"""The attribute for the id of a request in the sender's system; FixMyStreet fills it in."""

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


def list_services(catalogue: Catalogue) -> list[dict[str, Any]]:
    """Return all services, sectors first."""
    return [_to_service(entry, sector) for entry, sector in _entries(catalogue)]


def service_definition(catalogue: Catalogue, code: str) -> dict[str, Any]:
    """Return the attributes that requests of the service have beside those of the standard. Raises `NotFound`."""
    code_field(catalogue, code)
    return {"service_code": code, "attributes": _ATTRIBUTES}


def code_field(catalogue: Catalogue, code: str) -> str:
    """Return the field of an incident for a service's code: theme or sector.

    Raises `NotFound` for an unknown code and `InvalidParameter` for an empty one.
    """
    if code in catalogue.themes.by_code:
        return "theme"
    if code in catalogue.sectors.by_code:
        return "sector"
    if not code:
        raise InvalidParameter("service_code", "is missing", "a code of /open311/v2/services")
    raise NotFound(f"service_code {code[:60]!r} was not found")


def _entries(catalogue: Catalogue) -> Iterator[tuple[Entry, Entry]]:
    """Yield each sector and theme with its sector."""
    for sector in catalogue.sectors.all:
        yield sector, sector
    for theme in catalogue.themes.all:
        if theme.code not in catalogue.sectors.by_code:
            yield theme, catalogue.sectors.by_id[theme.parent or 0]


def _to_service(entry: Entry, sector: Entry) -> dict[str, Any]:
    return {
        "service_code": entry.code,
        "service_name": entry.name_ru,
        "description": entry.name_en,
        "metadata": True,
        "type": "realtime",
        "keywords": ",".join(dict.fromkeys((entry.name_en, sector.name_en))),
        "group": sector.name_ru,
    }
