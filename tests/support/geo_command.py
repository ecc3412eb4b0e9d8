"""The `geo` command in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

GEO = Path(sys.executable).parent / "geo"
_LONGEST_S = 300
"""Seconds after which a command counts as hanging, on a machine that does much else at the same time."""


def geo(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command with `variables` in its environment, and none of this machine's settings."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GEO_") and name != "PORT"}
    return subprocess.run([GEO, *arguments], env=plain | variables, capture_output=True, text=True, timeout=_LONGEST_S, check=False)
