"""A small extract in the form of OpenStreetMap, written for the tests: a region, a town and a village with streets and houses."""

from collections.abc import Iterator
from xml.etree import ElementTree as Xml

REGION = (37.5, 44.5, 40.5, 46.5)
TOWN, VILLAGE = (38.10, 44.87), (38.98, 46.10)
STREETS = {"Красная улица": 0.002, "улица Мира": 0.004, "Школьный переулок": 0.006}
HOUSES = range(1, 12, 2)
_STEP = 0.0004


class _Extract:
    def __init__(self) -> None:
        self.root = Xml.Element("osm", version="0.6", generator="tests")
        self._next = 0
        self._made: dict[str, list[Xml.Element]] = {"node": [], "way": [], "relation": []}

    def add(self, kind: str, tags: dict[str, str], **more: str) -> Xml.Element:
        self._next += 1
        always = {"id": str(self._next), "version": "1", "timestamp": "2026-01-01T00:00:00Z"}
        element = Xml.Element(kind, always | more)
        self._made[kind].append(element)
        for key, value in tags.items():
            Xml.SubElement(element, "tag", k=key, v=value)
        return element

    def node(self, lng: float, lat: float, **tags: str) -> str:
        spelt = {key.replace("__", ":"): value for key, value in tags.items()}
        return self.add("node", spelt, lon=f"{lng:.7f}", lat=f"{lat:.7f}").get("id", "")

    def way(self, nodes: list[str], **tags: str) -> str:
        way = self.add("way", tags)
        for place, node in enumerate(nodes):
            way.insert(place, Xml.Element("nd", ref=node))
        return way.get("id", "")

    def area(self, west: float, south: float, east: float, north: float, level: int, name: str) -> None:
        corners = [self.node(x, y) for x, y in ((west, south), (east, south), (east, north), (west, north))]
        outline = self.way([*corners, corners[0]])
        relation = self.add("relation", {"type": "boundary", "boundary": "administrative", "admin_level": str(level), "name": name})
        relation.insert(0, Xml.Element("member", type="way", ref=outline, role="outer"))

    def settlement(self, lng: float, lat: float, place: str, name: str) -> None:
        self.node(lng, lat, place=place, name=name)
        self.area(lng - 0.02, lat - 0.02, lng + 0.02, lat + 0.02, 8, name)
        for street, north in STREETS.items():
            self.way([self.node(lng + at * _STEP, lat + north) for at in range(12)], highway="residential", name=street)
            for number in HOUSES:
                tags = {"addr__housenumber": str(number), "addr__street": street, "building": "yes"}
                self.node(lng + number * _STEP, lat + north + _STEP / 4, **tags)

    def elements(self) -> Iterator[Xml.Element]:
        for listed in self._made.values():
            yield from listed


def extract() -> bytes:
    """The file's bytes."""
    made = _Extract()
    made.area(30.0, 43.0, 45.0, 50.0, 2, "Россия")
    made.area(*REGION, 4, "Краснодарский край")
    made.area(37.9, 44.7, 38.4, 45.1, 6, "Абинский район")
    made.settlement(*TOWN, "town", "Абинск")
    made.settlement(*VILLAGE, "village", "Каневская")
    made.root.extend(made.elements())
    whole: bytes = Xml.tostring(made.root, encoding="utf-8", xml_declaration=True)
    return whole


def house(settlement: tuple[float, float], street: str, number: int) -> tuple[float, float]:
    """Where a house is."""
    return settlement[0] + number * _STEP, settlement[1] + STREETS[street] + _STEP / 4
