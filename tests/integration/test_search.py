"""The search over HTTP: names however they are written, numbers, and addresses from a geocoding server."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import h3.api.basic_int as h3
import httpx
import pytest

from geo_service.cli.application import make_application
from geo_service.core.database import open_connection
from geo_service.core.errors import SettingsError
from geo_service.core.settings import Settings
from tests.support.geocoders import Told, house, serving
from tests.support.http_client import asking, filled, until
from tests.support.statistics_oracle import get_json

CATALOGUE = """
insert into district (id, code, level, parent_id, name_ru, name_en, population, approximate) overriding system value values
    (1, '03', 1, null, 'Краснодарский край', 'Krasnodar Krai', 5800000, false),
    (2, '0301', 2, 1, 'Лабинский район', 'Labinsky District', 94000, false),
    (3, '0302', 2, 1, 'Каневской район', 'Kanevskoy District', 100000, false),
    (4, '030101', 3, 2, 'Вознесенское сельское поселение', 'Voznesenskoye', 9000, false);
insert into district_shape (district_id, band, shape)
select id, 5, st_multi(st_transform(st_makeenvelope(west, south, east, north, 4326), 3857)) from (values
    (1, 36.5, 43.5, 42.0, 46.9), (2, 40.4, 44.2, 41.2, 45.0), (3, 38.5, 45.7, 39.5, 46.5), (4, 40.9, 44.4, 41.1, 44.6)
) as box (id, west, south, east, north);
update district set area = st_transform(shape, 4326) from district_shape where district_id = district.id;
update boundary_state set revision = 1;
insert into place (id, name_ru, name_en, country, population, location)
select id, ru, en, 'RU', population, st_setsrid(st_makepoint(lng, lat), 4326) from (values
    (1, 'Вознесенская', 'Voznesenskaya', 8500, 40.99, 44.51), (2, 'Вознесенская', 'Voznesenskaya', 3100, 37.9, 44.9),
    (3, 'Усть-Лабинск', 'Ust’-Labinsk', 40000, 39.69, 45.21), (4, 'Горячий Ключ', 'Goryachiy Klyuch', 38000, 39.13, 44.63),
    (5, 'Королёв', 'Korolyov', 220000, 37.8, 55.9), (6, 'Краснодар', 'Krasnodar', 1100000, 38.98, 45.04),
    (7, 'Каневская', 'Kanevskaya', 44000, 38.97, 46.08), (8, 'Тимашёвск', 'Timashyovsk', 52000, 38.94, 45.62),
    (9, 'Красный', 'Krasnyy', 900, 39.0, 45.9), (10, 'Новая', 'Novaya', 0, -170.0, 66.0)
) as named (id, ru, en, population, lng, lat);
insert into source (code, name_ru, name_en) values ('pos', 'Портал', 'Portal'), ('vk', 'ВКонтакте', 'VK');
insert into theme (code, sector_id, name_ru, name_en)
values ('housing.water', 4, 'Нет холодной воды', 'No cold water'), ('roads.pothole', 7, 'Яма на дороге', 'Pothole');
insert into agency (code, name) values ('water', 'Водоканал Лабинска'), ('krasnodar', 'Администрация города Краснодара');
"""
NUMBERS = ("ЕПГУ-2026-0007", "ЕПГУ-2026-0008", "epgu-77", "145149", "7", "A%B_1")


async def fill(connection: asyncpg.Connection) -> None:
    """Two incidents a day ago in each place, and one old; the words are never shown."""
    await connection.execute(CATALOGUE)
    now = datetime.now(UTC)
    for number, external_id in enumerate(NUMBERS):
        lng, lat = (40.99, 44.51) if number < 4 else (38.98, 45.04)
        await connection.execute(
            "insert into incident (source_id, external_id, location, cell, location_quality, theme_id, agency_id, district_id, status,"
            " received_at, updated_at, message, address) values ($1, $2, st_setsrid(st_makepoint($3, $4), 4326), $5, 0, $6, $7, $8, 0,"
            " $9, $9, 'Нет воды', 'ул. Мира, 1')",
            1 if number < 4 else 2, external_id, lng, lat, h3.latlng_to_cell(lat, lng, 10), 1 if number < 4 else 2, 1 + number % 2,
            4 if number < 4 else 1, now - timedelta(days=1 if number else 90),
        )  # fmt: skip


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> str:
    return filled(database_url, fill)


@pytest.fixture(scope="module")
async def client(filled_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(filled_url) as made:
        yield made


async def search(client: httpx.AsyncClient, text: str, **parameters: str) -> list[dict[str, Any]]:
    """What is found."""
    results: list[dict[str, Any]] = (await get_json(client, "/api/search", q=text, **parameters))["results"]
    return results


async def found(client: httpx.AsyncClient, text: str, **parameters: str) -> list[str]:
    """Type and code of what is found."""
    return [f"{row['type']} {row['code']}" for row in await search(client, text, **parameters)]


@pytest.mark.parametrize(
    ("text", "best"),
    [
        ("Вознесенская", "settlement 1"),
        ("ст. Вознесенская", "settlement 1"),
        ("ст-ца вознесенская", "settlement 1"),
        ("станица Вознесенская", "settlement 1"),
        ("вознес", "settlement 1"),
        ("Вознисенская", "settlement 1"),
        ("Вознесеснкая", "settlement 1"),
        ("voznesenskaya", "settlement 1"),
        ("Djpytctycrfz", "settlement 1"),
        ("усть лабинск", "settlement 3"),
        ("Усть–Лабинск", "settlement 3"),
        ("устьлабинск", "settlement 3"),
        ("Ust-Labinsk", "settlement 3"),
        ("Goryachy Kluch", "settlement 4"),
        ("горячий", "settlement 4"),
        ("Тимашевск", "settlement 8"),
        ("ТИМАШЁВСК", "settlement 8"),
        ("г. Краснодар", "settlement 6"),
        ("крас", "settlement 6"),
        ("Kpacнодар", "settlement 6"),
        ("Лабинский район", "district 0301"),
        ("Лабинский р-н", "district 0301"),
        ("labinsky", "district 0301"),
        ("Краснодарский край", "district 03"),
        ("вознесенское сельское", "district 030101"),
        ("водоканал", "agency water"),
        ("холодная вода", "theme housing.water"),
        ("нет воды", "theme housing.water"),
        ("pothole", "theme roads.pothole"),
        ("дороги", "sector roads"),
        ("Healthcare", "sector health"),
    ],
)
async def test_a_name_is_found_however_it_is_written(client: httpx.AsyncClient, text: str, best: str) -> None:
    assert (await found(client, text))[0] == best


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        # The namesake in the district comes before the one outside; what is only similar stays away where the name itself is known.
        ("Вознесенская", ["settlement 1", "settlement 2"]),
        ("Краснодар", ["settlement 6", "district 03", "agency krasnodar"]),
        # Far from all incidents, and in no district.
        ("Королёв", []),
        ("Новая", []),
        ("ъ", []),
        ("«»", []),
        ("абракадабра", []),
    ],
)
async def test_all_that_is_found_comes_in_its_order(client: httpx.AsyncClient, text: str, wanted: list[str]) -> None:
    assert await found(client, text) == wanted


async def test_a_settlement_says_where_it_is(client: httpx.AsyncClient) -> None:
    (first, *_) = await search(client, "Вознесенская", lang="en")
    west, south, east, north = first.pop("bounds")
    assert west < 40.99 < east
    assert south < 44.51 < north
    # 1.5 km and 12 m for the root of each inhabitant.
    assert (north - south) * 111.2 / 2 == pytest.approx(1.5 + 0.012 * 8500**0.5, abs=0.01)
    assert first.pop("score") > 1
    assert first == {
        "type": "settlement", "code": "1", "name": {"ru": "Вознесенская", "en": "Voznesenskaya"}, "label": "Voznesenskaya",
        "within": {"code": "030101", "name": {"ru": "Вознесенское сельское поселение", "en": "Voznesenskoye"}},
        "population": 8500, "lng": 40.99, "lat": 44.51, "h3": f"{h3.latlng_to_cell(44.51, 40.99, 6):x}",
    }  # fmt: skip


async def test_a_district_says_its_bounds_and_its_incidents_of_a_month(client: httpx.AsyncClient) -> None:
    (district, *_) = await search(client, "Лабинский район")
    assert district["bounds"] == pytest.approx([40.4, 44.2, 41.2, 45.0], abs=1e-4)
    # Those of the settlement in it; the one of three months ago does not count.
    assert (district["level"], district["incidents"], district["population"]) == ("district", 3, 94000)
    assert district["within"]["code"] == "03"
    (region, *_) = await search(client, "край")
    assert (region["code"], region["incidents"]) == ("03", 5)


async def test_themes_sectors_and_agencies_are_counted(client: httpx.AsyncClient) -> None:
    assert [(row["code"], row["incidents"]) for row in await search(client, "холодной воды")] == [("housing.water", 3)]
    assert [(row["code"], row["incidents"]) for row in await search(client, "ЖКХ")] == [("housing", 3)]
    assert [(row["code"], row["incidents"]) for row in await search(client, "водоканал")] == [("water", 2)]


async def test_an_incident_is_found_by_its_number_here_and_by_the_one_in_its_source(client: httpx.AsyncClient, filled_url: str) -> None:
    async with open_connection(filled_url) as connection:
        ids = {row["external_id"]: row["id"] for row in await connection.fetch("select id, external_id from incident")}
    # A number here, and the id of another one there.
    here = ids["ЕПГУ-2026-0007"]
    assert (await found(client, f"№ {here}"))[0] == f"incident {here}"
    assert (await found(client, f"#{here}", types="incident"))[0] == f"incident {here}"
    seven = await search(client, "7", types="incident")
    assert [row["external_id"] for row in seven if row["code"] == str(ids["7"])] == ["7"]
    assert await found(client, "145149") == [f"incident {ids['145149']}"]
    assert await found(client, "епгу-2026-0008") == [f"incident {ids['ЕПГУ-2026-0008']}"]
    assert await found(client, "EPGU-77") == [f"incident {ids['epgu-77']}"]
    assert set(await found(client, "ЕПГУ-2026")) == {f"incident {ids[one]}" for one in NUMBERS[:2]}
    # Characters of patterns are plain ones here.
    assert await found(client, "A%B_1") == [f"incident {ids['A%B_1']}"]
    assert await found(client, "A%", types="incident") == []
    assert await found(client, "999999999999", types="incident") == []
    (row,) = await search(client, "145149")
    assert (row["source"], row["status"], row["name"]["ru"]) == ("pos", "new", "Нет холодной воды")
    assert (row["lng"], row["lat"], row["within"]["code"]) == (40.99, 44.51, "030101")
    assert "Мира" not in str(row)


async def test_types_and_limit_narrow_the_answer(client: httpx.AsyncClient) -> None:
    assert await found(client, "Вознесенск", limit="1") == ["settlement 1", "district 030101"]
    assert await found(client, "Краснодар", types="agency,district") == ["district 03", "agency krasnodar"]


@pytest.mark.parametrize(
    ("parameters", "parameter", "allowed"),
    [
        ({}, "q", "1 to 100 characters, such as a name or a number"),
        ({"q": " \u0000 "}, "q", "1 to 100 characters, such as a name or a number"),
        ({"q": "а" * 101}, "q", "1 to 100 characters, such as a name or a number"),
        ({"q": "а", "limit": "0"}, "limit", None),
        ({"q": "а", "limit": "21"}, "limit", None),
        ({"q": "а", "types": "street"}, "types", ["settlement", "district", "agency", "theme", "sector", "incident", "address"]),
        ({"q": "а", "types": ""}, "types", ["settlement", "district", "agency", "theme", "sector", "incident", "address"]),
        ({"q": "а", "lang": "de"}, "lang", ["ru", "en"]),
        ({"q": "а", "sector": "roads"}, "sector", ["q", "lang", "limit", "types"]),
    ],
)
async def test_bad_parameters_are_named(client: httpx.AsyncClient, parameters: dict[str, str], parameter: str, allowed: Any) -> None:
    answer = await client.get("/api/search", params=parameters)
    assert answer.status_code == 400
    assert answer.json()["parameter"] == parameter
    if allowed:
        assert answer.json()["allowed"] == allowed


@pytest.mark.parametrize("text", ["\ud83d\ude00", "'; drop table incident; --", "%", "\u0000№\u00001", "٣", "𝟕", "ß" * 100, "\\", "№"])
async def test_no_text_is_too_strange(client: httpx.AsyncClient, text: str) -> None:
    answer = await client.get("/api/search", params={"q": text.encode("utf-16", "surrogatepass").decode("utf-16")})
    assert answer.status_code == 200, answer.text


async def test_an_answer_that_the_client_has_is_not_sent_again(client: httpx.AsyncClient) -> None:
    first = await client.get("/api/search", params={"q": "воды"})
    again = await client.get("/api/search", params={"q": "воды"}, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.headers["Cache-Control"], again.status_code, again.content) == ("no-cache", 304, b"")


async def test_what_is_new_in_the_catalogue_is_found(client: httpx.AsyncClient, filled_url: str) -> None:
    assert await found(client, "горгаз") == []
    async with open_connection(filled_url) as connection:
        await connection.execute("insert into agency (code, name) values ('gas', 'Горгаз')")
        await connection.execute("update incident set agency_id = (select id from agency where code = 'gas') where external_id = '7'")

    async def is_found() -> bool:
        return await found(client, "горгаз") == ["agency gas"]

    await until(is_found)


async def test_addresses_are_searched_only_when_asked_for_and_configured(client: httpx.AsyncClient, filled_url: str) -> None:
    without = await get_json(client, "/api/search", q="улица Красная, 5, Краснодар", types="address")
    assert (without["results"], without["address_search"], without["unavailable"]) == ([], False, [])
    told = Told({"улица Красная, 5, Краснодар": [house(38.97, 45.03), house(2.35, 48.85)]})
    async with serving(told) as url, asking(filled_url, geocoder="nominatim", geocoder_url=url, geocoder_agent="tests") as client:
        await get_json(client, "/api/search", q="Краснодар, ул. Красная, д. 5")
        assert told.asked == []
        answer = await get_json(client, "/api/search", q="ул. Красная, д. 5, Краснодар", types="address")
        # Paris is outside of the districts.
        (row,) = answer["results"]
        assert (row["type"], row["lng"], row["lat"], row["precision"]) == ("address", 38.97, 45.03, "house")
        assert (answer["address_search"], answer["attribution"]) == (True, "© OpenStreetMap contributors")
        told.status = 500
        answer = await get_json(client, "/api/search", q="улица Мира, 1, Анапа", types="address,settlement")
        assert (answer["results"], answer["unavailable"]) == ([], ["address"])


async def test_the_address_of_a_geocoding_server_is_checked_at_the_start(filled_url: str) -> None:
    with pytest.raises(SettingsError, match="GEO_GEOCODER_URL"):
        make_application(Settings.model_validate({"database_url": filled_url, "geocoder": "photon"}))
