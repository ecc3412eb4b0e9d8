"""The evidence behind an alert: its messages along time with what was to be expected, by agency and status, and its neighbours."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.alerts.areas import list_areas
from geo_service.aggregation.alerts.detection.baseline import KeptYear
from geo_service.aggregation.alerts.detection.kept_baseline import BaselineKeeper
from geo_service.aggregation.alerts.detection.local_scan import group_history
from geo_service.aggregation.alerts.history import copy_history
from geo_service.aggregation.alerts.measuring import TOTALS_PAST_S, Measurer
from geo_service.aggregation.alerts.model import AlertLayer, Episode, Place
from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.aggregation.counting.grouping import EVERYTHING
from geo_service.aggregation.counting.selected_rows import select_rows
from geo_service.aggregation.places.nearest import Positions, distances_km, unit_vectors
from geo_service.aggregation.places.place_index import find_places
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection, Statuses, Window
from geo_service.aggregation.statistics.breakdown import STATUS_NAMES
from geo_service.core.instants import format_instant
from geo_service.core.model import LINKED, OPEN_STATUSES, LocationQuality, Status

Rows = NDArray[np.int32]

MAX_RECENT = 20
"""Incidents whose ids are given."""
MAX_NEIGHBOURS = 8
NEIGHBOUR_KM = 50.0
"""Places farther away are no neighbours; districts always are."""

_HOUR_S, _DAY_S = 3600, 86_400
_MAX_HOURS = 31 * 24
"""A longer episode has a series of days, so that no answer has more than some hundred buckets."""
_MAX_DAYS = 400
_DIGITS = 3


@dataclass(slots=True)
class EvidenceCollector:
    """Collects evidence in a state. Used on the thread that owns the state; keeps a day's baseline."""

    baselines: BaselineKeeper

    @classmethod
    def create(cls) -> "EvidenceCollector":
        """Return a collector with nothing kept yet."""
        return cls(BaselineKeeper())

    def collect(self, state: ReplicaState, episode: Episode, now: int) -> dict[str, Any]:
        """Return the evidence behind an episode as far as it has got by `now`, seconds since 1970; near-duplicates count once."""
        stop = max(episode.closed_at or now, episode.since + 1)
        subject = _select_subject(state, episode, Window(episode.since, stop), now)
        rows = subject[_in_places(state, episode, subject)]
        received = state.columns["received"]
        return {
            "window": {"from": format_instant(episode.since), "to": format_instant(stop)},
            "n": len(rows),
            "series": _make_series(episode, received[rows], received[subject], stop),
            "by_agency": _count_agencies(state, rows),
            "by_status": _count_statuses(state.columns["status"][rows]),
            "neighbours": list(self._describe_neighbours(state, episode, stop, now)),
            "recent": _list_recent(state, rows),
        }

    def _describe_neighbours(self, state: ReplicaState, episode: Episode, stop: int, now: int) -> Iterator[dict[str, Any]]:
        """Yield the nearest other places with their messages in the same time, and how many were usual there; nearest first."""
        neighbours = _find_neighbours(state, episode)
        if not neighbours:
            return
        past = TOTALS_PAST_S if episode.layer is AlertLayer.TOTALS else 0
        history = copy_history(state, max(stop, now), max(episode.since - past, 0))
        grouped = group_history(history)
        measurer = Measurer.create(history, grouped, KeptYear(self.baselines.get(state, now), grouped))
        for km, place in neighbours:
            measured = measurer.measure(replace(episode, place=place, places=(place,), n=0, expected=0.0), stop)
            names = {"ru": place.name_ru, "en": place.name_en}
            yield {
                "key": place.key, "name": names, "lng": place.lng, "lat": place.lat, "km": round(km, 1), "n": measured.n,
                "expected": round(measured.expected, _DIGITS),
            }  # fmt: skip


def _select_subject(state: ReplicaState, episode: Episode, window: Window, now: int) -> Rows:
    """Return the rows of the alert's theme or sector in the window, of all places, in time order."""
    themes = (episode.theme,) if episode.theme else tuple(sorted(state.catalogue.themes.children([episode.sector])))
    selection = Selection(window, now, themes=themes, statuses=Statuses(once=True))
    rows = select_rows(state.columns, selection, EVERYTHING).rows
    ordered: Rows = rows[np.argsort(state.columns["received"][rows], kind="stable")]
    return ordered


def _in_places(state: ReplicaState, episode: Episode, rows: Rows) -> NDArray[np.bool_]:
    """Return which rows are in the alert's places."""
    if episode.layer is AlertLayer.LOCAL:
        index = find_places(state)
        # First the rows, as parts of divided places are numbered when one of their rows is seen.
        numbers = index.place_of_rows(rows)
        keys = {place.key for place in (episode.place, *episode.places)}
        # A place may have been divided since: its parts have its key, `-` and more.
        chosen = [number for number, place in enumerate(index.places) if keys & {place.key, place.key.partition("-")[0]}]
        located = state.columns["quality"][rows] <= LocationQuality.SETTLEMENT
        return np.asarray(located & np.isin(numbers, chosen))
    areas = list_areas(state.catalogue)
    at = next((at for at, place in enumerate(areas.places) if place.key == episode.place.key), None)
    if at is None:
        return np.zeros(len(rows), np.bool_)
    districts, regions = state.columns["district"][rows], len(areas.regions)
    inside = areas.region_of(districts) == at if at < regions else areas.district_of(districts) == at - regions
    return np.asarray(inside, np.bool_)


def _make_series(episode: Episode, received: NDArray[np.uint32], subject: NDArray[np.uint32], stop: int) -> dict[str, Any]:
    """Return the messages of each hour, or day, and how many were to be expected: what is expected of a place follows the whole region.

    received: instants of the alert's messages. subject: of all messages of its theme.
    """
    step = _HOUR_S if stop - episode.since <= _MAX_HOURS * _HOUR_S else _DAY_S
    first = episode.since // step * step
    edges = np.arange(first, min(stop, first + _MAX_DAYS * _DAY_S) + step, step, dtype=np.int64)
    counts, everywhere = (np.histogram(instants.astype(np.int64), edges)[0] for instants in (received, subject))
    follows = episode.layer is AlertLayer.LOCAL and everywhere.sum() > 0
    weights = everywhere / everywhere.sum() if follows else np.full(len(counts), 1 / len(counts))
    buckets = [
        {"from": format_instant(start), "n": n, "expected": expected}
        for start, n, expected in zip(
            edges[:-1].tolist(), counts.tolist(), (weights * episode.expected).round(_DIGITS).tolist(), strict=True
        )
    ]
    return {"bucket": "hour" if step == _HOUR_S else "day", "buckets": buckets}


def _count_agencies(state: ReplicaState, rows: Rows) -> list[dict[str, Any]]:
    """Return for each agency how many messages it has by status, most first; null for those of none."""
    counts: dict[int, Counter[int]] = {}
    for agency, status in zip(state.columns["agency"][rows].tolist(), (state.columns["status"][rows] % LINKED).tolist(), strict=True):
        counts.setdefault(agency, Counter())[status] += 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1].total(), item[0]))
    return [_describe_agency(state.catalogue, agency, statuses) for agency, statuses in ordered]


def _describe_agency(catalogue: Catalogue, number: int, statuses: Counter[int]) -> dict[str, Any]:
    agency = catalogue.agencies.by_id.get(number)
    still_open = sum(count for status, count in statuses.items() if Status(status) in OPEN_STATUSES)
    by_status = {Status(status).code: count for status, count in sorted(statuses.items())}
    return {
        "code": agency and agency.code,
        "name": agency and agency.name,
        "n": statuses.total(),
        "open": still_open,
        "by_status": by_status,
    }


def _count_statuses(statuses: NDArray[np.uint8]) -> list[dict[str, Any]]:
    counts = Counter((statuses % LINKED).tolist())
    names = {status: {"ru": name, "en": status.code.replace("_", " ")} for status, name in STATUS_NAMES.items()}
    return [{"code": Status(status).code, "name": names[Status(status)], "n": counts[status]} for status in sorted(counts)]


def _find_neighbours(state: ReplicaState, episode: Episode) -> Sequence[tuple[float, Place]]:
    """Return the nearest places that are none of the alert's own, with their distance in kilometres."""
    own = {place.key for place in (episode.place, *episode.places)}
    if episode.layer is AlertLayer.LOCAL:
        candidates, limit = find_places(state).places, NEIGHBOUR_KM
    else:
        areas = list_areas(state.catalogue)
        is_region = any(place.key == episode.place.key for place in areas.regions)
        candidates, limit = (areas.regions if is_region else areas.districts), float("inf")
    others = [place for place in candidates if not own & {place.key, place.key.partition("-")[0]} and (place.lng or place.lat)]
    near = _distances(episode.place, others)
    return sorted(((km, place) for km, place in near if km <= limit), key=lambda item: (item[0], item[1].key))[:MAX_NEIGHBOURS]


def _distances(centre: Place, places: Sequence[Place]) -> list[tuple[float, Place]]:
    ends = unit_vectors(Positions(np.array([place.lng for place in places]), np.array([place.lat for place in places])))
    start = unit_vectors(Positions(np.array([centre.lng]), np.array([centre.lat])))
    return list(zip(distances_km(start, ends).tolist(), places, strict=True))


def _list_recent(state: ReplicaState, rows: Rows) -> list[int]:
    """Return the ids of the newest incidents, newest first."""
    return [int(number) for number in state.columns.ids(rows[-MAX_RECENT:][::-1])]
