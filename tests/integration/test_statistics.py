"""Statistics over HTTP against SQL written independently, on random selections of made-up incidents with districts."""

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import h3.api.basic_int as h3
import httpx
import pytest

from geo_service.aggregation.measures.measures import TABLE_MEASURES
from geo_service.core.database import open_connection
from tests.support.http_client import asking, filled
from tests.support.statistics_oracle import CELLS, HOURS, OVERDUE, check_measures, fill, get_json, query_oracle, received_between

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> str:
    """The module's database with the incidents in it."""
    return filled(database_url, fill)


@pytest.fixture(scope="module")
async def client(filled_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, once it is ready."""
    async with asking(filled_url) as made:
        yield made


SELECTIONS = [
    ({}, "true"),
    ({"sector": "roads"}, "sector.code = 'roads'"),
    ({"theme": "roads.snow,waste.dump", "source": "letter"}, "theme.code in ('roads.snow', 'waste.dump') and source.code = 'letter'"),
    ({"agency": "mayor", "status": "closed,overdue"}, f"agency.code = 'mayor' and (status = 6 or {OVERDUE})"),
    ({"status": "open"}, "status not in (6, 7, 8)"),
    ({"sector": "health"}, "false"),
]
WINDOWS = [("2024-03-31", "2024-04-01"), ("2024-05-10", "2025-05-10"), ("2025-12-31", "2026-01-15"), ("2023-01-01", "2027-01-01")]


def selected(place: int) -> tuple[dict[str, str], str]:
    """A selection as parameters and as SQL."""
    (parameters, where), (first, last) = SELECTIONS[place % len(SELECTIONS)], WINDOWS[place // len(SELECTIONS)]
    inside = f"received_at >= timestamptz '{first} 00:00 Europe/Moscow' and received_at < timestamptz '{last} 00:00 Europe/Moscow'"
    return {**parameters, "from": first, "to": last}, f"{where} and {inside}"


ALL = range(len(SELECTIONS) * len(WINDOWS))


@pytest.mark.parametrize("place", ALL)
@pytest.mark.parametrize("level", [1, 2, 3])
async def test_districts_are_those_of_sql_and_add_up_to_the_total(
    client: httpx.AsyncClient, filled_url: str, place: int, level: int
) -> None:
    parameters, where = selected(place)
    table = await get_json(client, "/api/districts", level=("region", "district", "settlement")[level - 1], **parameters)
    expected = await query_oracle(filled_url, where, "place", level)
    assert len(table["districts"]) == (1, 4, 3)[level - 1]
    for row in table["districts"]:
        check_measures(row, expected.get(row["code"]))
        population, area = row["population"], row["area_km2"]
        assert row["per_1000"] == (round(1000 * row["count"] / population, 3) if population else None)
        assert row["per_km2"] == (pytest.approx(row["count"] / area, abs=1e-4) if area else None)
        assert (row["change"], row["n_compared"]) == (None, None)
    check_measures(table["without_district"], expected.get(None))
    for name in ("count", "open", "overdue", "closed"):
        assert sum(row[name] for row in table["districts"]) + table["without_district"][name] == table["total"][name]
    whole = await query_oracle(filled_url, where, "1")
    check_measures(table["total"], whole.get(1))
    check_measures((await get_json(client, "/api/summary", **parameters))["measures"], whole.get(1))


GROUPS = {
    "district": "place",
    "status": "status",
    "sector": "sector",
    "theme": "theme",
    "source": "source",
    "agency": "agency",
    "deadline": "deadline",
}
STATUSES = ("new", "assigned", "in_work", "interim", "answered", "returned", "closed", "rejected", "duplicate")


@pytest.mark.parametrize("place", ALL)
async def test_each_dimension_and_a_cross_table_are_those_of_sql(client: httpx.AsyncClient, filled_url: str, place: int) -> None:
    parameters, where = selected(place)
    for by, column in GROUPS.items():
        table = await get_json(client, "/api/breakdown", by=by, measure="answer_hours", **parameters)
        expected = await query_oracle(filled_url, where, column)
        found = {cell[by]: cell for cell in table["cells"]}
        assert set(found) == {STATUSES[key] if by == "status" else key for key in expected}
        for key, numbers in expected.items():
            check_measures(found[STATUSES[key] if by == "status" else key], numbers)
    table = await get_json(client, "/api/breakdown", by="district,theme", **parameters)
    expected = await query_oracle(filled_url, where, "coalesce(place, '') || '/' || theme")
    found = {f"{cell['district'] or ''}/{cell['theme']}": cell for cell in table["cells"]}
    assert set(found) == set(expected)
    for key, cell in found.items():
        check_measures(cell, expected[key])
    assert sum(cell["count"] for cell in table["cells"]) == table["total"]["count"]


@pytest.mark.parametrize("bucket", ["day", "week", "month", "hour"])
@pytest.mark.parametrize("zone", ["Europe/Moscow", "Europe/Berlin"])
async def test_buckets_are_those_of_the_zone_and_empty_ones_are_there(filled_url: str, bucket: str, zone: str) -> None:
    async with asking(filled_url, time_zone=zone) as client:
        # Both changes of the clock in Berlin lie in the span; for hours one of them.
        first, last = ("2024-03-20", "2024-11-03") if bucket != "hour" else ("2024-03-29", "2024-04-03")
        table = await get_json(client, "/api/timeline", bucket=bucket, from_=first, to=last)
    async with open_connection(filled_url) as held:
        await held.execute(f"set timezone = '{zone}'")
        rows = await held.fetch(
            f"select begin, (select count(*) from incident where received_at >= begin and received_at < begin + interval '1 {bucket}'"
            f" and received_at >= '{first}' and received_at < '{last}') as n"
            f" from generate_series(date_trunc('{bucket}', timestamptz '{first}'), timestamptz '{last}' - interval '1 second',"
            f" interval '1 {bucket}') as begin order by begin"
        )
    assert [(datetime.fromisoformat(one["from"]), one["count"]) for one in table["buckets"]] == [tuple(row) for row in rows]
    assert sum(one["count"] for one in table["buckets"]) == table["total"]["count"]
    partial = [place for place, one in enumerate(table["buckets"]) if one["partial"]]
    assert partial == ({"day": [], "hour": [], "week": [0, len(rows) - 1], "month": [0, len(rows) - 1]}[bucket])
    if bucket == "day" and zone == "Europe/Berlin":
        lengths = {one["from"][:10]: datetime.fromisoformat(one["to"]) - datetime.fromisoformat(one["from"]) for one in table["buckets"]}
        assert (lengths["2024-03-31"], lengths["2024-10-27"]) == (timedelta(hours=23), timedelta(hours=25))


@pytest.mark.parametrize("by", ["sector", "theme", "source", "agency", "status"])
async def test_series_are_the_timelines_of_single_entries_most_first(client: httpx.AsyncClient, by: str) -> None:
    span = {"from_": "2024-02-10", "to": "2025-02-10", "bucket": "week", "district": "0301"}
    table = await get_json(client, "/api/timeline", by=by, **span)
    assert table["buckets"] == (await get_json(client, "/api/timeline", **span))["buckets"]
    entries = {cell[by]: cell["count"] for cell in (await get_json(client, "/api/breakdown", by=by, **span_of(span)))["cells"]}
    assert [(one["code"], one["count"]) for one in table["series"]] == sorted(entries.items(), key=lambda one: -one[1])
    for one in table["series"]:
        if one["code"] is not None:
            alone = (await get_json(client, "/api/timeline", **span, **{by: one["code"]}))["buckets"]
            assert one["n"] == [bucket["count"] for bucket in alone]
            assert one["open"] == [bucket["open"] for bucket in alone]
            assert one["overdue"] == [bucket["overdue"] for bucket in alone]
    sums = [sum(column) for column in zip(*(one["n"] for one in table["series"]), strict=True)]
    assert sums == [bucket["count"] for bucket in table["buckets"]]
    assert (table["by"], table["series_left_out"]) == (by, 0)


def span_of(parameters: dict[str, str]) -> dict[str, str]:
    """Without what only a timeline knows."""
    return {name: value for name, value in parameters.items() if name != "bucket"}


async def test_series_as_csv_have_a_line_for_each_entry_and_bucket(client: httpx.AsyncClient) -> None:
    asked = {"by": "sector", "from_": "2024-02-10", "to": "2024-02-20"}
    table = await get_json(client, "/api/timeline", **asked)
    answer = await client.get("/api/timeline?by=sector&from=2024-02-10&to=2024-02-20&format=csv")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    # The unit of a field stands in brackets behind its name.
    counted = [
        (row["sector"], row["from"], int(row["n"]), int(next(row[name] for name in row if name.startswith("open")))) for row in lines
    ]
    assert counted == [
        (one["code"], bucket["from"], n, is_open)
        for one in table["series"]
        for bucket, n, is_open in zip(table["buckets"], one["n"], one["open"], strict=True)
    ]


async def test_series_of_a_district_are_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/timeline?by=district")
    assert (answer.status_code, answer.json()["parameter"]) == (400, "by")


async def test_the_compared_window_stands_beside(client: httpx.AsyncClient, filled_url: str) -> None:
    span = {"from_": "2025-03-01", "to": "2025-06-01"}
    now, before = received_between("2025-03-01", "2025-06-01"), received_between("2024-03-01", "2024-06-01")
    table = await get_json(client, "/api/districts", compare="year", **span)
    counts, earlier = await query_oracle(filled_url, now, "place"), await query_oracle(filled_url, before, "place")
    assert table["compare"] == {"by": "year", "from": "2024-02-29T21:00:00Z", "to": "2024-05-31T21:00:00Z"}
    for row in table["districts"]:
        n, compared = (numbers.get(row["code"], {"count": 0})["count"] for numbers in (counts, earlier))
        assert row["n_compared"] == compared
        assert row["change"] == (round(n / compared - 1, 4) if compared else None)
    line = await get_json(client, "/api/timeline", compare="year", bucket="month", **span)
    by_month = await query_oracle(filled_url, before, "extract(month from received_at at time zone 'Europe/Moscow')::int")
    assert [one["n_compared"] for one in line["buckets"]] == [by_month[month]["count"] for month in (3, 4, 5)]
    previous = await get_json(client, "/api/summary", compare="previous", **span)
    assert (
        previous["measures"]["n_compared"]
        == (await query_oracle(filled_url, received_between("2024-11-29", "2025-03-01"), "1"))[1]["count"]
    )


async def test_the_leading_theme_and_ranks(client: httpx.AsyncClient, filled_url: str) -> None:
    table = await get_json(client, "/api/districts", from_="2024-01-01", to="2027-01-01", measure="answer_hours")
    themes = await query_oracle(filled_url, "true", "coalesce(place, '') || '/' || theme")
    for row in [*table["districts"], {"code": "", **table["without_district"]}]:
        own = {key.partition("/")[2]: one["count"] for key, one in themes.items() if key.partition("/")[0] == row["code"]}
        best = max(sorted(own), key=lambda theme: own[theme], default=None)
        leading = row["leading_theme"]
        assert (leading and (leading["code"], leading["n"])) == (best and (best, own[best]))
    values = [row["answer_hours"] for row in table["districts"]]
    known = [value for value in values if value is not None]
    assert values == [*sorted(known, reverse=True), None]
    assert [row["rank"] for row in table["districts"]] == [1, 2, 3, None]


async def test_one_district_has_its_children_shares_timeline_and_place(client: httpx.AsyncClient, filled_url: str) -> None:
    span = {"from_": "2024-01-01", "to": "2027-01-01"}
    page = await get_json(client, "/api/districts/0301", **span)
    level = {row["code"]: row for row in (await get_json(client, "/api/districts", **span))["districts"]}
    assert page["district"] == level["0301"]
    assert [one["code"] for one in page["ancestors"]] == ["03"]
    assert {child["code"] for child in page["children"]} == {"030101", "030102"}
    parts = sum(child["count"] for child in page["children"]) + page["without_child"]["count"]
    assert parts == page["district"]["count"] == page["timeline"]["total"]["count"]
    sectors = await query_oracle(filled_url, "district_id in (2, 6, 7)", "sector")
    assert {one["code"]: one["count"] for one in page["sectors"]} == {key: row["count"] for key, row in sectors.items()}
    assert sum(one["share"] for one in page["sources"]) == pytest.approx(1, abs=2e-4)
    among = page["among"]["count"]
    counts = sorted((row["count"] for row in level.values()), reverse=True)
    assert (among["rank"], among["of"], among["median"]) == (counts.index(among["value"]) + 1, 4, (counts[1] + counts[2]) / 2)
    assert page["among"]["per_1000"]["of"] == 2
    refused = await client.get("/api/districts/nowhere")
    assert (refused.status_code, refused.headers["content-type"]) == (404, "application/problem+json")


async def test_a_selected_district_leaves_its_kin(client: httpx.AsyncClient) -> None:
    table = await get_json(client, "/api/districts", district="0301", level="settlement", window="9999d")
    assert {row["code"] for row in table["districts"]} == {"030101", "030102"}
    assert [row["code"] for row in (await get_json(client, "/api/districts", district="030101", level="region"))["districts"]] == ["03"]


@pytest.mark.parametrize("resolution", [1, 6, 9, 10])
async def test_a_hexagon_and_its_neighbours_are_those_of_sql(client: httpx.AsyncClient, filled_url: str, resolution: int) -> None:
    cell = h3.cell_to_parent(CELLS[0], resolution)
    page = await get_json(client, f"/api/cells/{h3.int_to_str(cell)}", from_="2024-06-01", to="2026-01-01")
    by_cell = await query_oracle(filled_url, received_between("2024-06-01", "2026-01-01"), "cell")
    for row in [page["cell"], *page["neighbours"]]:
        n = sum(one["count"] for key, one in by_cell.items() if h3.cell_to_parent(key, resolution) == int(row["h3"], 16))
        assert row["count"] == n
    assert len(page["neighbours"]) == 6
    if resolution == 10:
        check_measures(page["cell"], by_cell.get(cell))


async def test_a_pentagon_has_five_neighbours_and_a_malformed_cell_is_refused(client: httpx.AsyncClient) -> None:
    pentagon = h3.get_pentagons(5)[0]
    assert len((await get_json(client, f"/api/cells/{h3.int_to_str(pentagon)}"))["neighbours"]) == 5
    too_fine = h3.int_to_str(h3.cell_to_center_child(CELLS[0], 11))
    for bad in ("xyz", "8" * 15, too_fine, "-1", "f" * 400):
        refused = await client.get(f"/api/cells/{bad}")
        assert (refused.status_code, refused.json()["parameter"]) == (400, "h3")


def records(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.content.count(b"\r\n") == answer.content.count(b"\n") == len(answer.text.splitlines())
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        ("/api/districts?compare=year", lambda made: [*made["districts"], made["without_district"]]),
        ("/api/breakdown?by=district,deadline", lambda made: made["cells"]),
        ("/api/timeline?bucket=week", lambda made: made["buckets"]),
        ("/api/districts/0301", lambda made: [made["district"], *made["children"]]),
        (f"/api/cells/{h3.int_to_str(CELLS[0])}", lambda made: [made["cell"], *made["neighbours"]]),
        ("/api/summary", lambda made: [made["measures"], *made["sectors"], *made["sources"]]),
    ],
)
async def test_csv_says_what_json_says(client: httpx.AsyncClient, path: str, rows: Any) -> None:
    join = "&" if "?" in path else "?"
    made = (await client.get(f"{path}{join}from=2024-01-01&to=2026-01-01")).json()
    answer = await client.get(f"{path}{join}from=2024-01-01&to=2026-01-01", headers={"Accept": "text/csv, application/json;q=0.5"})
    assert answer.content == (await client.get(f"{path}{join}from=2024-01-01&to=2026-01-01&format=csv")).content
    table = records(answer)
    expected = rows(made)
    assert len(table) == len(expected)
    for line, row in zip(table, expected, strict=True):
        plain = {name.partition(" [")[0]: text for name, text in line.items()}
        for name, value in row.items():
            if name == "leading_theme":
                assert (plain["leading_theme_code"], plain["leading_theme_n"]) == ((value["code"], str(value["n"])) if value else ("", ""))
            elif name == "name" and value is None:
                assert plain["name_ru"] == plain["name_en"] == ""
            elif not isinstance(value, dict):
                assert plain[name] == ("" if value is None else str(value).lower() if isinstance(value, bool) else str(value)), name
            elif name == "name":
                assert (plain["name_ru"], plain["name_en"]) == (value["ru"], value["en"])


async def test_the_header_of_csv_names_units(client: httpx.AsyncClient) -> None:
    header = (await client.get("/api/districts", params={"format": "csv"})).text.splitlines()[0]
    assert header.startswith("code,name_ru,name_en,level,population [residents],area_km2 [km²],approximate,count [incidents],")
    assert "answer_hours [h]" in header
    assert "leading_theme_n" in header


async def test_geojson_has_the_outline_and_the_numbers(client: httpx.AsyncClient, filled_url: str) -> None:
    answer = await client.get("/api/districts", params={"format": "geojson"})
    assert answer.headers["content-type"] == "application/geo+json"
    made = json.loads(answer.content)
    assert {feature["id"] for feature in made["features"]} == {"0301", "0302", "0303", "0304"}
    async with open_connection(filled_url) as held:
        for feature in made["features"]:
            same = await held.fetchval(
                "select st_hausdorffdistance(st_geomfromgeojson($1), st_transform(shape, 4326)) < 1e-5"
                " from district_shape join district on district.id = district_id where code = $2",
                json.dumps(feature["geometry"]), feature["id"],
            )  # fmt: skip
            assert same
            assert feature["properties"]["count"] >= 0
    cells = await client.get(f"/api/cells/{h3.int_to_str(CELLS[0])}", headers={"Accept": "application/geo+json"})
    assert len(cells.json()["features"]) == 7


async def test_answers_have_etags_and_are_not_sent_twice(client: httpx.AsyncClient) -> None:
    for path in ("/api/districts", "/api/breakdown?by=sector", "/api/timeline", "/api/districts/03"):
        join = "&" if "?" in path else "?"
        for form in ("json", "csv"):
            asked = f"{path}{join}from=2024-01-01&to=2025-01-01&format={form}"
            first = await client.get(asked)
            again = await client.get(asked, headers={"If-None-Match": first.headers["etag"]})
            assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
            assert all("Accept, Accept-Encoding" in answer.headers["vary"] for answer in (first, again))


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/api/districts?level=street", "level"),
        ("/api/districts?format=xml", "format"),
        ("/api/districts?by=sector", "by"),
        ("/api/districts?measure=change", "measure"),
        ("/api/summary?format=geojson", "format"),
        ("/api/breakdown", "by"),
        ("/api/breakdown?by=sector,sector", "by"),
        ("/api/breakdown?by=sector,theme,source", "by"),
        ("/api/breakdown?by=mood", "by"),
        ("/api/breakdown?by=sector&measure=per_1000", "measure"),
        ("/api/timeline?bucket=minute", "bucket"),
        ("/api/timeline?bucket=hour&from=2024-01-01&to=2026-01-01", "bucket"),
        ("/api/districts/03?level=region", "level"),
        ("/api/legend?zoom=8&measure=per_km2", "measure"),
        ("/tiles/hexes/8/155/92.mvt?measure=per_1000", "measure"),
        ("/api/summary?compare=week", "compare"),
    ],
)
async def test_what_cannot_be_asked_is_refused_by_name(client: httpx.AsyncClient, path: str, parameter: str) -> None:
    refused = await client.get(path)
    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json")
    assert refused.json()["parameter"] == parameter
    if path.startswith("/api/timeline?bucket=hour"):
        assert "2,000" in refused.json()["detail"]


async def test_statistics_over_nothing_are_null(client: httpx.AsyncClient) -> None:
    table = await get_json(client, "/api/districts", from_="1990-01-01", to="1991-01-01")
    for row in [*table["districts"], table["without_district"]]:
        assert row["count"] == 0
        assert all(row[name] is None for name in (*HOURS, "share_closed", "share_on_time", "leading_theme"))


async def test_every_field_that_is_a_measure_has_its_unit(client: httpx.AsyncClient) -> None:
    table = await get_json(client, "/api/districts")
    assert set(TABLE_MEASURES) <= set(table["units"])
    chosen = await get_json(client, "/api/districts", measure="unusual")
    assert set(chosen["units"]) - set(table["units"]) == {"unusual"}
    assert {"n_answered", "n_judged", "n_closed_timed", "n_compared"} <= set(table["units"])
    assert all(set(unit) == {"ru", "en"} for unit in table["units"].values())
