"""Follows the recipe of docs/basemap.md with a town that does not exist."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.geo_command import GEO
from tests.support.osm_town import write_osm
from tests.support.paths import CHECKOUT

_LONGEST_S = 300
_RECIPE = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def follow_recipe(folder: Path) -> Path:
    """Return the base map that the commands of the document have made in the folder; skip the test where their programs are missing."""
    if not shutil.which("tilemaker") or not shutil.which("osmium"):
        pytest.skip("tilemaker and osmium are not installed; Debian packages tilemaker and osmium-tool")
    write_osm(folder / "town.osm")
    subprocess.run(["osmium", "cat", "town.osm", "-o", "region.osm.pbf"], cwd=folder, check=True, capture_output=True, timeout=_LONGEST_S)
    (recipe,) = _RECIPE.findall((CHECKOUT / "docs/basemap.md").read_text())
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GEO_")}
    variables = plain | {"PATH": f"{GEO.parent}{os.pathsep}{plain['PATH']}", "GEO_HOME": str(folder / "home")}
    done = subprocess.run(
        ["sh", "-e", "-c", recipe], cwd=folder, env=variables, check=False, capture_output=True, text=True, timeout=_LONGEST_S
    )
    assert done.returncode == 0, done.stderr
    return folder / "home/basemaps/region.pmtiles"
