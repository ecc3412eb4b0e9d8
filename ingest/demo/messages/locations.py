"""Where a message points: a house on a street, a place on the carriageway, a kilometre of a road between settlements."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from geo_service.core.model import LocationQuality
from ingest.demo.geography.highways import highways
from ingest.demo.geography.region import Floats, Ints, degrees, settlements
from ingest.demo.geography.streets import streets
from ingest.demo.messages.agencies import CHANNELS, channel_of
from ingest.demo.messages.draws import Chance, Messages
from ingest.demo.messages.themes import KINDS

_SEED = 2306
_HOUSE_KM = 0.024
"""Between neighbours on one side of a street."""
_SET_BACK_KM = 0.016
"""From the middle of the street to a house."""
_TROUBLE = 0.3
"""Share of messages from addresses that write again and again."""
_PEOPLE_TO_A_TROUBLED_HOUSE = 350
_ON_HIGHWAY = 0.16
"""Share of messages about carriageways that are about those between settlements."""
_STREET_ONLY = 0.1
"""Share of messages that name no house."""
_BOT = next(place for place, channel in enumerate(CHANNELS) if channel.code == "bot")


@dataclass(frozen=True, slots=True)
class Spots:
    """Places, one row a message."""

    lng: Floats
    lat: Floats
    quality: NDArray[np.int16]
    segment: Ints
    """Row of `streets()`."""
    house: Ints
    """House number, 0 for none."""
    road: Ints
    """Row of `highways()`, -1 for a place in the settlement."""
    kilometre: Ints
    """From the road's beginning."""


def on_highway(messages: Messages) -> NDArray[np.bool_]:
    """Whether each message is about a road between settlements."""
    carriageway = np.array([kind.on_road for kind in KINDS])[messages.theme]
    return carriageway & (messages.chance[:, Chance.HIGHWAY] < _ON_HIGHWAY)


def locate(messages: Messages) -> Spots:
    """The place of each message."""
    chance, away = messages.chance, on_highway(messages)
    segment, share = _segments(messages)
    houses = np.maximum((streets().length[segment] / _HOUSE_KM).astype(np.int64), 2)
    house = (share * houses * 2).astype(np.int64)
    vague = chance[:, Chance.PRECISION] < _STREET_ONLY
    quality = np.where(vague | away, LocationQuality.STREET, LocationQuality.HOUSE)
    quality[(channel_of(messages) == _BOT) & ~vague] = LocationQuality.EXACT
    lng, lat = _beside_street(
        segment, (house // 2 + 0.5) / houses, house, np.array([kind.on_road for kind in KINDS])[messages.theme] | vague
    )
    road = highways().choose(chance[:, Chance.STREET])
    way = 0.06 + 0.88 * chance[:, Chance.HOUSE]
    far_lng, far_lat = highways().point(road, way)
    return Spots(
        lng=np.where(away, far_lng, lng),
        lat=np.where(away, far_lat, lat),
        quality=quality.astype(np.int16),
        segment=segment,
        house=np.where(vague, 0, streets().block[segment] * houses * 2 + house + 1),
        road=np.where(away, road, -1),
        kilometre=np.maximum((way * highways().length[road]).astype(np.int64), 1),
    )


def _segments(messages: Messages) -> tuple[Ints, Floats]:
    """Segment, and how far along it, 0 to 1: anywhere people live, or one of the settlement's troubled houses."""
    chance = messages.chance
    segment, share = _segment(messages.town, chance[:, Chance.STREET]), chance[:, Chance.HOUSE]
    first, troubled, at = _trouble()
    count = first[messages.town + 1] - first[messages.town]
    row = first[messages.town] + (count * chance[:, Chance.STREET] ** 2.2).astype(np.int64)
    again = chance[:, Chance.TROUBLE] < _TROUBLE
    return np.where(again, troubled[row], segment), np.where(again, at[row], share)


def _segment(town: Ints, chance: Floats) -> Ints:
    """The segment of the town in which this share of its people is reached."""
    reached, first = streets().reached, streets().first
    before = np.where(first[town] > 0, reached[first[town] - 1], 0)
    wanted = before + chance * (reached[first[town + 1] - 1] - before)
    return np.clip(np.searchsorted(reached, wanted, side="right"), first[town], first[town + 1] - 1)


@cache
def _trouble() -> tuple[Ints, Ints, Floats]:
    """Troubled houses of every settlement: where each settlement's begin, their segments, and how far along."""
    towns = settlements()
    counts = 1 + towns.population // _PEOPLE_TO_A_TROUBLED_HOUSE
    chance = np.concatenate([
        np.random.default_rng([_SEED, int(number)]).random((int(count), 2)) for number, count in zip(towns.geoname_id, counts, strict=True)
    ])  # fmt: skip
    town = np.repeat(np.arange(len(towns)), counts)
    return np.cumsum([0, *counts]), _segment(town, chance[:, 0]), chance[:, 1]


def _beside_street(segment: Ints, share: Floats, house: Ints, on_road: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """A house: even numbers on one side, odd ones on the other; on the road: the middle."""
    net = streets()
    east, north = degrees(net.lat[segment])
    back = np.where(on_road, 0, _SET_BACK_KM) * np.where(house % 2, 1, -1) / net.length[segment]
    lng = net.lng[segment] + net.along_lng[segment] * share - net.along_lat[segment] / north * east * back
    return lng, net.lat[segment] + net.along_lat[segment] * share + net.along_lng[segment] / east * north * back
