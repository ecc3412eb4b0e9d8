"""A small territory for tests: one region of ten districts with known incidents, and a district over the antimeridian.

Nine districts lie in a grid; the middle one has a hole that is a town of its own, the south-western one an island.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import h3.api.basic_int as h3
import numpy as np
import shapely

from geo_service.core.model import ZOOM_BANDS, DistrictLevel
from tests.support.slippy_map import slippy_tile

WEST, SOUTH, WIDTH, HEIGHT = 38.0, 44.4, 0.6, 0.4
TOWN = shapely.box(38.8, 44.9, 39.0, 45.1)
ISLAND = shapely.box(37.0, 44.0, 37.2, 44.2)
CHUKOTKA = shapely.MultiPolygon([shapely.box(178.0, 66.0, 180.0, 67.0), shapely.box(-180.0, 66.0, -178.5, 67.0)])
OUTSIDE = 5
"""Incidents that lie in no district."""
EARTH_RADIUS_M = 6_378_137.0
CENTRE = (38.9, 45.0)
"""Longitude and latitude of the town in the middle."""


@dataclass(frozen=True)
class Area:
    """A district as it is put into the database; `incidents` of the last days, every second one closed."""

    code: str
    name: str
    shape: Any
    incidents: int
    level: DistrictLevel = DistrictLevel.DISTRICT
    parent: str | None = "R"
    approximate: bool = False
    population: int | None = 10_000
    attribution: str = field(default="Boundaries of the test")


def _cell(row: int, column: int) -> Any:
    box = shapely.box(WEST + column * WIDTH, SOUTH + row * HEIGHT, WEST + (column + 1) * WIDTH, SOUTH + (row + 1) * HEIGHT)
    if (row, column) == (0, 0):
        return shapely.union(box, ISLAND)
    return box.difference(TOWN)


GRID = [Area(f"{row}{column}", f"Район {row}{column}", _cell(row, column), 7 * row + 3 * column) for row in range(3) for column in range(3)]
DISTRICTS = [*GRID, Area("T", "Город", TOWN, 40), Area("CH", "Чукотка", CHUKOTKA, 1, parent=None, approximate=True, population=None)]
REGION = Area("R", "Край", shapely.union_all([one.shape for one in DISTRICTS[:-1]]), 0, DistrictLevel.REGION, None)
AREAS = [REGION, *DISTRICTS]
TOTAL = sum(one.incidents for one in DISTRICTS)


def mercator(shape: Any) -> Any:
    """A shape of degrees in EPSG:3857."""
    return shapely.transform(
        shape, lambda at: EARTH_RADIUS_M * np.column_stack([np.radians(at[:, 0]), np.arctanh(np.sin(np.radians(at[:, 1])))])
    )


def multi(shape: Any) -> Any:
    return shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])


async def fill(connection: asyncpg.Connection) -> None:
    """Put source, themes, districts with their shapes and incidents into an empty database."""
    await connection.execute(
        "insert into source (code, name_ru, name_en, attribution) values ('portal', 'Портал', 'Portal', 'Portal data');"
        "insert into theme (code, sector_id, name_ru, name_en)"
        " values ('roads.pothole', 7, 'Яма', 'Pothole'), ('waste.dump', 5, 'Свалка', 'Dump')"
    )
    ids: dict[str, int] = {}
    for area in AREAS:
        ids[area.code] = await insert_area(connection, area, ids.get(area.parent or ""))
        await insert_incidents(connection, area.code, area.shape.representative_point(), area.incidents, ids[area.code])
    await insert_incidents(connection, "outside", shapely.Point(30.0, 50.0), OUTSIDE, None)
    await connection.execute("update boundary_state set revision = revision + 1")


async def insert_area(connection: asyncpg.Connection, area: Area, parent: int | None) -> int:
    """Put a district with its shapes into a database and return its id."""
    label = area.shape.representative_point()
    district: int = await connection.fetchval(
        "insert into district (code, level, parent_id, name_ru, name_en, population, area, area_km2, label, approximate, attribution)"
        " values ($1, $2, $3, $4, $5, $6, st_geomfromwkb($7, 4326), st_area(st_geomfromwkb($7, 4326)::geography) / 1e6,"
        " st_setsrid(st_makepoint($8, $9), 4326), $10, $11) returning id",
        area.code, int(area.level), parent, area.name, f"Area {area.code}", area.population, multi(area.shape).wkb, label.x, label.y,
        area.approximate, area.attribution,
    )  # fmt: skip
    shape = multi(mercator(area.shape)).wkb
    await connection.executemany(
        "insert into district_shape (district_id, band, shape) values ($1, $2, st_geomfromwkb($3, 3857))",
        [(district, band.band, shape) for band in ZOOM_BANDS],
    )
    return district


async def insert_incidents(
    connection: asyncpg.Connection, prefix: str, place: Any, count: int, district: int | None, themes: int = 2
) -> None:
    """Put incidents of the last hours at a place into a database. themes: how many there are, to which they belong in turn."""
    now = datetime.now(UTC)
    due = now - timedelta(minutes=1)
    cell = h3.latlng_to_cell(place.y, place.x, 10)
    await connection.executemany(
        "insert into incident (source_id, external_id, location, cell, location_quality, theme_id, status, received_at, due_at, updated_at,"
        " district_id) values (1, $1, st_setsrid(st_makepoint($2, $3), 4326), $4, 0, $5, $6, $7, $8, $7, $9)",
        [
            (f"{prefix}{i}", place.x, place.y, cell, 1 + i % 3 % themes, 6 * (i % 2), now - timedelta(hours=i + 1), due, district)
            for i in range(count)
        ],
    )  # fmt: skip


def tile_at(layer: str, zoom: int, place: tuple[float, float] = CENTRE) -> str:
    """The address of the tile of a layer that holds a place (lng, lat)."""
    x, y = slippy_tile(*place, zoom)
    return f"/tiles/{layer}/{zoom}/{x}/{y}.mvt"
