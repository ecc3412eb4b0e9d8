"""An alert as a JSON document, a CSV row and a GeoJSON feature: codes with names, instants as text, the reason in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import h3.api.basic_int as h3

from geo_service.aggregation.alerts.model import Episode, Place, Threshold
from geo_service.aggregation.catalogue.catalogue import Catalogue, Entry
from geo_service.alerts.listing import REGION_KEY, cap_recurrence, leader_of
from geo_service.alerts.phrases import format_recurrence
from geo_service.alerts.reason import write_reason
from geo_service.core.instants import format_instant

Document = dict[str, Any]

_WINDOW_NAMES = {86_400: "24h", 3 * 86_400: "3d", 7 * 86_400: "7d"}
_HOUR_S = 3600
_EXPECTED_DIGITS = 3
_DEGREE_DIGITS = 6
_ZOOMS = {"r": 6, "d": 8}
"""Of the map that shows a whole region or district, by the kind of a place; others are settlements and their parts."""
_SETTLEMENT_ZOOM = 11


@dataclass(frozen=True, slots=True)
class Context:
    """What an episode is worded with."""

    catalogue: Catalogue
    zone: ZoneInfo
    base: str = ""
    """Beginning of the addresses of the service: its URL, or only its path."""


def describe_alert(episode: Episode, context: Context, group_sizes: Mapping[int, int] | None = None) -> Document:
    """Return the JSON document of an alert. group_sizes: as of `count_groups`."""
    catalogue = context.catalogue
    theme, sector = catalogue.themes.by_id.get(episode.theme), catalogue.sectors.by_id.get(episode.sector)
    selection = write_selection(episode, catalogue)
    return {
        "id": episode.id,
        "layer": episode.layer.value,
        "state": "closed" if episode.closed_at else "open",
        "theme": _entry(theme),
        "sector": _entry(sector),
        "place": _describe_place(episode.place),
        "district": _entry(catalogue.districts.by_id.get(episode.place.district)),
        "places": [{"key": place.key, "name": _place_name(place)} for place in episode.places],
        "group": _describe_group(episode, group_sizes or {}),
        **_describe_times(episode),
        "window": _WINDOW_NAMES.get(episode.window_s, f"{episode.window_s // _HOUR_S}h"),
        "n": episode.n,
        "expected": round(episode.expected, _EXPECTED_DIGITS),
        "open": episode.open,
        "recurrence_days": cap_recurrence(episode.recurrence_days),
        "recurrence": format_recurrence(episode.recurrence_days),
        "peak": {"at": format_instant(episode.peak_at), "n": episode.peak},
        "agencies": [_describe_agency(share.agency, share.n, share.open, catalogue) for share in episode.agencies],
        "reason": write_reason(episode, catalogue, context.zone),
        "verdict": describe_verdict(episode),
        "selection": selection,
        "links": {"self": f"{context.base}/api/alerts/{episode.id}", "map": f"{context.base}/#{_write_view(episode, selection)}"},
    }


def describe_verdict(episode: Episode) -> Document | None:
    """Return what the desk has found; None where it has found nothing yet."""
    if not episode.verdict:
        return None
    at = format_instant(episode.verdict_at)
    return {"value": episode.verdict.value, "note": episode.verdict_note, "by": episode.verdict_by or None, "at": at}


def describe_threshold(threshold: Threshold) -> Document:
    """Return the budget of a layer and how its threshold was found."""
    return {
        "per_week": threshold.per_week, "days": threshold.days, "episodes": threshold.episodes,
        "calibrated_at": format_instant(threshold.calibrated_at),
    }  # fmt: skip


def write_row(document: Document) -> Document:
    """Return a row of the CSV: lists become text, addresses are left out."""
    names = ("places", "agencies", "links", "selection")
    row = {name: value for name, value in document.items() if name not in names}
    # The same columns for every alert, whether it has these or not.
    empty = {"theme": _EMPTY_ENTRY, "district": _EMPTY_ENTRY, "group": _EMPTY_GROUP, "verdict": _EMPTY_VERDICT}
    row |= {name: value for name, value in empty.items() if row[name] is None}
    agencies = [f"{one['name']['ru'] if one['name'] else '—'}: {one['n']}" for one in document["agencies"]]
    return {**row, "places": "; ".join(one["name"]["ru"] for one in document["places"]), "agencies": "; ".join(agencies)}


def write_feature(document: Document) -> Document:
    """Return the GeoJSON feature of an alert: a point of its strongest place."""
    place = document["place"]
    point = {"type": "Point", "coordinates": [place["lng"], place["lat"]]}
    return {"type": "Feature", "id": document["id"], "geometry": point, "properties": document}


def write_selection(episode: Episode, catalogue: Catalogue) -> str:
    """Return the selection that the alert is about, as a query string; its end is open as long as the alert is."""
    theme, sector = catalogue.themes.by_id.get(episode.theme), catalogue.sectors.by_id.get(episode.sector)
    district = catalogue.districts.by_id.get(episode.place.district)
    pairs = [("theme", theme.code) if theme else ("sector", sector.code if sector else "")]
    if district and episode.place.key != REGION_KEY:
        pairs.append(("district", district.code))
    pairs.append(("from", format_instant(episode.since)))
    if episode.closed_at:
        pairs.append(("to", format_instant(max(episode.closed_at, episode.since + 1))))
    return "&".join(f"{name}={quote(value, safe=':')}" for name, value in pairs)


_NO_NAME = {"ru": None, "en": None}
_EMPTY_ENTRY = {"code": None, "name": _NO_NAME}
_EMPTY_GROUP = {"id": None, "alerts": None}
_EMPTY_VERDICT = dict.fromkeys(("value", "note", "by", "at"))


def _describe_times(episode: Episode) -> Document:
    times = {name: format_instant(getattr(episode, name)) for name in ("since", "detected", "updated")}
    return {**times, "closed": format_instant(episode.closed_at) if episode.closed_at else None}


def _describe_place(place: Place) -> Document:
    lng, lat = (round(value, _DEGREE_DIGITS) for value in (place.lng, place.lat))
    return {"key": place.key, "name": _place_name(place), "lng": lng, "lat": lat, "cell": h3.int_to_str(place.cell) if place.cell else None}


def _describe_group(episode: Episode, sizes: Mapping[int, int]) -> Document | None:
    leader = leader_of(episode)
    return {"id": leader, "alerts": sizes[leader]} if sizes.get(leader, 1) > 1 else None


def _describe_agency(number: int, n: int, still_open: int, catalogue: Catalogue) -> Document:
    agency = catalogue.agencies.by_id.get(number)
    return {"code": agency and agency.code, "name": agency and agency.name, "n": n, "open": still_open}


def _entry(entry: Entry | None) -> Document | None:
    return {"code": entry.code, "name": {"ru": entry.name_ru, "en": entry.name_en}} if entry else None


def _place_name(place: Place) -> dict[str, str]:
    return {"ru": place.name_ru, "en": place.name_en}


def _write_view(episode: Episode, selection: str) -> str:
    """Return the state of the page that shows the alert, as behind `#` in its address."""
    place = episode.place
    zoom = _ZOOMS.get(place.key.partition(":")[0], _SETTLEMENT_ZOOM)
    view = f"map={zoom}/{round(place.lat, 4)}/{round(place.lng, 4)}&{selection}"
    return f"{view}&cell={h3.int_to_str(place.cell)}" if place.cell else view
