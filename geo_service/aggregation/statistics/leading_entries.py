"""What most of some incidents are about, and where most of them are, with how many there were in the compared window."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.counting.selected_rows import SelectedRows
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.measures.rows import Row
from geo_service.aggregation.places.place import Place
from geo_service.aggregation.places.place_index import PlaceIndex, find_places
from geo_service.aggregation.replica.replica import ReplicaState

MOST = 5
"""Entries in a list."""


def selected_in_group(stats: GroupStats, group: int) -> SelectedRows:
    """Return the selected rows of one group."""
    rows = stats.taken
    inside = np.flatnonzero(rows.groups == group)
    return replace(rows, rows=rows.rows[inside], groups=rows.groups[inside], state=rows.state[inside])


def leading_themes(state: ReplicaState, now: SelectedRows, before: SelectedRows | None) -> list[Row]:
    """Return the themes with most incidents, most first, of equals by code: code, name, sector, n and n_compared.

    n_compared is None where nothing is compared.
    """
    catalogue = state.catalogue
    largest = max(state.columns.largest["theme"], max(catalogue.themes.by_id, default=0))
    column = state.columns["theme"]
    n = np.bincount(column[now.rows], minlength=largest + 1)
    n0 = None if before is None else np.bincount(column[before.rows], minlength=largest + 1)
    found = [theme for theme in catalogue.themes.all if n[theme.id]]
    sectors = {sector.id: sector.code for sector in catalogue.sectors.all}
    return [
        {
            "code": theme.code,
            "name": theme.name,
            "sector": sectors.get(theme.parent or 0),
            "n": int(n[theme.id]),
            "n_compared": None if n0 is None else int(n0[theme.id]),
        }
        for theme in sorted(found, key=lambda theme: (-n[theme.id], theme.code))[:MOST]
    ]


def leading_places(state: ReplicaState, now: SelectedRows, before: SelectedRows | None) -> list[Row]:
    """Return the named places with most incidents, most first: key, name, position, n and n_compared.

    Places are settlements as a whole, and what lies outside of all of them; without settlements there are none.
    """
    index = find_places(state)
    numbers = _number_wholes(index, now)
    before_numbers = None if before is None else _number_wholes(index, before)
    # Counted once all are numbered: numbering may find further parts of a town.
    n = np.bincount(numbers, minlength=len(index.places))
    n0 = None if before_numbers is None else np.bincount(before_numbers, minlength=len(index.places))
    order = np.argsort(-n, kind="stable")
    chosen = [number for number in order[n[order] > 0].tolist() if is_named(index.places[number], state)][:MOST]
    return [
        {**describe_place(index.places[number]), "n": int(n[number]), "n_compared": None if n0 is None else int(n0[number])}
        for number in chosen
    ]


def leading_place_of_groups(state: ReplicaState, rows: SelectedRows, groups: int, *, by_parts: bool) -> list[Place | None]:
    """Return for each group the named place with most of its incidents, of equals the one found first; None without any.

    by_parts: whether the parts of a divided town are places of their own.
    """
    index = find_places(state)
    numbers = index.place_of_rows(rows.rows) if by_parts else _number_wholes(index, rows)
    leading: list[Place | None] = [None] * groups
    pairs, n = np.unique(rows.groups.astype(np.int64) * len(index.places) + numbers, return_counts=True)
    of_group, number = np.divmod(pairs, max(len(index.places), 1))
    # In each group the place with most incidents first.
    order = np.lexsort((number, -n, of_group))
    chosen, first = np.unique(of_group[order], return_index=True)
    for group, place in zip(chosen.tolist(), number[order][first].tolist(), strict=True):
        if group < groups and is_named(index.places[place], state):
            leading[group] = index.places[place]
    return leading


def _number_wholes(index: PlaceIndex, rows: SelectedRows) -> NDArray[np.int32]:
    """Return the number of each row's place; of a part of a divided town that of the town."""
    numbers = index.place_of_rows(rows.rows)
    places = index.places
    wholes = {number: key for number in np.unique(numbers).tolist() if (key := _key_of_whole(places[number])) != places[number].key}
    if not wholes:
        return numbers
    number_of = {place.key: number for number, place in enumerate(places)}
    whole_of = np.arange(len(places), dtype=np.int32)
    for number, key in wholes.items():
        whole_of[number] = number_of.get(key, number)
    return np.asarray(whole_of[numbers], np.int32)


def _key_of_whole(place: Place) -> str:
    """Return the key of the place that a place is a part of; its own where it is whole."""
    return place.key.removesuffix(f"-{place.cell:x}")


def is_named(place: Place, state: ReplicaState) -> bool:
    """Return whether a place has a name: without settlements one outside of them has coordinates only."""
    return bool(len(state.catalogue.settlements)) or not place.key.startswith("h:")


def describe_place(place: Place) -> Row:
    """Return key, names and position of a place."""
    return {"key": place.key, "name": place_name(place), "lng": round(float(place.lng), 5), "lat": round(float(place.lat), 5)}


def place_name(place: Place) -> dict[str, str]:
    """Return the names of a place by language."""
    return {"ru": place.name_ru or place.name_en, "en": place.name_en or place.name_ru}
