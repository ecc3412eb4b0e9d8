"""QGIS itself, without a window: the features of OGC API collections box by box, and the styles drawn with their colours."""

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h3.api.basic_int as h3
import httpx
import numpy as np
import pytest
import shapely

from geo_service.core.database import open_connection
from geo_service.core.settings import Settings
from geo_service.export.job import read_job, run_export
from geo_service.export.target import read_target
from tests.support import territory
from tests.support.paths import CHECKOUT
from tests.support.serve_process import serving, wait_until_ready

PYTHON = "/usr/bin/python3"
"""Debian's: python3-qgis is a package for it alone."""
SCRIPT = CHECKOUT / "tests/contract/read_in_qgis.py"
BOXES = [(38.9, 45.0, 39.1, 45.1), (38.5, 44.8, 39.5, 45.3), (37.0, 43.5, 41.5, 46.8), (38.9, 45.0, 39.1, 45.1)]
"""West, south, east, north: each larger than the one before, and the first one again."""
COLLECTIONS = {"hexes": 7, "hexes-5": 5, "hexes-8": 8}
"""Resolution by collection."""
SCATTERED = 300
"""Incidents at places of their own, between 38° and 40.5° E and 44.2° and 46.2° N."""
AGES = {0: 0, 1: 2, 2: 5, 3: 20, 4: 60}
"""Days since an incident came, by the class of age."""
PALETTE = ["#ffffb2", "#fecc5c", "#fd8d3c", "#f03b20", "#bd0026"]
OPACITY = {"hexes": 0.85, "districts": 0.75, "incidents": 0.85}
BACKGROUND = "#f1f2ee"
TOLERANCE = 3
"""Of a colour's channel: QGIS and this test round differently."""
LEAST_PX = 20
"""Pixels of each class, of 512 times 512."""


def has_qgis() -> bool:
    return Path(PYTHON).exists() and subprocess.run([PYTHON, "-c", "import qgis.core"], capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not has_qgis(), reason="QGIS is not installed; apt-get install python3-qgis")


@dataclass(frozen=True)
class Read:
    """What QGIS read and drew."""

    layers: dict[str, list[dict[str, int]]]
    styles: dict[str, dict[str, Any]]
    archive: int
    """Pixels on which an archive has something."""


@pytest.fixture(scope="module")
def address(database_url: str) -> Iterator[str]:
    """A `geo serve` process over the territory, scattered incidents, and five places in the town, of an age each."""

    async def fill() -> None:
        random = np.random.default_rng(20)
        async with open_connection(database_url) as held:
            await territory.fill(held)
            for number, (lng, lat) in enumerate(random.uniform((38.0, 44.2), (40.5, 46.2), (SCATTERED, 2)).tolist()):
                await territory.insert_incidents(held, f"scattered{number}-", shapely.Point(lng, lat), 1, None)
            lng, lat = territory.CENTRE
            for age, days in AGES.items():
                await territory.insert_incidents(held, f"age{age}-", shapely.Point(lng + 0.004 * (age - 2), lat + 0.01), 1, None)
                await held.execute(
                    "update incident set received_at = now() - make_interval(days => $2), updated_at = now() where external_id like $1",
                    f"age{age}-%",
                    days,
                )

    asyncio.run(fill())
    with serving(database_url) as (_, served):
        wait_until_ready(served)
        yield served


@pytest.fixture(scope="module")
def read(address: str, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Read:
    """One run of QGIS: it takes seconds to start."""
    lng, lat = territory.CENTRE

    def style(layer: str, query: str, labels: str, zoom: int, north: float = 0) -> dict[str, Any]:
        tiles = f"{address}/tiles/{layer}/{{z}}/{{x}}/{{y}}.mvt?{query}"
        return {
            "style": f"{address}/styles/{layer}.json?{query}&labels={labels}",
            "tiles": tiles,
            "lng": lng,
            "lat": lat + north,
            "zoom": zoom,
        }

    home = tmp_path_factory.mktemp("qgis")
    archive = home / "districts.mbtiles"
    job = read_job(read_target(str(archive)), "districts", "5-7", None, None, [("window", "7d")], Settings().zone)
    run_export(database_url, job, Settings(database_url=database_url), lambda step, done, count: None)
    task = {
        "archive": str(archive),
        "around": (38.0, 44.4, 39.8, 45.6),
        "root": f"{address}/ogc",
        "layers": dict.fromkeys(COLLECTIONS, BOXES),
        "styles": {
            "hexes": style("hexes", "window=7d", "none", 7),
            "districts": style("districts", "window=7d&level=district", "client", 7),
            "incidents": style("incidents", "window=90d", "client", 14, 0.01),
        },
    }
    variables = {"QT_QPA_PLATFORM": "offscreen", "HOME": str(home), "XDG_RUNTIME_DIR": str(home), "PATH": os.environ["PATH"]}
    ran = subprocess.run(
        [PYTHON, str(SCRIPT)], input=json.dumps(task), capture_output=True, check=False, text=True, timeout=240, env=variables
    )
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout)
    return Read(answer["layers"], answer["styles"], answer["archive"])


async def count_in_boxes(database_url: str, resolution: int) -> list[int]:
    """How many incidents are in hexagons that touch each of the boxes, as PostGIS has it; outlines come from the H3 library."""
    async with open_connection(database_url) as held:
        cells = await held.fetch("select cell, count(*) as n from incident where received_at > now() - interval '30 days' group by cell")
        counts: dict[int, int] = {}
        for row in cells:
            parent = h3.cell_to_parent(row["cell"], resolution)
            counts[parent] = counts.get(parent, 0) + row["n"]
        outlines = [shapely.Polygon([(lng, lat) for lat, lng in h3.cell_to_boundary(cell)]).wkt for cell in counts]
        sql = (
            "select coalesce(sum(n), 0)::int from unnest($1::int[], $2::text[]) as hexagon (n, outline)"
            " where st_intersects(st_geomfromtext(outline, 4326), st_makeenvelope($3, $4, $5, $6, 4326))"
        )
        return [await held.fetchval(sql, list(counts.values()), outlines, *box) for box in BOXES]


@pytest.mark.parametrize(("name", "resolution"), COLLECTIONS.items())
async def test_box_by_box_the_sums_in_qgis_are_those_of_sql(read: Read, database_url: str, name: str, resolution: int) -> None:
    expected = await count_in_boxes(database_url, resolution)
    assert [sum(box.values()) for box in read.layers[name]] == expected
    assert 0 < expected[0] < expected[1] < expected[2]
    for box in read.layers[name]:
        assert {h3.get_resolution(h3.str_to_int(cell)) for cell in box} == {resolution}


def blended(color: str, opacity: float) -> tuple[float, ...]:
    """A colour over the style's background, by channel."""
    above, below = ([int(text[at : at + 2], 16) for at in (1, 3, 5)] for text in (color, BACKGROUND))
    return tuple(opacity * high + (1 - opacity) * low for high, low in zip(above, below, strict=True))


def count_pixels(pixels: dict[str, int], color: tuple[float, ...]) -> int:
    """How many pixels have the colour, give or take `TOLERANCE`."""
    return sum(
        number
        for text, number in pixels.items()
        if all(abs(int(text[at : at + 2], 16) - channel) <= TOLERANCE for at, channel in zip((1, 3, 5), color, strict=True))
    )


@pytest.mark.parametrize("layer", OPACITY)
def test_qgis_draws_all_five_classes_in_the_colours_of_the_style(read: Read, layer: str) -> None:
    drawn = read.styles[layer]
    assert drawn["error"] == ""
    counts = {color: count_pixels(drawn["pixels"], blended(color, OPACITY[layer])) for color in PALETTE}
    assert min(counts.values()) >= LEAST_PX, counts


def test_qgis_converts_the_whole_style_but_the_font_that_it_lacks(read: Read) -> None:
    for drawn in read.styles.values():
        assert [warning for warning in drawn["warnings"] if "Referenced font" not in warning] == []


def test_qgis_writes_the_names_of_districts(read: Read) -> None:
    assert read.styles["districts"]["labels"]["district-labels"] == '"name_ru"'


def test_qgis_draws_an_archive(read: Read) -> None:
    # The districts fill the box.
    assert read.archive > 0.9 * 512**2


def test_the_incidents_of_the_ages_are_in_the_tiles(address: str) -> None:
    legend = httpx.get(f"{address}/api/legend?layer=incidents&zoom=14&window=90d").json()
    assert all(one["incidents"] for one in legend["classes"])
