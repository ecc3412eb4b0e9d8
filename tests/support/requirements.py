"""What tests need of a machine, and what becomes of those that do not find it.

A test that lacks something is skipped with a reason. Where GEO_TESTS_REQUIRE_ALL is set it fails with that reason
instead: nothing that could be had may be left out there.
"""

import os

from tests.support.real_data import MISSING

NOT_ROOT = "only root runs the server as another user"

NO_SUITE = "the official suite of OGC API – Features is not at hand (OGC_SUITE)"

EXCUSED = (MISSING, NOT_ROOT, NO_SUITE)
"""Reasons that no installation removes: the files are nobody else's, the user is who it is, and the suite is no package."""


def skips_fail() -> bool:
    """Whether a skipped test fails the run."""
    return os.environ.get("GEO_TESTS_REQUIRE_ALL", "") not in ("", "0")


def is_excused(reason: str) -> bool:
    """Whether a test that was skipped for this reason may be left out everywhere."""
    return reason.endswith(EXCUSED)
