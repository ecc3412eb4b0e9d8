"""Varints and length-delimited fields of protobuf messages."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

VARINT_MOST = 10
"""Bytes of a varint of 64 bits, seven bits in each."""


def delimited(field: int, body: bytes) -> bytes:
    """Return a length-delimited field. field: its number and wire type."""
    return varint(field) + varint(len(body)) + body


def varint(value: int) -> bytes:
    """Return a number of 64 bits at most, seven bits in each byte, the lowest first."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


@njit(nogil=True, cache=True)
def put_varint(out: NDArray[np.uint8], at: int, value: np.uint64) -> int:
    """Write a varint; return the position behind it."""
    while value > 0x7F:
        out[at] = np.uint8(value & np.uint64(0x7F) | np.uint64(0x80))
        value >>= np.uint64(7)
        at += 1
    out[at] = np.uint8(value)
    return at + 1
