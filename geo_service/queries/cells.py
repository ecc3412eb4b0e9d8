"""Sets of H3 cells in a query string: read, written as short as may be, and found within a polygon."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import cos, radians

import h3.api.basic_int as h3
from h3 import H3BaseException

from geo_service.aggregation.selection.cell_set import CellSet, unite_cells
from geo_service.core.errors import InvalidParameter
from geo_service.core.integers import shorten
from geo_service.core.model import COARSEST_RESOLUTION, FINEST_RESOLUTION

MAX_CELLS = 1000
"""Cells in a selection: their shortest spelling fits into the 8 kB that common proxies allow a URL."""

MAX_CORNERS = 200
"""Corners of a polygon."""

Corner = tuple[float, float]
"""Latitude and longitude, degrees."""

_DIGITS = 15
_CELL = re.compile(r"[0-9a-fA-F]{1,15}")
_CELLS_ALLOWED = (
    f"1 to {MAX_CELLS} H3 cells of resolution {COARSEST_RESOLUTION} to {FINEST_RESOLUTION}, separated by commas, "
    "such as 862d50a2fffffff,862d50a2 or 862d50_a2.aa"
)
_POLYGON_ALLOWED = f"3 to {MAX_CORNERS} corners in degrees, lng,lat,lng,lat, in their order"
_COORDINATE = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,15})?")
_MAX_RAW_CELLS = 20_000
"""Cells of one resolution that are made into a set: about 10 ms."""
_KM_PER_DEGREE = 111.2
_HALF_TURN = 180.0


def read_cells(params: Mapping[str, str], name: str = "cells") -> CellSet | None:
    """Read the set of cells in which incidents lie; None if the parameter is absent. Raises `InvalidParameter`."""
    text = params.get(name)
    if text is None:
        return None
    if text.count(",") + text.count(".") >= MAX_CELLS:
        raise InvalidParameter(name, f"names more than {MAX_CELLS} cells", _CELLS_ALLOWED)
    return unite_cells([_parse_cell(name, cell, text) for cell in _spelled_out(text)])


def write_cells(cells: Iterable[int]) -> str:
    """Return the shortest of the spellings that `read_cells` reads: ends of f are left out, equal beginnings written once.

    >>> write_cells([0x862D50A27FFFFFF, 0x862D50A2FFFFFFF, 0x862D50AA7FFFFFF])
    '862d50a_2.27.a7'
    """
    texts = sorted(h3.int_to_str(cell).rstrip("f") for cell in cells)
    return min((_group_by_beginning(texts, length) for length in range(_DIGITS)), key=len)


def read_polygon(params: Mapping[str, str], name: str = "polygon") -> list[Corner]:
    """Read the corners of a polygon. Raises `InvalidParameter`."""
    texts = params[name].split(",")
    if len(texts) % 2 or not 3 <= len(texts) // 2 <= MAX_CORNERS:
        raise InvalidParameter(name, f"has {len(texts)} coordinates", _POLYGON_ALLOWED)
    if not all(_COORDINATE.fullmatch(text) for text in texts):
        raise InvalidParameter(name, f"{shorten(params[name], 60)!r} is not a polygon", _POLYGON_ALLOWED)
    corners = [(float(lat), float(lng)) for lng, lat in zip(texts[::2], texts[1::2], strict=True)]
    if not all(abs(lat) <= 90 and abs(lng) <= 180 for lat, lng in corners):
        raise InvalidParameter(name, "leaves the globe", f"{_POLYGON_ALLOWED}, longitudes from -180 to 180 and latitudes from -90 to 90")
    return corners


def cells_in_polygon(corners: Sequence[Corner], finest: int) -> tuple[CellSet, int]:
    """Return the cells whose centres lie in a polygon, and their resolution: `finest`, or the next coarser one with few enough.

    Where all children of a cell are in it, the cell stands for them. Of a polygon that is smaller than any cell, the cell at its
    first corner. Raises `InvalidParameter` for one that reaches a pole or half around the globe.
    """
    resolution = finest
    while resolution > COARSEST_RESOLUTION and _box_km2(corners) / h3.average_hexagon_area(resolution) > _MAX_RAW_CELLS:
        resolution -= 1
    cells = _cells_within(corners, resolution)
    # The whole globe has fewer cells of the coarsest resolution.
    while len(cells) > MAX_CELLS:
        resolution -= 1
        cells = _cells_within(corners, resolution)
    return cells, resolution


def _cells_within(corners: Sequence[Corner], resolution: int) -> CellSet:
    """Return the cells of a resolution whose centres lie in a polygon; that at its first corner where there is none."""
    found: list[int] = []
    if all(len(set(values)) > 1 for values in zip(*corners, strict=True)):
        try:
            found = h3.polygon_to_cells(h3.LatLngPoly(list(corners)), resolution)
        except H3BaseException:
            # A pole as a corner, and edges that cross around half of the globe.
            raise InvalidParameter(
                "polygon", "cannot be filled with hexagons", f"{_POLYGON_ALLOWED}, none of them a pole, in one hemisphere"
            ) from None
    return unite_cells(_compact(found)) or (h3.latlng_to_cell(*corners[0], resolution),)


def _compact(cells: Iterable[int]) -> Iterator[int]:
    """Yield cells with complete sets of children replaced by their parents, none coarser than those that are counted."""
    for cell in h3.compact_cells(list(cells)):
        if h3.get_resolution(cell) >= COARSEST_RESOLUTION:
            yield cell
        else:
            yield from h3.cell_to_children(cell, COARSEST_RESOLUTION)


def _box_km2(corners: Sequence[Corner]) -> float:
    """Return the area of the box around a polygon, roughly."""
    lats, lngs = zip(*corners, strict=True)
    if max(lngs) - min(lngs) > _HALF_TURN:
        # As H3 reads a polygon: across the antimeridian.
        lngs = tuple(lng % (2 * _HALF_TURN) for lng in lngs)
    middle = radians((min(lats) + max(lats)) / 2)
    return float((max(lats) - min(lats)) * (max(lngs) - min(lngs)) * _KM_PER_DEGREE**2 * cos(middle))


def _spelled_out(text: str) -> Iterator[str]:
    """Yield each cell of a parameter: `beginning_end.end` stands for several with the same beginning."""
    for part in text.split(","):
        beginning, mark, ends = part.partition("_")
        if mark:
            yield from (beginning + end for end in ends.split("."))
        else:
            yield part


def _parse_cell(name: str, text: str, whole: str) -> int:
    if not text:
        raise InvalidParameter(name, f"{shorten(whole)!r} contains an empty cell", f"{_CELLS_ALLOWED}; leave the parameter out for all")
    cell = int(text.ljust(_DIGITS, "f"), 16) if _CELL.fullmatch(text) else 0
    if not h3.is_valid_cell(cell) or not COARSEST_RESOLUTION <= h3.get_resolution(cell) <= FINEST_RESOLUTION:
        raise InvalidParameter(name, f"{shorten(text)!r} is invalid", _CELLS_ALLOWED)
    return cell


def _group_by_beginning(texts: Sequence[str], length: int) -> str:
    """Return the cells with beginnings of a length written once."""
    groups: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        groups[text[:length] if 0 < length < len(text) else ""].append(text)
    parts: list[str] = []
    for beginning, members in groups.items():
        if beginning and len(members) > 1:
            parts.append(f"{beginning}_{'.'.join(text[length:] for text in members)}")
        else:
            parts.extend(members)
    return ",".join(parts)
