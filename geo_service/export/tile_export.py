"""Make the tiles of a layer for an archive, with the same bytes that the server would send.

Empty tiles are left out. The others are made in the order of PMTiles (by zoom, then along a Hilbert curve) and collected
in a spool: an interrupted export is resumed after the last batch. The archive depends on the incidents and on the request
alone.
"""

import zlib
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from urllib.parse import urlencode

from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.extent import center_of
from geo_service.export.bounds import ExportBounds, bounds_of, extent_of
from geo_service.export.spool import Spool, SpoolTile, tile_id, tile_of
from geo_service.export.writers.base import Document
from geo_service.tiles.documents.property_docs import TRUTHS
from geo_service.tiles.documents.tilejson import META_LAYER, tilejson, zoom_to_fit
from geo_service.tiles.encoding.grid import Tile
from geo_service.tiles.layers.base import LegendRequest, Rendering, TileLayer, TileRequest

_BATCH = 256
"""Most tiles that are lost when an export is interrupted: less than a second of work."""
_GZIP_LEVEL = 6
_GZIP_WINDOW = 31
"""zlib's number for its largest window (15) with a gzip header (16). Such a header has no time and no file name."""
_DIGEST_BYTES = 16
_NO_REVISION = 0
"""The revision in an archive: its bytes must not depend on how the incidents came to their state."""


@dataclass(frozen=True, slots=True)
class TileExport:
    """The tiles to export: of a layer, for a query."""

    layer: TileLayer
    query: Query
    rendering: Rendering
    zooms: tuple[int, int]
    """The first and the last."""
    bounds: ExportBounds

    def tile_request(self, tile: Tile) -> TileRequest:
        """Return the request for one tile; it does not depend on the revision of the incidents."""
        return TileRequest(tile, self.query, self.rendering, _NO_REVISION if self.rendering.with_meta else None)

    def legend_request(self, zoom: int) -> LegendRequest:
        """Return the request for the legend of a zoom."""
        return LegendRequest(zoom, self.query, self.rendering)


def candidate_tiles(state: ReplicaState, export: TileExport) -> list[int]:
    """Return the ids of the tiles that may not be empty, ascending. All others are empty."""
    candidates: set[int] = set()
    for zoom in range(export.zooms[0], export.zooms[1] + 1):
        for box in export.bounds.boxes:
            covered = export.layer.covered_tiles(state, export.legend_request(zoom), box)
            candidates.update(tile_id(Tile(zoom, x, y)) for x, y in covered.tolist())
    return sorted(candidates)


def make_tiles(
    state: ReplicaState, export: TileExport, spool: Spool, on_progress: Callable[[int, int], None] = lambda done, total: None
) -> None:
    """Make all tiles that the spool does not have yet. on_progress: called with the number of candidates done, and of all."""
    candidates = candidate_tiles(state, export)
    known = spool.digests()
    # Tiles are compressed while the next ones are encoded: both release the GIL.
    with ThreadPoolExecutor(1, thread_name_prefix="compress") as compressor:
        for start in range(spool.cursor, len(candidates), _BATCH):
            on_progress(start, len(candidates))
            batch = candidates[start : start + _BATCH]
            encoded = list(_encode_batch(state, export, batch, known, compressor))
            tiles = (SpoolTile(id_, digest, body.result() if body else None) for id_, digest, body in encoded)
            spool.add(tiles, start + len(batch))
    on_progress(len(candidates), len(candidates))


def _encode_batch(
    state: ReplicaState, export: TileExport, batch: Sequence[int], known: set[bytes], compressor: ThreadPoolExecutor
) -> Iterable[tuple[int, bytes, Future[bytes] | None]]:
    """Yield id, digest and body of the tiles that are not empty; the body is None if its digest is `known`, else it is added."""
    for id_ in batch:
        body = export.layer.encode(state, export.tile_request(tile_of(id_))).body
        if not body:
            continue
        digest = blake2b(body, digest_size=_DIGEST_BYTES).digest()
        is_new = digest not in known
        known.add(digest)
        yield id_, digest, compressor.submit(compress, body) if is_new else None


def compress(body: bytes) -> bytes:
    """Compress with gzip; the same tile always gives the same bytes."""
    compressor = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    return compressor.compress(body) + compressor.flush()


def build_document(state: ReplicaState, export: TileExport, spool: Spool, selection: dict[str, Any]) -> Document:
    """Return the metadata of the archive. selection: its parameters and resolved windows.

    The metadata depends neither on the clock nor on incidents that are not in the tiles.
    """
    layer, (first, last) = export.layer, export.zooms
    extent = export.bounds.bounds or extent_of(tile_of(id_) for id_, _ in spool.tiles())
    query = urlencode(dict.fromkeys(selection, ""))
    whole = tilejson(layer.description, base_url="", query=query, bounds=extent, attribution=_attribution(state, layer), revision=0)
    measure = export.query.measure
    palette = export.layer.description.palette(measure)
    zooms = {"minzoom": first, "maxzoom": last}
    texts = {description.id: description.text_fields for description in (layer.description, *layer.description.extra_layers, META_LAYER)}
    return {
        **{name: whole[name] for name in ("name", "description", "attribution", "geo:bounds")},
        **zooms,
        "bounds": whole["bounds"] if export.bounds.bounds else list(bounds_of(tile_of(id_) for id_, _ in spool.tiles())),
        "center": [*center_of(extent), min(max(zoom_to_fit(extent), first), last)],
        "vector_layers": [
            {**vector_layer, **zooms, "fields": _field_types(vector_layer["fields"], texts[vector_layer["id"]])}
            for vector_layer in whole["vector_layers"]
        ],
        "geo:fields": {vector_layer["id"]: vector_layer["fields"] for vector_layer in whole["vector_layers"]},
        "geo:selection": selection,
        "geo:measure": measure.code,
        "geo:label": measure.label,
        "geo:unit": measure.unit,
        "geo:palette": {"name": palette.name, "colors": list(palette.colors)},
        "geo:legends": _collect_legends(state, export),
    }


def _field_types(fields: Collection[str], texts: Collection[str]) -> dict[str, str]:
    """Return the type of each field as MBTiles names it. GDAL and QGIS read a field without a known type as text."""
    return {name: "String" if name in texts else "Boolean" if name in TRUTHS else "Number" for name in fields}


def _attribution(state: ReplicaState, layer: TileLayer) -> str:
    return " · ".join(layer.attribution(state.catalogue))


def _collect_legends(state: ReplicaState, export: TileExport) -> list[dict[str, Any]]:
    """Return the legends with their zooms; neighbouring zooms with the same cells or districts share one legend."""
    legends: list[dict[str, Any]] = []
    for zoom in range(export.zooms[0], export.zooms[1] + 1):
        legend = {name: value for name, value in export.layer.legend(state, export.legend_request(zoom)).items() if name != "zoom"}
        if legends and {**legends[-1], **legend} == legends[-1]:
            legends[-1]["maxzoom"] = zoom
        else:
            legends.append({"minzoom": zoom, "maxzoom": zoom, **legend})
    return legends
