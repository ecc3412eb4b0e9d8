"""What the collections of OGC API – Features hold: the same features for every box and page, in every reference system."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import h3.api.basic_int as h3
import httpx
import numpy as np
import pyproj
import pytest
import shapely
from owslib.ogcapi.features import Features

from geo_service.core.database import open_connection
from tests.support import territory
from tests.support.serve_process import serving, wait_until_ready

CLIENT = httpx.Client(timeout=60)
"""One for all requests: a client of its own for each would take longer than the answer."""

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG_4326 = "http://www.opengis.net/def/crs/EPSG/0/4326"
EPSG_3857 = "http://www.opengis.net/def/crs/EPSG/0/3857"

POLAR = [(0.0, 90.0), (0.0, 89.9), (120.0, -90.0), (77.0, 88.0)]
"""Longitude and latitude of an incident each: one wrong coordinate in a source looks like this."""
ON_LAND = territory.TOTAL + territory.OUTSIDE
TOTAL = ON_LAND + len(POLAR)

HEXES = {"hexes": 7, "hexes-5": 5, "hexes-6": 6, "hexes-7": 7, "hexes-8": 8}
"""Resolution by collection."""
BOXES = [(-180.0, -90.0, 38.9, 90.0), (38.9, -90.0, 179.0, 45.0), (38.9, 45.0, 180.0, 90.0), (179.0, -90.0, -180.0, 45.0)]
"""Together the world: west, south, east, north."""


@pytest.fixture(scope="module")
def root(database_url: str) -> Iterator[str]:
    """The address of /ogc of a `geo serve` process over the territory and incidents at the poles."""

    async def fill() -> None:
        async with open_connection(database_url) as held:
            await territory.fill(held)
            for number, (lng, lat) in enumerate(POLAR):
                await territory.insert_incidents(held, f"polar{number}-", shapely.Point(lng, lat), 1, None)

    asyncio.run(fill())
    with serving(database_url) as (_, address):
        wait_until_ready(address)
        with CLIENT:
            yield f"{address}/ogc"


@pytest.fixture(scope="module")
def count_by_cell(database_url: str) -> dict[int, dict[str, int]]:
    """By resolution the number of incidents in each cell, as the database has them."""

    async def read() -> list[Any]:
        async with open_connection(database_url) as held:
            return list(await held.fetch("select cell, count(*) as n from incident group by cell"))

    rows = asyncio.run(read())
    counts: dict[int, dict[str, int]] = {}
    for resolution in range(1, 11):
        found = counts.setdefault(resolution, {})
        for row in rows:
            name = h3.int_to_str(h3.cell_to_parent(row["cell"], resolution))
            found[name] = found.get(name, 0) + row["n"]
    return counts


def get(root: str, path: str, **query: Any) -> Any:
    answer = CLIENT.get(f"{root}{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def features(root: str, name: str, **query: Any) -> dict[str, Any]:
    """All features by id, page by page."""
    address, found = str(httpx.URL(f"{root}/collections/{name}/items", params=query)), dict[str, Any]()
    while address:
        page = CLIENT.get(address).json()
        assert not found.keys() & {one["id"] for one in page["features"]}
        found |= {one["id"]: one for one in page["features"]}
        address = next((one["href"] for one in page["links"] if one["rel"] == "next"), "")
    assert len(found) == page["numberMatched"]
    return found


def counts(found: dict[str, Any]) -> dict[str, int]:
    return {name: one["properties"]["count"] for name, one in found.items()}


def box_text(box: tuple[float, ...]) -> str:
    return ",".join(map(str, box))


class TestABoxOnlyChooses:
    """Which features a collection has depends on neither the box nor the page."""

    @pytest.mark.parametrize(("name", "resolution"), HEXES.items())
    def test_hexagons_of_boxes_that_fill_the_world_are_those_of_the_collection(
        self, root: str, count_by_cell: dict[int, dict[str, int]], name: str, resolution: int
    ) -> None:
        whole = counts(features(root, name))
        assert whole == count_by_cell[resolution]
        assert sum(whole.values()) == TOTAL
        # A client that keeps what it has by id, as QGIS does, has the truth after any number of boxes.
        kept: dict[str, int] = {}
        for box in [(38.8, 44.9, 39.0, 45.1), *BOXES, (38.8, 44.9, 39.0, 45.1)]:
            part = counts(features(root, name, bbox=box_text(box), limit=6))
            assert part.items() <= whole.items()
            kept |= part
        assert kept == whole
        assert counts(features(root, name, bbox="-180,-90,180,90")) == whole

    def test_a_resolution_is_chosen_by_name_only(self, root: str, count_by_cell: dict[int, dict[str, int]]) -> None:
        for resolution, expected in count_by_cell.items():
            assert counts(features(root, "hexes", resolution=resolution, bbox="-180,-90,180,90")) == expected
        assert CLIENT.get(f"{root}/collections/hexes-5/items?resolution=5").status_code == 400

    def test_a_collection_of_districts_has_one_level_and_adds_up_to_the_whole(self, root: str) -> None:
        inside = territory.TOTAL - 1
        assert counts(features(root, "regions")) == {"R": inside}
        assert counts(features(root, "districts")) == {one.code: one.incidents for one in territory.DISTRICTS}
        # A level without any unit has no collection: programs would show an empty one.
        assert CLIENT.get(f"{root}/collections/settlements").status_code == 404
        assert counts(features(root, "districts", level="settlement")) == {}
        assert counts(features(root, "districts", level="region")) == {"R": inside}
        kept: dict[str, int] = {}
        for box in BOXES:
            kept |= counts(features(root, "districts", bbox=box_text(box), limit=2))
        assert sum(kept.values()) == territory.TOTAL

    def test_a_feature_is_in_the_collection_of_its_level_or_resolution(self, root: str) -> None:
        cell = next(iter(features(root, "hexes-5")))
        assert get(root, f"/collections/hexes/items/{cell}")["id"] == get(root, f"/collections/hexes-5/items/{cell}")["id"] == cell
        for path in (f"hexes-6/items/{cell}", "regions/items/T", "settlements/items/T"):
            answer = CLIENT.get(f"{root}/collections/{path}")
            assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        assert get(root, "/collections/districts/items/R")["id"] == get(root, "/collections/regions/items/R")["id"] == "R"

    def test_the_page_before_does_not_overlap(self, root: str) -> None:
        page = get(root, "/collections/districts/items", offset=3, limit=5)
        before = CLIENT.get(next(one["href"] for one in page["links"] if one["rel"] == "prev")).json()
        assert [one["id"] for one in before["features"]] == [one["id"] for one in get(root, "/collections/districts/items")["features"]][:3]


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="GDAL's ogrinfo is not installed; apt-get install gdal-bin")
def test_gdal_reads_the_same_hexagons_with_and_without_a_box(root: str) -> None:
    def read(*words: str) -> dict[str, str]:
        command = ["ogrinfo", "-ro", "-al", "-geom=NO", *words, f"OAPIF:{root}/collections/hexes-6"]
        lines = subprocess.run(command, capture_output=True, check=True, timeout=120, text=True).stdout.splitlines()
        values = {key: [line.split(" = ")[1] for line in lines if f"  {key} (" in line] for key in ("h3", "count")}
        return dict(zip(values["h3"], values["count"], strict=True))

    whole, town = read(), read("-spat", "38.8", "44.9", "39.0", "45.1")
    assert sum(map(int, whole.values())) == TOTAL
    assert town.items() <= whole.items()
    assert 0 < len(town) < len(whole)


def test_owslib_lists_a_collection_for_each_level_and_resolution(root: str) -> None:
    service = Features(root)
    assert service.feature_collections() == ["regions", "districts", "hexes", "hexes-5", "hexes-6", "hexes-7", "hexes-8"]
    found = service.collection_items("hexes-8", bbox=[-180, -90, 180, 90], limit=1000)
    assert sum(one["properties"]["count"] for one in found["features"]) == TOTAL


class TestPolesAndAntimeridian:
    """Cells where longitudes jump."""

    @pytest.mark.parametrize("resolution", range(1, 11))
    def test_every_hexagon_is_valid_and_contains_its_centre(self, root: str, resolution: int) -> None:
        for name, one in features(root, "hexes", resolution=resolution).items():
            lat, lng = h3.cell_to_latlng(h3.str_to_int(name))
            shape = shapely.geometry.shape(one["geometry"])
            assert shape.is_valid
            assert shape.covers(shapely.Point(lng, lat))

    def test_a_box_at_a_pole_holds_what_lies_there(self, root: str) -> None:
        north, south = (h3.int_to_str(h3.latlng_to_cell(lat, 0.0, 7)) for lat in (90.0, -90.0))
        assert features(root, "hexes", bbox="10,89.99,20,90").keys() == {north}
        assert features(root, "hexes", bbox="-180,-90,180,-89").keys() == {south}
        assert len(features(root, "hexes", bbox="-180,86,180,90")) == 3

    def test_a_box_may_go_on_beyond_180_degrees(self, root: str) -> None:
        assert features(root, "districts", bbox="179,65,181,68").keys() == {"CH"}
        assert features(root, "districts", bbox="180.5,65,181,68").keys() == {"CH"}
        assert features(root, "districts", bbox="-182,65,-181,68").keys() == {"CH"}

    def test_the_extent_is_the_shortest_arc(self, root: str) -> None:
        (west, south, east, north) = get(root, "/collections/districts")["extent"]["spatial"]["bbox"][0]
        assert (west, south, east, north) == pytest.approx((37.0, 44.0, -178.5, 67.0), abs=1e-4)
        assert get(root, "/collections/regions")["extent"]["spatial"]["bbox"][0] == pytest.approx([37.0, 44.0, 39.8, 45.6], abs=1e-4)
        # Around a pole there is every longitude.
        assert get(root, "/collections/hexes-5")["extent"]["spatial"]["bbox"][0] == [-180, -90, 180, 90]


class TestReferenceSystems:
    """OGC API – Features, Part 2, with pyproj as the oracle."""

    @pytest.mark.parametrize("name", ["districts", "hexes"])
    @pytest.mark.parametrize(("uri", "tolerance"), [(EPSG_4326, 0.0), (EPSG_3857, 0.011)])
    def test_geometries_are_what_pyproj_makes_of_crs84(self, root: str, name: str, uri: str, tolerance: float) -> None:
        transformer = pyproj.Transformer.from_crs("OGC:CRS84", uri.replace("http://www.opengis.net/def/crs/EPSG/0/", "EPSG:"))
        degrees, projected = features(root, name, crs=CRS84), features(root, name, crs=uri)
        assert degrees == features(root, name)
        compared = 0
        for one, shape in ((one, shapely.geometry.shape(two["geometry"])) for one, two in degrees.items()):
            if abs(shape.bounds[1]) == 90 or abs(shape.bounds[3]) == 90:
                continue
            expected = shapely.transform(shape, lambda points: np.column_stack(transformer.transform(*points.T)))
            found = shapely.geometry.shape(projected[one]["geometry"])
            assert np.abs(shapely.get_coordinates(found) - shapely.get_coordinates(expected)).max() <= tolerance
            compared += 1
        assert compared >= len(degrees) - 3

    def test_a_pole_is_drawn_in_web_mercator_as_a_valid_shape(self, root: str) -> None:
        north = h3.int_to_str(h3.latlng_to_cell(90.0, 0.0, 7))
        shape = shapely.geometry.shape(get(root, f"/collections/hexes/items/{north}", crs=EPSG_3857)["geometry"])
        assert shape.is_valid
        assert np.isfinite(shape.bounds).all()

    @pytest.mark.parametrize("uri", [CRS84, EPSG_4326, EPSG_3857])
    def test_answers_say_their_reference_system(self, root: str, uri: str) -> None:
        for path in ("/collections/districts/items", "/collections/districts/items/T", "/collections/hexes/items"):
            assert CLIENT.get(root + path, params={"crs": uri}).headers["content-crs"] == f"<{uri}>"
        page = get(root, "/collections/districts/items", crs=uri, limit=2)
        assert CLIENT.get(next(one["href"] for one in page["links"] if one["rel"] == "next")).headers["content-crs"] == f"<{uri}>"

    @pytest.mark.parametrize("box", [(38.8, 44.9, 39.0, 45.1), (38.05, 44.45, 38.1, 44.5), (179.0, 65.0, -179.0, 68.0)])
    def test_a_box_of_any_system_chooses_the_same_districts(self, root: str, box: tuple[float, float, float, float]) -> None:
        west, south, east, north = box
        expected = features(root, "districts", bbox=box_text(box)).keys()
        assert expected
        to_metres = pyproj.Transformer.from_crs("OGC:CRS84", "EPSG:3857")
        metres = (*to_metres.transform(west, south), *to_metres.transform(east, north))
        assert features(root, "districts", bbox=box_text(metres), **{"bbox-crs": EPSG_3857}).keys() == expected
        assert features(root, "districts", bbox=box_text((south, west, north, east)), **{"bbox-crs": EPSG_4326}).keys() == expected
        assert features(root, "districts", bbox=box_text(box), **{"bbox-crs": CRS84}).keys() == expected

    def test_collections_list_what_is_spoken(self, root: str) -> None:
        assert "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs" in get(root, "/conformance")["conformsTo"]
        for one in get(root, "/collections")["collections"]:
            assert (one["crs"], one["storageCrs"]) == ([CRS84, EPSG_4326, EPSG_3857], CRS84)

    @pytest.mark.parametrize(
        "path",
        [
            "districts/items?crs=EPSG:4326", "districts/items?crs=http://www.opengis.net/def/crs/EPSG/0/2154", "districts/items?crs=",
            "districts/items?bbox-crs=4326&bbox=1,2,3,4", "districts/items/T?crs=x", f"districts/items/T?bbox-crs={CRS84}",
            f"districts/items?bbox-crs={EPSG_4326}&bbox=3,4,1,5", f"districts/items?bbox-crs={EPSG_3857}&bbox=1,inf,3,4",
        ],
    )  # fmt: skip
    def test_what_is_unknown_is_refused(self, root: str, path: str) -> None:
        answer = CLIENT.get(f"{root}/collections/{path}")
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
        assert answer.json()["title"]


class TestTheDefinition:
    """The OpenAPI document."""

    def test_parameters_of_the_standard_say_how_they_are_written(self, root: str) -> None:
        for path, item in get(root, "/api")["paths"].items():
            for one in item["get"]["parameters"]:
                assert (one["in"] == "path") or (one["style"], one["explode"]) == ("form", False), path

    def test_resolution_and_reference_systems_have_their_types(self, root: str) -> None:
        paths = get(root, "/api")["paths"]
        declared = {one["name"]: one["schema"] for one in paths["/collections/hexes/items"]["get"]["parameters"]}
        assert declared["resolution"] == {"type": "integer", "minimum": 1, "maximum": 10, "default": 7}
        assert declared["crs"]["enum"] == declared["bbox-crs"]["enum"] == [CRS84, EPSG_4326, EPSG_3857]
        assert "resolution" not in {one["name"] for one in paths["/collections/hexes-5/items"]["get"]["parameters"]}


def test_a_slash_at_the_end_of_items_changes_nothing(root: str) -> None:
    assert get(root, "/collections/districts/items/")["numberMatched"] == len(territory.DISTRICTS)


def test_a_missing_feature_is_named_by_its_beginning_only(root: str) -> None:
    for name in ("hexes", "districts"):
        assert len(CLIENT.get(f"{root}/collections/{name}/items/{'x' * 5000}").json()["detail"]) < 160


@pytest.mark.parametrize("limit", [2**31 - 1, 10**18, 10**30])
def test_a_limit_that_means_all_is_taken_for_the_most(root: str, limit: int) -> None:
    assert get(root, "/collections/hexes/items", limit=limit)["numberMatched"] == len(features(root, "hexes"))


def test_an_interval_may_end_in_the_last_year(root: str) -> None:
    assert get(root, "/collections/regions/items/R", datetime="2020-01-01/9999-12-31")["properties"]["count"] == territory.TOTAL - 1
