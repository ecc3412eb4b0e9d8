"""Index of all place names of a region in all their forms: built once, then looked up for every word of a text."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from boundaries.names import normalise_name, strip_kind_words
from boundaries.stored import StoredDistrict
from geo_service.core.model import DistrictLevel
from ingest.geocoding.toponyms import place_type_words
from ingest.geocoding.toponyms.inflection import GENDERS, derive_adjectives, inflect_name, is_adjective, morphology, numbered_forms
from ingest.geocoding.toponyms.reading.spelling import index_by_sound
from ingest.geocoding.toponyms.reading.typing_mistakes import NameCorrector, group_names
from ingest.geocoding.toponyms.settlements import Settlement, assign_districts, is_inside, merge_settlements, read_geonames
from ingest.mapping import normalise
from ingest.mapping.mapping import LngLatBounds

LARGE_POPULATION = 100_000
"""Inhabitants of a town that is known outside its region, and that may have city districts of its own."""

MAX_NAME_WORDS = 5

MIN_PART_POPULATION = 15_000
"""Inhabitants of a settlement that gives its name to a part of a town."""
MIN_DISTRICT_BEGINNING = 4
"""Letters of a shortened name of a district."""

_SURNAME_ENDINGS = ("ово", "ево", "ино", "ыно", "ов", "ев", "ин", "ын")


class Role:
    """Bits that say what a word can be in a text. Plain integers, not an IntFlag: they are tested for every word."""

    PLACE = 1
    """First word of the name of a settlement."""
    SETTLEMENT_WORD = 2
    """A word such as «станица»."""
    STREET = 4
    DISTRICT = 8
    REGION = 16
    ROUTE = 32
    """A word such as «маршрут»."""


@dataclass(frozen=True, slots=True, eq=False)
class IndexEntry:
    """A settlement, and the grammar of its name."""

    settlement: Settlement
    ambiguous: bool
    """The name is an ordinary word or a surname too: a capital letter alone does not make it a place name."""
    adjective: bool
    gender: str
    """Gender of a name that is an adjective; otherwise empty."""


class GazetteerIndex:
    """The place names of one region."""

    def __init__(self, settlements: Sequence[Settlement], districts: Sequence[StoredDistrict]) -> None:
        """settlements: those of the region, and large towns outside it (`outside_region`)."""
        self.entries = [make_entry(settlement) for settlement in settlements]
        self.districts = {district.code: district for district in districts}
        self.parents = {district.code: district.parent for district in districts}
        self.regions = [district for district in districts if district.level is DistrictLevel.REGION]
        self.settlement_words = place_type_words.settlement_words()
        self.settlement_abbreviations = place_type_words.settlement_abbreviations()
        self.street_words = place_type_words.street_words()
        self.streets_named_after_towns = place_type_words.streets_named_after_towns()
        self.owned_by_towns = place_type_words.owned_by_towns()
        self.route_words = place_type_words.route_words()
        self.district_words, self.region_words = place_type_words.district_words(), place_type_words.region_words()
        region_names = [name for region in self.regions for name in region.names]
        self.region_stems = {stem(part) for name in region_names for part in normalise_name(name).split() if part not in self.region_words}
        self.region_forms = {form for name in region_names for form in inflect_name(strip_kind_words(name))}
        self.entries_by_form = self._index_entries()
        self.ambiguous_forms = {form for form, entries in self.entries_by_form.items() if all(entry.ambiguous for entry in entries)}
        self.nickname_forms = {form for name in place_type_words.REGION_NICKNAMES for form in inflect_name(name)}
        self.abbreviated = self._index_abbreviated()
        self.abbreviated_words = {form.split(" ", 1)[0] for form in self.abbreviated}
        self.district_codes_by_form = self._index_districts(districts)
        self.centres = self._find_centres()
        self.roles: dict[str, int] = self._assign_roles()
        self.max_words = {first_word: max(counts) for first_word, counts in self._count_words().items()}

    def is_within(self, district: str, codes: set[str]) -> bool:
        """Whether a district, or a district above it, is one of `codes`."""
        code: str | None = district
        while code:
            if code in codes:
                return True
            code = self.parents.get(code)
        return False

    def _index_entries(self) -> dict[str, tuple[IndexEntry, ...]]:
        index: dict[str, list[IndexEntry]] = defaultdict(list)
        for entry in self.entries:
            names = (entry.settlement.name, *entry.settlement.aliases, *_short_names(entry.settlement.name))
            for form in {form for name in names for form in (*inflect_name(name), *numbered_forms(name))}:
                index[form].append(entry)
        # A settlement of the region hides a large town of the same name elsewhere.
        return {
            form: tuple([entry for entry in entries if not entry.settlement.outside_region] or entries) for form, entries in index.items()
        }

    def _index_abbreviated(self) -> dict[str, list[tuple[str, IndexEntry]]]:
        """Return the forms of the last words of names such as «Новый Уренгой» → their first words: people write «Н. Уренгой»."""
        index: dict[str, list[tuple[str, IndexEntry]]] = defaultdict(list)
        for form, entries in self.entries_by_form.items():
            first, _, rest = form.partition(" ")
            for entry in entries if rest else ():
                if _has_shortened_first_word(entry.settlement.name) and rest not in self.settlement_words:
                    index[rest].append((first, entry))
        return dict(index)

    @cached_property
    def corrector(self) -> NameCorrector:
        """The forms of the names of the region, to correct misspelt words by."""
        inside = {id(entry) for entry in self.entries if not entry.settlement.outside_region}
        pairs = (
            (form, entry.settlement.name) for form, entries in self.entries_by_form.items() for entry in entries if id(entry) in inside
        )
        own = {entry.settlement.name for entry in self.entries if id(entry) in inside}
        return NameCorrector(group_names(pairs), frozenset(stem(other.name) for other in read_geonames() if other.name not in own))

    @cached_property
    def words_by_sound(self) -> dict[str, str]:
        """The words of all names by the key of their transliteration."""
        words = {word for form in self.entries_by_form for word in form.split()}
        return index_by_sound(words | set(self.settlement_words) | {word for word in self.street_words if "/" not in word})

    def _index_districts(self, districts: Sequence[StoredDistrict]) -> dict[str, set[str]]:
        """Return each form of the adjectives that name districts → codes: «Абинского района», and «Анапского района» for Анапа."""
        codes: dict[str, set[str]] = defaultdict(set)
        derived: dict[str, set[str]] = defaultdict(set)
        for district in districts:
            for name in district.names if district.level is not DistrictLevel.REGION else ():
                word = strip_kind_words(name)
                is_its_adjective = bool(word) and " " not in word and is_adjective(word)
                for adjective in (word,) if is_its_adjective else derive_adjectives(word):
                    for form in inflect_name(adjective):
                        (codes if is_its_adjective else derived)[form].add(district.code)
        return self._index_parts_of_towns() | dict(derived) | dict(codes)

    def _index_parts_of_towns(self) -> dict[str, set[str]]:
        """Return the forms of the adjectives that name parts of urban districts after a settlement in them: «Адлерский район»."""
        codes: dict[str, set[str]] = defaultdict(set)
        for settlement in (entry.settlement for entry in self.entries if not entry.settlement.outside_region):
            if settlement.population >= MIN_PART_POPULATION and settlement.district:
                word = normalise(settlement.name)
                derived = {f"{word[:-2]}ий"} if word.endswith("ское") else set() if is_adjective(word) else derive_adjectives(word)
                for form in {form for adjective in derived for form in inflect_name(adjective)}:
                    codes[form].add(settlement.district)
        return {form: found for form, found in codes.items() if len(found) == 1}

    def complete_district(self, beginning: str) -> set[str] | None:
        """Return the only district whose adjective begins so: «Усть-Лаб. р-н»; None if there is none, or if there are several."""
        if len(beginning) < MIN_DISTRICT_BEGINNING:
            return None
        codes = {code for form, found in self.district_codes_by_form.items() if form.startswith(beginning) for code in found}
        return codes if len(codes) == 1 else None

    def _find_centres(self) -> dict[str, Settlement]:
        """Return the most populous settlement of each district."""
        settlements = [entry.settlement for entry in self.entries if not entry.settlement.outside_region]
        centres: dict[str, Settlement] = {}
        for settlement in sorted(settlements, key=lambda settlement: -settlement.population):
            centres.setdefault(settlement.district, settlement)
        return centres

    def _assign_roles(self) -> dict[str, int]:
        roles: dict[str, int] = defaultdict(int)
        for form in (*self.entries_by_form, *self.abbreviated):
            roles[form.split(" ", 1)[0]] |= Role.PLACE
        for role, words in (
            (Role.SETTLEMENT_WORD, self.settlement_words), (Role.STREET, self.street_words),
            (Role.DISTRICT, self.district_words), (Role.REGION, self.region_words), (Role.ROUTE, self.route_words),
        ):  # fmt: skip
            for word in words:
                roles[word] |= role
        return dict(roles)

    def _count_words(self) -> dict[str, set[int]]:
        """Return the first word of each form → the numbers of words of the forms that begin with it."""
        counts: dict[str, set[int]] = defaultdict(set)
        for form in (*self.entries_by_form, *self.abbreviated):
            parts = form.split(" ")
            counts[parts[0]].add(min(len(parts), MAX_NAME_WORDS))
        return counts


def build_index(districts: Sequence[StoredDistrict], own: Sequence[Settlement], bounds: LngLatBounds | None) -> GazetteerIndex:
    """Build the index of a region: settlements of GeoNames and of the user, and large towns outside.

    The region is the area of the districts, or `bounds` if no district has an area.
    """
    has_areas = any(district.area is not None for district in districts)
    if has_areas:
        geonames = assign_districts(read_geonames(), districts)
    else:
        geonames = [settlement for settlement in read_geonames() if bounds and is_inside(settlement, bounds)]
    own_inside = [
        *assign_districts(own, districts),
        *(settlement for settlement in own if not has_areas and not settlement.district),
    ]
    inside_keys = {(settlement.name, settlement.lng, settlement.lat) for settlement in geonames}
    outside = [
        Settlement(settlement.name, settlement.lng, settlement.lat, settlement.population, outside_region=True)
        for settlement in read_geonames()
        if settlement.population >= LARGE_POPULATION and (settlement.name, settlement.lng, settlement.lat) not in inside_keys
    ]
    return GazetteerIndex([*merge_settlements(own_inside, geonames), *outside], districts)


def _short_names(name: str) -> Iterator[str]:
    """Yield the name without the river: «Ростов», «Славянск»."""
    if "-на-" in name:
        yield name.partition("-на-")[0]


def make_entry(settlement: Settlement) -> IndexEntry:
    """Return a settlement with the grammar of its name."""
    word = normalise(settlement.name)
    single = " " not in word and "-" not in word
    adjective = single and is_adjective(word)
    natural = word in place_type_words.NATURAL_NAMES or word in place_type_words.REGION_NICKNAMES
    ambiguous = natural or (single and (adjective or _is_ordinary_word(word)))
    return IndexEntry(settlement, ambiguous, adjective, GENDERS.get(word[-2:], "") if adjective else "")


def _has_shortened_first_word(name: str) -> bool:
    """Whether people shorten the first word of a name: «Н. Уренгой», «Прим.-Ахтарск»."""
    first, space, _ = name.partition(" ")
    return is_adjective(first) if space else name.count("-") == 1


def _is_ordinary_word(word: str) -> bool:
    if word.endswith(_SURNAME_ENDINGS):
        return True
    # «сочи» is the imperative of a verb too, which nobody writes with a capital letter.
    parses = [parse for parse in morphology().parse(word) if parse.tag.POS != "VERB"]
    return morphology().word_is_known(word) and any("Geox" not in parse.tag for parse in parses)


def stem(word: str) -> str:
    """Return a word without its ending: the same for «Краснодарского», «Краснодарском» and «Краснодарский»."""
    short = normalise_name(word).rstrip("аеёийоуыэюяьм")
    return short.removesuffix("ог").rstrip("аеёийоуыэюяь")
