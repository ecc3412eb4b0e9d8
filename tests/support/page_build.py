"""The build of the page in this checkout, which `./dev test` makes before the tests."""

import json
from typing import TypedDict

from tests.support.paths import CHECKOUT

DIST = CHECKOUT / "frontend" / "dist"


class PageEntry(TypedDict):
    """Modules that a page begins with, libraries among them, and those that it imports later."""

    first: list[str]
    later: list[str]


class Manifest(TypedDict):
    """What `build.json` holds; frontend/scripts/manifest.js describes it."""

    digest: str
    files: dict[str, dict[str, object]]
    pages: dict[str, PageEntry]


def read_manifest() -> Manifest:
    """Return the manifest of the build."""
    made: Manifest = json.loads((DIST / "build.json").read_bytes())
    return made


def own_modules(page: str) -> list[str]:
    """Return the names of a page's modules without the libraries."""
    entry = read_manifest()["pages"][page]
    return [name for name in [*entry["first"], *entry["later"]] if not name.startswith("vendor/")]
