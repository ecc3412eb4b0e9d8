"""The five regions of the real boundaries, and their gazetteers."""

import json
from collections import defaultdict
from functools import cache

import shapely

from boundaries.stored import StoredDistrict
from geo_service.core.model import DistrictLevel
from ingest.geocoding.toponyms.gazetteer_index import GazetteerIndex, build_index
from tests.support.real_data import BOUNDARIES

REAL_DISTRICTS = BOUNDARIES / "five_regions_districts.geojson"


@cache
def districts_of_regions() -> dict[str, list[StoredDistrict]]:
    """Return the districts of each region, the last one being the region itself: the union of the others."""
    found: dict[str, list[StoredDistrict]] = defaultdict(list)
    for number, feature in enumerate(json.loads(REAL_DISTRICTS.read_text(encoding="utf-8"))["features"]):
        properties = feature["properties"]
        names = (properties["name_ru"], properties["official_name"])
        area = shapely.from_geojson(json.dumps(feature["geometry"]))
        district = StoredDistrict(
            number, properties["oktmo"], DistrictLevel.DISTRICT, properties["region"], properties["name_ru"], names, area
        )
        found[properties["region"]].append(district)
    for name, districts in found.items():
        area = shapely.union_all([district.area for district in districts])
        districts.append(StoredDistrict(1000, name, DistrictLevel.REGION, None, name, (name,), area))
    return found


@cache
def real_indexes() -> dict[str, GazetteerIndex]:
    """Return the gazetteer index of each region."""
    return {name: build_index(districts, [], None) for name, districts in districts_of_regions().items()}
