"""Warnings of GDAL and its drivers as notes of ours."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_MAX_LENGTH = 200
_KNOWN = (
    (re.compile("non.?closed ring", re.IGNORECASE), "a ring does not end where it begins; it was closed"),
    (re.compile("winding order", re.IGNORECASE), "rings run the wrong way round; they were taken as they are"),
    (re.compile(r"measured.*geometry|M dimension", re.IGNORECASE), "measures of points were left out"),
)
"""What GDAL says → what it means."""


@contextmanager
def collect_warnings(name: str) -> Iterator[list[str]]:
    """Yield a list that gets a note for each warning in the block, also if the block fails. name: of the file."""
    notes: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield notes
        finally:
            notes += [f"{name}: {_explain(str(warning.message))}" for warning in caught]


def _explain(text: str) -> str:
    for pattern, meaning in _KNOWN:
        if pattern.search(text):
            return meaning
    return f"GDAL says: {text.strip().splitlines()[0][:_MAX_LENGTH]}" if text.strip() else "GDAL warns without a text"
