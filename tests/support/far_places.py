"""Incidents where longitudes jump: in Chukotka, which lies on both sides of the antimeridian, and at the poles."""

import asyncpg
import h3.api.basic_int as h3
import numpy as np
import shapely

from tests.support import territory

SETTLEMENTS = {
    "Билибино": (166.44, 68.06), "Певек": (170.31, 69.70), "Анадырь": (177.51, 64.73), "Мыс Шмидта": (-179.48, 68.88),
    "Эгвекинот": (-179.12, 66.32), "Провидения": (-173.23, 64.42), "Лаврентия": (-171.0, 65.58), "Уэлен": (-169.81, 66.16),
}  # fmt: skip
"""Longitude and latitude."""
WEST, SOUTH, EAST, NORTH = 166.44, 64.42, -169.81, 69.70
MIDDLE = (178.3, 67.1)
"""Of the bounds, to a tenth of a degree."""
DISTRICT = shapely.MultiPolygon([shapely.box(160.0, 62.0, 180.0, 70.0), shapely.box(-180.0, 62.0, -169.5, 70.0)])
RINGS = 6
"""Around each pole."""
STEP_DEGREES = 3
"""Of latitude between the cells along the antimeridian."""
EACH = 3
"""Incidents of each settlement."""


async def fill_chukotka(connection: asyncpg.Connection) -> None:
    """Put the settlements' incidents, and a district around them, into an empty database."""
    await connection.execute(
        "insert into source (code, name_ru, name_en, attribution) values ('portal', 'Портал', 'Portal', 'Portal data');"
        "insert into theme (code, sector_id, name_ru, name_en) values ('roads.pothole', 7, 'Яма', 'Pothole')"
    )
    area = territory.Area("CHU", "Чукотский автономный округ", DISTRICT, 0, parent=None)
    district = await territory.insert_area(connection, area, None)
    for name, place in SETTLEMENTS.items():
        await territory.insert_incidents(connection, name, shapely.Point(*place), EACH, district, themes=1)
    await connection.execute("update boundary_state set revision = revision + 1")


def far_cells(resolution: int) -> list[int]:
    """Cells of a resolution within `RINGS` of either pole, and on ±180°, with all that touch these."""
    polar = [cell for pole in (90.0, -90.0) for cell in h3.grid_disk(h3.latlng_to_cell(pole, 0.0, resolution), RINGS)]
    latitudes = np.arange(-89.9, 90.0, STEP_DEGREES).tolist()
    on_it = {h3.latlng_to_cell(lat, lng, resolution) for lat in latitudes for lng in (180.0, -179.9999)}
    return sorted({*polar, *(near for cell in on_it for near in h3.grid_disk(cell, 1))})


def far_finest_cells() -> list[int]:
    """The cells of resolution 10 in the middle of each of the far cells."""
    return sorted({h3.cell_to_center_child(cell, 10) for resolution in range(1, 11) for cell in far_cells(resolution)})


async def fill_far_cells(connection: asyncpg.Connection) -> None:
    """Put an incident into the middle of each of the far cells of every resolution that is served."""
    await connection.execute(
        "insert into source (code, name_ru, name_en) values ('portal', 'Портал', 'Portal');"
        "insert into theme (code, sector_id, name_ru, name_en) values ('roads.pothole', 7, 'Яма', 'Pothole')"
    )
    cells = far_finest_cells()
    places = [h3.cell_to_latlng(cell) for cell in cells]
    await connection.execute(
        "insert into incident (source_id, external_id, location, cell, location_quality, theme_id, status, received_at, updated_at)"
        " select 1, cell::text, st_setsrid(st_makepoint(lng, lat), 4326), cell, 0, 1, 0, now() - interval '1 hour', now()"
        " from unnest($1::bigint[], $2::float8[], $3::float8[]) as given (cell, lat, lng)",
        cells,
        [lat for lat, _ in places],
        [lng for _, lng in places],
    )
