"""The demo region as a replica's state, made without a database."""

from dataclasses import dataclass

import numpy as np
from h3ronpy.vector import coordinates_to_cells

from geo_service.aggregation.catalogue.catalogue import Catalogue, District, Entries, Entry, SourceEntry
from geo_service.aggregation.catalogue.settlements import Settlements
from geo_service.aggregation.columns.columns import BATCH, POSITION_UNITS
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.model import FINEST_RESOLUTION, SECTORS, DistrictLevel, Status
from ingest.demo.geography.region import read_municipalities, read_settlements
from ingest.demo.messages.agencies import DEMO_CHANNELS, assign_agencies, list_agencies
from ingest.demo.messages.draws import Messages, concatenate_messages, draw_days, local_day
from ingest.demo.messages.history import DAYS
from ingest.demo.messages.locations import draw_locations, is_on_highway
from ingest.demo.messages.planted_events import draw_planted_events
from ingest.demo.messages.themes import DEMO_THEMES

_COUNT_LIMIT = 10_000_000


@dataclass(frozen=True, slots=True)
class Demo:
    """The messages of two years, and which of them belong to the planted events (w, f, p, s)."""

    batch: np.ndarray
    """BATCH rows in the order of the messages; ids count from 1."""
    origin: np.ndarray
    """First letter of each external id."""
    catalogue: Catalogue

    def state(self, planted: bool = True) -> ReplicaState:
        """The state with or without the planted events."""
        chosen = slice(None) if planted else ~np.isin(self.origin, list("wfps"))
        return ReplicaState(self.batch[chosen], self.catalogue, _COUNT_LIMIT)

    def received(self, letter: str) -> np.ndarray:
        """Receipts of the messages of a planted event, ascending."""
        return np.sort(self.batch["received"][self.origin == letter].astype(np.int64))


def make_demo(now: int) -> Demo:
    """The demo region as it is at an instant. Lifecycles and addresses, which take most of the time, are left out: all is closed."""
    today = local_day(now)
    drawn = concatenate_messages([draw_days(today - DAYS, today + 1), draw_planted_events(today, {})])
    messages = drawn.take(drawn.received < now)
    return Demo(_to_batch(messages), messages.origin, _make_catalogue())


def _to_batch(messages: Messages) -> np.ndarray:
    locations = draw_locations(messages)
    rows = np.zeros(len(messages), BATCH)
    columns = {
        "id": np.arange(1, len(rows) + 1), "cell": coordinates_to_cells(locations.lat, locations.lng, FINEST_RESOLUTION),
        "received": messages.received, "theme": messages.theme + 1, "agency": assign_agencies(messages, is_on_highway(messages)) + 1,
        "source": np.ones(len(rows)), "district": read_settlements().municipality[messages.town] + 2, "quality": locations.quality,
        "status": np.full(len(rows), Status.CLOSED), "lng": np.rint(locations.lng * POSITION_UNITS),
        "lat": np.rint(locations.lat * POSITION_UNITS),
    }  # fmt: skip
    for name, values in columns.items():
        rows[name] = np.asarray(values)
    return rows


def _make_catalogue() -> Catalogue:
    towns, places = read_settlements(), read_municipalities()
    sectors = [Entry(number, sector.code, sector.name_ru, sector.name_en) for number, sector in enumerate(SECTORS, 1)]
    position = {sector.code: sector.id for sector in sectors}
    themes = [
        Entry(number, theme.code, theme.name_ru, theme.name_en, position[theme.sector]) for number, theme in enumerate(DEMO_THEMES, 1)
    ]
    agencies = [Entry(number, agency.code, agency.name, agency.name) for number, agency in enumerate(list_agencies(), 1)]
    sources = [SourceEntry(number, channel.code, channel.code, channel.code) for number, channel in enumerate(DEMO_CHANNELS, 1)]
    centres = [(float(towns.lng[place.centre]), float(towns.lat[place.centre])) for place in places]
    districts = [
        District(number, place.code, place.name, place.name_en, 1, level=DistrictLevel.DISTRICT, label=centre)
        for number, (place, centre) in enumerate(zip(places, centres, strict=True), 2)
    ]
    region = District(1, "krai", "Краснодарский край", "Krasnodar Krai", level=DistrictLevel.REGION, label=(39.0, 45.0))
    order = np.argsort(towns.geoname_id)
    settlements = Settlements(
        (1,), towns.geoname_id[order].astype(np.int32), tuple(towns.name[at] for at in order), tuple(towns.name[at] for at in order),
        towns.population[order].astype(np.int32), towns.lng[order], towns.lat[order],
    )  # fmt: skip
    return Catalogue(
        Entries(sectors), Entries(themes), Entries(sources), Entries(agencies), Entries([region, *districts]), settlements=settlements
    )
