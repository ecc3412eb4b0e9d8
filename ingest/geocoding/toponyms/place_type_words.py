"""Words that tell what kind of place the name beside them is: a settlement, a street, a district or a region."""

import re

from ingest.geocoding.toponyms.inflection import CASES, morphology
from ingest.mapping import normalise

TOKEN = re.compile(r"[А-Яа-яЁё]+(?:-(?:(?!(?:то|таки|нет|без)\b)[А-Яа-яЁё]+|\d{1,2}(?!\d)))*|\d+[А-Яа-яЁё]?|[,.;:!?()«»\"\n/—–-]")
"""A word with its number («Краснодар-1») and without what is no part of it («в Нальчике-то»), a house number, or a punctuation mark."""

_SETTLEMENT_WORDS = {
    "masc": "город посёлок хутор аул городок разъезд город-курорт",
    "femn": "станица деревня слобода",
    "neut": "село",
    "": "пункт",
}
_SETTLEMENT_ABBREVIATIONS = {
    "masc": "г гор г-к гк г-д п пос пгт рп х хут аул",
    "femn": "ст-ца стца ст-цы ст-це ст-цу ст-цей дер д",
    "neut": "с",
    "": "ст снп нп",
}
_STREET_WORDS = (
    "улица переулок проспект проезд бульвар набережная шоссе площадь тупик аллея тракт микрорайон квартал река озеро гора "
    "рынок магазин кафе санаторий пансионат отель гостиница парк стадион кинотеатр товарищество "
    "завод фабрика совхоз колхоз мост кладбище лицей гимназия остановка "
    "станция вокзал автовокзал автостанция аэропорт платформа порт ущелье водопад мыс залив лиман канал ручей хребет перевал остров "
    "пляж ресторан бар клуб банк ферма комбинат база лагерь фирма компания команда театр музей колледж техникум турбаза отдых водоканал "
    "агрофирма центр"
)
OWNED_BY_TOWNS = ("набережная", "рынок", "парк", "кладбище", "вокзал", "автовокзал", "порт", "пляж", "центр")
"""Of these a name that is not declined is the town that they are in: «пляж Сочи», but not «санаторий Сочи»."""

NATURAL_NAMES = frozenset(["эльбрус", "малка", "урух", "черек", "урвань"])
"""Villages named like a river, a lake, a mountain or a peninsula: a capital letter alone does not mean the village."""
REGION_NICKNAMES = frozenset(("кубань",))
"""Villages named like a river and its whole region: «жители Кубани» are those of the region."""
_STREET_ABBREVIATIONS = (
    "ул пер пр пр-т пр-кт просп пр-д б-р бул наб ш пл туп ал мкр мкрн мкр-н мк-н кв-л снт днт дск жк тц трц трк тсж тсн сдт "
    "с/т зао ооо оао пао ао фк ук р имени им р-ка рек реки ост"
)
_STREETS_NAMED_AFTER_TOWNS = ("улица", "переулок", "проспект", "проезд", "бульвар", "шоссе", "площадь", "тупик", "аллея")
_ROUTE_WORDS = (
    "маршрут маршрутка автобус микроавтобус троллейбус трамвай поезд электричка электропоезд рейс паром трасса автодорога автотрасса "
    "дорога газопровод водопровод направление перегон"
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
        "жители", "жителей", "жителям", "жителями", "житель", "между", "от", "вокруг", "неподалеку", "для",
        "за", "перед", "мимо",
    )
)  # fmt: skip
"""Words after which a capitalised name is a place name, even if it is an ordinary word as well."""
CASES_AFTER = {
    "в": frozenset(("loct", "accs")), "во": frozenset(("loct", "accs")), "к": frozenset(("datv",)), "ко": frozenset(("datv",)),
    "под": frozenset(("ablt", "accs")), "подо": frozenset(("ablt", "accs")), "через": frozenset(("accs",)),
    "между": frozenset(("ablt", "gent")), "за": frozenset(("ablt", "accs")), "перед": frozenset(("ablt",)),
    "с": frozenset(("ablt",)), "со": frozenset(("ablt",)),
}  # fmt: skip
"""Grammatical cases after a preposition, and of a name without one; the genitive after those that are not listed."""
GENITIVE = frozenset(("gent",))

WORDS_BEFORE_WITH = frozenset(("рядом", "вместе", "наравне", "соседству", "граничит", "граница", "сравнению"))
"""«рядом с Каневской»: after these words «с» comes before a place."""
DIRECTIONS = frozenset(("до", "к", "ко", "от", "через"))
"""«в Супсехе, до Анапы 5 км»: after these words comes a place that the text may only measure its own by."""
ROUTE_PREPOSITIONS = frozenset(("на", "в", "во", "до", "из", "от", "через", "к"))


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


def streets_named_after_towns() -> frozenset[str]:
    """Return the words after which a name in the genitive is the street's name: «улица Муравленко»; not so «набережная Анапы»."""
    full = {form for word in _STREETS_NAMED_AFTER_TOWNS for form in _singular_forms(word)}
    return frozenset(full | set(_STREET_ABBREVIATIONS.split())) - {"улицы"}


def owned_by_towns() -> frozenset[str]:
    """Return the words for objects before a town in the genitive, all cases."""
    return frozenset(form for word in OWNED_BY_TOWNS for form in _singular_forms(word))


def route_words() -> frozenset[str]:
    """Return the words before the names of the ends of a route, in all forms."""
    parses = (morphology().parse(word)[0] for word in _ROUTE_WORDS.split())
    return frozenset(normalise(form.word) for parse in parses for form in parse.lexeme if "NOUN" in form.tag)


def street_words() -> dict[str, bool]:
    """Return the words before the name of a street or of another thing that is not a settlement → whether it is an abbreviation."""
    return dict.fromkeys(_singular_forms(_STREET_WORDS), False) | dict.fromkeys(_STREET_ABBREVIATIONS.split(), True)


def district_words() -> frozenset[str]:
    """Return the words for districts, all cases and abbreviations."""
    return frozenset(_singular_forms(_DISTRICT_WORDS)) | frozenset(_DISTRICT_ABBREVIATIONS.split())


def region_words() -> frozenset[str]:
    """Return the words for regions, all cases and abbreviations."""
    return frozenset(_singular_forms(_REGION_WORDS)) | frozenset(_REGION_ABBREVIATIONS.split())
