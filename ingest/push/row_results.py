"""What is told of each row: a line of NDJSON."""

from collections import Counter
from typing import Any

import orjson

from ingest.readers import RawBatch
from ingest.validate.row_errors import Reject
from ingest.validate.validate import Checked
from ingest.write.incident_writer import WriteResult

OUTCOMES = ("new", "changed", "unchanged", "stale", "repeated", "rejected")
"""Each row is one of these."""

_ID = "id"


def row_results(raw: RawBatch, checked: Checked, written: WriteResult) -> bytes:
    """A line for each row of the batch, in the order of the input."""
    told: dict[int, dict[str, Any]] = {}
    for row, external_id, outcome in zip(checked.rows.tolist(), checked.external_id, written.rows, strict=True):
        line = raw.lines[row]
        told[line] = {"row": line, "id": external_id, "outcome": outcome.outcome, "incident": outcome.incident_id}
    ids = dict(zip(raw.lines, raw.columns[_ID], strict=True)) if checked.rejects else {}
    for one in checked.rejects:
        told[one.line] = {"row": one.line, "id": ids.get(one.line) or None, "outcome": "rejected", **_reason_members(one)}
    for one in checked.warnings:
        told[one.line]["warning"] = _reason_members(one)
    return b"".join(orjson.dumps(told[line]) + b"\n" for line in sorted(told))


def counts(outcomes: Counter[str]) -> dict[str, int]:
    """All of them, also those that did not occur."""
    return {name: outcomes[name] for name in OUTCOMES}


def _reason_members(one: Reject) -> dict[str, Any]:
    return {"reason": one.reason.value, "fields": list(one.fields), "detail": one.detail}
