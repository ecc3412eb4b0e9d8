"""Find the header of a table that begins with a title or blank lines."""

from collections import Counter
from collections.abc import Sequence

from ingest.readers import Column

MOST_LINES = 60
"""Lines or rows at the beginning among which a header is looked for."""

_FOLLOWING = 20
"""Rows behind a header that should be as wide as it is."""


def find_wanted_header(rows: Sequence[Sequence[str]], wanted: Sequence[Column]) -> int | None:
    """Index of the first row that has all needed columns; None where none has."""
    needed = [column for column in wanted if column.needed]
    for index, row in enumerate(rows[:MOST_LINES]):
        names = {cell.strip().casefold() for cell in row}
        if needed and all(any(name.casefold() in names for name in (column.name, *column.other_names)) for column in needed):
            return index
    return None


def find_table_header(rows: Sequence[Sequence[str]]) -> int:
    """Index of the row that looks like the header of what follows; 0 where none does.

    It has as many cells as the rows behind it usually have, all filled, different, and none of them a number. Rows above it are titles.
    """
    usual = Counter(_width(row) for row in rows if _width(row) > 1)
    if not usual:
        return 0
    widest = max(usual, key=lambda width: (usual[width] * width, width))
    for index, row in enumerate(rows[:MOST_LINES]):
        names = [cell.strip() for cell in row[: _width(row)]]
        following = [_width(later) for later in rows[index + 1 : index + 1 + _FOLLOWING] if any(later)]
        fits = len(names) >= max(2, widest * 2 // 3) and all(names) and len({name.casefold() for name in names}) == len(names)
        # A broken row may be wider.
        mostly_narrower = 2 * sum(width <= len(names) for width in following) > len(following)
        if fits and mostly_narrower and not any(map(_is_number, names)):
            return index
    return 0


def _width(row: Sequence[str]) -> int:
    """Cells up to the last one that is filled."""
    return next((index for index in range(len(row), 0, -1) if row[index - 1].strip()), 0)


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "").lstrip("-").isdigit()
