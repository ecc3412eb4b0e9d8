"""Incidents of two sources and two themes, one every hour back from now."""

from datetime import UTC, datetime, timedelta

import asyncpg
import h3.api.basic_int as h3

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CENTRE = (45.04, 38.98)
RING = h3.grid_disk(h3.latlng_to_cell(*CENTRE, 10), 40)
"""Incidents lie in these cells, one every hour back from now, round and round."""
INCIDENTS = 2000


async def fill(connection: asyncpg.Connection) -> None:
    """Two sources (one synthetic), two themes in two sectors, and incidents every hour."""
    await connection.execute(
        "insert into source (code, name_ru, name_en, synthetic, attribution) values"
        " ('portal', 'Портал', 'Portal', false, 'Portal data'), ('demo', 'Демо', 'Demo', true, 'Synthetic');"
        "insert into theme (code, sector_id, name_ru, name_en)"
        " values ('roads.pothole', 7, 'Яма', 'Pothole'), ('waste.dump', 5, 'Свалка', 'Dump')"
    )
    now = datetime.now(UTC)
    rows = []
    for i in range(INCIDENTS):
        cell = RING[i % len(RING)]
        lat, lng = h3.cell_to_latlng(cell)
        received = now - HOUR * (i + 0.5)
        rows.append((1 + i % 2, str(i), lng, lat, cell, 1 + i % 3 % 2, (0, 6, 2, 6)[i % 4], received, received + 3 * DAY))
    await connection.executemany(
        "insert into incident (source_id, external_id, location, cell, location_quality, theme_id, status, received_at, due_at, updated_at)"
        " values ($1, $2, st_setsrid(st_makepoint($3, $4), 4326), $5, 0, $6, $7, $8, $9, $8)",
        rows,
    )
