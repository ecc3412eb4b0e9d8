"""Words that say what the name beside them is: a settlement, a street, a district, a region."""

import re

from ingest.geocoding.toponyms.inflection import CASES, morphology
from ingest.mapping import normalise

TOKEN = re.compile(r"[А-Яа-яЁё]+(?:-[А-Яа-яЁё]+)*|\d+[А-Яа-яЁё]?|[,.;:!?()«»\"\n/—–]")
"""Words, house numbers, and the signs that end a phrase."""

_KINDS = {
    "masc": "город посёлок хутор аул городок разъезд",
    "femn": "станица деревня слобода",
    "neut": "село",
}
_SHORT_KINDS = {
    "masc": "г гор п пос пгт рп х хут аул",
    "femn": "ст-ца стца ст-цы ст-це ст-цу дер",
    "neut": "с",
    "": "ст снп нп",
}
_STREETS = (
    "улица переулок проспект проезд бульвар набережная шоссе площадь тупик аллея тракт микрорайон квартал река озеро гора "
    "рынок магазин кафе санаторий пансионат отель гостиница парк стадион кинотеатр товарищество "
    "завод фабрика совхоз колхоз мост кладбище лицей гимназия остановка маршрут"
)
_SHORT_STREETS = (
    "ул пер пр пр-т пр-кт просп пр-д б-р бул наб ш пл туп ал мкр мкрн мкр-н мк-н кв-л снт днт дск жк тц трц тсж сдт с/т зао ооо оао "
    "имени им р-ка рек реки"
)
_DISTRICTS = "район округ"
_SHORT_DISTRICTS = "р-н р-на р-не р-ну р-ном р-он мр мо го"
_REGIONS = "край область республика"
_SHORT_REGIONS = "обл респ"

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
"""First of two words of a street's name."""

NEAR = frozenset(
    (
        "в", "во", "из", "под", "подо", "возле", "около", "у", "до", "близ", "к", "ко", "через", "вблизи", "недалеко",
        "жители", "жителей", "жителям", "жителями", "житель",
    )
)  # fmt: skip
"""Words after which a name with a capital letter is a place's, even if it could be something else."""
CASE_AFTER = {
    "в": {"loct", "accs"}, "во": {"loct", "accs"}, "к": {"datv"}, "ко": {"datv"}, "под": {"ablt", "accs"}, "через": {"accs"},
}  # fmt: skip
"""Cases that a preposition takes; the genitive for those that are not here."""


def _forms(words: str) -> dict[str, str]:
    """Each singular form → the word."""
    found: dict[str, str] = {}
    for word in words.split():
        noun = next(one for one in morphology().parse(word) if "NOUN" in one.tag and "nomn" in one.tag)
        found |= {normalise(one.word): word for case in CASES if (one := noun.inflect({case, "sing"}))}
    return found


def kinds() -> dict[str, str]:
    """Words for kinds of settlements, full in all cases and short → the gender that an adjective beside them has."""
    full = {form: gender for gender, words in _KINDS.items() for form in _forms(words)}
    return full | {word: gender for gender, words in _SHORT_KINDS.items() for word in words.split()}


def short_kinds() -> frozenset[str]:
    """Abbreviations, which may stand before a dot, and mean a settlement only before a capital letter."""
    return frozenset(" ".join(_SHORT_KINDS.values()).split())


def streets() -> dict[str, bool]:
    """Words after which comes the name of a street or another thing that is no settlement → whether they are short."""
    return dict.fromkeys(_forms(_STREETS), False) | dict.fromkeys(_SHORT_STREETS.split(), True)


def districts() -> frozenset[str]:
    """Words for districts."""
    return frozenset(_forms(_DISTRICTS)) | frozenset(_SHORT_DISTRICTS.split())


def regions() -> frozenset[str]:
    """Words for regions."""
    return frozenset(_forms(_REGIONS)) | frozenset(_SHORT_REGIONS.split())
