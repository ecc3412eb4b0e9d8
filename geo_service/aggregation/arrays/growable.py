"""An array that grows at its end without copying itself each time."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]

_LEAST_ROOM = 1024


class GrowableArray:
    """A one- or two-dimensional array with spare room behind its rows; `values` is a view of what is filled.

    A view taken earlier stays valid and unchanged in length when rows are appended.
    """

    def __init__(self, values: Array) -> None:
        self._buffer = values
        self._size = len(values)

    @classmethod
    def empty(cls, dtype: DTypeLike) -> "GrowableArray":
        """An array without rows."""
        return cls(np.empty(0, dtype))

    def __len__(self) -> int:
        return self._size

    @property
    def values(self) -> Array:
        """The filled rows."""
        return self._buffer[: self._size]

    @property
    def nbytes(self) -> int:
        """Memory held, spare room included."""
        return int(self._buffer.nbytes)

    def append(self, rows: Array) -> None:
        """Put rows behind the last; room grows by half when it runs out."""
        self.resize(self._size + len(rows))
        self._buffer[self._size - len(rows) : self._size] = rows

    def resize(self, size: int, fill: int | None = None) -> None:
        """Make it `size` rows long; rows that come to be are `fill`, or undefined without it."""
        if size > len(self._buffer):
            room = np.empty((max(size, len(self._buffer) * 3 // 2, _LEAST_ROOM), *self._buffer.shape[1:]), self._buffer.dtype)
            room[: self._size] = self._buffer[: self._size]
            self._buffer = room
        if fill is not None:
            self._buffer[self._size : size] = fill
        self._size = size
