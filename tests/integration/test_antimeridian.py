"""A region across the antimeridian, and cells at the poles: bounds by the shortest arc, each cell once, no exception."""

import asyncio
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any

import h3.api.basic_int as h3
import httpx
import numpy as np
import pytest
import shapely
from pmtiles.reader import MemorySource, Reader

from geo_service.core.settings import Settings
from geo_service.export.job import read_job, run_export
from geo_service.export.target import read_target
from geo_service.tiles.encoding.grid import EXTENT, Tile, feature_id, project, resolution_at
from tests.support import far_places
from tests.support.archive_readers import read_tiles
from tests.support.databases import create_database, database_address
from tests.support.decoded_tiles import decode_hexes
from tests.support.http_client import asking, filled

LAYERS = ["hexes", "districts", "incidents"]
BOUNDS = {
    "hexes": (far_places.WEST, far_places.SOUTH, far_places.EAST, far_places.NORTH), "districts": (160.0, 62.0, -169.5, 70.0),
    "incidents": (far_places.WEST, far_places.SOUTH, far_places.EAST, far_places.NORTH),
}  # fmt: skip
TOTAL = far_places.EACH * len(far_places.SETTLEMENTS)
MERCATOR_LATITUDE = 85.0511
BESIDE = {"Магадан": (150.8, 59.56), "Гринвич": (0.0, 67.0), "Фэрбенкс": (-147.7, 64.8)}
"""Settlements that are far away."""
LAST_ZOOM = 5
"""Of the tiles at the poles of which every one is looked at."""


@pytest.fixture(scope="module")
def chukotka_url(database_url: str) -> str:
    """The module's database with Chukotka in it."""
    return filled(database_url, far_places.fill_chukotka)


@pytest.fixture(scope="module")
async def chukotka(chukotka_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application over Chukotka."""
    async with asking(chukotka_url) as made:
        yield made


@pytest.fixture(scope="module")
def far_url(cluster_url: str, template: str, database_url: str) -> str:
    """A database with incidents at the poles and along the antimeridian."""
    name = f"{database_url.rpartition('/')[2]}_far"[:60]
    asyncio.run(create_database(cluster_url, name, template))
    return filled(database_address(cluster_url, name), far_places.fill_far_cells)


@pytest.fixture(scope="module")
async def far(far_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application over the poles."""
    async with asking(far_url) as made:
        yield made


async def get(client: httpx.AsyncClient, path: str) -> Any:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("layer", LAYERS)
class TestBoundsOfARegionAcrossTheAntimeridian:
    """Chukotka, from 166° E to 170° W."""

    async def test_the_tilejson_is_centred_on_it(self, chukotka: httpx.AsyncClient, layer: str) -> None:
        document = await get(chukotka, f"/tiles/{layer}.json")
        assert document["geo:bounds"] == pytest.approx(BOUNDS[layer], abs=0.1)
        # Bounds of TileJSON must not wrap.
        assert document["bounds"] == pytest.approx((-180, BOUNDS[layer][1], 180, BOUNDS[layer][3]), abs=0.1)
        lng, lat, zoom = document["center"]
        west, south, east, north = BOUNDS[layer]
        assert (lng, lat) == pytest.approx(((west + east + 360) / 2, (south + north) / 2), abs=0.1)
        # 24 to 31 degrees wide: a tile of zoom 3 is 45.
        assert zoom == (12 if layer == "incidents" else 3)

    async def test_the_style_looks_at_it(self, chukotka: httpx.AsyncClient, layer: str) -> None:
        style, document = await get(chukotka, f"/styles/{layer}.json"), await get(chukotka, f"/tiles/{layer}.json")
        assert [*style["center"], style["zoom"]] == document["center"]

    @pytest.mark.parametrize("bounds", [None, "165,60,-165,72"])
    async def test_an_archive_is_centred_on_it(self, chukotka_url: str, tmp_path: Path, layer: str, bounds: str | None) -> None:
        path, zooms = tmp_path / "out.pmtiles", "12" if layer == "incidents" else "0-5"
        job = read_job(read_target(str(path)), layer, zooms, bounds, None, [("window", "7d")], Settings().zone)
        await asyncio.to_thread(run_export, chukotka_url, job, Settings(database_url=chukotka_url), lambda step, done, count: None)
        header = Reader(MemorySource(path.read_bytes())).header()  # type: ignore[no-untyped-call]  # the library leaves it untyped
        # Clients load no tile outside of these; they cannot wrap.
        assert header["min_lon_e7"] < -1_790_000_000 < 1_770_000_000 < header["max_lon_e7"]
        lng, lat = header["center_lon_e7"] / 1e7, header["center_lat_e7"] / 1e7
        middle = 180.0 if bounds else (BOUNDS[layer][0] + BOUNDS[layer][2] + 360) / 2
        # Without bounds those of the tiles count: one of zoom 5 is 11 degrees wide.
        assert abs((lng - middle + 180) % 360 - 180) < (0.2 if bounds or layer == "incidents" else 6)
        assert 60 < lat < 72
        assert header["center_zoom"] == (12 if layer == "incidents" else 3)


class TestWhatIsNearIsThere:
    """Requests that put a box around the data."""

    async def test_names_of_settlements_come_from_both_sides_and_from_nowhere_else(
        self, chukotka: httpx.AsyncClient, chukotka_url: str
    ) -> None:
        await asyncio.to_thread(filled, chukotka_url, _insert_places)
        names = {one["properties"]["name_ru"] for one in (await get(chukotka, "/api/places"))["features"]}
        assert names == {*far_places.SETTLEMENTS, "На краю"}

    async def test_the_only_tile_of_zoom_0_has_each_hexagon_once(self, chukotka: httpx.AsyncClient) -> None:
        features = decode_hexes((await chukotka.get("/tiles/hexes/0/0/0.mvt?window=7d")).content)
        assert len({one["id"] for one in features}) == len(features)
        assert sum(one["properties"]["n"] for one in features) == TOTAL
        across = [one for one in features if one["geometry"]["type"] == "MultiPolygon"]
        assert across
        for one in across:
            west, east = (shapely.Polygon(part[0]).bounds for part in one["geometry"]["coordinates"])
            # The same hexagon a world apart.
            assert np.subtract(east, west).tolist() == [EXTENT, 0, EXTENT, 0]


async def _insert_places(connection: Any) -> None:
    places = {
        **far_places.SETTLEMENTS,
        "На краю": (165.6, 65.0),
        "Магадан": (150.8, 59.56),
        "Нулевой": (0.0, 67.0),
        "Аляска": (-150.0, 65.0),
    }
    await connection.executemany(
        "insert into place (id, name_ru, name_en, country, population, location)"
        " values ($1, $2, $2, 'RU', 1000, st_setsrid(st_makepoint($3, $4), 4326))",
        [(number, name, *place) for number, (name, place) in enumerate(places.items())],
    )


class TestCellsAtThePolesAndAlongTheAntimeridian:
    """Every cell within six rings of both poles, and on ±180°."""

    @pytest.mark.parametrize("resolution", range(1, 11))
    async def test_the_collection_has_each_with_its_centre_inside(self, far: httpx.AsyncClient, resolution: int) -> None:
        page = await get(far, f"/ogc/collections/hexes/items?resolution={resolution}&limit=10000")
        cells = [h3.str_to_int(one["id"]) for one in page["features"]]
        assert set(far_places.far_cells(resolution)) <= set(cells)
        shapes = shapely.from_geojson([str(httpx.Response(200, json=one["geometry"]).text) for one in page["features"]])
        lat, lng = np.array([h3.cell_to_latlng(cell) for cell in cells]).T
        assert shapely.is_valid(shapes).all()
        assert shapely.covers(shapes, shapely.points(lng, lat)).all()

    @pytest.mark.parametrize("resolution", range(1, 11))
    async def test_each_is_described_with_its_outline(self, far: httpx.AsyncClient, resolution: int) -> None:
        # Those at the poles, and some of the others: a unit test draws every one.
        inner = [cell for pole in (90.0, -90.0) for cell in h3.grid_disk(h3.latlng_to_cell(pole, 0.0, resolution), 1)]
        for cell in [*inner, *far_places.far_cells(resolution)[::59]]:
            found = await get(far, f"/api/cells/{h3.int_to_str(cell)}?format=geojson")
            for one in found["features"]:
                lat, lng = h3.cell_to_latlng(h3.str_to_int(one["properties"]["h3"]))
                assert shapely.geometry.shape(one["geometry"]).covers(shapely.Point(lng, lat))

    def test_the_tiles_of_an_archive_have_each_once_with_its_centre_inside(self, far_url: str, tmp_path: Path) -> None:
        path = tmp_path / "out.pmtiles"
        job = read_job(read_target(str(path)), "hexes", f"0-{LAST_ZOOM}", None, None, [("window", "7d")], Settings().zone)
        run_export(far_url, job, Settings(database_url=far_url), lambda step, done, count: None)
        seen: dict[int, set[int]] = {zoom: set() for zoom in range(LAST_ZOOM + 1)}
        for tile, body in read_tiles(path).items():
            features = decode_hexes(body)
            ids = [one["id"] for one in features]
            assert len(set(ids)) == len(ids)
            seen[tile.z] |= centres_inside(tile, features)
        for zoom, found in seen.items():
            cells = np.array(far_places.far_cells(resolution_at(zoom)), np.uint64)
            visible = np.array([abs(h3.cell_to_latlng(int(cell))[0]) < MERCATOR_LATITUDE for cell in cells])
            assert set(feature_id(cells[visible]).tolist()) <= found

    async def test_tiles_at_the_edges_of_the_world_have_each_once_at_every_zoom(self, far: httpx.AsyncClient) -> None:
        for zoom in range(17):
            last = (1 << zoom) - 1
            for x in {0, last}:
                for y in {0, last, last // 2}:
                    answer = await far.get(f"/tiles/hexes/{zoom}/{x}/{y}.mvt?window=7d&meta=1")
                    assert answer.status_code in (200, 204)
                    if answer.content:
                        features = decode_hexes(answer.content)
                        assert len({one["id"] for one in features}) == len(features)


@cache
def cell_by_id(resolution: int) -> dict[int, int]:
    """The cells of a resolution that hold an incident, by the ids of their features."""
    cells = np.array(sorted({h3.cell_to_parent(cell, resolution) for cell in far_places.far_finest_cells()}), np.uint64)
    return dict(zip(feature_id(cells).tolist(), cells.tolist(), strict=True))


def centres_inside(tile: Tile, features: list[dict[str, Any]]) -> set[int]:
    """The features' ids whose cell's centre is in the tile, after checking that the outline covers it, give or take a unit."""
    by_id = cell_by_id(resolution_at(tile.z))
    size = (1 << 30) >> tile.z
    inside = set()
    for one in features:
        lat, lng = h3.cell_to_latlng(by_id[one["id"]])
        x, y = (project(np.array([lng]), np.array([lat]))[0] / size - (tile.x, tile.y)) * EXTENT
        if abs(lat) < MERCATOR_LATITUDE and 0 <= x < EXTENT and 0 <= y < EXTENT:
            assert shapely.geometry.shape(one["geometry"]).distance(shapely.Point(x, y)) <= 1
            inside.add(one["id"])
    return inside
