"""Everything that the gazetteer knows by name, in all its forms: built once for a region, looked up for every word."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from boundaries.names import normalise_name, strip_kind_words
from boundaries.stored import StoredDistrict
from geo_service.core.model import DistrictLevel
from ingest.geocoding.toponyms import place_type_words
from ingest.geocoding.toponyms.inflection import GENDERS, forms, is_adjective, morphology
from ingest.geocoding.toponyms.settlements import Settlement, geonames, with_districts, without_doubles
from ingest.mapping import normalise
from ingest.mapping.mapping import Bounds

LARGE = 100_000
"""Inhabitants: towns outside the region that are known by name, and towns with districts of their own."""

LONGEST = 5
"""Words of a name."""

_SURNAME_ENDINGS = ("ово", "ево", "ино", "ыно", "ов", "ев", "ин", "ын")


class Role:
    """What a word can be the beginning or the sign of: bits. Plain numbers, for they are looked at for every word."""

    PLACE = 1
    KIND = 2
    STREET = 4
    DISTRICT = 8
    REGION = 16


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A settlement with what its name is like."""

    place: Settlement
    risky: bool
    """The name is a word or a surname too: it needs more than a capital letter."""
    adjective: bool
    gender: str
    """Of a name that is an adjective; else empty."""


class GazetteerIndex:
    """The names of one region."""

    def __init__(self, places: Sequence[Settlement], districts: Sequence[StoredDistrict]) -> None:
        """places: in the region, or foreign."""
        self.entries = [entry(one) for one in places]
        self.districts = {one.code: one for one in districts}
        self.parents = {one.code: one.parent for one in districts}
        self.regions = [one for one in districts if one.level is DistrictLevel.REGION]
        self.kinds, self.short_kinds, self.streets = place_type_words.kinds(), place_type_words.short_kinds(), place_type_words.streets()
        self.district_words, self.region_words = place_type_words.districts(), place_type_words.regions()
        self.region_stems = {
            stem(part)
            for one in self.regions
            for name in one.names
            for part in normalise_name(name).split()
            if part not in self.region_words
        }
        self.region_names = {form for one in self.regions for name in one.names for form in forms(strip_kind_words(name))}
        self.places_of = self._index()
        self.district_of = self._district_forms(districts)
        self.centres = self._centres()
        self.roles: dict[str, int] = self._roles()
        self.longest = {first: max(lengths) for first, lengths in self._lengths().items()}

    def within(self, district: str, wanted: set[str]) -> bool:
        """Whether a district is one of `wanted`, or below one."""
        code: str | None = district
        while code:
            if code in wanted:
                return True
            code = self.parents.get(code)
        return False

    def _index(self) -> dict[str, list[Entry]]:
        index: dict[str, list[Entry]] = defaultdict(list)
        for one in self.entries:
            for form in {form for name in (one.place.name, *one.place.aliases) for form in forms(name)}:
                index[form].append(one)
        # A name of the region is meant where a large town elsewhere is called the same.
        return {form: [one for one in all_ if not one.place.foreign] or all_ for form, all_ in index.items()}

    def _district_forms(self, districts: Sequence[StoredDistrict]) -> dict[str, set[str]]:
        """Forms of names that are adjectives, as in «Абинского района»."""
        found: dict[str, set[str]] = defaultdict(set)
        for one in districts:
            for name in one.names if one.level is not DistrictLevel.REGION else ():
                if (word := strip_kind_words(name)) and " " not in word and is_adjective(word):
                    for form in forms(word):
                        found[form].add(one.code)
        return dict(found)

    def _centres(self) -> dict[str, Settlement]:
        """The most populous settlement of each district."""
        found: dict[str, Settlement] = {}
        for one in sorted((one.place for one in self.entries if not one.place.foreign), key=lambda place: -place.population):
            found.setdefault(one.district, one)
        return found

    def _roles(self) -> dict[str, int]:
        roles: dict[str, int] = defaultdict(int)
        for form in self.places_of:
            roles[form.split(" ", 1)[0]] |= Role.PLACE
        for role, listed in (
            (Role.KIND, self.kinds), (Role.STREET, self.streets), (Role.DISTRICT, self.district_words), (Role.REGION, self.region_words),
        ):  # fmt: skip
            for word in listed:
                roles[word] |= role
        return dict(roles)

    def _lengths(self) -> dict[str, set[int]]:
        lengths: dict[str, set[int]] = defaultdict(set)
        for form in self.places_of:
            parts = form.split(" ")
            lengths[parts[0]].add(min(len(parts), LONGEST))
        return lengths


def build(districts: Sequence[StoredDistrict], own: Sequence[Settlement], bounds: Bounds | None) -> GazetteerIndex:
    """The region's names: settlements in its districts (or in the bounds, where there are no districts), and the user's own."""
    outlined = any(one.area is not None for one in districts)
    theirs = with_districts(geonames(), districts) if outlined else [one for one in geonames() if bounds and is_in(one, bounds)]
    ours = [*with_districts(own, districts), *(one for one in own if not outlined and not one.district)]
    inside = without_doubles(ours, theirs)
    here = {(one.name, one.lng, one.lat) for one in theirs}
    away = [
        Settlement(one.name, one.lng, one.lat, one.population, foreign=True)
        for one in geonames()
        if one.population >= LARGE and (one.name, one.lng, one.lat) not in here
    ]
    return GazetteerIndex([*inside, *away], districts)


def is_in(place: Settlement, bounds: Bounds) -> bool:
    """Whether a place lies in the bounds."""
    west, south, east, north = bounds
    return west <= place.lng <= east and south <= place.lat <= north


def entry(place: Settlement) -> Entry:
    """A place with what its name is like."""
    word = normalise(place.name)
    single = " " not in word and "-" not in word
    adjective = single and is_adjective(word)
    return Entry(place, single and (adjective or _is_other_word(word)), adjective, GENDERS.get(word[-2:], "") if adjective else "")


def _is_other_word(word: str) -> bool:
    if word.endswith(_SURNAME_ENDINGS):
        return True
    return morphology().word_is_known(word) and any("Geox" not in one.tag for one in morphology().parse(word))


def stem(word: str) -> str:
    """A word without its ending, so that «Краснодарского», «Краснодарском» and «Краснодарский» are the same."""
    short = normalise_name(word).rstrip("аеёийоуыэюяьм")
    return short.removesuffix("ог").rstrip("аеёийоуыэюяь")
