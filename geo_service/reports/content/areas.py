"""The areas of a report: the districts that it compares with one another."""

from collections.abc import Sequence

from geo_service.aggregation.catalogue.catalogue import Catalogue, District
from geo_service.core.model import DistrictLevel

_PREFERRED = (DistrictLevel.DISTRICT, DistrictLevel.REGION, DistrictLevel.SETTLEMENT)


def list_areas(catalogue: Catalogue, district: District | None) -> Sequence[District]:
    """Return the districts right below one, or for None those of the whole territory, by code; none where there are none."""
    if district is None:
        return next((found for level in _PREFERRED if (found := catalogue.districts_at(level))), [])
    below = (catalogue.districts.by_id[id_] for id_ in catalogue.districts.children([district.id]))
    return sorted(below, key=lambda child: child.code)
