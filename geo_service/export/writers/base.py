"""The seam of the formats: what a writer of tile archives must offer. `tests/unit/test_archives.py` holds each to it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from geo_service.export.spool import Spool

Document = dict[str, Any]
"""TileJSON 3.0.0 without `tiles`, and what else is known of the archive."""

Told = Callable[[int], None]
"""Hears how many tiles have been written."""


class ArchiveWriter(Protocol):
    """Writes a whole archive. The same spool and document give the same bytes."""

    @property
    def name(self) -> str:
        """Of the format, for messages."""
        ...

    def write(self, spool: Spool, document: Document, path: Path, told: Told) -> None:
        """Make the archive at `path`, where nothing is yet; the spool holds at least one tile."""
        ...

    def made(self, path: Path) -> bool:
        """Whether what is at `path` looks like such an archive, so that it may be replaced."""
        ...


def compact(value: Any) -> str:
    """JSON without spaces, its letters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
