"""Words that tell what kind of place the name beside them is: a settlement, a street, a district or a region."""

import re

from ingest.geocoding.toponyms.inflection import CASES, morphology
from ingest.mapping import normalise

TOKEN = re.compile(r"[А-Яа-яЁё]+(?:-[А-Яа-яЁё]+)*|\d+[А-Яа-яЁё]?|[,.;:!?()«»\"\n/—–]")
"""A word, a house number, or a punctuation mark that ends a phrase."""

_SETTLEMENT_WORDS = {
    "masc": "город посёлок хутор аул городок разъезд",
    "femn": "станица деревня слобода",
    "neut": "село",
}
_SETTLEMENT_ABBREVIATIONS = {
    "masc": "г гор п пос пгт рп х хут аул",
    "femn": "ст-ца стца ст-цы ст-це ст-цу дер",
    "neut": "с",
    "": "ст снп нп",
}
_STREET_WORDS = (
    "улица переулок проспект проезд бульвар набережная шоссе площадь тупик аллея тракт микрорайон квартал река озеро гора "
    "рынок магазин кафе санаторий пансионат отель гостиница парк стадион кинотеатр товарищество "
    "завод фабрика совхоз колхоз мост кладбище лицей гимназия остановка маршрут"
)
_STREET_ABBREVIATIONS = (
    "ул пер пр пр-т пр-кт просп пр-д б-р бул наб ш пл туп ал мкр мкрн мкр-н мк-н кв-л снт днт дск жк тц трц тсж сдт с/т зао ооо оао "
    "имени им р-ка рек реки"
)
_DISTRICT_WORDS = "район округ"
_DISTRICT_ABBREVIATIONS = "р-н р-на р-не р-ну р-ном р-он мр мо го"
_REGION_WORDS = "край область республика"
_REGION_ABBREVIATIONS = "обл респ"

DISTRICT_ADJECTIVES = re.compile(r"(?:муниципальн|городск|внутригородск|административн|сельск|автономн)\w+")
AUTONOMOUS = re.compile(r"автономн\w+")
ADJECTIVE = re.compile(r".{2,}(?:ий|ый|ой|ая|яя|ое|ее|ого|его|ому|ему|им|ым|ом|ем|ую|юю|ей)$")
GIVEN_NAMES = frozenset(
    (
        "карла", "розы", "клары", "максима", "героев", "героя", "братьев", "маршала", "генерала", "адмирала", "академика",
        "космонавта", "партизана", "зои", "льва", "александра", "павлика", "сергея", "степана", "василия", "ивана", "юрия",
        "михаила", "николая", "петра", "ленинского", "россии",
    )
)  # fmt: skip
"""First words of street names of two words."""

PLACE_PREPOSITIONS = frozenset(
    (
        "в", "во", "из", "под", "подо", "возле", "около", "у", "до", "близ", "к", "ко", "через", "вблизи", "недалеко",
        "жители", "жителей", "жителям", "жителями", "житель",
    )
)  # fmt: skip
"""Words after which a capitalised name is a place name, even if it is an ordinary word as well."""
CASES_AFTER = {
    "в": {"loct", "accs"}, "во": {"loct", "accs"}, "к": {"datv"}, "ко": {"datv"}, "под": {"ablt", "accs"}, "через": {"accs"},
}  # fmt: skip
"""Grammatical cases after a preposition; the genitive after those that are not listed."""


def _singular_forms(words: str) -> dict[str, str]:
    """Return each singular form of the nouns → the noun in the nominative."""
    forms: dict[str, str] = {}
    for word in words.split():
        noun = next(parse for parse in morphology().parse(word) if "NOUN" in parse.tag and "nomn" in parse.tag)
        forms |= {normalise(form.word): word for case in CASES if (form := noun.inflect({case, "sing"}))}
    return forms


def settlement_words() -> dict[str, str]:
    """Return the words for kinds of settlements (all cases, and abbreviations) → the gender of an adjective beside them."""
    full = {form: gender for gender, words in _SETTLEMENT_WORDS.items() for form in _singular_forms(words)}
    return full | {word: gender for gender, words in _SETTLEMENT_ABBREVIATIONS.items() for word in words.split()}


def settlement_abbreviations() -> frozenset[str]:
    """Return the abbreviations among them: a dot may follow, and they count only before a capital letter."""
    return frozenset(" ".join(_SETTLEMENT_ABBREVIATIONS.values()).split())


def street_words() -> dict[str, bool]:
    """Return the words before the name of a street or of another thing that is not a settlement → whether it is an abbreviation."""
    return dict.fromkeys(_singular_forms(_STREET_WORDS), False) | dict.fromkeys(_STREET_ABBREVIATIONS.split(), True)


def district_words() -> frozenset[str]:
    """Return the words for districts, all cases and abbreviations."""
    return frozenset(_singular_forms(_DISTRICT_WORDS)) | frozenset(_DISTRICT_ABBREVIATIONS.split())


def region_words() -> frozenset[str]:
    """Return the words for regions, all cases and abbreviations."""
    return frozenset(_singular_forms(_REGION_WORDS)) | frozenset(_REGION_ABBREVIATIONS.split())
