"""Measures: the numbers a hexagon can be classed and coloured by. A new measure is one entry here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.kernels import CHANNELS

_N, _OPEN, _OVERDUE, _CLOSED = range(len(CHANNELS))


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """How a number is made from counts of shape (groups, 4), and how it is called. There is one object a measure."""

    code: str
    label: dict[str, str]
    unit: dict[str, str]
    values: Callable[[NDArray[np.int32]], NDArray[Any]]


_INCIDENTS = {"ru": "сообщений", "en": "incidents"}

MEASURES = {
    measure.code: measure
    for measure in (
        Measure("count", {"ru": "Сообщения", "en": "Incidents"}, _INCIDENTS, lambda counts: counts[:, _N]),
        Measure("open", {"ru": "Открытые", "en": "Open"}, _INCIDENTS, lambda counts: counts[:, _OPEN]),
        Measure("overdue", {"ru": "Просроченные", "en": "Overdue"}, _INCIDENTS, lambda counts: counts[:, _OVERDUE]),
    )
}
