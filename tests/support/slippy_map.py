"""Tile numbers as the OpenStreetMap wiki computes them."""

from math import asinh, pi, radians, tan


def slippy_position(lng: float, lat: float, zoom: int) -> tuple[float, float]:
    """Column and row of a point, with fractions."""
    n = 2**zoom
    return (lng + 180) / 360 * n, (1 - asinh(tan(radians(lat))) / pi) / 2 * n


def slippy_tile(lng: float, lat: float, zoom: int) -> tuple[int, int]:
    """The tile of a point, as the OpenStreetMap wiki writes it."""
    x, y = slippy_position(lng, lat, zoom)
    return int(x), int(y)
