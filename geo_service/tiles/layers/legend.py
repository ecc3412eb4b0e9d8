"""The legend: what each class of a layer's tiles stands for."""

from dataclasses import dataclass
from math import ceil, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import CHANNELS
from geo_service.aggregation.measures.class_breaks import ClassBreaks
from geo_service.aggregation.measures.level_values import cell_values
from geo_service.aggregation.measures.significance import P_VALUE
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.instants import format_instant
from geo_service.tiles.documents.palette import Palette, measure_palette
from geo_service.tiles.encoding.grid import resolution_at
from geo_service.tiles.layers.base import LegendRequest
from geo_service.tiles.layers.choropleth import Choropleth

_TEST = "conditional test of two Poisson counts (Przyborowski and Wilenski 1940)"


@dataclass(frozen=True, slots=True, eq=False)
class LegendItem:
    """What is drawn, one entry a hexagon or district: its value, infinite where it has none but grew from nothing, and its class."""

    values: NDArray[Any]
    classes: NDArray[np.uint8]
    breaks: ClassBreaks
    kind: str = "cells"
    """Name under which the legend counts them."""


def legend(state: ReplicaState, view: LegendRequest) -> dict[str, Any]:
    """Classes with their range, colour and number of hexagons, and the totals of the selection."""
    resolution = resolution_at(view.zoom, view.rendering.detail)
    level = cell_values(state, view.query, view.rendering.classifier, resolution)
    drawn = level.at(np.flatnonzero(level.drawn))
    with_incidents = level.counts[:, 0] > 0
    return {
        "zoom": view.zoom,
        "resolution": resolution,
        **describe_classes(LegendItem(drawn.values, drawn.classes, level.breaks), view),
        "without_value": int(np.count_nonzero(with_incidents & ~np.isfinite(level.values))),
        "total": _by_channel(level.counts.sum(axis=0, dtype=np.int64)),
    }


def district_legend(chosen: Choropleth, view: LegendRequest) -> dict[str, Any]:
    """Classes with their range, colour and number of districts; totals of the districts, and of what lies in none of them."""
    classed, numbers = chosen.classed, chosen.numbers
    shown = LegendItem(numbers.values[classed], np.asarray(chosen.classes)[classed], numbers.breaks, "districts")
    return {
        "zoom": view.zoom,
        "level": chosen.level.code,
        **describe_classes(shown, view),
        "without_value": int(np.count_nonzero(~np.isfinite(numbers.values))),
        "total": _by_channel(numbers.counts.sum(axis=0, dtype=np.int64)),
        "without_district": _by_channel(chosen.outside),
    }


def _by_channel(total: NDArray[Any]) -> dict[str, int]:
    return dict(zip(CHANNELS, total.tolist(), strict=True))


def describe_classes(shown: LegendItem, view: LegendRequest) -> dict[str, Any]:
    """The measure, its classes and colours."""
    measure = view.query.measure
    palette = measure_palette(measure)
    chance = {} if shown.breaks.middle is None else {"significance": {"class": shown.breaks.middle, "p": P_VALUE, "test": _TEST}}
    names = {} if measure.classes is None else {row["class"]: row for row in measure.classes.describe()}
    return {
        "measure": measure.code,
        "label": measure.label,
        "unit": measure.unit,
        "breaks": str(view.rendering.classifier),
        "classes": [{**names.get(row["class"], {}), **row} for row in _classes(shown, palette)],
        **chance,
        **_past(view),
        shown.kind: len(shown.values),
        "max": _greatest(shown.values, 0 if measure.channel is not None else None),
        "palette": {"name": palette.name, "colors": list(palette.colors)},
    }


def _classes(shown: LegendItem, palette: Palette) -> list[dict[str, Any]]:
    """One row a class; `to` is the greatest whole number that belongs to it, or of other numbers where the next class begins.

    Of the class that is not told by value, `from` and `to` are the least and greatest value in it. How many belong to a class stands
    under the name of their kind.
    """
    breaks = shown.breaks
    if not breaks.lowers:
        return []
    is_whole = shown.values.dtype.kind == "i"
    uppers = [ceil(lower) - 1 if is_whole else lower for lower in breaks.lowers[1:]]
    uppers.append(max(_greatest(shown.values, breaks.lowers[-1]), breaks.lowers[-1]))
    ranges: dict[int, tuple[Any, Any]] = dict(zip(breaks.classes, zip(breaks.lowers, uppers, strict=True), strict=True))
    if breaks.middle is not None:
        by_chance = shown.values[shown.classes == breaks.middle]
        finite = by_chance[np.isfinite(by_chance)]
        ranges[breaks.middle] = (finite.min().item(), finite.max().item()) if len(finite) else (None, None)
    count = np.bincount(shown.classes, minlength=len(palette.colors)).tolist()
    return [
        {"class": number, "from": _finite(low), "to": _finite(high), "color": palette.colors[number], shown.kind: count[number]}
        for number, (low, high) in sorted(ranges.items())
    ]


def _finite(limit: float | None) -> float | None:
    """Return None for a class that has no limit there, or that no value reaches."""
    return limit if limit is not None and isfinite(limit) else None


def _past(view: LegendRequest) -> dict[str, Any]:
    """Return the window of the past that the measure compares with, where it does."""
    query = view.query
    if query.measure.baseline is None:
        return {}
    window = query.measure.baseline(query.selection)
    return {"baseline": {"from": format_instant(window.start), "to": format_instant(window.stop)}}


def _greatest(values: NDArray[Any], otherwise: Any) -> Any:
    """The greatest finite value."""
    finite = values[np.isfinite(values)]
    return finite.max().item() if len(finite) else otherwise
