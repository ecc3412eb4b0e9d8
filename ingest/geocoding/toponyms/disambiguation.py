"""Choose the one place that the mentions of a text mean, or say why there is none."""

from collections.abc import Iterable, Sequence

import shapely

from geo_service.core.model import DistrictLevel, GeocodedBy, LocationQuality
from ingest.geocoding import GeocodedPlace, PlaceCandidate, Unresolved
from ingest.geocoding.toponyms.gazetteer_index import LARGE_POPULATION, GazetteerIndex, IndexEntry
from ingest.geocoding.toponyms.place_mentions import Mention, PlaceMentions
from ingest.geocoding.toponyms.settlements import Settlement

TYPE_AND_DISTRICT_CONFIDENCE = 0.95
"""Two kinds of evidence: a word such as «станица», and the district."""
NAME_CONFIDENCE = 0.9
"""An unambiguous name, or a name with one kind of evidence."""
AMBIGUOUS_NAME_CONFIDENCE = 0.75
"""A name that is an ordinary word too, after a preposition."""
CORRECTED_NAME_CONFIDENCE = 0.7
"""A name with a typing mistake, or a shortened one."""
DESTINATION_CONFIDENCE = 0.65
"""Only the place that a route leads to is named."""
DISTRICT_CONFIDENCE = 0.8
"""Only a district is named."""
REGION_CONFIDENCE = 0.7
"""Only the region is named."""

MAX_CANDIDATES = 10

NO_PLACE = "no place is named"

_Narrowed = tuple[Mention, tuple[IndexEntry, ...]]
"""A mention, and those of its entries that are still possible."""


def disambiguate(mentions: PlaceMentions, index: GazetteerIndex, max_coarseness: LocationQuality) -> GeocodedPlace | Unresolved:
    """Return the one place that a text means. A place coarser than `max_coarseness` is not returned."""
    if mentions.other_region:
        return _unresolved(f"another region is named: {mentions.other_region}", (), index, is_final=True)
    named = mentions.settlements or mentions.destinations
    if len(named) == 1 and (place := _place_single(named[0], mentions, index)):
        return place
    narrowed = [(mention, _narrow_entries(mention, mentions, index)) for mention in named]
    entries = [entry for mention, possible in narrowed for entry in possible or mention.entries]
    if any(entry.settlement.outside_region for entry in entries):
        inside = [entry for entry in entries if not entry.settlement.outside_region]
        return _unresolved("a place in another region is named", inside, index, is_final=True)
    if mentions.unknown_places:
        return _unresolved(f"not known: {', '.join(mentions.unknown_places)}", entries, index)
    if not narrowed and mentions.route_ends and not mentions.districts:
        ends = [entry for mention in mentions.route_ends for entry in mention.entries if not entry.settlement.outside_region]
        return _unresolved("only the ends of a route are named", ends, index)
    if not narrowed:
        return _resolve_area(mentions, index, max_coarseness)
    if not all(possible for _, possible in narrowed):
        return _unresolved("the settlement is not known in the district that is named", entries, index)
    return _choose_settlement(_narrow_by_neighbours(narrowed), mentions, index)


def _place_single(mention: Mention, mentions: PlaceMentions, index: GazetteerIndex) -> GeocodedPlace | None:
    """Return the place of a text that names one settlement, if nothing in the text is left to doubt; the most frequent case."""
    if len(mention.entries) > 1 or mentions.unknown_places or mentions.unknown_districts:
        return None
    (entry,) = mention.entries
    if entry.settlement.outside_region or not (not mentions.districts or index.is_within(entry.settlement.district, mentions.districts)):
        return None
    return _make_place(mention, entry, bool(mentions.districts), is_destination=not mentions.settlements)


def _narrow_entries(mention: Mention, mentions: PlaceMentions, index: GazetteerIndex) -> tuple[IndexEntry, ...]:
    """Return the entries in the named districts; of these, if any, the entries whose gender agrees with the word for the kind."""
    in_district = [
        entry for entry in mention.entries if not mentions.districts or index.is_within(entry.settlement.district, mentions.districts)
    ]
    if not mention.gender:
        return tuple(in_district)
    return tuple([entry for entry in in_district if not entry.gender or entry.gender == mention.gender] or in_district)


def _narrow_by_neighbours(narrowed: Sequence[_Narrowed]) -> list[_Narrowed]:
    """Of several entries keep those in the district of another settlement that the text names unambiguously."""
    districts = {possible[0].settlement.district for _, possible in narrowed if len(possible) == 1}
    return [
        (mention, tuple(entry for entry in possible if entry.settlement.district in districts) or possible)
        if len(possible) > 1
        else (mention, possible)
        for mention, possible in narrowed
    ]


def _choose_settlement(narrowed: list[_Narrowed], mentions: PlaceMentions, index: GazetteerIndex) -> GeocodedPlace | Unresolved:
    entries = [entry for _, possible in narrowed for entry in possible]
    if any(len(possible) > 1 for _, possible in narrowed):
        return _unresolved("several places have the name", entries, index)
    meant = {id(possible[0].settlement): (mention, possible[0]) for mention, possible in narrowed}
    if len(meant) > 1:
        meant = {key: pair for key, pair in meant.items() if not _is_district_centre_of(pair[1].settlement, meant.values(), index)}
    if len(meant) != 1:
        return _unresolved("several places are named", entries, index)
    ((mention, entry),) = meant.values()
    if mentions.unknown_districts and entry.settlement.population < LARGE_POPULATION:
        return _unresolved(f"not known: district {', '.join(mentions.unknown_districts)}", [entry], index)
    return _make_place(mention, entry, bool(mentions.districts), is_destination=not mentions.settlements)


def _is_district_centre_of(settlement: Settlement, meant: Iterable[tuple[Mention, IndexEntry]], index: GazetteerIndex) -> bool:
    """Whether the settlement is the centre of the district of all others, as in the address «г. Сочи, пос. Лазаревское»."""
    others = [(mention, entry.settlement) for mention, entry in meant if entry.settlement is not settlement]
    centre_in_address = any(mention.in_address for mention, entry in meant if entry.settlement is settlement)
    return index.centres.get(settlement.district) is settlement and all(
        other.district == settlement.district and (mention.in_address or centre_in_address) for mention, other in others
    )


def _make_place(mention: Mention, entry: IndexEntry, in_district: bool, *, is_destination: bool) -> GeocodedPlace:
    evidence = mention.has_type_word + in_district
    if is_destination:
        confidence = DESTINATION_CONFIDENCE
    elif mention.is_corrected:
        confidence = CORRECTED_NAME_CONFIDENCE
    elif evidence == 2:
        confidence = TYPE_AND_DISTRICT_CONFIDENCE
    else:
        confidence = NAME_CONFIDENCE if evidence or not entry.ambiguous else AMBIGUOUS_NAME_CONFIDENCE
    settlement = entry.settlement
    return GeocodedPlace(settlement.lng, settlement.lat, LocationQuality.SETTLEMENT, confidence, GeocodedBy.GAZETTEER, settlement.name)


def _resolve_area(mentions: PlaceMentions, index: GazetteerIndex, max_coarseness: LocationQuality) -> GeocodedPlace | Unresolved:
    """Return a point of the district or the region of a text that names no settlement."""
    if mentions.unknown_districts:
        return _unresolved(f"not known: district {', '.join(mentions.unknown_districts)}", (), index)
    if len(mentions.districts) > 1:
        return _unresolved("several districts are named", (), index, is_final=True)
    if mentions.districts and max_coarseness >= LocationQuality.DISTRICT:
        (code,) = mentions.districts
        return _place_in_district(index, code, LocationQuality.DISTRICT, DISTRICT_CONFIDENCE)
    if mentions.own_region and len(index.regions) == 1 and max_coarseness >= LocationQuality.REGION:
        return _place_in_district(index, index.regions[0].code, LocationQuality.REGION, REGION_CONFIDENCE)
    return _unresolved(NO_PLACE, (), index)


def _place_in_district(index: GazetteerIndex, code: str, quality: LocationQuality, confidence: float) -> GeocodedPlace | Unresolved:
    """Return the centre of a district, or any point of its area."""
    district = index.districts[code]
    if district.level is DistrictLevel.DISTRICT and (centre := index.centres.get(code)):
        return GeocodedPlace(centre.lng, centre.lat, quality, confidence, GeocodedBy.GAZETTEER, district.name_ru)
    if district.area is None:
        return _unresolved(f"the outline of {district.name_ru} is not known", (), index)
    point = shapely.point_on_surface(district.area)
    return GeocodedPlace(point.x, point.y, quality, confidence, GeocodedBy.GAZETTEER, district.name_ru)


def _unresolved(reason: str, entries: Iterable[IndexEntry], index: GazetteerIndex, *, is_final: bool = False) -> Unresolved:
    """Return `Unresolved` with the most populous settlements of `entries` as candidates."""
    settlements = {id(entry.settlement): entry.settlement for entry in entries}
    largest = sorted(settlements.values(), key=lambda settlement: -settlement.population)[:MAX_CANDIDATES]
    return Unresolved(reason, tuple(_make_candidate(settlement, index) for settlement in largest), is_final)


def _make_candidate(settlement: Settlement, index: GazetteerIndex) -> PlaceCandidate:
    district = index.districts.get(settlement.district)
    return PlaceCandidate(settlement.name, district.name_ru if district else settlement.district, settlement.lng, settlement.lat)
