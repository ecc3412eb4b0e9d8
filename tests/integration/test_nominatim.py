"""A real Nominatim with a small extract answers through the whole chain."""

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx
import pytest

from geo_service.core.database import open_connection
from geo_service.core.model import GeocodedBy, LocationQuality
from ingest.demo.district_loader import load_demo_districts
from ingest.geocoding import GeocodedPlace, GeocodeQuery, Unresolved
from ingest.geocoding.configuration import GeocodingConfiguration
from ingest.geocoding.factory import make_chain
from ingest.write.reference_data import read_region
from tests.support.databases import database_address, execute_statement
from tests.support.geocoders import QUICK, asking
from tests.support.nominatim_extract import TOWN, VILLAGE, extract, house
from tests.support.paths import CHECKOUT

WANTED = Path(__file__).with_name("nominatim.txt")
DEBIAN_PYTHON = Path("/usr/bin/python3")
"""Debian's packages of Python modules are for this one."""


def environment() -> Path:
    """The programs of Nominatim, installed once; skips, saying why, where they cannot be had."""
    if not shutil.which("osm2pgsql"):
        pytest.skip("a real Nominatim needs Debian's osm2pgsql")
    if subprocess.run([DEBIAN_PYTHON, "-c", "import icu, venv"], capture_output=True, check=False).returncode:
        pytest.skip("a real Nominatim needs Debian's python3-icu and python3-venv")
    folder = CHECKOUT / ".geo" / f"nominatim-{sha256(WANTED.read_bytes()).hexdigest()[:12]}"
    if not (folder / "made").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([DEBIAN_PYTHON, "-m", "venv", "--system-site-packages", folder], check=True, capture_output=True)
        pip: list[str | Path] = [
            folder / "bin" / "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--only-binary",
            ":all:",
            "-r",
            WANTED,
        ]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"a real Nominatim cannot be installed: {done.stderr.strip().rpartition(chr(10))[2]}")
        (folder / "made").touch()
    return folder / "bin"


@pytest.fixture(scope="module")
def nominatim(cluster_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address."""
    programs, project, name = environment(), tmp_path_factory.mktemp("nominatim"), f"nominatim_{os.getpid()}"
    (project / "extract.osm").write_bytes(extract())
    variables = os.environ | {
        "NOMINATIM_DATABASE_DSN": dsn(database_address(cluster_url, name)), "NOMINATIM_IMPORT_STYLE": "address",
        "NOMINATIM_LANGUAGES": "ru,en", "NOMINATIM_DEFAULT_LANGUAGE": "ru",
    }  # fmt: skip
    asyncio.run(
        execute_statement(cluster_url, 'do $$ begin create role "www-data" login; exception when duplicate_object then null; end $$')
    )
    asyncio.run(execute_statement(cluster_url, f'drop database if exists "{name}" with (force)'))
    arguments: list[str | Path] = ["--osm-file", project / "extract.osm", "-j", "1", "--offline", "--no-updates", "--osm2pgsql-cache", "16"]
    imported = subprocess.run(
        [programs / "nominatim", "import", "-q", "--project-dir", project, *arguments],
        env=variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert imported.returncode == 0, imported.stderr[-2000:]
    with server(programs, project, variables) as address:
        yield address
    asyncio.run(execute_statement(cluster_url, f'drop database "{name}" with (force)'))


def dsn(url: str) -> str:
    """An address as Nominatim writes it."""
    parts = urlsplit(url)
    password = f";password={unquote(parts.password)}" if parts.password else ""
    return f"pgsql:dbname={parts.path[1:]};host={parts.hostname};port={parts.port};user={parts.username}{password}"


@contextmanager
def server(programs: Path, project: Path, variables: dict[str, str]) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = subprocess.Popen(
        [programs / "uvicorn", "--factory", "nominatim_api.server.falcon.server:run_wsgi", "--host", "127.0.0.1", "--port", str(port)],
        cwd=project, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        asyncio.run(up(f"http://127.0.0.1:{port}/status"))
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(timeout=20)


async def up(url: str) -> None:
    async with asyncio.timeout(30), httpx.AsyncClient() as client:
        while True:
            try:
                if (await client.get(url)).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("words", "quality", "place"),
    [
        (GeocodeQuery("г. Абинск, ул. Мира, д. 5, кв. 12"), LocationQuality.HOUSE, house(TOWN, "улица Мира", 5)),
        (GeocodeQuery("в станице Каневской, на улице Красной, дом 3"), LocationQuality.HOUSE, house(VILLAGE, "Красная улица", 3)),
        (GeocodeQuery("пер. Школьный, 7", "в Абинске открыт люк"), LocationQuality.HOUSE, house(TOWN, "Школьный переулок", 7)),
        (GeocodeQuery("ст-ца Каневская, ул. Мира, 99"), LocationQuality.STREET, None),
        (GeocodeQuery("Абинск, ул. Неизвестная, 1"), LocationQuality.SETTLEMENT, None),
        (GeocodeQuery("ул. Мира, 5"), None, None),
    ],
)
async def test_words_become_places_as_fine_as_the_server_knows_them(
    nominatim: str, database_url: str, words: GeocodeQuery, quality: LocationQuality | None, place: tuple[float, float] | None
) -> None:
    await load_demo_districts(database_url)
    async with open_connection(database_url) as held:
        region = await read_region(held, GeocodingConfiguration().bounds)
        async with asking(nominatim, part=QUICK.model_copy(update={"timeout_s": 20}), bounds=region) as server:
            (outcome,) = await (await make_chain(held, GeocodingConfiguration(), region, server)).locate([words])
    assert not outcome.deferred
    assert (outcome.place and outcome.place.quality) == quality
    if place and outcome.place:
        assert [outcome.place.lng, outcome.place.lat] == pytest.approx(place, abs=1e-5)
        assert outcome.place.geocoded_by is GeocodedBy.NOMINATIM


async def test_namesakes_in_two_settlements_are_not_placed_by_the_server_alone(nominatim: str) -> None:
    async with asking(nominatim, part=QUICK.model_copy(update={"timeout_s": 20})) as server:
        both, one = await server.locate([GeocodeQuery("Краснодарский край, с. Мира, 5"), GeocodeQuery("г. Абинск, ул. Мира, 5")])
    assert isinstance(both, Unresolved)
    assert isinstance(one, GeocodedPlace)
