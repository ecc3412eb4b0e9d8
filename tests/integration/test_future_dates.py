"""Dates in the future in files, pulls and requests: not used or warned about, with the same reasons."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from ingest.mapping.mapping import load_mapping
from ingest.pull.client import ClientPolicy
from ingest.pull.pull import PullCallbacks, PullRequest, pull
from ingest.runs.run import IngestOptions, file_input, ingest_input
from tests.support.http_client import asking
from tests.support.ingest_client import KEY, emptied, fetch, incident, lines, outcomes, send
from tests.support.open311_city import City, request, served
from tests.support.plain_csv import HEADER, csv_line

NOW = datetime(2026, 11, 2, tzinfo=UTC)
AT_THAT_TIME = IngestOptions(clock=NOW.timestamp)


async def test_a_row_of_a_file_from_the_future_is_kept_as_a_reject(database_url: str, tmp_path: Path) -> None:
    await emptied(database_url)
    path, mapping = tmp_path / "rows.csv", load_mapping("plain")
    rows = [
        csv_line("1"),
        csv_line("2", at="2026-11-04T00:00:00Z"),
        csv_line("3", at="2026-11-02T02:00:00Z"),
        csv_line("4", closed="2050-01-01"),
    ]
    path.write_text(HEADER + "".join(rows), encoding="utf-8")
    run, counts = await ingest_input(database_url, file_input(path, mapping, "plain"), lambda _: None, AT_THAT_TIME)
    assert (counts.new, dict(counts.rejected), dict(counts.warned)) == (3, {"future_date": 1}, {"date_ahead": 1, "date_left_out": 1})
    kept = await fetch(database_url, "select line, reason, detail from reject where run_id = $1 order by line", run)
    assert [row[:2] for row in kept] == [(3, "future_date"), (4, "date_ahead"), (5, "date_left_out")]
    assert kept[0][2] == "received_at '2026-11-04T00:00:00Z' is more than a day in the future"
    later = IngestOptions(clock=(NOW + timedelta(days=2)).timestamp)
    _, counts = await ingest_input(database_url, file_input(path, mapping, "plain"), lambda _: None, later)
    assert (counts.new, counts.unchanged, dict(counts.rejected)) == (1, 3, {}), "what was ahead has come"


async def test_a_request_of_a_server_from_the_future_is_a_reject(database_url: str) -> None:
    await emptied(database_url)
    since = NOW - timedelta(days=10)
    city = City([
        request(1, since), request(2, since, updated_datetime="2105-12-31T00:00:00Z"), request(3, since, expected_datetime="2099-12-31"),
        request(4, since, updated_datetime=(NOW + timedelta(hours=1)).isoformat()),
    ])  # fmt: skip
    with served(city):
        asked = PullRequest(f"{city.base}/v2", since, NOW, source="future-city")
        policy = ClientPolicy("tests", per_second=10_000, timeout_s=5, retries=1, retry_pause_s=0.01)
        callbacks = PullCallbacks(lambda _: None, lambda *_: None, lambda _: None)
        _, counts = await pull(database_url, asked, policy, load_mapping("open311"), "open311", callbacks, AT_THAT_TIME)
    assert (counts.new, dict(counts.rejected), dict(counts.warned)) == (4, {}, {"date_ahead": 1, "date_left_out": 2})


async def test_a_sent_incident_from_the_future_is_told_so(database_url: str) -> None:
    await emptied(database_url)
    soon = datetime.fromtimestamp(time.time() + 3600, UTC).isoformat()
    rows = [incident("1", received_at="2105-12-31"), incident("2", received_at=soon), incident("3", closed_at="2105-12-31"), incident("4")]
    async with asking(database_url, write_keys=KEY) as client:
        listed, streamed, one = await send(client, rows), await send(client, lines(rows)), await send(client, rows[0])
    assert outcomes(listed) == ["rejected", "new", "new", "new"]
    first, second, third, fourth = listed.json()["rows"]
    assert (first["reason"], first["fields"], "more than a day in the future" in first["detail"]) == ("future_date", ["received_at"], True)
    assert (second["warning"]["reason"], second["warning"]["fields"]) == ("date_ahead", ["received_at"])
    assert (third["warning"]["reason"], third["warning"]["fields"], "warning" in fourth) == ("date_left_out", ["closed_at"], False)
    answers = [orjson.loads(line) for line in streamed.content.splitlines()][:-1]
    assert [(row["outcome"], row.get("reason")) for row in answers] == [
        ("rejected", "future_date"), ("unchanged", None), ("unchanged", None), ("unchanged", None),
    ]  # fmt: skip
    assert (one.status_code, one.json()["rows"][0]["reason"]) == (422, "future_date")
    assert await fetch(database_url, "select external_id from incident order by 1") == [("2",), ("3",), ("4",)]
