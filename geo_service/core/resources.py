"""Finds the files that come with the packages: SQL, migrations, server settings, the page, data beside modules.

An installed `geo_service` has `postgis/` and the built page in its folder `_data`; in a checkout (an editable
install) they are folders beside the packages. Packages are real folders: running from a zip archive is not supported.
"""

from importlib.resources import files
from pathlib import Path

import platformdirs


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
    """Return the folder of the page; in a checkout its sources, so that a change shows at once."""
    root = checkout()
    return root / "frontend" if root else _data_folder() / "page"


def default_home() -> Path:
    """Return the folder of the private cluster when `GEO_HOME` is not set: of the checkout, or of the user."""
    root = checkout()
    return root / ".geo" if root else platformdirs.user_data_path("geo-service", appauthor=False)


def _data_folder() -> Path:
    return package_folder("geo_service") / "_data"
