"""What features carry of the window that they are compared with; the same in every layer."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.tiles.mvt import Column

FIELDS = {
    "n0": "incidents in the compared window; with compare",
    "delta": "n - n0; with compare",
    "significant": "whether n differs from n0 by more than chance (two-sided p of 0.05); with compare",
}
"""Their names, each in a few words."""


def comparison(n: NDArray[np.int32], n0: NDArray[np.int32], significant: NDArray[np.bool_]) -> dict[str, Column]:
    """The properties of FIELDS."""
    return dict(zip(FIELDS, (n0, n - n0, significant), strict=True))


def without_infinity(values: NDArray[Any]) -> NDArray[Any]:
    """A change from nothing has a class, but no number: NaN for it."""
    return values if values.dtype.kind == "i" else np.where(np.isinf(values), np.nan, values)
