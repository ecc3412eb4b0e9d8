"""Read by schemathesis itself (SCHEMATHESIS_HOOKS): how NDJSON is written and answered, which it does not know."""

from typing import Any

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData, Failure

_NDJSON = "application/x-ndjson"


@schemathesis.serializer(_NDJSON)
def lines(_: Any, value: Any) -> bytes:
    """Text as it is."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@schemathesis.hook
def filter_failure(_: Any, failure: Failure, case: Any, __: Any) -> bool:
    """Drop that a stream of wrong lines is answered with 200: each line has its own result, rejections included."""
    return not (case.media_type == _NDJSON and isinstance(failure, AcceptedNegativeData))
