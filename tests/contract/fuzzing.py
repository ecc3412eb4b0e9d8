"""Read by schemathesis itself (SCHEMATHESIS_HOOKS): how NDJSON is written, which it does not know."""

from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(_: Any, value: Any) -> bytes:
    """Text as it is."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
