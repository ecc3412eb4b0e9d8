"""The layer of hexagons: how many incidents, how many open and overdue, and the class of the chosen measure.

Tiles are written as vector tiles, as JSON rows, and as Arrow streams.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import nanoarrow as na
import numpy as np
import orjson
from nanoarrow.ipc import StreamWriter
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import CHANNELS
from geo_service.aggregation.catalogue.catalogue import Catalogue, attributions
from geo_service.aggregation.columns.h3_hierarchy import H3Hierarchy
from geo_service.aggregation.counting.result_cache import ResultCache
from geo_service.aggregation.measures.frame_counts import frames_by_cell, prefix_sums
from geo_service.aggregation.measures.level_values import LevelValues, cell_values, some_cell_values
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.extent import WORLD_BOUNDS, Bounds
from geo_service.tiles.documents.tilejson import HEXES, LayerDescription
from geo_service.tiles.encoding import mvt
from geo_service.tiles.encoding.grid import Box, Tile, feature_id, resolution_at
from geo_service.tiles.encoding.string_columns import DictionaryColumn, StringColumn, h3_texts, joined_numbers
from geo_service.tiles.layers import playback
from geo_service.tiles.layers.base import EncodedTile, LegendRequest, TileRequest
from geo_service.tiles.layers.comparison import comparison, without_infinity
from geo_service.tiles.layers.hex_outlines import HexOutlines
from geo_service.tiles.layers.joined_outlines import first_of_each, join_outlines
from geo_service.tiles.layers.legend import legend
from geo_service.tiles.layers.meta_layer import meta_layer, resolved_query, totals
from geo_service.tiles.layers.tile_coverage import Tiles, under_boxes

NAME = HEXES.id
_PROPERTIES = CHANNELS[:3]
_OWN_PROPERTY = ("count", *_PROPERTIES[1:])
"""Measures whose value is among the properties anyway."""
_BOUNDS_RESOLUTION = 7
"""Its hexagons are 2.4 km wide: near enough for bounds, and few."""
_DIGEST_BYTES = 16
"""128 bits: two tiles with other classes do not share a digest by chance."""
_TILES_CACHED = 500
"""Tiles whose hexagons are cached: a thousand hexagons take 12 kB."""

PlacedHexes = tuple[NDArray[np.intp], NDArray[np.int32]]
"""Each hexagon of a tile: the cell's index, and by how much it is to be shifted in x."""


@dataclass(frozen=True, slots=True, eq=False)
class VisibleHexes:
    """The hexagons drawn in a tile, one entry each."""

    resolution: int
    indexes: NDArray[np.intp]
    """The cell's index in the hierarchy."""
    numbers: LevelValues
    placed: PlacedHexes
    """Where they are drawn: one over the antimeridian may have an entry for either side, beside each other."""


@dataclass(frozen=True, slots=True, eq=False)
class HexTile:
    """The contents of a tile: one entry a hexagon, in H3 order."""

    tile: Tile
    cells: NDArray[np.uint64]
    shapes: mvt.Geometry
    columns: dict[str, mvt.Column]
    """By name; a real number that does not exist is NaN."""
    about: dict[str, str]
    """How the query was resolved, for formats that say so."""
    totals: dict[str, Any] = field(default_factory=dict)
    """The tile's totals, where they were asked for."""


@dataclass(frozen=True, slots=True)
class HexFormat:
    """A way to write a tile's hexagons."""

    write: Callable[[HexTile], bytes]
    whole: bool
    """Whether a hexagon that crosses the tile's edge is in the tiles on both sides; else it is in the one with its middle only."""
    describes_query: bool = False
    """Whether `HexTile.about` is written."""


class HexLayer:
    """Draws the cells of the hierarchy; a hexagon without a value of the measure, or with a count of zero, is left out."""

    description: LayerDescription = HEXES

    def __init__(self) -> None:
        self._pyramid: H3Hierarchy | None = None
        self._outlines: dict[int, HexOutlines] = {}
        self._hexes_of_tile: ResultCache[tuple[Tile, int], PlacedHexes] = ResultCache(_TILES_CACHED)

    def refresh(self, pyramid: H3Hierarchy) -> None:
        """Add the outlines of cells that have come, or of a whole new hierarchy."""
        if pyramid is not self._pyramid:
            self._pyramid = pyramid
            self._outlines = {resolution: HexOutlines(level.cells) for resolution, level in pyramid.levels.items()}
            self._hexes_of_tile.clear()
        for resolution, level in pyramid.levels.items():
            fresh = level.cells[len(self._outlines[resolution]) :]
            if len(fresh):
                self._outlines[resolution].extend(fresh)
                self._hexes_of_tile.clear()

    def outlines(self, resolution: int) -> HexOutlines:
        """Return the outlines of the cells of a resolution, by their index in the hierarchy."""
        return self._outlines[resolution]

    def encode(self, state: ReplicaState, request: TileRequest) -> EncodedTile:
        """Return the tile; empty when no hexagon touches it, or in formats without outlines, when none has its middle in it."""
        visible = self._visible_hexes(state, request)
        body = HEX_FORMATS[request.rendering.format].write(self._contents(state, request, visible)) if len(visible.indexes) else b""
        return EncodedTile(body, _digest(visible.numbers))

    def contents(self, state: ReplicaState, request: TileRequest) -> HexTile:
        """Return what is in the tile, before it is written in one of the formats."""
        return self._contents(state, request, self._visible_hexes(state, request))

    def fingerprint(self, state: ReplicaState, request: TileRequest) -> bytes:
        """Return a digest of what may change with incidents outside the tile: its hexagons' classes, and values that depend on others."""
        return _digest(self._visible_hexes(state, request).numbers)

    def _visible_hexes(self, state: ReplicaState, request: TileRequest) -> VisibleHexes:
        """Return the hexagons that are drawn in the tile, in the order of its features."""
        rendering = request.rendering
        resolution = resolution_at(request.tile.z, rendering.detail)
        indexes, shifts = self.hexes_in_tile(state, resolution, request.tile)
        numbers = some_cell_values(state, request.query, rendering.classifier, resolution, indexes)
        drawn = numbers.drawn
        if not HEX_FORMATS[rendering.format].whole:
            drawn = drawn & self._outlines[resolution].centroid_in(indexes, shifts, request.tile.box)
        placed = indexes[drawn], shifts[drawn]
        if not shifts.any():
            return VisibleHexes(resolution, placed[0], numbers.at(drawn), placed)
        each = np.flatnonzero(drawn)[first_of_each(placed[0])]
        return VisibleHexes(resolution, indexes[each], numbers.at(each), placed)

    def _contents(self, state: ReplicaState, request: TileRequest, visible: VisibleHexes) -> HexTile:
        outlines = self._outlines[visible.resolution]
        once = len(visible.placed[0]) == len(visible.indexes)
        return HexTile(
            request.tile,
            state.pyramid.levels[visible.resolution].cells[visible.indexes],
            outlines.polygons(*visible.placed) if once else join_outlines(outlines, *visible.placed, request.tile),
            _columns(state, request, visible) if len(visible.indexes) else {},
            resolved_query(request) if HEX_FORMATS[request.rendering.format].describes_query else {},
            _totals(request, visible) if request.revision is not None else {},
        )

    def hexes_in_tile(self, state: ReplicaState, resolution: int, tile: Tile) -> PlacedHexes:
        """Return those that touch the tile, drawn or not. Cached: other selections are mostly asked for in the same tiles."""
        hexes = self._hexes_of_tile.get((tile, resolution))
        if hexes is None:
            cells, shifts = self._outlines[resolution].touching(tile.box)
            # By H3 index, whatever order the cells came in: the same incidents make the same bytes.
            order = np.lexsort((shifts, state.pyramid.levels[resolution].cells[cells]))
            hexes = cells[order], shifts[order]
            self._hexes_of_tile.put((tile, resolution), hexes)
        return hexes

    def intersects(self, state: ReplicaState, request: TileRequest, cells: NDArray[np.int32]) -> bool:
        """Return whether the hexagon of one of the finest cells may be seen in the tile."""
        resolution = resolution_at(request.tile.z, request.rendering.detail)
        indexes, _ = self.hexes_in_tile(state, resolution, request.tile)
        return bool(np.isin(state.pyramid.up(resolution)[cells], indexes).any())

    def legend(self, state: ReplicaState, view: LegendRequest) -> dict[str, Any]:
        """Return what the classes in the tiles of the view stand for."""
        document = legend(state, view)
        return document if view.rendering.frames is None else {**document, "playback": playback.legend(state, view, view.rendering.frames)}

    def covered_tiles(self, state: ReplicaState, view: LegendRequest, within: Box) -> Tiles:
        """Return the tiles that the bounding box of a drawn hexagon touches."""
        resolution = resolution_at(view.zoom, view.rendering.detail)
        drawn = cell_values(state, view.query, view.rendering.classifier, resolution).drawn
        return under_boxes(self._outlines[resolution].boxes[drawn], view.zoom, within)

    def bounds(self, state: ReplicaState) -> Bounds:
        """Return west, south, east, north of all hexagons that hold or held incidents; the world when there are none."""
        outlines = self._outlines[_BOUNDS_RESOLUTION]
        return outlines.bounds if state.columns.live_rows and len(outlines) else WORLD_BOUNDS

    def attribution(self, catalogue: Catalogue) -> list[str]:
        """Return the attributions of the incidents' sources, and of the services that geocoded them."""
        return attributions(catalogue.sources.all)


def _columns(state: ReplicaState, request: TileRequest, visible: VisibleHexes) -> dict[str, mvt.Column]:
    """Return the properties of the hexagons."""
    numbers, rendering = visible.numbers, request.rendering
    columns: dict[str, mvt.Column] = dict(zip(_PROPERTIES, numbers.counts.T, strict=False))
    if rendering.format != "mvt" or request.query.measure.code not in _OWN_PROPERTY:
        columns["value"] = without_infinity(numbers.values)
    columns["class"] = numbers.classes
    if numbers.compared is not None:
        columns |= comparison(numbers)
    if rendering.frames is not None:
        by_cell = frames_by_cell(state, request.query.selection, visible.resolution, rendering.frames)
        columns[playback.PROPERTY] = joined_numbers(prefix_sums(by_cell, visible.indexes, rendering.frames))
    if rendering.with_h3:
        columns["h3"] = h3_texts(state.pyramid.levels[visible.resolution].cells[visible.indexes])
    return columns


def _totals(request: TileRequest, visible: VisibleHexes) -> dict[str, Any]:
    return totals(request, visible.numbers)


def _digest(numbers: LevelValues) -> bytes:
    values = b"" if numbers.query.measure.spatial is None else numbers.values.tobytes()
    return blake2b(numbers.classes.tobytes() + values, digest_size=_DIGEST_BYTES).digest()


def write_mvt(contents: HexTile) -> bytes:
    """A Mapbox Vector Tile: a layer of hexagons, and behind it `meta` where it was asked for."""
    body = mvt.encode_layer(NAME, feature_id(contents.cells), contents.shapes, contents.columns, contents.tile)
    return body + meta_layer(contents.tile, contents.totals) if contents.totals else body


def write_json(contents: HexTile) -> bytes:
    """A list of objects, `h3` as text, null for what does not exist; with totals an object of `meta` and `hexes`."""
    columns = {"h3": h3_texts(contents.cells)} | contents.columns
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*map(_plain, columns.values()), strict=True)]
    # NaN is written as null.
    return orjson.dumps({"meta": contents.totals, "hexes": rows} if contents.totals else rows)


def write_arrow(contents: HexTile) -> bytes:
    """An Arrow IPC stream of one batch, `h3` as uint64; the resolved query, and totals, as metadata of the schema."""
    columns: dict[str, mvt.Column] = {"h3": contents.cells} | {name: column for name, column in contents.columns.items() if name != "h3"}
    arrays = [_arrow(column) for column in columns.values()]
    fields = [na.Schema(array.schema, name=name) for name, array in zip(columns, arrays, strict=True)]
    about = {name: str(value) for name, value in {"layer": NAME, **contents.about, **contents.totals}.items()}
    schema = na.Schema(na.Type.STRUCT, fields=fields, nullable=False, metadata=about)
    batch = na.c_array_from_buffers(schema, len(contents.cells), [None], null_count=0, children=arrays)
    out = io.BytesIO()
    with StreamWriter.from_writable(out) as writer:
        writer.write_array(batch)
    return out.getvalue()


HEX_FORMATS = {
    "mvt": HexFormat(write_mvt, True),
    "json": HexFormat(write_json, False),
    "arrow": HexFormat(write_arrow, False, describes_query=True),
}


def _plain(column: mvt.Column) -> Sequence[Any]:
    if isinstance(column, StringColumn):
        return column.decode()
    if isinstance(column, DictionaryColumn):
        return [column.texts[index] for index in column.index.tolist()]
    return column.tolist() if isinstance(column, np.ndarray) else column


def _arrow(column: mvt.Column) -> Any:
    """A column as an Arrow array."""
    if isinstance(column, StringColumn):
        buffers = [None, column.offsets.astype(np.int32), column.buffer]
        return na.c_array_from_buffers(na.string(), len(column), buffers, null_count=0)
    values = np.ascontiguousarray(_plain(column) if isinstance(column, DictionaryColumn) else column)
    if values.dtype.kind == "b":
        return na.c_array_from_buffers(na.bool_(), len(values), [None, _bits(values)], null_count=0)
    if values.dtype.kind == "f":
        known = ~np.isnan(values)
        return na.c_array_from_buffers(na.float64(), len(values), [_bits(known), values], null_count=int(np.count_nonzero(~known)))
    return na.c_array(values)


def _bits(truths: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Eight to a byte, the least significant first."""
    return np.packbits(truths, bitorder="little")
