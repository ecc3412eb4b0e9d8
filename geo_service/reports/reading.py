"""What a report reads from the database beside the replica: how addresses are written, names for the map, and alerts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg
import numpy as np
import shapely

from geo_service.aggregation.catalogue.geometry import to_degrees
from geo_service.alerts.store import read_episodes, read_thresholds
from geo_service.core.extent import Bounds, enclosing_bounds, widen
from geo_service.core.sql.named_queries import query
from geo_service.reports.content.map_values import MapValues
from geo_service.reports.content.numbers import ReportNumbers
from geo_service.reports.content.red_places import RedPlaces, choose_red_places
from geo_service.reports.content.street_address import agree_on_address
from geo_service.reports.document.drawing import MapPlace
from geo_service.reports.request import Language

_MAX_SETTLEMENTS = 300
"""More than find room on the map; those outside of the territory are left out."""

_SECTION_INHABITANTS = 1000
"""For which a section of a town counts at most."""


@dataclass(frozen=True, slots=True)
class ReportTexts:
    """What was read."""

    addresses: Mapping[int, str]
    """Street and house by the index of the busy position."""
    settlements: Sequence[MapPlace]
    red: RedPlaces | None
    """None where no alerts are kept."""


async def read_texts(connection: asyncpg.Connection, numbers: ReportNumbers) -> ReportTexts:
    """Return the addresses, the names on the map and the red places of a report."""
    addresses, settlements = await _read_addresses(connection, numbers), await _read_settlements(connection, numbers)
    return ReportTexts(addresses, settlements, await _read_red_places(connection, numbers))


async def _read_red_places(connection: asyncpg.Connection, numbers: ReportNumbers) -> RedPlaces | None:
    if not await read_thresholds(connection):
        return None
    since = numbers.request.week.earlier(1).start
    return choose_red_places(await read_episodes(connection, numbers.catalogue, since), numbers.request, numbers.catalogue)


async def _read_addresses(connection: asyncpg.Connection, numbers: ReportNumbers) -> dict[int, str]:
    positions = numbers.positions.positions
    ids = [id_ for position in positions for id_ in position.ids]
    rows = await connection.fetch(query("reports.list_addresses"), ids) if ids else []
    texts = {row["id"]: row["address"] for row in rows}
    agreed = (agree_on_address(texts[id_] for id_ in position.ids if id_ in texts) for position in positions)
    return {index: address for index, address in enumerate(agreed) if address}


async def _read_settlements(connection: asyncpg.Connection, numbers: ReportNumbers) -> list[MapPlace]:
    ground = _ground(numbers.map)
    if not ground:
        return []
    boxes = widen(_bounds(ground), 0.0)
    rows = await connection.fetch(query("places.list_in_boxes"), *boxes[0], *boxes[-1], _MAX_SETTLEMENTS)
    points = shapely.points([[row["lng"], row["lat"]] for row in rows]) if rows else np.empty(0, object)
    inside = set(shapely.STRtree(points).query([_in_degrees(shape) for shape in ground], predicate="intersects")[1].tolist())
    language = numbers.request.language
    return [_to_place(row, language) for index, row in enumerate(rows) if index in inside]


def _ground(values: MapValues) -> list[shapely.Geometry]:
    """Return what the map's names must lie in: its outlines, else its areas."""
    return list(values.outlines) or [shape.shape for shape in values.shapes]


def _bounds(shapes: Sequence[shapely.Geometry]) -> Bounds:
    boxes = np.array([shapely.bounds(part) for shape in shapes for part in shapely.get_parts(shape)]).reshape(-1, 2)
    return enclosing_bounds(to_degrees(boxes).reshape(-1, 4))


def _in_degrees(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, to_degrees)


def _to_place(row: asyncpg.Record, language: Language) -> MapPlace:
    names = (row["name_ru"], row["name_en"]) if language == "ru" else (row["name_en"], row["name_ru"])
    # A section of a town is named after every town.
    inhabitants = row["population"] if row["section_of"] is None else min(row["population"], _SECTION_INHABITANTS)
    return MapPlace(names[0] or names[1], row["lng"], row["lat"], float(inhabitants))
