"""Colours of the classes, and of the map around them, for a light and a dark scheme.

YlOrRd, five classes: ColorBrewer 2.0, Cynthia Brewer, Mark Harrower and The Pennsylvania State University,
Apache-2.0: a sequential palette, light for low values. RdBu reversed, five classes, from the same source: a diverging
palette, blue for a decrease, red for an increase. On a dark map the highest class must be the lightest: inferno without
its two darkest of seven (matplotlib, CC0), and blue and red that get lighter away from a dark middle. Adjacent classes differ by at
least 9 (CIEDE2000) for normal vision and for three deficiencies of colour vision; tests/unit/test_palette.py measures it.
Ages use the sequential palette reversed: the newest incidents stand out.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of the classes 0 to 4."""

    name: str
    colors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scheme:
    """Colours of a whole map, as CSS writes them."""

    sequential: Palette
    diverging: Palette
    without_class: str
    """Of a district without a value."""
    background: str
    outline: str
    text: str
    halo: str

    @property
    def ages(self) -> Palette:
        """The palette of ages, newest first."""
        return Palette(f"{self.sequential.name} reversed", self.sequential.colors[::-1])


SCHEMES = {
    "light": Scheme(
        Palette("YlOrRd", ("#ffffb2", "#fecc5c", "#fd8d3c", "#f03b20", "#bd0026")),
        Palette("RdBu reversed", ("#0571b0", "#92c5de", "#f7f7f7", "#f4a582", "#ca0020")),
        without_class="#d5d8da", background="#f1f2ee", outline="#4c5a64", text="#26323b", halo="rgba(255, 255, 255, 0.85)",
    ),
    "dark": Scheme(
        Palette("inferno", ("#781c6d", "#bc3754", "#ed6925", "#fbb61a", "#fcffa4")),
        Palette("BuRd dark", ("#7cc0f0", "#33719f", "#434b52", "#b4553f", "#ffa183")),
        without_class="#3d474f", background="#232b32", outline="#aab6bf", text="#e8edf0", halo="rgba(18, 24, 29, 0.85)",
    ),
}  # fmt: skip
DEFAULT_SCHEME = "light"


def choose_palette(*, diverging: bool, scheme: str = DEFAULT_SCHEME) -> Palette:
    """Return the diverging or the sequential palette of a scheme."""
    return SCHEMES[scheme].diverging if diverging else SCHEMES[scheme].sequential


def recolor_legend(legend: dict[str, Any], palette: Palette) -> dict[str, Any]:
    """Return a legend with the colours of a palette, also in its playback, if it has one."""
    playback = {"playback": _recolor_classes(legend["playback"], palette)} if "playback" in legend else {}
    return {**_recolor_classes(legend, palette), **playback, "palette": {"name": palette.name, "colors": list(palette.colors)}}


def _recolor_classes(part: dict[str, Any], palette: Palette) -> dict[str, Any]:
    return {**part, "classes": [{**row, "color": palette.colors[row["class"]]} for row in part["classes"]]}
