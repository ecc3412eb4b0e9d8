"""Replica states with hand-made incidents, themes, districts and settlements, for tests of places and alerts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import h3.api.basic_int as h3
import numpy as np

from geo_service.aggregation.catalogue.catalogue import Catalogue, District, Entries, Entry
from geo_service.aggregation.catalogue.settlements import Settlements
from geo_service.aggregation.columns.columns import BATCH, POSITION_UNITS
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.model import FINEST_RESOLUTION, DistrictLevel, LocationQuality, Status

DAY_S = 86_400
COUNT_LIMIT = 10_000_000

SECTORS = Entries([Entry(1, "housing", "ЖКХ", "Housing"), Entry(2, "roads", "Дороги", "Roads"), Entry(3, "waste", "Отходы", "Waste")])
THEMES = Entries([
    Entry(11, "housing.no_water", "Нет воды", "No water", 1), Entry(12, "housing.heating", "Отопление", "Heating", 1),
    Entry(13, "roads.snow", "Снег", "Snow", 2), Entry(14, "roads.pothole", "Ямы", "Potholes", 2),
    Entry(15, "waste.dump", "Свалка", "Dump", 3),
])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Message:
    """An incident of a test."""

    received: int
    lng: float
    lat: float
    theme: int = 11
    district: int = 0
    agency: int = 0
    status: int = Status.NEW
    quality: int = LocationQuality.HOUSE


def settlements(*rows: tuple[int, str, float, float], revision: tuple[int, ...] = (1,)) -> Settlements:
    """Settlements of (id, name, longitude, latitude); the English name is the Russian one in capitals."""
    names = tuple(row[1] for row in rows)
    return Settlements(
        revision, np.array([row[0] for row in rows], np.int32), names, tuple(name.upper() for name in names),
        np.full(len(rows), 5_000, np.int32), np.array([row[2] for row in rows], float), np.array([row[3] for row in rows], float),
    )  # fmt: skip


def catalogue(towns: Settlements | None = None, districts: Sequence[District] = (), themes: Entries[Entry] = THEMES) -> Catalogue:
    """A catalogue of these settlements and districts."""
    return Catalogue(SECTORS, themes, Entries(), Entries(), Entries(districts), settlements=towns or Settlements())


def district(
    number: int, code: str, level: DistrictLevel, parent: int | None = None, label: tuple[float, float] = (39.0, 45.0)
) -> District:
    """A district named by its code."""
    return District(number, code, code, code.upper(), parent, level=level, label=label)


def batch(messages: Sequence[Message], first_id: int = 1) -> np.ndarray:
    """BATCH rows of messages, with ids in their order."""
    rows = np.zeros(len(messages), BATCH)
    rows["id"] = first_id + np.arange(len(messages))
    for name in ("received", "theme", "district", "agency", "status", "quality"):
        rows[name] = [getattr(message, name) for message in messages]
    rows["lng"] = [round(message.lng * POSITION_UNITS) for message in messages]
    rows["lat"] = [round(message.lat * POSITION_UNITS) for message in messages]
    rows["cell"] = [h3.latlng_to_cell(message.lat, message.lng, FINEST_RESOLUTION) for message in messages]
    return rows


def make_state(messages: Sequence[Message], known: Catalogue | None = None) -> ReplicaState:
    """A replica's state that holds the messages."""
    return ReplicaState(batch(messages), known or catalogue(), COUNT_LIMIT)


def add(state: ReplicaState, messages: Sequence[Message], first_id: int, known: Catalogue | None = None) -> None:
    """Apply further messages to a state, as the follower does."""
    state.apply(batch(messages, first_id), np.empty(0, np.int64), known)


def moved(message: Message, metres: float) -> Message:
    """The message some metres further east, at another address."""
    return replace(message, lng=message.lng + metres / 111_320 / np.cos(np.radians(message.lat)))
