"""The documents of OGC API – Features: landing page, conformance, collections, and features with their links."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from geo_service.core.extent import Bounds
from geo_service.core.instants import format_instant
from geo_service.ogc.collection import CollectionDescription, Feature, FeaturePage, FeatureQuery
from geo_service.ogc.crs import CRS84, CRS_BY_URI
from geo_service.queries.selection import QueryPairs

JSON, GEOJSON = "application/json", "application/geo+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
TITLE = "geo-service: citizens' messages by district and hexagon"
CONFORMS_TO = [
    *(f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{part}" for part in ("core", "oas30", "geojson")),
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
]

_GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"


def make_link(href: str, rel: str, media_type: str = JSON, title: str = "") -> dict[str, str]:
    """Return a link object."""
    return {"href": href, "rel": rel, "type": media_type} | ({"title": title} if title else {})


def landing_page(root: str) -> dict[str, Any]:
    """Return the landing page. root: the URL of /ogc without a trailing slash, here and below."""
    return {
        "title": TITLE,
        "description": "Districts and H3 hexagons with the numbers of the incidents in them, for any selection.",
        "links": [
            make_link(f"{root}/", "self", title="This document"),
            make_link(f"{root}/api", "service-desc", OPENAPI, "The API's definition"),
            make_link(f"{root}/conformance", "conformance", title="What the API conforms to"),
            make_link(f"{root}/collections", "data", title="The collections"),
        ],
    }


def collections_document(root: str, collections: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the document that lists the collections."""
    return {"links": [make_link(f"{root}/collections", "self", title="This document")], "collections": list(collections)}


def collection_document(
    root: str, description: CollectionDescription, extent: Bounds, interval: tuple[str, str] | None
) -> dict[str, Any]:  # fmt: skip
    """Return the document of one collection.

    interval: of the days on which incidents were received, RFC 3339; None without incidents.
    """
    url = f"{root}/collections/{description.id}"
    return {
        "id": description.id,
        "title": description.title,
        "description": description.description,
        "itemType": "feature",
        "crs": list(CRS_BY_URI),
        "storageCrs": CRS84.uri,
        "extent": {
            "spatial": {"bbox": [list(extent)], "crs": CRS84.uri},
            "temporal": {"interval": [list(interval or (None, None))], "trs": _GREGORIAN},
        },
        "links": [make_link(url, "self", title="This document"), make_link(f"{url}/items", "items", GEOJSON, description.title)],
    }


def enclosing_days(first: int, last: int, zone: ZoneInfo) -> tuple[str, str]:
    """Return the first and the last second of the local days of two instants, RFC 3339. first, last: seconds since 1970.

    Whole days, because incidents arrive all the time: the documents of a collection would differ from request to request,
    where the standard demands the same extent in both (/req/core/sfc-md-success) and only that it includes all times.

    >>> enclosing_days(1_796_000_000, 1_796_000_000, ZoneInfo("Europe/Moscow"))
    ('2026-11-29T21:00:00Z', '2026-11-30T20:59:59Z')
    """
    begin, end = (datetime.fromtimestamp(at, zone).date() for at in (first, last))
    midnight = datetime.combine(end + timedelta(days=1), time(), zone)
    return format_instant(datetime.combine(begin, time(), zone)), format_instant(midnight.timestamp() - 1)


def items_document(root: str, name: str, pairs: QueryPairs, page: FeaturePage, query: FeatureQuery, computed_at: str) -> dict[str, Any]:
    """Return a page of features. pairs: the query string of the request. computed_at: the instant of the numbers, RFC 3339."""
    url, offset, limit = f"{root}/collections/{name}/items", query.offset, query.limit
    links = [
        make_link(_append_query(url, pairs), "self", GEOJSON, "This document"),
        make_link(f"{root}/collections/{name}", "collection", title="The collection"),
    ]
    if offset + limit < page.matched:
        links.append(make_link(_append_query(url, _move_page(pairs, offset + limit, limit)), "next", GEOJSON, "The next page"))
    if offset:
        # The first page is shorter rather than overlapping this one.
        before = min(limit, offset)
        links.append(make_link(_append_query(url, _move_page(pairs, offset - before, before)), "prev", GEOJSON, "The page before"))
    return {
        "type": "FeatureCollection",
        "timeStamp": computed_at,
        "numberMatched": page.matched,
        "numberReturned": len(page.features),
        "links": links,
        "features": page.features,
    }


def item_document(root: str, name: str, pairs: QueryPairs, feature: Feature) -> Feature:
    """Return one feature with its links. pairs: the query string of the request."""
    url = _append_query(f"{root}/collections/{name}/items/{quote(feature['id'], safe='')}", pairs)
    links = [
        make_link(url, "self", GEOJSON, "This document"),
        make_link(f"{root}/collections/{name}", "collection", title="The collection"),
    ]
    return {**feature, "links": links}


def _append_query(url: str, pairs: QueryPairs) -> str:
    return f"{url}?{urlencode(pairs)}" if pairs else url


def _move_page(pairs: QueryPairs, offset: int, limit: int) -> QueryPairs:
    """Return the query string of another page."""
    others = [(name, value) for name, value in pairs if name not in ("offset", "limit")]
    return [*others, ("limit", str(limit)), ("offset", str(offset))]
