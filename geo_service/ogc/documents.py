"""The standard's documents: landing page, conformance, collections, and features with their links."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

from geo_service.ogc.collection import Description, Feature, Page
from geo_service.ogc.query import Box

JSON, GEOJSON = "application/json", "application/geo+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
TITLE = "geo-service: citizens' messages by district and hexagon"
CONFORMS_TO = [f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{part}" for part in ("core", "oas30", "geojson")]

_GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"

Query = Sequence[tuple[str, str]]


def link(href: str, rel: str, media_type: str = JSON, title: str = "") -> dict[str, str]:
    """A link as the standard writes it."""
    return {"href": href, "rel": rel, "type": media_type} | ({"title": title} if title else {})


def landing(root: str) -> dict[str, Any]:
    """The landing page. root: the address of /ogc, without a slash at its end."""
    return {
        "title": TITLE,
        "description": "Districts and H3 hexagons with the numbers of the incidents in them, for any selection.",
        "links": [
            link(f"{root}/", "self", title="This document"),
            link(f"{root}/api", "service-desc", OPENAPI, "The API's definition"),
            link(f"{root}/conformance", "conformance", title="What the API conforms to"),
            link(f"{root}/collections", "data", title="The collections"),
        ],
    }


def collections(root: str, described: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All collections."""
    return {"links": [link(f"{root}/collections", "self", title="This document")], "collections": list(described)}


def collection(root: str, one: Description, extent: Box, interval: tuple[str, str] | None) -> dict[str, Any]:
    """One collection. interval: from when to when incidents are held, RFC 3339."""
    here = f"{root}/collections/{one.id}"
    return {
        "id": one.id,
        "title": one.title,
        "description": one.description,
        "itemType": "feature",
        "crs": [CRS84],
        "storageCrs": CRS84,
        "extent": {
            "spatial": {"bbox": [list(extent)], "crs": CRS84},
            "temporal": {"interval": [list(interval or (None, None))], "trs": _GREGORIAN},
        },
        "links": [link(here, "self", title="This document"), link(f"{here}/items", "items", GEOJSON, one.title)],
    }


def items(here: str, root: str, name: str, query: Query, page: Page, offset: int, limit: int, at: str) -> dict[str, Any]:
    """A page of features. here: the address of the items; query: as it came; at: the instant its numbers are of, RFC 3339."""
    links = [
        link(_behind(here, query), "self", GEOJSON, "This document"),
        link(_behind(here, query), "alternate", JSON, "This document as JSON"),
        link(f"{root}/collections/{name}", "collection", title="The collection"),
    ]
    if offset + limit < page.matched:
        links.append(link(_behind(here, _turned(query, page, offset + limit, limit)), "next", GEOJSON, "The next page"))
    if offset:
        links.append(link(_behind(here, _turned(query, page, max(offset - limit, 0), limit)), "prev", GEOJSON, "The page before"))
    return {
        "type": "FeatureCollection",
        "timeStamp": at,
        "numberMatched": page.matched,
        "numberReturned": len(page.features),
        "links": links,
        "features": page.features,
    }


def item(root: str, name: str, query: Query, feature: Feature) -> Feature:
    """One feature with its links."""
    here = _behind(f"{root}/collections/{name}/items/{quote(feature['id'], safe='')}", query)
    links = [
        link(here, "self", GEOJSON, "This document"),
        link(here, "alternate", JSON, "This document as JSON"),
        link(f"{root}/collections/{name}", "collection", title="The collection"),
    ]
    return {**feature, "links": links}


def _behind(address: str, query: Query) -> str:
    return f"{address}?{urlencode(query)}" if query else address


def _turned(query: Query, page: Page, offset: int, limit: int) -> Query:
    """The query of another page."""
    own = {"offset", "limit", *(name for name, _ in page.fixed)}
    kept = [(name, value) for name, value in query if name not in own]
    return [*kept, *page.fixed, ("limit", str(limit)), ("offset", str(offset))]
