"""What a text says about places: settlements, districts and regions that it names, streets left out.

Streets and districts are looked for first and masked: «улице Ленина» is not the hamlet of Lenin, and «Октябрьском районе
Краснодара» not the village Oktyabrsky.
"""

from dataclasses import dataclass, field
from functools import lru_cache

from ingest.geocoding.toponyms import place_type_words
from ingest.geocoding.toponyms.gazetteer_index import LONGEST, Entry, GazetteerIndex, Role, stem
from ingest.geocoding.toponyms.inflection import morphology
from ingest.mapping import normalise

_SIGNS = frozenset(',.;:!?()«»"\n/—–')
_QUOTES = {"«": "»", '"': '"'}
_AGREEING = {"masc": ("ий", "ый", "ой", "ом", "ем"), "femn": ("ая", "яя", "ой", "ей", "ую"), "neut": ("ое", "ее", "ом", "ем")}
_STREET_NAME = 3
"""Words that a street's name has at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Mention:
    """A settlement that a text names."""

    entries: tuple[Entry, ...]
    typed: bool
    """A word such as «станица» stands beside the name."""
    gender: str
    """Of that word; empty where there is none, or it says nothing."""
    at: int
    """Place of its first word among all words and signs."""
    listed: bool
    """It stands between commas, as in an address."""


@dataclass(slots=True)
class PlaceMentions:
    """What a text says about places, in the order of the text."""

    mentions: list[Mention] = field(default_factory=list)
    districts: set[str] = field(default_factory=set)
    """Codes; those of one name are all here."""
    unknown_districts: list[str] = field(default_factory=list)
    unknown_places: list[str] = field(default_factory=list)
    """Names after a word such as «станица» that are not known."""
    region: bool = False
    """The own region is named."""
    elsewhere: str = ""
    """Another region that is named."""
    street: bool = False
    """A street is named."""


def find_mentions(text: str, lexicon: GazetteerIndex) -> PlaceMentions:
    """What a text says."""
    return _Reader(text, lexicon).read()


class _Reader:
    def __init__(self, text: str, lexicon: GazetteerIndex) -> None:
        self.given = place_type_words.TOKEN.findall(text)
        # Lower case and е for ё keep the number of words: none of them has another sign in it.
        self.low = normalise("\0".join(self.given)).split("\0") if self.given else []
        self.lexicon = lexicon
        self.masked: set[int] = set()
        self.made = PlaceMentions()

    def read(self) -> PlaceMentions:
        roles = self.lexicon.roles
        marks = [(at, roles[word]) for at, word in enumerate(self.low) if word in roles]
        if marks:
            self._quotes()
            for role, look in (
                (Role.STREET, self._street), (Role.REGION, self._region), (Role.DISTRICT, self._district), (Role.PLACE, self._place),
                (Role.KIND, self._unknown),
            ):  # fmt: skip
                for at, own in marks:
                    if own & role and at not in self.masked:
                        look(at)
        return self.made

    # --- words around a place ---

    def _word(self, at: int) -> str:
        return self.low[at] if 0 <= at < len(self.low) else ""

    def _capital(self, at: int) -> bool:
        return 0 <= at < len(self.given) and self.given[at][0].isupper()

    def _after_dot(self, at: int, *, short: bool) -> int:
        """Where the name after the word at `at` begins; an abbreviation may have a dot."""
        return at + 2 if short and self._word(at + 1) == "." else at + 1

    def _before_dot(self, at: int) -> int:
        """Where the word before `at` is, over a dot."""
        return at - 2 if self._word(at - 1) == "." else at - 1

    # --- streets and other things ---

    def _quotes(self) -> None:
        """Names in quotes are those of shops and companies."""
        for at, sign in enumerate(self.low):
            if sign in _QUOTES and at not in self.masked:
                ends = [end for end in range(at + 2, min(at + 6, len(self.low))) if self.low[end] == _QUOTES[sign]]
                self.masked |= set(range(at, ends[0] + 1)) if ends else set()

    def _street(self, at: int) -> None:
        self.made.street = True
        short = self.lexicon.streets[self.low[at]]
        begin = self._after_dot(at, short=short)
        follows = begin < len(self.low) and self._word(begin) not in _SIGNS and (self._capital(begin) or self._word(begin)[0].isdigit())
        self.masked.add(at)
        if self._adjective_before(at, follows and short):
            self.masked.add(at - 1)
        elif follows or (short and self._word(begin) in ("имени", "им")):
            self.masked |= set(range(begin, self._end_of_street(begin)))

    def _adjective_before(self, at: int, name_follows: bool) -> bool:
        """«на Красной улице», «Ростовское шоссе»: but not «в Каневской улица Мира», where the two do not agree."""
        if name_follows or not self._capital(at - 1) or not place_type_words.ADJECTIVE.fullmatch(self._word(at - 1)):
            return False
        if self._word(self._before_dot(at - 1)) in self.lexicon.kinds:
            return False
        return self.lexicon.streets[self.low[at]] or _agree(self._word(at - 1), self.low[at])

    def _end_of_street(self, at: int) -> int:
        if self._word(at) in ("имени", "им"):
            at = self._after_dot(at, short=True)
        while len(self._word(at)) == 1 and self._word(at).isalpha() and self._word(at + 1) == ".":
            at += 2
        first, end = self._word(at), at + 1
        if first[:1].isdigit():
            end += 1 + (self._word(at + 1) in ("лет", "летия", "летие"))
        elif first in place_type_words.GIVEN_NAMES:
            end += 1
        return min(end, at + _STREET_NAME, len(self.low))

    # --- regions and districts ---

    def _region(self, at: int) -> None:
        before, after = at - 1, self._after_dot(at, short=True)
        if self._capital(before) and place_type_words.ADJECTIVE.fullmatch(self._word(before)):
            named = before
        elif self._capital(after) and self._word(at) not in ("обл", "край", "области", "область"):
            named = after
        else:
            return
        self._name_region(named, at)

    def _name_region(self, named: int, at: int) -> None:
        self.masked |= {named, at}
        if not self.lexicon.region_stems or stem(self._word(named)) in self.lexicon.region_stems:
            self.made.region = True
        else:
            self.made.elsewhere = self.given[named]

    def _district(self, at: int) -> None:
        before = at - 1
        while place_type_words.DISTRICT_ADJECTIVES.fullmatch(self._word(before)):
            if place_type_words.AUTONOMOUS.fullmatch(self._word(before)):
                return self._name_region(before - 1, at)
            before -= 1
        word = self._word(before)
        self.masked.add(at)
        if codes := self.lexicon.district_of.get(word):
            self.masked |= set(range(before, at))
            self.made.districts |= codes
        elif self._capital(before) and place_type_words.ADJECTIVE.fullmatch(word):
            self.masked |= set(range(before, at))
            self.made.unknown_districts.append(self.given[before])
        return None

    # --- settlements ---

    def _place(self, at: int) -> None:
        for length in range(min(self.lexicon.longest[self.low[at]], LONGEST), 0, -1):
            form = " ".join(self.low[at : at + length])
            span = set(range(at, at + length))
            if form in self.lexicon.places_of and not span & self.masked:
                if mention := self._mention(at, at + length, self.lexicon.places_of[form]):
                    self.masked |= span
                    self.made.mentions.append(mention)
                return

    def _mention(self, at: int, end: int, entries: list[Entry]) -> Mention | None:
        kind = self._kind(at, end)
        comes_after = self._word(at - 1)
        listed = comes_after in ("", ",", ";", "\n", "(") and self._word(end) in ("", ",", ";", ".", "\n", ")")
        form = " ".join(self.low[at:end])
        if kind is None:
            if not self._capital(at) or comes_after == "на" or form in self.lexicon.region_names:
                return None
            if all(one.risky for one in entries) and not self._meant(at, end, entries, listed):
                return None
        return Mention(tuple(entries), kind is not None, kind or "", at, listed or kind is not None)

    def _kind(self, at: int, end: int) -> str | None:
        """The gender of the word for the kind of settlement beside a name; None where there is none."""
        before = self._before_dot(at)
        word = self._word(before)
        if word in self.lexicon.kinds and (word in self.lexicon.short_kinds) >= (before != at - 1) and self._is_sign_of_kind(before, at):
            return self.lexicon.kinds[word]
        after = self._word(end)
        return self.lexicon.kinds[after] if after in self.lexicon.kinds and after not in self.lexicon.short_kinds else None

    def _is_sign_of_kind(self, before: int, at: int) -> bool:
        """An abbreviation is one before a capital letter only, and «2024 г.» is a year."""
        if self._word(before) not in self.lexicon.short_kinds:
            return True
        return self._capital(at) and not self._word(before - 1)[:1].isdigit() and (not self._capital(before) or before == 0)

    def _meant(self, at: int, end: int, entries: list[Entry], listed: bool) -> bool:
        """Whether a name that is a word too is meant as a place's."""
        preposition = self._word(at - 1)
        if preposition not in place_type_words.NEAR:
            return listed and self.made.street and not self._word(end + 1)[:1].isdigit()
        return not any(one.adjective for one in entries) or not self._belongs_to_noun(at, end, preposition)

    def _belongs_to_noun(self, at: int, end: int, preposition: str) -> bool:
        """«в Советской школе»: the name is an adjective of the next word, in the case that the preposition takes."""
        following = self._word(end)
        if not following or following in _SIGNS or following[0].isdigit():
            return False
        return _is_adjective_of(self.low[at], following, preposition)

    def _unknown(self, at: int) -> None:
        """A word such as «станица» before a name that is not known."""
        name = self._after_dot(at, short=self.low[at] in self.lexicon.short_kinds)
        known = name in self.masked or (self._word(name) in self.lexicon.roles and not self.lexicon.roles[self._word(name)] & Role.PLACE)
        if not known and self._capital(name) and self._is_sign_of_kind(at, name) and self._word(name) not in _SIGNS:
            self.made.unknown_places.append(self.given[name])


@lru_cache(100_000)
def _agree(adjective: str, noun: str) -> bool:
    """Whether they can belong together, in gender and case."""
    gender = morphology().parse(noun)[0].tag.gender
    return gender is None or (adjective.endswith(_AGREEING[gender]) and bool(_cases(adjective) & _cases(noun)))


@lru_cache(100_000)
def _is_adjective_of(name: str, following: str, preposition: str) -> bool:
    """Whether a name can be an adjective of the next word, in a case that the preposition takes."""
    cases = place_type_words.CASE_AFTER.get(preposition, {"gent"})
    own = {(one.tag.case, one.tag.gender, one.tag.number) for one in morphology().parse(name) if "ADJF" in one.tag}
    theirs = {
        (one.tag.case, one.tag.gender if one.tag.number == "sing" else None, one.tag.number)
        for one in morphology().parse(following)
        if one.tag.POS in ("NOUN", "ADJF")
    }
    return any(case in cases for case, _, _ in own & theirs)


def _cases(word: str) -> set[str]:
    return {one.tag.case for one in morphology().parse(word) if one.tag.case}
