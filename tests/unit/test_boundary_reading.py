"""Reading districts: four formats in three coordinate systems, and every way a file can be wrong."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import shapely

from boundaries.csv_attributes import add_aliases, add_populations
from boundaries.geometry.antimeridian import split_polygons, unwrap_polygons
from boundaries.names import DistrictNames, NameMatch
from boundaries.read import ReadOptions, read_districts
from boundaries.records import AttributeFields, DistrictRecord
from geo_service.core.errors import InputError
from tests.support.district_files import ROWS, SQUARES, write_districts

FIELDS = AttributeFields("oktmo", "name", parent="up", name_en="en", name_lang={"tt": "tatar"}, alias="also")


def features(path: Path, *geometries: object, **properties: object) -> Path:
    """GeoJSON by hand, however wrong."""
    plain = {"oktmo": "1", "name": "А", "up": "", "en": "", "tatar": "", "also": ""} | properties
    made = [{"type": "Feature", "properties": plain, "geometry": one} for one in geometries]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": made}), encoding="utf-8")
    return path


SQUARE = {"type": "Polygon", "coordinates": [[[38, 45], [39, 45], [39, 46], [38, 46], [38, 45]]]}


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32637", "EPSG:3857"])
@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "shp", "fgb"])
@pytest.mark.filterwarnings("ignore:.*")  # Drivers warn of what the format cannot hold.
def test_every_format_in_every_coordinate_system_is_read_back(tmp_path: Path, suffix: str, crs: str) -> None:
    read = read_districts(write_districts(tmp_path / f"districts.{suffix}", crs=crs), ReadOptions(FIELDS))
    by_code = dict(zip(read.codes, zip(read.units, read.polygons, strict=True), strict=True))
    assert sorted(by_code) == ["03601000", "03602000"]
    assert by_code["03601000"][0] == DistrictRecord(
        "03601000", "Абинский район", "Abinsky", {"tt": "Абин"}, "03", ("Абинск", "Абинский")
    )  # fmt: skip
    assert by_code["03602000"][0] == DistrictRecord("03602000", "Анапа", "Анапа", {}, "03", ())
    for code, square in zip(ROWS["oktmo"], SQUARES, strict=True):
        assert shapely.hausdorff_distance(by_code[code][1], square) < 1e-6


@pytest.mark.parametrize("suffix", ["shp", "fgb", "gpkg"])
@pytest.mark.filterwarnings("ignore:.*")
def test_a_file_without_a_crs_is_refused_with_the_way_out(tmp_path: Path, suffix: str) -> None:
    path = write_districts(tmp_path / f"d.{suffix}", crs=None)
    with pytest.raises(InputError, match=r"coordinate system.*--crs EPSG:4326"):
        read_districts(path, ReadOptions(FIELDS))
    assert len(read_districts(path, ReadOptions(FIELDS, crs="EPSG:4326"))) == 2


def test_metres_taken_for_degrees_are_refused_with_the_way_out(tmp_path: Path) -> None:
    metres = {"type": "Polygon", "coordinates": [[[4e6, 5e6], [4.1e6, 5e6], [4.1e6, 5.1e6], [4e6, 5e6]]]}
    path = features(tmp_path / "d.geojson", metres)
    with pytest.raises(InputError, match=r"1 lies outside the world.*--crs"):
        read_districts(path, ReadOptions(FIELDS))
    assert read_districts(path, ReadOptions(FIELDS, crs="EPSG:3857")).codes == ["1"]
    with pytest.raises(InputError, match="EPSG:nothing is not known"):
        read_districts(path, ReadOptions(FIELDS, crs="EPSG:nothing"))


def test_a_bow_tie_is_repaired_and_counted(tmp_path: Path) -> None:
    tie = {"type": "Polygon", "coordinates": [[[38, 45], [39, 46], [39, 45], [38, 46], [38, 45]]]}
    read = read_districts(features(tmp_path / "d.geojson", tie), ReadOptions(FIELDS))
    assert read.repaired == ["1"]
    assert shapely.is_valid(read.polygons[0])
    assert shapely.area(read.polygons[0]) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("geometry", "told"),
    [
        ({"type": "Point", "coordinates": [38, 45]}, "has a Point"),
        ({"type": "LineString", "coordinates": [[38, 45], [39, 45]]}, "has a LineString"),
        (None, "has no geometry"),
        ({"type": "Polygon", "coordinates": [[[38, 45], [39, 45], [38, 45], [38, 45]]]}, "has no area"),
    ],
)
def test_what_is_no_polygon_is_refused(tmp_path: Path, geometry: object, told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_districts(features(tmp_path / "d.geojson", geometry), ReadOptions(FIELDS))


@pytest.mark.parametrize(
    ("properties", "told"),
    [
        ({"oktmo": " "}, "feature 1 has no code"),
        ({"oktmo": None}, "feature 1 has no code"),
        ({"oktmo": "a,b"}, "the code 'a,b'"),
        ({"name": ""}, "feature 1 has no name"),
    ],
)
def test_blank_and_impossible_codes_and_names_are_refused(tmp_path: Path, properties: dict[str, object], told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_districts(features(tmp_path / "d.geojson", SQUARE, **properties), ReadOptions(FIELDS))


def test_a_missing_field_is_told_with_the_fields_there_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no field 'OKTMO'; its fields: oktmo, name, up"):
        read_districts(features(tmp_path / "d.geojson", SQUARE), ReadOptions(AttributeFields("OKTMO", "name")))


def test_numbers_become_codes_without_a_fraction(tmp_path: Path) -> None:
    assert read_districts(features(tmp_path / "d.geojson", SQUARE, oktmo=3601000.0), ReadOptions(FIELDS)).codes == ["3601000"]


def test_empty_files_and_no_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.geojson").touch()
    (tmp_path / "text.geojson").write_text("no map", encoding="utf-8")
    for name, told in {"empty": "it is empty", "text": "not a GIS file", "missing": "No such file"}.items():
        with pytest.raises(InputError, match=told):
            read_districts(tmp_path / f"{name}.geojson", ReadOptions(FIELDS))
    with pytest.raises(InputError, match="a folder"):
        read_districts(tmp_path, ReadOptions(FIELDS))
    with pytest.raises(InputError, match="holds no features"):
        read_districts(features(tmp_path / "none.geojson"), ReadOptions(FIELDS))


def test_a_gigabyte_is_refused_by_its_size_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.geojson"
    path.touch()
    os.truncate(path, 10**9)  # Takes no room on the disk.
    with pytest.raises(InputError, match=r"1,000 MB, more than the 500 MB allowed \(--max-mb\)"):
        read_districts(path, ReadOptions(FIELDS))


@pytest.mark.parametrize(
    "ring",
    [
        [(170, 65), (190, 65), (190, 70), (170, 70)],
        [(170, 65), (-170, 65), (-170, 70), (170, 70)],
        [(-190, 65), (-170, 65), (-170, 70), (-190, 70)],
    ],
)
def test_a_polygon_over_the_antimeridian_is_split_there(ring: list[tuple[float, float]]) -> None:
    hole = [(x, 66 + (y - 65) / 5) for x, y in ring]
    done = split_polygons(unwrap_polygons(np.array([shapely.Polygon(ring, [hole])], object)))[0]
    whole = shapely.MultiPolygon([shapely.box(170, 65, 180, 70), shapely.box(-180, 65, -170, 70)])
    without = shapely.MultiPolygon([shapely.box(170, 66, 180, 67), shapely.box(-180, 66, -170, 67)])
    assert done.equals(whole - without)


def test_what_lies_rightly_on_both_sides_of_the_antimeridian_is_left_alone() -> None:
    chukotka = shapely.MultiPolygon([shapely.box(170, 65, 180, 70), shapely.box(-180, 65, -170, 70)])
    world = shapely.box(-180, -90, 180, 90)
    made = np.array([chukotka, world], object)
    assert shapely.equals_identical(split_polygons(unwrap_polygons(made))[0], chukotka)
    assert split_polygons(unwrap_polygons(made))[1].equals(world)


NAMES = DistrictNames(
    [
        NameMatch("23", ("Краснодарский край",)),
        NameMatch("31", ("Белгородская область",)),
        NameMatch("a", ("Абинский муниципальный округ", "Abinsky"), "23"),
        NameMatch("b", ("Алексеевский городской округ", "Алексеевка"), "31"),
        NameMatch("c", ("Городской округ город Сочи",), "23"),
        NameMatch("s", ("Адлер",), "c"),
        NameMatch("k1", ("Красногвардейский район",), "23"),
        NameMatch("k2", ("Красногвардейский район",), "31"),
        NameMatch("o", ("Орёл",), "31"),
        NameMatch("or", ("Орловский район", "Орёл (район)"), "31"),
    ]
)


@pytest.mark.parametrize(
    ("name", "within", "code"),
    [
        ("Абинский район", None, "a"),
        ("АБИНСКИЙ  муниципальный район", None, "a"),
        ("Алексеевка", None, "b"),
        ("г. Сочи", None, "c"),
        ("Адлер", "23", "s"),
        ("Адлер", "31", None),
        ("Красногвардейский район", None, None),
        ("Красногвардейский муниципальный округ", "31", "k2"),
        ("Орел", None, "o"),
        ("k1", None, "k1"),
        ("Неведомый район", None, None),
        ("район", None, None),
    ],
)
def test_a_district_is_found_by_any_of_its_names(name: str, within: str | None, code: str | None) -> None:
    assert NAMES.find(name, within) == code


def test_populations_and_aliases_come_by_code_or_by_name(tmp_path: Path) -> None:
    units = [DistrictRecord("1", "Абинский район", "A", aliases=("Абинск",)), DistrictRecord("2", "Анапа", "B", population=7)]
    (tmp_path / "p.csv").write_text("\ufeffname;population\nАбинский округ;98 765\nЧужой район;5\n", encoding="utf-8")
    (tmp_path / "a.csv").write_text("code,alias\n2,Город-курорт Анапа\n2,Анапа\n1,Абинск\n", encoding="utf-8")
    assert [unit.population for unit in add_populations(units, tmp_path / "p.csv")] == [98765, 7]
    assert [unit.aliases for unit in add_aliases(units, tmp_path / "a.csv")] == [("Абинск",), ("Город-курорт Анапа", "Анапа")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("code,people\n1,5\n", "columns must be"),
        ("code,population\n1,many\n", "line 2: a population"),
        ("name,population\nА,5\n", "may be any of 1, 2"),
    ],
)
def test_unusable_tables_are_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "p.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=told):
        add_populations([DistrictRecord("1", "А", "A"), DistrictRecord("2", "А", "A")], tmp_path / "p.csv")
