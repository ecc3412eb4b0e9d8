"""The region's districts in the database: approximate ones, and only where nobody has loaded better ones."""

import numpy as np

from boundaries.load import LoadOptions, replace_districts
from boundaries.locate import NEAR_M
from boundaries.records import DistrictRecord, DistrictRecords
from geo_service.core.database import database_errors, open_connection
from geo_service.core.model import DistrictLevel
from geo_service.core.named_queries import query
from ingest.demo.geography.region import Municipality, municipalities, settlements
from ingest.demo.geography.territory import areas, outline

REGION = DistrictRecord("demo-krai", "Краснодарский край", "Krasnodar Krai", aliases=("Кубань", "03000000"), population=5_838_273)
"""The parent of all; its population is that of the census of 2021, its other code that of OKTMO."""
ATTRIBUTION = "Районы (демо) построены по GeoNames, CC BY 4.0 · Demo districts made from GeoNames, CC BY 4.0"


async def load_districts(url: str, near_m: float = NEAR_M) -> bool:
    """Load the region and its districts, and give every incident its district; whether that was needed.

    Nothing is done where there are districts already: the demo's own, surveyed ones, or those of another region.
    """
    async with open_connection(url) as held:
        with database_errors("look for districts"):
            if await held.fetchval(query("demo.has_districts"), REGION.code):
                return False
    await replace_districts(url, region(), LoadOptions(DistrictLevel.REGION, attribution=ATTRIBUTION, approximate=True, near_m=near_m))
    await replace_districts(
        url, districts(), LoadOptions(DistrictLevel.DISTRICT, REGION.code, ATTRIBUTION, approximate=True, near_m=near_m)
    )
    return True


def region() -> DistrictRecords:
    """The region's own row."""
    return DistrictRecords([REGION], np.array([outline()], object), approximate=True)


def districts() -> DistrictRecords:
    """A district for each municipality."""
    return DistrictRecords([_unit(one) for one in municipalities()], areas(), approximate=True)


def _unit(one: Municipality) -> DistrictRecord:
    centre = settlements().name[one.centre]
    aliases = {centre, one.oktmo, one.alias} - {one.name, None}
    return DistrictRecord(
        code=f"demo-{one.code}",
        name_ru=one.name.replace("р-н", "район"),
        name_en=one.name_en,
        aliases=tuple(sorted(alias for alias in aliases if alias)),
        population=one.population,
    )
