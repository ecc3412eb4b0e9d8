"""Colours of the classes.

YlOrRd, five classes: ColorBrewer 2.0, Cynthia Brewer, Mark Harrower and The Pennsylvania State University,
Apache-2.0. The least difference between neighbouring classes, over normal vision and three deficiencies of
colour vision, is 11.0 (CIE ΔE), which is told apart side by side; light to dark reads as little to much.
RdBu reversed, five classes, of the same origin, for measures with a middle: blue is less, red more.
YlOrRd reversed for ages: what has just come is darkest.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of the classes 0 to 4."""

    name: str
    colors: tuple[str, ...]


SEQUENTIAL = Palette("YlOrRd", ("#ffffb2", "#fecc5c", "#fd8d3c", "#f03b20", "#bd0026"))
DIVERGING = Palette("RdBu reversed", ("#0571b0", "#92c5de", "#f7f7f7", "#f4a582", "#ca0020"))

AGES = Palette("YlOrRd reversed", SEQUENTIAL.colors[::-1])


def palette_of(*, diverging: bool) -> Palette:
    """The colours of a measure."""
    return DIVERGING if diverging else SEQUENTIAL
