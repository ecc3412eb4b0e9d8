"""OGC API – Features, read by real clients over HTTP: GDAL's OAPIF driver, OWSLib, and plain requests."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import h3.api.basic_int as h3
import httpx
import pytest
import shapely
from owslib.ogcapi.features import Features

from geo_service.core.database import open_connection
from tests.support import territory
from tests.support.serve_process import serving, wait_until_ready

GEOJSON = "application/geo+json"
CENTRE_BOX = (38.7, 44.85, 39.1, 45.15)
"""Touches the middle district, the town in it, and the region."""
COLLECTIONS = ["regions", "districts", "hexes", "hexes-5", "hexes-6", "hexes-7", "hexes-8"]


@pytest.fixture(scope="module")
def root(database_url: str) -> Iterator[str]:
    """The address of /ogc of a `geo serve` process over the territory."""

    async def fill() -> None:
        async with open_connection(database_url) as held:
            await territory.fill(held)

    asyncio.run(fill())
    with serving(database_url) as (_, address):
        wait_until_ready(address)
        yield f"{address}/ogc"


def get(root: str, path: str, **query: Any) -> Any:
    answer = httpx.get(f"{root}{path}", params=query, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def codes(root: str, **query: Any) -> set[str]:
    return {one["id"] for one in get(root, "/collections/districts/items", **query)["features"]}


def ogrinfo(*words: str) -> str:
    return subprocess.run(["ogrinfo", "-ro", *words], capture_output=True, check=True, timeout=120, text=True).stdout


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="GDAL's ogrinfo is not installed; apt-get install gdal-bin")
class TestGdal:
    """The OAPIF driver."""

    def test_lists_all_collections(self, root: str) -> None:
        listed = ogrinfo(f"OAPIF:{root}")
        assert all(f": {name} " in listed for name in COLLECTIONS)

    def test_counts_and_reads_districts_by_box(self, root: str) -> None:
        assert f"Feature Count: {len(territory.DISTRICTS)}" in ogrinfo("-so", f"OAPIF:{root}", "districts")
        read = ogrinfo("-al", "-geom=NO", "-spat", *map(str, CENTRE_BOX), f"OAPIF:{root}/collections/districts")
        assert {line.split(" = ")[1] for line in read.splitlines() if " code (String) = " in line} == {"11", "T"}

    def test_counts_hexagons(self, root: str) -> None:
        held = get(root, "/collections/hexes/items")["numberMatched"]
        assert f"Feature Count: {held}" in ogrinfo("-so", f"OAPIF:{root}", "hexes")


class TestOwslib:
    """The client of Python's GIS."""

    def test_finds_collections_and_the_definition(self, root: str) -> None:
        service = Features(root)
        assert service.feature_collections() == COLLECTIONS
        assert any(one.endswith("/conf/core") for one in service.conformance()["conformsTo"])
        assert service.api()["openapi"].startswith("3.0")
        assert service.collection("hexes")["id"] == "hexes"

    def test_reads_items_by_box_and_one_by_its_id(self, root: str) -> None:
        service = Features(root)
        found = service.collection_items("districts", bbox=list(CENTRE_BOX), limit=50)
        assert {one["id"] for one in found["features"]} == {"11", "T"}
        town = service.collection_item("districts", "T")
        assert town["properties"]["count"] == 40
        assert shapely.hausdorff_distance(shapely.geometry.shape(town["geometry"]), territory.TOWN) < 2e-5


def test_pages_hold_every_feature_once_and_lead_to_each_other(root: str) -> None:
    for name, query in (("districts", "limit=5&window=7d"), ("hexes", "limit=4&bbox=37,43,41,46")):
        address, seen = f"{root}/collections/{name}/items?{query}", []
        while address:
            page = httpx.get(address, timeout=60).json()
            assert page["numberReturned"] == len(page["features"])
            seen += [one["id"] for one in page["features"]]
            address = next((one["href"] for one in page["links"] if one["rel"] == "next"), "")
        assert len(seen) == len(set(seen)) == page["numberMatched"] > 4
        assert {"self", "collection", "prev"} == {one["rel"] for one in page["links"]}


def test_districts_carry_the_numbers_that_are_in_the_database(root: str) -> None:
    collections = ("regions", "districts")
    pages = [get(root, f"/collections/{name}/items", window="7d") for name in collections]
    found = {one["id"]: one["properties"] for page in pages for one in page["features"]}
    assert {code: one["count"] for code, one in found.items() if code != "R"} == {one.code: one.incidents for one in territory.DISTRICTS}
    assert found["R"]["count"] == territory.TOTAL - 1
    assert (found["T"]["parent"], found["T"]["level"], found["CH"]["population"]) == ("R", "district", None)
    assert codes(root, level="region") == {"R"}


def test_hexagons_are_those_of_the_incidents_with_their_outlines(root: str) -> None:
    page = get(root, "/collections/hexes/items", resolution=6, window="7d")
    assert sum(one["properties"]["count"] for one in page["features"]) == territory.TOTAL + territory.OUTSIDE
    for one in page["features"]:
        there = shapely.Polygon([(lng, lat) for lat, lng in h3.cell_to_boundary(h3.str_to_int(one["id"]))])
        assert shapely.hausdorff_distance(shapely.geometry.shape(one["geometry"]), there) < 1e-5
        assert get(root, f"/collections/hexes/items/{one['id']}", window="7d")["properties"] == one["properties"]
    assert get(root, "/collections/hexes/items")["features"][0]["properties"]["resolution"] == 7


def test_a_box_over_the_antimeridian_has_both_sides_and_nothing_else(root: str) -> None:
    assert codes(root, bbox="179,65,-179,68") == {"CH"}
    assert codes(root, bbox="-179.5,65,-179,68") == codes(root, bbox="179,65,0,179.5,68,100") == {"CH"}
    assert codes(root, bbox="0,65,10,68") == set()
    assert get(root, "/collections/hexes/items", bbox="177,65,-177,68")["numberMatched"] == 1


def test_the_time_is_an_instant_or_an_interval(root: str) -> None:
    def count(time: str) -> int:
        found: int = get(root, "/collections/districts/items/T", datetime=time)["properties"]["count"]
        return found

    assert count("../..") == count("2020-01-01/..") == count("2020-01-01T00:00:00Z/") == 40
    assert count("../2020-01-01") == count("2020-01-01") == count("2020-01-01T00:00:00Z") == count("1900-01-01/1901-01-01") == 0


def test_the_time_of_a_collection_is_of_whole_days_and_holds_all_its_incidents(root: str) -> None:
    (listed,) = [one for one in get(root, "/collections")["collections"] if one["id"] == "districts"]
    ((begin, end),) = listed["extent"]["temporal"]["interval"]
    # Days of Moscow, so that what arrives today leaves both documents as they are.
    assert (begin[11:], end[11:]) == ("21:00:00Z", "20:59:59Z")
    whole = get(root, "/collections/districts/items/T", datetime=f"{begin}/{end}")["properties"]["count"]
    assert whole == get(root, "/collections/districts/items/T")["properties"]["count"] == 40
    assert get(root, "/collections/districts")["extent"] == listed["extent"]


def test_answers_say_their_coordinates_and_are_not_sent_twice(root: str) -> None:
    for path in ("/collections/districts/items?window=7d", "/collections/districts/items/T?datetime=2020-01-01"):
        answer = httpx.get(root + path)
        assert answer.headers["content-type"] == GEOJSON
        assert answer.headers["content-crs"] == "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"
    again = httpx.get(root + path, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_more_than_the_most_is_taken_for_the_most(root: str) -> None:
    assert get(root, "/collections/districts/items", limit=99_999)["numberReturned"] == len(territory.DISTRICTS)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/collections/rivers", 404), ("/collections/hexes-9", 404), ("/collections/regions/items?level=region", 400),
        ("/collections/hexes-7/items?resolution=7", 400), ("/collections/hexes/items?resolution=auto", 400),
        ("/collections/rivers/items", 404), ("/collections/districts/items/nowhere", 404),
        ("/collections/hexes/items/8a1181b6c1b7fff", 404), ("/collections/hexes/items/zz", 404),
        ("/collections/districts/items?colour=red", 400), ("/collections/districts/items?limit=0", 400),
        ("/collections/districts/items?limit=ten", 400), ("/collections/districts/items?offset=-1", 400),
        ("/collections/districts/items?bbox=1,2,3", 400), ("/collections/districts/items?bbox=1,3,2,2", 400),
        ("/collections/districts/items?bbox=nan,0,1,1", 400), ("/collections/districts/items?datetime=soon", 400),
        ("/collections/districts/items?datetime=2026-02-01/2026-01-01", 400), ("/collections/districts/items?datetime=2026-02-30", 400),
        ("/collections/districts/items?datetime=2026-01-01&window=7d", 400), ("/collections/districts/items?resolution=7", 400),
        ("/collections/hexes/items?level=region", 400), ("/collections/hexes/items?resolution=11", 400),
        ("/collections/districts/items?measure=open", 400), ("/collections?limit=5", 400), ("/?f=html", 400),
    ],
)  # fmt: skip
def test_what_is_unknown_or_malformed_is_refused(root: str, path: str, status: int) -> None:
    answer = httpx.get(root + path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_every_link_leads_somewhere_and_has_the_type_that_it_says(root: str) -> None:
    waiting, seen = [f"{root}/"], set[str]()
    while waiting:
        address = waiting.pop()
        seen.add(address)
        answer = httpx.get(address, timeout=60)
        assert answer.status_code == 200
        if "/items" in address:
            continue
        document = json.loads(answer.content)
        for one in [*document.get("links", []), *(two for held in document.get("collections", []) for two in held["links"])]:
            if one["href"] not in seen:
                assert httpx.get(one["href"], timeout=60).headers["content-type"] == one["type"]
                waiting.append(one["href"])
    assert len(seen) == 4 + 2 * len(COLLECTIONS)
