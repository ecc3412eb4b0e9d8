"""The dashboard and the alert rules: they ask for metrics that there are, and each alarm rises when it should and only then."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import CHECKOUT
from tests.support.scraped_metrics import LIBRARY, documented

MONITORING = CHECKOUT / "docs" / "monitoring"
ALERTS = MONITORING / "alerts.yml"
TEXT = ALERTS.read_text(encoding="utf-8")
NAMES = re.findall(r"- alert: (\w+)", TEXT)
OF_PROMETHEUS = {"up", "job", "instance", "le"}
WORDS = {"by", "sum", "max", "rate", "increase", "time", "histogram_quantile"}

needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed; apt-get install prometheus")

PROCESS = '{job="geo-service", instance="a:9101"}'
ROW = 'geo_ingest_rows_total{job="geo-service", instance="a:9101", input="api", outcome="%s"}'
HISTOGRAM = 'geo_http_request_duration_seconds_bucket{job="geo-service", instance="a:9101", route="/api/summary", le="%s"}'
REQUESTS = 'geo_http_requests_total{job="geo-service", instance="a:9101", route="/api/summary", method="GET", status="%s"}'

SERIES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "GeoServiceDown": ({f"up{PROCESS}": "0x400"}, {f"up{PROCESS}": "1x400"}),
    "GeoNotReady": ({f"geo_ready{PROCESS}": "0x400"}, {f"geo_ready{PROCESS}": "0x3 1x400"}),
    "GeoDatabaseDown": ({f"geo_database_up{PROCESS}": "0x400"}, {f"geo_database_up{PROCESS}": "1x400"}),
    "GeoStale": ({f"geo_stale{PROCESS}": "1x400"}, {f"geo_stale{PROCESS}": "0x400"}),
    "GeoReplicaLag": (
        {f"geo_replica_lag_seconds{PROCESS}": "11x400", f"geo_replica_lag_limit_seconds{PROCESS}": "30x400"},
        {f"geo_replica_lag_seconds{PROCESS}": "9x400", f"geo_replica_lag_limit_seconds{PROCESS}": "30x400"},
    ),
    "GeoHorizonHeld": ({f"geo_replica_horizon_age_seconds{PROCESS}": "601x400"}, {f"geo_replica_horizon_age_seconds{PROCESS}": "599x400"}),
    "GeoReplicaCorrected": (
        {f"geo_replica_corrected_incidents_total{PROCESS}": "0x355 7x40"}, {f"geo_replica_corrected_incidents_total{PROCESS}": "7x400"},
    ),
    "GeoReconciliationLate": (
        {f"geo_replica_reconciled_timestamp_seconds{PROCESS}": "0x400"}, {f"geo_replica_reconciled_timestamp_seconds{PROCESS}": "0+60x400"},
    ),
    "GeoReplicaReloaded": ({f"geo_replica_reloads_total{PROCESS}": "0x355 1x40"}, {f"geo_replica_reloads_total{PROCESS}": "1x400"}),
    "GeoIncidentsRefused": ({f"geo_replica_refused_incidents{PROCESS}": "1x400"}, {f"geo_replica_refused_incidents{PROCESS}": "0x400"}),
    "GeoShedding": (
        {'geo_admission_shed_requests_total{job="geo-service", instance="a:9101", queue="replica"}': "0+12x400"},
        {'geo_admission_shed_requests_total{job="geo-service", instance="a:9101", queue="replica"}': "0+1x400"},
    ),
    "GeoConnectionsRefused": (
        {f"geo_connections_refused_total{PROCESS}": "0x358 1x40"}, {f"geo_connections_refused_total{PROCESS}": "1x400"},
    ),
    "GeoServerErrors": (
        {REQUESTS % "200": "0+100x400", REQUESTS % "503": "0+2x400"}, {REQUESTS % "200": "0+1000x400", REQUESTS % "503": "0+2x400"},
    ),
    "GeoSlow": (
        {HISTOGRAM % "1.0": "0+90x400", HISTOGRAM % "2.5": "0+100x400", HISTOGRAM % "+Inf": "0+100x400"},
        {HISTOGRAM % "1.0": "0+99x400", HISTOGRAM % "2.5": "0+100x400", HISTOGRAM % "+Inf": "0+100x400"},
    ),
    "GeoDiskLow": (
        {f"geo_home_disk_free_bytes{PROCESS}": "9x400", f"geo_home_disk_size_bytes{PROCESS}": "100x400"},
        {f"geo_home_disk_free_bytes{PROCESS}": "11x400", f"geo_home_disk_size_bytes{PROCESS}": "100x400"},
    ),
    "GeoClusterRestarted": ({f"geo_cluster_restarts_total{PROCESS}": "0x355 1x40"}, {f"geo_cluster_restarts_total{PROCESS}": "1x400"}),
    "GeoClusterDown": (
        {f"geo_cluster_restart_failures_total{PROCESS}": "0x355 1x40"}, {f"geo_cluster_restart_failures_total{PROCESS}": "1x400"},
    ),
    "GeoOpenFiles": (
        {f"process_open_fds{PROCESS}": "81x400", f"process_max_fds{PROCESS}": "100x400"},
        {f"process_open_fds{PROCESS}": "79x400", f"process_max_fds{PROCESS}": "100x400"},
    ),
    # At 6 h: the last one came at the beginning; another way brought one a minute ago.
    "GeoNoNewIncidents": (
        {'geo_ingest_latest_new_timestamp_seconds{job="geo-service", instance="a:9101", input="api"}': "-3600x400"},
        {
            'geo_ingest_latest_new_timestamp_seconds{job="geo-service", instance="a:9101", input="api"}': "-3600x400",
            'geo_ingest_latest_new_timestamp_seconds{job="geo-service", instance="a:9101", input="file"}': "0+60x400",
        },
    ),
    # Two processes tell the same of one database.
    "GeoRowsRejected": (
        {ROW % "rejected": "0+3x400", (ROW % "rejected").replace("a:", "b:"): "0+3x400", ROW % "new": "0+7x400"},
        {ROW % "rejected": "0+1x400", (ROW % "rejected").replace("a:", "b:"): "0+1x400", ROW % "new": "0+9x400"},
    ),
    "GeoGeocodingWaits": (
        {'geo_geocoding_queue_incidents{job="geo-service", instance="a:9101", state="due"}': "1001x400"},
        {'geo_geocoding_queue_incidents{job="geo-service", instance="a:9101", state="due"}': "999x400"},
    ),
}  # fmt: skip
"""Alert → series, a value a minute, of which it is raised after six hours, and some of which it is not."""


def expressions() -> Iterator[tuple[str, str]]:
    """Title of the panel and each expression of the dashboard."""
    for panel in json.loads((MONITORING / "dashboard.json").read_text(encoding="utf-8"))["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


def rules() -> list[str]:
    """The expressions of the alert rules."""
    return [" ".join(text.split()) for text in re.findall(r"expr: (?:>-)?(.*?)\n        (?:for|labels):", TEXT, re.DOTALL)]


def metric_of(name: str, kinds: dict[str, tuple[str, set[str]]]) -> str:
    """The documented name that a sample belongs to."""
    family = re.sub(r"_(bucket|sum|count)$", "", name)
    return family if kinds.get(family, ("", set()))[0] == "histogram" else name


def check_names(expression: str) -> set[str]:
    """Assert that there are the metrics and labels of an expression; return the names of the metrics."""
    kinds = documented()
    plain = re.sub(r'"[^"]*"|\[[^]]*\]', "", expression)
    words = {word for word in re.findall(r"[a-zA-Z_]\w*", plain) if word not in WORDS | OF_PROMETHEUS}
    metrics = {metric_of(word, kinds) for word in words if word.startswith(("geo_", *LIBRARY))}
    assert metrics <= kinds.keys() | {name for name in metrics if name.startswith(LIBRARY)}
    labels = set().union(*(kinds[name][1] for name in metrics if name in kinds))
    assert {word for word in words if not word.startswith(("geo_", *LIBRARY))} <= labels
    return metrics


def check_by_promtool(rules_file: Path, *command: str) -> None:
    done = subprocess.run(["promtool", *command, str(rules_file)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dashboard_asks_for_every_metric_and_for_no_other() -> None:
    asked = {name for _, expression in expressions() for name in check_names(expression)}
    assert {name for name in asked if name.startswith("geo_")} == documented().keys()
    assert {"process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds"} <= asked


def test_the_panels_of_the_dashboard_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads((MONITORING / "dashboard.json").read_text(encoding="utf-8"))["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells


def test_alerts_ask_for_metrics_that_there_are() -> None:
    assert len(rules()) == len(NAMES)
    for expression in rules():
        assert check_names(expression) or "up" in expression


def test_every_alert_says_what_to_do() -> None:
    assert len(NAMES) == len(set(NAMES)) == TEXT.count("runbook:") == TEXT.count("summary:") == TEXT.count("severity:")


@needs_promtool
def test_prometheus_understands_the_alerts_and_the_expressions_of_the_dashboard(tmp_path: Path) -> None:
    check_by_promtool(ALERTS, "check", "rules")
    recorded = [{"record": f"panel:{number}", "expr": text} for number, (_, text) in enumerate(expressions())]
    written = json.dumps({"groups": [{"name": "dashboard", "rules": recorded}]}).replace("$__rate_interval", "5m")
    (tmp_path / "dashboard.yml").write_text(written, encoding="utf-8")
    check_by_promtool(tmp_path / "dashboard.yml", "check", "rules")


@needs_promtool
def test_each_alert_is_raised_when_it_should_be_and_only_then(tmp_path: Path) -> None:
    assert SERIES.keys() == set(NAMES)
    cases: list[dict[str, Any]] = []
    for which, raised in ((0, NAMES), (1, [])):
        inputs = [{"series": one, "values": values} for series in SERIES.values() for one, values in series[which].items()]
        wanted = [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in raised]
        question = {"expr": 'count by (alertname) (ALERTS{alertstate="firing"})', "eval_time": "6h", "exp_samples": wanted}
        cases.append({"interval": "1m", "input_series": inputs, "promql_expr_test": [question]})
    file = tmp_path / "alerts_test.yml"
    file.write_text(json.dumps({"rule_files": [str(ALERTS)], "evaluation_interval": "1m", "tests": cases}), encoding="utf-8")
    check_by_promtool(file, "test", "rules")
