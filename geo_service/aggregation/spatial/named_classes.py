"""Classes that are the same for all data and have names, as a measure's own; other measures are divided into classes by their values."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from geo_service.aggregation.spatial.concentration import bin_lowers
from geo_service.aggregation.spatial.emerging import HOT_PATTERNS

Text = dict[str, str]


@dataclass(frozen=True, slots=True)
class NamedClass:
    """What a class means. Its number is its place among the classes."""

    code: str
    name: Text


@dataclass(frozen=True, slots=True, eq=False)
class NamedClasses:
    """The classes of a measure, ascending.

    lowers: the least value of each class; or a function that finds them from the values of all cells of a level (NaN for none of them),
    infinite for a class that no value reaches. palette: name of their colours in `tiles.documents.palette`.
    """

    classes: tuple[NamedClass, ...]
    lowers: tuple[float, ...] | Callable[[NDArray[Any]], tuple[float, ...]]
    palette: str
    neutral: int
    """The class of places about which there is nothing to say; drawn in grey."""

    def __len__(self) -> int:
        return len(self.classes)

    def describe(self) -> list[dict[str, Any]]:
        """Return the number, code and names of each class, for documents."""
        return [{"class": number, "code": one.code, "name": one.name} for number, one in enumerate(self.classes)]

    def find_lowers(self, values: NDArray[Any]) -> tuple[float, ...]:
        """Return the least value of each class. values: of all groups; they matter only where they decide."""
        return self.lowers if isinstance(self.lowers, tuple) else self.lowers(values)


def named(*classes: tuple[str, str, str]) -> tuple[NamedClass, ...]:
    """Return classes from their codes and their Russian and English names."""
    return tuple(NamedClass(code, {"ru": russian, "en": english}) for code, russian, english in classes)


UNUSUAL = NamedClasses(
    named(
        ("usual", "как обычно", "as usual"),
        ("slightly_more", "чуть больше обычного", "slightly more than usual"),
        ("more", "больше обычного", "more than usual"),
        ("much_more", "намного больше обычного", "much more than usual"),
        ("very_unusual", "очень необычно", "very unusual"),
    ),
    # Of 1,000 hexagons where nothing has changed one reaches 3 by chance, of 10,000 one 4; docs/statistics.md has what was measured.
    (0.0, 3.0, 4.0, 6.0, 10.0),
    "unusual",
    neutral=0,
)

GI = NamedClasses(
    named(
        ("cold_99", "холодная точка, 99 %", "cold spot, 99 % confidence"),
        ("cold_95", "холодная точка, 95 %", "cold spot, 95 % confidence"),
        ("cold_90", "холодная точка, 90 %", "cold spot, 90 % confidence"),
        ("not_significant", "незначимо", "not significant"),
        ("hot_90", "горячая точка, 90 %", "hot spot, 90 % confidence"),
        ("hot_95", "горячая точка, 95 %", "hot spot, 95 % confidence"),
        ("hot_99", "горячая точка, 99 %", "hot spot, 99 % confidence"),
    ),
    bin_lowers,
    "concentration",
    neutral=3,
)

_PATTERNS = {
    "new": ("новая", "new"),
    "consecutive": ("устойчивая в последнее время", "consecutive"),
    "intensifying": ("усиливающаяся", "intensifying"),
    "persistent": ("постоянная", "persistent"),
    "diminishing": ("ослабевающая", "diminishing"),
    "sporadic": ("возникающая время от времени", "sporadic"),
    "oscillating": ("колеблющаяся", "oscillating"),
    "historical": ("бывшая", "historical"),
}
"""How the patterns of hot and cold spots are called, as ArcGIS calls them in English."""

EMERGING = NamedClasses(
    named(
        ("no_pattern", "без закономерности", "no pattern detected"),
        *((f"{code}_hot", f"{_PATTERNS[code][0]} горячая точка", f"{_PATTERNS[code][1]} hot spot") for code in HOT_PATTERNS),
        *((f"{code}_cold", f"{_PATTERNS[code][0]} холодная точка", f"{_PATTERNS[code][1]} cold spot") for code in HOT_PATTERNS),
    ),
    tuple(range(2 * len(HOT_PATTERNS) + 1)),
    "emerging",
    neutral=0,
)
