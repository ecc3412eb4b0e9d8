"""The lists of alerts and one alert, over alerts that are stored: filters, order, groups, formats, errors."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from geo_service.core.database import open_connection
from tests.support.atom import ATOM, read_feed
from tests.support.geo_command import geo
from tests.support.http_client import asking, until
from tests.support.stored_alerts import fill_with_alerts

OUTAGE, TWO_PLACES, SNOW, TOWN, CLOSED = 1, 2, 3, 4, 5


@pytest.fixture(scope="module")
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service over the alerts."""
    async with open_connection(database_url) as connection:
        await fill_with_alerts(connection)
    async with asking(database_url) as client:
        await until(lambda: knows_alerts(client))
        yield client


async def knows_alerts(client: httpx.AsyncClient) -> bool:
    return bool((await client.get("/api/alerts")).json()["alerts"])


async def listed(client: httpx.AsyncClient, **params: str) -> list[int]:
    answer = await client.get("/api/alerts", params=params)
    assert answer.status_code == 200, answer.text
    return [alert["id"] for alert in answer.json()["alerts"]]


async def test_open_alerts_come_rarest_first_and_a_group_once(client: httpx.AsyncClient) -> None:
    document = (await client.get("/api/alerts")).json()
    assert [(alert["id"], alert["recurrence_days"]) for alert in document["alerts"]] == [
        (OUTAGE, 3650.0),
        (SNOW, 900.0),
        (TWO_PLACES, 40.0),
    ]
    assert document["total"] == 3
    assert document["alerts"][1]["group"] == {"id": SNOW, "alerts": 2}
    assert document["alerts"][0]["group"] is None
    assert await listed(client, groups="split") == [OUTAGE, SNOW, TOWN, TWO_PLACES]


async def test_the_list_says_when_it_was_last_looked_for_alerts(client: httpx.AsyncClient) -> None:
    checked = datetime.fromisoformat((await client.get("/api/alerts")).json()["checked"])
    assert timedelta(0) <= datetime.now(UTC) - checked < timedelta(minutes=5)
    assert checked.second == 0


async def test_an_alert_says_what_it_is(client: httpx.AsyncClient) -> None:
    alert: dict[str, Any] = (await client.get("/api/alerts")).json()["alerts"][0]
    assert {name: alert[name] for name in ("layer", "state", "n", "expected", "open", "window", "closed", "verdict")} == {
        "layer": "local", "state": "open", "n": 110, "expected": 0.1, "open": 96, "window": "3d", "closed": None, "verdict": None,
    }  # fmt: skip
    assert alert["theme"] == {"code": "housing.no_water", "name": {"ru": "Нет холодной воды", "en": "No cold water"}}
    assert alert["sector"]["code"] == "housing"
    assert alert["district"] == {"code": "labinsk", "name": {"ru": "Лабинский район", "en": "Labinsky District"}}
    assert alert["place"] == {
        "key": "s:495112", "name": {"ru": "Вознесенская", "en": "Voznesenskaya"}, "lng": 40.85, "lat": 44.68, "cell": "862d50a2fffffff",
    }  # fmt: skip
    assert alert["recurrence"]["ru"] == "реже чем раз в 10 лет"
    assert alert["agencies"] == [{"code": "vodokanal", "name": {"ru": "Водоканал", "en": "Водоканал"}, "n": 110, "open": 96}]
    assert alert["reason"]["ru"].startswith("Вознесенская: 110 сообщений «Нет холодной воды» за 3 дня, обычно 0; 96 открыто; с ")
    assert alert["links"]["self"] == f"/api/alerts/{OUTAGE}"
    assert alert["links"]["map"].startswith("/#map=11/44.68/40.85&theme=housing.no_water&district=labinsk&from=")


async def test_the_selection_of_an_alert_is_one_that_other_addresses_answer(client: httpx.AsyncClient) -> None:
    for alert in (await client.get("/api/alerts?state=all&since=1y&groups=split")).json()["alerts"]:
        answer = await client.get(f"/api/summary?{alert['selection']}")
        assert answer.status_code == 200, answer.text
        assert parse_qs(alert["selection"])["from"] == [answer.json()["window"]["from"]] == [alert["since"]]
        assert ("to" in parse_qs(alert["selection"])) == (alert["state"] == "closed")


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"sector": "housing"}, [OUTAGE, TWO_PLACES]),
        ({"sector": "roads,housing"}, [OUTAGE, SNOW, TOWN, TWO_PLACES]),
        ({"sector": "health"}, []),
        ({"theme": "housing.no_water"}, [OUTAGE]),
        ({"theme": "roads.snow,housing.no_water"}, [OUTAGE, SNOW, TOWN]),
        ({"district": "labinsk"}, [OUTAGE]),
        ({"district": "krymsk"}, [TWO_PLACES]),
        ({"district": "moldavanskoye"}, [TWO_PLACES]),
        ({"district": "krai"}, [OUTAGE, SNOW, TWO_PLACES]),
        ({"district": "labinsk", "sector": "roads"}, []),
        ({"limit": "1"}, [OUTAGE]),
        ({"since": "1h"}, [OUTAGE, SNOW, TOWN, TWO_PLACES]),
        ({"since": "2026-01-01"}, [OUTAGE, SNOW, TOWN, TWO_PLACES]),
        ({"since": "2100-01-01T00:00:00Z"}, []),
        ({"state": "closed"}, []),
        ({"state": "closed", "since": "12w"}, [CLOSED]),
        ({"state": "all", "since": "1y"}, [OUTAGE, SNOW, TOWN, TWO_PLACES, CLOSED]),
        ({"state": "all"}, [OUTAGE, SNOW, TOWN, TWO_PLACES]),
    ],
)
async def test_filters_let_through_what_they_name(client: httpx.AsyncClient, params: dict[str, str], expected: list[int]) -> None:
    assert await listed(client, **params, groups="split") == expected


async def test_a_limit_does_not_change_the_total(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/alerts?limit=1")).json()["total"] == 3


@pytest.mark.parametrize(
    ("query", "named"),
    [("state=gone", "state"), ("sector=fish", "sector"), ("theme=no", "theme"), ("district=x", "district"), ("since=yesterday", "since"),
     ("since=0d", "since"), ("since=", "since"), ("limit=0", "limit"), ("limit=1001", "limit"), ("groups=x", "groups"),
     ("format=xml", "format"), ("window=7d", "window"), ("state=open&state=all", "state")],
)  # fmt: skip
async def test_what_cannot_be_is_refused_by_name(client: httpx.AsyncClient, query: str, named: str) -> None:
    answer = await client.get(f"/api/alerts?{query}")
    assert (answer.status_code, answer.json()["parameter"]) == (400, named)
    assert answer.json()["allowed"]


async def test_csv_has_a_row_for_each_alert_and_no_formula(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/alerts?groups=split", headers={"Accept": "text/csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [int(row["id"]) for row in rows] == [OUTAGE, SNOW, TOWN, TWO_PLACES]
    assert rows[0]["place_name_ru"] == "Вознесенская"
    assert rows[0]["theme_code"] == "housing.no_water"
    assert rows[0]["agencies"] == "Водоканал: 110"
    assert rows[3]["places"] == "Молдаванское; Крымск"
    assert (rows[3]["theme_code"], rows[3]["group_id"], rows[3]["verdict_value"]) == ("", "", "")
    assert rows[1]["group_alerts"] == "2"


async def test_a_csv_of_no_alerts_has_a_header(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/alerts?sector=health&format=csv")).text.startswith("id,layer,state")


async def test_geojson_has_the_place_of_each_alert(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/alerts?format=geojson")
    assert answer.headers["content-type"] == "application/geo+json"
    features = answer.json()["features"]
    assert [(one["id"], one["geometry"]) for one in features[:1]] == [(OUTAGE, {"type": "Point", "coordinates": [40.85, 44.68]})]
    assert features[0]["properties"]["n"] == 110


async def test_a_client_that_has_the_list_is_told_so(client: httpx.AsyncClient) -> None:
    first = await client.get("/api/alerts")
    again = await client.get("/api/alerts", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "Accept" in first.headers["vary"]


async def test_one_alert_is_found_however_old(client: httpx.AsyncClient) -> None:
    document = (await client.get(f"/api/alerts/{CLOSED}")).json()
    assert (document["id"], document["state"]) == (CLOSED, "closed")
    assert document["closed"] is not None
    listed = (await client.get("/api/alerts")).json()["alerts"][0]
    one = (await client.get(f"/api/alerts/{OUTAGE}")).json()
    assert {name: one[name] for name in listed} == listed


@pytest.mark.parametrize(("path", "status"), [("6", 404), ("0", 400), ("x", 400), ("-1", 400), (str(2**63), 400), (str(2**63 - 1), 404)])
async def test_an_alert_that_is_not_there_is_named(client: httpx.AsyncClient, path: str, status: int) -> None:
    answer = await client.get(f"/api/alerts/{path}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_feed_is_valid_atom_with_an_entry_for_each_alert(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/alerts.atom", params={"since": "1y"})
    assert answer.headers["content-type"] == "application/atom+xml"
    feed = read_feed(answer.content)
    assert [entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")] == [
        f"tag:test,2026:alert/{number}" for number in (TOWN, SNOW, TWO_PLACES, OUTAGE, CLOSED)
    ]
    instants = [entry.findtext(f"{ATOM}updated") for entry in feed.iter(f"{ATOM}entry")]
    assert instants == sorted(filter(None, instants), reverse=True)
    assert feed.findtext(f"{ATOM}updated") == instants[0]


async def test_an_entry_of_the_feed_says_what_the_alert_says(client: httpx.AsyncClient) -> None:
    feed = read_feed((await client.get("/api/alerts.atom?theme=housing.no_water")).content)
    alert = (await client.get(f"/api/alerts/{OUTAGE}")).json()
    (entry,) = feed.iter(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "Вознесенская: Нет холодной воды"
    assert entry.findtext(f"{ATOM}summary") == f"{alert['reason']['ru']}. Случайно такое бывает реже чем раз в 10 лет"
    assert entry.findtext(f"{ATOM}published") == alert["detected"]
    assert [link.get("href") for link in entry.iter(f"{ATOM}link")] == [f"http://test{alert['links'][name]}" for name in ("map", "self")]
    assert [link.get("href") for link in feed.findall(f"{ATOM}link")] == [
        "http://test/api/alerts.atom?theme=housing.no_water", "http://test/",
    ]  # fmt: skip
    assert entry.findtext("{http://www.georss.org/georss}point") == "44.68 40.85"


async def test_the_feed_speaks_english_and_can_be_empty(client: httpx.AsyncClient) -> None:
    feed = read_feed((await client.get("/api/alerts.atom?lang=en&sector=health")).content)
    assert feed.findtext(f"{ATOM}title") == "Alerts: what is unusual"
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    assert not list(feed.iter(f"{ATOM}entry"))


async def test_a_reader_of_the_feed_is_told_that_nothing_has_changed(client: httpx.AsyncClient) -> None:
    first = await client.get("/api/alerts.atom")
    assert (await client.get("/api/alerts.atom", headers={"If-None-Match": first.headers["etag"]})).status_code == 304


@pytest.mark.parametrize(("query", "named"), [("lang=de", "lang"), ("format=json", "format"), ("state=x", "state")])
async def test_the_feed_refuses_what_it_does_not_know(client: httpx.AsyncClient, query: str, named: str) -> None:
    answer = await client.get(f"/api/alerts.atom?{query}")
    assert (answer.status_code, answer.json()["parameter"]) == (400, named)


async def test_the_command_lists_what_the_service_lists(client: httpx.AsyncClient, database_url: str) -> None:
    served = (await client.get("/api/alerts?groups=split")).json()["alerts"]
    printed = await asyncio.to_thread(geo, "alerts", "list", "--format", "json", GEO_DATABASE_URL=database_url)
    assert printed.returncode == 0, printed.stderr
    assert json.loads(printed.stdout) == served


async def test_the_command_prints_a_table_and_says_what_it_leaves_out(client: httpx.AsyncClient, database_url: str) -> None:
    printed = await asyncio.to_thread(geo, "alerts", "list", "--limit", "1", GEO_DATABASE_URL=database_url, COLUMNS="200")
    assert "Вознесенская: 110 сообщений" in printed.stdout
    assert "реже чем раз в 10 лет" in printed.stdout
    assert printed.stderr.strip().endswith("These are 1 of 4; --limit shows more.")


async def test_the_command_prints_csv_and_names_a_wrong_state(client: httpx.AsyncClient, database_url: str) -> None:
    printed = await asyncio.to_thread(geo, "alerts", "list", "--format", "csv", "--state", "closed", GEO_DATABASE_URL=database_url)
    assert printed.stdout.splitlines() == ["id,layer,state"]
    refused = await asyncio.to_thread(geo, "alerts", "list", "--state", "gone", GEO_DATABASE_URL=database_url)
    assert refused.returncode == 2
    assert "'gone' is not one of 'open', 'closed', 'all'" in refused.stderr
