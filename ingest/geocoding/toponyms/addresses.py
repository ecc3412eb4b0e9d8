"""Addresses as people write them, in one spelling: for the cache's keys, and for servers to be asked with.

Servers know names in the nominative and no abbreviations: «д. 5», «г. Усть-Лабинск» and «на улице Красной» find nothing.
"""

import re
from functools import lru_cache

from ingest.geocoding.toponyms import place_type_words
from ingest.geocoding.toponyms.inflection import forms, morphology
from ingest.mapping import normalise

_STREETS = {
    "ул": "улица", "пер": "переулок", "пр-кт": "проспект", "пр-т": "проспект", "просп": "проспект", "пр": "проспект",
    "б-р": "бульвар", "бул": "бульвар", "наб": "набережная", "пл": "площадь", "ш": "шоссе", "пр-д": "проезд", "туп": "тупик",
    "мкр": "микрорайон", "мкрн": "микрорайон", "мкр-н": "микрорайон",
}  # fmt: skip
_FULL_STREETS = ("улица", "переулок", "проспект", "проезд", "бульвар", "набережная", "шоссе", "площадь", "тупик", "аллея", "микрорайон")
_BEFORE_HOUSE = frozenset(("д", "дом", "дома", "доме", "зд", "здание", "стр", "строение", "влд", "вл"))
_LEFT_OUT = frozenset(("им", "имени", "на", "в", "по", "у", "около", "возле", "улицы"))
_POSTCODE = re.compile(r"\b\d{6}\b")
_FLAT = re.compile(r",?\s*\b(?:кв|квартира|оф|офис|пом|помещение|каб|ком|эт|этаж|подъезд)\b\.?\s*\d+\w*", re.IGNORECASE)
_PART = re.compile(r"[,;]")
_WORD = re.compile(r"[\w/-]+")


def key_of(address: str) -> str:
    """The cache's key: lower case, е for ё, no signs, abbreviations written out."""
    return " ".join(_STREETS.get(word, word) for word in _WORD.findall(normalise(address)))


def names_street(address: str) -> bool:
    """Whether an address is finer than a settlement: it names a street, or a house."""
    found = _WORD.findall(_POSTCODE.sub("", normalise(address)))
    return any(word in _STREETS or word in _street_forms() or word in _BEFORE_HOUSE for word in found)


def names_settlement(address: str) -> bool:
    """Whether a word such as «станица» stands before a name."""
    kinds, given = place_type_words.kinds(), _WORD.findall(address)
    return any(normalise(word) in kinds and given[at + 1][0].isupper() for at, word in enumerate(given[:-1]))


def stands_alone(address: str, settlement: str) -> bool:
    """Whether an address itself says in which settlement it is, so that the same address is the same place for everyone."""
    return names_settlement(address) or bool(settlement and _without(address, forms(settlement)) != address)


def question(address: str, settlement: str) -> str:
    """What a server is asked: house and street of the address, then the settlement in its nominative.

    settlement: as the gazetteer knows it; where that is empty, the address's own words stay.
    """
    left_out = forms(settlement) if settlement else set()
    parts = [_part(part) for part in _PART.split(_FLAT.sub("", _POSTCODE.sub("", address)))]
    kept = [part for one in parts if (part := _without(one, left_out)) and not _is_region_or_district(part)]
    return ", ".join([*kept, settlement] if settlement else kept)


def _part(text: str) -> str:
    """One part between commas, its abbreviations written out and its street in the nominative."""
    given = _WORD.findall(text)
    low = [normalise(word) for word in given]
    made: list[str] = []
    for at, (word, written) in enumerate(zip(low, given, strict=True)):
        following = low[at + 1] if at + 1 < len(low) else ""
        if word in _STREETS:
            made.append(_STREETS[word])
        elif word in _street_forms():
            made.append(_street_forms()[word])
        elif (word in place_type_words.kinds() and following) or (word in _BEFORE_HOUSE and following[:1].isdigit()) or word in _LEFT_OUT:
            continue
        else:
            made.append(_nominative(written, made[-1] if made else ""))
    return " ".join(made)


def _nominative(word: str, before: str) -> str:
    """«улица Красной» → «улица Красная»; other words stay."""
    return _agreeing(word, before) if before in _FULL_STREETS else word


@lru_cache(10_000)
def _agreeing(word: str, street: str) -> str:
    gender = morphology().parse(street)[0].tag.gender
    found = [one for one in morphology().parse(word) if "ADJF" in one.tag and "sing" in one.tag and one.tag.gender == gender]
    # A name in the genitive stays: «улица Ленина».
    if not found or not place_type_words.ADJECTIVE.fullmatch(normalise(word)):
        return word
    made = found[0].inflect({"nomn", "sing", gender})
    return made.word.capitalize() if made else word


@lru_cache(1)
def _street_forms() -> dict[str, str]:
    return {
        normalise(one.word): word
        for word in _FULL_STREETS
        for one in morphology().parse(word)[0].lexeme
        if "sing" in one.tag and "NOUN" in one.tag
    }


def _without(part: str, names: set[str]) -> str:
    """Without the name that the settlement is called by."""
    low = normalise(part)
    for name in sorted(names, key=len, reverse=True):
        if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", low):
            at = low.index(name)
            return f"{part[:at]}{part[at + len(name) :]}".strip()
    return part


def _is_region_or_district(part: str) -> bool:
    listed = place_type_words.districts() | place_type_words.regions()
    return any(normalise(word) in listed for word in part.split())
