"""The settlements with their names, read as `geo places` reads them."""

import json
import subprocess
import sys
from functools import cache

from ingest.geocoding.toponyms.russian_names import NamedSettlement


@cache
def named_settlements() -> dict[int, NamedSettlement]:
    """GeoNames id → settlement, for Russia and its neighbours."""
    lines = subprocess.run(
        [sys.executable, "-m", "ingest.geocoding.toponyms.russian_names"], capture_output=True, text=True, check=True, timeout=300
    ).stdout
    return {one.geoname_id: one for one in (NamedSettlement(*json.loads(line)) for line in lines.splitlines())}
