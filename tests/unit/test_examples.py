"""The examples in docstrings give what they say."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

from tests.support.paths import CHECKOUT

PACKAGES = ("geo_service", "ingest", "boundaries")


def modules_with_examples() -> list[str]:
    """The names of all modules that have an example."""
    files = [file for package in PACKAGES for file in (CHECKOUT / package).rglob("*.py")]
    return sorted(module_name(file) for file in files if ">>> " in file.read_text(encoding="utf-8"))


def module_name(file: Path) -> str:
    return ".".join(file.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("name", modules_with_examples())
def test_the_examples_of_a_module_are_true(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    failed, attempted = doctest.testmod(import_module(name))
    assert attempted > 0, "examples stand in docstrings"
    assert failed == 0, capsys.readouterr().out
