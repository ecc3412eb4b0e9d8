"""The five regions' real districts, loaded by the command; PostGIS says where 20,000 points lie."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from boundaries.locating.locate import NEAR_M, Locator
from boundaries.stored import read_district_arrays
from geo_service.core.database import open_connection
from geo_service.core.model import ZOOM_BANDS
from tests.support.boundary_files import Ended, ask, command, counts, fill
from tests.support.real_data import BOUNDARIES, needs

REGIONS, DISTRICTS = BOUNDARIES / "five_regions.geojson", BOUNDARIES / "five_regions_districts.geojson"

pytestmark = needs(DISTRICTS)

LOAD_DISTRICTS = (
    "boundaries", "load", DISTRICTS, "--level", "district", "--code", "oktmo", "--name", "name_ru", "--alias", "official_name",
)  # fmt: skip
POINTS = 20_000
AT_EDGES = 6_000
OFF_EDGE_DEGREES = 0.02
"""A little more than a kilometre, on all sides of the borders and coasts."""

COVERING = """
select distinct on (incident.id) incident.id, district.id as district, district.level
from district inner join incident on st_covers(district.area, incident.location)
order by incident.id, district.level desc, district.code collate "C"
"""
DISTANCES = """
select incident.id, district.id as district, upper.id as region,
    st_distance(district.area::geography, incident.location::geography) as metres
from district
inner join incident on st_dwithin(district.area, incident.location, 0.06)
left join district as upper on upper.id = district.parent_id
where district.level = 2 and incident.id = any($1)
order by district.id
"""
ASSIGNED = "select id, district_id, district_is_nearest, st_x(location) as lng, st_y(location) as lat from incident order by id"
FLAT = 0.002
"""How far distances on a plane at the point and on the ellipsoid may differ, as a share."""


@dataclass(frozen=True)
class Loaded:
    """What the commands said, and what is in the database now."""

    url: str
    regions: Ended
    districts: Ended
    incidents: list[Any]
    covering: dict[int, tuple[int, int]]
    """Incident: district and its level, by ST_Covers."""


@pytest.fixture(scope="module")
def loaded(database_url: str) -> Iterator[Loaded]:
    """Incidents first, then regions and districts by the command."""
    lng, lat = points()

    async def prepare() -> None:
        async with open_connection(database_url) as held:
            await fill(held, lng, lat)

    asyncio.run(prepare())
    with pytest.MonkeyPatch.context() as patch:
        geo = command(database_url, patch)
        regions = geo("boundaries", "load", REGIONS, "--level", "region", "--code", "oktmo", "--name", "region")
        districts = geo(*LOAD_DISTRICTS)
    covering = {row["id"]: (row["district"], row["level"]) for row in ask(database_url, COVERING)}
    yield Loaded(database_url, regions, districts, ask(database_url, ASSIGNED), covering)


def points() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points all over the five regions' boxes, and many close to borders and coasts."""
    rng = np.random.default_rng(20261125)
    outlines = shapely.from_geojson([json.dumps(one["geometry"]) for one in features(DISTRICTS)])
    bounds = shapely.bounds(shapely.from_geojson([json.dumps(one["geometry"]) for one in features(REGIONS)]))
    west, south, east, north = bounds[rng.integers(len(bounds), size=POINTS - AT_EDGES)].T
    over = np.column_stack([rng.uniform(west, east), rng.uniform(south, north)])
    corners = shapely.get_coordinates(outlines)
    edge = corners[rng.integers(len(corners), size=AT_EDGES)] + rng.uniform(-OFF_EDGE_DEGREES, OFF_EDGE_DEGREES, (AT_EDGES, 2))
    lng, lat = np.concatenate([over, edge]).T
    return lng, lat


def features(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["features"]
    return found


def test_regions_and_districts_are_loaded_and_each_district_lies_in_its_own_region(loaded: Loaded) -> None:
    assert (loaded.regions.code, loaded.districts.code) == (0, 0), loaded.districts.err
    assert counts(loaded.regions.out)["districts: new"] == 5
    assert counts(loaded.districts.out)["districts: new"] == 97
    held = ask(
        loaded.url,
        "select district.code, district.name_ru, upper.name_ru as region from district"
        " inner join district as upper on upper.id = district.parent_id where district.level = 2",
    )
    told = {(one["oktmo"], one["name_ru"], one["region"]) for one in (feature["properties"] for feature in features(DISTRICTS))}
    assert {tuple(row) for row in held} == told


def test_areas_are_those_of_postgis_on_the_ellipsoid(loaded: Loaded) -> None:
    for row in ask(loaded.url, "select code, area_km2, st_area(area::geography) / 1e6 as by_postgis from district"):
        assert row["area_km2"] == pytest.approx(row["by_postgis"], rel=1e-6), row["code"]


async def test_the_locator_finds_the_district_that_st_covers_finds(loaded: Loaded) -> None:
    async with open_connection(loaded.url) as held:
        locator = Locator(await read_district_arrays(held), near_m=0)
    lng, lat = (np.array([row[name] for row in loaded.incidents]) for name in ("lng", "lat"))
    found, _ = locator.locate(lng, lat)
    expected = [loaded.covering.get(row["id"], (0, 0))[0] for row in loaded.incidents]
    assert len(found) == POINTS
    assert found.tolist() == expected
    assert min(np.count_nonzero(found), np.count_nonzero(found == 0)) > 5_000


def test_incidents_that_were_there_before_get_the_district_that_covers_them(loaded: Loaded) -> None:
    covered = {row["id"]: row["district_id"] for row in loaded.incidents if loaded.covering.get(row["id"], (0, 0))[1] == 2}
    assert covered == {one: district for one, (district, level) in loaded.covering.items() if level == 2}
    assert not any(row["district_is_nearest"] for row in loaded.incidents if row["id"] in covered)


def test_others_are_near_a_district_at_most_a_kilometre_away_or_in_none(loaded: Loaded) -> None:
    left = {row["id"]: row for row in loaded.incidents if loaded.covering.get(row["id"], (0, 0))[1] < 2}
    metres: dict[int, dict[int, float]] = defaultdict(dict)
    for row in ask(loaded.url, DISTANCES, list(left)):
        # Inside a region, only that region's districts may take it.
        if loaded.covering.get(row["id"], (row["region"], 0))[0] == row["region"]:
            metres[row["id"]][row["district"]] = row["metres"]
    for one, row in left.items():
        nearest = min(metres[one].values(), default=np.inf)
        if row["district_is_nearest"]:
            assert metres[one][row["district_id"]] <= min(nearest, NEAR_M) * (1 + FLAT), one
        else:
            assert nearest > NEAR_M * (1 - FLAT), one
            assert row["district_id"] == loaded.covering.get(one, (None, 0))[0]
    near = sum(row["district_is_nearest"] for row in left.values())
    nowhere = sum(row["district_id"] is None for row in left.values())
    assert min(near, nowhere) > 500
    told = counts(loaded.districts.out)
    assert (told["incidents: near a district"], told["incidents: without a district"]) == (near, nowhere)
    assert told["incidents: in a district"] == POINTS - near - nowhere


def test_the_shapes_for_drawing_keep_every_district_at_every_zoom(loaded: Loaded) -> None:
    rows = ask(
        loaded.url,
        "select band, count(*) as n, bool_and(st_isvalid(shape)) as valid, sum(st_area(shape)) as apart,"
        " st_area(st_union(shape)) as together from district_shape inner join district on id = district_id where level = 2 group by band",
    )
    assert sorted(row["band"] for row in rows) == [band.band for band in ZOOM_BANDS]
    for row in rows:
        assert (row["n"], row["valid"]) == (97, True)
        assert row["together"] == pytest.approx(row["apart"], rel=1e-9)


def test_loading_the_same_again_changes_no_district_and_no_incident(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    again = counts(command(loaded.url, monkeypatch)(*LOAD_DISTRICTS).out)
    assert {name: again[f"districts: {name}"] for name in ("new", "changed", "unchanged", "removed")} == {
        "new": 0,
        "changed": 0,
        "unchanged": 97,
        "removed": 0,
    }
    assert again["incidents: district changed"] == 0
    assert ask(loaded.url, ASSIGNED) == loaded.incidents
