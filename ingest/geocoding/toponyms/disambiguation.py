"""From what a text says to one place, or to the reason why there is none."""

from collections.abc import Iterable, Sequence

import shapely

from geo_service.core.model import DistrictLevel, GeocodedBy, LocationQuality
from ingest.geocoding import Answer, Candidate, Unresolved
from ingest.geocoding.toponyms.gazetteer_index import LARGE, Entry, GazetteerIndex
from ingest.geocoding.toponyms.place_mentions import Mention, PlaceMentions
from ingest.geocoding.toponyms.settlements import Settlement

CERTAIN = 0.95
"""Two kinds of evidence: a word such as «станица», and the district."""
NAMED = 0.9
"""A name that can be nothing else, or one with the word for its kind."""
LIKELY = 0.75
"""A name that is a word too, after a preposition."""
ONLY_DISTRICT = 0.8
ONLY_REGION = 0.7

CANDIDATES = 10
"""Kept at most."""

_Resolved = tuple[Mention, tuple[Entry, ...]]


def disambiguate(reading: PlaceMentions, lexicon: GazetteerIndex, coarsest: LocationQuality) -> Answer | Unresolved:
    """The one place that a text means. coarsest: how coarse a place may be."""
    if reading.elsewhere:
        return _passed(f"another region is named: {reading.elsewhere}", (), lexicon, certain=True)
    narrowed = [(one, _narrowed(one, reading, lexicon)) for one in reading.mentions]
    every = [entry for mention, left in narrowed for entry in left or mention.entries]
    if any(entry.place.foreign for entry in every):
        return _passed("a place in another region is named", (one for one in every if not one.place.foreign), lexicon, certain=True)
    if reading.unknown_places:
        return _passed(f"not known: {', '.join(reading.unknown_places)}", every, lexicon)
    if not narrowed:
        return _coarse(reading, lexicon, coarsest)
    if not all(left for _, left in narrowed):
        return _passed("the settlement is not known in the district that is named", every, lexicon)
    return _one_of(_by_neighbours(narrowed), reading, lexicon)


def _narrowed(mention: Mention, reading: PlaceMentions, lexicon: GazetteerIndex) -> tuple[Entry, ...]:
    """Of the namesakes those in the district that is named; where the word for the kind tells them apart, those it fits."""
    left = [one for one in mention.entries if not reading.districts or lexicon.within(one.place.district, reading.districts)]
    fitting = [one for one in left if not one.gender or one.gender == mention.gender] if mention.gender else left
    return tuple(fitting or left)


def _by_neighbours(narrowed: Sequence[_Resolved]) -> list[_Resolved]:
    """Namesakes that are still left are told apart by the district of a settlement that is named beside them."""
    known = {left[0].place.district for _, left in narrowed if len(left) == 1}
    return [
        (mention, tuple(one for one in left if one.place.district in known) or left) if len(left) > 1 else (mention, left)
        for mention, left in narrowed
    ]


def _one_of(narrowed: list[_Resolved], reading: PlaceMentions, lexicon: GazetteerIndex) -> Answer | Unresolved:
    every = [entry for _, left in narrowed for entry in left]
    if any(len(left) > 1 for _, left in narrowed):
        return _passed("several places have the name", every, lexicon)
    meant = {id(left[0].place): (mention, left[0]) for mention, left in narrowed}
    if len(meant) > 1:
        meant = {key: one for key, one in meant.items() if not _holds_others(one[1].place, meant.values(), lexicon)}
    if len(meant) != 1:
        return _passed("several places are named", every, lexicon)
    ((mention, entry),) = meant.values()
    if reading.unknown_districts and entry.place.population < LARGE:
        return _passed(f"not known: district {', '.join(reading.unknown_districts)}", [entry], lexicon)
    return _answer(mention, entry, bool(reading.districts))


def _holds_others(place: Settlement, meant: Iterable[tuple[Mention, Entry]], lexicon: GazetteerIndex) -> bool:
    """«г. Сочи, пос. Лазаревское»: the centre of the district in which the others are, each named as in an address."""
    others = [(mention, entry.place) for mention, entry in meant if entry.place is not place]
    return lexicon.centres.get(place.district) is place and all(
        one.district == place.district and mention.listed for mention, one in others
    )


def _answer(mention: Mention, entry: Entry, in_district: bool) -> Answer:
    kinds = mention.typed + in_district
    confidence = CERTAIN if kinds == 2 else NAMED if kinds or not entry.risky else LIKELY
    place = entry.place
    return Answer(place.lng, place.lat, LocationQuality.SETTLEMENT, confidence, GeocodedBy.GAZETTEER, place.name)


def _coarse(reading: PlaceMentions, lexicon: GazetteerIndex, coarsest: LocationQuality) -> Answer | Unresolved:
    """A district alone, or the region."""
    if reading.unknown_districts:
        return _passed(f"not known: district {', '.join(reading.unknown_districts)}", (), lexicon)
    if len(reading.districts) > 1:
        return _passed("several districts are named", (), lexicon, certain=True)
    if reading.districts and coarsest >= LocationQuality.DISTRICT:
        (code,) = reading.districts
        return _inside(lexicon, code, LocationQuality.DISTRICT, ONLY_DISTRICT)
    if reading.region and len(lexicon.regions) == 1 and coarsest >= LocationQuality.REGION:
        return _inside(lexicon, lexicon.regions[0].code, LocationQuality.REGION, ONLY_REGION)
    return _passed("no place is named", (), lexicon)


def _inside(lexicon: GazetteerIndex, code: str, quality: LocationQuality, confidence: float) -> Answer | Unresolved:
    district = lexicon.districts[code]
    if district.level is DistrictLevel.DISTRICT and (centre := lexicon.centres.get(code)):
        return Answer(centre.lng, centre.lat, quality, confidence, GeocodedBy.GAZETTEER, district.name_ru)
    if district.area is None:
        return _passed(f"the outline of {district.name_ru} is not known", (), lexicon)
    point = shapely.point_on_surface(district.area)
    return Answer(point.x, point.y, quality, confidence, GeocodedBy.GAZETTEER, district.name_ru)


def _passed(reason: str, entries: Iterable[Entry], lexicon: GazetteerIndex, *, certain: bool = False) -> Unresolved:
    places = {id(one.place): one.place for one in entries}
    listed = sorted(places.values(), key=lambda one: -one.population)[:CANDIDATES]
    return Unresolved(reason, tuple(_candidate(one, lexicon) for one in listed), certain)


def _candidate(place: Settlement, lexicon: GazetteerIndex) -> Candidate:
    district = lexicon.districts.get(place.district)
    return Candidate(place.name, district.name_ru if district else place.district, place.lng, place.lat)
