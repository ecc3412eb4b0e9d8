"""Export of a layer's tiles: the same bytes that the server would send, for files that need no server.

The tiles are those that hold something, in the order of PMTiles (by zoom, then along a Hilbert curve). They are made
into a spool first: an interrupted export goes on behind the last batch, and what is written at the end depends on
nothing but the incidents and on what was asked.
"""

import zlib
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from urllib.parse import urlencode

from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.export.bounds import ExportBounds, bounds_of
from geo_service.export.spool import EncodedTile, Spool, tile_id, tile_of
from geo_service.export.writers.base import Document
from geo_service.tiles.documents.property_docs import TRUTHS
from geo_service.tiles.documents.tilejson import META_LAYER, tilejson, zoom_to_show
from geo_service.tiles.encoding.grid import Tile
from geo_service.tiles.layers.base import LegendRequest, TileLayer, TileRequest

_BATCH = 256
"""Tiles that are lost at most when an export is interrupted: less than a second of work."""
_GZIP_LEVEL = 6
_GZIP_WINDOW = 31
"""What zlib calls its largest window (15) with a gzip header (16), which then holds no time and no name."""
_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class TileExport:
    """Which tiles of a layer. request: what is asked of each, the same but for the tile; zooms: the first and the last."""

    layer: TileLayer
    request: Callable[[Tile], TileRequest]
    zooms: tuple[int, int]
    frame: ExportBounds

    def view(self, zoom: int) -> LegendRequest:
        """What is asked at a zoom."""
        asked = self.request(Tile(zoom, 0, 0))
        return LegendRequest(zoom, asked.selection, asked.measure, asked.level, asked.compare, asked.division, asked.frames)


def candidate_tiles(state: ReplicaState, export: TileExport) -> list[int]:
    """Ids of the tiles that may hold something, ascending: sure to have all that do."""
    found: set[int] = set()
    for zoom in range(export.zooms[0], export.zooms[1] + 1):
        for box in export.frame.boxes:
            occupied = export.layer.covered_tiles(state, export.view(zoom), box)
            found.update(tile_id(Tile(zoom, x, y)) for x, y in occupied.tolist())
    return sorted(found)


def make_tiles(state: ReplicaState, export: TileExport, spool: Spool, told: Callable[[int, int], None] = lambda done, count: None) -> None:
    """Make all tiles that the spool does not have yet; `told` hears how many of how many have been looked at."""
    identities = candidate_tiles(state, export)
    known = spool.digests()
    # Compressing goes on beside encoding the next tile: both leave the interpreter to others.
    with ThreadPoolExecutor(1, thread_name_prefix="compress") as compressing:
        for start in range(spool.cursor, len(identities), _BATCH):
            told(start, len(identities))
            batch = identities[start : start + _BATCH]
            made = list(_encode(state, export, batch, known, compressing))
            spool.add(
                (EncodedTile(identity, digest, body.result() if body else None) for identity, digest, body in made), start + len(batch)
            )
    told(len(identities), len(identities))


def _encode(
    state: ReplicaState, export: TileExport, batch: Sequence[int], known: set[bytes], compressing: ThreadPoolExecutor
) -> Iterable[tuple[int, bytes, Future[bytes] | None]]:
    """The tiles of a batch that hold something; a body only where the same has not been before."""
    for identity in batch:
        plain = export.layer.encode(state, export.request(tile_of(identity)))
        if not plain:
            continue
        digest = blake2b(plain, digest_size=_DIGEST_BYTES).digest()
        fresh = digest not in known
        known.add(digest)
        yield identity, digest, compressing.submit(compress, plain) if fresh else None


def compress(plain: bytes) -> bytes:
    """As gzip: the same bytes for the same tile."""
    packer = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    return packer.compress(plain) + packer.flush()


def document(state: ReplicaState, export: TileExport, spool: Spool, selection: dict[str, Any]) -> Document:
    """What is known of the archive. selection: as it was asked and resolved.

    Nothing in it depends on the clock, or on incidents that are not in the tiles.
    """
    layer, (first, last) = export.layer, export.zooms
    bounds = export.frame.bounds or bounds_of(tile_of(identity) for identity, _ in spool.tiles())
    query = urlencode(dict.fromkeys(selection, ""))
    whole = tilejson(layer.description, base_url="", query=query, bounds=bounds, attribution=_attribution(state, layer), revision=0)
    lng, lat, _ = whole["center"]
    measure = export.view(first).measure
    palette = export.layer.description.palette(measure)
    zooms = {"minzoom": first, "maxzoom": last}
    texts = {one.id: one.texts for one in (layer.description, *layer.description.beside, META_LAYER)}
    return {
        **{name: whole[name] for name in ("name", "description", "attribution", "bounds")},
        **zooms,
        "center": [lng, lat, min(max(zoom_to_show(bounds), first), last)],
        "vector_layers": [{**one, **zooms, "fields": _types(one["fields"], texts[one["id"]])} for one in whole["vector_layers"]],
        "geo:fields": {one["id"]: one["fields"] for one in whole["vector_layers"]},
        "geo:selection": selection,
        "geo:measure": measure.code,
        "geo:label": measure.label,
        "geo:unit": measure.unit,
        "geo:palette": {"name": palette.name, "colors": list(palette.colors)},
        "geo:legends": _legends(state, export),
    }


def _types(fields: Collection[str], texts: Collection[str]) -> dict[str, str]:
    """Types of the fields as MBTiles names them: GDAL and QGIS take a field described in words for text."""
    return {name: "String" if name in texts else "Boolean" if name in TRUTHS else "Number" for name in fields}


def _attribution(state: ReplicaState, layer: TileLayer) -> str:
    return " · ".join(layer.attribution(state.catalogue))


def _legends(state: ReplicaState, export: TileExport) -> list[dict[str, Any]]:
    """The legends, each with the zooms that it is of: neighbouring zooms with the same cells or districts share one."""
    legends: list[dict[str, Any]] = []
    for zoom in range(export.zooms[0], export.zooms[1] + 1):
        legend = {name: value for name, value in export.layer.legend(state, export.view(zoom)).items() if name != "zoom"}
        if legends and {**legends[-1], **legend} == legends[-1]:
            legends[-1]["maxzoom"] = zoom
        else:
            legends.append({"minzoom": zoom, "maxzoom": zoom, **legend})
    return legends
