"""Base maps over HTTP: archives by range, tiles, TileJSON and styles; and the recipe that makes one."""

import asyncio
import gzip
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import mapbox_vector_tile
import pytest
from pmtiles.reader import MmapSource, Reader

from geo_service.basemap.registry import Basemaps
from geo_service.cli.application import make_application
from geo_service.core.settings import Settings
from tests.support.basemap_archives import write_protomaps_town
from tests.support.basemap_recipe import follow_recipe
from tests.support.geo_command import geo
from tests.support.osm_town import LAT, LNG
from tests.support.paths import CHECKOUT
from tests.support.slippy_map import slippy_tile

NODE = shutil.which("node")
CHECK = CHECKOUT / "tests/contract/check_style.js"
PLACE = (14, *slippy_tile(LNG, LAT, 14))


@asynccontextmanager
async def asking(url: str, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application with these settings, without waiting until it has incidents: base maps need none."""
    app = make_application(Settings(database_url=url, **settings))
    transport, as_it_is = httpx.ASGITransport(app), {"Accept-Encoding": "identity"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=as_it_is) as client:
        yield client


@dataclass(frozen=True)
class Served:
    """A service with the town as a base map."""

    client: httpx.AsyncClient
    home: Path
    archive: Path


@pytest.fixture(scope="module")
async def served(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """The service, and the town in its data folder."""
    home = tmp_path_factory.mktemp("home")
    town = write_protomaps_town(home / "town.pmtiles")
    Basemaps(home).add(town)
    async with asking(database_url, home=home, public_url="https://map.example.org") as client:
        yield Served(client, home, town)


async def test_a_range_of_the_archive_is_what_the_file_has_there(served: Served) -> None:
    body = served.archive.read_bytes()
    for header, expected in (("bytes=0-126", body[:127]), ("bytes=-7", body[-7:]), (f"bytes={len(body) - 3}-", body[-3:]),
                             ("bytes=5-99999999", body[5:])):  # fmt: skip
        answer = await served.client.get("/basemaps/town.pmtiles", headers={"Range": header})
        assert (answer.status_code, answer.content) == (206, expected)
        first = len(body) - len(expected) if header.startswith("bytes=-") or header.endswith("-") else int(header[6:].split("-")[0])
        assert answer.headers["content-range"] == f"bytes {first}-{first + len(expected) - 1}/{len(body)}"
        assert answer.headers["content-length"] == str(len(expected))


async def test_the_whole_archive_is_sent_where_no_single_range_is_asked_for(served: Served) -> None:
    body = served.archive.read_bytes()
    for headers in (
        {},
        {"Range": "bytes=0-1,9-10"},
        {"Range": "items=0-1"},
        {"Range": "bytes=9-5"},
        {"Range": "bytes=0-1", "If-Range": '"other"'},
    ):
        answer = await served.client.get("/basemaps/town.pmtiles", headers=headers)
        assert (answer.status_code, answer.content) == (200, body)
        assert (answer.headers["accept-ranges"], answer.headers["content-type"]) == ("bytes", "application/vnd.pmtiles")


async def test_etags_save_the_transfer_and_guard_the_range(served: Served) -> None:
    head = await served.client.head("/basemaps/town.pmtiles")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(served.archive.stat().st_size))
    etag = head.headers["etag"]
    assert (await served.client.get("/basemaps/town.pmtiles", headers={"If-None-Match": etag})).status_code == 304
    ranged = await served.client.head("/basemaps/town.pmtiles", headers={"Range": "bytes=0-9", "If-Range": etag})
    assert (ranged.status_code, ranged.headers["content-length"]) == (206, "10")


async def test_a_range_beyond_the_end_is_refused_with_the_size(served: Served) -> None:
    for header in (f"bytes={served.archive.stat().st_size}-", "bytes=-0"):
        answer = await served.client.get("/basemaps/town.pmtiles", headers={"Range": header})
        assert answer.status_code == 416
        assert answer.headers["content-range"] == f"bytes */{served.archive.stat().st_size}"
        assert answer.json()["title"] == "Range not satisfiable"


async def test_pages_of_other_origins_may_read_ranges(served: Served) -> None:
    asked = {"Origin": "https://portal.example", "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"}
    preflight = await served.client.options("/basemaps/town.pmtiles", headers=asked)
    assert preflight.status_code == 200
    answer = await served.client.get("/basemaps/town.pmtiles", headers={"Origin": "https://portal.example", "Range": "bytes=0-6"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert {"Content-Range", "ETag"} <= set(answer.headers["access-control-expose-headers"].split(", "))


@pytest.mark.parametrize("path", ["..%2fhome%2ftown", "..%2Ftown", "Town", "nowhere", "%2e%2e", "town.pmtiles"])
async def test_no_path_leads_out_of_the_folder(served: Served, path: str) -> None:
    for address in (f"/basemaps/{path}.pmtiles", f"/basemaps/{path}.json", f"/basemaps/{path}/0/0/0.mvt"):
        assert (await served.client.get(address)).status_code == 404


async def test_a_tile_is_the_archives_own_in_either_encoding(served: Served) -> None:
    with served.archive.open("rb") as file:
        stored = Reader(MmapSource(file)).get(*PLACE)  # type: ignore[no-untyped-call]  # pmtiles leaves it untyped
    address = "/basemaps/town/{}/{}/{}.mvt".format(*PLACE)
    plain = await served.client.get(address)
    packed = await served.client.get(address, headers={"Accept-Encoding": "gzip, br"})
    assert plain.content == packed.content == gzip.decompress(stored)
    assert ("content-encoding" in plain.headers, packed.headers["content-encoding"]) == (False, "gzip")
    assert plain.headers["etag"] != packed.headers["etag"]
    assert (await served.client.get(address, headers={"If-None-Match": plain.headers["etag"]})).status_code == 304


async def test_a_tile_that_the_archive_has_not_is_empty_and_one_outside_is_refused(served: Served) -> None:
    statuses = [
        (await served.client.get(f"/basemaps/town/{place}.mvt")).status_code
        for place in ("14/0/0", "3/0/0", "19/0/0", "13/99999/0", "x/0/0")
    ]
    assert statuses == [204, 404, 404, 404, 400]


async def test_what_names_a_version_may_be_cached_for_good_and_nothing_else(served: Served) -> None:
    template = (await served.client.get("/basemaps/town.json")).json()["tiles"][0].removeprefix("https://map.example.org")
    address = template.format(z=PLACE[0], x=PLACE[1], y=PLACE[2])
    caching = [(await served.client.get(one)).headers["cache-control"] for one in (address, address + "0", address.partition("?")[0])]
    assert caching == ["public, max-age=31536000, immutable", "no-cache", "no-cache"]


async def test_the_tilejson_says_what_the_archive_holds(served: Served) -> None:
    document = (await served.client.get("/basemaps/town.json")).json()
    assert (document["geo:schema"], document["minzoom"], document["maxzoom"]) == ("protomaps", 12, 14)
    west, south, east, north = document["bounds"]
    assert west < LNG < east
    assert south < LAT < north
    assert "https://www.openstreetmap.org/copyright" in document["attribution"]
    assert {"roads", "water"} <= {layer["id"] for layer in document["vector_layers"]}


@pytest.mark.skipif(NODE is None, reason="Node.js is not installed")
@pytest.mark.skipif(
    not (CHECKOUT / "node_modules/@maplibre/maplibre-gl-style-spec").is_dir(), reason="the style specification is not installed; npm ci"
)
@pytest.mark.parametrize("look", ["scheme=light&lang=ru", "scheme=dark&lang=en&labels=client&places=hide", "labels=none"])
async def test_the_specifications_own_library_finds_nothing_wrong_with_a_style_of_both_schemas(
    served: Served, openmaptiles_town: Path, look: str
) -> None:
    basemaps = Basemaps(served.home)
    basemaps.add(openmaptiles_town, "other", replace=True)
    style = (await served.client.get(f"/styles/basemap.json?{look}")).json()
    basemaps.remove("other")
    answer = await asyncio.to_thread(
        subprocess.run, [str(NODE), str(CHECK)], input=json.dumps(style).encode(), capture_output=True, check=True, timeout=60
    )
    assert json.loads(answer.stdout) == []
    assert {layer["source"] for layer in style["layers"][1:]} == {"basemap-town", "basemap-other"}
    names = [layer["id"] for layer in style["layers"] if layer["type"] == "symbol"]
    assert bool(names) == ("labels=none" not in look)
    assert ("basemap-town-settlements" in names) == (look == "scheme=light&lang=ru")
    assert all(address.startswith("https://map.example.org/") for source in style["sources"].values() for address in source["tiles"])


async def test_a_style_that_is_asked_for_wrongly_is_refused_with_what_is_allowed(served: Served) -> None:
    for query, allowed in (("scheme=grey", "light"), ("lang=de", "ru"), ("places=some", "hide"), ("sector=roads", "lang")):
        answer = await served.client.get(f"/styles/basemap.json?{query}")
        assert answer.status_code == 400
        assert allowed in answer.json()["detail"]


async def test_without_a_base_map_pages_name_none_and_its_style_says_how_to_add_one(
    database_url: str, tmp_path: Path, served: Served
) -> None:
    assert '<meta name="geo-basemap-version"' in (await served.client.get("/")).text
    async with asking(database_url, home=tmp_path) as client:
        assert "geo-basemap-version" not in (await client.get("/")).text
        answer = await client.get("/styles/basemap.json")
        assert (answer.status_code, "geo basemap add" in answer.json()["detail"]) == (404, True)
        # Another process adds one.
        Basemaps(tmp_path).add(served.archive)
        assert '<meta name="geo-basemap-version"' in (await client.get("/embed")).text
        assert (await client.get("/styles/basemap.json")).status_code == 200
    async with asking(database_url, home=tmp_path, basemap_style="/theirs.json") as client:
        page = (await client.get("/")).text
        assert ('content="/theirs.json"' in page, "geo-basemap-version" in page) == (True, False)


# --- the recipe of docs/basemap.md ---


@pytest.fixture(scope="module")
def openmaptiles_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town's tiles, made by tilemaker as docs/basemap.md says, and the base map that came of them."""
    return follow_recipe(tmp_path_factory.mktemp("recipe"))


def test_the_recipe_makes_tiles_that_hold_the_towns_streets_waters_and_buildings(openmaptiles_town: Path) -> None:
    with openmaptiles_town.open("rb") as file:
        tile = mapbox_vector_tile.decode(gzip.decompress(Reader(MmapSource(file)).get(*PLACE)))  # type: ignore[no-untyped-call]  # pmtiles leaves it untyped

    def values(layer: str, key: str) -> set[Any]:
        return {feature["properties"].get(key) for feature in tile[layer]["features"]} - {None}

    assert "Красная улица" in values("transportation_name", "name")
    assert "Krasnaya Street" in values("transportation_name", "name:en")
    assert "6-я линия" in values("transportation_name", "name") - values("transportation_name", "name:en")
    assert {"rail", "primary", "minor"} <= values("transportation", "class")
    assert len(tile["building"]["features"]) > 10
    assert values("housenumber", "housenumber") <= {str(number) for number in range(1, 16, 2)} != set()


def test_the_commands_add_list_check_and_remove(openmaptiles_town: Path, tmp_path: Path) -> None:
    home = {"GEO_HOME": str(tmp_path)}
    added = geo("basemap", "add", str(openmaptiles_town), "--name", "krai", **home)
    assert (added.returncode, "in the schema openmaptiles" in added.stderr + added.stdout) == (0, True)
    assert "krai" in geo("basemap", "list", **home).stdout
    checked = geo("basemap", "check", "krai", **home)
    assert (checked.returncode, "transportation_name" in checked.stdout + checked.stderr) == (0, True)
    stored = tmp_path / "basemaps/krai.pmtiles"
    stored.write_bytes(stored.read_bytes()[:-9])
    damaged = geo("basemap", "check", **home)
    assert (damaged.returncode, "krai.pmtiles: it is truncated" in damaged.stderr) == (2, True)
    assert geo("basemap", "remove", "krai", **home).returncode == 0
    assert list(stored.parent.iterdir()) == []
