"""Load the approximate districts of the demo region, unless other districts are loaded."""

import numpy as np

from boundaries.load import LoadOptions, replace_districts
from boundaries.locating.locate import NEAR_M
from boundaries.records import DistrictRecord, DistrictRecords
from geo_service.core.database import database_errors, open_connection
from geo_service.core.model import DistrictLevel
from geo_service.core.sql.named_queries import query
from ingest.demo.geography.region import Municipality, read_municipalities, read_settlements
from ingest.demo.geography.territory import build_district_areas, build_region_outline

REGION = DistrictRecord("demo-krai", "Краснодарский край", "Krasnodar Krai", aliases=("Кубань", "03000000"), population=5_838_273)
"""The parent of all districts. Population: census of 2021; the alias 03000000 is its OKTMO code."""
ATTRIBUTION = "Районы (демо) построены по GeoNames, CC BY 4.0 · Demo districts made from GeoNames, CC BY 4.0"


async def load_demo_districts(url: str, near_m: float = NEAR_M) -> bool:
    """Load the region and its districts, and assign every incident to its district; return whether they were loaded.

    Nothing is loaded if the database has any districts: the demo's own, surveyed ones, or those of another region.
    """
    async with open_connection(url) as connection:
        with database_errors("look for districts"):
            if await connection.fetchval(query("demo.has_districts"), REGION.code):
                return False
    await replace_districts(
        url, make_region_record(), LoadOptions(DistrictLevel.REGION, attribution=ATTRIBUTION, approximate=True, near_m=near_m)
    )
    await replace_districts(
        url, make_district_records(), LoadOptions(DistrictLevel.DISTRICT, REGION.code, ATTRIBUTION, approximate=True, near_m=near_m)
    )
    return True


def make_region_record() -> DistrictRecords:
    """Return the record of the region."""
    return DistrictRecords([REGION], np.array([build_region_outline()], object), approximate=True)


def make_district_records() -> DistrictRecords:
    """Return a district for each municipality."""
    return DistrictRecords([_make_record(municipality) for municipality in read_municipalities()], build_district_areas(), approximate=True)


def _make_record(municipality: Municipality) -> DistrictRecord:
    centre = read_settlements().name[municipality.centre]
    aliases = {centre, municipality.oktmo, municipality.alias} - {municipality.name, None}
    return DistrictRecord(
        code=f"demo-{municipality.code}",
        name_ru=municipality.name.replace("р-н", "район"),
        name_en=municipality.name_en,
        aliases=tuple(sorted(alias for alias in aliases if alias)),
        population=municipality.population,
    )
