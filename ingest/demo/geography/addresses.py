"""Addresses as people write them: «г. Краснодар, ул. Красная, 15», with and without the abbreviations."""

from functools import cache

import numpy as np

from geo_service.core.model import LocationQuality
from ingest.demo.geography.highways import highways
from ingest.demo.geography.region import municipalities, settlements
from ingest.demo.geography.streets import streets
from ingest.demo.messages.draws import Chance, Messages
from ingest.demo.messages.locations import Spots

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
_TYPES = ("ул.", "ул.", "ул.", "пер.", "проезд")
_FEMININE = ("ая", "чья")
"""Endings of names that agree with «улица» and would sound wrong with «переулок»."""


def addresses(messages: Messages, spots: Spots) -> list[str]:
    """One address a message."""
    towns, net = settlements(), streets()
    districts = [one.name for one in municipalities()]
    styles = (messages.chance[:, Chance.SPELLING] * len(_STYLES)).astype(np.int64).tolist()
    street = net.name[spots.segment]
    rows = zip(
        styles, messages.town.tolist(), street.tolist(), spots.house.tolist(), spots.quality.tolist(), spots.road.tolist(),
        spots.kilometre.tolist(), strict=True,
    )  # fmt: skip
    return [
        _on_road(road, kilometre)
        if road >= 0
        else _STYLES[style](
            districts[towns.municipality[town]], towns.address[town], street_name(town, number),
            house if quality != LocationQuality.STREET else 0,
        )
        for style, town, number, house, quality, road, kilometre in rows
    ]  # fmt: skip


@cache
def street_name(town: int, number: int) -> str:
    """Of the settlement's street with this number; no two are alike."""
    if number < len(_MAIN):
        return f"ул. {_MAIN[(number + town) % len(_MAIN)]}"
    shuffled = _shuffled(town)
    turn, place = divmod(number - len(_MAIN), len(_NAMES))
    name = _NAMES[shuffled[place]]
    kind = "ул." if not turn or name.endswith(_FEMININE) else _TYPES[(turn + place) % len(_TYPES)]
    ordinal = f"{turn}-{'я' if kind == 'ул.' else 'й'} " if turn else ""
    return f"{ordinal}{kind} {name}"


@cache
def _shuffled(town: int) -> list[int]:
    number = int(settlements().geoname_id[town])
    return list(np.random.default_rng([_SEED, number]).permutation(len(_NAMES)).tolist())


def _on_road(road: int, kilometre: int) -> str:
    names, roads = settlements().name, highways()
    return f"а/д {names[roads.start[road]]} — {names[roads.end[road]]}, {kilometre}-й км"


def _full(_: str, town: str, street: str, house: int) -> str:
    return f"{town}, {street}, {house}" if house else f"{town}, {street}"


def _with_district(district: str, town: str, street: str, house: int) -> str:
    return f"{district}, {_full(district, town, street, house)}" if district.endswith("р-н") else _full(district, town, street, house)


def _with_house_sign(_: str, town: str, street: str, house: int) -> str:
    return f"{town}, {street}, д. {house}" if house else f"{town}, {street}"


def _short(_: str, town: str, street: str, house: int) -> str:
    bare = street.removeprefix("ул. ")
    return f"{town.split('. ', 1)[-1]}, {bare} {house}" if house else f"{town.split('. ', 1)[-1]}, {bare}"


def _tight(_: str, town: str, street: str, house: int) -> str:
    glued = f"{town} {street}".replace(". ", ".").replace(",", "")
    return f"{glued} {house}" if house else glued


_STYLES = (_full, _full, _full, _with_district, _with_district, _with_house_sign, _short, _tight)
