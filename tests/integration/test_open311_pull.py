"""Pulling from an Open311 server into PostGIS: values, accounts, going on after a kill, changes, and the command."""

import asyncio
import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner

from geo_service.cli.main import app
from geo_service.core.database import connect
from geo_service.core.errors import InputError, InvalidParameter
from ingest.mapping.mapping import load_mapping, with_source
from ingest.pull.client import ClientPolicy
from ingest.pull.pull import PullCallbacks, PullRequest, pull
from ingest.runs.reject_export import write_csv
from ingest.runs.run import IngestOptions, RunCounts, file_input, ingest_input
from tests.support.open311_city import JSON, City, request, served
from tests.support.paths import CHECKOUT

GEO = Path(sys.executable).with_name("geo")
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=270)
QUICK = ClientPolicy("tests", per_second=10_000, timeout_s=5, retries=1, retry_pause_s=0.01)


@pytest.fixture
def city() -> Iterator[City]:
    made = City([request(number, SINCE + timedelta(hours=6 * number)) for number in range(1000)])
    with served(made):
        yield made


@pytest.fixture
async def held(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    made = await connect(database_url)
    await made.execute("truncate incident, incident_tombstone, reject, ingest_run, open311_checkpoint")
    yield made
    await made.close()


async def taken(
    url: str,
    city: City,
    *,
    since: datetime | None = SINCE,
    until: datetime | None = UNTIL,
    notes: list[str] | None = None,
    again: bool = False,
) -> RunCounts:
    asked = PullRequest(f"{city.base}/v2", since, until, jurisdiction="city.example", source="city", again=again)
    told = PullCallbacks((notes if notes is not None else []).append, lambda *_: None, lambda _: None)
    _, tally = await pull(url, asked, QUICK, load_mapping("open311"), "open311", told, IngestOptions())
    return tally


STATE = "select external_id, status, st_x(location), st_y(location), received_at, closed_at, updated_at, message from incident order by 1"


@pytest.mark.parametrize("ending", ["json", "xml"])
async def test_requests_are_incidents_with_their_values(database_url: str, held: asyncpg.Connection, city: City, ending: str) -> None:
    city.endings = (ending,)
    closed = {"status": "Closed", "updated_datetime": "2026-03-01T12:00:00+03:00", "service_name": None, "service_code": "002"}
    city.requests = [
        request(1, SINCE, expected_datetime="2026-01-05"),
        request(2, SINCE + timedelta(days=10), **closed),
        request(3, SINCE, lat=None, long=None, address="", description=None),
        request(4, SINCE, status="lost"),
    ]
    tally = await taken(database_url, city)
    assert (tally.new, dict(tally.rejected)) == (2, {"missing_coordinates": 1, "unknown_status": 1})
    rows = await held.fetch(
        "select incident.external_id, source.code as source, theme.name_ru as theme, agency.name as agency, status, message, address,"
        " st_x(location) as lng, st_y(location) as lat, received_at, due_at, closed_at, incident.updated_at"
        " from incident join source on source.id = source_id join theme on theme.id = theme_id join agency on agency.id = agency_id"
        " order by 1"
    )
    first, second = (dict(row) for row in rows)
    assert first == {
        "external_id": "1", "source": "city", "theme": "Ямы", "agency": "Управа", "status": 0, "message": "Яма № 1 <у дома>",
        "address": "ул. Мира, 1", "lng": 38.9, "lat": 45.00001, "received_at": SINCE,
        "due_at": datetime(2026, 1, 5, 23, 59, 59, tzinfo=UTC), "closed_at": None, "updated_at": SINCE,
    }  # fmt: skip
    at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert (second["theme"], second["status"], second["closed_at"], second["updated_at"]) == ("Мусор & грязь", 6, at, at)
    run = await held.fetchrow("select input, mapping, state, read, new from ingest_run")
    assert tuple(run) == (f"{city.base}/v2?jurisdiction_id=city.example", "open311", "finished", 4, 2)
    kept = {row["reason"]: json.loads(row["row_text"]) for row in await held.fetch("select reason, row_text from reject")}
    assert (kept["unknown_status"]["service_request_id"], kept["unknown_status"]["status"]) == ("4", "lost")
    detail = await held.fetchval("select detail from reject where reason = 'unknown_status'")
    assert detail.endswith("; service_request_id '4' in page 1 of requests from 2026-01-01T00:00:00Z to 2026-04-01T00:00:00Z")
    assert {one["jurisdiction_id"] for one in city.asked} == {"city.example"}
    await taken(database_url, city, again=True)
    assert await held.fetchval("select count(*) from reject") == 2


async def test_a_second_pull_needs_no_date_and_brings_what_is_new_and_what_has_changed(
    database_url: str, held: asyncpg.Connection, city: City
) -> None:
    assert (await taken(database_url, city)).new == 1000
    now = datetime.now(UTC)
    city.requests[3] = request(3, SINCE + timedelta(hours=18), status="closed", updated_datetime=now.isoformat())
    city.requests.append(request(5000, UNTIL + timedelta(days=1)))
    city.asked.clear()
    tally = await taken(database_url, city, since=None, until=None)
    assert (tally.new, tally.changed, tally.read) == (1, 1, 2)
    assert await held.fetchval("select status from incident where external_id = '3'") == 6
    assert {one["start_date"] for one in city.asked if "updated_after" not in one} >= {"2026-09-28T00:00:00Z"}
    with pytest.raises(InputError, match="nothing has been pulled"):
        await held.execute("truncate open311_checkpoint")
        await taken(database_url, city, since=None)


async def test_a_server_that_fails_in_the_middle_costs_nothing_and_the_next_pull_goes_on_there(
    database_url: str, held: asyncpg.Connection, city: City
) -> None:
    truncated = 200, {"Content-Type": JSON}, b'[{"service_request_id": "7", "requested_dat'
    city.before = lambda number: city.faults.extend([truncated] * 9) if number == 6 else None
    with pytest.raises(InputError, match=r"cannot read .*start_date=2026-04-01.*got incomplete or damaged JSON"):
        await taken(database_url, city)
    assert await held.fetchval("select count(*) from incident") == 361
    assert await held.fetchval("select reached from open311_checkpoint") < datetime(2026, 4, 2, tzinfo=UTC)
    assert await held.fetchval("select state from ingest_run") == "failed"
    city.before, city.faults = (lambda _: None), []
    city.asked.clear()
    await taken(database_url, city)
    assert await held.fetchval("select count(*) from incident") == 1000
    assert min(one["start_date"] for one in city.asked) >= "2026-01-01T00:00:00Z"


PULL = """
import asyncio, sys
from datetime import datetime
from ingest.mapping.mapping import load_mapping
from ingest.pull.client import ClientPolicy
from ingest.pull.pull import PullRequest, PullCallbacks, pull
from ingest.runs.run import IngestOptions
told = PullCallbacks(print, lambda *_: None, lambda _: None)
asked = PullRequest(sys.argv[2], *map(datetime.fromisoformat, sys.argv[3:5]), source="city", jurisdiction="city.example")
policy = ClientPolicy("tests", 10_000, 5, 0)
asyncio.run(pull(sys.argv[1], asked, policy, load_mapping("open311"), "open311", told, IngestOptions()))
"""


@pytest.mark.parametrize("knows_pages", [True, False])
async def test_a_pull_that_is_killed_anywhere_and_started_again_ends_like_one_that_was_not(
    database_url: str, held: asyncpg.Connection, city: City, knows_pages: bool
) -> None:
    city.knows_pages, city.limit = knows_pages, 150
    await taken(database_url, city)
    whole, questions = await held.fetch(STATE), len(city.asked)
    await held.execute("truncate incident, incident_tombstone, open311_checkpoint")
    command = [sys.executable, "-c", PULL, database_url, f"{city.base}/v2", SINCE.isoformat(), UNTIL.isoformat()]
    reached = [SINCE]
    for kill in (5, questions - 2, 5):
        city.asked.clear()
        process = await asyncio.create_subprocess_exec(*command, cwd=CHECKOUT)
        city.before = lambda number, kill=kill, pid=process.pid: os.kill(pid, signal.SIGKILL) if number == kill else None  # type: ignore[misc]
        assert await process.wait() == -signal.SIGKILL
        assert datetime.fromisoformat(city.asked[0]["start_date"]) == reached[-1]
        reached.append(await held.fetchval("select max(reached) from open311_checkpoint") or SINCE)
    city.before = lambda _: None
    assert reached[-1] > SINCE
    await taken(database_url, city)
    assert await held.fetch(STATE) == whole


async def test_rejected_requests_are_mended_as_a_file_and_stay_what_their_server_knows(
    database_url: str, held: asyncpg.Connection, city: City, tmp_path: Path
) -> None:
    nowhere = request(3, SINCE, lat=None, long=None, address="", description=None)
    city.requests = [request(1, SINCE), request(2, SINCE, status="lost", description="Яма; и\nещё"), nowhere]
    await taken(database_url, city)
    run, out = await held.fetchval("select max(id) from ingest_run"), io.StringIO(newline="")
    assert await write_csv(held, run, out) == 2
    rows = {row["service_request_id"]: row for row in csv.DictReader(io.StringIO(out.getvalue(), newline=""))}
    told = {name: (row["reject_line"], row["reject_reason"]) for name, row in rows.items()}
    assert told == {"2": ("", "unknown_status"), "3": ("", "missing_coordinates")}
    rows["2"]["status"] = "closed"
    rows["3"] |= {"lat": "45.03", "long": "38.97"}
    mended = tmp_path / "mended.csv"
    with mended.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows["2"])
        writer.writeheader()
        writer.writerows(rows.values())
    _, tally = await ingest_input(
        database_url, file_input(mended, with_source(load_mapping("open311"), "city", "city"), "open311"), lambda _: None
    )
    assert (tally.new, dict(tally.rejected)) == (2, {})
    city.requests[1] = request(2, SINCE, status="open", updated_datetime="2026-05-01T00:00:00Z")
    again = await taken(database_url, city, again=True)
    assert (again.new, again.changed) == (0, 1), "the mended request is the server's own"
    assert await held.fetchval("select count(*) from incident") == 3


async def test_two_pulls_of_one_server_at_once_are_refused(database_url: str, held: asyncpg.Connection, city: City) -> None:
    name = f"{city.base}/v2?jurisdiction_id=city.example"
    await held.execute("select pg_advisory_lock(hashtextextended('open311 city ' || $1, 0))", name)
    with pytest.raises(InputError, match="another pull of it is running"):
        await taken(database_url, city)


def test_the_command_pulls_and_tells(database_url: str, city: City) -> None:
    environment = os.environ | {"GEO_DATABASE_URL": database_url, "GEO_OPEN311_PULL_KEY": "S3CRET", "COLUMNS": "100"}
    command = [f"{GEO}", "ingest", "open311", f"{city.base}/discovery.json", "--per-second", "100"]
    city.faults = [(503, {"Retry-After": "0"}, b"")]
    done = subprocess.run([*command, "--since", "2026-01-01"], cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=60)
    assert "it answered 503 (Service Unavailable); retrying in 0 s" in done.stderr
    assert done.returncode == 0, done.stderr
    assert "1,000" in done.stdout
    assert "S3CRET" not in done.stderr + done.stdout
    assert {one["api_key"] for one in city.asked} == {"S3CRET"}
    assert city.headers[-1]["User-Agent"].startswith("geo-service/")


def test_a_date_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.setenv("GEO_DATABASE_URL", database_url)
    done = CliRunner().invoke(app, ["ingest", "open311", "http://127.0.0.1:9/v2", "--since", "soon"])
    assert isinstance(done.exception, InvalidParameter)
    assert str(done.exception) == "--since: 'soon' is not an instant; allowed: 2026-11-24 or 2026-11-24T10:15:00+03:00"
