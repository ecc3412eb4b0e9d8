"""Citizens' messages of five regions with the places that they mean: half of them to improve the gazetteer by, half held out."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from geo_service.core.model import LocationQuality
from ingest.geocoding import GeocodedPlace, GeocodeQuery
from ingest.geocoding.local_steps import Gazetteer
from ingest.geocoding.toponyms.gazetteer_index import GazetteerIndex

MESSAGES_FILE = Path(__file__).parent / "data" / "citizen_messages.tsv"
SHORT_TEXTS_FILE = MESSAGES_FILE.with_name("short_texts.tsv")
REGIONS = {
    "KK": "Краснодарский край",
    "KB": "Кабардино-Балкарская Республика",
    "KH": "Республика Хакасия",
    "YA": "Ямало-Ненецкий автономный округ",
    "KL": "Республика Калмыкия",
}
"""The region's letters in the file → its name in the boundaries."""
NO_PLACE = ("-", "-")


class Message(NamedTuple):
    """A message: it means a settlement in a district, a whole district (settlement *), or is not to be placed (- and -)."""

    region: str
    settlement: str
    district: str
    text: str

    @property
    def meant(self) -> tuple[str, str]:
        """The settlement and the district."""
        return self.settlement, self.district


def read_messages(*, held_out: bool) -> list[Message]:
    """Return every other message: those on even lines of the file are held out."""
    with MESSAGES_FILE.open(encoding="utf-8", newline="") as file:
        messages = [Message(*row) for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    return messages[1::2] if held_out else messages[0::2]


def read_short_texts() -> list[tuple[str, str, str]]:
    """Return region, settlement (* for a district, - for no place) and text: what was tried while the gazetteer was improved."""
    with SHORT_TEXTS_FILE.open(encoding="utf-8", newline="") as file:
        return [(region, settlement, text) for region, settlement, text in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def locate(text: str, index: GazetteerIndex) -> tuple[tuple[str, str], float]:
    """Return the place of a text as `Message.meant` says it, and its confidence; 0 if it is not placed."""
    result = Gazetteer(index).find(GeocodeQuery("", text))
    if not isinstance(result, GeocodedPlace):
        return NO_PLACE, 0.0
    if result.quality is LocationQuality.DISTRICT:
        return ("*", result.name), result.confidence
    (settlement,) = [
        entry.settlement for entry in index.entries if (entry.settlement.lng, entry.settlement.lat) == (result.lng, result.lat)
    ]
    return (settlement.name, index.districts[settlement.district].name_ru), result.confidence


def judge_messages(messages: Sequence[Message], index: GazetteerIndex) -> dict[str, list[tuple[Message, tuple[str, str], float]]]:
    """Return the messages that are right, missed and wrong, each with where it is placed and how surely."""
    judged: dict[str, list[tuple[Message, tuple[str, str], float]]] = {"right": [], "missed": [], "wrong": []}
    for message in messages:
        place, confidence = locate(message.text, index)
        judgement = "right" if place == message.meant else "missed" if place == NO_PLACE else "wrong"
        judged[judgement].append((message, place, confidence))
    return judged
