"""A small disk for a folder, which a test may fill: a tmpfs, where this user may mount one."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_SIZE = "700m"
_CHUNK = bytes(1_000_000)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """Mount a small disk on the folder; None where that is not allowed."""
    mounted = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_SIZE},mode=755", "tmpfs", folder], capture_output=True, check=False
    ).returncode == 0  # fmt: skip
    try:
        yield folder if mounted else None
    finally:
        if mounted:
            # Lazily: a process that is about to end may still have a file open.
            subprocess.run(["umount", "--lazy", folder], capture_output=True, check=True)


@contextmanager
def fill_disk(folder: Path) -> Iterator[None]:
    """Leave no byte free on the folder's disk for the time of the block."""
    filler = folder / "filler"
    try:
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(_CHUNK):
                pass
        yield
    finally:
        filler.unlink()
