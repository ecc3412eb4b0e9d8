"""What every step of geocoding must do, and what each of them does on its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from geo_service.core.database import open_connection
from geo_service.core.errors import SettingsError
from geo_service.core.model import GeocodedBy, LocationQuality
from geo_service.core.settings import Settings
from ingest.geocoding import Deferred, GeocodedPlace, GeocodeQuery, Step, Unresolved
from ingest.geocoding.chain import Chain
from ingest.geocoding.local_steps import AddressCache, Gazetteer
from ingest.geocoding.server import GeocodingServer, read_server_address
from ingest.geocoding.toponyms.addresses import address_key, format_server_query, is_self_contained, names_street
from tests.support.gazetteers import demo_index
from tests.support.geocoders import KRASNODAR_KRAI, QUICK, Told, asking, feature, house, serving

KNOWN = GeocodeQuery("г. Краснодар, ул. Красная, 5")
ASKED = "улица Красная, 5, Краснодар"
Making = Callable[[str], AbstractAsyncContextManager[Step]]


@asynccontextmanager
async def gazetteer(_: str) -> AsyncIterator[Step]:
    yield Gazetteer(demo_index())


@asynccontextmanager
async def cache(url: str) -> AsyncIterator[Step]:
    async with open_connection(url) as held:
        made = AddressCache(held, 365)
        await made.store({KNOWN.address: GeocodedPlace(38.97, 45.03, LocationQuality.HOUSE, 0.9, GeocodedBy.NOMINATIM, "дом")})
        yield made


@asynccontextmanager
async def nominatim(_: str) -> AsyncIterator[Step]:
    async with serving(Told({"Краснодар, улица Красная, 5": [house(38.97, 45.03)]})) as url, asking(url) as made:
        yield made


@asynccontextmanager
async def photon(_: str) -> AsyncIterator[Step]:
    async with serving(Told({"Краснодар, улица Красная, 5": [feature(38.97, 45.03, "house")]})) as url, asking(url, "photon") as made:
        yield made


@pytest.mark.parametrize("making", [gazetteer, cache, nominatim, photon])
class TestEveryStep:
    """The conformance test: a new step is one more entry of the list above."""

    async def test_it_has_a_verdict_for_each_query_in_order(self, making: Making, database_url: str) -> None:
        async with making(database_url) as step:
            verdicts = await step.locate(
                [GeocodeQuery("", ""), KNOWN, GeocodeQuery("?!", "\0 \U0001f600"), KNOWN, GeocodeQuery("х. Незнакомый")]
            )
            assert [type(one) for one in verdicts] == [Unresolved, GeocodedPlace, Unresolved, GeocodedPlace, Unresolved]
            assert verdicts[1] == verdicts[3]
            assert await step.locate([]) == []

    async def test_an_answer_is_a_place_with_its_precision(self, making: Making, database_url: str) -> None:
        async with making(database_url) as step:
            (answer,) = await step.locate([KNOWN])
            assert isinstance(answer, GeocodedPlace)
            assert [answer.lng, answer.lat] == pytest.approx([38.97, 45.03], abs=0.1)
            assert answer.quality in (LocationQuality.HOUSE, LocationQuality.SETTLEMENT)
            assert 0 < answer.confidence <= 1
            assert answer.name

    async def test_what_it_passes_on_has_a_reason(self, making: Making, database_url: str) -> None:
        async with making(database_url) as step:
            (verdict,) = await step.locate([GeocodeQuery("х. Незнакомый, ул. Мира, 1")])
            assert isinstance(verdict, Unresolved)
            assert verdict.reason


@pytest.mark.parametrize(
    ("kind", "answer", "quality"),
    [
        ("nominatim", house(38.97, 45.03), LocationQuality.HOUSE),
        ("nominatim", house(38.97, 45.03, "road", None), LocationQuality.STREET),
        ("nominatim", house(38.97, 45.03, "amenity", None), LocationQuality.HOUSE),
        ("nominatim", house(38.97, 45.03, "village", None), LocationQuality.SETTLEMENT),
        ("nominatim", house(38.97, 45.03, "county", None), LocationQuality.DISTRICT),
        ("nominatim", house(38.97, 45.03, "country", None), None),
        ("nominatim", {"lat": "45.03", "lon": "38.97", "display_name": "?"}, None),
        ("nominatim", house(37.6, 55.7), None),
        ("photon", feature(38.97, 45.03, "house"), LocationQuality.HOUSE),
        ("photon", feature(38.97, 45.03, "street"), LocationQuality.STREET),
        ("photon", feature(38.97, 45.03, "city"), LocationQuality.SETTLEMENT),
        ("photon", feature(38.97, 45.03, "country"), None),
    ],
)
async def test_precision_is_read_from_the_answer_and_nothing_outside_the_region_is_taken(
    kind: str, answer: dict[str, Any], quality: LocationQuality | None
) -> None:
    async with serving(Told({ASKED: [answer]})) as url, asking(url, kind) as server:
        (verdict,) = await server.locate([GeocodeQuery(KNOWN.address, settlement="Краснодар")])
    assert (verdict.quality if isinstance(verdict, GeocodedPlace) else None) == quality


async def test_of_several_answers_the_finest_is_taken_and_none_where_equally_fine_ones_lie_apart() -> None:
    near, far = house(38.97, 45.03), house(39.97, 45.03)
    told = Told({ASKED: [house(38.9, 45.0, "road", None), near]})
    async with serving(told) as url, asking(url) as server:
        (verdict,) = await server.locate([GeocodeQuery(KNOWN.address, settlement="Краснодар")])
        assert isinstance(verdict, GeocodedPlace)
        assert (verdict.lng, verdict.quality) == (38.97, LocationQuality.HOUSE)
        told.answers = {ASKED: [near, far]}
        (verdict,) = await server.locate([GeocodeQuery(KNOWN.address, settlement="Краснодар")])
        assert isinstance(verdict, Unresolved)
        assert {one.lng for one in verdict.candidates} == {38.97, 39.97}


async def test_a_street_without_a_settlement_is_not_asked_for() -> None:
    told = Told()
    async with serving(told) as url, asking(url) as server:
        (verdict,) = await server.locate([GeocodeQuery("ул. Мира, 5")])
    assert isinstance(verdict, Unresolved)
    assert told.asked == []


@pytest.mark.parametrize(
    ("kind", "status", "text", "verdict"),
    [
        ("nominatim", 503, None, Deferred), ("nominatim", 429, None, Deferred), ("nominatim", 403, None, Deferred),
        ("nominatim", 500, None, Deferred), ("nominatim", 400, None, Unresolved), ("nominatim", 200, "<html>", Deferred),
        ("nominatim", 200, '{"a": 1}', Deferred), ("photon", 200, "[1]", Deferred), ("photon", 200, '{"features": [1]}', Deferred),
    ],
)  # fmt: skip
async def test_a_fault_of_the_server_delays_and_a_question_it_does_not_understand_passes(
    kind: str, status: int, text: str | None, verdict: type
) -> None:
    async with serving(Told(status=status, text=text)) as url, asking(url, kind) as server:
        assert [type(one) for one in await server.locate([KNOWN])] == [verdict]


async def test_a_server_that_fails_again_and_again_is_left_alone_for_a_while() -> None:
    told = Told(status=503)
    patient = QUICK.model_copy(update={"timeout_s": 60, "at_once": 1})
    async with serving(told) as url, asking(url, part=patient) as server:
        verdicts = await server.locate([KNOWN] * 20)
    assert [type(one) for one in verdicts] == [Deferred] * 20
    assert len(told.asked) == QUICK.pause_after
    async with serving(told) as url, asking(url, part=patient.model_copy(update={"pause_s": 0.2})) as server:
        assert [type(one) for one in await server.locate([KNOWN] * 3)] == [Deferred] * 3
        told.status, told.answers = 200, {"Краснодар, улица Красная, 5": [house(38.97, 45.03)]}
        verdict = await wait_for_answer(server)
    assert verdict.quality is LocationQuality.HOUSE


async def wait_for_answer(server: GeocodingServer) -> GeocodedPlace:
    while True:
        (verdict,) = await server.locate([KNOWN])
        if isinstance(verdict, GeocodedPlace):
            return verdict


async def test_a_failed_question_is_asked_again() -> None:
    told = Told(status=503)
    async with serving(told) as url, asking(url, part=QUICK.model_copy(update={"retries": 2})) as server:
        await server.locate([KNOWN])
    assert len(told.asked) == 3
    assert told.agents == {"tests"}


async def test_nobody_at_the_address_delays() -> None:
    async with serving(Told()) as url:
        pass
    async with asking(url) as server:
        assert [type(one) for one in await server.locate([KNOWN])] == [Deferred]


def test_a_public_server_is_asked_once_a_second_one_at_a_time_and_only_by_name() -> None:
    public = {"geocoder": "nominatim", "geocoder_url": "https://nominatim.openstreetmap.org"}
    with pytest.raises(SettingsError, match="GEO_GEOCODER_AGENT: a public server needs a name"):
        read_server_address(Settings.model_validate(public))
    address = read_server_address(Settings.model_validate(public | {"geocoder_agent": "map of roads, roads@example.org"}))
    assert address is not None
    server = GeocodingServer(address, QUICK, None)
    assert (server._part.per_second, server._part.at_once, server._geocode.min_delay_seconds) == (1.0, 1, 1.0)


@pytest.mark.parametrize("url", [None, "127.0.0.1:8080", "ftp://127.0.0.1"])
def test_a_servers_address_that_cannot_be_used_is_told(url: str | None) -> None:
    with pytest.raises(SettingsError, match="GEO_GEOCODER_URL"):
        read_server_address(Settings.model_validate({"geocoder": "photon", "geocoder_url": url}))


class Says:
    """A step that always says the same."""

    name = "says"

    def __init__(self, *verdicts: GeocodedPlace | Unresolved | Deferred) -> None:
        self._verdicts = verdicts
        self.asked: list[GeocodeQuery] = []

    async def locate(self, queries: Any) -> list[Any]:
        self.asked += queries
        return [self._verdicts[row % len(self._verdicts)] for row in range(len(queries))]


def answer(quality: LocationQuality, lng: float = 38.97, confidence: float = 0.9) -> GeocodedPlace:
    return GeocodedPlace(lng, 45.03, quality, confidence, GeocodedBy.GAZETTEER, "Краснодар")


async def test_the_chain_goes_on_until_a_place_is_as_fine_as_the_words_and_keeps_the_best() -> None:
    first, second = Says(answer(LocationQuality.SETTLEMENT)), Says(Deferred("down"), answer(LocationQuality.HOUSE))
    chain = Chain([first, second], 0.6, KRASNODAR_KRAI, 30)
    street, settlement = GeocodeQuery("Краснодар, ул. Красная, 5"), GeocodeQuery("", "в Краснодаре")
    outcomes = await chain.locate([street, settlement, street])
    assert [(one.place and one.place.quality, one.is_final, one.deferred) for one in outcomes] == [
        (LocationQuality.SETTLEMENT, False, True), (LocationQuality.SETTLEMENT, True, False), (LocationQuality.HOUSE, True, False),
    ]  # fmt: skip
    assert [one.settlement for one in second.asked] == ["Краснодар", "Краснодар"]


@pytest.mark.parametrize(
    ("later", "fault"),
    [
        (answer(LocationQuality.HOUSE, 55.0), "it is outside the region"),
        (answer(LocationQuality.HOUSE, confidence=0.5), "its confidence is below 0.6"),
        (answer(LocationQuality.HOUSE, 40.0), "it is more than 30 km from Краснодар"),
        (answer(LocationQuality.SETTLEMENT), "it is not more precise than the place found before"),
    ],
)
async def test_an_answer_that_cannot_be_right_is_passed_over(later: GeocodedPlace, fault: str) -> None:
    chain = Chain([Says(answer(LocationQuality.SETTLEMENT)), Says(later)], 0.6, KRASNODAR_KRAI, 30)
    (outcome,) = await chain.locate([KNOWN])
    assert outcome.place == answer(LocationQuality.SETTLEMENT)
    assert [one for _, _, one in outcome.trace] == ["", fault]


async def test_what_is_certainly_elsewhere_is_not_asked_for_again() -> None:
    later = Says(answer(LocationQuality.HOUSE))
    chain = Chain([Gazetteer(demo_index()), later], 0.6, KRASNODAR_KRAI, 30)
    (outcome,) = await chain.locate([GeocodeQuery("г. Майкоп, ул. Советская, 5")])
    assert outcome.place is None
    assert later.asked == []


@pytest.mark.parametrize(
    ("address", "settlement", "asked"),
    [
        ("360022, г Нальчик, ул Мечникова, зд 130А", "Нальчик", "улица Мечникова, 130А, Нальчик"),
        ("в Нальчике, на улице Красной, дом 5", "Нальчик", "улица Красная, 5, Нальчик"),
        ("г. Краснодар, ул. Красная, д. 15, кв. 4", "Краснодар", "улица Красная, 15, Краснодар"),
        ("Краснодарский край, Абинский р-н, х. Незнакомый, пер. Школьный 5", "", "Незнакомый, переулок Школьный 5"),
        ("ул. Мира, 5", "Каневская", "улица Мира, 5, Каневская"),
        ("пр-кт им. Ленина, 5 Усть-Лабинск", "Усть-Лабинск", "проспект Ленина, 5, Усть-Лабинск"),
    ],
)
def test_a_server_is_asked_in_words_that_it_knows(address: str, settlement: str, asked: str) -> None:
    assert format_server_query(address, settlement) == asked


def test_addresses_that_are_spelt_otherwise_have_the_same_key() -> None:
    assert address_key("Краснодар, УЛ. Королёва, 5") == address_key("краснодар ул Королева,5") == "краснодар улица королева 5"


def test_an_address_that_does_not_say_where_is_not_for_the_cache() -> None:
    assert not is_self_contained("ул. Мира, 5", "Каневская")
    assert is_self_contained("в Каневской, ул. Мира, 5", "Каневская")
    assert is_self_contained("г. Майкоп, ул. Мира, 5", "")
    assert names_street("ул. Мира, 5")
    assert not names_street("350000, г. Краснодар")
