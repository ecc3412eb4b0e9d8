"""Phrases made from the names of settlements, and the judgement of where the gazetteer places them.

The grammatical cases of the names come from a reviewed list, data/settlement_cases.tsv, not from the code under test.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ingest.geocoding import GeocodedPlace, GeocodeQuery, Unresolved
from ingest.geocoding.local_steps import Gazetteer
from ingest.geocoding.toponyms.gazetteer_index import GazetteerIndex
from ingest.geocoding.toponyms.settlements import Settlement

LEAST_LETTERS = 6
"""Of a name that is recognised with a typing mistake."""
CASES_FILE = Path(__file__).parent / "data" / "settlement_cases.tsv"


class Cases(NamedTuple):
    """The singular or plural forms of one name."""

    name: str
    gent: str
    datv: str
    accs: str
    ablt: str
    loct: str


class Phrase(NamedTuple):
    """A text, and the settlements that it names: one is to be placed there, several wait with all of them as candidates."""

    text: str
    settlements: tuple[Settlement, ...]


class Family(NamedTuple):
    """A way to write a name in a sentence."""

    title: str
    write: Callable[[Cases, Cases], str]
    """The second name is another settlement of the region."""
    names: int = 1
    """How many settlements are named; 0: the phrase means another place than its settlement, and is not to be placed there."""
    least_right: float = 0.97
    """Share of the phrases that must be right; none may be wrong."""
    fits: Callable[[str], bool] = lambda _: True
    """Whether the phrase can be written with a name."""


_LOOK_ALIKE = str.maketrans("аеорсухАВЕКМНОРСТХ", "aeopcyxABEKMHOPCTX")


def _with_look_alikes(word: str) -> str:
    """Return a word whose second and third letters are Latin where they look the same."""
    return word[0] + word[1:3].translate(_LOOK_ALIKE) + word[3:]


def _without_a_letter(word: str) -> str:
    """Return a word without its fourth letter."""
    return word[:3] + word[4:]


FAMILIES = (
    Family("В X с утра нет воды", lambda x, _: f"В {x.loct} с утра нет воды"),
    Family("в X в школе …", lambda x, _: f"в {x.loct} в школе третий день холодно"),
    Family("в X к/о/у/и/а …", lambda x, _: f"В {x.loct} о ремонте забыли, а у школы темно"),
    Family("в X же/не/на/по …", lambda x, _: f"Почему в {x.loct} не чистят снег по утрам?"),
    Family("до X", lambda x, _: f"до {x.gent} с трудом доехали"),
    Family("под X", lambda x, _: f"под {x.ablt} к вечеру загорелась свалка"),
    Family("рядом с X", lambda x, _: f"рядом с {x.ablt} о свалке знают все"),
    Family("около X", lambda x, _: f"около {x.gent} и днём и ночью жгут траву"),
    Family("из X в Y", lambda x, y: f"из {x.gent} в {y.accs} не ходит автобус", 2),
    Family("X и Y", lambda x, y: f"{x.name} и {y.name} остались без света", 2),
    Family("в X и Y", lambda x, y: f"в {x.loct} и {y.loct} с утра нет газа", 2),
    Family("между X и Y", lambda x, y: f"между {x.ablt} и {y.ablt} разбита дорога", 2),
    Family("X, ул. Ленина, 5", lambda x, _: f"{x.name},  ул.  Ленина, 5: не горит фонарь"),
    Family("НАСЕЛЁННЫЙ ПУНКТ X УЛ", lambda x, _: f"НАСЕЛЕННЫЙ ПУНКТ {x.name.upper()} УЛ ЛЕНИНА 5 НЕТ СВЕТА"),
    Family("в X (no capital)", lambda x, _: f"в {x.loct.lower()} с утра нет воды", least_right=0.75),
    Family("в X (without hyphens)", lambda x, _: f"в {x.loct.replace('-', ' ')} с утра нет воды"),
    Family("в X (Latin letters among Cyrillic)", lambda x, _: f"в {_with_look_alikes(x.loct)} с утра нет воды"),
    Family(
        "посёлок X, a letter missing",
        lambda x, _: f"населённый пункт {_without_a_letter(x.name)}, ул. Мира, 5",
        1,
        0.8,
        lambda name: len(name) >= LEAST_LETTERS,
    ),
    Family("в Верхнем X", lambda x, _: f"в Верхнем {x.loct} с утра нет воды", 0),
    Family("Старая X", lambda x, _: f"Старая {x.name}, ул. Мира, 5", 0),
    Family("М. X", lambda x, _: f"М. {x.name}, ул. Мира, 5", 0),
    Family("X-7", lambda x, _: f"в {x.loct}-7 с утра нет воды", 0, fits=lambda name: not name.endswith(("Первый", "Второй"))),
    Family("X-Южная", lambda x, _: f"станция {x.name}-Южная, не работает касса", 0),
    Family("Маршрут X — Y", lambda x, y: f"Маршрут {x.name} — {y.name} отменили", 0),
    Family("ул. X", lambda x, _: f"ул. {x.name}, 12, не горит фонарь", 0),
    Family("гостиница X", lambda x, _: f"у гостиницы {x.name} не убирают мусор", 0),
)


@cache
def read_cases() -> dict[str, Cases]:
    """Return the reviewed cases of each name."""
    with CASES_FILE.open(encoding="utf-8", newline="") as file:
        return {row["name"]: Cases(**row) for row in csv.DictReader(file, delimiter="\t")}


def unambiguous_settlements(index: GazetteerIndex) -> list[Settlement]:
    """Return the settlements of the region whose name only one of them has, and not the region, in the order of their names."""
    inside = [entry.settlement for entry in index.entries if not entry.settlement.outside_region]
    counts = Counter(settlement.name for settlement in inside)
    return sorted(
        (settlement for settlement in inside if counts[settlement.name] == 1 and settlement.name.lower() not in index.region_forms),
        key=lambda settlement: settlement.name,
    )


def write_phrases(family: Family, settlements: Sequence[Settlement]) -> Iterator[Phrase]:
    """Yield a phrase of the family for each settlement; the other name of a pair is that of a settlement far away in the list."""
    cases = read_cases()
    for number, settlement in enumerate(settlements):
        if not family.fits(settlement.name):
            continue
        other = settlements[(number + len(settlements) // 3 + 1) % len(settlements)]
        text = family.write(cases[settlement.name], cases[other.name])
        yield Phrase(text, (settlement, other)[: max(family.names, 1)])


def judge(phrase: Phrase, family: Family, gazetteer: Gazetteer) -> str:
    """Return "right", "missed", or "wrong": placed where the text does not mean."""
    result = gazetteer.find(GeocodeQuery("", phrase.text))
    meant = {(settlement.lng, settlement.lat) for settlement in phrase.settlements}
    if isinstance(result, GeocodedPlace):
        is_there = (result.lng, result.lat) in meant
        return "wrong" if family.names != 1 or not is_there else "right"
    if family.names == 0:
        return "right"
    if family.names == 2 and isinstance(result, Unresolved):
        return "right" if meant <= {(candidate.lng, candidate.lat) for candidate in result.candidates} else "missed"
    return "missed"


def judge_family(family: Family, index: GazetteerIndex) -> tuple[Counter[str], list[tuple[str, str]]]:
    """Return the counts of right, missed and wrong, and the phrases that are not right with what they are."""
    gazetteer, counts, faults = Gazetteer(index), Counter[str](), []
    for phrase in write_phrases(family, unambiguous_settlements(index)):
        judgement = judge(phrase, family, gazetteer)
        counts[judgement] += 1
        if judgement != "right":
            faults.append((judgement, phrase.text))
    return counts, faults
