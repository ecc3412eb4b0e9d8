"""Playback for clients: the property that holds each hexagon's history, and what its frames and colours are."""

from typing import Any

from geo_service.aggregation.measures.frame_counts import frame_edges, playback_breaks
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Window
from geo_service.core.instants import format_instant
from geo_service.tiles.documents.palette import choose_palette
from geo_service.tiles.documents.property_docs import PLAYED
from geo_service.tiles.encoding.grid import resolution_at
from geo_service.tiles.layers.base import LegendRequest

PROPERTY = next(iter(PLAYED))


def described(window: Window, frames: int) -> dict[str, Any]:
    """The frames, for TileJSON."""
    return {"property": PROPERTY, "frames": frames, "edges": [format_instant(edge) for edge in frame_edges(window, frames).tolist()]}


def legend(state: ReplicaState, view: LegendRequest, frames: int) -> dict[str, Any]:
    """The frames, and the classes of a hexagon's incidents in one frame: the same throughout."""
    selection = view.query.selection
    resolution = resolution_at(view.zoom, view.rendering.detail)
    breaks = playback_breaks(state, selection, resolution, view.rendering.classifier, frames)
    colors = choose_palette(diverging=False).colors
    classes = [
        {"class": number, "from": lower, "color": colors[number]} for number, lower in zip(breaks.classes, breaks.lowers, strict=True)
    ]
    return {**described(selection.window, frames), "classes": classes}
