"""The package as it is installed: from a wheel, in an environment of its own, run from another folder."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tarfile
import time
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from email.parser import Parser
from pathlib import Path

import httpx
import pytest

from geo_service import __version__
from geo_service.core.database import open_connection
from geo_service.core.model import SECTORS
from tests.support.databases import create_database, database_address, execute_statement
from tests.support.packages import add_page, build, copy_sources, files_in_git, make_environment, run, unpack
from tests.support.paths import CHECKOUT

PACKAGES = ("geo_service", "ingest", "boundaries")
MESSAGES = (
    "id,category,address,lat,lng,status,opened,planned,organisation_id\n7,6.26,ул. Мира 1,53.9,27.56,5,2026-10-01 10:00:00,2026-10-05,12\n"
)
_SUFFIXES = {"br": ".br", "gzip": ".gz", "zstd": ".zst"}
WHERE = "import geo_service, ingest, boundaries; print(*(one.__file__ for one in (geo_service, ingest, boundaries)), sep='\\n')"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all of it lies, outside of the checkout."""
    return tmp_path_factory.mktemp("wheel")


@pytest.fixture(scope="module")
def sdist(folder: Path) -> Path:
    """The sdist of a clean clone in which the page has been built."""
    sources = copy_sources(folder / "clone")
    add_page(sources)
    return build(sources, "sdist")


@pytest.fixture(scope="module")
def wheel(folder: Path, sdist: Path) -> Path:
    """The wheel that is made of the sdist."""
    return build(unpack(sdist, folder / "unpacked"), "wheel")


@pytest.fixture(scope="module")
def programs(folder: Path, wheel: Path) -> Path:
    """The programs of an environment that has the wheel."""
    return make_environment(folder / "environment", wheel)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder that has nothing to do with the project."""
    return tmp_path


@pytest.fixture(scope="module")
def empty_database(cluster_url: str) -> Iterator[str]:
    """A database in which nothing has been made."""
    name = f"geo_{os.getpid()}_wheel"
    asyncio.run(create_database(cluster_url, name))
    yield database_address(cluster_url, name)
    asyncio.run(execute_statement(cluster_url, f'drop database "{name}" with (force)'))


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def metadata_of(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        return Parser().parsestr(archive.read(f"geo_service-{__version__}.dist-info/METADATA").decode())


@contextmanager
def serving(geo: Path, cwd: Path, url: str) -> Iterator[str]:
    """Run `geo serve` of the wheel and give its address; it must end cleanly."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    # Compiling the loops for an environment that is thrown away takes half a minute, and is not what is tested.
    variables = {"GEO_DATABASE_URL": url, "GEO_PORT": port, "NUMBA_DISABLE_JIT": "1", "PATH": os.environ["PATH"]}
    with (cwd / "log").open("w") as log, subprocess.Popen([geo, "serve"], cwd=cwd, env=variables, stdout=log, stderr=log) as process:
        try:
            with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:
                assert client.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
            yield f"http://127.0.0.1:{port}"
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 128 + signal.SIGTERM
        except BaseException:
            process.kill()
            print((cwd / "log").read_text(encoding="utf-8"))
            raise


def test_the_sdist_holds_every_file_that_git_has(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert sorted(set(files_in_git()) - held) == []
    assert "frontend/dist/index.html" in held


def test_the_wheel_holds_packages_data_sql_and_page_and_nothing_else(wheel: Path) -> None:
    sources = files_in_git()
    wanted = {name for name in sources if name.startswith(tuple(f"{package}/" for package in PACKAGES))}
    wanted |= {f"geo_service/_data/{name}" for name in sources if name.startswith("postgis/")}
    held = {name for name in names_in(wheel) if ".dist-info/" not in name}
    page = {name for name in held if name.startswith("geo_service/_data/page/")}
    assert held - page == wanted
    assert {f"geo_service/_data/page/{name}" for name in ("index.html", "embed.html", "wall.html")} <= page
    assert {"mbtiles", "woff2"} <= {name.rpartition(".")[2] for name in page}
    with zipfile.ZipFile(wheel) as archive:
        listed = json.loads(archive.read("geo_service/_data/page/build.json"))["files"]
    compressed = {f"{name}{_SUFFIXES[encoding]}" for name, entry in listed.items() for encoding in entry["encodings"]}
    assert set(_SUFFIXES) == {encoding for entry in listed.values() for encoding in entry["encodings"]}
    assert {name.removeprefix("geo_service/_data/page/") for name in page} == {*listed, *compressed, "build.json"}
    assert {f"{package}/py.typed" for package in PACKAGES} <= held


def test_the_wheel_says_what_it_is_and_what_it_needs(wheel: Path) -> None:
    about = metadata_of(wheel)
    declared = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (about["Name"], about["Version"], about["License-Expression"]) == ("geo-service", __version__, "Apache-2.0")
    assert about["Author"] == "geo-service contributors"
    assert about.get_all("License-File") == ["LICENSE", "NOTICE"]
    assert set(about.get_all("Provides-Extra") or ()) == set(declared["optional-dependencies"])
    always = [line for line in about.get_all("Requires-Dist") or () if "extra ==" not in line]
    assert len(always) == len(declared["dependencies"])


def test_without_the_built_page_nothing_is_packaged_and_it_is_said_why(tmp_path: Path) -> None:
    sources = copy_sources(tmp_path / "clone")
    done = run(sys.executable, "-m", "hatchling", "build", cwd=sources)
    assert done.returncode != 0
    assert "frontend/dist/index.html is missing; run `./dev build`" in done.stderr
    assert not list((sources / "dist").glob("*"))


def test_all_packages_are_those_of_the_wheel(programs: Path, elsewhere: Path) -> None:
    lines = run(programs / "python", "-c", WHERE, cwd=elsewhere).stdout.splitlines()
    assert len(lines) == len(PACKAGES)
    assert all(Path(line).is_relative_to(programs.parent) for line in lines)


def test_it_says_its_version(programs: Path, elsewhere: Path) -> None:
    assert run(programs / "geo", "--version", cwd=elsewhere).stdout == f"geo-service {__version__}\n"


def test_rules_of_deadlines_come_with_it(programs: Path, elsewhere: Path) -> None:
    done = run(programs / "geo", "deadlines", cwd=elsewhere, COLUMNS="200")
    assert done.returncode == 0, done.stderr
    assert "portal" in done.stdout


def test_a_shipped_mapping_explains_a_file(programs: Path, elsewhere: Path) -> None:
    (elsewhere / "messages.csv").write_text(MESSAGES, encoding="utf-8")
    done = run(programs / "geo", "ingest", "messages.csv", "--mapping", "minsk115", "--explain", cwd=elsewhere, COLUMNS="200")
    assert done.returncode == 0, done.stderr
    assert "roads" in done.stdout
    assert "2026-10-01T07:00:00" in done.stdout


def test_its_private_cluster_is_among_the_users_data(programs: Path, elsewhere: Path) -> None:
    done = run(programs / "geo", "db", "status", cwd=elsewhere, XDG_DATA_HOME=str(elsewhere))
    assert done.stdout == f"absent: {elsewhere}/geo-service/data\n"


def test_it_makes_the_schema_and_serves_page_files_and_tiles(programs: Path, elsewhere: Path, empty_database: str) -> None:
    done = run(programs / "geo", "db", "migrate", cwd=elsewhere, GEO_DATABASE_URL=empty_database)
    assert done.returncode == 0, done.stderr
    assert asyncio.run(_sectors(empty_database)) == len(SECTORS)
    with serving(programs / "geo", elsewhere, empty_database) as address:
        page = httpx.get(f"{address}/")
        assert page.status_code == 200
        assert 'lang="' in page.text
        files = set(re.findall(r'"(/static/[^"]+\.\w+)"', page.text))
        assert files
        for file in files:
            assert httpx.get(f"{address}{file}").status_code == 200, file
        _wait_until_ready(address)
        assert httpx.get(f"{address}/tiles/hexes/7/77/45.mvt").status_code == 204
        assert httpx.get(f"{address}/openapi.json").json()["info"]["version"] == __version__


def test_without_its_extra_a_geocoding_server_is_refused_with_what_brings_it(programs: Path, elsewhere: Path, empty_database: str) -> None:
    program = (
        "import sys; sys.modules['geopy'] = None; sys.argv = ['geo', 'geocode', '--pending']; from geo_service.cli.main import main; main()"
    )
    server = {"GEO_DATABASE_URL": empty_database, "GEO_GEOCODER": "photon", "GEO_GEOCODER_URL": "http://127.0.0.1:1"}
    done = run(programs / "python", "-c", program, cwd=elsewhere, **server)
    wanted = "geo: cannot ask a geocoding server: geopy is not installed; it comes with pip install 'geo-service[geocoder]'\n"
    assert (done.returncode, done.stderr) == (2, wanted)


def test_an_editable_install_needs_no_network_and_finds_the_files_of_its_checkout(folder: Path, elsewhere: Path) -> None:
    sources = copy_sources(folder / "editable")
    programs = make_environment(folder / "editable environment", "--editable", sources)
    said = run(programs / "python", "-c", "from geo_service.core.resources import checkout; print(checkout())", cwd=elsewhere)
    assert said.stdout == f"{sources}\n", said.stderr
    assert run(programs / "geo", "--version", cwd=elsewhere).stdout == f"geo-service {__version__}\n"


def _wait_until_ready(address: str) -> None:
    deadline = time.monotonic() + 120
    while not (state := httpx.get(f"{address}/readyz").json())["ready"]:
        assert time.monotonic() < deadline, state["reason"]
        time.sleep(0.1)


async def _sectors(url: str) -> int:
    async with open_connection(url) as opened:
        return int(await opened.fetchval("select count(*) from sector"))
