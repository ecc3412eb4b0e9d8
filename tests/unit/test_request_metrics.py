"""Requests are counted by what is bounded: templates of routes, methods that there are, statuses."""

from collections.abc import Iterator
from threading import Event, Thread

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.registry import Collector

from geo_service.cluster import watchdog
from geo_service.core.admission import AdmissionQueue
from geo_service.core.errors import ClusterError, Overloaded
from geo_service.metrics.admission import AdmissionMetrics
from geo_service.metrics.requests import UNMATCHED, RequestMetrics
from tests.support.scraped_metrics import parse_samples, value
from tests.support.waiting import wait_until

SUMMARY = "/api/summary"


def samples_of(collector: Collector) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    registry = CollectorRegistry()
    registry.register(collector)
    return parse_samples(generate_latest(registry).decode())


def test_requests_are_counted_by_route_method_and_status() -> None:
    metrics = RequestMetrics()
    for method, status in (("GET", 200), ("GET", 200), ("HEAD", 200), ("GET", 503)):
        metrics.observe(SUMMARY, method, status, 0.01, "")
    metrics.observe(UNMATCHED, "GET", 404, 0.01, "")
    found = samples_of(metrics)
    assert value(found, "geo_http_requests_total", route=SUMMARY, method="GET", status="200") == 2
    assert value(found, "geo_http_requests_total", route=SUMMARY, method="HEAD", status="200") == 1
    assert value(found, "geo_http_requests_total", route=SUMMARY, method="GET", status="503") == 1
    assert value(found, "geo_http_requests_total", route=UNMATCHED, method="GET", status="404") == 1
    assert value(found, "geo_http_request_duration_seconds_count", route=SUMMARY) == 4


def test_durations_are_counted_up_to_each_bound_over_all_methods_and_statuses() -> None:
    metrics = RequestMetrics()
    for seconds, status in ((0.0001, 200), (0.00011, 304), (0.3, 200), (60.0, 503)):
        metrics.observe(SUMMARY, "GET", status, seconds, "cached" if status == 304 else "")
    found = samples_of(metrics)
    bounds = {"0.0001": 1, "0.0005": 2, "0.25": 2, "0.5": 3, "10.0": 3, "+Inf": 4}
    assert {le: value(found, "geo_http_request_duration_seconds_bucket", route=SUMMARY, le=le) for le in bounds} == bounds
    assert value(found, "geo_http_request_duration_seconds_sum", route=SUMMARY) == pytest.approx(60.30021)


def test_tiles_are_counted_by_how_they_came_about_and_other_answers_are_not() -> None:
    metrics = RequestMetrics()
    for answer in ("cold", "cached", "cached", ""):
        metrics.observe("/t", "GET", 200, 0.01, answer)
    found = {labels: number for (name, labels), number in samples_of(metrics).items() if name == "geo_tile_answers_total"}
    assert found == {frozenset({("route", "/t"), ("answer", "cold")}): 1, frozenset({("route", "/t"), ("answer", "cached")}): 2}


def test_methods_that_clients_make_up_are_counted_together() -> None:
    metrics = RequestMetrics()
    for number in range(500):
        metrics.observe(UNMATCHED, f"BREW{number}", 405, 0.01, "")
    found = samples_of(metrics)
    assert value(found, "geo_http_requests_total", route=UNMATCHED, method="OTHER", status="405") == 500
    assert len([name for name, _ in found if name == "geo_http_requests_total"]) == 1


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_queue_tells_who_waited_and_who_was_shed() -> None:
    clock = Clock()
    queue = AdmissionQueue(limit=2, longest_wait=3, clock=clock)
    metrics = AdmissionMetrics({"replica": queue})
    with queue.slot(), queue.slot():
        clock.now = 2.0
        queue.record_wait(0.02)
        found = samples_of(metrics)
        assert value(found, "geo_admission_queue_requests", queue="replica") == 2
        assert value(found, "geo_admission_expected_wait_seconds", queue="replica") == 2
        with pytest.raises(Overloaded), queue.slot():
            raise AssertionError
    found = samples_of(metrics)
    assert value(found, "geo_admission_queue_requests", queue="replica") == 0
    assert value(found, "geo_admission_shed_requests_total", queue="replica") == 1
    assert value(found, "geo_admission_admitted_requests_total", queue="replica") == 1
    waits = {le: value(found, "geo_admission_wait_seconds_bucket", queue="replica", le=le) for le in ("0.01", "0.05", "+Inf")}
    assert waits == {"0.01": 0, "0.05": 1, "+Inf": 1}
    assert value(found, "geo_admission_wait_seconds_sum", queue="replica") == pytest.approx(0.02)


def test_restarts_of_the_private_cluster_are_counted_and_failures_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "CHECK_INTERVAL_S", 0.001)
    monkeypatch.setattr(watchdog, "BACKOFF_S", (0.001, 0.001))
    before = watchdog.WATCH.restarts, watchdog.WATCH.failures
    outcomes: Iterator[bool | ClusterError] = iter([False, True, ClusterError("no space"), ClusterError("no space"), True])
    ended = Event()

    def restart() -> bool:
        outcome = next(outcomes, None)
        if isinstance(outcome, ClusterError):
            raise outcome
        if outcome is None:
            ended.set()
        return bool(outcome)

    thread = Thread(target=watchdog._watch, args=(restart, ended))
    thread.start()
    wait_until(ended.is_set)
    thread.join()
    assert (watchdog.WATCH.restarts - before[0], watchdog.WATCH.failures - before[1]) == (2, 2)
