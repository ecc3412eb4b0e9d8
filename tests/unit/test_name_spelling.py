"""The spelling of names: foreign letters and hyphens, typing mistakes, and forms that nobody's dictionary has."""

import pytest

from ingest.geocoding.toponyms.inflection import inflect_name
from ingest.geocoding.toponyms.reading.spelling import index_by_sound, repair_spelling
from ingest.geocoding.toponyms.reading.typing_mistakes import NameCorrector, group_names
from tests.support.place_phrases import read_cases

KNOWN = index_by_sound(["каневская", "каневской", "сочи", "новый", "уренгой"])


@pytest.mark.parametrize(
    ("written", "repaired"),
    [
        ("Cочи, ул. Mира", "Сочи, ул. Мира"),
        ("B Cочи", "В Сочи"),
        ("v Kanevskoy net vody", "в Каневской нет vody"),
        ("Novyi Urengoy", "Новый Уренгой"),
        ("Усть\u2010Лабинск", "Усть-Лабинск"),
        ("Усть\u00adЛабинск и Но\u0438\u0306", "УстьЛабинск и Ной"),
        ("Чегем II", "Чегем 2"),
        ("пишите на sochi@mail.ru или www.sochi.ru", "пишите на sochi@mail.ru или www.sochi.ru"),
        ("планшет Samsung", "планшет Samsung"),
    ],
)
def test_letters_and_hyphens_become_russian_and_addresses_on_the_internet_stay(written: str, repaired: str) -> None:
    assert repair_spelling(written, KNOWN) == repaired


def corrector() -> NameCorrector:
    names = ("Нальчик", "Троицкая", "Троицкое", "Усть-Лабинск", "Чегем", "Иноземцево")
    return NameCorrector(group_names((form, name) for name in names for form in inflect_name(name)), frozenset({"нарткал"}))


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("налчик", "нальчик"),
        ("нальчке", "нальчике"),
        ("нальчиик", "нальчик"),
        ("нальичк", "нальчик"),
        # Two mistakes.
        ("налчк", None),
        # An ending makes another name.
        ("троицкой", None),
        # Too short to be sure.
        ("чегм", None),
        # A place of another region, and a word of the dictionary.
        ("нальчика", None),
        ("мальчик", None),
    ],
)
def test_one_mistake_is_corrected_where_one_name_fits(word: str, form: str | None) -> None:
    stem = "нарткал" if word == "нальчика" else word
    assert corrector().correct(word, stem) == form


def test_a_beginning_stands_for_the_only_name_that_has_it() -> None:
    assert corrector().complete("усть-лаб") in inflect_name("Усть-Лабинск")
    assert corrector().complete("троиц") is None


def test_every_reviewed_case_of_every_settlement_is_among_its_forms() -> None:
    missing = [
        (name, case) for name, cases in read_cases().items() for case in cases if case.lower().replace("ё", "е") not in inflect_name(name)
    ]
    assert missing == []
