"""What the words beside a name say: whether it is meant as a settlement, of what kind, and whether a route only leads there."""

from collections.abc import Sequence

from ingest.geocoding.toponyms import place_type_words
from ingest.geocoding.toponyms.gazetteer_index import GazetteerIndex, IndexEntry, Role
from ingest.geocoding.toponyms.inflection import CASES, cases_of
from ingest.geocoding.toponyms.reading.agreement import describes_noun, is_ordinary_word
from ingest.geocoding.toponyms.reading.street_names import find_longest_form
from ingest.geocoding.toponyms.reading.tokens import SENTENCE_ENDS, Tokens

_NOMINATIVE, _GENITIVE, _ACCUSATIVE, _LOCATIVE = (CASES.index(case) for case in ("nomn", "gent", "accs", "loct"))
_ALL_CASES = frozenset(range(len(CASES)))
_ALL_CASE_NAMES = frozenset(CASES)
_NONE: frozenset[int] = frozenset()
_AND = frozenset(("и", "или"))
_BEFORE_ADDRESS = frozenset(("", ",", ";", "\n", "("))
_AFTER_ADDRESS = frozenset(("", ",", ";", ".", "\n", ")"))
_BEFORE_CAPITAL_ABBREVIATION = frozenset(("", ",", ";", ":", "!", "?", "\n", "("))
_IN_OR_FROM = frozenset(("в", "во", "из"))
_INSTRUMENTAL_ONLY = frozenset((CASES.index("ablt"),))
_LACK = frozenset(("нет", "без"))
_LEAST_ABBREVIATION_AFTER = 3
"""Letters of an abbreviation that may stand behind a name: «Динская ст-ца»; shorter ones belong to what follows."""
_TOWN_POPULATION = 20_000
_LOOK_AHEAD = 4
"""Words after a name that may be the noun that it describes."""


class NameContext:
    """The context of the names in one text."""

    __slots__ = ("_index", "_tokens", "destination_ends", "districts", "has_route", "has_street", "last_name", "route_name_ends")

    def __init__(self, tokens: Tokens, index: GazetteerIndex) -> None:
        self._tokens, self._index = tokens, index
        self.has_street = False
        self.districts: set[str] | None = None
        """Codes of the districts that the text names."""
        self.has_route = False
        """A word such as «маршрут» is in the text."""
        self.last_name: tuple[int, str, Sequence[IndexEntry]] = (-99, "", ())
        """Of the settlement that has been found last: position after it, form of its name, entries."""
        self.destination_ends = _NONE
        self.route_name_ends = _NONE

    def is_between_commas(self, start: int, end: int) -> bool:
        """Whether a name stands alone, as in an address."""
        return self._tokens.words[start - 1] in _BEFORE_ADDRESS and self._tokens.words[end] in _AFTER_ADDRESS

    # --- the word for the kind of settlement ---

    def find_type_word_gender(self, start: int, end: int) -> str | None:
        """Return the gender of the word for the kind of settlement beside a name; None if there is no such word."""
        words, abbreviations = self._index.settlement_words, self._index.settlement_abbreviations
        written = self._tokens.words
        before = start - 1 if written[start - 1] != "." else start - 2
        word = written[before]
        # Only after an abbreviation there may be a dot.
        if word in words and (word in abbreviations) >= (before != start - 1) and self.is_type_word(before, start):
            return None if word == "с" and before == start - 1 and self._is_with(start, end) else words[word]
        after = written[end]
        if after not in words or (after in abbreviations and (len(after) < _LEAST_ABBREVIATION_AFTER or self._tokens.may_be_name(end + 1))):
            return None
        return words[after]

    def _is_with(self, start: int, end: int) -> bool:
        """«с Витязевом»: a preposition, not «село»."""
        form = " ".join(self._tokens.words[start:end])
        return _NOMINATIVE not in self.cases(form, self._index.entries_by_form.get(form, ()))

    def is_type_word(self, position: int, name_position: int) -> bool:
        """An abbreviation is a type word only before a capital letter, «2024 г.» is a year, and «ж/д ст.» a station."""
        tokens, word = self._tokens, self._tokens.words[position]
        previous = tokens.words[position - 1]
        if word not in self._index.settlement_abbreviations:
            return not word.startswith("пункт") or previous.startswith("населенн")
        if previous[:1].isdigit() or (word == "ст" and self._is_railway(position)):
            return False
        if not tokens.has_capitals:
            return len(word) > 1 or word == "г" or tokens.words[position + 1] == "." or previous in ("", ",")
        if not tokens.is_capitalised(name_position):
            return False
        return (
            not tokens.is_capitalised(position)
            or previous in _BEFORE_CAPITAL_ABBREVIATION
            or (len(tokens.written[name_position]) > 1 and tokens.written[name_position].isupper())
        )

    def is_town_after_stanitsa(self, start: int, entries: Sequence[IndexEntry]) -> bool:
        """«Ст. Анапа»: no stanitsa, but «Старая Анапа» or a station; stanitsas are small, or have names that are adjectives."""
        if self._tokens.words[self._tokens.position_before(start)] != "ст":
            return False
        return all(not entry.adjective and entry.settlement.population >= _TOWN_POPULATION for entry in entries)

    def _is_railway(self, position: int) -> bool:
        before = [word for word in self._tokens.words[max(0, position - 4) : position] if word not in (".", "/")]
        return before[-1:] == ["жд"] or before[-2:] == ["ж", "д"]

    # --- whether the name is meant ---

    def may_be_written_so(self, start: int, end: int, form: str, entries: Sequence[IndexEntry], gender: str | None) -> bool:
        """Whether a name may be written without a capital letter where it stands: only if it is no ordinary word there."""
        tokens = self._tokens
        if " " in form:
            previous = tokens.words[start - 1]
            is_named = gender is not None or previous in place_type_words.PLACE_PREPOSITIONS or previous in _AND
            return is_named or self.is_between_commas(start, end)
        if not is_ordinary_word(form):
            return True
        if gender is None and not tokens.has_capitals and tokens.words[start - 1] in _IN_OR_FROM:
            # «в красном нет света»: meant as a place, unless it describes a noun.
            return all(entry.adjective for entry in entries)
        if gender is None or tokens.words[tokens.position_before(start)] not in self._index.settlement_words:
            return False
        if not any(entry.adjective for entry in entries):
            return True
        fits = any(not gender or entry.gender in ("", gender) for entry in entries)
        return fits and not describes_noun(form, tokens.words_from(end, _LOOK_AHEAD), _ALL_CASE_NAMES)

    def is_meant_as_place(self, start: int, end: int, entries: Sequence[IndexEntry], form: str) -> bool:
        """Whether a name that is an ordinary word too is meant as a place name."""
        tokens, previous = self._tokens, self._tokens.words[start - 1]
        if form in self._index.nickname_forms and previous.startswith("жител"):
            return False
        has_adjective = any(entry.adjective for entry in entries)
        if previous in place_type_words.PLACE_PREPOSITIONS or (
            previous in ("с", "со") and tokens.words[start - 2] in place_type_words.WORDS_BEFORE_WITH
        ):
            return not has_adjective or not self._belongs_to_noun(start, end, previous)
        if previous in self._index.district_words or (previous == "по" and not has_adjective):
            return True
        if self._is_listed(start, end, form, entries):
            return True
        if previous in _BEFORE_ADDRESS and end in tokens.masked and self._is_beside_its_district(start, end, entries):
            # «Витязево Анапского района»
            return True
        may_be_address = self.is_between_commas(start, end) and not tokens.words[end + 1][:1].isdigit()
        if may_be_address and (self.has_street or self._is_beside_its_district(start, end, entries)):
            return True
        says_lack = tokens.words[end] in _LACK or (tokens.words[end] == "," and tokens.words[end + 1] in _LACK and not has_adjective)
        return previous in SENTENCE_ENDS and says_lack and not is_ordinary_word(form) and self.is_nominative(form, entries)

    def _is_beside_its_district(self, start: int, end: int, entries: Sequence[IndexEntry]) -> bool:
        """«Кабардинка, Геленджик» and «Медведовская, Тимашевский район»: a settlement or the name of its own district follows."""
        index, tokens = self._index, self._tokens
        if self.districts and any(index.is_within(entry.settlement.district, self.districts) for entry in entries):
            return True
        last_end, _, others = self.last_name
        if last_end != start - 1:
            after = end + 1
            if tokens.words[after] in index.settlement_words:
                after = tokens.position_after(after, abbreviation=True)
            others = find_longest_form(tokens, after, index)[1] if tokens.words[end] == "," and tokens.is_capitalised(after) else ()
        own = {entry.settlement.district for entry in entries if entry.settlement.district}
        return any(other.settlement.district in own for other in others)

    def _belongs_to_noun(self, start: int, end: int, preposition: str) -> bool:
        """«в Советской школе»: the name is an adjective of the next noun, in the case that the preposition takes."""
        cases = place_type_words.CASES_AFTER.get(preposition, place_type_words.GENITIVE)
        following = self._tokens.words_from(end, _LOOK_AHEAD)
        return bool(following) and describes_noun(self._tokens.words[start], following, cases)

    def _is_listed(self, start: int, end: int, form: str, entries: Sequence[IndexEntry]) -> bool:
        """«в Ильском, Северской и Афипском»: beside another name in the same case; after a comma not in the nominative."""
        tokens, previous = self._tokens, self._tokens.words[start - 1]
        last_end, last_form, last_entries = self.last_name
        if last_end == start - 1 and (previous in _AND or previous == ","):
            shared = self.cases(last_form, last_entries) & self.cases(form, entries)
            if shared and (previous != "," or shared != {_NOMINATIVE}):
                return True
        if tokens.words[end] not in _AND:
            return False
        other_end, others = find_longest_form(tokens, end + 1, self._index)
        if not tokens.is_capitalised(end + 1) and other_end < end + 3:
            return False
        return bool(others) and bool(self.cases(" ".join(tokens.words[end + 1 : other_end]), others) & self.cases(form, entries))

    def is_adjective_of_town(self, start: int, form: str, entries: Sequence[IndexEntry]) -> bool:
        """«в Крымском лесу»: after «в» it is an adjective, not the instrumental of «Крымск»."""
        return self._tokens.words[start - 1] in ("в", "во", "о", "об") and self.cases(form, entries) == _INSTRUMENTAL_ONLY

    @staticmethod
    def cases(form: str, entries: Sequence[IndexEntry]) -> frozenset[int]:
        """Return the cases that a form of a name can be, as indexes of `CASES`; all, if the form is a variant of its spelling."""
        return frozenset(case for entry in entries for case in cases_of(entry.settlement.name, form)) or _ALL_CASES

    def is_nominative(self, form: str, entries: Sequence[IndexEntry]) -> bool:
        """Whether a form is the nominative, and no other case but the accusative."""
        cases = self.cases(form, entries)
        return _NOMINATIVE in cases and _GENITIVE not in cases

    # --- routes ---

    def find_unknown_location(self) -> str:
        """Return the first capitalised name after «в» that is neither known nor an ordinary word: «в Адыгее, до Краснодара 5 км»."""
        tokens = self._tokens
        if not tokens.has_capitals:
            return ""
        for position in range(1, tokens.count):
            if tokens.words[position - 1] in _IN_OR_FROM and tokens.is_capitalised(position) and position not in tokens.masked:
                name = position
                if place_type_words.ADJECTIVE.fullmatch(tokens.words[name]) and tokens.is_capitalised(name + 1):
                    name += 1
                if not tokens.written[name].isupper() and not is_ordinary_word(tokens.words[name]):
                    return " ".join(tokens.written[position : name + 1])
        return ""

    def follows_route_word(self, start: int) -> bool:
        """«маршрут 105 Краснодар», «трасса Анапа», or the next name of such a route."""
        before = start - 1
        while self._tokens.words[before][:1].isdigit():
            before -= 1
        return start in self.route_name_ends or self._tokens.words[before] in self._index.route_words

    def is_destination(self, start: int, form: str, entries: Sequence[IndexEntry]) -> bool:
        """«автобус до Анапы», «дорога из станицы Каневской в Краснодар»: where a route leads to and comes from."""
        tokens, before = self._tokens, self._tokens.position_before(start)
        before = before - 1 if tokens.words[before] in self._index.settlement_words else start - 1
        if tokens.words[before - 1] not in self._index.route_words and before not in self.destination_ends:
            return False
        preposition = tokens.words[before]
        if preposition in ("в", "во") and _LOCATIVE in self.cases(form, entries):
            return False
        return preposition in place_type_words.ROUTE_PREPOSITIONS

    def is_place_word(self, position: int) -> bool:
        """Whether a name can begin at a position."""
        return bool(self._index.roles.get(self._tokens.words[position], 0) & Role.PLACE) and self._tokens.may_be_name(position)
