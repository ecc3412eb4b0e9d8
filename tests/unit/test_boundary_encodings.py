"""Text encodings of district files: recognised, or refused with the way out; codes made from names; warnings of GDAL as ours."""

import json
import shutil
import struct
import zipfile
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from boundaries.read import ReadOptions, read_districts
from boundaries.reading.encoding import CANDIDATES, find_wrong_encoding, guess_encoding
from boundaries.reading.generated_codes import make_code
from boundaries.records import CODE, AttributeFields
from geo_service.core.errors import InputError

NAMES = ("Ейский район", "Городской округ город Сочи", "Щербиновский муниципальный округ № 2", "Посёлок Южный")
FIELDS = AttributeFields("code", "name")


def shapefile(folder: Path, names: tuple[str, ...], encoding: str, cpg: str | None = None, driver: int = 0) -> Path:
    """A shapefile of squares whose table is written byte for byte, so that no library chooses an encoding. cpg: text of that file."""
    path = folder / f"d_{encoding}.shp"
    squares = [shapely.box(38 + place, 45, 39 + place, 46) for place in range(len(names))]
    pyogrio.raw.write(
        path, geometry=shapely.to_wkb(squares), field_data=[], fields=[], crs="EPSG:4326", geometry_type="Polygon", driver="ESRI Shapefile"
    )
    rows = [b" " + f"{place}".encode().ljust(8) + name.encode(encoding).ljust(100) for place, name in enumerate(names)]
    header = struct.pack("<B3BIHH17xB2x", 3, 126, 11, 30, len(rows), 32 + 2 * 32 + 1, 109, driver)
    fields = b"".join(
        name.ljust(11, b"\0") + b"C" + bytes(4) + bytes([length, 0]) + bytes(14) for name, length in ((b"code", 8), (b"name", 100))
    )
    path.with_suffix(".dbf").write_bytes(header + fields + b"\r" + b"".join(rows) + b"\x1a")
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg, encoding="ascii")
    return path


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "utf-8"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("driver", [0x00, 0x57])
def test_a_shapefile_that_names_no_encoding_is_recognised_and_that_is_told(
    tmp_path: Path, encoding: str, packed: bool, driver: int
) -> None:
    path = shapefile(tmp_path, NAMES, encoding, driver=driver)
    if packed:
        archive = tmp_path / "d.zip"
        with zipfile.ZipFile(archive, "w") as out:
            for file in tmp_path.glob("d_*"):
                out.write(file, file.name)
        path = archive
    read = read_districts(path, ReadOptions(FIELDS))
    assert tuple(unit.name_ru for unit in read.units) == NAMES
    assert read.notes == (f"{path.name} does not name the encoding of its text; it was read as {encoding}; another one: --encoding",)


@pytest.mark.parametrize(("driver", "encoding"), [(0xC9, "cp1251"), (0x65, "cp866")])
def test_the_encoding_in_the_table_is_obeyed(tmp_path: Path, driver: int, encoding: str) -> None:
    read = read_districts(shapefile(tmp_path, NAMES, encoding, driver=driver), ReadOptions(FIELDS))
    assert tuple(unit.name_ru for unit in read.units) == NAMES
    assert not read.notes


@pytest.mark.parametrize(("encoding", "names"), [("cp1252", ("Zürich", "Genève")), ("koi8-r", NAMES[:2]), ("cp1251", ("ейский район",))])
def test_what_cannot_be_recognised_is_refused_with_the_way_out_and_read_with_it(
    tmp_path: Path, encoding: str, names: tuple[str, ...]
) -> None:
    path = shapefile(tmp_path, names, encoding)
    with pytest.raises(InputError, match=r"does not name the encoding of its text .*--encoding cp1251"):
        read_districts(path, ReadOptions(FIELDS))
    read = read_districts(path, ReadOptions(FIELDS, encoding=encoding))
    assert tuple(unit.name_ru for unit in read.units) == names


@pytest.mark.parametrize("cpg", ["UTF-8", "ISO-8859-1", "1252"])
def test_a_wrong_cpg_is_refused_and_overridden_by_the_option(tmp_path: Path, cpg: str) -> None:
    path = shapefile(tmp_path, NAMES, "cp1251", cpg)
    with pytest.raises(InputError, match=r"--encoding cp1251"):
        read_districts(path, ReadOptions(FIELDS))
    assert [unit.name_ru for unit in read_districts(path, ReadOptions(FIELDS, encoding="cp1251")).units] == list(NAMES)


def test_utf_8_that_is_called_cp1251_is_refused_and_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'Р•.* is text in a wrong encoding; .*--encoding utf-8"):
        read_districts(shapefile(tmp_path, NAMES[:1], "utf-8", "1251"), ReadOptions(FIELDS))


def test_an_encoding_that_is_none_or_does_not_fit_is_named(tmp_path: Path) -> None:
    path = shapefile(tmp_path, NAMES, "cp1251")
    with pytest.raises(InputError, match=r"--encoding 'latin-15' is not known"):
        read_districts(path, ReadOptions(FIELDS, encoding="latin-15"))
    with pytest.raises(InputError, match=r"its text is not in --encoding utf-8"):
        read_districts(path, ReadOptions(FIELDS, encoding="utf-8"))


def test_ascii_needs_no_encoding_and_no_note(tmp_path: Path) -> None:
    assert read_districts(shapefile(tmp_path, ("Abinsk", "Sochi"), "ascii"), ReadOptions(FIELDS)).notes == ()


@pytest.mark.parametrize("encoding", CANDIDATES)
def test_names_in_capitals_are_recognised(encoding: str) -> None:
    assert guess_encoding([name.upper().encode(encoding) for name in NAMES]) == encoding


@pytest.mark.parametrize("text", ["Ейский район", "Żółw", "Århus", "Ærøskøbing", "Сибиу/Hermannstadt", "Ӹлӹ", "São João"])
def test_right_names_are_not_taken_for_wrong_ones(text: str) -> None:
    assert find_wrong_encoding([text]) is None


def squares(path: Path, names: tuple[str, ...], parents: tuple[str, ...] | None = None, close: bool = True) -> Path:
    """GeoJSON of squares with names and no codes."""
    made = []
    for place, name in enumerate(names):
        ring = [[38 + place, 45], [39 + place, 45], [39 + place, 46], [38 + place, 46], [38 + place, 45]]
        properties = {"name": name, "up": parents[place] if parents else ""}
        made.append(
            {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring if close else ring[:-1]]}}
        )
    path.write_text(json.dumps({"type": "FeatureCollection", "features": made}), encoding="utf-8")
    return path


def test_codes_made_from_names_are_the_same_in_any_order_and_spelling(tmp_path: Path) -> None:
    fields = AttributeFields(None, "name", parent="up")
    first = read_districts(squares(tmp_path / "a.geojson", NAMES), ReadOptions(fields, level="district"))
    again = read_districts(
        squares(tmp_path / "b.geojson", tuple(name.upper().replace("Ё", "Е") for name in reversed(NAMES))), ReadOptions(fields)
    )
    assert first.codes == list(reversed(again.codes))
    assert first.codes[0] == "district.eyskiy-rayon"
    assert len(set(first.codes)) == len(NAMES)
    assert all(CODE.fullmatch(code) for code in first.codes)


def test_parents_tell_namesakes_apart(tmp_path: Path) -> None:
    fields = AttributeFields(None, "name", parent="up")
    path = squares(tmp_path / "a.geojson", ("Октябрьский", "Октябрьский"), ("Ейский район", "Сочи"))
    assert read_districts(path, ReadOptions(fields, level="settlement")).codes == [
        "settlement.eyskiy-rayon.oktyabrskiy", "settlement.sochi.oktyabrskiy",
    ]  # fmt: skip


def test_long_names_make_codes_that_fit_and_differ() -> None:
    long = [make_code("district", "Муниципальное образование " * 6 + end) for end in ("север", "юг")]
    assert len(set(long)) == 2
    assert all(CODE.fullmatch(code) for code in long)


def test_a_code_with_a_space_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the code 'Ейский район'.*--code-from-name"):
        read_districts(squares(tmp_path / "a.geojson", NAMES), ReadOptions(AttributeFields("name", "name")))


def test_a_ring_that_is_not_closed_is_a_note_of_ours_and_no_warning_of_gdal(tmp_path: Path) -> None:
    """Warnings are errors in tests: one of GDAL's own would fail this."""
    read = read_districts(squares(tmp_path / "a.geojson", ("Ейский район",), close=False), ReadOptions(AttributeFields(None, "name")))
    assert read.notes == ("a.geojson: a ring does not end where it begins; it was closed",)
    assert shapely.area(read.polygons[0]) == pytest.approx(1)


def test_text_of_another_format_that_cannot_be_decoded_is_told_with_the_option(tmp_path: Path) -> None:
    path = tmp_path / "d.tab"
    pyogrio.raw.write(
        path, geometry=shapely.to_wkb([shapely.box(38, 45, 39, 46)]), field_data=[np.array(["abcdef"], object)], fields=["name"],
        crs="EPSG:4326",
        geometry_type="Polygon", driver="MapInfo File",
    )  # fmt: skip
    table = path.with_suffix(".dat")
    table.write_bytes(table.read_bytes().replace(b"abcdef", "Ейский".encode("cp1251")))
    shutil.copy(path, tmp_path / "copy.tab")
    path.write_text(path.read_text(encoding="ascii").replace('"WindowsLatin1"', '"Neutral"'), encoding="ascii")
    with pytest.raises(InputError, match=r"--encoding cp1251"):
        read_districts(path, ReadOptions(AttributeFields(None, "name")))
