"""Real addresses of five regions, as people write them, placed by the gazetteer alone."""

import csv
from collections import Counter

import pytest
import shapely

from ingest.geocoding import GeocodedPlace, GeocodeQuery
from ingest.geocoding.local_steps import Gazetteer
from ingest.mapping import normalise
from tests.support.real_data import REAL_DATA, needs
from tests.support.real_regions import REAL_DISTRICTS, districts_of_regions, real_indexes

ADDRESSES = REAL_DATA / "gazetteer" / "court_addresses.csv"
LEAST_PLACED = 0.95
REGIONS = {
    "Кабардино-Балкария": "Кабардино-Балкарская Республика",
    "Хакасия": "Республика Хакасия",
    "Калмыкия": "Республика Калмыкия",
    "Краснодарский край": "Краснодарский край",
    "Ямало-Ненецкий АО": "Ямало-Ненецкий автономный округ",
}
"""The region as the addresses' file calls it, and as the districts' file does."""


@needs(ADDRESSES)
@needs(REAL_DISTRICTS)
def test_addresses_are_placed_in_their_own_region_or_not_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    districts = districts_of_regions()
    with ADDRESSES.open(encoding="utf-8", newline="") as file:
        rows = [(row["region"], row["address"]) for row in csv.DictReader(file)]
    gazetteers = {name: Gazetteer(index) for name, index in real_indexes().items()}
    outlines = {name: inside[-1].area for name, inside in districts.items()}
    told: Counter[str] = Counter()
    missed = []
    for short, address in rows:
        for name, gazetteer in gazetteers.items():
            verdict = gazetteer.find(GeocodeQuery(address))
            if not isinstance(verdict, GeocodedPlace):
                if name == REGIONS[short]:
                    told["not placed"] += 1
                    missed.append((address, verdict))
                continue
            if name == REGIONS[short]:
                told[verdict.quality.code] += 1
                assert normalise(verdict.name).replace("-", " ") in normalise(address).replace("-", " ")
                assert shapely.intersects_xy(outlines[name], verdict.lng, verdict.lat), address
            elif any(word in address for word in ("Респ", "край", "округ")):
                pytest.fail(f"{address} is placed in {name}: {verdict}")
    with capsys.disabled():
        print(f"\ncourt addresses: {dict(told)}")
    assert sum(told.values()) == len(rows) == 251
    assert told["settlement"] >= LEAST_PLACED * len(rows), missed
