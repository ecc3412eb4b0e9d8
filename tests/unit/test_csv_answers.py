"""Tables as CSV: fields, and texts that a spreadsheet would run."""

import csv
import io

import pytest

from geo_service.routes.common.table_formats import to_csv


def fields(*rows: dict[str, object]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(to_csv(rows, {}).decode(), newline="")))


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_text_that_begins_like_a_formula_is_no_formula_and_numbers_stay_numbers(text: str) -> None:
    assert fields({"name": text, "delta": -5, "change": -0.5, "of": {"name": text}}) == [
        ["name", "delta", "change", "of_name"],
        [f"'{text}", "-5", "-0.5", f"'{text}"],
    ]


def test_other_texts_are_as_they_are() -> None:
    assert fields({"name": 'ООО "Чисто", д. 5', "is": True, "none": None}) == [["name", "is", "none"], ['ООО "Чисто", д. 5', "true", ""]]
