"""What is overdue, and what was answered on time or late: every place that tells it agrees with SQL, answers returned included."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import h3.api.basic_int as h3
import httpx
import mapbox_vector_tile
import pytest

from geo_service.core.database import open_connection
from tests.support.http_client import asking, filled
from tests.support.slippy_map import slippy_tile
from tests.support.statistics_oracle import CELLS, fill, get_json

ALWAYS = {"from": "2024-01-01", "to": "2027-01-01"}
SELECTIONS = [
    ({}, "true"),
    ({"status": "returned"}, "status = 5"),
    ({"status": "overdue"}, "deadline = 'overdue'"),
    ({"status": "overdue,answered", "source": "letter"}, "source_id = 2 and (deadline = 'overdue' or status = 4)"),
    ({"agency": "mayor", "status": "open"}, "agency_id = 1 and status not in (6, 7, 8)"),
]
OUTCOMES = """
with answers as (
    select *, case when status <> 5 then answered_at end as valid_answer from incident where cell is not null
),
judged as (
    select *, case
        when due_at is null then 'none'
        when valid_answer <= due_at then 'on_time'
        when valid_answer is not null then 'late'
        when status in (6, 7, 8) then 'none'
        when due_at < $1 then 'overdue'
        else 'waiting'
    end as deadline
    from answers
)
select id, deadline, status, agency_id, answered_at is not null as has_answer, due_at from judged where {where}
"""
AREA = [(39.0 + dx, 45.0 + dy) for dx in (-0.1, 0, 0.1) for dy in (-0.1, 0, 0.1)]


async def fill_with_deadlines_ahead(held: asyncpg.Connection) -> None:
    """Of the random incidents a fifth have their deadline ahead, returned ones among them."""
    await fill(held)
    await held.execute("update incident set due_at = now() + interval '5 days' where id % 5 = 0")


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> str:
    """The module's database with the incidents in it."""
    return filled(database_url, fill_with_deadlines_ahead)


@pytest.fixture(scope="module")
async def client(filled_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, once it is ready."""
    async with asking(filled_url) as made:
        yield made


async def outcomes(url: str, where: str) -> list[asyncpg.Record]:
    """The selected incidents by SQL, each with how it stands to its deadline."""
    async with open_connection(url) as held:
        rows: list[asyncpg.Record] = await held.fetch(OUTCOMES.format(where=where), datetime.now(UTC))
    return rows


async def drawn(client: httpx.AsyncClient, layer: str, zoom: int, query: dict[str, str]) -> dict[int, dict[str, Any]]:
    """Properties of each feature around the incidents, by id."""
    places = {slippy_tile(lng, lat, zoom) for lat, lng in map(h3.cell_to_latlng, CELLS)} | {slippy_tile(*place, zoom) for place in AREA}
    found: dict[int, dict[str, Any]] = {}
    for x, y in places:
        answer = await client.get(f"/tiles/{layer}/{zoom}/{x}/{y}.mvt", params=query)
        assert answer.status_code in (200, 204), answer.text
        layers = mapbox_vector_tile.decode(answer.content) if answer.content else {}
        found |= {feature["id"]: feature["properties"] for feature in layers.get(layer, {"features": []})["features"]}
    return found


async def every_incident(client: httpx.AsyncClient, query: dict[str, str]) -> list[dict[str, Any]]:
    """All rows of the list, page by page."""
    rows: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = await get_json(client, "/api/incidents", **query, **after, limit="200")
        rows += page["incidents"]
        if page["next"] is None:
            return rows
        after = {"after": page["next"]}


def tallied(rows: list[asyncpg.Record]) -> dict[str, int]:
    return {name: sum(row["deadline"] == name for row in rows) for name in ("none", "waiting", "overdue", "on_time", "late")}


def check(numbers: dict[str, Any], tally: dict[str, int]) -> None:
    """On time, answered late and overdue are those of SQL, and together all that is judged."""
    judged = tally["on_time"] + tally["late"] + tally["overdue"]
    assert (numbers["overdue"], numbers["n_answered_late"], numbers["n_judged"]) == (tally["overdue"], tally["late"], judged)
    for name, part in (("share_on_time", "on_time"), ("answered_late", "late")):
        assert numbers[name] == (pytest.approx(tally[part] / judged, abs=0.000051) if judged else None)


@pytest.mark.parametrize("place", range(len(SELECTIONS)))
async def test_statistics_have_the_outcomes_of_sql(client: httpx.AsyncClient, filled_url: str, place: int) -> None:
    parameters, where = SELECTIONS[place]
    query, rows = {**ALWAYS, **parameters}, await outcomes(filled_url, where)
    tally = tallied(rows)
    assert tally["overdue"] > 0
    summary = await get_json(client, "/api/summary", **query)
    assert summary["overdue"] == tally["overdue"]
    check(summary["measures"], tally)
    table = await get_json(client, "/api/breakdown", by="deadline", **query)
    assert {cell["deadline"]: cell["count"] for cell in table["cells"]} == {name: count for name, count in tally.items() if count}
    for cell in table["cells"]:
        assert cell["overdue"] == (cell["count"] if cell["deadline"] == "overdue" else 0)
        assert cell["n_judged"] == (cell["count"] if cell["deadline"] in ("overdue", "on_time", "late") else 0)
    check(table["total"], tally)
    districts = await get_json(client, "/api/districts", level="region", **query)
    check(districts["total"], tally)
    line = await get_json(client, "/api/timeline", bucket="month", **query)
    for name, outcome in (("overdue", "overdue"), ("n_answered_late", "late")):
        assert sum(bucket[name] for bucket in line["buckets"]) == tally[outcome]


@pytest.mark.parametrize("place", range(len(SELECTIONS)))
async def test_agencies_have_the_outcomes_of_sql(client: httpx.AsyncClient, filled_url: str, place: int) -> None:
    parameters, where = SELECTIONS[place]
    rows = await outcomes(filled_url, where)
    table = await get_json(client, "/api/agencies", **ALWAYS, **parameters)
    cells = (await get_json(client, "/api/breakdown", by="agency", **ALWAYS, **parameters))["cells"]
    assert table["agencies"]
    for row in table["agencies"]:
        tally = tallied([one for one in rows if one["agency_id"] == {"mayor": 1, "roads": 2}[row["code"]]])
        check(row, tally)
        for name, outcome in (("overdue", "overdue"), ("n_answered_late", "late")):
            assert sum(part[name] for part in row["by_source"]) == tally[outcome]
        check(next(cell for cell in cells if cell["agency"] == row["code"]), tally)


@pytest.mark.parametrize("place", range(len(SELECTIONS)))
async def test_maps_have_the_overdue_of_sql(client: httpx.AsyncClient, filled_url: str, place: int) -> None:
    parameters, where = SELECTIONS[place]
    query, rows = {**ALWAYS, **parameters}, await outcomes(filled_url, where)
    tally = tallied(rows)
    for zoom in (6, 9):
        hexes = (await drawn(client, "hexes", zoom, query)).values()
        assert (sum(one["n"] for one in hexes), sum(one["overdue"] for one in hexes)) == (len(rows), tally["overdue"])
        legend = await get_json(client, "/api/legend", layer="hexes", zoom=str(zoom), measure="overdue", **query)
        assert legend["total"]["overdue"] == tally["overdue"]
    points = (await drawn(client, "incidents", 12, {**query, "measure": "overdue"})).values()
    assert sum(one["overdue"] for one in points) == tally["overdue"]


@pytest.mark.parametrize("place", range(len(SELECTIONS)))
async def test_the_list_of_what_is_overdue_is_that_of_sql(client: httpx.AsyncClient, filled_url: str, place: int) -> None:
    parameters, where = SELECTIONS[place]
    rows = await outcomes(filled_url, where)
    overdue = {row["id"]: row for row in rows if row["deadline"] == "overdue"}
    listed = await every_incident(client, {**ALWAYS, **parameters})
    assert {row["id"] for row in listed if row["overdue"]} == overdue.keys()
    by_deadline = await every_incident(client, {**ALWAYS, **parameters, "order": "due"})
    assert {row["id"] for row in by_deadline[: len(overdue)]} == overdue.keys()
    for row in by_deadline:
        assert row["overdue"] == (row["id"] in overdue)
        if row["overdue"]:
            one = (await get_json(client, f"/api/incidents/{row['id']}"))["incident"] if row["id"] % 50 == 0 else row
            assert one["overdue"]
            assert one["answered_at"] is None or one["status"] == "returned"
        if row["status"] == "returned" and row["due_at"] is not None:
            assert row["overdue"] == (row["due_at"] < datetime.now(UTC).isoformat())


async def test_the_random_incidents_have_every_case(filled_url: str) -> None:
    rows = await outcomes(filled_url, "true")
    cases = {(row["deadline"], row["status"] == 5, row["has_answer"]) for row in rows}
    assert {("overdue", True, True), ("overdue", True, False), ("overdue", False, False), ("waiting", True, True)} <= cases
    late_and_open = [row for row in rows if row["has_answer"] and row["status"] < 5 and row["due_at"] and row["due_at"] < datetime.now(UTC)]
    assert len(late_and_open) > 100, "open, past the deadline and answered: not overdue"
