"""`geo alerts replay`, `calibrate` and `power` on two months of the demo region."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner, Result

from geo_service.aggregation.alerts.model import AlertLayer
from geo_service.alerts.store import read_thresholds
from geo_service.cli.demo import prepare_demo
from geo_service.cli.main import app
from geo_service.core.database import open_connection
from geo_service.core.errors import InvalidParameter
from ingest.demo.messages import history

DAYS = 60


@pytest.fixture(scope="module")
async def filled_url(database_url: str) -> AsyncIterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "DAYS", DAYS)
        await prepare_demo(database_url)
    async with open_connection(database_url) as connection:
        # The snow of last January would be the beginning of the history.
        await connection.execute("delete from incident where left(external_id, 1) = 's'")
    yield database_url


@pytest.fixture(autouse=True)
def _database(filled_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GEO_DATABASE_URL", filled_url)
    yield


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["alerts", *words], catch_exceptions=True)


def test_a_replay_lists_the_planted_outage_with_its_reason() -> None:
    done = run("replay", "--format", "json")
    assert done.exit_code == 0, done.output
    alerts = json.loads(done.stdout)["alerts"]
    water = [alert for alert in alerts if alert["layer"] == "local" and (alert["theme"] or {}).get("code") == "housing.no_water"]
    outage = max(water, key=lambda alert: alert["n"])
    assert outage["n"] > 50 > outage["expected"]
    assert outage["reason"]["ru"].startswith(f"{outage['place']['name']['ru']}: {outage['n']} сообщени")
    assert "«Нет холодной воды»" in outage["reason"]["ru"]
    assert outage["recurrence_days"] == 3650
    assert outage["agencies"][0]["n"] > outage["n"] / 2
    assert "alerts in 30 days: local" in done.stderr


def test_a_replay_is_a_table_or_csv_and_of_any_span() -> None:
    table = run("replay", "--lang", "en")
    assert (table.exit_code, "No cold water" in table.stdout) == (0, True)
    rows = list(csv.DictReader(io.StringIO(run("replay", "--format", "csv").stdout)))
    assert {row["layer"] for row in rows} <= {"local", "totals"}
    assert {"reason_ru", "n", "expected", "since"} <= rows[0].keys()
    year = datetime.now(UTC).year
    assert json.loads(run("replay", "--from", f"{year - 3}-01-01", "--to", f"{year - 3}-02-01", "--format", "json").stdout)["total"] == 0


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("replay", "--from", "yesterday"), "--from"),
        (("replay", "--from", "2026-02-01", "--to", "2026-01-01"), "--from"),
        (("power", "--extra", "3,x"), "--extra"),
        (("power", "--extra", "0"), "--extra"),
    ],
)  # fmt: skip
def test_a_wrong_option_is_named(words: tuple[str, ...], named: str) -> None:
    done = run(*words)
    assert done.exit_code != 0
    assert isinstance(done.exception, InvalidParameter)
    assert str(done.exception).startswith(named)


async def test_a_calibration_stores_what_it_prints(filled_url: str) -> None:
    # Commands bring an event loop of their own.
    done = await asyncio.to_thread(run, "calibrate", "--per-week", "2")
    assert done.exit_code == 0, done.output
    async with open_connection(filled_url) as connection:
        thresholds = await read_thresholds(connection)
    assert {layer: (one.per_week, one.days) for layer, one in thresholds.items()} == dict.fromkeys(AlertLayer, (2.0, 0))
    for one in thresholds.values():
        assert f"{one.log10_p:.2f}" in done.stdout
    assert "too short for a calibration" in done.stderr


def test_power_says_how_often_extra_messages_are_found() -> None:
    done = run("power", "--trials", "20", "--extra", "3, 12")
    assert done.exit_code == 0, done.output
    rows = [line.split("│") for line in done.stdout.splitlines() if line.startswith("│")]
    assert [(row[1].strip(), row[2].strip()) for row in rows] == [("3", "20"), ("12", "20")]
    assert float(rows[1][4].strip().rstrip("%")) >= 90
