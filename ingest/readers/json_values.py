"""Values of JSON that stand for one value: MongoDB's extended JSON, geometries, and objects with a latitude and a longitude."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WRAPPERS = frozenset(("$oid", "$numberInt", "$numberLong", "$numberDouble", "$numberDecimal", "$symbol", "$uuid"))
"""Keys of extended JSON whose member is the value itself, as text."""

GEOMETRIES = frozenset(("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"))
LAT_NAMES = ("lat", "latitude", "y", "широта")
LNG_NAMES = ("lng", "lon", "long", "longitude", "x", "долгота")


def unwrap_extended(value: Mapping[str, object]) -> object | None:
    """The value of an object of MongoDB's extended JSON, a date as ISO 8601; None for any other object."""
    if len(value) != 1:
        return None
    ((key, inner),) = value.items()
    if key == "$date":
        return _unwrap_date(inner)
    return inner if key in _WRAPPERS and isinstance(inner, str | int | float) else None


def _unwrap_date(inner: object) -> object | None:
    if isinstance(inner, Mapping):
        inner = unwrap_extended(inner)
    if isinstance(inner, str) and not inner.lstrip("-").isdigit():
        return inner
    try:
        return (_EPOCH + timedelta(milliseconds=int(inner))).isoformat() if isinstance(inner, int | str) else None
    except OverflowError:
        return f"{inner}"


def is_point_object(value: Mapping[str, object]) -> bool:
    """Whether an object is a geometry, or has a latitude and a longitude."""
    if value.get("type") in GEOMETRIES or "coordinates" in value:
        return True
    names = {name.lower() for name in value}
    return not names.isdisjoint(LAT_NAMES) and not names.isdisjoint(LNG_NAMES)


def crs_name(value: Mapping[str, object]) -> str:
    """The name in the `crs` member that GeoJSON had until 2016; blank without one.

    `ValueError` where there is one that names no system.
    """
    crs = value.get("crs")
    properties = crs.get("properties") if isinstance(crs, Mapping) else None
    name = properties.get("name") if isinstance(properties, Mapping) else crs
    if name is None and crs is None:
        return ""
    if isinstance(name, str):
        return name
    raise ValueError("its crs names no reference system; allowed: a name such as urn:ogc:def:crs:EPSG::32637, or no crs")
