"""Fixtures of all tests: a private cluster for each process that runs them, and databases copied from a migrated template."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from pathlib import Path
from typing import cast

import asyncpg
import hypothesis
import pytest
from numba.core.caching import IndexDataCacheFile

from geo_service.cluster.file_lock import FileLock
from geo_service.cluster.private_cluster import run_cluster
from geo_service.core.database import create_pool, migrate
from geo_service.core.settings import Settings

# Before the first of them is imported: a failed assertion in a helper then shows its values as one in a test does.
pytest.register_assert_rewrite("tests.support")

from tests.support.databases import create_database, database_address, execute_statement  # noqa: E402
from tests.support.requirements import is_excused, skips_fail  # noqa: E402

BROWSER_TESTS = "tests/browser/"
LONGEST_FIRST = (
    BROWSER_TESTS,
    "tests/integration/test_nominatim.py",
    "tests/integration/test_wheel.py",
    "tests/contract/test_openapi.py",
    "tests/integration/test_killed.py",
    "tests/integration/test_fault_soak.py",
    "tests/integration/test_stopping.py",
    "tests/integration/test_demo.py",
    "tests/integration/test_bench.py",
    "tests/contract/",
    "tests/integration/",
)
"""Beginnings of the names of files, those that take most time first: minutes, then seconds."""

# How long an example takes says more about what else the machine does than about the code.
hypothesis.settings.register_profile("geo", deadline=None)
hypothesis.settings.load_profile("geo")


def pytest_configure() -> None:
    """Commands print as wide everywhere, services look for no alerts, and processes side by side keep compiled loops in turn.

    Numba reads a loop's index, extends it and writes it back; of two processes that do so at once one would lose what
    it kept, or have the other's loop under its name.
    """
    os.environ["COLUMNS"] = "200"
    # A search for alerts begins with the replay of a year: only the tests of alerts ask for it.
    os.environ["GEO_ALERTS"] = "0"
    save: Callable[[IndexDataCacheFile, object, object], None] = IndexDataCacheFile.save

    def save_in_turn(index: IndexDataCacheFile, key: object, data: object) -> None:
        with FileLock(Path(f"{index._index_path}.lock")).hold_exclusive():
            save(index, key, data)

    IndexDataCacheFile.save = save_in_turn  # type: ignore[method-assign]  # numba offers no other way in


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest first, so that no process is left alone with one of them at the end."""
    items.sort(key=lambda item: next((rank for rank, name in enumerate(LONGEST_FIRST) if item.nodeid.startswith(name)), len(LONGEST_FIRST)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Give whole files to a process, as the tests of a file share fixtures; give all browser tests to one process.

    Two browsers that draw at once without a graphics card keep each other and the services from working. Files go out
    in the order of the collection, so the small ones of tests/unit fill up the end.
    """
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False
    scheduling = LoadFileScheduling(config, log)
    file_of = scheduling._split_scope
    scheduling._split_scope = lambda name: BROWSER_TESTS if name.startswith(BROWSER_TESTS) else file_of(name)
    return scheduling


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a skipped test fail where nothing may be left out."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and skips_fail():
        _, _, reason = cast("tuple[str, int, str]", report.longrepr)
        if not is_excused(reason):
            report.outcome, report.longrepr = "failed", f"{reason} (GEO_TESTS_REQUIRE_ALL is set)"
    return report


@pytest.fixture(scope="session")
def cluster_url() -> Iterator[str]:
    """A PostGIS server for this process only, or the one in GEO_TEST_DATABASE_URL; its user may create databases."""
    external = os.environ.get("GEO_TEST_DATABASE_URL")
    if external:
        yield external
        return
    with tempfile.TemporaryDirectory(prefix="geo-test-") as folder:
        Path(folder).chmod(0o755)
        with run_cluster(Path(folder), durable=False) as url:
            yield url


@pytest.fixture(scope="session")
def template(cluster_url: str) -> Iterator[str]:
    """A migrated, empty database that others are copied from; its name."""
    name = f"geo_{os.getpid()}_template"
    asyncio.run(create_database(cluster_url, name))
    asyncio.run(migrate(database_address(cluster_url, name)))
    yield name
    asyncio.run(execute_statement(cluster_url, f'drop database "{name}" with (force)'))


@pytest.fixture(scope="module")
def database_url(cluster_url: str, template: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated, empty database of this module's own."""
    name = f"geo_{os.getpid()}_{request.node.name.removesuffix('.py').rpartition('/')[2]}"[:60]
    asyncio.run(create_database(cluster_url, name, template))
    yield database_address(cluster_url, name)
    asyncio.run(execute_statement(cluster_url, f'drop database "{name}" with (force)'))


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings for the module's database."""
    return Settings(database_url=database_url)


@pytest.fixture
async def pool(database_url: str, settings: Settings) -> AsyncIterator[asyncpg.Pool]:
    """A pool like the service's on the module's database."""
    pool = await create_pool(database_url, settings)
    yield pool
    await pool.close()
