"""Episodes, verdicts and thresholds in PostGIS. Every function works on the caller's connection, in its transaction if it has one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import asyncpg
import orjson

from geo_service.aggregation.alerts.model import AgencyShare, AlertLayer, Episode, Place, Threshold, Verdict
from geo_service.aggregation.catalogue.catalogue import Catalogue, Entries, Entry
from geo_service.core.instants import to_seconds
from geo_service.core.sql.named_queries import query

MAX_EPISODES = 10_000
"""Episodes that are read at once: a page of them is more than anybody reads, and 10 MB."""


@dataclass(frozen=True, slots=True)
class VerdictEntry:
    """What the desk says of an alert; a value of None takes an earlier verdict back."""

    value: Verdict | None
    note: str
    by: str
    """Id of the API key; empty where none was needed."""
    at: int
    """Seconds since 1970."""


async def read_episodes(connection: asyncpg.Connection, catalogue: Catalogue, since: int, limit: int = MAX_EPISODES) -> list[Episode]:
    """Return the open episodes, and those in which something has changed since an instant; by id.

    Episodes of a theme that has been deleted are left out.
    """
    rows = await connection.fetch(query("alerts.list_episodes"), _to_datetime(since), limit)
    episodes = [_to_episode(row, catalogue) for row in rows]
    return sorted((episode for episode in episodes if episode), key=lambda episode: episode.id)


async def find_episode(connection: asyncpg.Connection, catalogue: Catalogue, number: int) -> Episode | None:
    """Return an episode by its id, however old; None if there is none."""
    row = await connection.fetchrow(query("alerts.find_episode"), number)
    return row and _to_episode(row, catalogue)


async def write_episodes(connection: asyncpg.Connection, catalogue: Catalogue, episodes: Iterable[Episode]) -> list[Episode]:
    """Store new episodes (id 0) and changed ones, but for verdicts; return them with their ids, in their order.

    Those of a theme that the catalogue does not have are left out: without its code they would be of the whole sector.
    """
    stored = []
    for episode in episodes:
        if episode.theme and episode.theme not in catalogue.themes.by_id:
            continue
        values = _episode_values(episode, catalogue)
        if episode.id:
            await connection.execute(query("alerts.update_episode"), *values, episode.id)
            stored.append(episode)
        else:
            stored.append(replace(episode, id=await connection.fetchval(query("alerts.insert_episode"), *values)))
    return stored


async def write_verdict(connection: asyncpg.Connection, number: int, entry: VerdictEntry) -> tuple[bool, bool]:
    """Store a verdict; return whether there is such an alert, and whether the verdict differs from the one before."""
    value = entry.value.value if entry.value else None
    note = entry.note if entry.value else ""
    row = await connection.fetchrow(query("alerts.set_verdict"), number, value, note, entry.by, _to_datetime(entry.at))
    return row["found"], row["changed"]


async def count_verdicts(connection: asyncpg.Connection, since: int) -> dict[tuple[AlertLayer, Verdict], int]:
    """Return how many of the alerts raised since an instant (seconds since 1970) the desk has found to be what, by layer."""
    rows = await connection.fetch(query("alerts.count_verdicts"), _to_datetime(since))
    return {(AlertLayer(row["layer"]), Verdict(row["verdict"])): row["alerts"] for row in rows}


async def read_thresholds(connection: asyncpg.Connection) -> dict[AlertLayer, Threshold]:
    """Return the thresholds that have been found so far."""
    rows = await connection.fetch(query("alerts.list_thresholds"))
    return {AlertLayer(row["layer"]): _to_threshold(row) for row in rows}


async def write_thresholds(connection: asyncpg.Connection, thresholds: Iterable[Threshold]) -> None:
    """Store thresholds in place of those of the same layers."""
    for one in thresholds:
        curve = orjson.dumps(one.curve).decode()
        values = (one.layer.value, one.per_week, one.log10_p, one.days, one.episodes, curve, _to_datetime(one.calibrated_at))
        await connection.execute(query("alerts.upsert_threshold"), *values)


def _to_threshold(row: asyncpg.Record) -> Threshold:
    curve = tuple((float(log10_p), float(rate)) for log10_p, rate in orjson.loads(row["curve"]))
    plain = {name: row[name] for name in ("per_week", "log10_p", "days", "episodes")}
    return Threshold(AlertLayer(row["layer"]), curve=curve, calibrated_at=to_seconds(row["calibrated_at"]), **plain)


def _episode_values(episode: Episode, catalogue: Catalogue) -> tuple[object, ...]:
    """Return the values of `alerts.insert_episode`, in their order."""
    place, instants = episode.place, (episode.since, episode.detected, episode.updated, episode.last_signal)
    return (
        episode.layer.value, episode.sector, _code(catalogue.themes, episode.theme), place.key, place.name_ru, place.name_en,
        place.lng, place.lat, place.cell or None, _code(catalogue.districts, place.district),
        _to_json(_place_document(one, catalogue) for one in episode.places),
        _to_json({"agency": _code(catalogue.agencies, one.agency), "n": one.n, "open": one.open} for one in episode.agencies),
        *map(_to_datetime, instants), _to_datetime(episode.closed_at) if episode.closed_at else None,
        episode.window_s, episode.n, episode.distinct, episode.open, episode.expected, episode.log10_p, episode.recurrence_days,
        episode.peak, _to_datetime(episode.peak_at), episode.group or None,
    )  # fmt: skip


def _to_episode(row: asyncpg.Record, catalogue: Catalogue) -> Episode | None:
    """Return the episode of a row; None if its theme exists no more."""
    theme = _id(catalogue.themes, row["theme"])
    if row["theme"] is not None and not theme:
        return None
    location = {name: row[name] for name in ("name_ru", "name_en", "lng", "lat")}
    verdict = Verdict(row["verdict"]) if row["verdict"] else None
    return Episode(
        AlertLayer(row["layer"]), _to_place({**location, "key": row["place"], "cell": row["cell"], "district": row["district"]}, catalogue),
        theme, row["sector_id"],
        **{name: to_seconds(row[column]) for name, column in _INSTANTS.items()},
        **{name: row[column] for name, column in _NUMBERS.items()},
        places=tuple(_to_place(one, catalogue) for one in orjson.loads(row["places"])),
        agencies=_to_shares(orjson.loads(row["agencies"]), catalogue),
        closed_at=to_seconds(row["closed_at"]) if row["closed_at"] else 0,
        group=row["group_id"] or 0, id=row["id"],
        verdict=verdict, verdict_note=row["verdict_note"], verdict_by=row["verdict_by"],
        verdict_at=to_seconds(row["verdict_at"]) if row["verdict_at"] else 0,
    )  # fmt: skip


_INSTANTS = {
    "since": "since", "detected": "detected_at", "updated": "updated_at", "last_signal": "last_signal_at", "peak_at": "peak_at",
}  # fmt: skip
_NUMBERS = {
    "window_s": "window_s", "n": "n", "distinct": "distinct_n", "open": "open_n", "expected": "expected", "log10_p": "log10_p",
    "recurrence_days": "recurrence_days", "peak": "peak",
}  # fmt: skip


def _place_document(place: Place, catalogue: Catalogue) -> dict[str, Any]:
    plain = {name: getattr(place, name) for name in ("key", "name_ru", "name_en", "lng", "lat")}
    return {**plain, "cell": place.cell or None, "district": _code(catalogue.districts, place.district)}


def _to_place(document: Mapping[str, Any], catalogue: Catalogue) -> Place:
    plain = {name: document[name] for name in ("key", "name_ru", "name_en", "lng", "lat")}
    return Place(cell=document["cell"] or 0, district=_id(catalogue.districts, document["district"]), **plain)


def _to_shares(documents: Sequence[Mapping[str, Any]], catalogue: Catalogue) -> tuple[AgencyShare, ...]:
    """Return the shares of agencies in their order; those that have been merged since are added up."""
    totals: dict[int, tuple[int, int]] = {}
    for one in documents:
        agency = _id(catalogue.agencies, one["agency"])
        n, still_open = totals.get(agency, (0, 0))
        totals[agency] = n + one["n"], still_open + one["open"]
    return tuple(AgencyShare(agency, *numbers) for agency, numbers in totals.items())


def _code(entries: Entries[Any], number: int) -> str | None:
    entry: Entry | None = entries.by_id.get(number)
    return entry.code if entry else None


def _id(entries: Entries[Any], code: str | None) -> int:
    entry: Entry | None = entries.by_code.get(code or "")
    return entry.id if entry else 0


def _to_json(documents: Iterable[Mapping[str, Any]]) -> str:
    return orjson.dumps(list(documents)).decode()


def _to_datetime(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
