"""The legend: what each class of a layer's tiles stands for."""

from typing import Any

import numpy as np

from geo_service.aggregation.breaks import ClassBreaks
from geo_service.aggregation.kernels import CHANNELS
from geo_service.aggregation.measures import Measure
from geo_service.aggregation.replica import State
from geo_service.aggregation.selection import Selection
from geo_service.tiles import palette
from geo_service.tiles.grid import resolution_at


def legend(state: State, selection: Selection, measure: Measure, zoom: int) -> dict[str, Any]:
    """Classes with their range, colour and number of hexagons, and the totals of the selection."""
    resolution = resolution_at(zoom)
    counts = state.counter.per_cell(selection, resolution)
    breaks = state.counter.breaks(selection, resolution, measure)
    values = measure.values(counts)
    shown = values[values > 0]
    total = counts.sum(axis=0, dtype=np.int64).tolist()
    return {
        "measure": measure.code,
        "label": measure.label,
        "unit": measure.unit,
        "zoom": zoom,
        "resolution": resolution,
        "classes": _classes(breaks, shown),
        "cells": len(shown),
        "max": int(shown.max(initial=0)),
        "total": dict(zip(CHANNELS, total, strict=True)),
        "palette": {"name": palette.NAME, "colors": list(palette.COLORS)},
    }


def _classes(breaks: ClassBreaks, shown: Any) -> list[dict[str, Any]]:
    """One row a class; `to` is the greatest value that belongs to it."""
    if not breaks.lowers:
        return []
    uppers = [lower - 1 for lower in breaks.lowers[1:]] + [int(shown.max())]
    classed = np.bincount(breaks.classify(shown), minlength=len(palette.COLORS))
    return [
        {"class": number, "from": lower, "to": upper, "color": palette.COLORS[number], "cells": int(classed[number])}
        for number, lower, upper in zip(breaks.classes, breaks.lowers, uppers, strict=True)
    ]
