"""An alert and a catalogue to word it with: a village without water, as in the demo region."""

from datetime import datetime
from zoneinfo import ZoneInfo

from geo_service.aggregation.alerts.model import AgencyShare, AlertLayer, Episode, Place
from geo_service.aggregation.catalogue.catalogue import Catalogue, District, Entries, Entry
from geo_service.core.model import SECTORS, DistrictLevel

MOSCOW = ZoneInfo("Europe/Moscow")
HOUSING, ROADS = 4, 7
WATER, SNOW = 1, 2

CATALOGUE = Catalogue(
    sectors=Entries(Entry(number, one.code, one.name_ru, one.name_en) for number, one in enumerate(SECTORS, 1)),
    themes=Entries(
        [
            Entry(WATER, "housing.no_water", "Нет холодной воды", "No cold water", HOUSING),
            Entry(SNOW, "roads.snow", "Снег не убран", "Snow not cleared", ROADS),
        ]
    ),
    sources=Entries(),
    agencies=Entries([Entry(1, "vodokanal", "Водоканал", "Vodokanal"), Entry(2, "administration", "Администрация", "Administration")]),
    districts=Entries(
        [
            District(1, "krai", "Краснодарский край", "Krasnodar Krai", level=DistrictLevel.REGION, label=(39.0, 45.0)),
            District(2, "labinsk", "Лабинский район", "Labinsky District", 1, label=(40.7, 44.6)),
        ]
    ),
)

VILLAGE = Place("s:495112", "Вознесенская", "Voznesenskaya", 40.85, 44.68, 0x862D50A2FFFFFFF, 2)


def at(text: str, zone: ZoneInfo = MOSCOW) -> int:
    """Seconds since 1970 of a local time, such as 2026-11-27T06:06."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


def outage(**change: object) -> Episode:
    """The village that has had no water for three days; some fields may be changed."""
    begun, updated = at("2026-11-27T06:06"), at("2026-11-30T09:15")
    values: dict[str, object] = {
        "layer": AlertLayer.LOCAL, "place": VILLAGE, "theme": WATER, "sector": HOUSING, "since": begun, "detected": begun + 19_440,
        "updated": updated, "last_signal": updated, "window_s": 3 * 86_400, "n": 110, "distinct": 87, "expected": 0.1,
        "log10_p": -104.2, "recurrence_days": 1e9, "peak": 110, "peak_at": updated, "places": (VILLAGE,),
        "agencies": (AgencyShare(1, 110, 96),), "open": 96,
    }  # fmt: skip
    return Episode(**(values | change))  # type: ignore[arg-type]  # the values are those of its fields
