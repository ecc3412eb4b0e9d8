"""Columns of texts: as bytes one after the other, written by compiled loops, or as numbers of a few texts that repeat."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray

_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)
_H3_DIGITS = 15
_DIGITS_OF_INT32 = 10
_ZERO, _COMMA = 48, 44
"""In ASCII."""


@dataclass(frozen=True, slots=True, eq=False)
class StringColumn:
    """buffer: UTF-8 of all texts one after the other; offsets: (texts + 1,) int64 into it."""

    buffer: NDArray[np.uint8]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def decode(self) -> list[str]:
        """Return the texts."""
        whole = self.buffer.tobytes()
        return [whole[low:high].decode() for low, high in pairwise(self.offsets.tolist())]


@dataclass(frozen=True, slots=True)
class DictionaryColumn:
    """A column of texts that repeat. texts: each one once; index: (features,) which of them each feature has."""

    texts: Sequence[str]
    index: NDArray[np.intp]


def h3_texts(cells: NDArray[np.uint64]) -> StringColumn:
    """Return H3 indexes as text, 15 hexadecimal digits each.

    >>> h3_texts(np.array([0x8A1181B6C1B7FFF], np.uint64)).decode()
    ['8a1181b6c1b7fff']
    """
    shifts = np.arange(_H3_DIGITS - 1, -1, -1, dtype=np.uint64) * np.uint64(4)
    digits = _DIGITS[(cells[:, None] >> shifts) & np.uint64(15)]
    return StringColumn(digits.ravel(), np.arange(len(cells) + 1, dtype=np.int64) * _H3_DIGITS)


def joined_numbers(rows: NDArray[np.int32]) -> StringColumn:
    """Return each row of integers from 0 as text, joined by commas.

    >>> joined_numbers(np.array([[0, 7, 12], [3, 0, 100]], np.int32)).decode()
    ['0,7,12', '3,0,100']
    """
    buffer = np.empty(rows.size * (_DIGITS_OF_INT32 + 1), np.uint8)
    offsets = np.zeros(len(rows) + 1, np.int64)
    _join(buffer, offsets, rows)
    return StringColumn(buffer[: offsets[-1]], offsets)


@njit(nogil=True, cache=True)
def _join(out: NDArray[np.uint8], offsets: NDArray[np.int64], rows: NDArray[np.int32]) -> None:
    at = 0
    for i in range(rows.shape[0]):
        for j in range(rows.shape[1]):
            if j:
                out[at] = _COMMA
                at += 1
            value, digits = rows[i, j] // 10, 1
            while value:
                value //= 10
                digits += 1
            value = rows[i, j]
            for position in range(at + digits - 1, at - 1, -1):
                out[position] = _ZERO + value % 10
                value //= 10
            at += digits
        offsets[i + 1] = at
