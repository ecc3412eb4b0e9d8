"""Colours of the classes, and of the map around them, for a light and a dark scheme.

YlOrRd, five classes: ColorBrewer 2.0, Cynthia Brewer, Mark Harrower and The Pennsylvania State University,
Apache-2.0: a sequential palette, light for low values. RdBu reversed, five classes, from the same source: a diverging
palette, blue for a decrease, red for an increase. On a dark map the highest class must be the lightest, and red means bad there as
well: from a dull brown over rust to a glowing red, found by a search for the greatest least difference; and blue and red that get
lighter away from a dark middle. Adjacent classes differ by at least 9 (CIEDE2000), the sequential ones by 10, for normal vision and
for three deficiencies of colour vision; tests/unit/test_palette.py measures it.
Ages use the sequential palette reversed: the newest incidents stand out. Classes with names have palettes of their own, which
begin at, or lie on both sides of grey. The 17 patterns of emerging hot spots are more than anybody tells apart by colour: warm, cold and
grey are told apart by all, single patterns by normal vision; the legend and the class say which it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geo_service.aggregation.measures.measures import Measure


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of the classes, from 0 on."""

    name: str
    colors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scheme:
    """Colours of a whole map, as CSS writes them."""

    sequential: Palette
    diverging: Palette
    named: Mapping[str, Palette]
    """Of measures whose classes have names, by `NamedClasses.palette`; what says nothing is grey."""
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
        {
            "unusual": Palette("grey and YlOrRd", ("#d9dcde", "#fecc5c", "#fd8d3c", "#f03b20", "#bd0026")),
            "concentration": Palette("RdBu reversed, grey", ("#2166ac", "#67a9cf", "#b5d7ea", "#e3e4e5", "#fdc9ae", "#ef8a62", "#b2182b")),
            "emerging": Palette(
                "hot and cold spots",
                ("#d9dcde",
                 "#ffd92f", "#ff9d1e", "#7a0012", "#b3001e", "#e34a33", "#f7816b", "#d98a5b", "#f3c9a8",
                 "#22c3f0", "#1d9fb5", "#08204f", "#0b4795", "#3b78c9", "#74a3e0", "#7f8fc4", "#b9d0f2"),
            ),
        },
        without_class="#d5d8da", background="#f1f2ee", outline="#4c5a64", text="#26323b", halo="rgba(255, 255, 255, 0.85)",
    ),
    "dark": Scheme(
        Palette("brown to red", ("#45312a", "#70452c", "#b83c0d", "#ff481c", "#ff807a")),
        Palette("BuRd dark", ("#7cc0f0", "#33719f", "#434b52", "#b4553f", "#ffa183")),
        {
            "unusual": Palette("grey and brown to red", ("#434b52", "#70452c", "#b83c0d", "#ff481c", "#ff807a")),
            "concentration": Palette("BuRd dark, seven", ("#a6d8fb", "#5fa5d6", "#33719f", "#434b52", "#9a4634", "#d9765c", "#ffb8a1")),
            "emerging": Palette(
                "hot and cold spots, dark",
                ("#434b52",
                 "#fff59a", "#ffc24d", "#ff5a4d", "#d63a3a", "#a83a36", "#e58f7a", "#c17a4e", "#8a5648",
                 "#9ff3ee", "#4fc3cf", "#6aa9ff", "#3f7fe0", "#2c5ba3", "#adc4f0", "#7a80c9", "#5f7896"),
            ),
        },
        without_class="#3d474f", background="#232b32", outline="#aab6bf", text="#e8edf0", halo="rgba(18, 24, 29, 0.85)",
    ),
}  # fmt: skip
DEFAULT_SCHEME = "light"


def choose_palette(*, diverging: bool, named: str | None = None, scheme: str = DEFAULT_SCHEME) -> Palette:
    """Return the palette of classes with names, or the diverging or the sequential one of a scheme."""
    if named is not None:
        return SCHEMES[scheme].named[named]
    return SCHEMES[scheme].diverging if diverging else SCHEMES[scheme].sequential


def measure_palette(measure: Measure, scheme: str = DEFAULT_SCHEME) -> Palette:
    """Return the colours of a measure's classes."""
    named = None if measure.classes is None else measure.classes.palette
    return choose_palette(diverging=measure.diverging, named=named, scheme=scheme)


def recolor_legend(legend: dict[str, Any], palette: Palette) -> dict[str, Any]:
    """Return a legend with the colours of a palette, also in its playback, if it has one."""
    playback = {"playback": _recolor_classes(legend["playback"], palette)} if "playback" in legend else {}
    return {**_recolor_classes(legend, palette), **playback, "palette": {"name": palette.name, "colors": list(palette.colors)}}


def _recolor_classes(part: dict[str, Any], palette: Palette) -> dict[str, Any]:
    return {**part, "classes": [{**row, "color": palette.colors[row["class"]]} for row in part["classes"]]}
