"""`geo forget`: erase message texts and addresses of old incidents, and delete old runs."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from geo_service.cli.console import print_message, print_result, progress_bar
from geo_service.cli.db import open_database
from geo_service.core.errors import InputError, InvalidParameter
from geo_service.core.instants import parse_instant
from geo_service.core.settings import read_settings

if TYPE_CHECKING:  # Imported when needed: other commands do not wait for it.
    from ingest.jobs.retention import ErasedCounts, EraseRequest

_ALLOWED = "a date (2025-11-24), or an instant with an offset (2025-11-24T08:00:00+03:00), that is not in the future"

Before = Annotated[str, typer.Option("--before", help="Erase what was received before this date (in the service's time zone) or instant.")]
What = Annotated[str, typer.Option("--what", help="text, address and runs, or some of them, separated by commas.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Erase nothing; show what would be erased.")]


def forget_command(before: Before, what: What, dry_run: DryRun = False) -> None:
    """Erase message texts and addresses older than a date, and delete runs; incidents and all counts stay."""
    from ingest.jobs.retention import EraseRequest, count_erasable

    settings = read_settings()
    request = EraseRequest(parse_before(before, settings.zone), parse_fields(what))
    with open_database(settings) as url:
        erasable = asyncio.run(count_erasable(url, request))
        result = erasable if dry_run else _erase(url, request, erasable)
    print_result(_summary_table(result, request, "would be erased; nothing was" if dry_run else "erased"))
    if result.remaining and not dry_run:
        print_message(f"{result.remaining:,} incidents were being written and still have some of it: run the same command again.")


def parse_before(text: str, zone: ZoneInfo) -> datetime:
    """Return the instant; a date is its first instant in `zone`. `InvalidParameter` for anything else and for the future."""
    try:
        before = parse_instant(text, zone)
    except (ValueError, OverflowError):
        raise InvalidParameter("--before", f"{text[:40]!r} is not an instant", _ALLOWED) from None
    if before > datetime.now(UTC):
        raise InvalidParameter("--before", f"{text[:40]!r} is in the future", _ALLOWED)
    return before


def parse_fields(text: str) -> frozenset[str]:
    """Return the fields named in a comma-separated list. `InputError` if one is not in `ERASABLE_FIELDS`."""
    from ingest.jobs.retention import ERASABLE_FIELDS

    fields = [part.strip() for part in text.split(",")]
    if unknown := [field for field in fields if field not in ERASABLE_FIELDS]:
        raise InputError(f"cannot forget {unknown[0]!r}; allowed: {', '.join(ERASABLE_FIELDS)}, separated by a comma")
    return frozenset(fields)


def _erase(url: str, request: "EraseRequest", erasable: "ErasedCounts") -> "ErasedCounts":
    from ingest.jobs.retention import erase_personal_data

    total = erasable.incidents + erasable.rejects
    with progress_bar() as bar:
        return asyncio.run(
            erase_personal_data(url, request, lambda counts: bar.update("Erasing", counts.incidents + counts.rejects, total))
        )


def _summary_table(counts: "ErasedCounts", request: "EraseRequest", outcome: str) -> Table:
    table = Table("what", "count", title=f"Received before {request.before.isoformat()}: {outcome}", title_justify="left")
    table.columns[1].justify = "right"
    rows = (
        ("texts of incidents", counts.texts if request.text else None),
        ("addresses of incidents", counts.addresses if request.address else None),
        ("addresses in the geocoding cache", counts.cached_addresses if request.address else None),
        ("rejected rows (their lines and reasons stay)", counts.rejects),
        ("stored responses for an Idempotency-Key", counts.responses),
        ("runs, with what they rejected", counts.runs if request.runs else None),
    )
    for label, count in rows:
        if count is not None:
            table.add_row(label, f"{count:,}")
    return table
