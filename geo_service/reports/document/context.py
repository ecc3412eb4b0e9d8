"""Everything that the words of a report are made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from geo_service.aggregation.catalogue.catalogue import Entry
from geo_service.basemap.ground import NO_GROUND, Ground
from geo_service.reports.content.numbers import ReportNumbers
from geo_service.reports.content.red_places import Outcome, RedPlaces
from geo_service.reports.document.drawing import MapPlace
from geo_service.reports.document.model import Kind
from geo_service.reports.document.numbers import format_value, plural
from geo_service.reports.document.words import INCIDENTS, WORDS
from geo_service.reports.request import Language


@dataclass(frozen=True, slots=True, eq=False)
class ReportContext:
    """The numbers, and what had to be read from the database beside them."""

    numbers: ReportNumbers
    addresses: Mapping[int, str]
    """Street and house by the index of the busy position, where its messages agree on one."""
    settlements: Sequence[MapPlace]
    """Names for the map."""
    red: RedPlaces | None
    """None where no alerts are known."""
    outcomes: Sequence[Outcome]
    """Of the red places of the week before, in their order."""
    zone: ZoneInfo
    live_url: str | None
    """Address of the live page; None where it is not known."""
    ground: Ground = NO_GROUND
    """Of the service's base maps, for the map."""

    @property
    def language(self) -> Language:
        """Of the report."""
        return self.numbers.request.language

    def say(self, key: str, **values: object) -> str:
        """Return a text of WORDS with its values."""
        return WORDS[self.language][key].format(**values)

    def name(self, entry: Entry | None) -> str:
        """Return the name of a catalogue's entry, in the other language where it has none in this."""
        if entry is None:
            return ""
        return entry.name[self.language] or entry.name_ru or entry.name_en or entry.code

    def pick(self, names: Mapping[str, str] | None) -> str:
        """Return the name in the report's language, in the other one where there is none."""
        if not names:
            return ""
        return names.get(self.language) or names.get("ru") or names.get("en") or ""

    def count(self, number: int) -> str:
        """Return a number of incidents without its noun."""
        return format_value(number, Kind.COUNT, self.language)

    def incidents(self, number: int) -> str:
        """Return the noun after a number of incidents."""
        return plural(number, INCIDENTS[self.language], self.language)
