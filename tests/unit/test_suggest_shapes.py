"""Suggested mappings of files in other shapes: points, titles, encodings, codes beside words, repeated ids, dates as numbers."""

import json
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import shapely
from pyproj import Transformer

from ingest.mapping.mapping import load_mapping
from ingest.readers.detect import open_reader
from ingest.suggest.toml_writer import suggest_mapping
from ingest.validate.entities import EntityResolver
from ingest.validate.validate import ValidatedBatch, Validator

ROWS = 400
"""Rows of the tables below: enough for shares."""

Cell = Callable[[int], str]


def table(path: Path, columns: Iterable[tuple[str, Cell]], encoding: str = "utf-8", above: str = "") -> Path:
    """A file with an id, a date and these columns."""
    names, cells = zip(*columns, strict=True)
    rows = [";".join((f"N-{n}", f"{1 + n % 28:02}.11.2026", *(cell(n) for cell in cells))) for n in range(ROWS)]
    path.write_bytes((above + "\n".join((";".join(("id", "created", *names)), *rows))).encode(encoding))
    return path


def suggested(path: Path) -> tuple[str, dict[str, Any]]:
    text = suggest_mapping(path, 1_000, "Europe/Moscow")
    return text, tomllib.loads(text)


def loaded(path: Path, text: str) -> ValidatedBatch:
    """The rows by the suggested mapping."""
    own = path.with_name("suggested.toml")
    own.write_text(text, encoding="utf-8")
    mapping = load_mapping(f"{own}")
    (raw,) = open_reader(path, mapping).batches(1_000)
    return Validator(mapping, EntityResolver(mapping, path)).validate(raw)


def is_usable(path: Path, text: str, rows: int = ROWS) -> bool:
    checked = loaded(path, text)
    return (len(checked.rows), len(checked.rejects)) == (rows, 0)


def lng(n: int) -> float:
    return 38.9 + n % 20 / 100 + 0.0013


def lat(n: int) -> float:
    return 45.0 + n % 17 / 100 + 0.0027


PAIR: tuple[tuple[str, Cell], ...] = (("lat", lambda n: f"{lat(n):.4f}"), ("lng", lambda n: f"{lng(n):.4f}"))


@pytest.mark.parametrize("name", ["Карта", "location", "q"])
@pytest.mark.parametrize(
    ("cell", "order"),
    [
        (lambda n: f"({lat(n):.4f}, {lng(n):.4f})", "lat_lng"),
        (lambda n: f"{lat(n):.4f},{lng(n):.4f}", "lat_lng"),
        (lambda n: f"{lat(n):.4f} {lng(n):.4f}".replace(".", ","), "lat_lng"),
        (lambda n: f"[{lng(n):.4f}, {lat(n):.4f}]", "lng_lat"),
        (lambda n: f"{lng(n) + 90:.4f} {lat(n):.4f}", "lng_lat"),
        (lambda n: f"{lat(n):.4f} {lng(n) + 90:.4f}", "lat_lng"),
        (lambda n: f"POINT ({lng(n):.4f} {lat(n):.4f})", None),
        (lambda n: f"{lat(n):.4f}° с.ш. {lng(n):.4f}° в.д.", None),
        (lambda n: shapely.to_wkb(shapely.Point(lng(n), lat(n)), hex=True), None),
    ],
)
def test_a_column_with_a_whole_point_is_found_with_the_order_of_its_pairs(tmp_path: Path, name: str, cell: Cell, order: str | None) -> None:
    path = table(tmp_path / "a.csv", [(name, cell)])
    text, told = suggested(path)
    assert (told["columns"].get("point"), told.get("point_order")) == (name, order)
    assert "address" not in told["columns"]
    assert is_usable(path, text)
    assert abs(loaded(path, text).batch.lat - 45.1).max() < 0.2


def test_two_columns_of_coordinates_are_taken_rather_than_one_with_both(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [("Location", lambda n: f"({lat(n):.4f}, {lng(n):.4f})"), *PAIR])
    columns = suggested(path)[1]["columns"]
    assert (columns["lat"], columns["lng"], "point" in columns) == ("lat", "lng", False)


@pytest.mark.parametrize(
    ("above", "header"), [("Отчёт по обращениям граждан\n", 2), ("Отчёт;;;\n\nза ноябрь 2026;;;\n", 4), (";;;\n", 2), ("\n\n", 3)]
)
def test_the_header_below_a_title_is_found(tmp_path: Path, above: str, header: int) -> None:
    path = table(tmp_path / "a.csv", PAIR, above=above)
    text, told = suggested(path)
    assert (told["file"]["skip"], told["columns"]["external_id"]) == (header - 1, "id")
    assert f"The header is in line {header}" in text
    assert is_usable(path, text)


def test_the_header_of_a_workbook_below_a_title_is_found(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet("rows", 0)
    for row in (["Отчёт по обращениям"], [], ["id", "created", "lat", "lng"], *([f"N-{n}", 46350 + n, lat(n), lng(n)] for n in range(5))):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    text, told = suggested(tmp_path / "a.xlsx")
    assert (told["file"]["skip"], told["columns"]["external_id"], told["dates"]["formats"]) == (2, "id", ["excel"])
    assert is_usable(tmp_path / "a.xlsx", text, 5)


def test_a_line_that_names_the_delimiter_is_kept_to(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", PAIR, above="sep=;\n")
    text, told = suggested(path)
    assert (told["columns"]["external_id"], "skip" in told.get("file", {})) == ("id", False)
    assert 'The first line names the delimiter ";"' in text
    assert is_usable(path, text)


@pytest.mark.parametrize(
    ("encoding", "word", "label", "key"),
    [
        ("utf-8", "Краснодар", "utf-8", None),
        ("cp1251", "Краснодар, улица Мира", "windows-1251", "cp1251"),
        ("cp1252", "Montréal, rue brûlée", "windows-1252", "cp1252"),
        ("koi8-r", "Краснодар, улица Мира", "koi8_r", "koi8_r"),
    ],
)
def test_the_encoding_is_shown_with_its_reason(tmp_path: Path, encoding: str, word: str, label: str, key: str | None) -> None:
    path = table(tmp_path / "a.csv", [("address", lambda n: f"{word} {n}")], encoding)
    text, told = suggested(path)
    assert f"# The encoding is {label}: " in text
    assert told.get("file", {}).get("encoding") == key
    assert loaded(path, text).batch.address[7] == f"{word} 7"


def test_a_doubtful_encoding_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("id;created;address\n1;2026-11-24;Яма\n".encode("cp1251"))
    assert "# DOUBTFUL: only 3 letters tell" in suggested(tmp_path / "a.csv")[0]


@pytest.mark.parametrize(
    ("code", "name"),
    [("category", "category_name"), ("request_type.id", "request_type.title"), ("service_code", "service_name"), ("Тема_код", "Тема")],
)
@pytest.mark.parametrize("name_first", [False, True])
def test_words_are_preferred_to_the_codes_beside_them_and_the_code_is_the_code(
    tmp_path: Path, code: str, name: str, name_first: bool
) -> None:
    names = ["Ямы на дороге", "Нет воды", "Мусор"]
    both: list[tuple[str, Cell]] = [(code, lambda n: f"{100 + n % 3}"), (name, lambda n: names[n % 3])]
    path = table(tmp_path / "a.csv", [*(both[::-1] if name_first else both), ("address", lambda n: f"ул. Мира, {n}")])
    text, told = suggested(path)
    assert (told["columns"]["theme"], told["columns"]["theme_code"]) == (name, code)
    found = {(theme.code, theme.name_ru) for theme in loaded(path, text).themes}
    assert found == {(f"other-{100 + n}", names[n]) for n in range(3)}


def test_bounds_are_not_widened_by_a_few_points_elsewhere(tmp_path: Path) -> None:
    def cell(first: Callable[[int], float], other: Callable[[int], float]) -> Cell:
        return lambda n: f"{(other if n % 200 == 7 else first)(n):.4f}"

    path = table(tmp_path / "a.csv", [("lng", cell(lng, lat)), ("lat", cell(lat, lng))])
    text, _ = suggested(path)
    (line,) = (line for line in text.splitlines() if line.startswith("# bounds = "))
    west, south, east, north = json.loads(line.removeprefix("# bounds = "))
    assert 38.7 < west < 38.9 < 39.1 < east < 39.3
    assert 44.8 < south < 45.0 < 45.16 < north < 45.3
    assert "are not: look at them first" in text


def test_repeated_ids_are_told_as_what_they_are(tmp_path: Path) -> None:
    rows = [f"{n - n % 20 // 19};2026-11-24;ул. Мира, {n}" for n in range(ROWS)]
    (tmp_path / "a.csv").write_text("ID;created;address\n" + "\n".join(rows), encoding="utf-8")
    text, told = suggested(tmp_path / "a.csv")
    assert told["columns"]["external_id"] == "ID"
    assert "# its name; but 20 rows repeat a value: of rows with the same id a load takes the newest" in text
    repeated = "\n".join(f"{n % 3};2026-11-24;ул. Мира" for n in range(ROWS))
    (tmp_path / "b.csv").write_text(f"ID;created;address\n{repeated}", encoding="utf-8")
    assert "NOT FOUND, and needed: 'ID' is called so, but 397 rows repeat a value." in suggested(tmp_path / "b.csv")[0]


@pytest.mark.parametrize(
    ("cell", "formats"),
    [
        (lambda n: f"{1795515300 + n * 60}", ["epoch"]),
        (lambda n: f"{1795515300000 + n * 60}", ["epoch_ms"]),
        (lambda n: f"{46350 + n / 100:.5f}", ["excel"]),
        (lambda n: f"{1 + n % 28} ноября 2026 г. 10:{n % 60:02}", ["russian"]),
        (lambda n: f"{1 + n % 28}-ноя-2026", ["russian"]),
        (lambda n: f"{1795515300 + n}" if n % 2 else f"2026-11-{1 + n % 28:02}T10:00:00Z", ["iso", "epoch"]),
        (lambda n: f"{1 + n % 28}.11.2026 10:15" if n % 2 else f"{1 + n % 28} ноября 2026", ["%d.%m.%Y %H:%M", "russian"]),
    ],
)
def test_dates_that_are_numbers_or_have_words_are_recognised_and_load(tmp_path: Path, cell: Cell, formats: list[str]) -> None:
    rows = "\n".join(f"N-{n};{cell(n)};ул. Мира, {n}" for n in range(ROWS))
    (tmp_path / "a.csv").write_text(f"id;created_at;address\n{rows}\n", encoding="utf-8")
    text, told = suggested(tmp_path / "a.csv")
    assert told["columns"]["received_at"] == "created_at"
    assert set(told["dates"]["formats"]) == set(formats) or told["dates"]["formats"] == ["russian"]
    assert is_usable(tmp_path / "a.csv", text)


def test_what_is_called_like_a_needed_field_and_does_not_fit_is_named_with_its_fault(tmp_path: Path) -> None:
    rows = "\n".join(f"{n};when it was {n};45.030.{n};north" for n in range(ROWS))
    (tmp_path / "a.csv").write_text(f"id;created;lat;lng\n{rows}\n", encoding="utf-8")
    text, _ = suggested(tmp_path / "a.csv")
    assert "'created' is called so, but its values, such as 'when it was 0', are in no known format of dates" in text
    assert "'lat' is called so, but 400 of 400 different values, such as '45.030.0', are no degrees within ±90" in text
    assert "no column looks like it" not in text


def test_nothing_is_said_about_dates_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id;address\n1;ул. Мира\n2;ул. Мира\n", encoding="utf-8")
    text, _ = suggested(tmp_path / "a.csv")
    assert "# A guess: no column with dates was found." in text
    assert "name their offset" not in text and "are so written" not in text


def test_angles_in_two_columns_are_coordinates(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [("Широта", lambda n: f"45°{n % 60:02}'06''N"), ("Долгота", lambda n: f"38°{n % 60:02}'12''E")])
    text, told = suggested(path)
    assert (told["columns"]["lat"], told["columns"]["lng"]) == ("Широта", "Долгота")
    assert is_usable(path, text)


@pytest.mark.parametrize(
    ("epsg", "spot", "known"), [(2056, (8.54, 47.37), True), (28407, (38.97, 45.03), True), (32637, (38.97, 45.03), False)]
)
def test_projected_columns_are_found_and_their_system_is_named_or_asked_for(
    tmp_path: Path, epsg: int, spot: tuple[float, float], known: bool
) -> None:
    x, y = Transformer.from_crs("OGC:CRS84", epsg, always_xy=True).transform(*spot)
    path = table(tmp_path / "a.csv", [("e", lambda n: f"{x + n:.1f}"), ("n", lambda n: f"{y + n:.1f}")])
    text, told = suggested(path)
    assert (told["columns"]["lng"], told["columns"]["lat"], told.get("crs")) == ("e", "n", f"EPSG:{epsg}" if known else None)
    assert "look projected" in text and ("NOT KNOWN, and needed" in text) != known
    assert "# bounds" not in text
    assert is_usable(path, text) == known


def test_statuses_of_state_systems_are_known(tmp_path: Path) -> None:
    statuses = ["Рассмотрено. Разъяснено", "На\u00a0модерации", "Отклонён."]
    path = table(tmp_path / "a.csv", [("Статус", lambda n: statuses[n % 3]), ("address", lambda n: f"дом {n}")])
    assert suggested(path)[1]["status"] == dict(zip(statuses, ["closed", "new", "rejected"], strict=True))
