"""Which place an incident belongs to, and what it is called."""

from math import asin, cos, radians, sin, sqrt

import h3.api.basic_int as h3
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_service.aggregation.alerts.model import Place as PlaceOfAlerts
from geo_service.aggregation.places.nearest import Positions, bearings, find_nearest, unit_vectors
from geo_service.aggregation.places.place import Place
from geo_service.aggregation.places.place_index import PlaceIndex, find_places
from geo_service.core.model import DistrictLevel
from tests.support.alert_history import DAY_S, Message, add, catalogue, district, make_state, settlements

NOW = 1_790_000_000
VILLAGES = settlements((7, "Аршан", 39.0, 45.0), (9, "Бея", 39.2, 45.0), (12, "Вал", 39.0, 45.6))


def haversine_km(lng: float, lat: float, other_lng: float, other_lat: float) -> float:
    first, second = radians(lat), radians(other_lat)
    half = sin((second - first) / 2) ** 2 + cos(first) * cos(second) * sin(radians(other_lng - lng) / 2) ** 2
    return 2 * 6371.0088 * asin(sqrt(half))


def places_of(index: PlaceIndex, rows: int) -> list[Place]:
    return [index.places[number] for number in index.place_of_rows(np.arange(rows)).tolist()]


def at(lng: float, lat: float, received: int = NOW, **fields: int) -> Message:
    return Message(received, lng, lat, **fields)


def test_an_incident_belongs_to_its_nearest_settlement() -> None:
    index = PlaceIndex(make_state([at(39.02, 45.01), at(39.15, 45.0, NOW + 1), at(39.0, 45.57, NOW + 2)], catalogue(VILLAGES)))
    assert [place.key for place in places_of(index, 3)] == ["s:7", "s:9", "s:12"]
    assert [(place.name_ru, place.name_en) for place in places_of(index, 1)] == [("Аршан", "АРШАН")]


@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=12),
       st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=12))  # fmt: skip
def test_the_nearest_point_is_that_of_the_haversine_formula(points: list[tuple[float, float]], places: list[tuple[float, float]]) -> None:
    cells = np.array([h3.latlng_to_cell(lat, lng, 10) for lng, lat in places], np.uint64)
    vectors = unit_vectors(Positions(*map(np.array, zip(*points, strict=True))))
    nearest = find_nearest(cells, vectors)
    for cell, index, km in zip(cells.tolist(), nearest.index.tolist(), nearest.km.tolist(), strict=True):
        lat, lng = h3.cell_to_latlng(cell)
        distances = [haversine_km(lng, lat, *point) for point in points]
        assert km == pytest.approx(min(distances), abs=1e-5)
        assert distances[index] == pytest.approx(min(distances), abs=1e-5)


@pytest.mark.parametrize(
    ("lng", "lat", "town"), [(-179.98, 65.0, (179.99, 65.0)), (179.99, -16.8, (-179.97, -16.8)), (100.0, 89.97, (-80.0, 89.98))]
)
def test_a_settlement_across_the_antimeridian_or_the_pole_is_near(lng: float, lat: float, town: tuple[float, float]) -> None:
    index = PlaceIndex(
        make_state([at(lng, lat)], catalogue(settlements((3, "Край", *town), (4, "Дальний", lng - 90, lat - 1 if lat > 0 else lat + 1))))
    )
    assert places_of(index, 1)[0].key == "s:3"


def test_beyond_10_km_the_place_is_a_hexagon_named_after_the_nearest_settlement() -> None:
    place = places_of(PlaceIndex(make_state([at(39.0, 45.15)], catalogue(VILLAGES))), 1)[0]
    cell = h3.latlng_to_cell(45.15, 39.0, 6)
    lat, lng = h3.cell_to_latlng(cell)
    km = round(haversine_km(39.0, 45.0, lng, lat))
    assert (place.key, place.cell) == (f"h:{cell:x}", cell)
    assert (place.name_ru, place.name_en) == (f"{km} км к северу от н. п. Аршан", f"{km} km north of АРШАН")


def test_without_any_settlement_a_place_is_a_hexagon_named_by_its_coordinates() -> None:
    place = places_of(PlaceIndex(make_state([at(-39.0, -45.15)])), 1)[0]
    lat, lng = h3.cell_to_latlng(h3.latlng_to_cell(-45.15, -39.0, 6))
    assert place.name_en == f"{-lat:.2f}° S, {-lng:.2f}° W"
    assert place.name_ru == f"{-lat:.2f}° ю. ш., {-lng:.2f}° з. д.".replace(".", ",", 1).replace(
        f"{-lng:.2f}", f"{-lng:.2f}".replace(".", ",")
    )


def test_without_incidents_there_are_no_places() -> None:
    index = PlaceIndex(make_state([], catalogue(VILLAGES)))
    assert (list(index.places), index.place_of_rows(slice(None)).tolist()) == ([], [])


def test_the_deepest_district_of_level_settlement_comes_before_a_near_settlement() -> None:
    districts = [
        district(1, "r", DistrictLevel.REGION),
        district(2, "d", DistrictLevel.DISTRICT, 1),
        district(3, "town", DistrictLevel.SETTLEMENT, 2),
    ]
    messages = [at(39.0, 45.0, district=3), at(39.0, 45.0, NOW + 1, district=2), at(39.0, 45.0, NOW + 2, district=99)]
    index = PlaceIndex(make_state(messages, catalogue(VILLAGES, districts)))
    assert [place.key for place in places_of(index, 3)] == ["d:town", "s:7", "s:7"]


def test_a_place_lies_in_the_district_of_most_of_its_cells() -> None:
    districts = [district(1, "west", DistrictLevel.DISTRICT), district(2, "east", DistrictLevel.DISTRICT)]
    messages = [at(39.0, 45.0, district=1), at(39.01, 45.0, district=2), at(39.02, 45.0, district=2), at(39.2, 45.0)]
    index = PlaceIndex(make_state(messages, catalogue(VILLAGES, districts)))
    assert {place.key: place.district for place in places_of(index, 4)} == {"s:7": 2, "s:9": 0}


def large_town() -> list[Message]:
    """Messages of one town: one in each of its parts, 1,000 in the middle; and 200 elsewhere."""
    centre = h3.latlng_to_cell(45.0, 39.0, 7)
    parts = [h3.cell_to_latlng(cell) for cell in sorted(h3.grid_disk(centre, 3))]
    town = [at(lng, lat) for lat, lng in parts if haversine_km(39.0, 45.0, lng, lat) < 9] + [at(39.0, 45.0)] * 1000
    return town + [at(41.0 + number / 2, 45.0) for number in range(200)]


def test_a_town_with_more_than_a_tenth_of_a_year_is_divided_into_parts_with_names_of_their_own() -> None:
    messages = large_town()
    index = find_places(make_state(messages, catalogue(settlements((7, "Краснодар", 39.0, 45.0)))))
    town = [place for place in set(places_of(index, len(messages))) if place.key.startswith("s:7")]
    assert {h3.get_resolution(place.cell) for place in town} == {7}
    assert len(town) == len({place.name_ru for place in town}) == len({place.name_en for place in town}) > 20
    assert {"Краснодар, центр", "Краснодар, северо-восток", "Краснодар, юг"} <= {place.name_ru for place in town}
    north_east = next(place for place in town if place.name_ru == "Краснодар, северо-восток")
    towards = bearings(Positions(np.array([39.0]), np.array([45.0])), Positions(np.array([north_east.lng]), np.array([north_east.lat])))
    assert towards[0] == pytest.approx(45, abs=22.5)


@pytest.mark.parametrize("crowd", [[at(39.0, 45.0, NOW - 366 * DAY_S)] * 1000, [at(39.0, 45.0)] * 999])
def test_neither_what_is_older_than_a_year_nor_fewer_than_a_thousand_messages_divide_a_town(crowd: list[Message]) -> None:
    messages = [*crowd, *(at(41.0 + number / 2, 45.0) for number in range(50))]
    state = make_state(messages, catalogue(VILLAGES))
    row = int(np.argmin(state.columns["lng"]))
    assert PlaceIndex(state).places[PlaceIndex(state).place_of_rows(np.array([row]))[0]].key == "s:7"


def test_a_name_of_a_part_does_not_depend_on_which_parts_have_messages() -> None:
    known = catalogue(settlements((7, "Краснодар", 39.0, 45.0)))
    names = []
    for messages in (large_town(), [message for message in large_town() if message.lng > 38.98]):
        index = find_places(make_state(messages, known))
        names.append({place.key: place.name_ru for place in places_of(index, len(messages)) if place.key.startswith("s:7")})
    assert names[1].items() <= names[0].items()
    assert 5 < len(names[1]) < len(names[0])


def test_the_parts_of_a_large_district_are_named_after_it() -> None:
    city = district(3, "city", DistrictLevel.SETTLEMENT, None, (39.0, 45.0))
    messages = [at(39.08, 45.0, district=3), *[at(39.0, 45.0, district=3)] * 1000]
    index = PlaceIndex(make_state(messages, catalogue(VILLAGES, [city])))
    assert {place.name_ru for place in places_of(index, len(messages))} == {"city, центр", "city, восток, 7 км"}


def test_places_keep_their_numbers_when_cells_come() -> None:
    state = make_state([at(39.0, 45.0), at(39.2, 45.0, NOW + 1)], catalogue(VILLAGES))
    index = find_places(state)
    before = list(index.places)
    add(state, [at(39.0, 45.6, NOW + 2), at(39.2, 45.01, NOW + 3), at(50.0, 50.0, NOW + 4, district=0)], 3)
    assert find_places(state) is index
    assert index.generation == 0
    assert index.places[: len(before)] == before
    assert [place.key[:4] for place in places_of(index, 5)] == ["s:7", "s:9", "s:12", "s:9", "h:86"]


def test_places_are_found_anew_when_settlements_change() -> None:
    state = make_state([at(39.0, 45.0)], catalogue(VILLAGES))
    assert places_of(find_places(state), 1)[0].key == "s:7"
    add(state, [], 2, catalogue(settlements((8, "Новый", 39.0, 45.0), revision=(2,))))
    index = find_places(state)
    assert (places_of(index, 1)[0].key, index.generation) == ("s:8", 1)


def test_alerts_have_the_same_places() -> None:
    assert PlaceOfAlerts is Place
