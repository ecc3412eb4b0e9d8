"""An address in a report is a street and a house, whatever else a citizen has written."""

import csv
import re

import pytest

from geo_service.reports.content.street_address import agree_on_address, read_street_address
from tests.support.real_data import MISSING, REAL_DATA

PERSONAL = "Пустынникова Серафима, тел. 8-918-000-11-22, mail@example.org"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("350000, г. Краснодар, ул. Красная, д. 15, кв. 7", "ул. Красная, 15"),
        ("г.Краснодар ул.Красная 15", "ул. Красная, 15"),
        ("рядом с Каховская улица, 31", "ул. Каховская, 31"),
        ("г. Сочи, Адлер, 2-я ул. 40 лет Победы, 5/1", "ул. 2-я 40 лет Победы, 5/1"),
        ("г Нальчик, пр-кт Ленина, зд 130А", "пр-т Ленина, 130А"),
        ("ул. Ленина, 5 к. 2, кв 12", "ул. Ленина, 5 к. 2"),
        ("ул. Ленина 5-12", "ул. Ленина, 5"),
        ("ул. Ленина, д. 5, подъезд 3, этаж 9, домофон 77", "ул. Ленина, 5"),
        ("г Элиста, ул А.С.Пушкина, д 20", "ул. А.С.Пушкина, 20"),
        ("12 High Street, London", "High Street, 12"),
    ],
)
def test_street_and_house_are_found_in_how_people_write(text: str, expected: str) -> None:
    assert str(read_street_address(text)) == expected
    assert str(read_street_address(f"{text}, {PERSONAL}")) == expected


@pytest.mark.parametrize("text", ["", "а/д Краснодар — Сочи, 25-й км", "живу на Ленина 5", PERSONAL, "кв. 12", "ул. Ленина", "x" * 10_000])
def test_what_names_no_street_and_house_is_none(text: str) -> None:
    assert read_street_address(text) is None


def test_spellings_of_one_address_agree() -> None:
    assert agree_on_address(["г. Краснодар, ул. Будённого, д. 15, кв. 7", "Краснодар, Буденного 15", "иное"]) == "ул. Будённого, 15"


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["ул. Красная, 15"],
        ["ул. Красная, 15", "ул. Мира, 2"],
        # Without the word a name and a number may be a person's.
        ["Иванов Иван, 8", "Иванов Иван, 8"],
    ],
)
def test_an_address_that_nobody_else_writes_alike_is_not_shown(texts: list[str]) -> None:
    assert agree_on_address(texts) is None


def test_real_addresses_lose_everything_but_street_and_house() -> None:
    path = REAL_DATA / "gazetteer" / "court_addresses.csv"
    if not path.is_file():
        pytest.skip(MISSING)
    with path.open(encoding="utf-8") as file:
        texts = [row["address"] for row in csv.DictReader(file)]
    read = [address for text in texts if (address := read_street_address(text))]
    assert len(read) > 0.95 * len(texts)
    for address in read:
        assert re.fullmatch(r"[0-9]{1,4}[А-Яа-яA-Za-z]?(/[0-9]{1,4}[А-Яа-я]?)?(,?\s*(к|корп|стр)\.?\s*[0-9]{1,2})?", address.house)
        assert not re.search(r"[0-9]{4}", address.street)
