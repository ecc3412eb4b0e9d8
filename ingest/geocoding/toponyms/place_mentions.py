"""Find the settlements, districts and regions that a text names; names of streets are skipped.

Streets and districts are searched first, and their words masked: «улице Ленина» is not the hamlet of Lenin, and
«Октябрьском районе Краснодара» is not the village Oktyabrsky.
"""

from dataclasses import dataclass, field
from functools import lru_cache

from ingest.geocoding.toponyms import place_type_words
from ingest.geocoding.toponyms.gazetteer_index import MAX_NAME_WORDS, GazetteerIndex, IndexEntry, Role, stem
from ingest.geocoding.toponyms.inflection import morphology
from ingest.mapping import normalise

_PUNCTUATION = frozenset(',.;:!?()«»"\n/—–')
_CLOSING_QUOTES = {"«": "»", '"': '"'}
_AGREEING_ENDINGS = {"masc": ("ий", "ый", "ой", "ом", "ем"), "femn": ("ая", "яя", "ой", "ей", "ую"), "neut": ("ое", "ее", "ом", "ем")}
_MAX_STREET_NAME_WORDS = 3
_MAX_QUOTED_TOKENS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Mention:
    """A settlement that a text names."""

    entries: tuple[IndexEntry, ...]
    """All settlements of that name."""
    has_type_word: bool
    """A word such as «станица» is beside the name."""
    gender: str
    """Gender of that word; empty if there is no such word, or if it has none."""
    position: int
    """Index of its first word among all tokens of the text."""
    in_address: bool
    """It is between commas, as in an address, or has a type word."""


@dataclass(slots=True)
class PlaceMentions:
    """The places that a text names, in the order of the text."""

    settlements: list[Mention] = field(default_factory=list)
    districts: set[str] = field(default_factory=set)
    """Codes; all districts of one name are here."""
    unknown_districts: list[str] = field(default_factory=list)
    unknown_places: list[str] = field(default_factory=list)
    """Names after a word such as «станица» that are not in the index."""
    own_region: bool = False
    """The region of the index is named."""
    other_region: str = ""
    """The name of another region in the text; otherwise empty."""
    has_street: bool = False
    """A street is named."""


def find_mentions(text: str, index: GazetteerIndex) -> PlaceMentions:
    """Find the places that a text names."""
    return _MentionFinder(text, index).find()


class _MentionFinder:
    def __init__(self, text: str, index: GazetteerIndex) -> None:
        self.tokens = place_type_words.TOKEN.findall(text)
        # Normalising keeps the number of tokens: no token contains the separator or a space.
        self.words = normalise("\0".join(self.tokens)).split("\0") if self.tokens else []
        self.index = index
        self.masked: set[int] = set()
        self.result = PlaceMentions()

    def find(self) -> PlaceMentions:
        roles = self.index.roles
        matches = [(position, roles[word]) for position, word in enumerate(self.words) if word in roles]
        if matches:
            self._mask_quoted_names()
            for role, handle in (
                (Role.STREET, self._find_street), (Role.REGION, self._find_region), (Role.DISTRICT, self._find_district),
                (Role.PLACE, self._find_settlement), (Role.SETTLEMENT_WORD, self._find_unknown_settlement),
            ):  # fmt: skip
                for position, word_roles in matches:
                    if word_roles & role and position not in self.masked:
                        handle(position)
        return self.result

    # --- words around a position ---

    def _word(self, position: int) -> str:
        return self.words[position] if 0 <= position < len(self.words) else ""

    def _is_capitalised(self, position: int) -> bool:
        return 0 <= position < len(self.tokens) and self.tokens[position][0].isupper()

    def _position_after(self, position: int, *, abbreviation: bool) -> int:
        """Return the position of the next word; a dot after an abbreviation is skipped."""
        return position + 2 if abbreviation and self._word(position + 1) == "." else position + 1

    def _position_before(self, position: int) -> int:
        """Return the position of the previous word; a dot is skipped."""
        return position - 2 if self._word(position - 1) == "." else position - 1

    # --- streets and other objects ---

    def _mask_quoted_names(self) -> None:
        """Mask names in quotes: they are names of shops and companies."""
        for position, word in enumerate(self.words):
            if word in _CLOSING_QUOTES and position not in self.masked:
                last = min(position + 1 + _MAX_QUOTED_TOKENS, len(self.words))
                ends = [end for end in range(position + 2, last) if self.words[end] == _CLOSING_QUOTES[word]]
                self.masked |= set(range(position, ends[0] + 1)) if ends else set()

    def _find_street(self, position: int) -> None:
        self.result.has_street = True
        abbreviation = self.index.street_words[self.words[position]]
        start = self._position_after(position, abbreviation=abbreviation)
        name_follows = self._is_street_name_at(start)
        self.masked.add(position)
        if self._has_adjective_before(position, name_follows and abbreviation):
            self.masked.add(position - 1)
        elif name_follows or (abbreviation and self._word(start) in ("имени", "им")):
            self.masked |= set(range(start, self._end_of_street_name(start)))

    def _is_street_name_at(self, position: int) -> bool:
        if position >= len(self.words) or self._word(position) in _PUNCTUATION:
            return False
        return self._is_capitalised(position) or self._word(position)[0].isdigit()

    def _has_adjective_before(self, position: int, name_follows: bool) -> bool:
        """«на Красной улице», «Ростовское шоссе»; but not «в Каневской улица Мира», where the adjective does not agree."""
        if (
            name_follows
            or not self._is_capitalised(position - 1)
            or not place_type_words.ADJECTIVE.fullmatch(self._word(position - 1))
            or self._word(self._position_before(position - 1)) in self.index.settlement_words
        ):
            return False
        return self.index.street_words[self.words[position]] or _do_agree(self._word(position - 1), self.words[position])

    def _end_of_street_name(self, start: int) -> int:
        """Return the position after a street name: initials, numbers and given names belong to it."""
        if self._word(start) in ("имени", "им"):
            start = self._position_after(start, abbreviation=True)
        while len(self._word(start)) == 1 and self._word(start).isalpha() and self._word(start + 1) == ".":
            start += 2
        first_word, end = self._word(start), start + 1
        if first_word[:1].isdigit():
            end += 1 + (self._word(start + 1) in ("лет", "летия", "летие"))
        elif first_word in place_type_words.GIVEN_NAMES:
            end += 1
        return min(end, start + _MAX_STREET_NAME_WORDS, len(self.words))

    # --- regions and districts ---

    def _find_region(self, position: int) -> None:
        before, after = position - 1, self._position_after(position, abbreviation=True)
        if self._is_capitalised(before) and place_type_words.ADJECTIVE.fullmatch(self._word(before)):
            self._record_region(before, position)
        elif self._is_capitalised(after) and self._word(position) not in ("обл", "край", "области", "область"):
            self._record_region(after, position)

    def _record_region(self, name_position: int, position: int) -> None:
        self.masked |= {name_position, position}
        if not self.index.region_stems or stem(self._word(name_position)) in self.index.region_stems:
            self.result.own_region = True
        else:
            self.result.other_region = self.tokens[name_position]

    def _find_district(self, position: int) -> None:
        before = position - 1
        while place_type_words.DISTRICT_ADJECTIVES.fullmatch(self._word(before)):
            if place_type_words.AUTONOMOUS.fullmatch(self._word(before)):
                return self._record_region(before - 1, position)
            before -= 1
        word = self._word(before)
        self.masked.add(position)
        if codes := self.index.district_codes_by_form.get(word):
            self.masked |= set(range(before, position))
            self.result.districts |= codes
        elif self._is_capitalised(before) and place_type_words.ADJECTIVE.fullmatch(word):
            self.masked |= set(range(before, position))
            self.result.unknown_districts.append(self.tokens[before])
        return None

    # --- settlements ---

    def _find_settlement(self, start: int) -> None:
        """Record the longest name that begins at `start`, unless it is not meant as a place name."""
        for length in range(min(self.index.max_words[self.words[start]], MAX_NAME_WORDS), 0, -1):
            form = " ".join(self.words[start : start + length])
            positions = set(range(start, start + length))
            if form in self.index.entries_by_form and not positions & self.masked:
                if mention := self._make_mention(start, start + length, self.index.entries_by_form[form]):
                    self.masked |= positions
                    self.result.settlements.append(mention)
                return

    def _make_mention(self, start: int, end: int, entries: list[IndexEntry]) -> Mention | None:
        gender = self._find_type_word_gender(start, end)
        previous = self._word(start - 1)
        between_commas = previous in ("", ",", ";", "\n", "(") and self._word(end) in ("", ",", ";", ".", "\n", ")")
        form = " ".join(self.words[start:end])
        if gender is None:
            if not self._is_capitalised(start) or previous == "на" or form in self.index.region_forms:
                return None
            if all(entry.ambiguous for entry in entries) and not self._is_meant_as_place(start, end, entries, between_commas):
                return None
        return Mention(tuple(entries), gender is not None, gender or "", start, between_commas or gender is not None)

    def _find_type_word_gender(self, start: int, end: int) -> str | None:
        """Return the gender of the word for the kind of settlement beside a name; None if there is no such word."""
        words, abbreviations = self.index.settlement_words, self.index.settlement_abbreviations
        before = self._position_before(start)
        word = self._word(before)
        # Only after an abbreviation there may be a dot.
        if word in words and (word in abbreviations) >= (before != start - 1) and self._is_type_word(before, start):
            return words[word]
        after = self._word(end)
        return words[after] if after in words and after not in abbreviations else None

    def _is_type_word(self, position: int, name_position: int) -> bool:
        """An abbreviation is a type word only before a capital letter, and «2024 г.» is a year."""
        if self._word(position) not in self.index.settlement_abbreviations:
            return True
        after_number = self._word(position - 1)[:1].isdigit()
        return self._is_capitalised(name_position) and not after_number and (not self._is_capitalised(position) or position == 0)

    def _is_meant_as_place(self, start: int, end: int, entries: list[IndexEntry], between_commas: bool) -> bool:
        """Whether a name that is an ordinary word too is meant as a place name."""
        preposition = self._word(start - 1)
        if preposition not in place_type_words.PLACE_PREPOSITIONS:
            return between_commas and self.result.has_street and not self._word(end + 1)[:1].isdigit()
        return not any(entry.adjective for entry in entries) or not self._belongs_to_noun(start, end, preposition)

    def _belongs_to_noun(self, start: int, end: int, preposition: str) -> bool:
        """«в Советской школе»: the name is an adjective of the next word, in the case that the preposition takes."""
        following = self._word(end)
        if not following or following in _PUNCTUATION or following[0].isdigit():
            return False
        return _is_adjective_of(self.words[start], following, preposition)

    def _find_unknown_settlement(self, position: int) -> None:
        """Record a name after a word such as «станица» that is not in the index."""
        name = self._position_after(position, abbreviation=self.words[position] in self.index.settlement_abbreviations)
        word = self._word(name)
        has_other_role = word in self.index.roles and not self.index.roles[word] & Role.PLACE
        if name in self.masked or has_other_role or word in _PUNCTUATION:
            return
        if self._is_capitalised(name) and self._is_type_word(position, name):
            self.result.unknown_places.append(self.tokens[name])


@lru_cache(100_000)
def _do_agree(adjective: str, noun: str) -> bool:
    """Whether they agree in gender and case."""
    gender = morphology().parse(noun)[0].tag.gender
    return gender is None or (adjective.endswith(_AGREEING_ENDINGS[gender]) and bool(_cases(adjective) & _cases(noun)))


@lru_cache(100_000)
def _is_adjective_of(name: str, following: str, preposition: str) -> bool:
    """Whether a name can be an adjective of the next word, in a case that the preposition takes."""
    cases = place_type_words.CASES_AFTER.get(preposition, {"gent"})
    name_tags = {(parse.tag.case, parse.tag.gender, parse.tag.number) for parse in morphology().parse(name) if "ADJF" in parse.tag}
    following_tags = {
        (parse.tag.case, parse.tag.gender if parse.tag.number == "sing" else None, parse.tag.number)
        for parse in morphology().parse(following)
        if parse.tag.POS in ("NOUN", "ADJF")
    }
    return any(case in cases for case, _, _ in name_tags & following_tags)


def _cases(word: str) -> set[str]:
    return {parse.tag.case for parse in morphology().parse(word) if parse.tag.case}
