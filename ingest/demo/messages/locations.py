"""Locations of messages: a house on a street, a point on the carriageway, or a kilometre of a highway."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from geo_service.core.model import LocationQuality
from ingest.demo.geography.highways import build_highways
from ingest.demo.geography.region import Floats, Ints, degrees_per_km, read_settlements
from ingest.demo.geography.streets import build_streets
from ingest.demo.messages.agencies import DEMO_CHANNELS, assign_channels
from ingest.demo.messages.draws import Chance, Messages
from ingest.demo.messages.themes import DEMO_THEMES

_SEED = 2306
_HOUSE_DISTANCE_KM = 0.024
"""Distance between neighbouring houses on one side of a street."""
_SETBACK_KM = 0.016
"""Distance from the middle of the street to a house."""
_HOT_HOUSE_SHARE = 0.3
"""Share of messages from houses that send many messages."""
_INHABITANTS_PER_HOT_HOUSE = 350
_HIGHWAY_SHARE = 0.16
"""Share of the messages about carriageways that are about highways."""
_STREET_ONLY_SHARE = 0.1
"""Share of messages that name no house."""
_BOT = next(index for index, channel in enumerate(DEMO_CHANNELS) if channel.code == "bot")


@dataclass(frozen=True, slots=True)
class MessageLocations:
    """Locations of messages, one row each; degrees."""

    lng: Floats
    lat: Floats
    quality: NDArray[np.int16]
    segment: Ints
    """Row of `build_streets()`."""
    house: Ints
    """House number, 0 for none."""
    road: Ints
    """Row of `build_highways()`, -1 for a location in the settlement."""
    kilometre: Ints
    """Kilometre of the highway."""


def is_on_highway(messages: Messages) -> NDArray[np.bool_]:
    """Return whether each message is about a highway."""
    carriageway = np.array([kind.on_road for kind in DEMO_THEMES])[messages.theme]
    return carriageway & (messages.chance[:, Chance.HIGHWAY] < _HIGHWAY_SHARE)


def draw_locations(messages: Messages) -> MessageLocations:
    """Return the location of each message."""
    chance, on_highway = messages.chance, is_on_highway(messages)
    segment, share = _choose_segments(messages)
    houses = np.maximum((build_streets().length[segment] / _HOUSE_DISTANCE_KM).astype(np.int64), 2)
    house = (share * houses * 2).astype(np.int64)
    no_house = chance[:, Chance.PRECISION] < _STREET_ONLY_SHARE
    quality = np.where(no_house | on_highway, LocationQuality.STREET, LocationQuality.HOUSE)
    quality[(assign_channels(messages) == _BOT) & ~no_house] = LocationQuality.EXACT
    lng, lat = _locate_houses(
        segment, (house // 2 + 0.5) / houses, house, np.array([kind.on_road for kind in DEMO_THEMES])[messages.theme] | no_house
    )
    road = build_highways().choose(chance[:, Chance.STREET])
    road_share = 0.06 + 0.88 * chance[:, Chance.HOUSE]
    road_lng, road_lat = build_highways().locate(road, road_share)
    return MessageLocations(
        lng=np.where(on_highway, road_lng, lng),
        lat=np.where(on_highway, road_lat, lat),
        quality=quality.astype(np.int16),
        segment=segment,
        house=np.where(no_house, 0, build_streets().block[segment] * houses * 2 + house + 1),
        road=np.where(on_highway, road, -1),
        kilometre=np.maximum((road_share * build_highways().length[road]).astype(np.int64), 1),
    )


def _choose_segments(messages: Messages) -> tuple[Ints, Floats]:
    """Return the segment and the position along it (0 to 1): anywhere in the settlement, or one of its hot houses."""
    chance = messages.chance
    segment, share = _find_segment(messages.town, chance[:, Chance.STREET]), chance[:, Chance.HOUSE]
    first, hot_segment, hot_share = _draw_hot_houses()
    count = first[messages.town + 1] - first[messages.town]
    row = first[messages.town] + (count * chance[:, Chance.STREET] ** 2.2).astype(np.int64)
    is_hot = chance[:, Chance.TROUBLE] < _HOT_HOUSE_SHARE
    return np.where(is_hot, hot_segment[row], segment), np.where(is_hot, hot_share[row], share)


def _find_segment(town: Ints, chance: Floats) -> Ints:
    """Return the segment of the settlement at this share of its cumulative weight."""
    cumulative, first = build_streets().cumulative_weight, build_streets().first
    before = np.where(first[town] > 0, cumulative[first[town] - 1], 0)
    target = before + chance * (cumulative[first[town + 1] - 1] - before)
    return np.clip(np.searchsorted(cumulative, target, side="right"), first[town], first[town + 1] - 1)


@cache
def _draw_hot_houses() -> tuple[Ints, Ints, Floats]:
    """Return the hot houses: first index of each settlement, segment of each house, position along it (0 to 1)."""
    towns = read_settlements()
    counts = 1 + towns.population // _INHABITANTS_PER_HOT_HOUSE
    chance = np.concatenate([
        np.random.default_rng([_SEED, int(number)]).random((int(count), 2)) for number, count in zip(towns.geoname_id, counts, strict=True)
    ])  # fmt: skip
    town = np.repeat(np.arange(len(towns)), counts)
    return np.cumsum([0, *counts]), _find_segment(town, chance[:, 0]), chance[:, 1]


def _locate_houses(segment: Ints, share: Floats, house: Ints, on_road: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return longitude and latitude of houses: even numbers on one side, odd ones on the other; `on_road`: the middle of the street."""
    network = build_streets()
    east, north = degrees_per_km(network.lat[segment])
    setback = np.where(on_road, 0, _SETBACK_KM) * np.where(house % 2, 1, -1) / network.length[segment]
    lng = network.lng[segment] + network.along_lng[segment] * share - network.along_lat[segment] / north * east * setback
    return lng, network.lat[segment] + network.along_lat[segment] * share + network.along_lng[segment] / east * north * setback
