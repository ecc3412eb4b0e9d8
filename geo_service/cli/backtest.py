"""`geo backtest`: measure whether a list of places, ranked by the messages so far, would have held the next ones."""

import asyncio
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from geo_service.cli.console import print_document, print_result, progress_bar
from geo_service.cli.db import open_database

if TYPE_CHECKING:  # Imported when needed: other commands do not wait for it.
    from geo_service.aggregation.alerts.model import AlertLayer, Threshold, Verdict
    from geo_service.aggregation.backtest.backtest import Backtest
    from geo_service.aggregation.replica.replica import ReplicaState
    from geo_service.core.settings import Settings

_MEGABYTE = 1_000_000


class Format(StrEnum):
    """How the result is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


Level = Annotated[str, typer.Option("--level", help="H3 resolution 5 to 9, or region, district or settlement.")]
Top = Annotated[str, typer.Option("--top", help="Length of the list in percent of the occupied places; several: 1,5.")]
Horizon = Annotated[str, typer.Option("--horizon", help="How far ahead: 24h, 7d, 4w.")]
Weeks = Annotated[str, typer.Option("--weeks", help="How many Mondays, the last ones that are over.")]
By = Annotated[str, typer.Option("--by", help="none, sector or theme: a list for each as well.")]
At = Annotated[str | None, typer.Option("--at", help="Leave out what was received from then on: a date or an instant; default: nothing.")]
Sector = Annotated[str | None, typer.Option("--sector", help="Only messages of these: comma-separated codes.")]
Theme = Annotated[str | None, typer.Option("--theme", help="Only messages of these: comma-separated codes.")]
District = Annotated[str | None, typer.Option("--district", help="Only messages and places in these: comma-separated codes.")]
Alerts = Annotated[
    bool, typer.Option("--alerts", help="Also replay the alerts of these weeks: precision and lead time; with csv, these alone.")
]
FormatOption = Annotated[Format, typer.Option("--format", help="table, json or csv.")]


def backtest_command(
    level: Level = "7", top: Top = "5", horizon: Horizon = "7d", weeks: Weeks = "26", by: By = "none", at: At = None,
    sector: Sector = None, theme: Theme = None, district: District = None, alerts: Alerts = False, format_: FormatOption = Format.TABLE,
) -> None:  # fmt: skip
    """Measure how many of each week's messages a list of places, ranked with what was received before, would have held."""
    from geo_service.core.settings import read_settings

    options = {
        "level": level, "top": top, "horizon": horizon, "weeks": weeks, "by": by, "at": at,
        "sector": sector, "theme": theme, "district": district,
    }  # fmt: skip
    settings = read_settings()
    with open_database(settings) as url:
        state = _read_state(url, settings)
        test = _run(state, options, settings)
        document = _describe(test, settings)
        if alerts:
            document["alerts"] = _describe_alerts(url, state, test, settings)
    _print(document, format_)


def _read_state(url: str, settings: "Settings") -> "ReplicaState":
    from geo_service.aggregation.replica.snapshot import read_snapshot

    with progress_bar() as bar:
        on_rows = lambda rows: bar.update("Reading incidents", rows, None)  # noqa: E731  # a def would be longer than its use
        return asyncio.run(read_snapshot(url, None, settings.count_cache_mb * _MEGABYTE, on_rows))


def _run(state: "ReplicaState", options: dict[str, str | None], settings: "Settings") -> "Backtest":
    from geo_service.aggregation.backtest.backtest import run_backtest
    from geo_service.queries.backtest import read_backtest_request

    request = read_backtest_request(options, state.catalogue, settings.zone)
    return run_backtest(state, request, settings.zone, int(time.time()))


def _describe(test: "Backtest", settings: "Settings") -> dict[str, Any]:
    from geo_service.aggregation.backtest.document import describe_backtest

    return describe_backtest(test, settings.zone)


def _describe_alerts(url: str, state: "ReplicaState", test: "Backtest", settings: "Settings") -> dict[str, Any]:
    from geo_service.aggregation.backtest.alerts.alert_report import describe_alerts
    from geo_service.aggregation.backtest.alerts.run import run_alert_backtest

    start, stop = test.plan.mondays[0], test.plan.stop
    thresholds, verdicts = asyncio.run(_read_alerts(url, start))
    found = run_alert_backtest(state, (start, stop), thresholds, verdicts, settings.alerts_per_week)
    return describe_alerts(found, state.catalogue, settings.zone)


async def _read_alerts(url: str, since: int) -> "tuple[dict[AlertLayer, Threshold], dict[tuple[AlertLayer, Verdict], int]]":
    """Return the thresholds of the service, and the verdicts on alerts raised since an instant."""
    from geo_service.alerts.store import count_verdicts, read_thresholds
    from geo_service.core.database import database_errors, open_connection

    with database_errors("read the alerts"):
        async with open_connection(url) as connection:
            return await read_thresholds(connection), await count_verdicts(connection, since)


def _print(document: dict[str, Any], format_: Format) -> None:
    from geo_service.cli.backtest_tables import alert_tables, score_tables, to_csv_rows
    from geo_service.routes.common.table_formats import to_csv

    if format_ is Format.JSON:
        print_document(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
    elif format_ is Format.CSV:
        print_document(to_csv(to_csv_rows(document), {}).decode())
    else:
        for part in (*score_tables(document), *alert_tables(document)):
            print_result(part)
