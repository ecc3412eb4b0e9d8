"""Places for a report: those of the alerts, but undivided, so that they are the same whenever and from however many rows they are found."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.columns.h3_hierarchy import ancestors
from geo_service.aggregation.places.place import Place
from geo_service.aggregation.places.place_index import PlaceIndex, find_places
from geo_service.aggregation.places.town_parts import PART_RESOLUTION
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.model import FINEST_RESOLUTION

_PART = "-"
"""Between the key of a divided place and the H3 index of its part."""


@dataclass(frozen=True, slots=True, eq=False)
class ReportPlaces:
    """The places of a state's incidents. Used on the thread that owns the state."""

    state: ReplicaState
    places: Sequence[Place]
    """All places by number; parts of towns are never given."""
    _index: PlaceIndex
    _whole_of: NDArray[np.int32]
    """(places,) the number of the place that each is or is a part of."""
    _number_of: dict[str, int]

    def of_rows(self, rows: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the number of the place of each row."""
        numbers = self._index.place_of_rows(rows)
        # Numbering the parts of a town may have added places behind the last.
        new = len(self._index.places) - len(self._whole_of)
        whole_of = np.concatenate([self._whole_of, _find_wholes(self._index.places, self._number_of)[-new:]]) if new else self._whole_of
        return whole_of[numbers]

    def lie_in(self, rows: NDArray[np.int32], place: Place) -> NDArray[np.bool_]:
        """Return which rows are in a place of an alert; it may be a part of a town."""
        key, _, part = place.key.partition(_PART)
        inside: NDArray[np.bool_] = self.of_rows(rows) == self._number_of.get(key, -1)
        if part:
            cells = self.state.pyramid.levels[FINEST_RESOLUTION].cells[self.state.columns["cell"][rows]]
            inside &= ancestors(cells, PART_RESOLUTION) == np.uint64(int(part, 16))
        return inside


def find_report_places(state: ReplicaState) -> ReportPlaces:
    """Return the places of a state."""
    index = find_places(state)
    numbers = {place.key: number for number, place in enumerate(index.places)}
    return ReportPlaces(state, index.places, index, _find_wholes(index.places, numbers), numbers)


def _find_wholes(places: Sequence[Place], numbers: dict[str, int]) -> NDArray[np.int32]:
    return np.array([numbers.get(place.key.partition(_PART)[0], number) for number, place in enumerate(places)], np.int32)
