"""The pages' files: read once, fingerprinted as a whole, compressed when first asked for.

Modules name each other relatively, so one digest of all files in the address is enough: `/static/{digest}/src/main.js`.
Whoever got that address may keep the file for good; the next version has another one.
"""

import asyncio
import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import brotli
import minify
import zstandard
from fastapi import APIRouter, Request
from starlette.responses import Response

from geo_service.core.errors import NotFound
from geo_service.http.headers import choose_encoding, etag, matches, request_header
from geo_service.pages.basemap_archive import ARCHIVE, tiles_of
from geo_service.routes.common.raw_route import PlainRoute

FOR_GOOD = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"

_LEFT_OUT = ("dist", "scripts", "tests")
"""Folders that no page needs."""
_DIGEST_BYTES = 8

_TYPES = {
    ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml", ".png": "image/png", ".woff2": "font/woff2", ".json": "application/json",
    ".txt": "text/plain; charset=utf-8", "": "text/plain; charset=utf-8", ".mvt": "application/vnd.mapbox-vector-tile",
}  # fmt: skip
_OTHER_TYPE = "application/octet-stream"
_OWN = "src/"
"""Modules of our own are sent small: without comments, with short names inside functions; libraries as they are."""
_PACKED = (".woff2", ".png")
"""Compressed by themselves."""
_TILE = ".mvt"

_COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstandard.ZstdCompressor(level=15).compress(body),
    "br": lambda body: brotli.compress(body, quality=9),
    "gzip": lambda body: zlib.compress(body, 9, wbits=31),
}
"""Stronger than for tiles. MapLibre, 1,110 kB: 268, 265 and 295 kB, each in about 0.1 s. The strongest levels would save
another tenth, and take seconds in which the first reader waits."""

Stamps = Mapping[str, tuple[int, int]]
"""Each file's time of change in nanoseconds, and its size."""


@dataclass(frozen=True, slots=True, eq=False)
class Asset:
    """A file as it was read; `stored` says whether `body` is compressed already: "gzip", or "identity" for as it is."""

    name: str
    body: bytes
    stored: str = "identity"
    _packed: dict[str, bytes] = field(default_factory=dict)

    @property
    def media_type(self) -> str:
        """By the end of its name."""
        return _TYPES.get(Path(self.name).suffix, _OTHER_TYPE)

    def encoding_for(self, accepted: str) -> str:
        """The encoding for a client that sent this Accept-Encoding."""
        if Path(self.name).suffix in _PACKED:
            return "identity"
        return choose_encoding(accepted) if self.stored == "identity" else choose_encoding(accepted, (self.stored, "identity"))

    async def encoded(self, encoding: str) -> bytes:
        """The body in an encoding, worked out when it is first asked for."""
        if encoding == self.stored:
            return self.body
        if encoding == "identity":
            return await asyncio.to_thread(gzip.decompress, self.body)
        if encoding not in self._packed:
            self._packed[encoding] = await asyncio.to_thread(_COMPRESSORS[encoding], self.body)
        return self._packed[encoding]


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """All files at one moment. Pages (.html) are no assets: below /static they would come without their policy."""

    digest: str
    assets: Mapping[str, Asset]
    pages: Mapping[str, str]
    archives: tuple[str, ...] = ()
    """The folders in which archives of tiles are served."""

    @property
    def root(self) -> str:
        """Where the files are for as long as they stay as they are."""
        return f"/static/{self.digest}"


class AssetFolder:
    """A folder of files; read anew when one of them has changed, so that a page and its files belong together."""

    def __init__(self, folder: Path) -> None:
        self.place = folder
        self._stamps = _scan(folder)
        self._snapshot = _read(folder, self._stamps)

    @property
    def snapshot(self) -> Snapshot:
        """The files as they were when `look` looked last."""
        return self._snapshot

    def scan(self) -> Snapshot:
        """The files as they are now; where they are just being replaced, as they were. Takes three milliseconds."""
        try:
            stamps = _scan(self.place)
            if stamps != self._stamps:
                self._snapshot, self._stamps = _read(self.place, stamps), stamps
        except OSError:
            pass
        return self._snapshot


def asset_router(folder: AssetFolder) -> APIRouter:
    """The route of the files below /static, with their digest in the address or without."""
    router = APIRouter(route_class=PlainRoute)

    @router.get("/static/{path:path}", include_in_schema=False)
    async def get_asset(request: Request, path: str) -> Response:
        snapshot = folder.snapshot
        first, _, rest = path.partition("/")
        name, keep = (rest, FOR_GOOD) if first == snapshot.digest else (path, ASK_AGAIN)
        if name not in snapshot.assets:
            if name.endswith(_TILE) and name.startswith(snapshot.archives):
                # There is nothing but sea: no fault, and none for a browser's console.
                return Response(status_code=204, headers={"Cache-Control": keep})
            raise NotFound(f"there is no file {path[:80]!r}, or no longer in this version")
        return await _answer(request, snapshot.assets[name], keep)

    return router


async def _answer(request: Request, asset: Asset, cache_control: str) -> Response:
    encoding = asset.encoding_for(request_header(request.scope, b"accept-encoding"))
    headers = {
        "ETag": etag(asset.body, encoding),
        "Vary": "Accept-Encoding",
        "Cache-Control": cache_control,
        "X-Content-Type-Options": "nosniff",
    }
    if matches(request_header(request.scope, b"if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if encoding != "identity":
        headers["Content-Encoding"] = encoding
    return Response(await asset.encoded(encoding), media_type=asset.media_type, headers=headers)


def _files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.relative_to(folder).parts[0] not in _LEFT_OUT:
            yield file


def _scan(folder: Path) -> Stamps:
    stamps = {file.relative_to(folder).as_posix(): file.stat() for file in _files(folder)}
    return {name: (stat.st_mtime_ns, stat.st_size) for name, stat in stamps.items()}


def _read(folder: Path, names: Stamps) -> Snapshot:
    bodies = {name: (folder / name).read_bytes() for name in names}
    digest = blake2b(digest_size=_DIGEST_BYTES)
    for name, body in bodies.items():
        digest.update(f"{name}\0{len(body)}\0".encode() + body)
    archives = {f"{name.removesuffix(ARCHIVE)}/": folder / name for name in bodies if name.endswith(ARCHIVE)}
    tiles = [Asset(f"{within}{tile}", body, stored="gzip") for within, archive in archives.items() for tile, body in tiles_of(archive)]
    files = [Asset(name, _sent(name, body)) for name, body in bodies.items() if not name.endswith((".html", ARCHIVE))]
    return Snapshot(
        digest.hexdigest(),
        {asset.name: asset for asset in files + tiles},
        {name: body.decode() for name, body in bodies.items() if name.endswith(".html")},
        tuple(archives),
    )


def _sent(name: str, body: bytes) -> bytes:
    """What is sent of a file."""
    if not (name.startswith(_OWN) and name.endswith(".js")):
        return body
    small: str = minify.string("application/javascript", body.decode())
    # Of a module of types alone the minifier leaves half a statement.
    return b"export {}" if small == "export" else small.encode()
