"""The demo region's gazetteer, made without a database: its approximate districts, and the settlements of GeoNames in them."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from boundaries.stored import KnownDistrict
from geo_service.core.model import DistrictLevel, LocationQuality
from ingest.demo.district_loader import REGION, districts, region
from ingest.geocoding import Answer, Passed, Query
from ingest.geocoding.gazetteer import Gazetteer
from ingest.geocoding.toponyms.gazetteer_index import Lexicon, build
from ingest.geocoding.toponyms.settlements import Place

PHRASES = Path(__file__).parent / "data" / "phrases.tsv"


@cache
def demo_districts() -> tuple[KnownDistrict, ...]:
    made = []
    for level, parent, units in ((DistrictLevel.REGION, None, region()), (DistrictLevel.DISTRICT, REGION.code, districts())):
        for number, (unit, area) in enumerate(zip(units.units, units.polygons, strict=True)):
            names = (unit.name_ru, unit.name_en, *unit.aliases)
            made.append(KnownDistrict(number, unit.code, level, parent, unit.name_ru, names, area, approximate=True))
    return tuple(made)


@cache
def demo_lexicon(own: tuple[Place, ...] = ()) -> Lexicon:
    return build(demo_districts(), own, None)


def phrases() -> Sequence[tuple[str, str]]:
    """What is meant (settlement/municipality, район:municipality, or - for "no place"), and the words."""
    lines = (line.split("\t") for line in PHRASES.read_text(encoding="utf-8").splitlines())
    return [(meant, words) for meant, words in lines]


def find(address: str, message: str = "", own: tuple[Place, ...] = ()) -> Answer | Passed:
    """What the gazetteer says of these words."""
    verdict = Gazetteer(demo_lexicon(own)).find(Query(address, message))
    assert isinstance(verdict, Answer | Passed)
    return verdict


def placed(words: str) -> str:
    """Where the gazetteer places the words, said as the list of phrases says it."""
    verdict = find("", words)
    if isinstance(verdict, Passed):
        return "-"
    if verdict.quality is LocationQuality.DISTRICT:
        return next(f"район:{one.code.removeprefix('demo-')}" for one in demo_districts() if one.name_ru == verdict.name)
    (found,) = [one.place for one in demo_lexicon().entries if (one.place.lng, one.place.lat) == (verdict.lng, verdict.lat)]
    return f"{found.name}/{found.district.removeprefix('demo-')}"
