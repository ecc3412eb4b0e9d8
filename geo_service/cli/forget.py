"""`geo forget`: takes personal text and addresses from what is old."""

import asyncio
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from geo_service.core.errors import InputError

if TYPE_CHECKING:  # At run time these are imported when they are needed: other commands must not wait for them.
    from ingest.jobs.retention import ErasedCounts, EraseOrder

_told = Console(stderr=True, highlight=False)
_shown = Console(highlight=False)

_ALLOWED = "a date (2025-11-24), or an instant with an offset (2025-11-24T08:00:00+03:00), that is not in the future"

Before = Annotated[str, typer.Option("--before", help="What was received before this date, in the service's time zone, or instant.")]
What = Annotated[str, typer.Option("--what", help="text, address, or both joined by a comma.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Take nothing away; tell what would be.")]


def forget_command(before: Before, what: What, dry_run: DryRun = False) -> None:
    """Take personal text and addresses from what is old; incidents and all their numbers stay."""
    from geo_service.cluster.private_cluster import database_url
    from geo_service.core.database import migrate
    from geo_service.core.settings import read_settings
    from ingest.jobs.retention import EraseOrder, count

    settings = read_settings()
    order = EraseOrder(read_instant(before, settings.zone), read_kinds(what))
    with database_url(settings, lambda text: _told.print(text, soft_wrap=True, markup=False)) as url:
        asyncio.run(migrate(url))
        found = asyncio.run(count(url, order))
        done = found if dry_run else _forget(url, order, found)
    _shown.print(summary(done, order, "would be taken away; nothing was" if dry_run else "taken away"))
    if done.left and not dry_run:
        _told.print(f"{done.left:,} incidents were being written and have some of it still: run the same command again.")


def read_instant(text: str, zone: ZoneInfo) -> datetime:
    """The instant; a date is its first one. `InputError` for anything else, and for the future."""
    try:
        moment: datetime | None
        day = date.fromisoformat(text) if len(text) == len("2025-11-24") else None
        moment = datetime(day.year, day.month, day.day, tzinfo=zone) if day else datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment > datetime.now(UTC):
        raise InputError(f"cannot forget what was before {text!r}; allowed: {_ALLOWED}")
    return moment


def read_kinds(text: str) -> frozenset[str]:
    """Some of KINDS. `InputError` for anything else."""
    from ingest.jobs.retention import KINDS

    kinds = [part.strip() for part in text.split(",")]
    if unknown := [one for one in kinds if one not in KINDS]:
        raise InputError(f"cannot forget {unknown[0]!r}; allowed: {', '.join(KINDS)}, joined by a comma")
    return frozenset(kinds)


def _forget(url: str, order: "EraseOrder", found: "ErasedCounts") -> "ErasedCounts":
    from ingest.jobs.retention import erase

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_told, disable=not _told.is_terminal) as bar:
        task = bar.add_task("Forgetting", total=found.incidents + found.rejects)
        return asyncio.run(erase(url, order, lambda done: bar.update(task, completed=done.incidents + done.rejects)))


def summary(done: "ErasedCounts", order: "EraseOrder", title: str) -> Table:
    """What was taken away."""
    table = Table("what", "count", title=f"Of before {order.before.isoformat()}: {title}", title_justify="left")
    table.columns[1].justify = "right"
    rows = (
        ("texts of incidents", done.texts if order.flags[0] else None),
        ("addresses of incidents", done.addresses if order.flags[1] else None),
        ("addresses in the cache of geocoding", done.cached if order.flags[1] else None),
        ("rejected rows (their lines and reasons stay)", done.rejects),
        ("answers kept for an Idempotency-Key", done.answers),
    )
    for name, number in rows:
        if number is not None:
            table.add_row(name, f"{number:,}")
    return table
