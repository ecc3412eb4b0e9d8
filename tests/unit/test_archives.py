"""Every writer of archives keeps the same rules, read back by what did not write it: the pmtiles reader, SQLite, GDAL, the file system."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
from pmtiles.reader import MemorySource, Reader

from geo_service.core.errors import ArchiveError, InvalidParameter
from geo_service.export.bounds import bounds_of, extent_of, read_bounds
from geo_service.export.spool import Spool, SpoolTile, tile_id
from geo_service.export.target import ExportTarget, read_target
from geo_service.export.tile_export import compress
from geo_service.tiles.encoding import mvt
from geo_service.tiles.encoding.grid import WORLD, Tile
from tests.support.archive_readers import read_document, read_files, read_tiles

NAMES = ["out.pmtiles", "out.mbtiles", "out"]
SQUARE = np.array([[0, 0], [WORLD, 0], [WORLD, WORLD], [0, WORLD]], np.int32)


def drawn(number: int) -> bytes:
    """A tile of one square that says its number."""
    shapes = mvt.Polygons(SQUARE, np.array([0, 4], np.uint32), np.array([0]), np.array([0], np.int32))
    return mvt.encode_layer("hexes", np.array([number], np.uint64), shapes, {"n": np.array([number], np.int32)}, Tile(0, 0, 0))


# Every tile of zoom 8 shows one of seven.
TILES = {Tile(0, 0, 0): drawn(100), Tile(3, 1, 6): drawn(101)} | {Tile(8, x, y): drawn(x % 7) for x in range(20) for y in range(0, 20, 2)}
DOCUMENT: dict[str, Any] = {
    "name": "hexes", "description": "Squares", "attribution": "«Портал»", "bounds": [-180.0, -85.0, 180.0, 85.0],
    "minzoom": 0, "maxzoom": 8,
    "center": [38.9, 45.0, 3], "vector_layers": [{"id": "hexes", "fields": {"n": "Number"}, "minzoom": 0, "maxzoom": 8}],
    "geo:legends": [{"classes": [{"class": 0, "color": "#ffffb2"}]}],
}  # fmt: skip


def put(spool: Spool, tiles: dict[Tile, bytes] = TILES) -> None:
    seen: set[bytes] = set()
    made = []
    for tile in sorted(tiles, key=tile_id):
        plain = tiles[tile]
        made.append(SpoolTile(tile_id(tile), plain, None if plain in seen else compress(plain)))
        seen.add(plain)
    spool.begin({"layer": "hexes"})
    spool.add(made, len(made))


def export(place: ExportTarget, told: list[int] | None = None) -> None:
    heard: list[int] = [] if told is None else told
    place.check()
    with place.open_spool() as spool:
        put(spool)
        place.publish(spool, DOCUMENT, heard.append)


@pytest.fixture(scope="module", params=NAMES)
def archive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("archive") / request.param
    export(read_target(str(path)))
    yield path


class TestEveryWriter:
    """What any format must keep."""

    def test_every_tile_is_read_back_as_it_was(self, archive: Path) -> None:
        assert read_tiles(archive) == TILES

    def test_the_document_is_read_back(self, archive: Path) -> None:
        read = read_document(archive)
        for name in ("name", "description", "attribution", "vector_layers", "geo:legends"):
            assert read[name] == DOCUMENT[name]

    def test_nothing_else_is_left_beside_it(self, archive: Path) -> None:
        assert [one.name for one in archive.parent.iterdir()] == [archive.name]

    def test_the_same_tiles_make_the_same_bytes(self, archive: Path, tmp_path: Path) -> None:
        told: list[int] = []
        again = tmp_path / archive.name
        export(read_target(str(again)), told)
        assert read_files(again) == read_files(archive)
        assert told[-1] == len(TILES)

    def test_gdal_reads_a_tile_of_it(self, archive: Path) -> None:
        name, options = (archive / "8/2/4.mvt", {}) if archive.is_dir() else (archive, {"ZOOM_LEVEL": "8"})
        meta, _, _, values = pyogrio.raw.read(name, layer="hexes", read_geometry=False, **options)
        found = dict(zip(meta["fields"], values, strict=True))
        # Numbers, not text.
        assert set(found["n"].tolist()) == ({2} if archive.is_dir() else set(range(7)))


def test_identical_tiles_are_stored_once(tmp_path: Path) -> None:
    contents = len(set(TILES.values()))
    for name in ("out.pmtiles", "out.mbtiles"):
        export(read_target(str(tmp_path / name)))
    header = Reader(MemorySource((tmp_path / "out.pmtiles").read_bytes())).header()  # type: ignore[no-untyped-call]
    assert (header["addressed_tiles_count"], header["tile_contents_count"]) == (len(TILES), contents)
    assert header["clustered"]
    assert (header["min_zoom"], header["max_zoom"], header["center_zoom"]) == (0, 8, 3)
    with closing(sqlite3.connect(tmp_path / "out.mbtiles")) as db:
        assert db.execute("select (select count(*) from images), (select count(*) from map)").fetchone() == (contents, len(TILES))


def test_a_directory_that_is_too_big_for_the_head_of_a_file_gets_leaves(tmp_path: Path) -> None:
    contents = [drawn(number) for number in range(1009)]
    # No two neighbours along the curve.
    tiles = {Tile(8, x, y): contents[(x * 7919 + y * 104729) % 1009] for x in range(256) for y in range(x % 2, 256, 2)}
    place = read_target(str(tmp_path / "out.pmtiles"))
    with place.open_spool() as spool:
        put(spool, tiles)
        place.publish(spool, DOCUMENT, lambda _: None)
    header = Reader(MemorySource(place.path.read_bytes())).header()  # type: ignore[no-untyped-call]
    assert header["leaf_directory_length"] > 0
    assert header["root_length"] + 127 < 16_384
    assert read_tiles(place.path) == tiles


@pytest.mark.parametrize("name", NAMES)
def test_what_is_there_is_replaced_only_when_asked_and_only_if_it_is_such_an_archive(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    export(read_target(str(path)))
    before = read_files(path)
    with pytest.raises(ArchiveError, match="--overwrite replaces it"):
        read_target(str(path)).check()
    export(read_target(str(path), overwrite=True))
    assert read_files(path) == before
    other = tmp_path / f"other{path.suffix}"
    if path.suffix:
        other.write_text("a diary")
    else:
        other.mkdir()
        (other / "diary.txt").write_text("dear")
    with pytest.raises(ArchiveError, match="cannot replace"):
        read_target(str(other), overwrite=True).check()


def test_names_of_no_format_and_folders_that_are_missing_are_refused(tmp_path: Path) -> None:
    for name in ("out.zip", "out.geojson", "/"):
        with pytest.raises(InvalidParameter, match="OUT"):
            read_target(name)
    assert read_target("january.2026/").writer.name == "folder"
    with pytest.raises(ArchiveError, match="there is no folder"):
        read_target(str(tmp_path / "absent/out.pmtiles")).check()


def test_a_spool_is_held_by_one_and_survives_only_while_tiles_wait_in_it(tmp_path: Path) -> None:
    place = read_target(str(tmp_path / "out.pmtiles"))
    with place.open_spool(), pytest.raises(ArchiveError, match="another export"), place.open_spool():
        pass
    assert not place.spool.exists()
    with place.open_spool() as spool:
        put(spool)
    with pytest.raises(ArchiveError, match="--resume continues it"), place.open_spool():
        pass
    with read_target(str(place.path), resume=True).open_spool() as spool:
        assert spool.cursor == len(TILES)
    with read_target(str(place.path), overwrite=True).open_spool() as spool:
        assert (spool.cursor, spool.counts, spool.request) == (0, (0, 0), None)
    place.spool.write_text("this is no database, but a text that someone has put here" * 100)
    with pytest.raises(ArchiveError, match="not an unfinished export"), place.open_spool():
        pass


@pytest.mark.parametrize("text", ["1,2,3", "a,b,c,d", "1,2,1,3", "1,3,2,2", "1,2,181,3", "nan,1,2,3"])
def test_bounds_that_frame_nothing_are_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="--bounds"):
        read_bounds(text)


def test_a_frame_over_the_antimeridian_has_two_boxes() -> None:
    frame = read_bounds("170,50,-170,70")
    (east, west) = frame.boxes
    assert (east[2], west[0]) == (WORLD, 0)
    assert frame.bounds == (170.0, 50.0, -170.0, 70.0)


def test_the_extent_of_tiles_is_the_shortest_arc_of_the_deepest() -> None:
    deepest = [Tile(5, 31, 8), Tile(5, 0, 7), Tile(5, 1, 8)]
    extent = extent_of([Tile(0, 0, 0), Tile(3, 4, 2), *deepest])
    assert extent == pytest.approx((168.75, Tile(5, 0, 8).bounds[1], -157.5, Tile(5, 0, 7).bounds[3]), abs=1e-5)
    assert extent_of([Tile(3, 0, 2), Tile(5, 3, 8)]) == pytest.approx(Tile(5, 3, 8).bounds, abs=1e-5)


def test_the_bounds_of_tiles_hold_the_deepest_and_reach_into_all_others() -> None:
    deepest = [Tile(10, 622, 364), Tile(10, 623, 364)]
    beside = Tile(6, 37, 22)  # to the west of the tile that holds the deepest ones
    bounds = bounds_of([*deepest, beside, Tile(0, 0, 0)])
    assert bounds[2] == pytest.approx(Tile(10, 623, 364).bounds[2])
    assert beside.bounds[0] < bounds[0] < beside.bounds[2]
    assert bounds_of(deepest) == pytest.approx((Tile(10, 622, 364).bounds[0], *Tile(10, 623, 364).bounds[1:]))
