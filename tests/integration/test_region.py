"""The region in which incidents are expected, where it lies across the antimeridian: in mappings, in geocoding, by districts."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import numpy as np
import pytest
import shapely

from geo_service.core.errors import InputError
from geo_service.core.model import GeocodedBy, LocationQuality
from ingest.geocoding import GeocodedPlace
from ingest.geocoding.toponyms.settlements import distance_km, is_inside
from ingest.mapping.mapping import load_mapping
from ingest.validate.coordinate_columns import CoordinateOptions, RawCoordinate, inside
from ingest.validate.coordinates import CoordinateReader
from ingest.write.reference_data import read_region
from tests.support import far_places, territory

CHUKOTKA = (160.0, 62.0, -169.5, 70.0)
BESIDE = {"Мирный": (113.96, 62.54), "Архангельск": (40.5, 64.54), "Фэрбенкс": (-147.7, 64.84), "Магадан": (150.8, 59.56)}
"""At the latitudes of Chukotka, or beside it."""
MAPPING = """
default_status = "new"
bounds = {bounds}
[source]
code = "own"
name_ru = "Своё"
name_en = "Own"
[columns]
external_id = "id"
lng = "x"
lat = "y"
received_at = "at"
[dates]
time_zone = "Asia/Anadyr"
"""


@pytest.fixture
async def held(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the module's database without districts."""
    async with pool.acquire() as connection:
        await connection.execute("truncate district cascade")
        yield connection


def place(lng: float, lat: float) -> GeocodedPlace:
    return GeocodedPlace(lng, lat, LocationQuality.SETTLEMENT, 1.0, GeocodedBy.GAZETTEER, "")


async def test_the_region_of_districts_across_the_antimeridian_is_the_shortest_arc(held: asyncpg.Connection) -> None:
    assert await read_region(held, None) is None
    await territory.insert_area(held, territory.Area("CHU", "Чукотский автономный округ", far_places.DISTRICT, 0, parent=None), None)
    assert await read_region(held, None) == CHUKOTKA
    assert await read_region(held, (1.0, 2.0, 3.0, 4.0)) == (1, 2, 3, 4)


async def test_so_is_that_of_districts_on_either_side_of_it(held: asyncpg.Connection) -> None:
    for code, box in {"W": (165.0, 64.0, 179.0, 70.0), "E": (-179.0, 63.0, -170.0, 68.0), "G": (170.0, 64.0, 172.0, 66.0)}.items():
        await territory.insert_area(held, territory.Area(code, code, shapely.box(*box), 0, parent=None), None)
    assert await read_region(held, None) == (165, 63, -170, 70)


def test_settlements_of_the_region_are_inside_and_others_are_not() -> None:
    lng, lat = np.array([*far_places.SETTLEMENTS.values(), *BESIDE.values(), (np.nan, 65.0), (200.0, 65.0)]).T
    expected = [True] * len(far_places.SETTLEMENTS) + [False] * (len(BESIDE) + 2)
    assert inside(lng, lat, CHUKOTKA).tolist() == expected
    assert [is_inside(place(*at), CHUKOTKA) for at in (*far_places.SETTLEMENTS.values(), *BESIDE.values())] == expected[:-2]


def test_exchanged_coordinates_are_recognised_on_both_sides() -> None:
    lng, lat = RawCoordinate("lng", ["64.73", "66.32", "177.51"]), RawCoordinate("lat", ["177.51", "-179.12", "64.73"])
    checked = CoordinateReader(CoordinateOptions(), None, CHUKOTKA).read(lng, lat, RawCoordinate(None, [""] * 3), np.zeros(3, np.bool_))
    assert checked.coordinates.lng.tolist() == [177.51, -179.12, 177.51]


def test_a_place_on_the_other_side_is_near() -> None:
    assert distance_km(place(179.99, 0.0), place(-179.99, 0.0)) == pytest.approx(0.02 * 111.2, rel=0.01)


@pytest.mark.parametrize(
    ("bounds", "is_allowed"),
    [([160, 62, -169.5, 70], True), ([40, 0, 30, 1], False), ([-170, 0, -180, 1], False), ([1, 0, 1, 1], False)],
)
def test_a_mapping_may_name_such_bounds(tmp_path: Path, bounds: list[float], is_allowed: bool) -> None:
    path = tmp_path / "own.toml"
    path.write_text(MAPPING.format(bounds=bounds), encoding="utf-8")
    if is_allowed:
        assert load_mapping(str(path)).bounds == tuple(bounds)
    else:
        with pytest.raises(InputError, match="west < east"):
            load_mapping(str(path))
