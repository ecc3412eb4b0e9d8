"""Find the names of streets, stations, shops and other objects: their words are no settlements."""

from ingest.geocoding.toponyms import place_type_words
from ingest.geocoding.toponyms.gazetteer_index import MAX_NAME_WORDS, GazetteerIndex, IndexEntry
from ingest.geocoding.toponyms.inflection import CASES, cases_of
from ingest.geocoding.toponyms.reading.agreement import agree
from ingest.geocoding.toponyms.reading.tokens import PUNCTUATION, Tokens

_CLOSING_QUOTES = {"«": "»", '"': '"'}
_MAX_STREET_NAME_WORDS = 3
_MAX_QUOTED_TOKENS = 5
_NAMED_AFTER_SOMEBODY = ("имени", "им")
_BEFORE_SETTLEMENT = place_type_words.PLACE_PREPOSITIONS | frozenset(("", ",", "и", "с"))
_GENITIVE = CASES.index("gent")


def mask_quoted_names(tokens: Tokens) -> None:
    """Mask names in quotes: they are names of shops and companies."""
    for position, word in enumerate(tokens.words):
        if word in _CLOSING_QUOTES and position not in tokens.masked:
            last = min(position + 1 + _MAX_QUOTED_TOKENS, tokens.count)
            ends = [end for end in range(position + 2, last) if tokens.words[end] == _CLOSING_QUOTES[word]]
            tokens.masked |= set(range(position, ends[0] + 1)) if ends else set()


def mask_street(tokens: Tokens, position: int, index: GazetteerIndex) -> None:
    """Mask the word for a street or an object at a position, and its name before or after it."""
    if _begins_settlement(tokens, position, index):
        return
    abbreviation = index.street_words[tokens.words[position]]
    start = tokens.position_after(position, abbreviation=abbreviation)
    name_follows = _is_name_at(tokens, start)
    tokens.masked.add(position)
    if _has_adjective_before(tokens, position, index, name_follows=name_follows and abbreviation):
        tokens.masked.add(position - 1)
    elif (name_follows and not _is_owner_at(tokens, start, index)) or (abbreviation and tokens.words[start] in _NAMED_AFTER_SOMEBODY):
        tokens.masked |= set(range(start, _end_of_name(tokens, start, index)))


def _begins_settlement(tokens: Tokens, position: int, index: GazetteerIndex) -> bool:
    """«в Мысе Каменном», «хутор имени Ленина»; but not «школа имени Ленина»."""
    if tokens.words[position] not in index.max_words or find_longest_form(tokens, position, index)[0] < position + 2:
        return False
    previous = tokens.words[tokens.position_before(position)]
    return tokens.is_capitalised(position) or previous in index.settlement_words or previous in _BEFORE_SETTLEMENT


def _is_name_at(tokens: Tokens, position: int) -> bool:
    word = tokens.words[position]
    if not word or word in PUNCTUATION:
        return False
    return tokens.may_be_name(position) or word[0].isdigit()


def _is_owner_at(tokens: Tokens, start: int, index: GazetteerIndex) -> bool:
    """«набережная Анапы», «улицы Краснодара»: the town in the genitive owns the object, that is not named after it."""
    if tokens.words[start - 1] in index.streets_named_after_towns or tokens.words[start] not in index.max_words:
        return False
    end, entries = find_longest_form(tokens, start, index)
    form = " ".join(tokens.words[start:end])
    names = {entry.settlement.name for entry in entries if not entry.ambiguous}
    is_owned = tokens.words[start - 1] in index.owned_by_towns
    return any(_GENITIVE in (cases := cases_of(name, form)) and (is_owned or 0 not in cases) for name in names)


def find_longest_form(tokens: Tokens, start: int, index: GazetteerIndex) -> tuple[int, tuple[IndexEntry, ...]]:
    """Return the end of the longest name of the index that begins at `start`, and its entries; `start` and none without one."""
    for length in range(min(index.max_words.get(tokens.words[start], 0), MAX_NAME_WORDS), 0, -1):
        entries = index.entries_by_form.get(" ".join(tokens.words[start : start + length]))
        if entries:
            return start + length, entries
    return start, ()


def _has_adjective_before(tokens: Tokens, position: int, index: GazetteerIndex, *, name_follows: bool) -> bool:
    """«на Красной улице», «Ростовское шоссе»; but not «в Каневской улица Мира», where the adjective does not agree."""
    before = tokens.words[position - 1]
    if (
        name_follows
        or not tokens.may_be_name(position - 1)
        or not place_type_words.ADJECTIVE.fullmatch(before)
        or tokens.words[tokens.position_before(position - 1)] in index.settlement_words
    ):
        return False
    return index.street_words[tokens.words[position]] or agree(before, tokens.words[position])


def _end_of_name(tokens: Tokens, start: int, index: GazetteerIndex) -> int:
    """Return the position after a street name: initials, numbers and given names belong to it."""
    if tokens.words[start] in _NAMED_AFTER_SOMEBODY:
        start = tokens.position_after(start, abbreviation=True)
    while len(tokens.words[start]) == 1 and tokens.words[start].isalpha() and tokens.words[start + 1] == ".":
        start += 2
    first_word, end = tokens.words[start], start + 1
    if first_word[:1].isdigit():
        end += 1 + (tokens.words[start + 1] in ("лет", "летия", "летие"))
    elif first_word in place_type_words.GIVEN_NAMES:
        end += 1
    elif first_word in index.max_words:
        # «ул. Красная Поляна»
        end = max(end, find_longest_form(tokens, start, index)[0])
    return min(end, start + _MAX_STREET_NAME_WORDS, tokens.count)
