"""`geo deadlines`: show the deadline rules and the deadline of an example."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from geo_service.cli.console import print_result
from geo_service.core.errors import InvalidParameter
from geo_service.core.instants import LATEST, parse_iso_instant, to_seconds
from geo_service.core.model import SECTORS

if TYPE_CHECKING:
    from geo_service.core.calendar.deadlines import DeadlineRule, Deadlines

Source = Annotated[str | None, typer.Option("--source", help="Code of a source: show the deadline of a message from it.")]
Theme = Annotated[str, typer.Option("--theme", help="Code of the message's theme.")]
Sector = Annotated[str, typer.Option("--sector", help="Code of the message's sector.")]
At = Annotated[str | None, typer.Option("--at", help="Time of receipt, such as 2026-04-30T16:00:00+03:00; default: now.")]


def deadlines_command(source: Source = None, theme: Theme = "", sector: Sector = "other", at: At = None) -> None:
    """Show the deadline rules in the order in which they are tried, and the deadline of an example."""
    from geo_service.core.calendar.deadlines import read_deadlines
    from geo_service.core.settings import read_settings

    settings = read_settings()
    received_at = _parse_received_at(at, settings.zone)
    _check_sector(sector)
    deadlines = read_deadlines(settings.deadlines, settings.zone)
    print_result(_rules_table(deadlines))
    if source is not None or theme or at is not None:
        rule = deadlines.find_rule(theme, source or "", sector)
        print_result(_describe_deadline(deadlines, rule, received_at, settings.zone))


def _parse_received_at(text: str | None, zone: ZoneInfo) -> datetime:
    if text is None:
        return datetime.now(zone)
    try:
        received_at = parse_iso_instant(text, zone)
        in_range = 0 <= to_seconds(received_at) <= LATEST
    except (ValueError, OverflowError):
        in_range = False
    if not in_range:
        raise InvalidParameter("--at", f"{text[:40]!r} is not an instant", "between 1970 and 2106, such as 2026-04-30T16:00:00+03:00")
    return received_at


def _check_sector(sector: str) -> None:
    codes = [sector_entry.code for sector_entry in SECTORS]
    if sector not in codes:
        raise InvalidParameter("--sector", f"{sector[:40]!r} is not a sector", codes)


def _rules_table(deadlines: "Deadlines") -> Table:
    table = Table("rule", "theme", "source", "sector", "answer within", "time to answer", title_justify="left")
    for rule in deadlines.rules:
        conditions = (", ".join(codes) if codes else "all" for codes in (rule.theme, rule.source, rule.sector))
        table.add_row(rule.name, *conditions, rule.limit_text, "working" if rule.counts_business_time else "calendar")
    return table


def _describe_deadline(deadlines: "Deadlines", rule: "DeadlineRule | None", received_at: datetime, zone: ZoneInfo) -> str:
    if rule is None:
        return "No rule matches: such a message has no deadline."
    import numpy as np

    due = rule.compute_due(np.array([int(received_at.timestamp())]), deadlines.calendar)
    due_at = datetime.fromtimestamp(int(due[0]), UTC).astimezone(zone)
    received = received_at.astimezone(zone).isoformat(timespec="seconds")
    return f"Received {received}, to be answered by {due_at.isoformat()}: {rule.limit_text}, by the rule {rule.name!r}."
