"""A growable array: rows are appended without copying the whole array each time."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]

_MIN_CAPACITY = 1024
"""Rows: small arrays do not grow one by one."""


class GrowableArray:
    """A one- or two-dimensional array with spare capacity.

    A view taken earlier stays valid and unchanged in length when rows are appended.
    """

    def __init__(self, values: Array) -> None:
        self._buffer = values
        self.values = values
        """The filled rows: a view of the buffer, which each append replaces."""

    @classmethod
    def empty(cls, dtype: DTypeLike) -> "GrowableArray":
        """Make an array without rows."""
        return cls(np.empty(0, dtype))

    def __len__(self) -> int:
        return len(self.values)

    @property
    def nbytes(self) -> int:
        """Bytes allocated, spare capacity included."""
        return int(self._buffer.nbytes)

    def append(self, rows: Array) -> None:
        """Append rows; the capacity grows by half when it runs out."""
        before = len(self.values)
        self.resize(before + len(rows))
        self.values[before:] = rows

    def resize(self, size: int, fill: int | None = None) -> None:
        """Set the length to `size` rows; new rows are `fill`, or undefined without it."""
        before = len(self.values)
        if size > len(self._buffer):
            buffer = np.empty((max(size, len(self._buffer) * 3 // 2, _MIN_CAPACITY), *self._buffer.shape[1:]), self._buffer.dtype)
            buffer[:before] = self.values
            self._buffer = buffer
        if fill is not None:
            self._buffer[before:size] = fill
        self.values = self._buffer[:size]
