"""Properties of features that compare two windows; the same in every layer."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.measures.level_values import LevelValues
from geo_service.tiles.documents.property_docs import COMPARED
from geo_service.tiles.encoding.mvt import Column


def comparison(numbers: LevelValues) -> dict[str, Column]:
    """Return the properties of COMPARED; none where nothing is compared."""
    if numbers.compared is None or numbers.significant is None:
        return {}
    return dict(zip(COMPARED, (numbers.compared, numbers.counts[:, 0] - numbers.compared, numbers.significant), strict=True))


def without_infinity(values: NDArray[Any]) -> NDArray[Any]:
    """Return the values with NaN for infinity: a change from nothing has a class, but no number."""
    return values if values.dtype.kind == "i" else np.where(np.isinf(values), np.nan, values)
