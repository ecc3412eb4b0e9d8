"""How cost grows with the number of incidents: the same measurements at several sizes, drawn as one SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import count, takewhile
from math import ceil, floor, log10
from pathlib import Path

from tests.bench.report import machine


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the plot: the value's name in the reports, what it is called, its colour (Okabe and Ito's palette)."""

    value: str
    label: str
    color: str


LINES = (
    Line("http.cold_365_p50", "tile, a year asked for the first time", "#D55E00"),
    Line("statistics.districts_365_p50", "districts, a year", "#CC79A7"),
    Line("http.cold_30_p50", "tile, 30 days asked for the first time", "#E69F00"),
    Line("statistics.districts_30_p50", "districts, 30 days", "#009E73"),
    Line("http.known window_30_p50", "tile, 30 days, window known", "#0072B2"),
    Line("http.cached_p50", "tile from the cache", "#56B4E9"),
)
PARTS = ("http", "statistics")
_LEAST = 100_000

_WIDTH, _HEIGHT = 790, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 280, 40, 70

Measured = dict[int, dict[str, float]]
"""Incidents → the values of a report."""


@dataclass(frozen=True, slots=True)
class Axes:
    """Both axes are logarithmic: powers of ten from the first to the last."""

    x: tuple[float, float]
    y: tuple[int, int]

    def place(self, incidents: float, ms: float) -> tuple[float, float]:
        """Where in the picture a value stands."""
        across = (log10(incidents) - self.x[0]) / max(self.x[1] - self.x[0], 1e-9)
        up = (log10(ms) - self.y[0]) / (self.y[1] - self.y[0])
        return _LEFT + across * (_WIDTH - _LEFT - _RIGHT), _HEIGHT - _BOTTOM - up * (_HEIGHT - _TOP - _BOTTOM)


def sizes(most: int) -> list[int]:
    """From 100,000 in steps of ten times up to `most`, itself the last."""
    return [*takewhile(lambda size: size < most, (_LEAST * 10**step for step in count())), most]


def draw(measured: Measured, file: Path) -> None:
    """Write the plot; lines of which nothing was measured are left out."""
    lines = [line for line in LINES if all(line.value in values for values in measured.values())]
    found = [values[line.value] for values in measured.values() for line in lines]
    axes = Axes((log10(min(measured)), log10(max(measured))), (floor(log10(min(found))), ceil(log10(max(found)))))
    parts = [
        _head(),
        *_grid(axes, sorted(measured)),
        *(_line(axes, line, measured) for line in lines),
        *_labels(axes, lines, measured),
        "</svg>",
    ]
    file.write_text("\n".join(parts) + "\n", encoding="utf-8")


def _head() -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12" role="img">'
        f'<title>Median time of an answer over HTTP by number of incidents</title><rect width="100%" height="100%" fill="#fff"/>'
        f'<text x="{_LEFT}" y="22" font-size="14">Median time over HTTP, ms, by number of incidents in the replica</text>'
        f'<text x="{_LEFT}" y="{_HEIGHT - 12}" fill="#666">{escape(machine())}</text>'
    )


def _grid(axes: Axes, sizes: Sequence[int]) -> list[str]:
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    rows = []
    for power in range(axes.y[0], axes.y[1] + 1):
        y = axes.place(sizes[0], 10.0**power)[1]
        rows.append(f'<path d="M{_LEFT} {y:.1f}H{right}" stroke="#ddd"/>')
        rows.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    for size in sizes:
        x = axes.place(size, 10.0 ** axes.y[0])[0]
        rows.append(f'<path d="M{x:.1f} {_TOP}V{bottom}" stroke="#ddd"/>')
        rows.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{_short(size)}</text>')
    return rows


def _line(axes: Axes, line: Line, measured: Measured) -> str:
    points = [axes.place(size, measured[size][line.value]) for size in sorted(measured)]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{line.color}"/>' for x, y in points)
    return f'<path d="M{path}" fill="none" stroke="{line.color}" stroke-width="2"/>{dots}'


def _labels(axes: Axes, lines: Sequence[Line], measured: Measured) -> list[str]:
    """Each at the end of its line, pushed down where two would cover each other."""
    last = max(measured)
    ends = sorted(((axes.place(last, measured[last][line.value])[1], line) for line in lines), key=lambda one: one[0])
    rows, y = [], 0.0
    for end, line in ends:
        y = max(end, y + 15)
        text = f"{line.label}: {measured[last][line.value]:.2g}"
        rows.append(f'<text x="{_WIDTH - _RIGHT + 10}" y="{y + 4:.1f}" fill="{line.color}">{escape(text)}</text>')
    return rows


def _short(size: int) -> str:
    return f"{size / 1e6:g} M" if size >= 1_000_000 else f"{size:,}"
