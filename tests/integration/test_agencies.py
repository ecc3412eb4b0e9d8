"""The rating of agencies over HTTP, its numbers against SQL in PostGIS."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import h3.api.basic_int as h3
import httpx
import pytest

from geo_service.core.database import open_connection
from tests.support.http_client import asking, filled

HOUR = timedelta(hours=1)
CELL = h3.latlng_to_cell(45.04, 38.98, 10)
WINDOW = "30d"
OUTCOMES = ("on_time", "n_answered_late", "overdue")

NUMBERS = """
select a.code as agency, s.code as source, count(*) as count, count(answered_at) as n_answered,
    percentile_cont(0.5) within group (order by extract(epoch from date_trunc('second', answered_at) - date_trunc('second', received_at)))
        / 3600 as hours,
    count(*) filter (where answered_at <= due_at and status <> 5) as on_time,
    count(*) filter (where answered_at > due_at and status <> 5) as n_answered_late,
    count(*) filter (where due_at < now() and status not in (6, 7, 8) and (answered_at is null or status = 5)) as overdue,
    count(*) filter (where status = 5) as returned,
    count(*) filter (where status = 6) as closed
from incident i join agency a on a.id = i.agency_id join source s on s.id = i.source_id
where received_at >= now() - interval '30 days'
group by a.code, s.code
"""


async def fill(held: asyncpg.Connection) -> None:
    """Four agencies, of which one has few incidents; letters, a source without rules, and posts with working hours."""
    await held.execute(
        "insert into source (code, name_ru, name_en) values ('letters', '', ''), ('elsewhere', '', ''), ('social', '', '');"
        "insert into theme (code, sector_id, name_ru, name_en) values ('roads.pothole', 7, 'Яма', 'Pothole');"
        "insert into agency (code, name) values ('a', 'А'), ('b', 'Б'), ('c', 'В'), ('few', 'Г')"
    )
    now = datetime.now(UTC).replace(microsecond=0)
    rows = []
    for i in range(1200):
        agency = 4 if i % 101 == 50 else 1 + i % 3
        received = now - HOUR * (0.5 + i)
        answered = received + HOUR * (1 + i * 7 % 50) * agency if i % 5 else None
        source, status = 1 + i // 3 % 3, (0, 6, 5, 4, 7)[i % 5]
        due = received + HOUR * 60 if source < 3 else None
        place = (source, str(i), *reversed(h3.cell_to_latlng(CELL)), CELL, agency, status)
        rows.append((*place, received, due, answered))
    await held.executemany(
        "insert into incident (source_id, external_id, location, cell, location_quality, theme_id, agency_id, status, received_at, due_at,"
        " answered_at, updated_at) values ($1, $2, st_setsrid(st_makepoint($3, $4), 4326), $5, 0, 1, $6, $7, $8, $9, $10, $8)",
        rows,
    )


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> str:
    return filled(database_url, fill)


@pytest.fixture(scope="module")
async def client(filled_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(filled_url) as made:
        yield made


async def test_numbers_of_agencies_are_those_of_sql(client: httpx.AsyncClient, filled_url: str) -> None:
    table = (await client.get("/api/agencies", params={"window": WINDOW})).json()
    async with open_connection(filled_url) as held:
        expected: dict[tuple[str, str], Any] = {(row["agency"], row["source"]): row for row in await held.fetch(NUMBERS)}
    found = {(row["code"], one["source"]): one for row in table["agencies"] for one in row["by_source"]}
    assert found.keys() == expected.keys()
    for key, one in found.items():
        for name in ("count", "n_answered", "n_answered_late", "overdue"):
            assert one[name] == expected[key][name], name
        assert one["n_judged"] == sum(expected[key][name] for name in OUTCOMES)
        if key[1] != "social":
            assert one["answer_hours"] == pytest.approx(float(expected[key]["hours"]), abs=0.006)
        assert one["deadline"] == (None if key[1] == "elsewhere" else key[1])
    for row in table["agencies"]:
        own = [one for (code, _), one in expected.items() if code == row["code"]]
        for name in ("count", "returned", "closed", "n_answered_late", "overdue"):
            assert row[name] == sum(one[name] for one in own)
        judged = sum(one[name] for one in own for name in OUTCOMES)
        assert row["n_judged"] == judged
        assert row["share_on_time"] == pytest.approx(sum(one["on_time"] for one in own) / judged, abs=5e-5)
        assert row["answered_late"] == pytest.approx(row["n_answered_late"] / judged, abs=5e-5)
    assert [(row["code"], row["rank"]) for row in table["agencies"]] == [("a", 1), ("b", 2), ("c", 3), ("few", None)]


async def test_posts_are_timed_in_working_hours(client: httpx.AsyncClient) -> None:
    table = (await client.get("/api/agencies", params={"window": WINDOW, "source": "social"})).json()
    # By the calendar the median of agency c is above 60 hours; some nine hours of a day are worked.
    hours = {row["code"]: row["answer_hours"] for row in table["agencies"]}
    assert 10 < hours["c"] < 40
    assert all(row["answer_hours_null_because"] is None for row in table["agencies"])


async def test_every_agency_has_the_hours_of_the_channel_with_most_of_its_answers(client: httpx.AsyncClient) -> None:
    table = (await client.get("/api/agencies", params={"window": WINDOW})).json()
    for row in table["agencies"]:
        main, parts = row["main_channel"], row["by_source"]
        assert main["n_answered"] == max(part["n_answered"] for part in parts) > 0
        (own,) = [part for part in parts if (part["source"], part["deadline"]) == (main["source"], main["deadline"])]
        assert main == {name: own[name] for name in main}
        assert main["answer_hours"] <= main["answer_hours_p90"]
    found = {(one["source"], one["deadline"]): one for one in table["channels"]}
    parts = [part for row in table["agencies"] for part in row["by_source"]]
    assert found.keys() == {(part["source"], part["deadline"]) for part in parts}
    for key, channel in found.items():
        within = [part for part in parts if (part["source"], part["deadline"]) == key]
        assert channel["agencies"] == len(within)
        for name in ("count", "n_answered"):
            assert channel[name] == sum(part[name] for part in within)
    answers = [channel["n_answered"] for channel in table["channels"]]
    assert answers == sorted(answers, reverse=True)


async def test_the_worst_come_first_when_asked_and_those_without_a_rank_stay_last(client: httpx.AsyncClient) -> None:
    for form in ("json", "csv"):
        answer = await client.get("/api/agencies", params={"window": WINDOW, "order": "worst", "format": form})
        rows = answer.json()["agencies"] if form == "json" else list(csv.DictReader(io.StringIO(answer.text)))
        assert [row["code"] for row in rows] == ["c", "b", "a", "few"]


async def test_csv_has_a_line_an_agency_or_one_an_agency_and_source(client: httpx.AsyncClient) -> None:
    lines = [
        list(csv.DictReader(io.StringIO((await client.get("/api/agencies", params={"format": "csv", **by})).text)))
        for by in ({}, {"by": "source"})
    ]
    assert [len(one) for one in lines] == [4, 12]
    assert {"rank", "code", "score [0 to 1, more is better]", "answer_hours [h]", "main_channel_answer_hours"} <= lines[0][0].keys()
    assert {"source", "deadline", "place", "of"} <= lines[1][0].keys()


async def test_the_same_answer_is_not_sent_twice_and_the_compared_window_stands_beside(client: httpx.AsyncClient) -> None:
    span = {"from": "2026-01-01", "to": "2100-01-01"}
    first = await client.get("/api/agencies", params=span)
    again = await client.get("/api/agencies", params=span, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    compared = (await client.get("/api/agencies", params={"window": "7d", "compare": "previous"})).json()
    assert compared["compare"]["by"] == "previous"
    assert all(row["compared"]["count"] > 0 for row in compared["agencies"])


@pytest.mark.parametrize(
    "query", ["min_incidents=0", "min_incidents=many", "by=theme", "order=up", "format=geojson", "agencies=a", "agency=nobody"]
)
async def test_what_cannot_be_asked_is_refused_by_name(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"/api/agencies?{query}")
    assert answer.status_code == 400
    assert answer.json()["parameter"] == query.partition("=")[0]


async def test_nothing_selected_is_an_empty_list(client: httpx.AsyncClient) -> None:
    table = (await client.get("/api/agencies", params={"sector": "energy"})).json()
    assert table["agencies"] == []
    assert "(k − r) / (k − 1)" in table["formula"]["en"]
