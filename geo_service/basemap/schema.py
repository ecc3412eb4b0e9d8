"""The schemas of vector tiles that a style exists for, recognised by the layers that an archive's metadata list."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from geo_service.core.errors import InputError


class Schema(StrEnum):
    """A schema of layers and their properties."""

    PROTOMAPS = "protomaps"
    """https://docs.protomaps.com/basemaps/layers, version 4"""
    OPENMAPTILES = "openmaptiles"
    """https://openmaptiles.org/schema/, version 3"""


_ROADS = {Schema.PROTOMAPS: "roads", Schema.OPENMAPTILES: "transportation"}
"""The layer that only one schema has."""
_OTHERS = {"streets": "Shortbread", "road": "Mapbox Streets", "admin": "Mapbox Streets", "Road": "Esri", "Road label": "Esri"}
_OLD_PROPERTY = "pmap:kind"
"""Of Protomaps versions 2 and 3."""
_SHOWN_LAYERS = 12


def recognize_schema(metadata: Mapping[str, Any]) -> Schema:
    """Return the schema of an archive with these metadata. Raises InputError naming the layers that were found."""
    layers = vector_layers(metadata)
    names = [str(layer.get("id")) for layer in layers]
    for schema, roads in _ROADS.items():
        if roads in names:
            if any(_OLD_PROPERTY in (layer.get("fields") or {}) for layer in layers):
                raise InputError("its tiles follow an older Protomaps schema; version 4 is drawn")
            return schema
    other = next((schema for name, schema in _OTHERS.items() if name in names), None)
    found = ", ".join(names[:_SHOWN_LAYERS]) + (f" and {len(names) - _SHOWN_LAYERS} more" if len(names) > _SHOWN_LAYERS else "")
    guess = f", which looks like {other}" if other else ""
    schemas = "neither the Protomaps schema (roads, water, …) nor OpenMapTiles (transportation, water, …)"
    raise InputError(f"its layers follow {schemas}: {found or 'none'}{guess}")


def vector_layers(metadata: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the metadata's list of layers; raises InputError where it is absent or malformed."""
    layers = metadata.get("vector_layers")
    if not isinstance(layers, list) or not all(isinstance(layer, dict) for layer in layers):
        raise InputError("its metadata list no vector_layers, so that its schema is unknown")
    return layers
