"""Tile numbers as the OpenStreetMap wiki computes them."""

from math import asinh, pi, radians, tan


def slippy_tile(lng: float, lat: float, zoom: int) -> tuple[int, int]:
    """The tile of a point, as the OpenStreetMap wiki writes it."""
    n = 2**zoom
    return int((lng + 180) / 360 * n), int((1 - asinh(tan(radians(lat))) / pi) / 2 * n)
