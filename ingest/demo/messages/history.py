"""History of the demo region: messages with their lifecycles, and their rows for the writer at an instant."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from h3ronpy.vector import coordinates_to_cells
from numpy.typing import NDArray

from geo_service.core.model import FINEST_RESOLUTION, GeocodedBy
from ingest.demo.geography.region import Ints
from ingest.demo.messages.addresses import format_addresses
from ingest.demo.messages.agencies import assign_agencies, assign_channels
from ingest.demo.messages.draws import DAILY, Messages, concatenate_messages, draw_days, local_day
from ingest.demo.messages.lifecycles import MAX_LIFECYCLE_DAYS, NEVER, Lifecycles, draw_lifecycles
from ingest.demo.messages.locations import draw_locations, is_on_highway
from ingest.demo.messages.planted_events import draw_planted_events
from ingest.write.incident_batch import IncidentBatch, InstantArray

DAYS = 730
"""Length of the history."""


@dataclass(frozen=True, slots=True)
class ReferenceIds:
    """Ids in the database, in the order of `DEMO_CHANNELS`, `DEMO_THEMES` and `list_agencies()`."""

    sources: Ints
    themes: Ints
    agencies: Ints

    @classmethod
    def empty(cls) -> "ReferenceIds":
        """Return the value before the ids are known."""
        return cls(*(np.empty(0, np.int64) for _ in range(3)))


@dataclass(frozen=True, slots=True)
class MessageHistory:
    """Messages with their agencies and lifecycles, one row each."""

    messages: Messages
    agency: Ints
    lifecycles: Lifecycles

    def changed_between(self, since: float, until: float, *, include_planted: bool = False) -> "MessageHistory":
        """Return the messages with a step in [since, until] (seconds since 1970), ordered by their last step.

        include_planted: add all messages that are not ordinary ones: an event that has just been planted has earlier steps.
        """
        updated = self.lifecycles.state_at(until).updated
        due = (updated >= since) | (include_planted & (self.messages.origin != DAILY))
        rows = np.flatnonzero(due & (self.messages.received <= until))
        return self.take(rows[np.argsort(updated[rows], kind="stable")])

    def take(self, rows: NDArray[np.intp]) -> "MessageHistory":
        """Return the given messages, in their order."""
        lifecycles = Lifecycles(self.lifecycles.steps[rows], self.lifecycles.end[rows], self.lifecycles.due[rows])
        return MessageHistory(self.messages.take(rows), self.agency[rows], lifecycles)

    def to_batch(self, now: float, ids: ReferenceIds) -> IncidentBatch:
        """Return the rows in their state at `now`; every message must have been received by then."""
        messages, locations, state = self.messages, draw_locations(self.messages), self.lifecycles.state_at(now)
        cells = np.asarray(coordinates_to_cells(locations.lat, locations.lng, FINEST_RESOLUTION)).astype(np.int64)
        return IncidentBatch(
            source_id=ids.sources[assign_channels(messages)].astype(np.int16),
            external_id=messages.external_ids(),
            lng=locations.lng,
            lat=locations.lat,
            cell=cells,
            address=format_addresses(messages, locations),
            message=[""] * len(cells),
            location_quality=locations.quality,
            confidence=np.full(len(cells), np.nan, np.float32),
            geocoded_by=np.full(len(cells), GeocodedBy.INPUT, np.int16),
            theme_id=ids.themes[messages.theme].astype(np.int32),
            agency_id=ids.agencies[self.agency].astype(np.int32),
            status=state.status,
            received_at=_to_datetimes(messages.received),
            due_at=_to_datetimes(self.lifecycles.due),
            answered_at=_to_datetimes(state.answered),
            closed_at=_to_datetimes(state.closed),
            updated_at=_to_datetimes(state.updated),
        )


def make_history(messages: Messages) -> MessageHistory:
    """Return messages with their agencies and lifecycles."""
    agency = assign_agencies(messages, is_on_highway(messages))
    return MessageHistory(messages, agency, draw_lifecycles(messages, agency))


def draw_history(now: float, since: float, anchors: Mapping[str, int], others: Messages | None = None) -> MessageHistory:
    """Draw all messages that can have a step in [since, now]: ordinary ones, planted events, and `others`.

    anchors: letter of an event → the newest day on which it was planted.
    """
    today = local_day(now)
    first = max(today - DAYS, local_day(since) - MAX_LIFECYCLE_DAYS - 1)
    parts = [draw_days(first, today + 1), draw_planted_events(today, anchors)]
    return make_history(concatenate_messages(parts if others is None else [*parts, others]))


def _to_datetimes(seconds: Ints) -> InstantArray:
    known = np.where(seconds == NEVER, 0, seconds).astype("datetime64[s]").astype("datetime64[us]")
    return np.where(seconds == NEVER, np.datetime64("NaT", "us"), known)
