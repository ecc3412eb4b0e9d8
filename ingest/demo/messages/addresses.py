"""Addresses in different spellings: «г. Краснодар, ул. Красная, 15», with and without abbreviations."""

from functools import cache

import numpy as np

from geo_service.core.model import LocationQuality
from ingest.demo.geography.highways import build_highways
from ingest.demo.geography.region import read_municipalities, read_settlements
from ingest.demo.geography.streets import build_streets
from ingest.demo.messages.draws import Chance, Messages
from ingest.demo.messages.locations import MessageLocations

_SEED = 2307

_MAIN = ("Красная", "Ленина", "Советская", "Мира")
_NAMES = (
    "Октябрьская", "Гагарина", "Кирова", "Пушкина", "Комсомольская", "Пролетарская", "Первомайская", "Калинина",
    "Степная", "Садовая", "Школьная", "Набережная", "Набережная реки Кубани", "Красноармейская", "Партизанская",
    "Шевченко", "Горького", "Чапаева", "Будённого", "Ворошилова", "Фрунзе", "Дзержинского", "Энгельса", "Карла Маркса",
    "Розы Люксембург", "Крупской", "Орджоникидзе", "Свердлова", "Котовского", "Щорса", "Фурманова", "Островского",
    "Лермонтова", "Толстого", "Чехова", "Тургенева", "Некрасова", "Гоголя", "Маяковского", "Есенина", "Крылова",
    "Суворова", "Кутузова", "Нахимова", "Ушакова", "Жукова", "Матросова", "Космодемьянской", "Гастелло", "Чкалова",
    "Королёва", "Циолковского", "Титова", "Терешковой", "Комарова", "Ломоносова", "Менделеева", "Мичурина", "Тимирязева",
    "Павлова", "Казачья", "Атаманская", "Черноморская", "Кубанская", "Кавказская", "Ставропольская", "Ростовская",
    "Московская", "Киевская", "Одесская", "Крымская", "Таманская", "Азовская", "Анапская", "Новороссийская", "Майкопская",
    "Армавирская", "Заводская", "Железнодорожная", "Вокзальная", "Рабочая", "Колхозная", "Совхозная", "Полевая", "Луговая",
    "Лесная", "Зелёная", "Цветочная", "Виноградная", "Вишнёвая", "Яблоневая", "Абрикосовая", "Ореховая", "Тополиная",
    "Кленовая", "Платановая", "Солнечная", "Южная", "Северная", "Восточная", "Западная", "Центральная", "Новая", "Широкая",
    "Короткая", "Длинная", "Базарная", "Почтовая", "Больничная", "Спортивная", "Молодёжная", "Дружбы", "Победы",
    "40 лет Победы", "60 лет Октября", "8 Марта", "1 Мая", "Ветеранов", "Героев-Разведчиков", "Юбилейная", "Славянская",
)  # fmt: skip
_STREET_TYPES = ("ул.", "ул.", "ул.", "пер.", "проезд")
_FEMININE_ENDINGS = ("ая", "чья")
"""Endings of names that agree with «улица» but not with «переулок»."""


def format_addresses(messages: Messages, locations: MessageLocations) -> list[str]:
    """Return the address of each message."""
    towns, network = read_settlements(), build_streets()
    districts = [municipality.name for municipality in read_municipalities()]
    styles = (messages.chance[:, Chance.SPELLING] * len(_STYLES)).astype(np.int64).tolist()
    street = network.name[locations.segment]
    rows = zip(
        styles, messages.town.tolist(), street.tolist(), locations.house.tolist(), locations.quality.tolist(), locations.road.tolist(),
        locations.kilometre.tolist(), strict=True,
    )  # fmt: skip
    return [
        _format_highway(road, kilometre)
        if road >= 0
        else _STYLES[style](
            districts[towns.municipality[town]], towns.address[town], street_name(town, number),
            house if quality != LocationQuality.STREET else 0,
        )
        for style, town, number, house, quality, road, kilometre in rows
    ]  # fmt: skip


@cache
def street_name(town: int, number: int) -> str:
    """Return the name of the street with this number in a settlement; names are unique within it."""
    if number < len(_MAIN):
        return f"ул. {_MAIN[(number + town) % len(_MAIN)]}"
    shuffled = _shuffle_names(town)
    turn, index = divmod(number - len(_MAIN), len(_NAMES))
    name = _NAMES[shuffled[index]]
    street_type = "ул." if not turn or name.endswith(_FEMININE_ENDINGS) else _STREET_TYPES[(turn + index) % len(_STREET_TYPES)]
    ordinal = f"{turn}-{'я' if street_type == 'ул.' else 'й'} " if turn else ""
    return f"{ordinal}{street_type} {name}"


@cache
def _shuffle_names(town: int) -> list[int]:
    number = int(read_settlements().geoname_id[town])
    return list(np.random.default_rng([_SEED, number]).permutation(len(_NAMES)).tolist())


def _format_highway(road: int, kilometre: int) -> str:
    names, roads = read_settlements().name, build_highways()
    return f"а/д {names[roads.start[road]]} — {names[roads.end[road]]}, {kilometre}-й км"


def _format_full(_: str, town: str, street: str, house: int) -> str:
    return f"{town}, {street}, {house}" if house else f"{town}, {street}"


def _format_with_district(district: str, town: str, street: str, house: int) -> str:
    address = _format_full(district, town, street, house)
    return f"{district}, {address}" if district.endswith("р-н") else address


def _format_with_house_word(_: str, town: str, street: str, house: int) -> str:
    return f"{town}, {street}, д. {house}" if house else f"{town}, {street}"


def _format_short(_: str, town: str, street: str, house: int) -> str:
    bare = street.removeprefix("ул. ")
    return f"{town.split('. ', 1)[-1]}, {bare} {house}" if house else f"{town.split('. ', 1)[-1]}, {bare}"


def _format_without_spaces(_: str, town: str, street: str, house: int) -> str:
    joined = f"{town} {street}".replace(". ", ".").replace(",", "")
    return f"{joined} {house}" if house else joined


_STYLES = (
    _format_full, _format_full, _format_full, _format_with_district, _format_with_district, _format_with_house_word, _format_short,
    _format_without_spaces,
)  # fmt: skip
"""One of them is chosen at random for each message."""
