"""What features carry of the window that they are compared with; the same in every layer."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.tiles.documents.property_docs import COMPARED
from geo_service.tiles.encoding.mvt import Column


def comparison(n: NDArray[np.int32], n0: NDArray[np.int32], significant: NDArray[np.bool_]) -> dict[str, Column]:
    """The properties of COMPARED."""
    return dict(zip(COMPARED, (n0, n - n0, significant), strict=True))


def without_infinity(values: NDArray[Any]) -> NDArray[Any]:
    """A change from nothing has a class, but no number: NaN for it."""
    return values if values.dtype.kind == "i" else np.where(np.isinf(values), np.nan, values)
