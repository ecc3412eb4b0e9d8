"""Find the settlements, districts and regions that a text names; names of streets are skipped.

Streets and districts are searched first, and their words masked: «улице Ленина» is not the hamlet of Lenin, and
«Октябрьском районе Краснодара» is not the village Oktyabrsky.
"""

from dataclasses import dataclass, field

from ingest.geocoding.toponyms import place_type_words
from ingest.geocoding.toponyms.gazetteer_index import MAX_NAME_WORDS, GazetteerIndex, IndexEntry, Role, stem
from ingest.geocoding.toponyms.reading.agreement import agree
from ingest.geocoding.toponyms.reading.compound_names import WITHOUT_DOT, end_of_compound, start_of_compound
from ingest.geocoding.toponyms.reading.name_context import NameContext
from ingest.geocoding.toponyms.reading.spelling import NEEDS_REPAIR, repair_spelling
from ingest.geocoding.toponyms.reading.street_names import mask_quoted_names, mask_street
from ingest.geocoding.toponyms.reading.tokens import DASHES, PUNCTUATION, SENTENCE_ENDS, Tokens

_MAX_ABBREVIATION = 6
"""Letters of a shortened first word: «Нов. Уренгой»."""
_NEVER_IN_NAME = PUNCTUATION | frozenset(("", "на", "в", "с", "нет", "не", "и", "по", "у"))
"""Words after a name that never belong to it."""
_ADJECTIVE_ENDINGS = frozenset(("ском", "цком"))
_LEAST_MISSPELT = 5
"""Letters of a word that is compared with misspelt names."""


@dataclass(slots=True, eq=False)
class Mention:
    """A settlement that a text names. Not frozen: one is made for every text, and freezing triples the time."""

    entries: tuple[IndexEntry, ...]
    """All settlements of that name."""
    has_type_word: bool
    """A word such as «станица» is beside the name."""
    gender: str
    """Gender of that word; empty if there is no such word, or if it has none."""
    position: int
    """Index of its first word among all tokens of the text."""
    end: int
    """Index of the token after it."""
    in_address: bool
    """It is between commas, as in an address, or has a type word."""
    is_corrected: bool = False
    """The text has the name with a typing mistake, or shortened."""


@dataclass(slots=True)
class PlaceMentions:
    """The places that a text names, in the order of the text."""

    settlements: list[Mention] = field(default_factory=list)
    destinations: tuple[Mention, ...] = ()
    """Settlements that a route leads to or comes from: «автобус до Анапы». The text is about another place, if it names one."""
    route_ends: tuple[Mention, ...] = ()
    """Settlements that give a route its name: «маршрут Краснодар — Анапа»."""
    districts: set[str] = field(default_factory=set)
    """Codes; all districts of one name are here."""
    unknown_districts: list[str] = field(default_factory=list)
    unknown_places: list[str] = field(default_factory=list)
    """Names after a word such as «станица» that are not in the index, and compounds with a name that is."""
    own_region: bool = False
    """The region of the index is named."""
    other_region: str = ""
    """The name of another region in the text; otherwise empty."""
    has_street: bool = False
    """A street is named."""


def find_mentions(text: str, index: GazetteerIndex) -> PlaceMentions:
    """Find the places that a text names."""
    if NEEDS_REPAIR.search(text):
        text = repair_spelling(text, index.words_by_sound)
    return _MentionFinder(text, index).find()


class _MentionFinder:
    def __init__(self, text: str, index: GazetteerIndex) -> None:
        self.tokens = Tokens(text)
        self.index = index
        self.result = PlaceMentions()
        self.context = NameContext(self.tokens, index)

    def find(self) -> PlaceMentions:
        roles = self.index.roles
        matches = [(position, roles[word]) for position, word in enumerate(self.tokens.words[: self.tokens.count]) if word in roles]
        if matches:
            self._handle(matches)
        settlements = self.result.settlements
        if not settlements:
            if not self.result.unknown_places:
                self._find_misspelt()
        elif len(settlements) == 1 and self.tokens.words[settlements[0].position - 1] in place_type_words.DIRECTIONS:
            self._check_direction()
        return self.result

    def _handle(self, matches: list[tuple[int, int]]) -> None:
        """Handle words by what they can be: all streets, then all regions, and so on."""
        if self.tokens.has_quotes:
            mask_quoted_names(self.tokens)
        present = 0
        for _, word_roles in matches:
            present |= word_roles
        self.context.has_route = bool(present & Role.ROUTE)
        for role, handle in _HANDLERS:
            if present & role:
                for position, word_roles in matches:
                    if word_roles & role and position not in self.tokens.masked:
                        handle(self, position)

    def _check_direction(self) -> None:
        """Record the unknown place that the text is about: the only known one is after «до» or the like."""
        if name := self.context.find_unknown_location():
            self.result.unknown_places.append(name)

    def _find_street(self, position: int) -> None:
        self.result.has_street = self.context.has_street = True
        mask_street(self.tokens, position, self.index)

    # --- regions and districts ---

    def _find_region(self, position: int) -> None:
        tokens = self.tokens
        before, after = position - 1, tokens.position_after(position, abbreviation=True)
        if tokens.may_be_name(before) and place_type_words.ADJECTIVE.fullmatch(tokens.words[before]):
            self._record_region(before, position)
        elif tokens.may_be_name(after) and tokens.words[position] not in ("обл", "край", "области", "область"):
            self._record_region(after, position)

    def _record_region(self, name_position: int, position: int) -> None:
        is_own = not self.index.region_stems or stem(self.tokens.words[name_position]) in self.index.region_stems
        if not is_own and not self.tokens.has_capitals:
            # «дальний край» or «любая область»
            return
        self.tokens.masked |= {name_position, position}
        if is_own:
            self.result.own_region = True
        else:
            self.result.other_region = self.tokens.written[name_position]

    def _find_district(self, position: int) -> None:
        tokens, before = self.tokens, self.tokens.position_before(position)
        while place_type_words.DISTRICT_ADJECTIVES.fullmatch(tokens.words[before]):
            if place_type_words.AUTONOMOUS.fullmatch(tokens.words[before]):
                return self._record_region(before - 1, position)
            before -= 1
        word = tokens.words[before]
        tokens.masked.add(position)
        codes = self.index.district_codes_by_form.get(word)
        if codes is None and before == position - 2:
            codes = self.index.complete_district(word)
        if codes:
            tokens.masked |= set(range(before, position))
            self.result.districts |= codes
            self.context.districts = self.result.districts
        elif before != position - 2 and tokens.is_capitalised(before) and place_type_words.ADJECTIVE.fullmatch(word):
            tokens.masked |= set(range(before, position))
            self.result.unknown_districts.append(tokens.written[before])
        return None

    # --- settlements ---

    def _find_settlement(self, start: int) -> None:
        """Record the longest name that begins at `start`, unless it is not meant as a place name."""
        tokens, index = self.tokens, self.index
        word = tokens.words[start]
        if word in index.abbreviated_words and self._find_abbreviated(start):
            return
        longest = index.max_words[word]
        if longest == 1:
            if entries := index.entries_by_form.get(word):
                self._record(start, start + 1, word, entries)
            return
        for length in range(longest, 0, -1):
            end = start + length
            form = " ".join(tokens.words[start:end])
            if length > 1 and tokens.words[start + 1] == "-":
                # «Усть - Лабинск»
                end += 1
                form = " ".join((tokens.words[start], *tokens.words[start + 2 : end]))
            entries = index.entries_by_form.get(form)
            if entries and tokens.masked.isdisjoint(range(start, end)):
                self._record(start, end, form, entries)
                return

    def _find_abbreviated(self, start: int) -> bool:
        """Record «Н. Уренгой», and return whether it is one."""
        tokens, index = self.tokens, self.index
        last = start - 1 if tokens.words[start - 1] == "-" else start
        before = tokens.position_before(last)
        beginning = tokens.words[before]
        if not beginning or before in tokens.masked or not tokens.may_be_name(before) or len(beginning) > _MAX_ABBREVIATION:
            return False
        has_dot = before != last - 1
        if len(beginning) == 1 and (beginning in index.settlement_words or not (has_dot or beginning in WITHOUT_DOT)):
            return False
        if not has_dot and beginning in place_type_words.PLACE_PREPOSITIONS:
            return False
        for length in range(MAX_NAME_WORDS - 1, 0, -1):
            form = " ".join(tokens.words[start : start + length])
            names = index.abbreviated.get(form, ())
            entries = [entry for first, entry in names if first.startswith(beginning) and len(beginning) < len(first) - 1]
            if entries:
                self._append(Mention(tuple(dict.fromkeys(entries)), False, "", before, start + length, True), form)
                return True
        return False

    def _record(self, start: int, end: int, form: str, entries: tuple[IndexEntry, ...]) -> None:
        """Record the mention of a name, unless it is not meant as a place name."""
        context, tokens = self.context, self.tokens
        previous, following = tokens.words[start - 1], tokens.words[end]
        gender = context.find_type_word_gender(start, end)
        if gender is None and (previous == "на" or form in self.index.region_forms):
            return
        if gender == "" and context.is_town_after_stanitsa(start, entries):
            self.result.unknown_places.append(" ".join(tokens.written[tokens.position_before(start) : end]))
            return
        if gender is None and previous == "," and following[:1].isdigit() and self.result.settlements:
            # «Ноябрьск, Муравленко 5»: a street
            return
        if not tokens.written[start][0].isupper() and not context.may_be_written_so(start, end, form, entries, gender):
            return
        may_be_compound = following not in _NEVER_IN_NAME or previous not in place_type_words.PLACE_PREPOSITIONS
        if may_be_compound and self._is_part_of_compound(start, end, has_type_word=gender is not None):
            return
        if form[-4:] in _ADJECTIVE_ENDINGS and context.is_adjective_of_town(start, form, entries):
            return
        in_address = gender is not None or context.is_between_commas(start, end)
        mention = Mention(entries, gender is not None, gender or "", start, end, in_address)
        may_be_route = context.has_route or following in DASHES or previous in DASHES
        if may_be_route and self._is_route_end(start, end, form, entries):
            self.tokens.masked |= set(range(start, end))
            context.route_name_ends |= {end}
            self.result.route_ends += (mention,)
        elif gender is not None or form not in self.index.ambiguous_forms or context.is_meant_as_place(start, end, entries, form):
            self._append(mention, form)

    def _append(self, mention: Mention, form: str) -> None:
        context = self.context
        self.tokens.masked.update(range(mention.position, mention.end))
        context.last_name = mention.end, form, mention.entries
        if context.has_route and context.is_destination(mention.position, form, mention.entries):
            context.destination_ends |= {mention.end}
            self.result.destinations += (mention,)
        else:
            self.result.settlements.append(mention)

    def _is_part_of_compound(self, start: int, end: int, *, has_type_word: bool) -> bool:
        """Whether the name is a part of the name of another place, which is recorded as unknown."""
        tokens = self.tokens
        follows_type_word = has_type_word and tokens.words[tokens.position_before(start)] in self.index.settlement_words
        begin = start if follows_type_word else start_of_compound(tokens, start)
        stop = end_of_compound(tokens, end, street_follows=tokens.words[end + 1] in self.index.street_words)
        if (begin, stop) == (start, end):
            return False
        tokens.masked |= set(range(begin, stop))
        self.result.unknown_places.append(" ".join(tokens.written[begin:stop]))
        return True

    def _is_route_end(self, start: int, end: int, form: str, entries: tuple[IndexEntry, ...]) -> bool:
        """«маршрут Краснодар — Анапа», «трасса Анапа»: beside another name, or in the nominative after a word for a route."""
        tokens, context = self.tokens, self.context
        if tokens.words[end] in DASHES and context.is_place_word(end + 1):
            return True
        if tokens.words[start - 1] in DASHES and (start - 1 in context.route_name_ends or context.is_place_word(start - 2)):
            return True
        return context.follows_route_word(start) and context.is_nominative(form, entries)

    # --- names that are not in the index ---

    def _find_unknown_settlement(self, position: int) -> None:
        """Record a name after a word such as «станица» that is not in the index; corrected, if it has a typing mistake."""
        tokens, word = self.tokens, self.tokens.words[position]
        name = tokens.position_after(position, abbreviation=word in self.index.settlement_abbreviations)
        following = tokens.words[name]
        has_other_role = following in self.index.roles and not self.index.roles[following] & Role.PLACE
        if name in tokens.masked or has_other_role or following in PUNCTUATION or not self.context.is_type_word(position, name):
            return
        if self._is_unknown_name(name, word) and not self._correct(name, has_type_word=True):
            self.result.unknown_places.append(tokens.written[name])

    def _is_unknown_name(self, name: int, type_word: str) -> bool:
        """Whether a word after a type word is a name; in small letters an adjective that agrees with it: «в станице незнакомой»."""
        tokens = self.tokens
        if tokens.is_capitalised(name):
            return True
        following = tokens.words[name]
        if tokens.has_capitals or len(following) < _LEAST_MISSPELT or type_word in self.index.settlement_abbreviations:
            return False
        return bool(place_type_words.ADJECTIVE.fullmatch(following)) and agree(following, type_word)

    def _find_misspelt(self) -> None:
        """Look for misspelt and shortened names after a preposition, and alone before a street."""
        tokens = self.tokens
        for position, word in enumerate(tokens.words):
            if len(word) >= _LEAST_MISSPELT and word not in self.index.roles and position not in tokens.masked:
                previous, following = tokens.words[position - 1], tokens.words[position + 1]
                in_context = previous in place_type_words.PLACE_PREPOSITIONS or (
                    previous in SENTENCE_ENDS and self.result.has_street and following in (",", ".")
                )
                if in_context and tokens.may_be_name(position) and self._correct(position, has_type_word=False):
                    return

    def _correct(self, position: int, *, has_type_word: bool) -> bool:
        """Record the name that a word means, and return whether it means one."""
        tokens, corrector = self.tokens, self.index.corrector
        word, following = tokens.words[position], tokens.words[position + 1]
        form, end = None, position + 1
        if following not in PUNCTUATION and tokens.may_be_name(end):
            # «Горячй Ключ»
            form, end = corrector.correct(f"{word} {following}", stem(word)), position + 2
        if form is None:
            form, end = corrector.correct(word, stem(word)), position + 1
        if form is None and following == ".":
            form = corrector.complete(word)
        if form is None or self._is_part_of_compound(position, end, has_type_word=has_type_word):
            return False
        entries = self.index.entries_by_form[form]
        follows_preposition = not has_type_word and tokens.words[position - 1] in place_type_words.PLACE_PREPOSITIONS
        if follows_preposition and not self.context.is_meant_as_place(position, end, entries, form):
            return False
        self._append(Mention(entries, has_type_word, "", position, end, has_type_word, is_corrected=True), form)
        return True


_HANDLERS = (
    (Role.STREET, _MentionFinder._find_street),
    (Role.REGION, _MentionFinder._find_region),
    (Role.DISTRICT, _MentionFinder._find_district),
    (Role.PLACE, _MentionFinder._find_settlement),
    (Role.SETTLEMENT_WORD, _MentionFinder._find_unknown_settlement),
)
"""What a word can be, and how it is handled, in this order."""
