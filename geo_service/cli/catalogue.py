"""`geo catalogue`: list, merge, rename and delete themes, agencies and sources."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import orjson
import typer
from rich.markup import escape
from rich.table import Table

from geo_service.cli.console import print_document, print_message, print_result, progress_bar
from geo_service.cli.db import open_database
from geo_service.core.errors import InputError
from geo_service.core.settings import Settings, read_settings

if TYPE_CHECKING:  # Imported when needed: other commands do not wait for it.
    from ingest.catalogue.changes import CatalogueChange, OnProgress
    from ingest.catalogue.entries import CatalogueEntry

_MAX_SHOWN_ALIASES = 3
_MAX_SHOWN_ENTRIES = 20


class Kind(StrEnum):
    """What is listed or changed."""

    THEME = "theme"
    AGENCY = "agency"
    SOURCE = "source"


KindArgument = Annotated[Kind, typer.Argument(help="theme, agency or source.", metavar="KIND")]
Code = Annotated[str, typer.Argument(help="Code of the entry.", metavar="CODE")]
Codes = Annotated[list[str], typer.Argument(help="Codes of entries; * stands for any characters.", metavar="CODE...")]
Into = Annotated[str, typer.Option("--into", help="Code of the entry that they become.", metavar="CODE")]
AcrossSectors = Annotated[bool, typer.Option("--across-sectors", help="Merge themes of other sectors too: their incidents change sector.")]
ForgetCodes = Annotated[bool, typer.Option("--forget-codes", help="Do not keep the codes as aliases; a load may then add them again.")]
NewCode = Annotated[str | None, typer.Option("--code", help="New code; the former one becomes an alias.")]
Name = Annotated[str | None, typer.Option("--name", help="New Russian name; of an agency its name.")]
NameEn = Annotated[str | None, typer.Option("--name-en", help="New English name.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Change nothing; show what would be changed.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Unused = Annotated[bool, typer.Option("--unused", help="Only entries without incidents.")]

catalogue_commands = typer.Typer(help="List, merge, rename and delete themes, agencies and sources.", no_args_is_help=True)


@catalogue_commands.command("list")
def list_command(kind: KindArgument, unused: Unused = False, as_json: AsJson = False) -> None:
    """List the entries of a kind with their incidents and aliases."""
    from ingest.catalogue.changes import list_catalogue

    with open_database(read_settings()) as url:
        entries = [entry for entry in asyncio.run(list_catalogue(url, kind)) if not (unused and entry.incidents)]
    if as_json:
        options = orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
        print_document(orjson.dumps([_to_document(entry) for entry in entries], option=options).decode())
    else:
        print_result(_entries_table(kind, entries))


@catalogue_commands.command("merge")
def merge_command(
    kind: KindArgument,
    codes: Codes,
    into: Into,
    across_sectors: AcrossSectors = False,
    forget_codes: ForgetCodes = False,
    dry_run: DryRun = False,
) -> None:
    """Give the incidents of entries to another one; the entries become its aliases."""
    from ingest.catalogue.changes import MergeRequest, merge_entries

    settings = read_settings()
    request = MergeRequest(kind, codes, into, across_sectors, not forget_codes, settings.open311_texts)
    with open_database(settings) as url, progress_bar() as bar:
        change = asyncio.run(merge_entries(url, request, _show_on(bar.update), dry_run=dry_run))
    _print_change(change, "merge", settings, dry_run=dry_run)


@catalogue_commands.command("rename")
def rename_command(
    kind: KindArgument, code: Code, new_code: NewCode = None, name: Name = None, name_en: NameEn = None, dry_run: DryRun = False
) -> None:
    """Give an entry other names, which loads leave as they are, or another code."""
    from ingest.catalogue.changes import RenameRequest, rename_entry

    if new_code is None and name is None and name_en is None:
        raise InputError("nothing to rename: give --code, --name or --name-en")
    if kind is Kind.AGENCY and name_en is not None:
        raise InputError("an agency has one name: give --name")
    settings = read_settings()
    request = RenameRequest(kind, code, new_code, name, name_en, settings.open311_texts)
    with open_database(settings) as url, progress_bar() as bar:
        change = asyncio.run(rename_entry(url, request, _show_on(bar.update), dry_run=dry_run))
    _print_change(change, "rename", settings, dry_run=dry_run)


@catalogue_commands.command("delete")
def delete_command(kind: KindArgument, codes: Codes, dry_run: DryRun = False) -> None:
    """Delete entries that have no incidents."""
    from ingest.catalogue.changes import delete_entries

    settings = read_settings()
    with open_database(settings) as url:
        change = asyncio.run(delete_entries(url, kind, codes, dry_run=dry_run))
    _print_change(change, "delete", settings, dry_run=dry_run)


def _show_on(update: object) -> "OnProgress":
    """Return a function that shows how many moved incidents have been compared with others."""
    assert callable(update)  # noqa: S101  # a bound method
    return lambda done, total: update("Linking near-duplicates", done, total)


def _print_change(change: "CatalogueChange", act: str, settings: Settings, *, dry_run: bool) -> None:
    print_result(_change_table(change, f"{act}: {'this would change; nothing was' if dry_run else 'changed'}"))
    for note in _rule_notes(change, settings):
        print_message(note)


def _change_table(change: "CatalogueChange", title: str) -> Table:
    table = Table("what", "", title=title, title_justify="left")
    table.columns[1].overflow = "fold"
    names = [f"{entry.code}: {entry.name_ru}" for entry in change.entries]
    more = len(names) - _MAX_SHOWN_ENTRIES
    shown = [*names[:_MAX_SHOWN_ENTRIES], *([f"and {more:,} more"] if more > 0 else [])]
    table.add_row(f"{change.kind} ({len(names):,})", escape("\n".join(shown)))
    if change.into:
        table.add_row("becomes", escape(f"{change.into.code}: {change.into.name_ru}"))
    table.add_row("incidents moved" if change.moves else "incidents", f"{change.incidents:,}")
    if change.incidents:
        table.add_row("received", _span(change.entries))
    sectors = sorted({entry.sector for entry in change.entries} - {change.into.sector if change.into else ""})
    if change.into and change.into.sector and sectors:
        table.add_row("sector", f"{', '.join(sectors)} → {change.into.sector}")
    table.add_row("aliases" if change.into else "aliases deleted", escape(_shorten(change.aliases)) or "none")
    if change.linked:
        table.add_row("near-duplicates linked", f"{change.linked:+,}")
    return table


def _rule_notes(change: "CatalogueChange", settings: Settings) -> list[str]:
    """Return which deadline rules name a code that changes, for themes and sources."""
    from geo_service.core.calendar.deadlines import read_deadlines

    notes = []
    for rule in read_deadlines(settings.deadlines, settings.zone).rules:
        for entry in change.entries if change.kind != Kind.AGENCY else ():
            code = change.into.code if change.into else None
            if rule.names(change.kind, entry.code) and not (code and rule.names(change.kind, code)):
                after = f"but not {code!r}, which its incidents have from now on" if code else "which is deleted"
                notes.append(
                    f"Deadline rule {rule.name!r} names the {change.kind} {entry.code!r}, {after}. Deadlines that are stored stay; "
                    "change GEO_DEADLINES if the rule should hold for later incidents."
                )
    return notes


def _entries_table(kind: str, entries: Sequence["CatalogueEntry"]) -> Table:
    table = Table("code", "name", "incidents", "received", "aliases", title=f"{len(entries):,} × {kind}", title_justify="left")
    table.columns[2].justify = "right"
    for entry in entries:
        names = dict.fromkeys((entry.name_ru, entry.name_en, *([f"sector {entry.sector}"] if entry.sector else [])))
        cells = (entry.code, "\n".join(names), f"{entry.incidents:,}", _span([entry]), _shorten(entry.aliases))
        table.add_row(*map(escape, cells))
    return table


def _to_document(entry: "CatalogueEntry") -> dict[str, object]:
    return {name: value for name, value in asdict(entry).items() if name != "id"}


def _span(entries: Sequence["CatalogueEntry"]) -> str:
    """Return the first and the last day of receipt, in UTC; empty without incidents."""
    first = [entry.first_received_at for entry in entries if entry.first_received_at]
    last = [entry.last_received_at for entry in entries if entry.last_received_at]
    return f"{_day(min(first))} to {_day(max(last))}" if first and last else ""


def _day(at: datetime) -> str:
    return at.strftime("%Y-%m-%d")


def _shorten(codes: Sequence[str]) -> str:
    more = len(codes) - _MAX_SHOWN_ALIASES
    return ", ".join(codes[:_MAX_SHOWN_ALIASES]) + (f" and {more:,} more" if more > 0 else "")
