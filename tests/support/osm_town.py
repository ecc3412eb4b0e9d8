"""A town that does not exist, as OpenStreetMap data: streets, a river, a railway, buildings with numbers, names in two languages.

Its tiles are made in both schemas: in OpenMapTiles by tilemaker as docs/basemap.md says, in Protomaps' by the functions here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

Point = tuple[float, float]
"""Latitude and longitude."""

LAT, LNG = 45.04, 38.98
"""The middle of the town."""
_NORTH, _EAST = 0.009, 0.0127
"""Degrees of a kilometre."""
BLOCK_KM = 0.25
REACH = 4
"""Streets to each side of the middle."""

STREETS_RU = (
    "улица Мира",
    "Садовая улица",
    "улица Ёлочная",
    "Красная улица",
    "Заречная улица",
    "улица Гоголя",
    "Новая улица",
    "улица № 8",
    "Речная улица",
)
STREETS_EN = (
    "Mira Street",
    "Sadovaya Street",
    "Yolochnaya Street",
    "Krasnaya Street",
    "Zarechnaya Street",
    "Gogolya Street",
    "",
    "Street No. 8",
    "",
)
RIVER = ("Тихая", "Tikhaya")
POND = ("Городской пруд", "Town Pond")
QUARTER = ("Заречье", "Zarechye")
TOWN = ("Тестоград", "Testograd")


@dataclass(frozen=True)
class Way:
    """A way of OpenStreetMap; closed where its first point is its last."""

    points: Sequence[Point]
    tags: dict[str, str]

    @property
    def closed(self) -> bool:
        """Whether it is an area."""
        return self.points[0] == self.points[-1]


@dataclass(frozen=True)
class Node:
    """A node with tags."""

    point: Point
    tags: dict[str, str]


def at(east_km: float, north_km: float) -> Point:
    """Return the place so far from the middle of the town."""
    return round(LAT + north_km * _NORTH, 6), round(LNG + east_km * _EAST, 6)


def names(russian: str, english: str) -> dict[str, str]:
    """Return the tags of a name; without an English one only the local name."""
    return {"name": russian, "name:ru": russian} | ({"name:en": english} if english else {})


def ways() -> list[Way]:
    """Return all ways of the town."""
    return [*_streets(), *_buildings(), *_water(), *_green(), _line([(-1.6, 0.1), (1.6, 0.16)], railway="rail")]


def nodes() -> list[Node]:
    """Return the nodes with tags."""
    return [
        Node(at(0, 0.1), {"place": "town", "population": "30000", **names(*TOWN)}),
        Node(at(0.6, 0.9), {"place": "suburb", **names(*QUARTER)}),
    ]


def _line(points: Sequence[tuple[float, float]], **tags: str) -> Way:
    return Way([at(*point) for point in points], tags)


def _box(west: float, south: float, east: float, north: float, tags: dict[str, str]) -> Way:
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return Way([at(*point) for point in ring], tags)


def _streets() -> Iterator[Way]:
    end = (REACH + 0.5) * BLOCK_KM
    for number in range(-REACH, REACH + 1):
        name = names(STREETS_RU[number + REACH], STREETS_EN[number + REACH])
        kind = "primary" if number == 0 else "tertiary" if number % 2 else "residential"
        yield Way([at(-end, number * BLOCK_KM), at(end, number * BLOCK_KM)], {"highway": kind, **name})
        yield Way(
            [at(number * BLOCK_KM, -end), at(number * BLOCK_KM, end)],
            {"highway": "residential", **names(f"{number + REACH + 1}-я линия", "")},
        )


def _buildings() -> Iterator[Way]:
    for column in range(-REACH, REACH):
        for row in range(-REACH, REACH):
            west, south = column * BLOCK_KM + 0.04, row * BLOCK_KM + 0.04
            yield _box(west, south, west + 0.06, south + 0.03, {"building": "yes", "addr:housenumber": str(2 * (row + REACH) + 1)})
            yield _box(west + 0.1, south + 0.1, west + 0.15, south + 0.15, {"building": "residential"})


def _water() -> Iterator[Way]:
    bends = [(-1.8, 1.3), (-0.9, 1.25), (0, 1.4), (0.9, 1.25), (1.8, 1.35)]
    yield _line(bends, waterway="river", **names(*RIVER))
    shores = [(east, north + 0.05) for east, north in bends] + [(east, north - 0.05) for east, north in reversed(bends)]
    yield Way([at(*point) for point in [*shores, shores[0]]], {"natural": "water", "water": "river"})
    yield _box(-0.95, -0.72, -0.55, -0.53, {"natural": "water", "water": "pond", **names(*POND)})


def _green() -> Iterator[Way]:
    yield _box(0.54, -0.71, 0.96, -0.54, {"leisure": "park", **names("Парк Победы", "Victory Park")})
    yield _box(-1.1, -1.1, 1.1, 1.1, {"landuse": "residential"})


def write_osm(path: Path) -> None:
    """Write the town as OpenStreetMap XML (https://wiki.openstreetmap.org/wiki/OSM_XML)."""
    root = ElementTree.Element("osm", {"version": "0.6", "generator": "tests"})
    numbers: dict[Point, int] = {}
    tagged = {node.point: node.tags for node in nodes()}
    for point in [*tagged, *(point for way in ways() for point in way.points)]:
        if point not in numbers:
            numbers[point] = len(numbers) + 1
            lat, lon = map(str, point)
            made = ElementTree.SubElement(root, "node", {"id": str(numbers[point]), "version": "1", "lat": lat, "lon": lon})
            _add_tags(made, tagged.get(point, {}))
    for number, way in enumerate(ways(), start=1):
        made = ElementTree.SubElement(root, "way", {"id": str(number), "version": "1"})
        for point in way.points:
            ElementTree.SubElement(made, "nd", {"ref": str(numbers[point])})
        _add_tags(made, way.tags)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _add_tags(element: ElementTree.Element, tags: dict[str, str]) -> None:
    for key, value in tags.items():
        ElementTree.SubElement(element, "tag", {"k": key, "v": value})
