"""Names of settlements: Russian ones in Russian letters, the true ones where they are known, and English ones in Latin letters."""

import json
import re
from functools import cache

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from ingest.geocoding.toponyms.naming.choice import choose_english_name, choose_russian_name
from ingest.geocoding.toponyms.naming.romanisation import romanise, sound_of, transliterate
from ingest.geocoding.toponyms.naming.sections import find_sections
from ingest.geocoding.toponyms.naming.transliteration import belarusian_to_russian, to_russian, ukrainian_to_russian
from ingest.geocoding.toponyms.naming.types import settlement_type
from ingest.geocoding.toponyms.russian_names import NamedSettlement, name_settlement
from tests.support.real_data import BOUNDARIES, REAL_DATA, needs
from tests.support.settlement_names import named_settlements

RUSSIAN = re.compile(r"[А-ЯЁа-яё0-9]+(?:[ .\-«»()]+[А-ЯЁа-яё0-9»]+)*")
UKRAINIAN_LETTERS = re.compile("[іїєґўІЇЄҐЎ]")
FIVE_REGIONS = BOUNDARIES / "five_regions.geojson"
DIRECTORY = REAL_DATA / "gazetteer" / "t_dict_municipal_districts.xlsx"
RUSSIAN_LETTERS = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
names_in_russian = st.text(RUSSIAN_LETTERS, min_size=1, max_size=20)

WRONG_BEFORE = {
    501175: ("Ростов-на-Дону", "Rostov-on-Don"),
    554397: ("Калач-на-Дону", "Kalach-na-Donu"),
    2021851: ("Комсомольск-на-Амуре", "Komsomolsk-on-Amur"),
    521495: ("Никольское-на-Черемшане", "Nikolskoye-na-Cheremshane"),
    713195: ("Аршинцево", "Arshyntseve"),
    712992: ("Багерово", "Baherove"),
    13607722: ("Центральный", "Tsentralnyi"),
    13580034: ("Правый Берег", "Pravyi Bereh"),
    802473: ("Южный", "Yuzhnyy"),
    840987: ("Южный", "Yuzhnyy"),
    8604483: ("Благовещенская", "Blagoveshchenskaya"),
    13645359: ("Нарьян-Мар", "Naryan-Mar"),
    12750509: ("Нижняя Полтавка", "Nizhnyaya Poltavka"),
    1490085: ("Тарко-Сале", "Tarko-Sale"),
    557413: ("Ики-Бурул", "Iki-Burul"),
    4031533: ("Уэлен", "Uelen"),
    1487504: ("Верх-Нейвинский", "Verkh-Neyvinsky"),
    689740: ("Весёлое", "Vesele"),
    695740: ("Раздольное", "Rozdolne"),
    704201: ("Красный Мак", "Krasnyi Mak"),
}
TRUE = {
    524901: ("Москва", "Moscow"),
    498817: ("Санкт-Петербург", "Saint Petersburg"),
    551487: ("Казань", "Kazan"),
    542420: ("Краснодар", "Krasnodar"),
    540251: ("Крымск", "Krymsk"),
    558418: ("Грозный", "Grozny"),
    694423: ("Севастополь", "Sevastopol"),
    515012: ("Орёл", "Oryol"),
    625144: ("Минск", "Minsk"),
    611717: ("Тбилиси", "Tbilisi"),
    703448: ("Киев", "Kyiv"),
    627907: ("Гомель", "Homyel"),
    466806: ("Йошкар-Ола", "Yoshkar-Ola"),
    2014407: ("Улан-Удэ", "Ulan-Ude"),
    584221: ("Адыге-Хабль", "Adyge-Khabl"),
    701822: ("Мариуполь", "Mariupol"),
}


@cache
def settlements_of_five_regions() -> list[NamedSettlement]:
    """With the labels around: a degree beyond the bounds of each region, as the page has them."""
    found: dict[int, NamedSettlement] = {}
    for feature in json.loads(FIVE_REGIONS.read_text(encoding="utf-8"))["features"]:
        west, south, east, north = shapely.from_geojson(json.dumps(feature["geometry"])).bounds
        for one in named_settlements().values():
            if west - 1 <= one.lng <= east + 1 and south - 1 <= one.lat <= north + 1:
                found[one.geoname_id] = one
    return list(found.values())


@needs(FIVE_REGIONS)
def test_every_name_of_five_regions_is_written_in_russian_and_in_latin_letters() -> None:
    found = settlements_of_five_regions()
    assert len(found) > 1000
    assert [one for one in found if not RUSSIAN.fullmatch(one.name_ru)] == []
    assert [one for one in found if one.country == "RU" and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 .\-]*", one.name_en)] == []
    assert [one for one in found if re.search("[А-Яа-я]", one.name_en)] == []


def test_every_name_of_russia_and_its_neighbours_is_written_in_russian_letters() -> None:
    named = list(named_settlements().values())
    assert len(named) > 10_000
    assert [one for one in named if not RUSSIAN.fullmatch(one.name_ru) or UKRAINIAN_LETTERS.search(one.name_ru)] == []
    assert [one for one in named if re.search("[А-Яа-я]", one.name_en)] == []


@pytest.mark.parametrize(("number", "names"), [*WRONG_BEFORE.items(), *TRUE.items()])
def test_known_settlements_have_their_true_names(number: int, names: tuple[str, str]) -> None:
    # Of two entries for one place, one is left.
    one = named_settlements().get(number)
    same = [one] if one else [each for each in named_settlements().values() if each.name_ru == names[0]]
    assert [(each.name_ru, each.name_en) for each in same][:1] == [names]


def centres() -> list[tuple[str, int, float, float]]:
    """Name, region's number, longitude and latitude of each seat of a district today, as the directory of districts has them."""
    import openpyxl

    book = openpyxl.load_workbook(DIRECTORY, read_only=True)
    assert book.active is not None
    rows = list(book.active.iter_rows(min_row=2, values_only=True))
    book.close()
    return [
        (re.sub(r"^\S+ ", "", str(row[7])), int(str(row[12])), float(str(row[15])), float(str(row[14])))
        for row in rows
        if row[10] == 9999 and row[7] and row[14] is not None
    ]


@needs(DIRECTORY)
def test_seats_of_districts_are_called_as_the_directory_of_districts_calls_them() -> None:
    by_name: dict[str, list[NamedSettlement]] = {}
    for one in named_settlements().values():
        by_name.setdefault(one.name_ru.replace("ё", "е"), []).append(one)

    def is_there(centre: tuple[str, int, float, float]) -> bool:
        name, _, lng, lat = centre
        return any(abs(one.lng - lng) < 0.3 and abs(one.lat - lat) < 0.2 for one in by_name.get(name.replace("ё", "е"), []))

    listed = centres()
    found = [centre for centre in listed if is_there(centre)]
    assert len(listed) > 2000
    assert len(found) > 0.98 * len(listed)
    assert len([centre for centre in found if centre[1] in (23, 7, 19, 89, 8)]) >= 60


def test_sections_of_towns_are_told_from_towns() -> None:
    town_of = {named_settlements()[one.geoname_id].name_ru: one.section_of for one in named_settlements().values() if one.section_of}
    mariupol, krasnodar, moscow = 701822, 542420, 524901
    assert (town_of["Правый Берег"], town_of["Пашковский"], town_of["Люблино"]) == (mariupol, krasnodar, moscow)
    towns = [one.name_ru for one in named_settlements().values() if one.section_of is None]
    for name in (
        "Мариуполь",
        "Бердянск",
        "Адлер",
        "Хоста",
        "Яблоновский",
        "Химки",
        "Верхнебаканский",
        "Тлюстенхабль",
        "Сириус",
    ):
        assert name in towns, name
    assert not {one.section_of for one in named_settlements().values()} & {
        one.geoname_id for one in named_settlements().values() if one.section_of
    }


def test_a_place_that_was_added_of_late_is_a_section_though_it_has_more_inhabitants() -> None:
    town = NamedSettlement(1, "Город", "Town", "UA", 230_000, 37.54, 47.10)
    new = NamedSettlement(13_580_034, "Правый Берег", "Right", "UA", 352_088, 37.58, 47.11)
    village = NamedSettlement(2, "Село", "Village", "UA", 900, 37.9, 47.10)
    abroad = NamedSettlement(3, "Свой", "Own", "RU", 900, 37.55, 47.10)
    assert find_sections([new, village, town, abroad]) == {13_580_034: 1}


@pytest.mark.parametrize(
    ("name", "others", "expected"),
    [
        ("Krymsk", ["Кримск", "Кримськ", "Крымск", "Krimsk"], "Крымск"),
        ("Novokubansk", ["Новакубанск", "Новокубанск"], "Новокубанск"),
        ("Ust-Labinsk", ["Усть-Лабинск"], "Усть-Лабинск"),
        ("Kazan", ["Казан", "Казань"], "Казань"),
        ("Sochi", ["Сочі", "Soči"], None),
        ("Khosta", ["ХОСТА", "Хоста"], "Хоста"),
        ("Rostov-on-Don", ["Ростов на Дон", "Ростов на Дону", "Ростов-на-Дону", "Ростов"], "Ростов-на-Дону"),
        ("Raduzhny", ["Радужны", "Радужный"], "Радужный"),
        ("Uelen", ["Уелен", "Уэлен"], "Уэлен"),
        ("Posëlok", ["Нов.Посёлок"], None),
        ("Shebekino", ["Город Шебекино"], "Шебекино"),
    ],
)
def test_the_russian_name_is_the_one_that_sounds_like_the_english(name: str, others: list[str], expected: str | None) -> None:
    assert choose_russian_name(name, others) == expected
    assert choose_russian_name(name, others[::-1]) == expected


@pytest.mark.parametrize(
    ("name", "others", "expected"),
    [
        ("Arshyntseve", ["Аршинцеве", "Аршинцево", "Камыш-Бурун"], "Аршинцево"),
        ("Mariupol", ["Маріуполь", "Мариуполь"], "Мариуполь"),
        ("Vynohradne", ["Виноградне", "Виноградное"], "Виноградное"),
        ("Nova Kakhovka", ["Нова Каховка", "Новая Каховка"], "Новая Каховка"),
        ("Verkhniy", ["Верхний"], "Верхний"),
        ("Pravyi Bereh", ["Правий Берег"], None),
        ("Chyste Pole", ["Чистое Поле"], "Чистое Поле"),
    ],
)
def test_in_ukraine_a_ukrainian_spelling_is_no_russian_name(name: str, others: list[str], expected: str | None) -> None:
    assert choose_russian_name(name, others, "UA") == expected


@pytest.mark.parametrize(
    ("ukrainian", "russian"),
    [
        ("Багерове", "Багерово"), ("Центральний", "Центральный"), ("Правий Берег", "Правый Берег"), ("Новоолексіївка", "Новоалексеевка"),
        ("Приморське", "Приморское"), ("Миколаївка", "Николаевка"), ("Роздольне", "Роздольное"), ("Верхній", "Верхний"),
        ("Фрунзе", "Фрунзе"), ("Грузький", "Грузкий"), ("Нова Каховка", "Новая Каховка"),
    ],
)  # fmt: skip
def test_a_ukrainian_name_becomes_the_russian_one_of_its_origin(ukrainian: str, russian: str) -> None:
    assert ukrainian_to_russian(ukrainian) == russian


def test_a_belarusian_name_becomes_a_russian_one() -> None:
    written = [belarusian_to_russian(name) for name in ("Жыткавічы", "Шчучын", "Зэльва", "Княжыцы")]
    assert written == ["Житкавичи", "Щучин", "Зельва", "Княжицы"]


@pytest.mark.parametrize(
    ("latin", "russian"),
    [
        ("Yuzhnyy", "Южный"), ("Novotroitskiy", "Новотроицкий"), ("Shchuchye", "Щучье"), ("Verkh-Neyvinskiy", "Верх-Нейвинский"),
        ("Chistyye Bory", "Чистые Боры"), ("Ust-Kamchatsk", "Усть-Камчатск"), ("Debësy", "Дебёсы"),
        ("Slavyansk-na-Kubani", "Славянск-на-Кубани"),
    ],
)  # fmt: skip
def test_a_name_in_latin_letters_only_is_written_back(latin: str, russian: str) -> None:
    assert to_russian(latin) == russian


@given(st.text(st.characters(codec="latin-1", categories=["L", "Zs"]) | st.sampled_from("əşğışçžňț-"), min_size=1, max_size=30))
def test_whatever_is_transliterated_has_russian_letters_only(name: str) -> None:
    assert re.fullmatch(r"[А-ЯЁа-яё .\-]*", to_russian(name))


@given(st.text(RUSSIAN_LETTERS + "іїєґ’ -", min_size=1, max_size=30))
def test_no_ukrainian_letter_is_left(name: str) -> None:
    assert not UKRAINIAN_LETTERS.search(ukrainian_to_russian(name))


@given(names_in_russian)
def test_a_name_is_chosen_when_it_is_the_only_one_that_sounds_so(name: str) -> None:
    russian = name.capitalize()
    chosen = choose_russian_name(romanise(russian), ["Совсем Другое", russian, "Иное", f"{russian}і"])
    assert chosen is None or not UKRAINIAN_LETTERS.search(chosen)


@given(names_in_russian, st.sampled_from([("ye", "e"), ("yo", "jo"), ("ya", "ja"), ("yu", "ju"), ("sh", "š"), ("ch", "č"), ("zh", "ž")]))
def test_other_romanisations_of_a_name_sound_the_same(name: str, spelling: tuple[str, str]) -> None:
    latin = romanise(name.replace("щ", "ш").replace("с", "з"))
    assert sound_of(latin.replace(*spelling)) == sound_of(latin)


def test_russian_is_written_in_latin_letters_as_geonames_does() -> None:
    assert transliterate("Усть-Лабинск") == "ust-labinsk"
    assert transliterate("Тимашёвск") == "timashyovsk"


@pytest.mark.parametrize(
    ("name", "russian", "english"),
    [("Sychëvo", "Сычёво", "Sychyovo"), ("Ust’-Labinsk", "Усть-Лабинск", "Ust-Labinsk"), ("Jyväskylä", None, "Jyväskylä")],
)
def test_the_english_name_is_that_of_geonames_in_english_letters(name: str, russian: str | None, english: str) -> None:
    assert choose_english_name(name, russian) == english


def test_the_type_is_read_where_a_name_says_it() -> None:
    assert settlement_type(["Posëlok Mar’ino"], "Mar’ino") == "пос."
    assert settlement_type(["Selo Drugoye"], "Mar’ino") is None
    assert settlement_type(["Рабочий посёлок Ис"], "Is") == "пгт"


def entry(name: str, country: str, *others: str) -> dict[str, object]:
    return {
        "geonameid": 1, "name": name, "alternatenames": list(others), "countrycode": country,
        "population": 1, "longitude": 1.5, "latitude": 2.5,
    }  # fmt: skip


def test_a_name_that_a_table_made_is_marked() -> None:
    made = name_settlement(entry("Yuzhnyy", "RU"))
    known = name_settlement(entry("Yuzhnyy", "RU", "Южный"))
    assert made is not None
    assert known is not None
    assert (made.name_ru, made.is_transliterated, known.name_ru, known.is_transliterated) == ("Южный", True, "Южный", False)


def test_a_settlement_abroad_without_a_russian_name_is_left_out_where_no_table_fits() -> None:
    assert name_settlement(entry("Puxi", "CN")) is None
    named = name_settlement(entry("Puxi", "CN", "Пуси"))
    assert named is not None
    assert named.name_ru == "Пуси"
