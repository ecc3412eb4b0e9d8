"""JSON Schemas of the values of parameters, so that the OpenAPI document says as much of a value as its reader accepts."""

import re
from collections.abc import Iterable
from typing import Any

from geo_service.aggregation.measures.class_breaks import CLASSES, CLASSIFIERS, FIXED
from geo_service.core.model import SECTORS, DistrictLevel

Schema = dict[str, Any]

_NUMBER = r"-?([0-9]{1,9}(\.[0-9]{1,6})?|\.[0-9]{1,6})"
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+ -][0-9]{2}:[0-9]{2})"


def pattern(text: str) -> Schema:
    """Return the schema of texts that match as a whole."""
    return {"type": "string", "pattern": f"^({text})$"}


def choice(values: Iterable[str]) -> Schema:
    """Return the schema of one of the values."""
    return {"type": "string", "enum": list(values)}


def integer(low: int, high: int) -> Schema:
    """Return the schema of an integer in [low, high]."""
    return {"type": "integer", "minimum": low, "maximum": high}


def codes(values: Iterable[str], most: int | None = None) -> Schema:
    """Return the schema of codes separated by commas. most: how many there may be."""
    one = "|".join(map(re.escape, values))
    return pattern(f"({one})(,({one})){{0,{most - 1 if most else ''}}}")


ANY_CODES: Schema = pattern("[^,]+(,[^,]+)*")
"""Codes of the catalogue, separated by commas: which there are, the data decide."""
ANY_CODE: Schema = pattern(".+")
"""One code of the catalogue."""
ISO_WEEK: Schema = pattern("(197[2-9]|19[89][0-9]|20[0-9]{2}|210[0-5])-W(0[1-9]|[1-4][0-9]|5[0-3])")
INSTANT: Schema = pattern(f"{_DATE}({_TIME})?")
CELL: Schema = pattern("[0-9a-fA-F]{15}")
_CELL = "[0-9a-fA-F]{1,15}"
CELLS: Schema = pattern(f"{_CELL}(_{_CELL}([.]{_CELL})*)?(,{_CELL}(_{_CELL}([.]{_CELL})*)?)*")
LEVEL: Schema = choice(level.code for level in DistrictLevel)
BREAKS: Schema = pattern(f"{'|'.join((*CLASSIFIERS, FIXED.method))}|{_NUMBER}(,{_NUMBER}){{0,{CLASSES - 2}}}")
WINDOW: Schema = pattern("[1-9][0-9]{0,4}[hdwy]")
SECTOR_CODES: Schema = codes(sector.code for sector in SECTORS)
ORDINAL: Schema = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
"""Numbers that the database gives."""

PATH_VALUES: dict[str, Schema] = {
    "layer": choice(("hexes", "districts", "incidents", "alerts")), "z": integer(0, 30), "x": ORDINAL, "y": ORDINAL, "h3": CELL,
    "id": {**ORDINAL, "minimum": 1}, "run": integer(0, 10**18 - 1),
}  # fmt: skip
"""Of parts of paths, by name."""
