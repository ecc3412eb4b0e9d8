"""What is public is documented, and what is documented is there."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import typer

from geo_service import __version__
from geo_service.aggregation.measures.measures import MEASURES
from geo_service.cli.main import app
from geo_service.core.resources import EXTRA_BY_MODULE
from geo_service.core.settings import Settings
from tests.support.paths import CHECKOUT

DOCUMENTS = [*sorted(CHECKOUT.glob("*.md")), *sorted((CHECKOUT / "docs").glob("*.md"))]
PACKAGES = ("geo_service", "ingest", "boundaries")
EXTRAS = ("files", "geocoder", "places", "report")


def text_of(name: str) -> str:
    return (CHECKOUT / name).read_text(encoding="utf-8")


def commands(group: object, path: str = "geo") -> Iterator[tuple[str, str]]:
    """The whole name and the help text of every command below `group`."""
    for name, command in getattr(group, "commands", {}).items():
        yield f"{path} {name}", command.help
        yield from commands(command, f"{path} {name}")


def canonical(requirement: str) -> str:
    """The package's name in a requirement, in the one spelling that compares."""
    return re.split(r"[\[<>=~! ;]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def pyproject() -> dict[str, Any]:
    return tomllib.loads(text_of("pyproject.toml"))


def declared(*extras: str) -> set[str]:
    """Packages that are always installed, and those of `extras`."""
    project = pyproject()["project"]
    optional = project["optional-dependencies"]
    return {canonical(line) for line in [*project["dependencies"], *(line for extra in extras for line in optional[extra])]}


def in_group(name: str) -> set[str]:
    """Packages of a dependency group: those of no installation."""
    return {canonical(line) for line in pyproject()["dependency-groups"][name]}


def imported() -> set[str]:
    """Distributions that the packages import."""
    found: set[str] = set()
    for file in (file for package in PACKAGES for file in (CHECKOUT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    known = packages_distributions()
    return {canonical(known[name][0]) for name in found if name in known and name not in PACKAGES}


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_explained(name: str) -> None:
    assert f"`GEO_{name.upper()}`" in text_of("docs/operations.md")


@pytest.mark.parametrize("code", MEASURES)
def test_every_measure_has_its_formula(code: str) -> None:
    assert re.search(rf"^\| [^|]*`{code}`", text_of("docs/statistics.md"), re.MULTILINE)


def test_no_explained_setting_is_unknown() -> None:
    explained = set(re.findall(r"^\| `GEO_(\w+)`", text_of("docs/operations.md"), re.MULTILINE))
    assert explained == {name.upper() for name in Settings.model_fields}


def test_every_command_has_a_help_text_and_stands_in_the_documents() -> None:
    documents = "\n".join(file.read_text(encoding="utf-8") for file in DOCUMENTS)
    for name, told in commands(typer.main.get_command(app)):
        assert told, f"{name} has no help text"
        assert name in documents, f"{name} stands in no document"


def test_every_subcommand_of_dev_is_in_its_help_and_in_the_contributors_guide() -> None:
    written = re.search(r"^case \$command in\n(.*?)^esac", text_of("dev"), re.MULTILINE | re.DOTALL)
    assert written
    names = {name for line in re.findall(r"^([a-z][a-z |]*)\)$", written[1], re.MULTILINE) for name in line.split(" | ")}
    assert names >= {"demo", "serve", "test", "lint", "fmt", "bench", "build", "lock"}
    told = subprocess.run([CHECKOUT / "dev", "help"], capture_output=True, text=True, check=True, timeout=10).stdout
    for name in names:
        assert f"./dev {name}" in told
        assert f"`./dev {name}`" in text_of("CONTRIBUTING.md")


def test_every_package_that_is_imported_is_declared_and_nothing_else_is() -> None:
    assert declared(*EXTRAS) == imported()


def test_a_missing_extra_is_named_for_each_of_its_packages_and_for_no_other() -> None:
    optional = pyproject()["project"]["optional-dependencies"]
    assert {module: extra for extra in EXTRAS for module in map(canonical, optional[extra])} == EXTRA_BY_MODULE
    assert optional["all"] == [f"geo-service[{','.join(EXTRAS)}]"]
    assert set(optional) == {*EXTRAS, "all", "dev"}


@pytest.mark.parametrize("extra", [*EXTRAS, "all"])
def test_every_extra_stands_in_the_documents(extra: str) -> None:
    assert f"`{extra}`" in text_of("docs/operations.md")


def test_the_version_is_that_of_the_newest_release_in_the_changelog() -> None:
    headings = re.findall(r"^## (.*)$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert re.fullmatch(r"\[(\d+\.\d+\.\d+)\](?: - \d{4}-\d\d-\d\d)?", headings[1])
    assert headings[1].startswith(f"[{__version__}]")


def test_what_makes_the_package_is_installed_before_it() -> None:
    assert pyproject()["build-system"]["requires"] == pyproject()["dependency-groups"]["build"]
    assert declared().isdisjoint({"setuptools", "hatchling", "tdewolff-minify", "cffi"})


def test_every_dependency_has_its_reason() -> None:
    reasons = text_of("docs/dependencies.md")
    for name in declared(*EXTRAS, "dev") | in_group("build") | in_group("page"):
        assert re.search(rf"\b{re.escape(name)}\b", reasons), f"{name} has no reason in docs/dependencies.md"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-build.txt", "requirements-dev.txt", "requirements-page.txt"])
def test_lock_files_name_hashes_and_no_address(name: str) -> None:
    lock = text_of(name)
    assert "://" not in lock
    pinned = re.split(r"\n(?=[a-z0-9])", lock)[1:]
    assert pinned
    assert all("==" in one and "--hash=sha256:" in one for one in pinned)


def test_lock_files_hold_what_is_declared() -> None:
    wanted = {
        "requirements.txt": declared(*EXTRAS),
        "requirements-build.txt": in_group("build"),
        "requirements-dev.txt": declared(*EXTRAS, "dev"),
        "requirements-page.txt": in_group("page"),
    }
    for lock, names in wanted.items():
        assert names <= {canonical(line) for line in text_of(lock).splitlines() if "==" in line}


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_links_between_documents_lead_somewhere(file: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", file.read_text(encoding="utf-8"))
    assert [link for link in links if not (file.parent / link).exists()] == []
