"""Pictures of pages compared with kept ones: coarse enough for another version of a font, fine enough for a missing map or table.

The kept ones are made anew with `GEO_KEEP_PICTURES=1`, and looked at before they are committed.
"""

import os

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.support.paths import CHECKOUT

KEPT = CHECKOUT / "tests" / "browser" / "kept"
WIDTH = 240
"""Of kept pictures, in pixels: lines of text are grey bars, maps and tables are recognised."""
BLOCK = 24
"""Side of the squares whose mean greys are compared, in pixels."""
MOST_GREY = 24
"""Difference of two means, of 255, up to which a square looks alike: a line of text that moved by its height stays below."""


def differences(name: str, picture: Image.Image) -> list[str]:
    """Return what differs from the kept picture of this name."""
    small = shrink(picture)
    path = KEPT / f"{name}.png"
    if os.environ.get("GEO_KEEP_PICTURES"):
        KEPT.mkdir(exist_ok=True)
        small.save(path, optimize=True)
    with Image.open(path) as kept:
        return compare_blocks(np.asarray(small, np.float64), np.asarray(kept, np.float64))


def shrink(picture: Image.Image) -> Image.Image:
    """Return the picture in grey, WIDTH pixels wide."""
    height = round(picture.height * WIDTH / picture.width)
    return picture.convert("L").resize((WIDTH, height), Image.Resampling.BOX)


def compare_blocks(seen: NDArray[np.float64], kept: NDArray[np.float64]) -> list[str]:
    """Return the squares that differ, and whether the heights do by more than a square. seen, kept: (height, width) greys."""
    if abs(len(seen) - len(kept)) > BLOCK:
        return [f"{len(seen)} pixels high instead of {len(kept)}"]
    height = min(len(seen), len(kept)) // BLOCK * BLOCK
    means = [part[:height].reshape(height // BLOCK, BLOCK, WIDTH // BLOCK, BLOCK).mean(axis=(1, 3)) for part in (seen, kept)]
    off = np.argwhere(np.abs(means[0] - means[1]) > MOST_GREY)
    return [f"grey {means[0][y, x]:.0f} instead of {means[1][y, x]:.0f} around {x * BLOCK}, {y * BLOCK}" for y, x in off.tolist()]
