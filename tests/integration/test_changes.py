"""What has changed, over HTTP, against SQL and exact binomial sums, on made-up incidents with districts."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from fractions import Fraction
from math import comb, sqrt
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from geo_service.core.database import open_connection
from tests.support.http_client import asking, filled
from tests.support.statistics_oracle import fill, get_json, received_between

MOSCOW = ZoneInfo("Europe/Moscow")
NOW, BEFORE = ("2024-05-11", "2024-07-10"), ("2024-03-12", "2024-05-11")
"""Sixty days each; the same clock in Moscow."""
WINDOW = {"from_": NOW[0], "to": NOW[1]}
COUNTS = """
with recursive above as (
    select id as district_id, id as ancestor from district
    union all
    select above.district_id, district.parent_id from above join district on district.id = above.ancestor where parent_id is not null
), located as (
    select above.district_id, district.code from above join district on district.id = ancestor where district.level = {level}
)
select {keys}, count(*) filter (where {now}) as n, count(*) filter (where {before}) as n0
from incident
left join located using (district_id)
join theme on theme.id = theme_id
join sector on sector.id = sector_id
join source on source.id = source_id
left join agency on agency.id = agency_id
where {where} and ({now} or {before})
group by {keys}
"""
COLUMN = {"district": "located.code", "theme": "theme.code", "sector": "sector.code", "agency": "agency.code", "source": "source.code"}


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> str:
    """The module's database with the incidents in it."""
    return filled(database_url, fill)


@pytest.fixture(scope="module")
async def client(filled_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, once it is ready."""
    async with asking(filled_url) as made:
        yield made


async def counts(url: str, by: list[str], where: str = "true", level: int = 2) -> dict[tuple[str | None, ...], tuple[int, int]]:
    """The numbers of both windows by SQL, by codes."""
    keys = ", ".join(COLUMN[code] for code in by)
    statement = COUNTS.format(keys=keys, level=level, where=where, now=received_between(*NOW), before=received_between(*BEFORE))
    async with open_connection(url) as connection:
        rows = await connection.fetch(statement)
    return {tuple(row.values())[:-2]: (row["n"], row["n0"]) for row in rows}


def exact_p(n: int, n0: int) -> float:
    """Two-sided, of equally long windows."""
    both = n + n0
    tail = sum(comb(both, k) for k in range(max(n, n0), both + 1))
    return float(min(Fraction(1), Fraction(2 * tail, 2**both)))


def codes_of(change: dict[str, Any], by: list[str]) -> tuple[str | None, ...]:
    return tuple(change[code]["code"] for code in by)


@pytest.mark.parametrize("by", ["district,theme", "theme", "agency,source", "sector,district", "source", "district"])
@pytest.mark.parametrize(("parameters", "where"), [({}, "true"), ({"status": "open", "sector": "roads"}, "status < 6 and sector_id = 7")])
async def test_changes_are_those_of_sql(
    client: httpx.AsyncClient, filled_url: str, by: str, parameters: dict[str, str], where: str
) -> None:
    names = by.split(",")
    table = await get_json(client, "/api/changes", by=by, min_incidents="1", limit="1000", **WINDOW, **parameters)
    expected = await counts(filled_url, names, where)
    changed = {key: pair for key, pair in expected.items() if pair[0] != pair[1]}
    found = {codes_of(change, names): change for change in table["changes"]}
    assert (set(found), table["found"], table["by"]) == (set(changed), len(changed), names)
    assert len(found) > 1 or by == "sector"
    for key, change in found.items():
        n, n0 = changed[key]
        assert (change["n"], change["n_compared"], change["expected"]) == (n, n0, n0)
        assert change["z"] == pytest.approx((n - n0) / sqrt(n + n0), abs=0.0006)
        assert change["p"] == pytest.approx(exact_p(n, n0), rel=1e-3)
        assert change["direction"] == ("up" if n > n0 else "down")
    pairs = [changed[codes_of(change, names)] for change in table["changes"]]
    evidence = [(round(exact_p(n, n0), 12), -abs(n - n0) / sqrt(n + n0)) for n, n0 in pairs]
    assert evidence == sorted(evidence)
    assert (table["total"]["n"], table["total"]["n_compared"]) == tuple(map(sum, zip(*expected.values(), strict=True)))


async def test_minimum_direction_and_limit_choose_among_them(client: httpx.AsyncClient) -> None:
    every = await get_json(client, "/api/changes", by="district,theme", min_incidents="1", limit="1000", **WINDOW)
    default = await get_json(client, "/api/changes", by="district,theme", **WINDOW)
    enough = [change for change in every["changes"] if max(change["n"], change["n_compared"]) >= 10]
    assert default["changes"] == enough
    assert len(enough) < len(every["changes"])
    assert (default["min_incidents"], default["compare"]["by"]) == (10, "previous")
    for direction in ("up", "down"):
        table = await get_json(client, "/api/changes", by="district,theme", direction=direction, **WINDOW)
        assert table["changes"] == [change for change in enough if change["direction"] == direction]
        assert table["changes"]
    two = await get_json(client, "/api/changes", by="district,theme", limit="2", **WINDOW)
    assert (two["changes"], two["found"]) == (enough[:2], len(enough))


async def test_what_came_only_before_is_there(client: httpx.AsyncClient, filled_url: str) -> None:
    """A window that ends before the first incidents of a source: they are in one of the two windows only."""
    after_the_end = {"from_": "2026-07-01", "to": "2027-01-01"}
    table = await get_json(client, "/api/changes", by="agency", **after_the_end)
    async with open_connection(filled_url) as connection:
        rows = await connection.fetch(
            "select agency.code, count(*) from incident left join agency on agency.id = agency_id where received_at >="
            " timestamptz '2025-12-29 00:00 Europe/Moscow' group by 1"
        )
    found = {change["agency"]["code"]: change for change in table["changes"]}
    assert {code: change["n_compared"] for code, change in found.items()} == {row["code"]: row["count"] for row in rows}
    assert {(change["n"], change["direction"]) for change in found.values()} == {(0, "down")}
    assert None in found


async def test_levels_have_their_own_districts(client: httpx.AsyncClient, filled_url: str) -> None:
    for number, level in enumerate(("region", "district", "settlement"), start=1):
        table = await get_json(client, "/api/changes", by="district", level=level, min_incidents="1", **WINDOW)
        expected = await counts(filled_url, ["district"], level=number)
        assert {change["district"]["code"]: change["n"] for change in table["changes"]} == {
            code: n for (code,), (n, n0) in expected.items() if n != n0
        }


async def test_a_window_that_lies_in_the_future_in_part_is_scaled(client: httpx.AsyncClient) -> None:
    """What is still to come belongs to neither window's length."""
    table = await get_json(client, "/api/changes", by="source", compare="year", from_="2025-06-01", to="2025-12-01")
    for change in table["changes"]:
        assert change["expected"] == change["n_compared"]
    span = await get_json(client, "/api/changes", by="source", from_="2024-06-01", to="2100-01-01", compare="year")
    start, stop = (span["window"][end] for end in ("from", "to"))
    assert (start, stop) == ("2024-05-31T21:00:00Z", "2099-12-31T21:00:00Z")
    elapsed = [datetime.now(MOSCOW) - datetime(year, 6, 1, tzinfo=MOSCOW) for year in (2024, 2023)]
    assert span["changes"]
    for change in span["changes"]:
        assert change["expected"] == pytest.approx(change["n_compared"] * (elapsed[0] / elapsed[1]), rel=1e-4)


async def test_the_csv_has_the_same_rows(client: httpx.AsyncClient) -> None:
    table = await get_json(client, "/api/changes", by="district,source", min_incidents="1", **WINDOW)
    answer = await client.get("/api/changes?by=district,source&min_incidents=1&format=csv&from=2024-05-11&to=2024-07-10")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    header = "district_code,district_name_ru,district_name_en,source_code,source_name_ru,source_name_en,n [incidents],"
    assert answer.text.startswith(header)
    assert [(row["district_code"] or None, row["source_code"], row["direction"]) for row in rows] == [
        (change["district"]["code"], change["source"]["code"], change["direction"]) for change in table["changes"]
    ]
    assert [float(row["p [probability]"]) for row in rows] == [change["p"] for change in table["changes"]]
    empty = await client.get("/api/changes?by=theme&format=csv&from=1980-01-01&to=1981-01-01")
    assert empty.text == (
        "theme_code,theme_name_ru,theme_name_en,n [incidents],n_compared [incidents],expected [incidents],z [standard deviations],"
        "p [probability],log10_p [decimal logarithm of a probability],direction\r\n"
    )


@pytest.mark.parametrize(
    ("query", "parameter", "allowed"),
    [
        ("", "by", "theme"),
        ("by=colour", "by", "district"),
        ("by=theme,theme", "by", "1 to 2 different"),
        ("by=theme,sector,source", "by", "1 to 2 different"),
        ("by=status", "by", "theme"),
        ("by=theme&direction=sideways", "direction", "down"),
        ("by=theme&min_incidents=0", "min_incidents", "1"),
        ("by=theme&limit=100000", "limit", "10000"),
        ("by=theme&compare=never", "compare", "previous"),
        ("by=theme&to=2024-01-01", "compare", "1970"),
        ("by=theme&colour=red", "colour", "min_incidents"),
        ("by=theme&format=geojson", "format", "csv"),
    ],
)  # fmt: skip
async def test_what_cannot_be_read_is_refused_with_what_is_allowed(
    client: httpx.AsyncClient, query: str, parameter: str, allowed: str
) -> None:
    answer = await client.get(f"/api/changes?{query}")
    problem = answer.json()
    assert (answer.status_code, problem["parameter"]) == (400, parameter)
    assert allowed in str(problem)
