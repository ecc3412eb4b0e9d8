"""`geo alerts list`: the alerts that are stored, with their reasons."""

import asyncio
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo_service.cli.console import print_document, print_message, print_result
from geo_service.cli.db import open_database
from geo_service.core.settings import Settings, read_settings

if TYPE_CHECKING:
    from rich.table import Table

_MONTH_S = 30 * 86_400


class AlertState(StrEnum):
    """Which alerts are listed."""

    OPEN = "open"
    CLOSED = "closed"
    ALL = "all"


class AlertFormat(StrEnum):
    """How they are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


State = Annotated[AlertState, typer.Option("--state", help="Open alerts, those that closed in the last 30 days, or both.")]
Format = Annotated[AlertFormat, typer.Option("--format", help="A table to read, or JSON or CSV for programs.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Number of alerts, the rarest first.")]


def list_command(state: State = AlertState.OPEN, format: Format = AlertFormat.TABLE, limit: Limit = 100) -> None:  # noqa: A002  # the option's name
    """List alerts with their reasons: open ones first, the rarest first."""
    settings = read_settings()
    with open_database(settings) as url:
        alerts, total = asyncio.run(_read_alerts(url, settings, state.value, limit))
    _print_alerts(alerts, format)
    if total > len(alerts):
        print_message(f"These are {len(alerts)} of {total}; --limit shows more.")


async def _read_alerts(url: str, settings: Settings, state: str, limit: int) -> tuple[list[dict[str, Any]], int]:
    """Return the documents of the alerts, and how many there are without the limit."""
    from geo_service.aggregation.replica.loader import read_catalogue
    from geo_service.alerts.documents import Context, describe_alert
    from geo_service.alerts.listing import select_alerts
    from geo_service.alerts.store import read_episodes
    from geo_service.core.database import database_errors, open_connection
    from geo_service.queries.alerts import AlertQuery

    since = int(time.time()) - _MONTH_S
    async with open_connection(url) as connection:
        with database_errors("read the alerts"):
            catalogue = await read_catalogue(connection)
            episodes = await read_episodes(connection, catalogue, since)
    page = select_alerts(episodes, AlertQuery(state=state, closed_since=since, limit=limit, merges_groups=False), catalogue)
    context = Context(catalogue, settings.zone, settings.public_url or settings.public_path)
    return [describe_alert(episode, context, page.group_sizes) for episode in page.episodes], page.total


def _print_alerts(alerts: list[dict[str, Any]], form: AlertFormat) -> None:
    import orjson

    from geo_service.alerts.documents import write_row
    from geo_service.routes.common.table_formats import to_csv

    if form is AlertFormat.JSON:
        print_document(orjson.dumps(alerts, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
    elif form is AlertFormat.CSV:
        print_document(to_csv(list(map(write_row, alerts)), {}, ("id", "layer", "state")).decode())
    elif alerts:
        print_result(_make_table(alerts))
    else:
        print_message("There are no alerts.")


def _make_table(alerts: list[dict[str, Any]]) -> "Table":
    from rich.markup import escape
    from rich.table import Table

    table = Table("alert", "state", "reason", "by chance", "verdict", show_lines=True)
    for alert in alerts:
        verdict = alert["verdict"] or {"value": "", "note": ""}
        said = " ".join(filter(None, (verdict["value"], verdict["note"])))
        table.add_row(str(alert["id"]), alert["state"], escape(alert["reason"]["ru"]), escape(alert["recurrence"]["ru"]), escape(said))
    return table
