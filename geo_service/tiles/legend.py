"""The legend: what each class of a layer's tiles stands for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.breaks import ClassBreaks
from geo_service.aggregation.cells import cell_breaks, cell_values
from geo_service.aggregation.kernels import CHANNELS
from geo_service.aggregation.measures import Measure
from geo_service.aggregation.replica import State
from geo_service.aggregation.selection import Selection
from geo_service.tiles.choropleth import Choropleth
from geo_service.tiles.grid import resolution_at
from geo_service.tiles.palette import Palette, palette_of


def legend(state: State, selection: Selection, measure: Measure, zoom: int, compare: Selection | None = None) -> dict[str, Any]:
    """Classes with their range, colour and number of hexagons, and the totals of the selection."""
    resolution = resolution_at(zoom)
    counts = state.counter.per_cell(selection, resolution)
    values = cell_values(state, selection, resolution, measure, compare)
    shown = values[measure.is_drawn(values)]
    breaks = cell_breaks(state, selection, resolution, measure, compare)
    total = counts.sum(axis=0, dtype=np.int64).tolist()
    return {
        "zoom": zoom,
        "resolution": resolution,
        **describe_classes(breaks, shown, measure),
        "without_value": 0 if measure.channel is not None else int(np.count_nonzero(counts[:, 0])) - len(shown),
        "total": dict(zip(CHANNELS, total, strict=True)),
    }


def describe_classes(breaks: ClassBreaks, shown: NDArray[Any], measure: Measure, of: str = "cells") -> dict[str, Any]:
    """The measure, its classes and colours; `shown` are the values that are drawn, each of a thing of the kind `of`."""
    palette = palette_of(diverging=measure.diverging)
    return {
        "measure": measure.code,
        "label": measure.label,
        "unit": measure.unit,
        "classes": _classes(breaks, shown, palette, of),
        of: len(shown),
        "max": shown.max().item() if len(shown) else 0 if measure.channel is not None else None,
        "palette": {"name": palette.name, "colors": list(palette.colors)},
    }


def district_legend(shown: Choropleth, measure: Measure, zoom: int) -> dict[str, Any]:
    """Classes with their range, colour and number of districts; totals of the districts, and of what lies in none of them."""
    values = shown.values[shown.known]
    return {
        "zoom": zoom,
        "level": shown.level.code,
        **describe_classes(shown.breaks, values, measure, "districts"),
        "without_value": len(shown.districts) - len(values),
        "total": dict(zip(CHANNELS, shown.counts.sum(axis=0, dtype=np.int64).tolist(), strict=True)),
        "without_district": dict(zip(CHANNELS, shown.outside.tolist(), strict=True)),
    }


def _classes(breaks: ClassBreaks, shown: NDArray[Any], palette: Palette, of: str) -> list[dict[str, Any]]:
    """One row a class; `to` is the greatest whole number that belongs to it, or of other numbers where the next class begins.

    Under the name `of` stands how many belong to it.
    """
    if not breaks.lowers:
        return []
    gap = 1 if shown.dtype.kind == "i" else 0
    uppers = [lower - gap for lower in breaks.lowers[1:]] + [max(shown.max().item(), breaks.lowers[-1])]
    classed = np.bincount(breaks.classify(shown), minlength=len(palette.colors))
    return [
        {"class": number, "from": lower, "to": upper, "color": palette.colors[number], of: int(classed[number])}
        for number, lower, upper in zip(breaks.classes, breaks.lowers, uppers, strict=True)
    ]
