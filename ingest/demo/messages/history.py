"""The region at an instant: every message received until then, and rows for the writer."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from h3ronpy.vector import coordinates_to_cells
from numpy.typing import NDArray

from geo_service.core.model import FINEST_RESOLUTION, GeocodedBy
from ingest.demo.geography.addresses import addresses
from ingest.demo.geography.region import Ints
from ingest.demo.messages.agencies import agency_of, channel_of
from ingest.demo.messages.draws import DAILY, Messages, days_of_messages, joined, local_day
from ingest.demo.messages.lifecycles import LONGEST_DAYS, NEVER, Lifetimes, live
from ingest.demo.messages.locations import locate, on_highway
from ingest.demo.messages.planted_events import planted
from ingest.write.incident_batch import IncidentBatch, Instants

DAYS = 730
"""How far the history goes back."""


@dataclass(frozen=True, slots=True)
class Ids:
    """Ids in the database: of `CHANNELS`, of `KINDS` and of `agencies()`, in their order."""

    sources: Ints
    themes: Ints
    agencies: Ints

    @classmethod
    def none(cls) -> "Ids":
        """Before they are known."""
        return cls(*(np.empty(0, np.int64) for _ in range(3)))


@dataclass(frozen=True, slots=True)
class Region:
    """Messages with their lives."""

    messages: Messages
    agency: Ints
    lives: Lifetimes

    def changed(self, since: float, until: float, *, with_others: bool = False) -> "Region":
        """Those to which something happened from `since` until `until` (seconds since 1970), in the order of the last event.

        `with_others` adds the messages that are not of the ordinary days: an episode that was planted just now has a past.
        """
        updated = self.lives.standing(until).updated
        due = (updated >= since) | (with_others & (self.messages.origin != DAILY))
        rows = np.flatnonzero(due & (self.messages.received <= until))
        return self.take(rows[np.argsort(updated[rows], kind="stable")])

    def take(self, rows: NDArray[np.intp]) -> "Region":
        """These messages, in this order."""
        lives = Lifetimes(self.lives.steps[rows], self.lives.end[rows], self.lives.due[rows])
        return Region(self.messages.take(rows), self.agency[rows], lives)

    def batch(self, now: float, ids: Ids) -> IncidentBatch:
        """Rows as they stand at `now`; all messages must have been received by then."""
        messages, spots, standing = self.messages, locate(self.messages), self.lives.standing(now)
        cells = np.asarray(coordinates_to_cells(spots.lat, spots.lng, FINEST_RESOLUTION)).astype(np.int64)
        return IncidentBatch(
            source_id=ids.sources[channel_of(messages)].astype(np.int16),
            external_id=messages.external_ids(),
            lng=spots.lng,
            lat=spots.lat,
            cell=cells,
            address=addresses(messages, spots),
            message=[""] * len(cells),
            location_quality=spots.quality,
            confidence=np.full(len(cells), np.nan, np.float32),
            geocoded_by=np.full(len(cells), GeocodedBy.INPUT, np.int16),
            theme_id=ids.themes[messages.theme].astype(np.int32),
            agency_id=ids.agencies[self.agency].astype(np.int32),
            status=standing.status,
            received_at=_instant(messages.received),
            due_at=_instant(self.lives.due),
            answered_at=_instant(standing.answered),
            closed_at=_instant(standing.closed),
            updated_at=_instant(standing.updated),
        )


def region_of(messages: Messages) -> Region:
    """Messages with the lives they lead."""
    agency = agency_of(messages, on_highway(messages))
    return Region(messages, agency, live(messages, agency))


def history(now: float, since: float, anchors: Mapping[str, int], others: Messages | None = None) -> Region:
    """What may have happened from `since` until `now`: the days that can still matter, the episodes, and `others`.

    `anchors` are the newest days on which episodes were planted, by their letters.
    """
    today = local_day(now)
    first = max(today - DAYS, local_day(since) - LONGEST_DAYS - 1)
    parts = [days_of_messages(first, today + 1), planted(today, anchors)]
    return region_of(joined(parts if others is None else [*parts, others]))


def _instant(seconds: Ints) -> Instants:
    known = np.where(seconds == NEVER, 0, seconds).astype("datetime64[s]").astype("datetime64[us]")
    return np.where(seconds == NEVER, np.datetime64("NaT", "us"), known)
