"""The layer of alerts: where something unusual goes on, as areas and as points, from the board of alerts.

A district or the region is drawn with its outline, a hexagon as it is. A settlement has no outline: it is drawn as its hexagon of
resolution 7 and the six around it, some 36 km², the size of the hexagons of resolution 6 that stand for places outside of settlements.
"""

from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.alerts.alert_filter import state_of
from geo_service.aggregation.alerts.model import AlertBoard, Episode
from geo_service.aggregation.catalogue.catalogue import Catalogue, attributions
from geo_service.aggregation.columns.h3_hierarchy import H3Hierarchy
from geo_service.aggregation.measures.measures import MEASURES
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.extent import WORLD_BOUNDS, Bounds, enclosing_bounds
from geo_service.core.instants import format_instant
from geo_service.tiles.documents.tilejson import ALERTS, LayerDescription
from geo_service.tiles.documents.zoom_levels import band_at
from geo_service.tiles.encoding import mvt
from geo_service.tiles.encoding.clipping import BUFFER, Shapes, clip
from geo_service.tiles.encoding.grid import EXTENT, WORLD, Box, Tile, project
from geo_service.tiles.layers.alert_areas import alert_areas, kind_of, shape_bounds
from geo_service.tiles.layers.base import EncodedTile, LegendRequest, TileRequest
from geo_service.tiles.layers.districts import APPROXIMATE
from geo_service.tiles.layers.tile_coverage import Tiles, under_boxes, under_shapes

NAME = ALERTS.id
POINTS_NAME = ALERTS.extra_layers[0].id

RARITY_LIMITS = (30.0, 100.0, 365.0, 3650.0)
"""Days between alerts as rare as this by chance, at which the classes 1 to 4 begin."""
MAX_RECURRENCE_DAYS = 3650.0
"""Beyond ten years a replayed year says nothing more precise."""

_OVERVIEW_BAND = 0
"""The most simplified outlines: bounds need no more."""
_KINDS = ("region", "district", "hexagon", "settlement")
"""In the order in which they are drawn: the smaller area lies above the greater one."""
_EXPECTED_DECIMALS, _DAYS_DECIMALS = 3, 1
_LABEL = {"ru": "Случайно бывает раз в столько дней", "en": "By chance once in so many days"}
_DAYS = {"ru": "дней", "en": "days"}


class AlertSource(Protocol):
    """Holds the board of this process; another board may take its place on any thread."""

    board: AlertBoard


@dataclass(slots=True)
class BoardHolder:
    """A board that whoever has one puts in."""

    board: AlertBoard = field(default_factory=AlertBoard)


class AlertLayer:
    """Draws the alerts that a filter lets pass. Its tiles change with the board and with the catalogue, not with incidents."""

    description: LayerDescription = ALERTS

    def __init__(self, source: AlertSource | None = None) -> None:
        """source: of the board; without it there are no alerts."""
        self.source: AlertSource = source or BoardHolder()
        self._shapes_of: tuple[AlertBoard, Catalogue] | None = None
        self._shapes: dict[int, Shapes] = {}

    @property
    def data_revision(self) -> int:
        """The board's revision."""
        return self.source.board.revision

    def refresh(self, pyramid: H3Hierarchy) -> None:
        """Do nothing: alerts do not depend on cells."""

    def encode(self, state: ReplicaState, request: TileRequest) -> EncodedTile:
        """Return the tile: first the areas, then the points; empty where there are no alerts."""
        board, tile = self.source.board, request.tile
        chosen = _choose(board, request, state.catalogue)
        seen, areas = clip(self._areas(board, state.catalogue, band_at(tile.z))[chosen], tile)
        body = b""
        if len(seen):
            drawn = [board.episodes[index] for index in chosen[seen].tolist()]
            body += mvt.encode_layer(NAME, _ids(drawn), areas, _properties(drawn, state.catalogue), tile)
        there, points = _points_in(board, chosen, tile)
        if len(there):
            drawn = [board.episodes[index] for index in there.tolist()]
            body += mvt.encode_layer(POINTS_NAME, _ids(drawn), mvt.Points(points), _properties(drawn, state.catalogue), tile)
        return EncodedTile(body)

    def legend(self, state: ReplicaState, view: LegendRequest) -> dict[str, Any]:
        """Return the classes of rarity, and how many open alerts of all that are asked for belong to each."""
        board = self.source.board
        episodes = [board.episodes[index] for index in _choose(board, view, state.catalogue).tolist()]
        classes = [_class_of(episode) for episode in episodes if not episode.closed_at]
        palette = self.description.palette(MEASURES["count"])
        limits = zip([0.0, *RARITY_LIMITS], [*RARITY_LIMITS, None], palette.colors, strict=True)
        return {
            "zoom": view.zoom,
            "measure": "count",
            "label": _LABEL,
            "unit": _DAYS,
            "classes": [
                {"class": number, "from": low, "to": high, "color": color, "alerts": classes.count(number)}
                for number, (low, high, color) in enumerate(limits)
            ],
            "alerts": len(episodes),
            "closed": len(episodes) - len(classes),
            "palette": {"name": palette.name, "colors": list(palette.colors)},
            "total": {"n": sum(episode.n for episode in episodes), "open": sum(episode.open for episode in episodes)},
        }

    def covered_tiles(self, state: ReplicaState, view: LegendRequest, within: Box) -> Tiles:
        """Return the tiles in which an alert's area or point is seen."""
        board = self.source.board
        chosen = _choose(board, view, state.catalogue)
        areas = under_shapes(self._areas(board, state.catalogue, band_at(view.zoom))[chosen], view.zoom, within)
        points, margin = _positions(board, chosen), _margin(view.zoom)
        return np.unique(
            np.concatenate([areas, under_boxes(np.column_stack([points - margin, points + margin]), view.zoom, within)]), axis=0
        )

    def bounds(self, state: ReplicaState) -> Bounds:
        """Return west, south, east, north of all alerts on the board; the world when there are none."""
        board = self.source.board
        if not board.episodes:
            return WORLD_BOUNDS
        points = np.array([(episode.place.lng, episode.place.lat) for episode in board.episodes])
        areas = shape_bounds(self._areas(board, state.catalogue, _OVERVIEW_BAND))
        return enclosing_bounds(np.concatenate([np.column_stack([points, points]), areas]))

    def attribution(self, catalogue: Catalogue) -> list[str]:
        """Return the attributions of sources, geocoding services and boundaries, with a note where boundaries are approximate."""
        districts = catalogue.districts.all
        return attributions(catalogue.sources.all, districts) + [APPROXIMATE] * any(district.approximate for district in districts)

    def _areas(self, board: AlertBoard, catalogue: Catalogue, band: int) -> Shapes:
        """Return (episodes,) the area of each episode of the board; of one board and catalogue they are made once for each band."""
        if self._shapes_of is None or self._shapes_of[0] is not board or self._shapes_of[1] is not catalogue:
            self._shapes_of, self._shapes = (board, catalogue), {}
        if band not in self._shapes:
            self._shapes[band] = alert_areas(board.episodes, catalogue, band)
        return self._shapes[band]


def _choose(board: AlertBoard, request: TileRequest | LegendRequest, catalogue: Catalogue) -> NDArray[np.intp]:
    """Return which episodes are asked for, in the order in which they are drawn: small areas and rare alerts above the others."""
    passing = [index for index, episode in enumerate(board.episodes) if request.rendering.alerts.passes(episode, catalogue)]
    return np.array(sorted(passing, key=lambda index: _drawing_order(board.episodes[index])), np.intp)


def _drawing_order(episode: Episode) -> tuple[int, bool, float, int]:
    return _KINDS.index(kind_of(episode.place)), not episode.closed_at, _recurrence(episode), episode.id


def _ids(episodes: list[Episode]) -> NDArray[np.uint64]:
    return np.array([episode.id for episode in episodes], np.uint64)


def _properties(episodes: list[Episode], catalogue: Catalogue) -> dict[str, mvt.Column]:
    themes = [catalogue.themes.by_id.get(episode.theme) for episode in episodes]
    sectors = [catalogue.sectors.by_id.get(episode.sector) for episode in episodes]
    subjects = [theme or sector for theme, sector in zip(themes, sectors, strict=True)]
    return {
        "id": np.array([episode.id for episode in episodes], np.int64),
        "n": np.array([episode.n for episode in episodes], np.int64),
        "expected": np.array([round(episode.expected, _EXPECTED_DECIMALS) for episode in episodes]),
        "open": np.array([episode.open for episode in episodes], np.int64),
        "since": [format_instant(episode.since) for episode in episodes],
        "theme": _texts([theme.code if theme else None for theme in themes]),
        "sector": _texts([sector.code if sector else None for sector in sectors]),
        "theme_ru": _texts([(one.name_ru or one.name_en) if one else None for one in subjects]),
        "theme_en": _texts([(one.name_en or one.name_ru) if one else None for one in subjects]),
        "name_ru": [episode.place.name_ru or episode.place.name_en for episode in episodes],
        "name_en": [episode.place.name_en or episode.place.name_ru for episode in episodes],
        "kind": [kind_of(episode.place) for episode in episodes],
        "state": [state_of(episode) for episode in episodes],
        "recurrence_days": np.array([_recurrence(episode) for episode in episodes]),
        "class": np.ma.array([_class_of(episode) for episode in episodes], mask=[bool(episode.closed_at) for episode in episodes]),
    }


def _texts(values: list[str | None]) -> mvt.Column:
    """Return a column of texts of which some may be missing."""
    return np.ma.array([value or "" for value in values], mask=[value is None for value in values])


def _recurrence(episode: Episode) -> float:
    """Return the days in which chance alone would give as much once, ten years at most, also where a replay has never found as much."""
    days = episode.recurrence_days
    return round(min(days, MAX_RECURRENCE_DAYS), _DAYS_DECIMALS) if isfinite(days) else MAX_RECURRENCE_DAYS


def _class_of(episode: Episode) -> int:
    return int(np.searchsorted(RARITY_LIMITS, _recurrence(episode), side="right"))


def _points_in(board: AlertBoard, chosen: NDArray[np.intp], tile: Tile) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Return which episodes have their point in the tile or its buffer, so that a circle over an edge is whole, and where."""
    if not len(chosen):
        return chosen, np.empty((0, 2), np.int32)
    points = _positions(board, chosen)
    x0, y0, x1, y1 = tile.box
    points[:, 0] -= (np.rint((points[:, 0] - (x0 + x1) // 2) / WORLD) * WORLD).astype(np.int32)
    margin = _margin(tile.z)
    inside = (points >= (x0 - margin, y0 - margin)).all(axis=1) & (points < (x1 + margin, y1 + margin)).all(axis=1)
    return chosen[inside], points[inside]


def _positions(board: AlertBoard, chosen: NDArray[np.intp]) -> NDArray[np.int32]:
    """Return (chosen, 2) int32 world units of the strongest places."""
    places = [board.episodes[index].place for index in chosen.tolist()]
    return project(np.array([place.lng for place in places], np.float64), np.array([place.lat for place in places], np.float64))


def _margin(zoom: int) -> int:
    return (WORLD >> zoom) * BUFFER // EXTENT + 1
