"""Which districts a zoom shows, and with which outlines."""

import itertools

import pytest

from geo_service.aggregation.catalogue.catalogue import EMPTY, Catalogue, District, Entries
from geo_service.core.model import ZOOM_BANDS, DistrictLevel
from geo_service.tiles.documents.zoom_levels import band_at, level_at, shown_level
from geo_service.tiles.encoding.grid import MAX_ZOOM, MIN_ZOOM

REGION, DISTRICT, SETTLEMENT = DistrictLevel


def holding(*levels: DistrictLevel) -> Catalogue:
    entries = [District(place + 1, f"c{place}", "", "", level=level) for place, level in enumerate(levels)]
    return Catalogue(Entries(), Entries(), Entries(), Entries(), Entries(entries))


def test_levels_get_finer_with_the_zoom_and_each_has_its_zooms() -> None:
    levels = [level_at(zoom) for zoom in range(MIN_ZOOM, MAX_ZOOM + 1)]
    assert levels == sorted(levels)
    assert set(levels) == set(DistrictLevel)
    assert [zoom for zoom, (one, other) in enumerate(itertools.pairwise(levels), 1) if one != other] == [5, 10]


@pytest.mark.parametrize(
    ("held", "shown"),
    [
        ((REGION, DISTRICT, SETTLEMENT), (REGION, DISTRICT, SETTLEMENT)),
        ((REGION, DISTRICT), (REGION, DISTRICT, DISTRICT)),
        ((DISTRICT,), (DISTRICT, DISTRICT, DISTRICT)),
        ((REGION, SETTLEMENT), (REGION, REGION, SETTLEMENT)),
        ((SETTLEMENT,), (SETTLEMENT, SETTLEMENT, SETTLEMENT)),
        ((), (REGION, DISTRICT, SETTLEMENT)),
    ],
)
def test_where_a_level_has_no_districts_the_nearest_one_is_shown(held: tuple[DistrictLevel, ...], shown: tuple[DistrictLevel, ...]) -> None:
    assert tuple(shown_level(holding(*held), zoom) for zoom in (2, 7, 12)) == shown


def test_a_level_that_is_asked_for_is_shown_even_where_it_has_no_districts() -> None:
    assert shown_level(holding(REGION), 2, SETTLEMENT) is SETTLEMENT
    assert shown_level(EMPTY, 2, DISTRICT) is DISTRICT


def test_every_zoom_has_its_band_of_outlines() -> None:
    bands = [band_at(zoom) for zoom in range(MIN_ZOOM, MAX_ZOOM + 1)]
    assert bands == sorted(bands)
    assert set(bands) == {band.band for band in ZOOM_BANDS}
