"""Files of real data, which are not part of the project: a folder beside the checkout, or the one in GEO_SHARED_DATA."""

import os
from pathlib import Path

import pytest

from tests.support.paths import CHECKOUT

REAL_DATA = Path(os.environ.get("GEO_SHARED_DATA", CHECKOUT.parent / "shared" / "data"))
MINSK = REAL_DATA / "incidents" / "minsk115.csv"
BOUNDARIES = REAL_DATA / "boundaries"

MISSING = "the real data is not at hand (GEO_SHARED_DATA or ../shared/data)"
"""The reason of a skip that is no fault of the machine: nobody else has these files."""


def needs(path: Path) -> pytest.MarkDecorator:
    """Skip a test where this file of the real data is missing."""
    return pytest.mark.skipif(not path.exists(), reason=MISSING)
