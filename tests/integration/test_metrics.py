"""`/metrics` of a real process: what was asked and what the database holds are what it tells."""

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from geo_service.core.sql.advisory_locks import RUNS
from tests.support.hourly_incidents import INCIDENTS, fill
from tests.support.http_client import asking, filled
from tests.support.ingest_client import KEY, KEYED, fetch, incident
from tests.support.scraped_metrics import LIBRARY, documented, parse_samples, value
from tests.support.serve_process import GEO, serving, wait_until_ready
from tests.support.waiting import wait_until

TILE, TILES = "/tiles/hexes/9/311/184.mvt", "/tiles/{layer}/{z}/{x}/{y}.mvt"
METRICS_KEY = "a-key-for-metrics-1"
LOADS = """
insert into ingest_run (input, mapping, state, read, new, changed, rejected, warned, located) values
    ('may.csv', 'plain', 'finished', 9, 5, 2, '{"unreadable_date": 2}', '{"swapped": 1}', '{"street": 3, "none": 1}'),
    ('june.csv', 'plain', 'failed', 4, 3, 1, '{}', '{}', '{}'),
    ('https://city.example/open311/v2', 'open311', 'running', 6, 6, 0, '{}', '{}', '{}');
insert into geocode_cache (key, location, location_quality, confidence, name, geocoded_by)
    values ('x', st_setsrid(st_makepoint(39, 45), 4326), 1, 1, 'X', 4);
insert into alert (
    layer, sector_id, place, name_ru, name_en, location, since, detected_at, updated_at, last_signal_at, window_s, n, distinct_n, open_n,
    expected, log10_p, recurrence_days, peak, peak_at
) values (
    'local', 7, 's:1', 'x', 'x', st_setsrid(st_makepoint(39, 45), 4326), now(), now(), now(), now(), 86400, 5, 5, 5, 0, -9, 99, 5, now()
);
insert into alert_threshold (layer, per_week, log10_p, days, episodes, curve, calibrated_at)
    values ('local', 1, -4, 330, 47, '[]', '2026-11-30Z'), ('totals', 1, -4, 330, 47, '[]', '2026-11-30Z');
insert into alert_delivery (alert_id, event, target, body, created_at, next_attempt_at)
    values (1, 'opened', 'desk', '', now(), null), (1, 'grown', 'desk', '', now(), now() + interval '9 h');
insert into geocode_queue (incident_id, text_digest, next_attempt_at, reason)
    values (1, '', null, ''), (2, '', now() - interval '1 h', ''), (3, '', now() + interval '1 h', '');
"""
PAST_THE_TRIGGERS = "set session_replication_role = replica; delete from incident where id between 1 and 7"

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Service:
    """A running service and its port of metrics."""

    def __init__(self, address: str, port: int, database_url: str) -> None:
        self.address, self.metrics, self.database_url = address, f"http://127.0.0.1:{port}", database_url
        self.client = httpx.Client(timeout=60)
        self.asked = 0
        self.early: Samples = {}
        """Before anything was sent: with that, an open run whose sender is gone becomes an interrupted one."""

    def scrape(self) -> Samples:
        """Read the metrics."""
        return parse_samples(self.client.get(f"{self.metrics}/metrics").raise_for_status().text)

    def scrape_counted(self, before: Samples, asked: int) -> Samples:
        """Read the metrics once all that has been asked since is counted: an answer is there a moment before it is counted.

        asked: `self.asked` as it was before.
        """
        wait_until(lambda: _requests(self.scrape()) - _requests(before) >= self.asked - asked)
        return self.scrape()

    def ask(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        """Send a request to the service."""
        self.asked += 1
        return self.client.request(method, f"{self.address}{path}", headers=headers)


def _requests(samples: Samples) -> float:
    return sum(number for (name, _), number in samples.items() if name == "geo_http_requests_total")


@pytest.fixture(scope="module")
def service(database_url: str) -> Iterator[Service]:
    """A service over incidents and loads, in which reconciliation has already found a difference."""
    filled(database_url, fill)
    filled(database_url, lambda connection: connection.execute(LOADS))
    with holding_open_run(database_url):
        yield from _serving(database_url)


@contextmanager
def holding_open_run(database_url: str) -> Iterator[None]:
    """Hold the lock of the run that has not ended, as its process would: without it the service marks it as interrupted."""
    with asyncio.Runner() as runner:
        session = runner.run(asyncpg.connect(database_url))
        runner.run(session.execute(f"select pg_advisory_lock({RUNS} + id) from ingest_run where state = 'running'"))
        yield
        runner.run(session.close())


def _serving(database_url: str) -> Iterator[Service]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = {"GEO_METRICS_PORT": str(port), "GEO_METRICS_KEYS": METRICS_KEY, "GEO_WRITE_KEYS": KEY, "GEO_RECONCILE_INTERVAL_S": "0.2"}
    with serving(database_url, **variables) as (_, address):
        wait_until_ready(address)
        made = Service(address, port, database_url)
        made.early = made.scrape()
        filled(database_url, lambda connection: connection.execute(PAST_THE_TRIGGERS))
        made.ask("/tiles/hexes/9/311/185.mvt")
        wait_until(lambda: value(made.scrape(), "geo_replica_corrected_incidents_total") == 7)
        yield made
        made.client.close()


def test_requests_are_counted_as_they_were_made(service: Service) -> None:
    before, asked = service.scrape(), service.asked
    # A window that stands still, and in which no deadline passes any more: the tile stays valid.
    past = [(datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%d") for days in (40, 10)]
    tile = f"{TILE}?from={past[0]}&to={past[1]}"
    tag = service.ask(tile).headers["etag"]
    for _ in range(3):
        service.ask(tile)
    service.ask(tile, **{"If-None-Match": tag})
    for method, path in (("HEAD", TILE), ("HEAD", "/api/summary"), ("GET", "/api/summary"), ("GET", "/nowhere/1"), ("GET", "/nowhere/2"),
                         ("PUT", "/api/summary"), ("PROPFIND", "/api/summary"), ("GET", "/api/cells/nonsense")):  # fmt: skip
        service.ask(path, method)
    after = service.scrape_counted(before, asked)

    def more(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    requests = "geo_http_requests_total"
    assert more(requests, route=TILES, method="GET", status="200") == 4
    assert more(requests, route=TILES, method="GET", status="304") == 1
    assert more(requests, route=TILES, method="HEAD", status="200") == 1
    assert [more("geo_tile_answers_total", route=TILES, answer=answer) for answer in ("cached", "unchanged")] == [3, 1]
    assert more("geo_http_request_duration_seconds_count", route=TILES) == 6
    for method, status in (("GET", "200"), ("HEAD", "200"), ("PUT", "405"), ("OTHER", "405")):
        assert more(requests, route="/api/summary", method=method, status=status) == 1
    assert more(requests, route="(none)", method="GET", status="404") == 2
    assert more(requests, route="/api/cells/{h3}", method="GET", status="400") == 1
    assert more("geo_admission_admitted_requests_total", queue="replica") >= 2


async def test_the_replica_is_that_of_the_database(service: Service) -> None:
    (held,) = await fetch(service.database_url, "select count(*), count(location) from incident")
    assert held[0] >= INCIDENTS - 7
    wait_until(lambda: value(service.scrape(), "geo_replica_incidents") == held[0])
    found = service.scrape()
    assert value(found, "geo_replica_placed_incidents") == held[1]
    assert value(found, "geo_replica_corrected_incidents_total") == 7
    assert value(found, "geo_replica_corrections_total") == 1
    assert 0 <= time.time() - value(found, "geo_replica_corrected_timestamp_seconds") < 600
    assert 0 <= time.time() - value(found, "geo_replica_reconciled_timestamp_seconds") < 600
    assert 0 <= value(found, "geo_replica_lag_seconds") < value(found, "geo_replica_lag_limit_seconds") == 30
    assert (value(found, "geo_ready"), value(found, "geo_stale"), value(found, "geo_database_up")) == (1, 0, 1)
    assert value(found, "process_resident_memory_bytes") > 50e6


def test_rows_of_loads_of_all_processes_are_counted_by_their_way_and_outcome(service: Service) -> None:
    sent = [incident("m1"), incident("m2"), incident("m3", received_at="never")]
    service.client.post(f"{service.address}/api/incidents", json=sent, headers=KEYED).raise_for_status()
    rows = "geo_ingest_rows_total"
    wait_until(lambda: value(service.scrape(), rows, input="api", outcome="new") == 2)
    found = service.scrape()
    assert value(found, rows, input="api", outcome="rejected") == 1
    assert value(found, "geo_ingest_rejected_rows_total", input="api", reason="unreadable_date") == 1
    assert [value(found, rows, input="file", outcome=name) for name in ("new", "changed", "rejected")] == [8, 3, 2]
    assert value(found, rows, input="pull", outcome="new") == 6
    assert value(found, "geo_ingest_warned_rows_total", input="file", reason="swapped") == 1
    assert [value(found, "geo_ingest_runs_total", input="file", state=state) for state in ("finished", "failed")] == [1, 1]
    assert value(service.early, "geo_ingest_open_runs", input="pull") == 1
    assert [value(found, "geo_geocoding_rows_total", input="file", precision=name) for name in ("street", "none")] == [3, 1]
    assert 0 <= time.time() - value(found, "geo_ingest_latest_new_timestamp_seconds", input="api") < 600
    assert [value(found, "geo_geocoding_queue_incidents", state=state) for state in ("due", "later", "exhausted")] == [1, 1, 1]
    assert value(found, "geo_geocoding_cached_addresses", geocoder="nominatim") == 1


def test_every_metric_stands_in_the_documents_with_its_type_and_labels(service: Service) -> None:
    first, asked = service.scrape(), service.asked
    service.ask(TILE)
    samples = service.scrape_counted(first, asked)
    text = service.client.get(f"{service.metrics}/metrics").text
    types = dict(line.split(" ")[2:] for line in text.splitlines() if line.startswith("# TYPE "))
    labels: dict[str, set[str]] = {name: set() for name in types}
    for name, of_sample in samples.keys() | service.early.keys():
        family = name if name in types else name.rpartition("_")[0]
        labels[family] |= {label for label, _ in of_sample} - {"le"}
    exposed = {name: (types[name], labels[name]) for name in types if not name.startswith(LIBRARY)}
    assert exposed == documented()


def test_odd_requests_add_no_series(service: Service) -> None:
    first, asked = service.scrape(), service.asked
    service.ask("/nowhere")
    service.ask("/api/cells/x")
    service.ask("/api/cells/y", "PROPFIND")
    before = service.scrape_counted(first, asked)
    asked = service.asked
    for number in range(20):
        service.ask(f"/nowhere/{number}")
        service.ask(f"/api/cells/{number}")
        service.ask("/api/cells/y", ("PROPFIND", "LINK", "MKCOL")[number % 3])
    assert service.scrape_counted(before, asked).keys() == before.keys()


def test_openmetrics_is_given_where_it_is_asked_for(service: Service) -> None:
    answer = service.client.get(
        f"{service.metrics}/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0, text/plain;q=0.5"}
    )
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    parsed = text_string_to_metric_families(answer.text)  # type: ignore[no-untyped-call]  # the library leaves it untyped
    families = {family.name: family for family in parsed}
    assert families["geo_http_requests"].type == "counter"
    assert answer.text.endswith("# EOF\n")


def test_the_port_of_the_metrics_has_nothing_else(service: Service) -> None:
    answers = [
        service.client.request(method, f"{service.metrics}{path}") for method, path in (("GET", "/"), ("GET", TILE), ("POST", "/metrics"))
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 405]
    assert answers[2].headers["allow"] == "GET, HEAD"
    assert all(answer.headers["x-content-type-options"] == "nosniff" for answer in answers)
    assert service.client.head(f"{service.metrics}/metrics").status_code == 200


@pytest.mark.parametrize("key", ["", "Bearer", "Bearer another-key-that-is-none", f"Bearer {KEY}", f"Basic {METRICS_KEY}"])
def test_the_public_port_gives_metrics_to_nobody_without_their_key(service: Service, key: str) -> None:
    answer = service.ask("/metrics", **({"Authorization": key} if key else {}))
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/key-needed")
    assert "geo_" not in answer.text


def test_the_public_port_gives_the_same_metrics_to_whoever_has_their_key(service: Service) -> None:
    answer = service.ask("/metrics", Authorization=f"Bearer {METRICS_KEY}")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert {name for name, _ in parse_samples(answer.text)} == {name for name, _ in service.scrape()}
    assert service.ask("/openapi.json").json()["paths"]["/metrics"]["get"]["security"] == [{"metricsKey": []}]


async def test_without_a_setting_there_are_no_metrics(service: Service) -> None:
    async with asking(service.database_url) as client:
        assert (await client.get("/metrics")).status_code == 404
        assert "/metrics" not in (await client.get("/openapi.json")).json()["paths"]


def test_a_port_that_is_taken_is_named(service: Service) -> None:
    port = service.metrics.rpartition(":")[2]
    variables = {"GEO_PORT": "0", "GEO_METRICS_PORT": port, "GEO_DATABASE_URL": service.database_url}
    done = subprocess.run([GEO, "serve"], env=os.environ | variables, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}: address already in use; choose another port with GEO_METRICS_PORT=9101" in done.stderr


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed; apt-get install prometheus")
def test_promtool_finds_nothing_to_criticise(service: Service) -> None:
    service.ask(TILE)
    text = service.client.get(f"{service.metrics}/metrics").text
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


async def test_a_lost_connection_is_counted_and_the_numbers_stay(service: Service) -> None:
    before = service.scrape()
    others = "from pg_stat_activity where application_name = 'geo-service' and datname = current_database() and pid <> pg_backend_pid()"
    await fetch(service.database_url, f"select pg_terminate_backend(pid) {others}")
    losses = "geo_replica_connection_losses_total"
    wait_until(lambda: value(service.scrape(), losses) == value(before, losses) + 1)
    after = service.scrape()
    assert value(after, "geo_ingest_rows_total", input="file", outcome="new") == 8
    assert value(after, "geo_connections") >= 0
