"""The comparison of pictures: a map that is missing is seen, a line that has moved by a little is not."""

import numpy as np

from tests.support.kept_pictures import WIDTH, compare_blocks


def page() -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return lines of text with a map under them."""
    grey = np.full((240, WIDTH), 255.0)
    grey[10:120:6] = 150
    grey[140:220, 40:200] = 120
    return grey


def test_a_missing_map_is_seen() -> None:
    without = page()
    without[140:220, 40:200] = 255
    found = compare_blocks(without, page())
    assert len(found) > 10
    assert found[0].startswith("grey ")


def test_a_line_that_has_moved_is_not_seen() -> None:
    moved = page()
    moved[:125] = np.roll(moved[:125], 2, axis=0)
    assert compare_blocks(moved, page()) == []


def test_a_page_that_is_longer_by_a_table_is_seen() -> None:
    longer = np.vstack([page(), np.full((40, WIDTH), 255.0)])
    assert compare_blocks(longer, page()) == ["280 pixels high instead of 240"]
