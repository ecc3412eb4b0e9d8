"""The demo region's gazetteer, made without a database: its approximate districts, and the settlements of GeoNames in them."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from boundaries.stored import StoredDistrict
from geo_service.core.model import DistrictLevel, LocationQuality
from ingest.demo.district_loader import REGION, make_district_records, make_region_record
from ingest.geocoding import GeocodedPlace, GeocodeQuery, Unresolved
from ingest.geocoding.local_steps import Gazetteer
from ingest.geocoding.toponyms.gazetteer_index import GazetteerIndex, build_index
from ingest.geocoding.toponyms.settlements import Settlement

PHRASES = Path(__file__).parent / "data" / "phrases.tsv"


@cache
def demo_districts() -> tuple[StoredDistrict, ...]:
    made = []
    for level, parent, units in (
        (DistrictLevel.REGION, None, make_region_record()),
        (DistrictLevel.DISTRICT, REGION.code, make_district_records()),
    ):
        for number, (unit, area) in enumerate(zip(units.units, units.polygons, strict=True)):
            names = (unit.name_ru, unit.name_en, *unit.aliases)
            made.append(StoredDistrict(number, unit.code, level, parent, unit.name_ru, names, area, approximate=True))
    return tuple(made)


@cache
def demo_index(own: tuple[Settlement, ...] = ()) -> GazetteerIndex:
    return build_index(demo_districts(), own, None)


def phrases() -> Sequence[tuple[str, str]]:
    """What is meant (settlement/municipality, район:municipality, or - for "no place"), and the words."""
    lines = (line.split("\t") for line in PHRASES.read_text(encoding="utf-8").splitlines())
    return [(meant, words) for meant, words in lines]


def find(address: str, message: str = "", own: tuple[Settlement, ...] = ()) -> GeocodedPlace | Unresolved:
    """What the gazetteer says of these words."""
    verdict = Gazetteer(demo_index(own)).find(GeocodeQuery(address, message))
    assert isinstance(verdict, GeocodedPlace | Unresolved)
    return verdict


def placed(words: str) -> str:
    """Where the gazetteer places the words, said as the list of phrases says it."""
    verdict = find("", words)
    if isinstance(verdict, Unresolved):
        return "-"
    if verdict.quality is LocationQuality.DISTRICT:
        return next(f"район:{one.code.removeprefix('demo-')}" for one in demo_districts() if one.name_ru == verdict.name)
    (found,) = [
        entry.settlement for entry in demo_index().entries if (entry.settlement.lng, entry.settlement.lat) == (verdict.lng, verdict.lat)
    ]
    return f"{found.name}/{found.district.removeprefix('demo-')}"
