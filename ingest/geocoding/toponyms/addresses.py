"""Normalise addresses as people write them: for the keys of the cache, and for the queries to servers.

Servers know only names in the nominative and no abbreviations: «д. 5», «г. Усть-Лабинск» and «на улице Красной» find nothing.
"""

import re
from functools import lru_cache

from ingest.geocoding.toponyms import place_type_words
from ingest.geocoding.toponyms.inflection import inflect_name, morphology
from ingest.mapping import normalise

_STREET_ABBREVIATIONS = {
    "ул": "улица", "пер": "переулок", "пр-кт": "проспект", "пр-т": "проспект", "просп": "проспект", "пр": "проспект",
    "б-р": "бульвар", "бул": "бульвар", "наб": "набережная", "пл": "площадь", "ш": "шоссе", "пр-д": "проезд", "туп": "тупик",
    "мкр": "микрорайон", "мкрн": "микрорайон", "мкр-н": "микрорайон",
}  # fmt: skip
_STREET_WORDS = ("улица", "переулок", "проспект", "проезд", "бульвар", "набережная", "шоссе", "площадь", "тупик", "аллея", "микрорайон")
_HOUSE_WORDS = frozenset(("д", "дом", "дома", "доме", "зд", "здание", "стр", "строение", "влд", "вл"))
_IGNORED_WORDS = frozenset(("им", "имени", "на", "в", "по", "у", "около", "возле", "улицы"))
_POSTCODE = re.compile(r"\b\d{6}\b")
_FLAT = re.compile(r",?\s*\b(?:кв|квартира|оф|офис|пом|помещение|каб|ком|эт|этаж|подъезд)\b\.?\s*\d+\w*", re.IGNORECASE)
_SEPARATOR = re.compile(r"[,;]")
_WORD = re.compile(r"[\w/-]+")


def address_key(address: str) -> str:
    """Return the key of an address in the cache: lower case, е for ё, no punctuation, abbreviations written out."""
    return " ".join(_STREET_ABBREVIATIONS.get(word, word) for word in _WORD.findall(normalise(address)))


def names_street(address: str) -> bool:
    """Whether an address is more precise than a settlement: it names a street or a house."""
    words = _WORD.findall(_POSTCODE.sub("", normalise(address)))
    return any(word in _STREET_ABBREVIATIONS or word in _street_forms() or word in _HOUSE_WORDS for word in words)


def names_settlement(address: str) -> bool:
    """Whether a word such as «станица» is followed by a capitalised name."""
    kinds, words = place_type_words.settlement_words(), _WORD.findall(address)
    return any(normalise(word) in kinds and words[index + 1][0].isupper() for index, word in enumerate(words[:-1]))


def is_self_contained(address: str, settlement: str) -> bool:
    """Whether an address names its settlement itself, so that the same address always means the same place."""
    return names_settlement(address) or bool(settlement and _remove_name(address, inflect_name(settlement)) != address)


def format_server_query(address: str, settlement: str) -> str:
    """Return the text that a server is asked for: street and house of the address, then the settlement in the nominative.

    settlement: the gazetteer's name; if empty, the address's own words for the settlement stay.
    """
    settlement_forms = inflect_name(settlement) if settlement else set()
    parts = [_normalise_part(part) for part in _SEPARATOR.split(_FLAT.sub("", _POSTCODE.sub("", address)))]
    parts = [_remove_name(part, settlement_forms) for part in parts]
    parts = [part for part in parts if part and not _is_region_or_district(part)]
    return ", ".join([*parts, settlement] if settlement else parts)


def _normalise_part(text: str) -> str:
    """Return one part between commas with abbreviations written out and the street in the nominative."""
    words = _WORD.findall(text)
    normalised = [normalise(word) for word in words]
    result: list[str] = []
    for index, (word, written) in enumerate(zip(normalised, words, strict=True)):
        following = normalised[index + 1] if index + 1 < len(normalised) else ""
        if word in _STREET_ABBREVIATIONS:
            result.append(_STREET_ABBREVIATIONS[word])
        elif word in _street_forms():
            result.append(_street_forms()[word])
        elif not _is_left_out(word, following):
            result.append(_to_nominative(written, result[-1] if result else ""))
    return " ".join(result)


def _is_left_out(word: str, following: str) -> bool:
    """Whether servers do not know a word of an address: «станица», «дом» before a number, prepositions."""
    if word in place_type_words.settlement_words() and following:
        return True
    return (word in _HOUSE_WORDS and following[:1].isdigit()) or word in _IGNORED_WORDS


def _to_nominative(word: str, previous: str) -> str:
    """Return «Красная» for «Красной» after «улица»; other words stay."""
    return _agree_with(word, previous) if previous in _STREET_WORDS else word


@lru_cache(10_000)
def _agree_with(word: str, street: str) -> str:
    gender = morphology().parse(street)[0].tag.gender
    adjectives = [parse for parse in morphology().parse(word) if "ADJF" in parse.tag and "sing" in parse.tag and parse.tag.gender == gender]
    # A name in the genitive stays: «улица Ленина».
    if not adjectives or not place_type_words.ADJECTIVE.fullmatch(normalise(word)):
        return word
    nominative = adjectives[0].inflect({"nomn", "sing", gender})
    return nominative.word.capitalize() if nominative else word


@lru_cache(1)
def _street_forms() -> dict[str, str]:
    """Return each singular form of a word for a street → its nominative."""
    return {
        normalise(form.word): word
        for word in _STREET_WORDS
        for form in morphology().parse(word)[0].lexeme
        if "sing" in form.tag and "NOUN" in form.tag
    }


def _remove_name(part: str, names: set[str]) -> str:
    """Return `part` without the longest of `names` in it."""
    normalised = normalise(part)
    for name in sorted(names, key=len, reverse=True):
        if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", normalised):
            start = normalised.index(name)
            return f"{part[:start]}{part[start + len(name) :]}".strip()
    return part


def _is_region_or_district(part: str) -> bool:
    area_words = place_type_words.district_words() | place_type_words.region_words()
    return any(normalise(word) in area_words for word in part.split())
