"""Named settlements as columns: the table `place`."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Settlements:
    """Settlements ordered by id, one entry each. Immutable."""

    revision: tuple[int, ...] = ()
    """Differs whenever a row has been written or deleted; empty before any were read."""
    ids: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    name_ru: tuple[str, ...] = ()
    name_en: tuple[str, ...] = ()
    population: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    lng: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    """Degrees."""
    lat: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    def __len__(self) -> int:
        return len(self.ids)
