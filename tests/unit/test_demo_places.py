"""Where the demo region's messages lie: on streets of real settlements, never in the water."""

import csv
import re
from functools import cache

import h3
import numpy as np
import pytest

from geo_service.core.model import LocationQuality
from ingest.demo.geography.region import DATA_FOLDER, is_habitable, read_municipalities, read_settlements, settlement_row
from ingest.demo.geography.streets import build_streets, built_radius_km
from ingest.demo.messages.addresses import format_addresses, street_name
from ingest.demo.messages.agencies import DEMO_CHANNELS, assign_channels
from ingest.demo.messages.draws import Messages, draw_days
from ingest.demo.messages.locations import MessageLocations, draw_locations, is_on_highway
from ingest.demo.messages.themes import DEMO_THEMES
from tests.support.settlement_names import named_settlements

DAY = 20_600


@cache
def some() -> tuple[Messages, MessageLocations]:
    messages = draw_days(DAY, DAY + 60)
    return messages, draw_locations(messages)


def test_settlements_are_where_geonames_has_them() -> None:
    towns = read_settlements()
    for row, number in enumerate(towns.geoname_id.tolist()):
        known = named_settlements()[number]
        assert (known.country, known.population) == ("RU", towns.population[row])
        assert (known.lng, known.lat) == (towns.lng[row], towns.lat[row])


def test_neighbouring_settlements_are_where_geonames_has_them() -> None:
    rows = list(csv.DictReader((DATA_FOLDER / "neighbours.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["name"] for row in rows if not row["geoname_id"]] == ["Guzeripl", "Khamyshki"]
    known = [row for row in rows if row["geoname_id"] and int(row["geoname_id"]) in named_settlements()]
    # A few of the smallest are left out of the gazetteer.
    assert len(known) > 0.9 * len(rows)
    for row in known:
        settlement = named_settlements()[int(row["geoname_id"])]
        assert (settlement.lng, settlement.lat) == (float(row["lng"]), float(row["lat"])), row


def test_no_settlement_lies_in_the_water() -> None:
    assert is_habitable(read_settlements().lng, read_settlements().lat).all()


@pytest.mark.parametrize(
    ("sea", "lng", "lat"),
    [
        ("off Sochi", 39.68, 43.56), ("off Adler", 39.88, 43.42), ("off Tuapse", 39.05, 44.07), ("the bay of Gelendzhik", 38.055, 44.57),
        ("the bay of Novorossiysk", 37.81, 44.69), ("off Anapa", 37.26, 44.89), ("off Temryuk", 37.4, 45.36), ("off Yeysk", 38.2, 46.75),
        ("Krasnodar reservoir", 39.2, 45.0),
    ],
)  # fmt: skip
def test_the_sea_is_not_inhabited(sea: str, lng: float, lat: float) -> None:
    assert not is_habitable(np.array([lng]), np.array([lat]))[0], sea


def test_no_message_lies_in_the_water() -> None:
    messages, spots = some()
    wet = ~is_habitable(spots.lng, spots.lat)
    # A house stands behind its street: a few metres beyond the line that the street keeps.
    assert wet.mean() < 0.001
    assert len(messages) > 10_000


def test_messages_stay_in_their_settlement_and_on_the_roads_between() -> None:
    messages, spots = some()
    towns = read_settlements()
    inside = ~is_on_highway(messages)
    town = messages.town[inside]
    away = (
        np.hypot((spots.lng[inside] - towns.lng[town]) * np.cos(np.radians(towns.lat[town])), spots.lat[inside] - towns.lat[town]) * 111.2
    )
    assert (away < 2.6 * built_radius_km(towns.population[town]) * towns.stretch[town]).all()
    assert ((spots.road >= 0) == ~inside).all()
    assert 0.005 < (~inside).mean() < 0.05
    assert all(DEMO_THEMES[theme].on_road for theme in messages.theme[~inside].tolist())


def test_a_town_is_not_one_blob() -> None:
    messages, spots = some()
    krasnodar = (messages.town == settlement_row("Краснодар")) & (spots.road < 0)
    cells = {h3.latlng_to_cell(lat, lng, 9) for lat, lng in zip(spots.lat[krasnodar].tolist(), spots.lng[krasnodar].tolist(), strict=True)}
    assert len(cells) > 700
    counts = np.unique(np.round(spots.lng[krasnodar], 5), return_counts=True)[1]
    assert counts.max() < 0.03 * krasnodar.sum()
    assert (counts > 1).sum() > 20  # addresses that write again


def test_houses_stand_beside_their_street_and_roads_are_roads() -> None:
    messages, spots = some()
    net = build_streets()
    rows = np.flatnonzero(spots.road < 0)
    segment = spots.segment[rows]
    squeeze = np.cos(np.radians(net.lat[segment])) * 111.2
    along = np.column_stack([net.along_lng[segment] * squeeze, net.along_lat[segment] * 111.2])
    to = np.column_stack([(spots.lng[rows] - net.lng[segment]) * squeeze, (spots.lat[rows] - net.lat[segment]) * 111.2])
    distance = np.abs(along[:, 0] * to[:, 1] - along[:, 1] * to[:, 0]) / np.hypot(*along.T)
    on_road = np.array([DEMO_THEMES[theme].on_road for theme in messages.theme[rows].tolist()]) | (
        spots.quality[rows] == LocationQuality.STREET
    )
    assert distance[on_road].max() < 0.001
    assert np.abs(distance[~on_road] - 0.016).max() < 0.001


def test_precision_fits_the_address() -> None:
    messages, spots = some()
    written = format_addresses(messages, spots)
    for address, quality, house, road in zip(written, spots.quality.tolist(), spots.house.tolist(), spots.road.tolist(), strict=True):
        if road >= 0:
            assert re.fullmatch(r"а/д .+ — .+, \d+-й км", address)
        elif quality == LocationQuality.STREET:
            assert house == 0
            assert not re.search(r"\d$", address), address
        else:
            assert re.search(rf"\b{house}$", address), address
    bot = assign_channels(messages) == [one.code for one in DEMO_CHANNELS].index("bot")
    assert set(spots.quality[bot].tolist()) == {LocationQuality.EXACT, LocationQuality.STREET}


def test_streets_of_a_settlement_have_names_of_their_own() -> None:
    names = [street_name(settlement_row("Краснодар"), number) for number in range(600)]
    assert len(set(names)) == 600
    assert not [name for name in names if re.search(r"(пер\.|проезд) .*ая$", name)]


def test_every_municipality_has_settlements() -> None:
    assert set(read_settlements().municipality.tolist()) == set(range(len(read_municipalities())))
