"""`geo boundaries` from file to database: four formats in as many coordinate systems, and bad files, which change nothing."""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from geo_service.core.database import open_connection
from tests.support.boundary_files import COVERED, Geo, ask, command, counts, fill, state, written
from tests.support.district_files import write_districts

pytestmark = pytest.mark.filterwarnings("ignore:.*")  # GDAL's drivers warn of what a format cannot hold.

AS_DISTRICTS = ("--level", "district", "--code", "oktmo", "--name", "name")
WEST, EAST = shapely.box(38, 45, 39, 46), shapely.box(39, 45, 40, 46)
OVERLAPPING, APART = shapely.box(38.9, 45, 40, 46), shapely.box(39.002, 45, 40, 46)
BOW_TIE = shapely.Polygon([(39, 45), (40, 46), (40, 45), (39, 46)])


@pytest.fixture
def geo(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Geo:
    """The command, on a database with 2,000 incidents around both districts and none of these yet."""
    rng = np.random.default_rng(3)

    async def prepare() -> None:
        async with open_connection(database_url) as held:
            await fill(held, rng.uniform(37.9, 40.1, 2000), rng.uniform(44.9, 46.1, 2000))

    asyncio.run(prepare())
    return command(database_url, monkeypatch)


@pytest.mark.parametrize(("suffix", "crs"), [("geojson", "EPSG:4326"), ("gpkg", "EPSG:32637"), ("shp", "EPSG:3857"), ("fgb", "EPSG:32638")])
def test_each_format_is_checked_loaded_and_listed(geo: Geo, database_url: str, tmp_path: Path, suffix: str, crs: str) -> None:
    path = write_districts(tmp_path / f"districts.{suffix}", crs=crs)
    before = asyncio.run(state(database_url))
    checked = geo("boundaries", "check", path, *AS_DISTRICTS)
    assert (checked.code, "may be loaded" in checked.out) == (0, True), checked.err
    assert asyncio.run(state(database_url)) == before
    loaded = geo("boundaries", "load", path, *AS_DISTRICTS, "--name-en", "en", "--attribution", "Чьё-то")
    assert loaded.code == 0, loaded.err
    told = counts(loaded.out)
    inside, near, without = (told[f"incidents: {what}"] for what in ("in a district", "near a district", "without a district"))
    assert told["districts: new"] == 2
    assert inside + near + without == 2000
    assert min(inside, near, without) > 20
    assert ask(database_url, COVERED)[0][0] == 0
    assert ask(database_url, "select count(district_id) from incident")[0][0] == inside + near
    rows = ask(database_url, "select code, name_ru, name_en, attribution, st_asbinary(area) as area from district order by code")
    assert [tuple(row)[:4] for row in rows] == [
        ("03601000", "Абинский район", "Abinsky", "Чьё-то"),
        ("03602000", "Анапа", "Анапа", "Чьё-то"),
    ]
    for row, square in zip(rows, (WEST, EAST), strict=True):
        assert shapely.hausdorff_distance(shapely.from_wkb(row["area"]), square) < 1e-6
    listed = geo("boundaries", "list")
    assert (listed.code, "2 districts" in listed.out) == (0, True)
    assert all(text in listed.out for text in ("03601000", "Абинский район", "03602000", "Анапа"))


def huge(path: Path) -> Path:
    """A file of a gigabyte that takes no room on the disk."""
    path.touch()
    os.truncate(path, 10**9)
    return path


BAD: dict[str, tuple[Callable[[Path], Path], int, str]] = {
    "no coordinate system": (lambda at: write_districts(at / "d.gpkg", crs=None), 2, "name it with --crs, as in --crs EPSG:4326"),
    "one code twice": (lambda at: write_districts(at / "d.gpkg", oktmo=["1", "1"]), 1, "duplicate code: 1, Абинский район, Анапа"),
    "empty": (lambda at: written(at / "d.geojson", ""), 2, "it is empty"),
    "no features": (
        lambda at: written(at / "d.geojson", json.dumps({"type": "FeatureCollection", "features": []})),
        2,
        "holds no features",
    ),
    "no map": (lambda at: written(at / "d.geojson", "oktmo,name\n1,А\n"), 2, "not a GIS file that GDAL can read"),
    "a gigabyte": (lambda at: huge(at / "d.fgb"), 2, "1,000 MB, more than the 500 MB allowed (--max-mb)"),
    "overlap": (lambda at: write_districts(at / "d.shp", [WEST, OVERLAPPING]), 1, "overlap: Абинский район, Анапа"),
    "gap": (lambda at: write_districts(at / "d.fgb", [WEST, APART]), 1, "gap: Абинский район, Анапа"),
    "no such field": (lambda at: write_districts(at / "d.gpkg", oktmo=["", ""]), 2, "has no code"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_file_is_told_clearly_and_changes_nothing(geo: Geo, database_url: str, tmp_path: Path, fault: str) -> None:
    make, code, told = BAD[fault]
    assert geo("boundaries", "load", write_districts(tmp_path / "good.gpkg"), *AS_DISTRICTS).code == 0
    before = asyncio.run(state(database_url))
    path = make(tmp_path)
    refused = geo("boundaries", "load", path, *AS_DISTRICTS)
    assert (refused.code, told in " ".join(refused.err.split())) == (code, True), refused.err
    assert "Traceback" not in refused.err
    assert geo("boundaries", "check", path, *AS_DISTRICTS).code == code
    assert asyncio.run(state(database_url)) == before


@pytest.mark.parametrize(("fault", "taken"), [("overlap", True), ("gap", True), ("one code twice", False)])
def test_force_takes_overlaps_and_gaps_but_never_two_districts_with_one_code(
    geo: Geo, database_url: str, tmp_path: Path, fault: str, taken: bool
) -> None:
    before = asyncio.run(state(database_url))
    forced = geo("boundaries", "load", BAD[fault][0](tmp_path), *AS_DISTRICTS, "--force")
    assert forced.code == (0 if taken else 1), forced.err
    assert (asyncio.run(state(database_url)) != before) == taken
    if taken:
        assert "refused" in forced.out
        assert ask(database_url, COVERED)[0][0] == 0


def test_bow_ties_are_repaired_and_counted(geo: Geo, database_url: str, tmp_path: Path) -> None:
    path = write_districts(tmp_path / "d.geojson", [WEST, BOW_TIE])
    for act in ("check", "load"):
        ended = geo("boundaries", act, path, *AS_DISTRICTS)
        assert ended.code == 0, ended.err
        (line,) = [line for line in ended.out.splitlines() if "repaired rings" in line]
        assert "03602000" in line
        assert "03601000" not in line
    made: list[Any] = [tuple(row) for row in ask(database_url, "select st_isvalid(area), st_area(area) from district order by code")]
    assert made == [(True, pytest.approx(1)), (True, pytest.approx(0.5))]
    assert ask(database_url, COVERED)[0][0] == 0


def test_districts_with_swapped_axes_are_refused_and_those_outside_every_loaded_region_are_told(geo: Geo, tmp_path: Path) -> None:
    region = write_districts(tmp_path / "r.geojson", polygons=[shapely.box(37, 44, 41, 47), shapely.box(60, 60, 61, 61)])
    assert geo("boundaries", "load", region, "--level", "region", "--code", "oktmo", "--name", "name").code == 0
    below = ("--level", "district", "--code-from-name", "--name", "name")
    swapped = write_districts(tmp_path / "s.geojson", polygons=[shapely.box(45, 38, 46, 39), shapely.box(45, 39, 46, 40)])
    checked = geo("boundaries", "check", swapped, *below)
    assert (checked.code, checked.out.count("latitudes and longitudes are swapped")) == (1, 2), checked.out
    refused = geo("boundaries", "load", swapped, *below)
    assert (refused.code, "latitudes and longitudes are swapped" in refused.err) == (1, True)
    elsewhere = write_districts(tmp_path / "e.geojson", polygons=[shapely.box(38, 45, 39, 46), shapely.box(139, 45, 140, 46)])
    told = geo("boundaries", "check", elsewhere, *below)
    assert (told.code, told.out.count("outside every loaded region")) == (0, 1), told.out
    right = write_districts(tmp_path / "d.geojson", polygons=[shapely.box(38, 45, 39, 46), shapely.box(39, 45, 40, 46)])
    loaded = geo("boundaries", "load", right, *below)
    assert (loaded.code, counts(loaded.out)["districts: new"]) == (0, 2), loaded.err
    again = geo("boundaries", "load", right, *below)
    assert (counts(again.out)["districts: unchanged"], counts(again.out)["districts: new"]) == (2, 0)


@pytest.mark.parametrize(("options", "told"), [((), "codes are missing"), (("--code", "oktmo", "--code-from-name"), "exclude each other")])
def test_codes_come_from_a_field_or_from_names_and_not_from_both(geo: Geo, tmp_path: Path, options: tuple[str, ...], told: str) -> None:
    ended = geo("boundaries", "check", write_districts(tmp_path / "d.geojson"), "--level", "district", "--name", "name", *options)
    assert (ended.code, told in ended.err, "--code-from-name" in ended.err) == (2, True, True)
