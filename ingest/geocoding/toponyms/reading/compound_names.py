"""Tell compound names from the name in them: «Верхний Чегем», «Н. Тамань», «Чегем 2», «Каневская Южная» are other places."""

from ingest.geocoding.toponyms import place_type_words
from ingest.geocoding.toponyms.inflection import inflect_name
from ingest.geocoding.toponyms.reading.agreement import agree, counts_something
from ingest.geocoding.toponyms.reading.tokens import PUNCTUATION, SENTENCE_ENDS, Tokens


def _forms(*masculine: str) -> frozenset[str]:
    """Return all forms of adjectives in all genders and both numbers."""
    endings = {"ий": ("ий", "яя", "ее", "ие"), "ый": ("ый", "ая", "ое", "ые"), "ой": ("ой", "ая", "ое", "ие")}
    return frozenset(form for word in masculine for ending in endings[word[-2:]] for form in inflect_name(word[:-2] + ending))


_ADJECTIVES = _forms(
    "верхний", "нижний", "средний", "дальний", "ближний", "крайний", "новый", "старый", "малый", "большой", "великий"
)  # fmt: skip
"""Before a name they make the name of another settlement, also without a capital letter: «в верхнем Чегеме»."""

_ABBREVIATED_ADJECTIVES = frozenset(
    [
        "н",
        "ниж",
        "нижн",
        "нов",
        "в",
        "верх",
        "верхн",
        "ст",
        "стар",
        "м",
        "мал",
        "б",
        "бол",
        "больш",
        "ср",
        "сред",
        "средн",
        "кр",
        "красн",
        "бел",
    ]
)

_ORDINALS = _forms("первый", "второй", "четвертый", "пятый") | frozenset(("третий", "третья", "третье", "третьего", "третьем", "третьей"))

_STATION_ADJECTIVES = _forms(
    "южный", "северный", "западный", "восточный", "центральный", "главный", "пассажирский", "товарный", "новый", "старый", "большой",
    "малый", "верхний", "нижний", "сортировочный", "узловой",
)  # fmt: skip
"""After a name they make the name of a station or another part: «Каневская Южная»."""

WITHOUT_DOT = frozenset("нмб")
"""Letters for adjectives that are no words: «Н Уренгой»; «В» and «С» are prepositions."""
_ONE_LETTER_KINDS = frozenset("гспхд")
"""Letters that are abbreviations of kinds of settlements."""

_MAX_NUMBER_DIGITS = 1
"""Of a number that belongs to a name; longer ones are houses and years."""


def start_of_compound(tokens: Tokens, start: int) -> int:
    """Return where the compound begins whose last part is the name at `start`; `start` if the name stands alone."""
    before = tokens.words[start - 1]
    if before == ".":
        return start - 2 if _is_abbreviated_adjective(tokens, start - 2) else start
    if not before or start - 1 in tokens.masked or before in PUNCTUATION:
        return start
    if tokens.words[start - 2] in ("на", "по"):
        # «на Новой Краснодара» is a street.
        return start
    if before in WITHOUT_DOT and tokens.is_capitalised(start - 1):
        return start - 1
    if before in _ADJECTIVES or _is_named_adjective(tokens, start - 1, start):
        return start - 1
    return start


def end_of_compound(tokens: Tokens, end: int, *, street_follows: bool) -> int:
    """Return where the compound ends whose first part is the name up to `end`; `end` if the name stands alone."""
    after = tokens.words[end]
    if not after or after in PUNCTUATION:
        return end
    if after[0].isdigit():
        return end + 1 if not street_follows and _is_number_of_name(tokens, end) else end
    if after.split("-")[0] in _ORDINALS:
        return end + 1 if (tokens.is_capitalised(end) or not tokens.has_capitals) and agree(after, tokens.words[end - 1]) else end
    if after in _STATION_ADJECTIVES and tokens.is_capitalised(end) and not street_follows:
        following = tokens.words[end + 1]
        return end if following[:1].isdigit() or not agree(after, tokens.words[end - 1]) else end + 1
    return end


def _is_abbreviated_adjective(tokens: Tokens, position: int) -> bool:
    """«В. Краснодар», «Нов. Анапа»; «г.» and the like are words for kinds of settlements."""
    word = tokens.words[position]
    if not word or position in tokens.masked:
        return False
    return (word in _ABBREVIATED_ADJECTIVES and tokens.may_be_name(position)) or (
        len(word) == 1 and tokens.is_capitalised(position) and word not in _ONE_LETTER_KINDS
    )


def _is_named_adjective(tokens: Tokens, position: int, name: int) -> bool:
    """A capitalised adjective within a sentence: «в Красном Армавире»."""
    return (
        tokens.has_capitals
        and tokens.is_capitalised(position)
        and tokens.words[position - 1] not in SENTENCE_ENDS
        and bool(place_type_words.ADJECTIVE.fullmatch(tokens.words[position]))
        and not place_type_words.ADJECTIVE.fullmatch(tokens.words[name])
        and agree(tokens.words[position], tokens.words[name])
    )


def _is_number_of_name(tokens: Tokens, position: int) -> bool:
    """«Чегем 2 нет воды»; but not «в Чегеме 2 дня нет воды» or «Чегем 25»."""
    following = tokens.words[position + 1]
    if len(tokens.words[position]) > _MAX_NUMBER_DIGITS or following[:1].isdigit() or following == "/":
        return False
    return not (following and following not in PUNCTUATION and counts_something(following))
