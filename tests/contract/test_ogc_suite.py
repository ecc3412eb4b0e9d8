"""The official test suite of OGC API – Features (`ets-ogcapi-features10`), run over a `geo serve` process.

The suite is no package: OGC_SUITE names a folder with its source or a built one, see docs/ogc.md.
"""

import asyncio
import os
import subprocess
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import asyncpg
import pytest
import shapely

from geo_service.core.database import open_connection
from geo_service.core.model import DistrictLevel
from tests.support import far_places, territory
from tests.support.databases import execute_statement
from tests.support.requirements import NO_SUITE
from tests.support.serve_process import serving, wait_until_ready

FOLDER = Path(os.environ.get("OGC_SUITE", ""))
PLACES = {
    "Greenwich": (0.0, 51.5), "Equator": (-75.0, 0.0), "Antimeridian": (178.0, 67.0), "North": (0.0, 88.0), "South": (0.0, -88.0),
    "Kuban": (38.9, 45.0), "Siberia": (100.0, 60.0),
}  # fmt: skip
"""Longitude and latitude: one in each of the boxes of which the suite asks, and such that none of the extents crosses 180°."""
REACH = {DistrictLevel.REGION: 1.5, DistrictLevel.DISTRICT: 1.0, DistrictLevel.SETTLEMENT: 0.5}
"""Degrees from a place to the edges of its unit, by level."""
STEPS = (-0.3, 0.0, 0.3)
"""Degrees of longitude from a place to its incidents."""
LIBRARIES = "target/classpath.txt"
BUILD = ["mvn", "-q", "-B", "-Denforcer.skip", "compile", "dependency:build-classpath", f"-Dmdep.outputFile={LIBRARIES}"]
"""The suite demands a newer Maven than Debian 12 has, but builds with it."""
CONTROLLER = "org.opengis.cite.ogcapifeatures10.TestNGController"
COLLECTIONS_BOX = "validateFeaturesWithBoundingBoxResponse"
NOTHING_THERE = "No features were returned for collection."

pytestmark = pytest.mark.skipif(not (FOLDER / "pom.xml").exists(), reason=NO_SUITE)


@dataclass(frozen=True)
class Outcome:
    """What became of one test of the suite with one set of arguments."""

    test: str
    status: str
    """PASS, FAIL or SKIP."""
    arguments: tuple[str, ...]
    message: str


@pytest.fixture(scope="module")
def class_path() -> str:
    """The suite and its libraries, compiled if they are not yet.

    The suite's own files come first, so not its archive with all in one: that has the list of reference systems of a
    library in place of the suite's, in which EPSG:4326 has the longitude first.
    """
    libraries = FOLDER / LIBRARIES
    if not libraries.exists():
        subprocess.run(BUILD, cwd=FOLDER, check=True, timeout=1800)
    return os.pathsep.join([str((FOLDER / "target/classes").resolve()), libraries.read_text(encoding="utf-8")])


@contextmanager
def served(database_url: str, fill: Callable[[asyncpg.Connection], Awaitable[None]]) -> Iterator[str]:
    """The address of /ogc of a `geo serve` process over a database that `fill` has filled."""

    async def run() -> None:
        async with open_connection(database_url) as held:
            await fill(held)

    asyncio.run(run())
    with serving(database_url) as (_, address):
        wait_until_ready(address)
        yield f"{address}/ogc"


async def fill_places(held: asyncpg.Connection) -> None:
    """Put a unit of each level and incidents in three hexagons around each of the places into an empty database."""
    await held.execute(
        "insert into source (code, name_ru, name_en, attribution) values ('portal', 'Портал', 'Portal', 'Portal data');"
        "insert into theme (code, sector_id, name_ru, name_en) values ('roads.pothole', 7, 'Яма', 'Pothole')"
    )
    for name, (lng, lat) in PLACES.items():
        parent = None
        for level, reach in REACH.items():
            shape = shapely.box(lng - reach, lat - reach, lng + reach, lat + reach)
            area = territory.Area(f"{name}-{level.code}", name, shape, 0, level)
            parent = await territory.insert_area(held, area, parent)
        for step in STEPS:
            await territory.insert_incidents(held, f"{name}{step}", shapely.Point(lng + step, lat), 2, parent, themes=1)
    await held.execute("update boundary_state set revision = revision + 1")


def run_suite(class_path: str, address: str, folder: Path) -> list[Outcome]:
    """Run all tests of the suite over all collections."""
    entries = {"iut": address, "noofcollections": "-1"}
    text = "".join(f'<entry key="{key}">{value}</entry>' for key, value in entries.items())
    (folder / "arguments.xml").write_text(f'<properties version="1.0">{text}</properties>', encoding="utf-8")
    command: list[str | Path] = ["java", "-cp", class_path, CONTROLLER, "-o", folder, "arguments.xml"]
    subprocess.run(command, cwd=folder, check=True, timeout=1800, capture_output=True)
    (report,) = folder.glob("testng/*/testng-results.xml")
    return [
        Outcome(
            one.get("name", ""),
            one.get("status", ""),
            tuple((value.text or "").strip() for value in one.iter("value")),
            (one.findtext(".//message") or "").strip(),
        )
        for one in ElementTree.parse(report).iter("test-method")  # noqa: S314  # written by the suite just run
        if one.get("is-config") != "true"
    ]


def test_the_suite_passes_whole(class_path: str, database_url: str, tmp_path: Path) -> None:
    with served(database_url, fill_places) as address:
        outcomes = run_suite(class_path, address, tmp_path)
    print(Counter(one.status for one in outcomes))
    assert [one for one in outcomes if one.status != "PASS"] == []
    tests = {one.test for one in outcomes}
    # A test of each class: Core, GeoJSON, OpenAPI 3.0, and Part 2.
    assert {COLLECTIONS_BOX, "validateConformanceOperationAndResponse", "openapiDocumentRetrieval", "verifyBboxCrsParameter"} <= tests
    boxes = {one.arguments for one in outcomes if one.test == COLLECTIONS_BOX}
    assert len(boxes) == 6 * len({collection for collection, _ in boxes})


def test_over_the_antimeridian_only_the_box_that_the_suite_reads_the_wrong_way_round_fails(
    class_path: str, database_url: str, tmp_path: Path
) -> None:
    # The standard has west > east in such an extent (17-069r4, 7.15.3); the suite checks the complement of the box,
    # but for one box of its own (its issue 247).
    asyncio.run(execute_statement(database_url, "truncate incident, district, source, theme restart identity cascade"))
    with served(database_url, far_places.fill_chukotka) as address:
        outcomes = run_suite(class_path, address, tmp_path)
    print(Counter(one.status for one in outcomes))
    failed = [one for one in outcomes if one.status == "FAIL"]
    assert {one.test for one in failed} <= {COLLECTIONS_BOX}
    for one in failed:
        west, _, east, _ = map(float, one.arguments[1].split(","))
        assert west > east
    assert {one.message for one in outcomes if one.status == "SKIP"} <= {NOTHING_THERE}
