"""Themes of the demo region: names, frequency and season.

Weights are shares of all messages of a year, in thousandths.
"""

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

SEASONS = MappingProxyType(
    {
        # January … December, relative to the mean of the year.
        "flat": (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1),
        "heating": (2.2, 2.1, 1.5, 0.6, 0.2, 0.1, 0.1, 0.1, 0.4, 1.7, 1.9, 2.0),
        "frost": (2.1, 2.0, 1.2, 0.6, 0.5, 0.6, 0.8, 0.8, 0.6, 0.7, 1.1, 1.7),
        "snow": (4.2, 3.9, 1.2, 0.1, 0, 0, 0, 0, 0, 0, 0.5, 2.4),
        "thaw": (0.9, 1.4, 2.3, 2.0, 1.2, 0.8, 0.6, 0.6, 0.6, 0.7, 0.8, 0.8),
        "summer": (0.5, 0.5, 0.6, 0.8, 1.1, 1.6, 2.0, 2.0, 1.3, 0.8, 0.5, 0.5),
        "heat": (0.2, 0.2, 0.4, 0.8, 1.2, 1.9, 2.6, 2.4, 1.2, 0.5, 0.3, 0.2),
        "school": (1.1, 1.2, 1.1, 1.0, 0.9, 0.4, 0.3, 0.9, 1.9, 1.3, 1.1, 0.8),
        "admission": (0.5, 0.6, 1.2, 2.2, 1.6, 1.2, 1.0, 1.2, 0.9, 0.6, 0.5, 0.4),
        "flu": (1.7, 1.8, 1.4, 0.9, 0.7, 0.5, 0.4, 0.5, 0.8, 1.0, 1.1, 1.3),
        "dark": (1.5, 1.2, 0.9, 0.6, 0.5, 0.4, 0.5, 0.7, 1.0, 1.4, 1.7, 1.7),
    }
)


@dataclass(frozen=True, slots=True)
class DemoTheme:
    """A theme with its frequency and season."""

    code: str
    name_ru: str
    name_en: str
    weight: float
    season: str
    resort: float = 0.0
    """Share of its summer messages that come from holiday-makers in resorts."""
    on_road: bool = False
    """The location is on the carriageway, not at a house; it can be on a highway between settlements."""

    @property
    def sector(self) -> str:
        """Return the code of its sector."""
        return self.code.partition(".")[0]


DEMO_THEMES = (
    DemoTheme("health.appointment", "Запись к врачу", "Doctor's appointment", 30, "flu"),
    DemoTheme("health.phone", "Не дозвониться в поликлинику", "Clinic does not answer the phone", 12, "flu"),
    DemoTheme("health.queue", "Очереди в поликлинике", "Queues in the clinic", 17, "flu"),
    DemoTheme("health.medicines", "Лекарственное обеспечение", "Supply of medicines", 17, "flat"),
    DemoTheme("health.ambulance", "Скорая помощь", "Ambulance", 10, "flu", 0.2),
    DemoTheme("health.staff", "Нехватка врачей", "Lack of doctors", 12, "flat"),
    DemoTheme("education.building", "Состояние школ и детских садов", "Condition of schools and kindergartens", 14, "school"),
    DemoTheme("education.kindergarten", "Место в детском саду", "Place in a kindergarten", 15, "admission"),
    DemoTheme("education.school", "Приём в школу", "Admission to school", 10, "admission"),
    DemoTheme("education.meals", "Школьное питание", "School meals", 9, "school"),
    DemoTheme("education.process", "Учебный процесс", "Teaching", 11, "school"),
    DemoTheme("education.bus", "Школьный автобус", "School bus", 5, "school"),
    DemoTheme("social.benefits", "Пособия и выплаты", "Benefits and payments", 24, "flat"),
    DemoTheme("social.large_family", "Поддержка многодетных семей", "Support of large families", 12, "flat"),
    DemoTheme("social.disabled", "Доступная среда", "Accessibility", 9, "flat"),
    DemoTheme("social.veterans", "Поддержка ветеранов и участников СВО", "Support of veterans", 10, "flat"),
    DemoTheme("social.care", "Социальное обслуживание на дому", "Home care", 6, "flat"),
    DemoTheme("housing.no_water", "Нет холодной воды", "No cold water", 52, "heat", 0.25),
    DemoTheme("housing.water_quality", "Качество воды", "Water quality", 22, "summer", 0.2),
    DemoTheme("housing.hot_water", "Нет горячей воды", "No hot water", 24, "flat"),
    DemoTheme("housing.heating", "Холодно в квартире", "Cold flats", 38, "heating"),
    DemoTheme("housing.sewage", "Канализация", "Sewage", 32, "summer", 0.3),
    DemoTheme("housing.yard", "Благоустройство двора", "Yards", 36, "summer"),
    DemoTheme("housing.roof", "Протечка кровли", "Leaking roof", 14, "thaw"),
    DemoTheme("housing.entrance", "Содержание подъезда", "Entrance halls", 18, "flat"),
    DemoTheme("housing.charges", "Начисления за ЖКУ", "Utility bills", 22, "heating"),
    DemoTheme("waste.not_collected", "Не вывозят мусор", "Rubbish is not collected", 52, "summer", 0.4),
    DemoTheme("waste.dump", "Несанкционированная свалка", "Illegal dump", 24, "thaw", 0.1),
    DemoTheme("waste.site", "Контейнерная площадка", "Container site", 22, "summer", 0.2),
    DemoTheme("waste.burning", "Горение отходов, запах гари", "Burning waste, smoke", 8, "summer"),
    DemoTheme("waste.tariff", "Плата за вывоз мусора", "Waste charges", 10, "flat"),
    DemoTheme("energy.outage", "Нет электричества", "Power cut", 50, "frost", 0.15),
    DemoTheme("energy.voltage", "Низкое напряжение", "Low voltage", 22, "frost", 0.1),
    DemoTheme("energy.gas", "Газоснабжение", "Gas supply", 16, "heating"),
    DemoTheme("energy.connection", "Подключение к сетям", "Connection to the grid", 10, "flat"),
    DemoTheme("roads.pothole", "Яма на дороге", "Pothole", 54, "thaw", on_road=True),
    DemoTheme("roads.snow", "Не убран снег, гололёд", "Snow and ice not cleared", 22, "snow", on_road=True),
    DemoTheme("roads.lighting", "Уличное освещение", "Street lighting", 32, "dark"),
    DemoTheme("roads.signs", "Знаки, разметка, светофоры", "Signs, markings, traffic lights", 22, "flat", on_road=True),
    DemoTheme("roads.sidewalk", "Тротуары", "Pavements", 18, "thaw"),
    DemoTheme("roads.gravel", "Грунтовая дорога", "Unpaved road", 15, "thaw"),
    DemoTheme("transport.schedule", "Автобус не приходит по расписанию", "Bus does not keep its timetable", 32, "school", 0.1),
    DemoTheme("transport.crowded", "Переполненный транспорт", "Overcrowded vehicles", 16, "summer", 0.5),
    DemoTheme("transport.stop", "Остановочный павильон", "Bus stop shelter", 10, "flat"),
    DemoTheme("transport.new_route", "Нужен маршрут", "Route wanted", 9, "flat"),
    DemoTheme("transport.driver", "Поведение водителя", "Driver's conduct", 7, "flat"),
)

SECTOR_CODES = tuple(dict.fromkeys(theme.sector for theme in DEMO_THEMES))


@cache
def theme_index(code: str) -> int:
    """Return the index of a theme in `DEMO_THEMES`."""
    return next(index for index, theme in enumerate(DEMO_THEMES) if theme.code == code)
