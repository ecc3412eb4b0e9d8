"""The demo region's gazetteer, made without a database: its approximate districts, and the settlements of GeoNames in them."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from boundaries.known import KnownDistrict
from geo_service.model import DistrictLevel
from ingest.demo.districts import REGION, districts, region
from ingest.geocoding.lexicon import Lexicon, build
from ingest.geocoding.places import Place

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
