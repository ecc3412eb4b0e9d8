"""`geo deadlines`: the rules of deadlines in force, and what they mean for a message."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from geo_service.core.errors import InvalidParameter
from geo_service.core.instants import LATEST, parse_iso_instant, to_seconds
from geo_service.core.model import SECTORS

if TYPE_CHECKING:
    from geo_service.core.calendar.deadlines import Deadlines, Rule

_shown = Console(highlight=False)

Source = Annotated[str | None, typer.Option("--source", help="Code of a source: show the deadline of a message from it.")]
Theme = Annotated[str, typer.Option("--theme", help="Code of the message's theme.")]
Sector = Annotated[str, typer.Option("--sector", help="Code of the message's sector.")]
At = Annotated[str | None, typer.Option("--at", help="When it was received, such as 2026-04-30T16:00:00+03:00; now if absent.")]


def deadlines_command(source: Source = None, theme: Theme = "", sector: Sector = "other", at: At = None) -> None:
    """Show the rules of deadlines in the order in which they are tried, and the deadline of an example."""
    from geo_service.core.calendar.deadlines import read_deadlines
    from geo_service.core.settings import read_settings

    settings = read_settings()
    received = _received(at, settings.zone)
    _check_sector(sector)
    deadlines = read_deadlines(settings.deadlines, settings.zone)
    _shown.print(_rules(deadlines))
    if source is not None or theme or at is not None:
        _shown.print(
            _example(deadlines, deadlines.rule_of(theme, source or "", sector), received, settings.zone), soft_wrap=True, markup=False
        )


def _received(text: str | None, zone: ZoneInfo) -> datetime:
    if text is None:
        return datetime.now(zone)
    try:
        found = parse_iso_instant(text, zone)
        in_range = 0 <= to_seconds(found) <= LATEST
    except (ValueError, OverflowError):
        in_range = False
    if not in_range:
        raise InvalidParameter("--at", f"{text[:40]!r} is not an instant", "between 1970 and 2106, such as 2026-04-30T16:00:00+03:00")
    return found


def _check_sector(sector: str) -> None:
    codes = [one.code for one in SECTORS]
    if sector not in codes:
        raise InvalidParameter("--sector", f"{sector[:40]!r} is not known", codes)


def _rules(deadlines: "Deadlines") -> Table:
    table = Table("rule", "theme", "source", "sector", "answer within", "time to answer", title_justify="left")
    for rule in deadlines.rules:
        named = (", ".join(codes) if codes else "all" for codes in (rule.theme, rule.source, rule.sector))
        table.add_row(rule.name, *named, rule.limit, "working" if rule.counts_working_time else "calendar")
    return table


def _example(deadlines: "Deadlines", rule: "Rule | None", received: datetime, zone: ZoneInfo) -> str:
    if rule is None:
        return "No rule matches: such a message has no deadline."
    import numpy as np

    due = rule.due(np.array([int(received.timestamp())]), deadlines.work)
    until = datetime.fromtimestamp(int(due[0]), UTC).astimezone(zone)
    began = received.astimezone(zone).isoformat(timespec="seconds")
    return f"Received {began}, to be answered by {until.isoformat()}: {rule.limit}, by the rule {rule.name!r}."
