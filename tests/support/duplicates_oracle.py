"""Made-up messages of several sources about the same places, the rule of near-duplicates row by row, and the writer's batches of them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import asyncpg
import numpy as np
from pyproj import Geod

from ingest.validate.coordinates import cells
from ingest.write.incident_batch import IncidentBatch
from ingest.write.incident_writer import IncidentWriter
from ingest.write.reference_data import Source, Theme

BEGIN = 1_763_000_000
SOURCES = ("chat", "letter", "portal")
THEMES = ("pothole", "snow")
PLACES = ((38.97, 45.03), (179.9999, 66.2), (38.9999, 85.0), (10.0, -85.0), (20.0, 89.9999), (0.0, 0.0))
"""Corners of the grid that is looked through, too: the antimeridian, where its rings begin, a pole."""

_GEOD = Geod(ellps="WGS84")
_SPREAD_M = 150.0
_SPAN_S = 3 * 86_400


@dataclass(frozen=True)
class Message:
    """One message; quality as stored, 6 for "no place"."""

    source: str
    id: str
    theme: str
    lng: float
    lat: float
    quality: int
    received: int
    updated: int = 0
    status: int = 0

    @property
    def key(self) -> tuple[str, str]:
        return self.source, self.id


def made_up(rng: random.Random, number: int) -> Message:
    """A message near one of PLACES, most of them near the first; qualities and instants that are often the same."""
    middle = PLACES[0] if rng.random() < 0.6 else rng.choice(PLACES)
    lng, lat, _ = _GEOD.fwd(*middle, rng.uniform(0, 360), rng.uniform(0, _SPREAD_M))
    received = BEGIN + rng.randrange(_SPAN_S // 3600) * 3600
    return Message(
        rng.choice(SOURCES), str(number), rng.choice(THEMES), lng, lat, rng.choice((0, 0, 0, 1, 1, 3, 6)), received, status=rng.randrange(9)
    )


def changed(rng: random.Random, before: Message) -> Message:
    """The same message as a newer version, with something else at another place, time or theme, or with its status alone."""
    other = made_up(rng, 0)
    change: dict[str, Any] = rng.choice(
        ({"theme": other.theme}, {"lng": other.lng, "lat": other.lat}, {"received": other.received}, {"quality": other.quality}, {})
    )
    return replace(before, updated=before.updated + 1, status=other.status, **change)


def links(messages: Sequence[Message], metres: float = 100, hours: float = 24) -> dict[tuple[str, str], tuple[str, str]]:
    """Which message is a duplicate of which, found one after the other."""
    firsts: list[Message] = []
    found = {}
    for one in sorted(messages, key=lambda one: (one.received, one.source, one.id)):
        if one.quality > 1:
            continue
        near = (
            first for first in firsts
            if first.theme == one.theme and first.source != one.source and one.received - first.received <= hours * 3600
            and _GEOD.inv(first.lng, first.lat, one.lng, one.lat)[2] <= metres
        )  # fmt: skip
        first = next(near, None)
        if first:
            found[one.key] = first.key
        else:
            firsts.append(one)
    return found


async def write(writer: IncidentWriter, messages: Sequence[Message]) -> int:
    """Write a batch; how many more are linked."""
    sources = {code: await writer.reference_data.ensure_source(Source(code, code, code)) for code in SOURCES}
    themes = await writer.reference_data.ensure_themes([Theme(code, "roads", code, code) for code in THEMES])
    count = len(messages)
    lng, lat = np.array([one.lng for one in messages]), np.array([one.lat for one in messages])
    placed = np.array([one.quality < 6 for one in messages])
    received, due = (np.array([one.received + wait for one in messages], "datetime64[s]").astype("datetime64[us]") for wait in (0, 86_400))
    never = np.full(count, np.datetime64("NaT", "us"))
    batch = IncidentBatch(
        source_id=np.array([sources[one.source] for one in messages], np.int16), external_id=[one.id for one in messages],
        lng=lng, lat=lat, cell=np.where(placed, cells(lng, lat), 0), address=[""] * count, message=[""] * count,
        location_quality=np.array([one.quality for one in messages], np.int16), confidence=np.full(count, np.nan, np.float32),
        geocoded_by=placed.astype(np.int16), theme_id=np.array([themes[one.theme] for one in messages], np.int32),
        agency_id=np.zeros(count, np.int32), status=np.array([one.status for one in messages], np.int16), received_at=received,
        due_at=due, answered_at=never, closed_at=never,
        updated_at=np.datetime64("2026-01-01", "us") + np.array([one.updated for one in messages], "timedelta64[D]"),
    )  # fmt: skip
    return (await writer.write(batch)).linked


async def stored(connection: asyncpg.Connection) -> dict[tuple[str, str], tuple[str, str]]:
    """The links in the database, as `links` tells them."""
    rows = await connection.fetch("""
        select source.code, incident.external_id, first_source.code, first.external_id
        from incident_link as link
        inner join incident on incident.id = link.incident_id
        inner join source on source.id = incident.source_id
        inner join incident as first on first.id = link.duplicate_of_id
        inner join source as first_source on first_source.id = first.source_id
    """)
    assert len(rows) == await connection.fetchval("select count(*) from incident_link where duplicate_of_id is not null")
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}
