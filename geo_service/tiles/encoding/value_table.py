"""The value table of a layer: every distinct value once, whichever properties have it, and the number of each feature's values.

Equal values are found by hash tables, in the order in which they are first met: the same columns give the same bytes.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.tiles.encoding.string_columns import DictionaryColumn, StringColumn
from geo_service.tiles.encoding.varints import VARINT_MOST, delimited, put_varint, varint

# Fields of the specification's protobuf messages, number << 3 | wire type (0 varint, 1 eight bytes, 2 length-delimited).
_LAYER_VALUE = 4 << 3 | 2
_VALUE_STRING, _VALUE_DOUBLE, _VALUE_UINT, _VALUE_SINT, _VALUE_BOOL = 1 << 3 | 2, 3 << 3 | 1, 5 << 3, 6 << 3, 7 << 3

ABSENT = 0xFFFFFFFF
"""In place of a value's number: the feature lacks the property."""

_TEXTS_CACHED = 10_000
"""Encoded texts: codes, names and days are the same in most tiles."""
_HASH_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
"""2**64 divided by the golden ratio: Fibonacci hashing spreads neighbouring keys over the table (Knuth, TAOCP 6.4)."""
_ONE, _STEP = np.uint32(1), np.uint64(1)

Column = NDArray[Any] | Sequence[str] | DictionaryColumn | StringColumn

_Texts = tuple[int, DictionaryColumn | StringColumn | Sequence[str], NDArray[np.bool_] | None]
"""Place of a column of texts among the properties, the column, and which features lack it."""


class ValueTable:
    """Collects the values of columns, and then numbers them."""

    def __init__(self, columns: Sequence[Column], features: int) -> None:
        """columns: one for each property, with a value for every feature."""
        self.tags = np.empty((features, 2 * len(columns)), np.uint32)
        """(features, 2 * columns): of each property its number, and the number of the feature's value or ABSENT."""
        self.tags[:, ::2] = np.arange(len(columns))
        self._numeric: dict[str, list[tuple[int, NDArray[Any]]]] = {"i": [], "f": [], "b": []}
        self._texts: list[_Texts] = []
        self._entries: list[bytes] = []
        self._size = 0
        for place, column in enumerate(columns):
            self._sort_in(place, column)
        for kind, write in (("i", _whole_entries), ("f", _real_entries), ("b", _boolean_entries)):
            if self._numeric[kind]:
                self._entries.append(write(self._number_values(self._numeric[kind])))
        if self._texts:
            self._number_texts()

    @property
    def entries(self) -> bytes:
        """The table as fields of a layer."""
        return b"".join(self._entries)

    def _sort_in(self, place: int, column: Column) -> None:
        """Add a column to those of its kind."""
        if isinstance(column, DictionaryColumn | StringColumn):
            self._texts.append((place, column, None))
            return
        if not isinstance(column, np.ndarray) and len(column) and isinstance(column[0], str):
            # Not as an array: NumPy cuts off null characters at the end of a text.
            self._texts.append((place, column, None))
            return
        values = column if isinstance(column, np.ndarray) else np.asarray(column)
        if values.dtype.kind == "U":
            self._texts.append((place, np.asarray(values).tolist(), _absent(values)))
        else:
            kind = values.dtype.kind if values.dtype.kind in "bf" else "i"
            self._numeric[kind].append((place, values))

    def _number_values(self, columns: Sequence[tuple[int, NDArray[Any]]]) -> NDArray[np.int64]:
        """Number the values of all columns of one kind; return the bits of each distinct one, in their order."""
        features = len(self.tags)
        bits, absent = np.empty((len(columns), features), np.int64), np.zeros((len(columns), features), np.bool_)
        for row, (_, values) in enumerate(columns):
            bits[row] = _bits(values)
            missing = _absent(values)
            if missing is not None:
                absent[row] = missing
        distinct = np.empty(bits.size, np.int64)
        table = np.zeros(1 << (2 * bits.size).bit_length(), np.uint32)
        places = np.array([place for place, _ in columns])
        count = _number_equal_values(self.tags, places, bits, absent, distinct, table, self._size)
        self._size += count
        return distinct[:count]

    def _number_texts(self) -> None:
        """Number the texts of all columns, first those of lists and dictionaries."""
        number_of: dict[str, int] = {}
        strings: list[tuple[int, StringColumn]] = []
        for place, column, absent in self._texts:
            if isinstance(column, StringColumn):
                strings.append((place, column))
            else:
                numbers = _number_few(number_of, column)
                self.tags[:, 2 * place + 1] = numbers + self._size if absent is None else np.where(absent, ABSENT, numbers + self._size)
        if not strings:
            self._entries.append(b"".join(map(_text_entry, number_of)))
            return
        buffer, offsets = _join_texts(list(number_of), [column for _, column in strings])
        numbers, distinct = np.empty(len(offsets) - 1, np.uint32), np.empty(len(offsets) - 1, np.int64)
        table = np.zeros(1 << (2 * len(numbers)).bit_length(), np.uint32)
        count = _number_equal_texts(numbers, distinct, buffer, offsets, table)
        first = len(number_of)
        for place, column in strings:
            self.tags[:, 2 * place + 1] = numbers[first : first + len(column)] + np.uint32(self._size)
            first += len(column)
        out = np.empty(len(buffer) + count * (2 + 2 * VARINT_MOST), np.uint8)
        self._entries.append(out[: _write_texts(out, buffer, offsets, distinct[:count])].tobytes())


def _absent(column: NDArray[Any]) -> NDArray[np.bool_] | None:
    """Return which features lack the property; None where all have it."""
    missing = np.ma.getmaskarray(column) if isinstance(column, np.ma.MaskedArray) else None
    if column.dtype.kind == "f":
        not_numbers = np.isnan(np.asarray(column))
        missing = not_numbers if missing is None else missing | not_numbers
    return missing if missing is not None and missing.any() else None


def _bits(column: NDArray[Any]) -> NDArray[np.int64]:
    """Return numbers of one kind as integers that are equal where these are; what is absent is any number."""
    values = np.asarray(column)
    if values.dtype.kind == "f":
        # Zero is added because a negative zero is equal to zero, and its bits are not.
        return (values.astype(np.float64) + 0.0).view(np.int64)
    return values.astype(np.int64, casting="safe", copy=False)


def _number_few(number_of: dict[str, int], column: DictionaryColumn | Sequence[str]) -> NDArray[np.uint32]:
    """Return the number of each feature's text; new ones are added."""
    if not isinstance(column, DictionaryColumn):
        return np.fromiter((number_of.setdefault(text, len(number_of)) for text in column), np.uint32, len(column))
    used = np.zeros(len(column.texts), np.bool_)
    used[column.index] = True
    numbers = np.zeros(len(column.texts), np.uint32)
    for position in np.flatnonzero(used).tolist():
        numbers[position] = number_of.setdefault(column.texts[position], len(number_of))
    return numbers[column.index]


def _join_texts(texts: Sequence[str], columns: Sequence[StringColumn]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the UTF-8 of all texts one after the other, and (texts + 1,) offsets into it."""
    if not texts and len(columns) == 1:
        return columns[0].buffer, columns[0].offsets
    encoded = [text.encode() for text in texts]
    sizes = [np.array([len(text) for text in encoded], np.int64), *(np.diff(column.offsets) for column in columns)]
    buffers = [np.frombuffer(b"".join(encoded), np.uint8)]
    buffers += [column.buffer[column.offsets[0] : column.offsets[-1]] for column in columns]
    return np.concatenate(buffers), np.concatenate([[0], np.cumsum(np.concatenate(sizes))])


def _whole_entries(values: NDArray[np.int64]) -> bytes:
    buffer = np.empty(len(values) * (3 + VARINT_MOST), np.uint8)
    return buffer[: _write_whole(buffer, values)].tobytes()


def _real_entries(bits: NDArray[np.int64]) -> bytes:
    head = varint(_VALUE_DOUBLE)
    return b"".join(delimited(_LAYER_VALUE, head + real.tobytes()) for real in bits.view(np.float64))


def _boolean_entries(values: NDArray[np.int64]) -> bytes:
    return b"".join(delimited(_LAYER_VALUE, bytes((_VALUE_BOOL, value))) for value in values.tolist())


@lru_cache(maxsize=_TEXTS_CACHED)
def _text_entry(text: str) -> bytes:
    return delimited(_LAYER_VALUE, delimited(_VALUE_STRING, text.encode()))


@njit(nogil=True, cache=True)
def _number_equal_values(
    tags: NDArray[np.uint32], places: NDArray[np.intp], bits: NDArray[np.int64], absent: NDArray[np.bool_], distinct: NDArray[np.int64],
    table: NDArray[np.uint32], first: int,
) -> int:  # fmt: skip
    """Write the number of each value, counted from `first`, and the distinct values; return how many they are.

    table: zeros, a power of two greater than the number of values; it holds the numbers of distinct values, counted from one.
    """
    count = 0
    shift, last = _hash_shift(len(table)), np.uint64(len(table) - 1)
    for column in range(bits.shape[0]):
        at = 2 * places[column] + 1
        for feature in range(bits.shape[1]):
            if absent[column, feature]:
                tags[feature, at] = ABSENT
                continue
            value = bits[column, feature]
            slot = (np.uint64(value) * _HASH_MULTIPLIER) >> shift
            while table[slot] and distinct[table[slot] - _ONE] != value:
                slot = (slot + _STEP) & last
            if not table[slot]:
                distinct[count] = value
                count += 1
                table[slot] = count
            tags[feature, at] = first + table[slot] - 1
    return count


@njit(nogil=True, cache=True)
def _number_equal_texts(
    numbers: NDArray[np.uint32], distinct: NDArray[np.int64], buffer: NDArray[np.uint8], offsets: NDArray[np.int64],
    table: NDArray[np.uint32],
) -> int:  # fmt: skip
    """Write the number of each text, and which texts are the first of their kind; return how many these are. table: as above."""
    count = 0
    shift, last = _hash_shift(len(table)), np.uint64(len(table) - 1)
    for text in range(len(numbers)):
        low, high = np.uint64(offsets[text]), np.uint64(offsets[text + 1])
        slot = _hash_text(buffer, low, high) >> shift
        while table[slot] and not _equals(buffer, low, high, offsets, distinct[table[slot] - _ONE]):
            slot = (slot + _STEP) & last
        if not table[slot]:
            distinct[count] = text
            count += 1
            table[slot] = count
        numbers[text] = table[slot] - _ONE
    return count


@njit(nogil=True, cache=True)
def _hash_shift(size: int) -> np.uint64:
    """Return by how much a hash is shifted for its highest bits, which are the best mixed, to be a place in a table of this size."""
    shift = 64
    while size > 1:
        size >>= 1
        shift -= 1
    return np.uint64(shift)


@njit(nogil=True, cache=True)
def _hash_text(buffer: NDArray[np.uint8], low: np.uint64, high: np.uint64) -> np.uint64:
    """Return a hash of the bytes [low, high), eight at a time. Indexes are unsigned: numba checks signed ones for being negative."""
    mixed, at = high - low, low
    while at + np.uint64(8) <= high:
        bits = np.uint64(0)
        for j in range(8):
            bits |= np.uint64(buffer[at + np.uint64(j)]) << np.uint64(8 * j)
        mixed = (mixed ^ bits) * _HASH_MULTIPLIER
        mixed ^= mixed >> np.uint64(32)
        at += np.uint64(8)
    bits = np.uint64(0)
    while at < high:
        bits = (bits << np.uint64(8)) | np.uint64(buffer[at])
        at += _STEP
    mixed = (mixed ^ bits) * _HASH_MULTIPLIER
    return (mixed ^ (mixed >> np.uint64(32))) * _HASH_MULTIPLIER


@njit(nogil=True, cache=True)
def _equals(buffer: NDArray[np.uint8], low: np.uint64, high: np.uint64, offsets: NDArray[np.int64], other: int) -> bool:
    """Return whether the bytes [low, high) are those of another text."""
    start = np.uint64(offsets[other])
    if np.uint64(offsets[other + 1]) - start != high - low:
        return False
    at = low
    while at < high and buffer[at] == buffer[start + (at - low)]:
        at += _STEP
    return bool(at == high)


@njit(nogil=True, cache=True)
def _write_whole(out: NDArray[np.uint8], values: NDArray[np.int64]) -> int:
    """Write value-table entries of whole numbers, negative ones in zigzag; return the number of bytes."""
    at = 0
    for value in values:
        out[at] = _LAYER_VALUE
        out[at + 2] = _VALUE_SINT if value < 0 else _VALUE_UINT
        end = put_varint(out, at + 3, np.uint64((value << 1) ^ (value >> 63) if value < 0 else value))
        out[at + 1] = end - at - 2
        at = end
    return at


@njit(nogil=True, cache=True)
def _write_texts(out: NDArray[np.uint8], texts: NDArray[np.uint8], offsets: NDArray[np.int64], chosen: NDArray[np.int64]) -> int:
    """Write a value-table entry for each chosen text; return the number of bytes."""
    at = 0
    for i in chosen:
        low, high = offsets[i], offsets[i + 1]
        size = np.uint64(high - low)
        head = 2
        while size > 0x7F:
            size >>= np.uint64(7)
            head += 1
        out[at] = _LAYER_VALUE
        at = put_varint(out, at + 1, np.uint64(head + high - low))
        out[at] = _VALUE_STRING
        at = put_varint(out, at + 1, np.uint64(high - low))
        for j in range(low, high):
            out[at] = texts[j]
            at += 1
    return at
