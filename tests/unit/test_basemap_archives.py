"""Base maps: what is added can be drawn, and what cannot be drawn is refused with the reason, before anything is changed."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pmtiles.reader import MmapSource, all_tiles
from pmtiles.tile import Compression, TileType

from geo_service.basemap.archive import Archive
from geo_service.basemap.check import check_archive, layer_names
from geo_service.basemap.ranges import ByteRange, read_range
from geo_service.basemap.registry import DEFAULT_ATTRIBUTION, Basemaps
from geo_service.basemap.schema import Schema
from geo_service.core.errors import InputError, NotFound
from tests.support.basemap_archives import OPENMAPTILES, one_tile, write_mbtiles, write_pmtiles, write_protomaps_town
from tests.support.osm_town import LAT, LNG
from tests.support.slippy_map import slippy_tile

TILES = {(0, 0, 0): one_tile(), (5, 19, 11): one_tile("transportation")}


@pytest.fixture
def basemaps(tmp_path: Path) -> Basemaps:
    """The base maps of an empty data folder."""
    return Basemaps(tmp_path / "home")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town in the Protomaps schema."""
    return write_protomaps_town(tmp_path_factory.mktemp("town") / "town.pmtiles")


def _archive(path: Path, **header: Any) -> Path:
    return write_pmtiles(path, TILES, OPENMAPTILES, **header)


def _of_version_2(path: Path) -> Path:
    path.write_bytes(b"PM\x02\0" + bytes(600))
    return path


def _changed(at: int, value: int) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        body = bytearray(_archive(path).read_bytes())
        body[at] = value
        path.write_bytes(body)
        return path

    return make


def _truncated(path: Path) -> Path:
    path.write_bytes(_archive(path).read_bytes()[:-20])
    return path


def _with_layers(*names: str, **fields: str) -> Callable[[Path], Path]:
    return lambda path: write_pmtiles(path, TILES, {"vector_layers": [{"id": name, "fields": fields} for name in names]})


_PLAIN = gzip.decompress(one_tile())
_NO_TILES = gzip.compress(b"\xff" * 40)


def _with_tile(body: bytes) -> Callable[[Path], Path]:
    return lambda path: write_pmtiles(path, {(0, 0, 0): body}, OPENMAPTILES)


UNUSABLE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "of pictures": (lambda path: _archive(path, tile_type=TileType.PNG), "pictures (PNG)"),
    "of MapLibre tiles": (_changed(99, 6), "MapLibre tiles (MLT)"),
    "of an unknown type": (_changed(99, 77), "unknown code"),
    "of version 2": (_of_version_2, "neither a PMTiles nor an MBTiles file"),
    "of version 4": (_changed(7, 4), "another version than 3"),
    "compressed with brotli": (lambda path: _archive(path, tile_compression=Compression.BROTLI), "brotli; readable: gzip or none"),
    "with directories in zstd": (_changed(97, 4), "directories have the compression zstd"),
    "cut short": (_truncated, "it is truncated: "),
    "with a damaged directory": (_changed(130, 0xFF), "damaged"),
    "that says gzip and is not": (_with_tile(_PLAIN), "tile 0/0/0 is no vector tile"),
    "of no vector tiles": (_with_tile(_NO_TILES), "tile 0/0/0 is no vector tile"),
    "of other layers than it says": (_with_tile(one_tile("elsewhere")), "none of 200 tiles has a layer"),
    "without tiles": (lambda path: write_mbtiles(path, {}, {"format": "pbf", "json": json.dumps(OPENMAPTILES)}), "it has no tiles"),
    "in Shortbread": (_with_layers("streets", "water_polygons"), "streets, water_polygons, which looks like Shortbread"),
    "in an old Protomaps schema": (_with_layers("roads", "water", **{"pmap:kind": "String"}), "version 4 is drawn"),
    "without a list of layers": (lambda path: write_pmtiles(path, TILES, {}), "no vector_layers"),
    "that is MBTiles of pictures": (lambda path: write_mbtiles(path, TILES, {"format": "png"}), "its tiles are png"),
    "that is another SQLite file": (lambda path: _other_database(path), "no MBTiles file"),
    "that is a text": (lambda path: path.write_text("PMT") and path, "neither a PMTiles nor an MBTiles file"),
    "that is not there": (lambda path: path, "No such file"),
}  # fmt: skip


def _other_database(path: Path) -> Path:
    write_mbtiles(path, {}, {})
    path.write_bytes(path.read_bytes().replace(b"metadata", b"metabase"))
    return path


@pytest.mark.parametrize("kind", UNUSABLE)
@pytest.mark.parametrize("link", [False, True], ids=["copied", "linked"])
def test_a_file_that_cannot_be_drawn_is_refused_with_the_reason_and_leaves_nothing(
    basemaps: Basemaps, tmp_path: Path, kind: str, link: bool
) -> None:
    make, reason = UNUSABLE[kind]
    path = make(tmp_path / "region.pmtiles")
    with pytest.raises(InputError) as refusal:
        basemaps.add(path, link=link)
    if not (link and path.exists() and path.read_bytes().startswith(b"SQLite")):
        assert reason in str(refusal.value)
    assert "region.pmtiles" in str(refusal.value) or "--link" in str(refusal.value)
    assert not basemaps.folder.exists() or list(basemaps.folder.iterdir()) == []


def test_every_tile_is_read_as_the_formats_own_library_reads_it(town: Path) -> None:
    archive = Archive(town)
    with town.open("rb") as file:
        expected = dict(all_tiles(MmapSource(file)))  # type: ignore[no-untyped-call]  # pmtiles leaves it untyped
    assert len(expected) > 50
    assert {place: archive.tile(*place) for place in expected} == expected
    assert archive.tile(14, 0, 0) is None


def test_tiles_in_leaf_directories_are_found(tmp_path: Path) -> None:
    tile = one_tile()
    # Of different lengths, so that the directory does not compress to a few bytes.
    tiles = {(9, x, y): tile + bytes((x * x + 7 * y * y) % 251) for x in range(120) for y in range(120)}
    archive = Archive(write_pmtiles(tmp_path / "many.pmtiles", tiles, OPENMAPTILES))
    assert any(entry.run_length == 0 for entry in archive.root)
    assert all(archive.tile(*place) == tiles[place] for place in list(tiles)[::777])
    assert archive.tile(9, 400, 400) is None
    assert check_archive(archive).tiles == len(tiles)


def test_mbtiles_are_converted_tile_by_tile_and_get_bounds_where_they_have_none(basemaps: Basemaps, tmp_path: Path) -> None:
    column, row = slippy_tile(LNG, LAT, 12)
    plain = gzip.decompress(one_tile())
    tiles = {(11, column // 2, row // 2): one_tile(), (12, column, row): plain}
    metadata = {"format": "pbf", "bounds": "0.0,0.0,0.0,0.0", "attribution": "© X", "json": json.dumps(OPENMAPTILES)}
    basemap, checked = basemaps.add(write_mbtiles(tmp_path / "Region.mbtiles", tiles, metadata))
    read = {place: gzip.decompress(basemap.archive.tile(*place) or b"") for place in tiles}
    assert (basemap.name, basemap.schema, basemap.attribution, checked.tiles) == ("region", Schema.OPENMAPTILES, "© X", 2)
    assert read == dict.fromkeys(tiles, plain)
    west, south, east, north = basemap.archive.bounds
    assert west < LNG < east
    assert south < LAT < north
    assert east - west == pytest.approx(360 / 2**12)


def test_a_base_map_comes_goes_and_is_replaced_under_the_eyes_of_another_process(basemaps: Basemaps, town: Path, tmp_path: Path) -> None:
    seen = Basemaps(basemaps.folder.parent)
    assert (seen.all(), seen.version) == ([], "")
    basemaps.add(town, "region")
    first = seen.get("region").archive
    assert first.version == basemaps.get("region").archive.version
    with pytest.raises(InputError, match="use --replace, or another --name"):
        basemaps.add(town, "region")
    basemaps.add(_archive(tmp_path / "other.pmtiles"), "region", replace=True)
    assert seen.get("region").schema is Schema.OPENMAPTILES
    assert seen.get("region").archive.version != first.version
    # Who is still reading the former file goes on with it.
    assert first.tile(14, *slippy_tile(LNG, LAT, 14)) is not None
    basemaps.remove("region")
    with pytest.raises(NotFound):
        seen.get("region")
    assert seen.version == ""


def test_a_linked_file_stays_where_it_is_and_is_listed_as_missing_when_it_is_gone(basemaps: Basemaps, town: Path, tmp_path: Path) -> None:
    source = tmp_path / "elsewhere" / "region.pmtiles"
    source.parent.mkdir()
    source.write_bytes(town.read_bytes())
    basemap, _ = basemaps.add(source, link=True)
    assert basemap.archive.path.is_symlink()
    source.unlink()
    (listed,) = basemaps.list_files()
    assert basemaps.all() == []
    assert "No such file" in listed.problem
    basemaps.remove("region")
    assert basemaps.list_files() == []


@pytest.mark.parametrize("name", ["../region", "Region", "a/b", ".hidden", "", "x" * 41, "регион"])
def test_a_name_that_would_leave_the_folder_or_an_address_is_refused(basemaps: Basemaps, town: Path, name: str) -> None:
    if name:
        with pytest.raises(InputError, match="cannot be a name"):
            basemaps.add(town, name)
    with pytest.raises(NotFound):
        basemaps.get(name)
    with pytest.raises(NotFound):
        basemaps.remove(name)


def test_the_attribution_is_plain_text_and_never_missing(basemaps: Basemaps, town: Path, tmp_path: Path) -> None:
    assert basemaps.add(town, "a")[0].attribution == "Protomaps © OpenStreetMap"
    assert basemaps.add(_archive(tmp_path / "b.pmtiles"))[0].attribution == DEFAULT_ATTRIBUTION[Schema.OPENMAPTILES]


def test_the_layers_of_a_tile_are_named() -> None:
    assert layer_names(gzip.decompress(one_tile("water") + one_tile("roads"))) == {"water", "roads"}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", ByteRange(0, 1)), ("bytes=0-", ByteRange(0, 100)), ("bytes=90-", ByteRange(90, 100)),
        ("bytes=-10", ByteRange(90, 100)), ("bytes=-1000", ByteRange(0, 100)), ("Bytes= 5-9 ", ByteRange(5, 10)),
        ("bytes=100-", ByteRange(100, 100)), ("bytes=-0", ByteRange(100, 100)), ("bytes=99-1000", ByteRange(99, 100)),
        ("bytes=9-5", None), ("bytes=-", None), ("bytes=a-b", None), ("items=0-1", None), ("bytes=0-1,5-6", None), ("", None),
        ("bytes=" + "9" * 30 + "-", None),
    ],
)  # fmt: skip
def test_a_range_is_read_as_the_standard_says(header: str, expected: ByteRange | None) -> None:
    assert read_range(header, 100) == expected


def test_a_range_of_another_state_of_the_file_is_not_sent() -> None:
    assert read_range("bytes=0-9", 100, '"a"', '"a"') == ByteRange(0, 10)
    assert read_range("bytes=0-9", 100, '"b"', '"a"') is None
    assert read_range("bytes=0-9", 100, 'W/"a"', '"a"') is None
    assert read_range("bytes=0-9", 100, "Mon, 30 Nov 2026 18:00:00 GMT", '"a"') is None
