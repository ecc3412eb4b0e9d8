"""The gazetteer: names in all their forms, namesakes told apart, and nothing placed at a guess."""

from pathlib import Path

import pytest

from geo_service.core.errors import InputError
from geo_service.core.model import GeocodedBy, LocationQuality
from ingest.geocoding import GeocodedPlace, GeocodeQuery, Unresolved
from ingest.geocoding.local_steps import Gazetteer
from ingest.geocoding.toponyms.gazetteer_index import build_index
from ingest.geocoding.toponyms.inflection import inflect_name
from ingest.geocoding.toponyms.place_mentions import find_mentions
from ingest.geocoding.toponyms.settlements import Settlement, read_geonames, read_own_settlements
from tests.support.gazetteers import demo_index, find, phrases, placed

LEAST_RIGHT = 0.95


def test_of_real_phrases_nearly_all_are_placed_right_and_none_that_names_no_place_of_the_region_is_placed() -> None:
    found = [(meant, placed(words), words) for meant, words in phrases()]
    wrong = [one for one in found if one[0] != one[1]]
    assert len(found) >= 150
    assert len(found) - len(wrong) >= LEAST_RIGHT * len(found), wrong
    assert [one for one in wrong if one[0] == "-"] == []


@pytest.mark.parametrize(
    ("name", "some"),
    [
        ("Каневская", {"каневская", "каневской", "каневскую"}),
        ("Южный", {"южном", "южного", "южному", "южным"}),
        ("Усть-Лабинск", {"усть-лабинске", "усть лабинска", "усть-лабинском"}),
        ("Славянск-на-Кубани", {"славянска-на-кубани", "славянске на кубани"}),
        ("Горячий Ключ", {"горячего ключа", "горячем ключе", "горячим ключом"}),
        ("Каменск-Шахтинский", {"каменске-шахтинском", "каменска-шахтинского"}),
        ("Заюково", {"заюково", "заюкове", "заюкова"}),
        ("Копьёво", {"копьеве"}),
        ("Шира", {"шире", "ширу"}),
        ("Ики-Бурул", {"ики-буруле", "ики-бурула"}),
        ("Выселки", {"выселках", "выселок", "выселкам"}),
        ("Тамань", {"тамани", "таманью"}),
        ("Мирской", {"мирском", "мирского"}),
        ("Кучугуры", {"кучугурах"}),
    ],
)
def test_a_name_is_known_in_the_forms_it_takes_in_sentences(name: str, some: set[str]) -> None:
    assert some <= inflect_name(name)


def test_an_indeclinable_name_has_one_form() -> None:
    assert inflect_name("Сочи") == {"сочи"}


def test_of_namesakes_all_are_told_when_nothing_tells_them_apart() -> None:
    verdict = find("", "в посёлке Южном нет воды")
    assert isinstance(verdict, Unresolved)
    assert verdict.reason == "several places have the name"
    assert {(one.name, one.district) for one in verdict.candidates} == {("Южный", "Курганинский район"), ("Южный", "Белореченский район")}


def test_a_name_that_is_not_known_in_the_district_that_is_named_is_not_taken_from_another() -> None:
    words = "в посёлке Южном Усть-Лабинского района третий день нет воды"
    verdict = find("", words)
    assert isinstance(verdict, Unresolved)
    assert verdict.reason == "the settlement is not known in the district that is named"
    own = (Settlement("Южный", 39.72, 45.19, 1200, "demo-ust-labinsky"),)
    found = find("", words, own)
    assert isinstance(found, GeocodedPlace)
    assert (found.lng, found.lat, found.quality, found.geocoded_by) == (39.72, 45.19, LocationQuality.SETTLEMENT, GeocodedBy.GAZETTEER)


def test_the_message_is_read_where_the_address_names_no_place_and_only_then() -> None:
    assert isinstance(found := find("ул. Мира, 5", "в станице Каневской"), GeocodedPlace)
    assert found.name == "Каневская"
    assert isinstance(found := find("г. Абинск", "в станице Каневской"), GeocodedPlace)
    assert found.name == "Абинск"
    assert isinstance(find("х. Незнакомый", "в станице Каневской"), Unresolved)


def test_confidence_grows_with_the_evidence() -> None:
    said = ["в Каневской", "в станице Каневской", "в станице Каневской Каневского района", "в Краснодаре"]
    verdicts = [find("", words) for words in said]
    assert [one.confidence for one in verdicts if isinstance(one, GeocodedPlace)] == [0.75, 0.9, 0.95, 0.9]


def test_without_a_region_nothing_is_placed() -> None:
    verdict = Gazetteer(None).find(GeocodeQuery("г. Краснодар"))
    assert isinstance(verdict, Unresolved)
    assert "no region is known" in verdict.reason


def test_how_coarse_a_place_may_be_is_a_choice() -> None:
    words = GeocodeQuery("", "в Абинском районе нет газа")
    assert isinstance(Gazetteer(demo_index(), LocationQuality.SETTLEMENT).find(words), Unresolved)
    region = Gazetteer(demo_index(), LocationQuality.REGION).find(GeocodeQuery("", "по всему Краснодарскому краю"))
    assert isinstance(region, GeocodedPlace)
    assert region.quality is LocationQuality.REGION


def test_bounds_do_where_there_are_no_districts() -> None:
    found = Gazetteer(build_index([], [], (36.5, 43.3, 41.8, 46.9))).find(GeocodeQuery("", "в станице Каневской"))
    assert isinstance(found, GeocodedPlace)
    assert found.name == "Каневская"


def test_streets_and_named_things_are_no_settlements() -> None:
    for words in ("на улице Анапской", "Ростовское шоссе", "ул. им. Лермонтова", "магазин «Темрюк»", "мкр. Южный", "ул. 40 лет Победы"):
        assert find_mentions(words, demo_index()).settlements == [], words
        assert find_mentions(words, demo_index()).unknown_places == [], words


def test_ones_own_settlements_are_read_and_a_fault_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "villages.csv"
    path.write_text(
        "name,district,lng,lat,population,aliases\nЮжный,03657000,39.72,45.19,1200,Южное; Юг\nМирный,,40,45,,\n", encoding="utf-8"
    )
    assert read_own_settlements(path) == [
        Settlement("Южный", 39.72, 45.19, 1200, "03657000", ("Южное", "Юг")),
        Settlement("Мирный", 40.0, 45.0, 0),
    ]
    path.write_text("name,lng,lat\nЮжный,east,45\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 2: lng, lat or population is no number"):
        read_own_settlements(path)
    path.write_text("name,lat\n", encoding="utf-8")
    with pytest.raises(InputError, match="no column lng; needed: name, lng, lat"):
        read_own_settlements(path)


def test_ones_own_settlement_stands_for_the_same_one_of_geonames() -> None:
    own = (Settlement("Каневская", 38.98, 46.1, 45_000, aliases=("Канева",)),)
    names = [entry.settlement for entry in demo_index(own).entries if entry.settlement.name == "Каневская"]
    assert [(one.lng, one.lat, one.district) for one in names] == [(38.98, 46.1, "demo-kanevskoy")]
    assert isinstance(find("", "из Каневы не выехать", own), GeocodedPlace)


def test_the_extract_of_geonames_holds_every_region_in_russian() -> None:
    assert len(read_geonames()) > 5000
    assert {one.name for one in read_geonames()} >= {"Москва", "Нальчик", "Элиста", "Абакан", "Салехард", "Тихорецк", "Апшеронск"}
    assert [one.name for one in read_geonames() if not one.name[0].isupper() and not one.name.startswith("имени ")] == []
