"""The protocol of the archive writers. `tests/unit/test_archives.py` checks each of them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from geo_service.export.spool import Spool

Document = dict[str, Any]
"""The metadata of an archive: TileJSON 3.0.0 without `tiles`, and the fields `geo:…` of this service."""

ReportTiles = Callable[[int], None]
"""Called with the number of tiles that have been written."""


class ArchiveWriter(Protocol):
    """Writes a whole archive. The same spool and document give the same bytes."""

    @property
    def name(self) -> str:
        """The name of the format, for messages."""
        ...

    def write(self, spool: Spool, document: Document, path: Path, on_progress: ReportTiles) -> None:
        """Write an archive to `path`, which does not exist yet. The spool has at least one tile."""
        ...

    def is_archive(self, path: Path) -> bool:
        """Return whether the file or folder at `path` looks like an archive of this format, so that it may be replaced."""
        ...


def to_compact_json(value: Any) -> str:
    """Return JSON without spaces and without escapes for letters."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
