"""Where the files that come with the packages are found, in a checkout and where the packages are installed."""

from pathlib import Path

import pytest

from geo_service.core import resources
from geo_service.core.settings import Settings
from tests.support.paths import CHECKOUT


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages, with the data that the wheel puts into geo_service."""
    (tmp_path / "geo_service" / "_data").mkdir(parents=True)
    monkeypatch.setattr(resources, "package_folder", lambda package: tmp_path / package)
    return tmp_path


def test_in_a_checkout_files_are_found_beside_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEO_HOME", raising=False)
    assert resources.checkout() == CHECKOUT
    assert (resources.postgis_folder() / "migrations" / "env.py").is_file()
    assert (resources.page_folder() / "index.html").is_file()
    assert Settings().home == CHECKOUT / ".geo"


def test_installed_packages_find_files_in_their_data(installed: Path) -> None:
    assert resources.checkout() is None
    assert resources.postgis_folder() == installed / "geo_service" / "_data" / "postgis"
    assert resources.page_folder() == installed / "geo_service" / "_data" / "page"


@pytest.mark.usefixtures("installed")
def test_installed_packages_keep_the_private_cluster_among_the_users_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEO_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert Settings().home == tmp_path / "data" / "geo-service"


def test_a_checkout_serves_the_sources_and_an_installed_package_the_built_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "package_folder", lambda package: tmp_path / package)
    assert resources.page_folder() == tmp_path / "frontend"
    (tmp_path / "frontend" / "dist").mkdir(parents=True)
    assert resources.page_folder() == tmp_path / "frontend"
    (tmp_path / "geo_service" / "_data").mkdir(parents=True)
    assert resources.page_folder() == tmp_path / "geo_service" / "_data" / "page"
