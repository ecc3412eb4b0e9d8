"""`geo backtest` on a database: what it prints, its numbers against SQL, and what it says where it cannot."""

import asyncio
import csv
import io
import json
import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import h3.api.basic_int as h3
import pytest

from geo_service.aggregation.alerts.model import AlertLayer, Episode, Verdict
from geo_service.aggregation.backtest.alerts.alert_report import describe_alerts
from geo_service.aggregation.backtest.alerts.run import run_alert_backtest
from geo_service.aggregation.backtest.backtest import run_backtest
from geo_service.aggregation.backtest.document import describe_backtest
from geo_service.aggregation.catalogue.catalogue import EMPTY
from geo_service.aggregation.places.place import Place
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.replica.snapshot import read_snapshot
from geo_service.alerts.store import VerdictEntry, write_episodes, write_verdict
from geo_service.core.database import open_connection
from geo_service.core.errors import GeoError, InputError
from geo_service.core.model import Status
from geo_service.queries.backtest import read_backtest_request
from tests.support import territory
from tests.support.databases import database_address
from tests.support.geo_command import geo
from tests.support.http_client import filled
from tests.support.incident_batches import batch_of

ZONE = ZoneInfo("Europe/Moscow")
SEED = 11
DAYS = 500
NEWEST = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
AREAS = [area for area in territory.AREAS if area.code in ("R", "00", "01", "11", "22", "T")]

LISTED = """
with week as (select $1::timestamptz as monday),
ranked as (
    select d.code, count(i.id) as n
    from district d left join incident i on i.district_id = d.id
        and i.received_at >= (select monday from week) - interval '8760 hours' and i.received_at < (select monday from week)
    where d.level = 2 group by d.code order by n desc, d.code collate "C" limit $2
)
select count(*) as total, count(*) filter (where d.code in (select code from ranked)) as caught
from incident i join district d on d.id = i.district_id
where i.received_at >= (select monday from week) and i.received_at < (select monday from week) + interval '168 hours'
"""
BEST = """
select coalesce(sum(n), 0) from (
    select count(*) as n from incident
    where district_id is not null and received_at >= $1::timestamptz and received_at < $1::timestamptz + interval '168 hours'
    group by district_id order by n desc limit $2
) as most
"""


JUDGED = ((2, AlertLayer.LOCAL), (3, AlertLayer.LOCAL), (4, AlertLayer.TOTALS), (5, AlertLayer.TOTALS), (200, AlertLayer.LOCAL))
VERDICTS = (Verdict.REAL, Verdict.NOT_REAL, Verdict.REAL, None, Verdict.NOT_REAL)
"""How many days ago alerts were raised, and what the desk has found them to be."""


def alert_raised(at: int, layer: AlertLayer) -> Episode:
    """A closed alert of potholes, detected at an instant."""
    place = Place("s:1", "Село", "Village", 38.2, 44.6)
    return Episode(layer, place, 1, 7, at, at, at, at, 86_400, 3, 3, 0.1, -5.0, 100.0, 3, at, closed_at=at + 86_400)


async def fill(held: asyncpg.Connection) -> None:
    """Five districts with messages of 500 days, some in none, some without a place; of every status."""
    await held.execute(
        "insert into source (code, name_ru, name_en) values ('portal', '', '');"
        "insert into theme (code, sector_id, name_ru, name_en) values ('roads.pothole', 7, '', '=Pothole'), ('waste.dump', 5, '', '')"
    )
    ids: dict[str, int] = {}
    for one in AREAS:
        ids[one.code] = await territory.insert_area(held, one, ids.get(one.parent or ""))
    dice = random.Random(SEED)
    rows = []
    for number in range(4_000):
        area: territory.Area | None = dice.choices([*AREAS[1:], None], (50, 20, 10, 8, 6, 3))[0]
        point = area.shape.representative_point() if area else None
        lng, lat = (point.x, point.y) if point else (30.0, 50.0)
        lng, lat = lng + dice.uniform(-0.02, 0.02), lat + dice.uniform(-0.02, 0.02)
        received = NEWEST - timedelta(days=DAYS) * dice.random() if number else NEWEST
        cell = h3.latlng_to_cell(lat, lng, 10) if dice.random() < 0.97 else None
        rows.append((str(number), lng, lat, cell, dice.choice([1, 1, 2]), number % 9, received, ids[area.code] if area and cell else None))
    await held.executemany(
        "insert into incident (source_id, external_id, location, cell, location_quality, theme_id, status, received_at, updated_at,"
        " district_id) values (1, $1, case when $4::bigint is not null then st_setsrid(st_makepoint($2, $3), 4326) end, $4,"
        " case when $4 is null then 6 else 0 end, $5, $6, $7, $7, $8)",
        rows,
    )  # fmt: skip


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> str:
    return filled(database_url, fill)


@pytest.fixture(scope="module")
def state(filled_url: str) -> ReplicaState:
    """The incidents as the command reads them."""
    return asyncio.run(read_snapshot(filled_url, None, 1_000_000))


def document(state: ReplicaState, **options: str) -> dict[str, Any]:
    """What the command prints as JSON."""
    request = read_backtest_request(options, state.catalogue, ZONE)
    return describe_backtest(run_backtest(state, request, ZONE, int(time.time())), ZONE)


async def test_the_lists_of_districts_hold_what_sql_counts(filled_url: str, state: ReplicaState) -> None:
    found = document(state, level="district", top="40", weeks="12")
    year = next(row for row in found["results"] if row["ranking"] == "year")
    assert (found["places"], year["listed"], len(year["by_week"])) == (5, 2, 12)
    assert found["without_district"] > 0
    async with open_connection(filled_url) as held:
        for week, monday in zip(year["by_week"], found["mondays"], strict=True):
            at = datetime.fromisoformat(monday)
            expected = await held.fetchrow(LISTED, at, 2)
            assert (week["total"], week["n"]) == (expected["total"], expected["caught"])
            assert week["best"] == await held.fetchval(BEST, at, 2)
    hits = [week["n"] / week["total"] for week in year["by_week"]]
    assert year["hit"] == pytest.approx(sum(hits) / 12, abs=1e-4)
    assert year["pai"] == pytest.approx(sum(hits) / 12 / 0.4, abs=1e-3)
    assert year["worst"]["hit"] == pytest.approx(min(hits), abs=1e-4)


def test_everything_listed_scores_one_on_every_level(state: ReplicaState) -> None:
    for level in ("5", "9", "region", "district"):
        found = document(state, level=level, top="100", weeks="2", by="theme")
        for row in found["results"]:
            assert (row["hit"], row["pai"], row["pei"]) == (1.0, 1.0, 1.0), (level, row["group"]["code"], row["ranking"])


def test_the_table_says_what_the_numbers_mean(filled_url: str) -> None:
    done = geo("backtest", "--by", "sector", "--top", "5,20", "--weeks", "4", GEO_DATABASE_URL=filled_url)
    assert (done.returncode, done.stderr) == (0, "")
    for text in ("The first 5 %", "The first 20 %", "all", "roads", "waste", "7 days", "30 days", "year", "decayed", "random", "perfect"):
        assert text in done.stdout
    assert "list would have held" in done.stdout
    assert "of the inhabited area" in done.stdout
    assert "the best possible list" in done.stdout
    for text in (
        "A = the ",
        "RRI = (n2 / n1) / (N2 / N1)",
        "counts from its receipt",
        "geocoded is not recorded",
        "who writes, not what is broken",
    ):
        assert text in done.stdout


def test_csv_has_a_row_for_each_group_length_and_ranking(filled_url: str, state: ReplicaState) -> None:
    done = geo("backtest", "--by", "theme", "--top", "5,20", "--weeks", "4", "--format", "csv", GEO_DATABASE_URL=filled_url)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len(rows) == 3 * 2 * 6
    same = document(state, by="theme", top="5,20", weeks="4")["results"]
    for row, expected in zip(rows, same, strict=True):
        assert (row["group_code"], row["ranking"], int(row["n"])) == (expected["group"]["code"], expected["ranking"], expected["n"])
        assert (row["hit"], row["pei"], row["worst_monday"]) == (str(expected["hit"]), str(expected["pei"]), expected["worst"]["monday"])
    # No spreadsheet runs a theme's name.
    assert {row["group_name_en"] for row in rows} == {"all messages", "'=Pothole", ""}


def test_json_is_the_whole_document(filled_url: str, state: ReplicaState) -> None:
    done = geo("backtest", "--sector", "roads", "--district", "00", "--weeks", "3", "--format", "json", GEO_DATABASE_URL=filled_url)
    assert json.loads(done.stdout) == document(state, sector="roads", district="00", weeks="3")


def test_a_sector_alone_is_its_part_of_all(state: ReplicaState) -> None:
    groups = {row["group"]["code"]: row["total"] for row in document(state, by="sector", weeks="4")["results"]}
    assert document(state, sector="roads", weeks="4")["results"][0]["total"] == groups["roads"]
    assert groups["all"] == groups["roads"] + groups["waste"]


def test_a_district_is_a_region_of_its_own(state: ReplicaState) -> None:
    found = document(state, district="00", level="district", weeks="4")
    assert (found["places"], {row["hit"] for row in found["results"]}) == (1, {1.0})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": "4"}, "--level: '4' is not known; allowed: 5, 6, 7, 8, 9, region, district, settlement"),
        ({"level": "10"}, "--level: '10' is not known; allowed: 5,"),
        ({"top": "0"}, "--top: '0' is invalid; allowed: one or several different percentages above 0 and up to 100"),
        ({"top": "101"}, "--top: '101' is invalid"),
        ({"top": "5,5"}, "--top: '5,5' is invalid"),
        ({"top": "nan"}, "--top: 'nan' is invalid"),
        ({"horizon": "week"}, "--horizon: 'week' is not a window; allowed: a number and h, d, w or y"),
        ({"horizon": "3y"}, "--horizon: '3y' is too long; allowed: 1h to 366d"),
        ({"weeks": "0"}, "--weeks: '0' is invalid; allowed: a whole number from 1 to 520"),
        ({"weeks": "-1"}, "--weeks: '-1' is invalid"),
        ({"weeks": "200"}, "--weeks: 200 are too many: the incidents cover 500 days"),
        ({"by": "agency"}, "--by: 'agency' is not known; allowed: none, sector, theme"),
        ({"sector": "road"}, "sector: 'road' is not known; allowed: health, education"),
        ({"theme": "x"}, "theme: 'x' is not known; allowed: roads.pothole, waste.dump"),
        ({"district": "x"}, "district: 'x' is not known; allowed: "),
        ({"at": "soon"}, "--at: 'soon' is not an instant; allowed: a date"),
        ({"at": "2001-01-01"}, "--at: no incident was received before; allowed: an instant after the first incident"),
        ({"sector": "energy"}, "nothing to test: no incident of the selection"),
        ({"level": "settlement"}, "nothing to test: no incident of the selection that lies in a place of the level"),
    ],
)
def test_what_cannot_be_tested_is_said_with_what_can(state: ReplicaState, options: dict[str, str], message: str) -> None:
    with pytest.raises(GeoError) as raised:
        document(state, **options)
    assert str(raised.value).startswith(message)
    assert raised.value.exit_code in (1, 2)


def test_an_error_is_one_line_and_nothing_is_printed(filled_url: str) -> None:
    done = geo("backtest", "--sector", "road", GEO_DATABASE_URL=filled_url)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("geo: sector: 'road' is not known; allowed: health, education")


def test_an_empty_database_has_nothing_to_test(cluster_url: str, template: str) -> None:
    empty = asyncio.run(read_snapshot(database_address(cluster_url, template), None, 1_000_000))
    with pytest.raises(InputError, match="nothing to test: the database holds no incident that has a place; load some with `geo ingest`"):
        document(empty)


async def test_alerts_are_replayed_and_verdicts_counted(filled_url: str, state: ReplicaState) -> None:
    async with open_connection(filled_url) as held:
        episodes = [alert_raised(int(time.time()) - days * 86_400, layer) for days, layer in JUDGED]
        stored = await write_episodes(held, state.catalogue, episodes)
        for episode, value in zip(stored, VERDICTS, strict=True):
            if value:
                await write_verdict(held, episode.id, VerdictEntry(value, "", "", int(time.time())))
    done = await asyncio.to_thread(geo, "backtest", "--weeks", "4", "--alerts", "--format", "json", GEO_DATABASE_URL=filled_url)
    assert (done.returncode, done.stderr) == (0, "")
    alerts = json.loads(done.stdout)["alerts"]
    # The one before the first Monday does not count, nor the one that nobody has judged.
    assert alerts["precision"] == [
        {"layer": "all", "judged": 3, "real": 2, "precision": 0.6667},
        {"layer": "local", "judged": 2, "real": 1, "precision": 0.5},
        {"layer": "totals", "judged": 1, "real": 1, "precision": 1.0},
    ]
    assert alerts["thresholds"]["from"].startswith("a calibration for this test")
    assert alerts["lead_time"][0]["episodes"] == len(alerts["episodes"])
    assert all(one["since"] <= one["detected"] for one in alerts["episodes"])


def test_a_short_history_without_districts_has_alerts_of_the_whole_region_at_most() -> None:
    batch = batch_of([(place % 6, 1_780_000_000 + place * 40_000, 0, Status.NEW, 1, 1, 0) for place in range(100)])
    found = run_alert_backtest(ReplicaState(batch, EMPTY, 1_000_000), (1_783_000_000, 1_784_000_000), {}, {}, 1.0)
    report = describe_alerts(found, EMPTY, ZONE)
    assert report["precision"][0] == {"layer": "all", "judged": 0, "real": 0, "precision": None}
    assert report["lead_time"][0]["listed"] == 0
