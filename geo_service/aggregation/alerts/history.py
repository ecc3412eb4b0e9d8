"""The incidents that alerts are found in: compact columns in time order, copied from a replica's state.

Near-duplicates count once: the linked ones are left out. A message that is located no better than to a district or region has no
place: it counts in the region's totals only. Instants are receipts, so that a message that came or was located late counts where it
belongs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.alerts.areas import Areas, Themes, list_areas, list_themes
from geo_service.aggregation.places.place import Place
from geo_service.aggregation.places.place_index import find_places
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.model import LINKED, OPEN_STATUSES, LocationQuality

DAY_S = 86_400
NO_PLACE = -1

_IS_OPEN = np.isin(np.arange(256), list(OPEN_STATUSES))


class Incidents(NamedTuple):
    """Columns in time order, one entry a message."""

    received: NDArray[np.int64]
    """Seconds since 1970, ascending."""
    place: NDArray[np.int32]
    """Number of the place; NO_PLACE for none."""
    theme: NDArray[np.int32]
    """Position in `Themes`."""
    region: NDArray[np.int32]
    """Position in `Areas.regions`."""
    district: NDArray[np.int32]
    """Position in `Areas.districts`; their number for none."""
    agency: NDArray[np.uint32]
    open: NDArray[np.bool_]
    spot: NDArray[np.int64]
    """Equal where the address is known to be the same.

    Messages located to the house have the same spot where their positions are equal. Of coarser ones only the street or the
    settlement is known, and their position is its centre: that is not the same address, so each has a spot of its own.
    """

    def take(self, rows: NDArray[np.intp] | slice) -> "Incidents":
        """Return the given rows."""
        return Incidents._make(column[rows] for column in self)


@dataclass(frozen=True, slots=True)
class History:
    """Incidents, and what their numbers mean. Immutable, so that any thread may read it."""

    incidents: Incidents
    places: Sequence[Place]
    region_of_place: NDArray[np.int32]
    """(places,) positions in `Areas.regions`."""
    themes: Themes
    areas: Areas
    stop: int
    """The incidents were received before this instant, seconds since 1970."""

    def __len__(self) -> int:
        return len(self.incidents.received)

    def between(self, start: int, stop: int) -> slice:
        """Return the rows received in [start, stop)."""
        low, high = np.searchsorted(self.incidents.received, [start, stop])
        return slice(int(low), int(high))


def join_histories(parts: list[History]) -> History:
    """Return one history of several that follow one another, at least one. ValueError where the catalogue has changed between them.

    The list is emptied, so that no more than a column is in memory twice.
    """
    last = parts[-1]
    for part in parts:
        same_places = part.places == last.places[: len(part.places)]
        if not same_places or part.themes.ids != last.themes.ids or part.areas.places != last.areas.places:
            raise ValueError("the catalogue has changed while the incidents were copied")
    about = replace(last, incidents=last.incidents.take(slice(0)))
    columns = [list(part.incidents) for part in parts]
    parts.clear()
    del last, part
    joined = [np.concatenate([column.pop(0) for column in columns]) for _ in Incidents._fields]
    return replace(about, incidents=Incidents(*joined))


def copy_history(state: ReplicaState, now: int, start: int = 0) -> History:
    """Return the messages received in [start, now). On the thread that owns the state."""
    return copy_spans(state, now, [(start, now)])


def copy_spans(state: ReplicaState, now: int, spans: Sequence[tuple[int, int]]) -> History:
    """Return the messages received in any of some half-open, disjoint, ascending spans."""
    index = find_places(state)
    areas = list_areas(state.catalogue)
    rows = np.concatenate([_rows_between(state, *span) for span in spans])
    # The index may number more places while it is read.
    place = index.place_of_rows(rows)
    region_of_place = areas.region_of([place.district for place in index.places])
    themes = list_themes(state.catalogue)
    incidents = _copy_incidents(state, rows, place, region_of_place, themes, areas)
    return History(incidents, tuple(index.places), region_of_place, themes, areas, now)


def _rows_between(state: ReplicaState, start: int, stop: int) -> NDArray[np.intp]:
    """Return the rows of messages received in [start, stop), in time order, without deleted rows and linked duplicates."""
    columns, parts = state.columns, []
    start, stop = max(start, 0), max(start, stop, 0)
    for (low, high), is_mixed in columns.candidate_ranges(start, stop):
        chosen = columns["status"][low:high] < LINKED
        if is_mixed:
            received = columns["received"][low:high]
            chosen &= (received >= start) & (received < stop)
        parts.append(low + np.flatnonzero(chosen))
    rows = np.concatenate(parts)
    return rows if len(parts) == 1 else rows[np.argsort(columns["received"][rows], kind="stable")]


def _copy_incidents(
    state: ReplicaState, rows: NDArray[np.intp], place: NDArray[np.int32], region_of_place: NDArray[np.int32], themes: Themes, areas: Areas
) -> Incidents:
    columns = state.columns
    district, quality = columns["district"][rows], columns["quality"][rows]
    place[quality > LocationQuality.SETTLEMENT] = NO_PLACE
    position = (columns["lng"][rows].astype(np.int64) << 32) + columns["lat"][rows]
    region = areas.region_of(district)
    placed = place != NO_PLACE
    region[placed] = region_of_place[place[placed]]
    return Incidents(
        received=columns["received"][rows].astype(np.int64),
        place=place,
        theme=themes.positions(columns["theme"][rows]),
        region=region,
        district=areas.district_of(district),
        agency=columns["agency"][rows],
        open=_IS_OPEN[columns["status"][rows]],
        # No position in these units is as great: those of messages of their own lie beyond all.
        spot=np.where(quality <= LocationQuality.HOUSE, position, (np.int64(1) << 62) + rows),
    )
