"""Where tests find files of the project that are not part of its packages."""

from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
"""The folder that holds `geo_service/`, `postgis/`, `frontend/`, `docs/` and `tests/`."""
