"""Names of places in Russian and English: by direction and distance from a settlement, or by coordinates.

No name of a settlement is inflected: «12 км к северу от н. п. Вознесенская» is right for every one of them.
"""

from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

_DIRECTIONS = (
    ("север", "north"),
    ("северо-восток", "north-east"),
    ("восток", "east"),
    ("юго-восток", "south-east"),
    ("юг", "south"),
    ("юго-запад", "south-west"),
    ("запад", "west"),
    ("северо-запад", "north-west"),
)
"""Clockwise from north, 45° each."""
_LEAST_KM = 1


class Name(NamedTuple):
    """A name in both languages."""

    ru: str
    en: str


def name_at(settlement: Name, km: float, bearing: float) -> Name:
    """Return the name of a place outside of any settlement, by the nearest one. bearing: seen from there, degrees from north.

    >>> name_at(Name("Вознесенская", "Voznesenskaya"), 11.7, 359.0)
    Name(ru='12 км к северу от н. п. Вознесенская', en='12 km north of Voznesenskaya')
    """
    russian, english = _direction(bearing)
    whole = max(round(km), _LEAST_KM)
    return Name(f"{whole} км к {russian}у от н. п. {settlement.ru}", f"{whole} km {english} of {settlement.en}")


def name_centre(town: Name) -> Name:
    """Return the name of the part of a town in which its point lies."""
    return Name(f"{town.ru}, центр", f"{town.en}, centre")


def names_within(town: Name, km: float, bearing: float) -> Iterator[Name]:
    """Yield names of another part of a town, the plainest first, without end.

    >>> names = names_within(Name("Краснодар", "Krasnodar"), 3.2, 40.0)
    >>> next(names).en, next(names).ru, next(names).ru
    ('Krasnodar, north-east', 'Краснодар, северо-восток, 3 км', 'Краснодар, северо-восток, 3 км (2)')
    """
    russian, english = _direction(bearing)
    yield Name(f"{town.ru}, {russian}", f"{town.en}, {english}")
    whole = max(round(km), _LEAST_KM)
    distant = Name(f"{town.ru}, {russian}, {whole} км", f"{town.en}, {english}, {whole} km")
    yield distant
    for number in count(2):
        yield Name(f"{distant.ru} ({number})", f"{distant.en} ({number})")


def name_by_coordinates(lng: float, lat: float) -> Name:
    """Return a position as a name.

    >>> name_by_coordinates(-39.004, 45.036)
    Name(ru='45,04° с. ш., 39,00° з. д.', en='45.04° N, 39.00° W')
    """
    north, east = f"{abs(lat):.2f}°", f"{abs(lng):.2f}°"
    russian = f"{north.replace('.', ',')} {'с' if lat >= 0 else 'ю'}. ш., {east.replace('.', ',')} {'в' if lng >= 0 else 'з'}. д."
    return Name(russian, f"{north} {'N' if lat >= 0 else 'S'}, {east} {'E' if lng >= 0 else 'W'}")


def _direction(bearing: float) -> tuple[str, str]:
    return _DIRECTIONS[round(bearing / 45) % len(_DIRECTIONS)]
