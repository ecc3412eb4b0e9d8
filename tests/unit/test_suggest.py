"""Suggested mappings: right about what can be known, and they can be used as they are."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from geo_service.core.errors import InputError
from ingest.mapping.mapping import load_mapping
from ingest.readers.detect import open_reader
from ingest.suggest.toml_writer import suggest_mapping
from ingest.validate.entities import EntityResolver
from ingest.validate.validate import Validator
from tests.support.exports import SAMPLES
from tests.support.real_data import MINSK, needs


def suggested(path: Path, rows: int = 1_000) -> tuple[str, dict[str, Any]]:
    text = suggest_mapping(path, rows, "Europe/Moscow")
    return text, tomllib.loads(text)


def usable(path: Path, text: str, folder: Path) -> tuple[int, int]:
    """How many rows the mapping `text` makes usable and how many not."""
    (folder / "suggested.toml").write_text(text, encoding="utf-8")
    meant = load_mapping(str(folder / "suggested.toml"))
    validator = Validator(meant, EntityResolver(meant, path))
    checked = [validator.validate(raw) for raw in open_reader(path, meant).batches(20_000)]
    return sum(len(one.rows) for one in checked), sum(len(one.rejects) for one in checked)


@pytest.mark.parametrize("sample", SAMPLES)
def test_what_is_suggested_for_an_export_finds_the_same_columns_and_loads(tmp_path: Path, sample: str) -> None:
    mapping, content, _ = SAMPLES[sample]
    path = tmp_path / "sample.csv"
    path.write_text(content, encoding="utf-8")
    text, told = suggested(path)
    known = load_mapping(mapping)
    header = content.partition("\n")[0]
    for field in ("external_id", "received_at", "lat", "lng"):
        names = (getattr(known.columns, field), *known.other_names.get(field, ()))
        assert told["columns"][field] in [name for name in names if name in header]
    assert usable(path, text, tmp_path) == (1, 0)


@needs(MINSK)
def test_what_is_suggested_for_the_real_file_of_minsk_loads_all_of_it(tmp_path: Path) -> None:
    text, told = suggested(MINSK, 20_000)
    columns = load_mapping("minsk115").columns.model_dump(exclude_none=True)
    assert told["columns"] == columns
    assert usable(MINSK, text, tmp_path) == (105_097, 0)


MADE_UP = (
    "a;b;c;d;e;f\n"
    "77;13.11.2026 09:30;38,97512;45,03521;Очень длинное сообщение о том, что во дворе нет света;Закрыто\n"
    "78;02.11.2026 09:30;131,90512;43,10021;Очень длинное сообщение о том, что во дворе нет воды;Потеряно\n"
    "79;03.11.2026 09:30;;;Очень длинное сообщение о том, что дорога разбита у магазина;Закрыто\n"
)


def test_without_names_the_values_tell_what_they_can_and_guesses_are_called_so(tmp_path: Path) -> None:
    path = tmp_path / "made up.csv"
    path.write_text(MADE_UP, encoding="cp1251")
    text, told = suggested(path)
    assert told["columns"] == {"external_id": "a", "received_at": "b", "lng": "c", "lat": "d", "text": "e"}
    assert told["dates"]["formats"] == ["%d.%m.%Y %H:%M"]
    assert told["file"] == {"decimal": ",", "encoding": "cp1251"}
    assert text.count("a guess by its values only") == 5
    assert "numbers from 38.9751 to 131.905, blank in 1 rows" in text
    assert '# Not used: "f"' in text
    assert usable(path, text, tmp_path) == (3, 0)


def test_states_that_are_known_are_named_and_others_are_said_to_be_unknown(tmp_path: Path) -> None:
    path = tmp_path / "states.csv"
    path.write_text(MADE_UP.replace(";f\n", ";Статус\n"), encoding="utf-8")
    text, told = suggested(path)
    assert told["status"] == {"Закрыто": "closed", "Потеряно": "new"}
    assert '"Потеряно" = "new"  # 1 rows; NOT KNOWN: taken as new, say what it is' in text


def test_what_is_needed_and_not_there_is_said(tmp_path: Path) -> None:
    path = tmp_path / "letters.csv"
    path.write_text("Номер,Текст\n1,Где автобус\n2,Где автобус\n", encoding="utf-8")
    text, told = suggested(path)
    assert told["columns"] == {"external_id": "Номер", "text": "Текст"}
    assert text.count("NOT FOUND, and needed") == 1
    assert "# No column looks like coordinates: a load geocodes the words." in text
    path.write_text("Номер,Тема\n1,Где автобус\n2,Где автобус\n", encoding="utf-8")
    assert suggested(path)[0].count("NOT FOUND, and needed") == 3


@pytest.mark.parametrize(
    ("values", "formats"),
    [
        (["11/24/2026 01:00:00 PM", "01/02/2026 12:00:00 AM"], ["%m/%d/%Y %I:%M:%S %p"]),
        (["24/11/2026", "02/01/2026"], ["%d/%m/%Y"]),
        (["11/24/2026", "01/02/2026"], ["%m/%d/%Y"]),
        (["2026-11-24T10:00:00+03:00", "24.11.2026"], ["iso", "%d.%m.%Y"]),
        (["20261124", "20261125"], []),
        (["2026-11-24 10:00", "not known", "2026-11-25 09:30"], ["iso"]),
        (["2026-11-24", "24.11.2026", "2026-11-26"], ["iso", "%d.%m.%Y"]),
        (["2026-11-24", "nonsense"], []),
        (["2026-11-24", "a.b", "c.d", "2026-11-26"], []),
    ],
)
def test_the_formats_of_dates_are_recognised(values: list[str], formats: list[str]) -> None:
    from ingest.suggest.profile import Profile

    profile = Profile("at")
    profile.add(values)
    assert profile.date_formats() == formats


def test_a_file_without_rows_has_no_suggestion(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("id,text\n")
    with pytest.raises(InputError, match="there are no rows in it"):
        suggest_mapping(tmp_path / "empty.csv", 10, "UTC")
