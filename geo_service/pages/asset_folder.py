"""Reads the page's files: the build that `npm run build` made, or in a checkout the sources: where they are newer, or GEO_DEV says so.

A build has a manifest, `build.json` (frontend/scripts/manifest.js describes it), and each file in several encodings. Sources
are read as they are: neither bundled nor minified nor compressed, so that a change shows after a reload.
"""

import gzip
import json
from asyncio import to_thread
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import TypedDict

from geo_service.core.errors import SettingsError
from geo_service.http.headers import choose_encoding
from geo_service.pages.basemap_archive import ARCHIVE, tiles_of

MANIFEST = "build.json"
BUILD = "dist"
"""Folder of the build, in the folder of the sources."""
_NOT_SERVED = (BUILD, f"{BUILD}.unfinished", "scripts", "tests")
"""Folders of the sources that no page needs."""
_SOURCE_SUFFIXES = (".html", ".js", ".mjs", ".css", ".svg", ".png", ".woff2", ".json", ".txt", ARCHIVE)
"""Of the sources that are served: not what an editor or a tool leaves beside them."""
_DIGEST_BYTES, _HASH_BYTES = 8, 12
_SUFFIXES = {"br": ".br", "zstd": ".zst", "gzip": ".gz"}
"""Encodings of a build and the ends of their files' names, the smallest first: where a client takes several equally, it gets
the first. MapLibre, 1,110 kB: brotli 242, zstd 254, gzip 296 kB."""


class _FileEntry(TypedDict):
    """What the manifest holds about a file."""

    hash: str
    encodings: list[str]


class _Manifest(TypedDict):
    """The part of a build's manifest that serving needs."""

    digest: str
    files: dict[str, _FileEntry]


@dataclass(frozen=True, slots=True, eq=False)
class Asset:
    """A file below /static.

    bodies: by encoding, the preferred first. hash: of the content, the same in every encoding.
    """

    name: str
    hash: str
    bodies: Mapping[str, bytes]

    def encoding_for(self, accepted: str) -> str:
        """Return the encoding for a client that sent this Accept-Encoding."""
        return choose_encoding(accepted, tuple(dict.fromkeys((*self.bodies, "identity"))))

    def etag(self, encoding: str) -> str:
        """Return the strong ETag in an encoding."""
        return f'"{self.hash}"' if encoding == "identity" else f'"{self.hash}-{encoding}"'

    async def encoded(self, encoding: str) -> bytes:
        """Return the body in an encoding. Tiles are stored compressed only: who does not take gzip has them decompressed."""
        if encoding in self.bodies:
            return self.bodies[encoding]
        return await to_thread(gzip.decompress, self.bodies["gzip"])


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """All files at one moment. Pages (.html) are no assets: below /static they would come without their policy."""

    folder: Path
    digest: str
    assets: Mapping[str, Asset]
    pages: Mapping[str, str]
    archives: tuple[str, ...] = ()
    """The folders in which archives of tiles are served."""
    is_build: bool = False
    """Whether they are a build; else the sources, which may change at any time."""

    @property
    def root(self) -> str:
        """The address below which a file may be cached for good: another content of the files has another one."""
        return f"/static/{self.digest}"


@dataclass(frozen=True, slots=True)
class _Found:
    """Where the files are, and what changes when they do: by name the time of change in nanoseconds and the size."""

    folder: Path
    stamps: Mapping[str, tuple[int, int]]


class AssetFolder:
    """The page's files; read anew when one of them has changed, so that a page and its files belong together."""

    def __init__(self, folder: Path, dev: bool | None = None) -> None:
        """folder: of a build, or of the sources with perhaps a build in it. dev: see `_find`."""
        self.place, self._dev = folder, dev
        self._found = _find(folder, dev)
        self._snapshot = _read(self._found)

    @property
    def snapshot(self) -> Snapshot:
        """The files as `scan` saw them last."""
        return self._snapshot

    def scan(self) -> Snapshot:
        """Return the files as they are now; while they are being replaced, as they were.

        Takes some microseconds where there is only a build, and three milliseconds in a checkout.
        """
        try:
            found = _find(self.place, self._dev)
            if found != self._found:
                self._snapshot, self._found = _read(found), found
        except (OSError, SettingsError):
            pass
        return self._snapshot


def _find(folder: Path, dev: bool | None) -> _Found:
    """Return the sources (dev), the build (not dev), or where nothing is said the build if it is at least as new as every source.

    Raises SettingsError where there is not what `dev` asks for.
    """
    if (folder / MANIFEST).is_file():
        if dev:
            raise SettingsError("GEO_DEV=1 serves the sources of the pages, and an installed package has only their build: leave it out")
        return _Found(folder, _stamps(folder, [folder / MANIFEST]))
    manifest = folder / BUILD / MANIFEST
    if dev is False and not manifest.is_file():
        raise SettingsError(f"GEO_DEV=0 serves the build of the pages, and {manifest} is missing: run npm run build")
    sources = _Found(folder, {} if dev is False else _stamps(folder, _sources(folder)))
    newest = max((changed for changed, _ in sources.stamps.values()), default=0)
    if not dev and manifest.is_file() and manifest.stat().st_mtime_ns >= newest:
        return _Found(folder / BUILD, _stamps(folder, [manifest]))
    return sources


def _sources(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        relative = file.relative_to(folder)
        hidden = any(part.startswith(".") for part in relative.parts)
        if relative.parts[0] not in _NOT_SERVED and not hidden and _is_of_page(file) and file.is_file():
            yield file


def _is_of_page(file: Path) -> bool:
    return file.suffix in _SOURCE_SUFFIXES or file.name == "LICENSE"


def _stamps(folder: Path, files: Iterator[Path] | list[Path]) -> dict[str, tuple[int, int]]:
    stats = {file.relative_to(folder).as_posix(): file.stat() for file in files}
    return {name: (stat.st_mtime_ns, stat.st_size) for name, stat in stats.items()}


def _read(found: _Found) -> Snapshot:
    built = found.folder / MANIFEST
    return _read_build(found.folder, json.loads(built.read_bytes())) if built.is_file() else _read_sources(found)


def _read_build(folder: Path, manifest: _Manifest) -> Snapshot:
    """Read the files that the manifest lists."""
    files = [_built_asset(folder, name, entry) for name, entry in manifest["files"].items()]
    return replace(_snapshot(folder, manifest["digest"], files), is_build=True)


def _built_asset(folder: Path, name: str, entry: _FileEntry) -> Asset:
    encodings = [encoding for encoding in _SUFFIXES if encoding in entry["encodings"]]
    packed = {encoding: (folder / f"{name}{_SUFFIXES[encoding]}").read_bytes() for encoding in encodings}
    return Asset(name, entry["hash"], {**packed, "identity": (folder / name).read_bytes()})


def _read_sources(found: _Found) -> Snapshot:
    files = [_plain_asset(name, (found.folder / name).read_bytes()) for name in found.stamps]
    digest = blake2b("".join(f"{file.name}\0{file.hash}\n" for file in files).encode(), digest_size=_DIGEST_BYTES)
    return _snapshot(found.folder, digest.hexdigest(), files)


def _plain_asset(name: str, body: bytes, encoding: str = "identity") -> Asset:
    return Asset(name, blake2b(body, digest_size=_HASH_BYTES).hexdigest(), {encoding: body})


def _snapshot(folder: Path, digest: str, files: list[Asset]) -> Snapshot:
    """Sort files into pages, archives of tiles, which are served as the tiles in them, and others."""
    archives = [file.name for file in files if file.name.endswith(ARCHIVE)]
    tiles = [
        _plain_asset(f"{name.removesuffix(ARCHIVE)}/{tile}", body, "gzip") for name in archives for tile, body in tiles_of(folder / name)
    ]
    pages = {file.name: file.bodies["identity"].decode() for file in files if file.name.endswith(".html")}
    others = [file for file in files if not file.name.endswith((".html", ARCHIVE))]
    return Snapshot(
        folder, digest, {asset.name: asset for asset in others + tiles}, pages, tuple(f"{name.removesuffix(ARCHIVE)}/" for name in archives)
    )
