"""Merge, rename and delete themes, agencies and sources: each in one transaction, while no incidents are written.

Plans say what would change, and refuse what would break something. Codes that disappear become aliases, so that files and
senders that still use them find the entry, and a merge lasts.
"""

import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from geo_service.core.database import database_errors, open_connection
from geo_service.core.errors import InputError
from geo_service.core.sql.named_queries import query
from ingest.catalogue.entries import CatalogueEntry, find_entry, list_codes, match_entries, read_entries
from ingest.write.duplicates import PAGE
from ingest.write.incident_writer import link_duplicates

_MOVE = {"theme": "catalogue.move_themes", "agency": "catalogue.move_agencies", "source": "catalogue.move_sources"}
_REDIRECT = {"theme": "catalogue.redirect_themes", "agency": "catalogue.redirect_agencies", "source": "catalogue.redirect_sources"}
_DELETE = {"theme": "catalogue.delete_themes", "agency": "catalogue.delete_agencies", "source": "catalogue.delete_sources"}
_RENAME = {"theme": "catalogue.rename_theme", "agency": "catalogue.rename_agency", "source": "catalogue.rename_source"}

_CODE = re.compile(r"[^\s,\0]{1,100}")
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,200}")

OnProgress = Callable[[int, int], None]
"""Gets the number of moved incidents whose duplicates have been compared again, and the total."""


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """Which entries become another one."""

    kind: str
    codes: Sequence[str]
    """Codes, or patterns with `*`."""
    into: str
    across_sectors: bool = False
    """Whether a theme may be merged into one of another sector."""
    keep_codes: bool = True
    """Whether the codes become aliases; without, a file that brings one again makes a new entry."""
    shown_sources: Sequence[str] = ()
    """Codes of the sources whose texts /open311/ shows; `*` for all."""


@dataclass(frozen=True, slots=True)
class RenameRequest:
    """What an entry is called from now on; None leaves it as it is."""

    kind: str
    code: str
    new_code: str | None = None
    name_ru: str | None = None
    name_en: str | None = None
    shown_sources: Sequence[str] = ()
    """As in `MergeRequest`."""


@dataclass(frozen=True, slots=True)
class CatalogueChange:
    """What a change does, or would do."""

    kind: str
    entries: Sequence[CatalogueEntry]
    """As they were before."""
    into: CatalogueEntry | None = None
    """The entry that they become; a renamed one with its new names."""
    aliases: Sequence[str] = ()
    """Codes that stand for `into` from then on, or that are deleted with the entries."""
    moves: bool = False
    """Whether their incidents get another entry."""
    linked: int = 0
    """How many more near-duplicates are linked than before."""

    @property
    def incidents(self) -> int:
        """Incidents of the entries."""
        return sum(entry.incidents for entry in self.entries)


async def list_catalogue(url: str, kind: str) -> list[CatalogueEntry]:
    """Return all entries of a kind, ordered by code."""
    async with open_connection(url) as connection:
        return await read_entries(connection, kind)


async def merge_entries(url: str, request: MergeRequest, on_progress: OnProgress, *, dry_run: bool) -> CatalogueChange:
    """Give all incidents of the entries to another one, and delete the entries. Raises `InputError` for what would break."""
    async with _changing(url, dry_run=dry_run) as connection:
        change = await plan_merge(connection, request)
        if dry_run:
            return change
        assert change.into is not None  # noqa: S101  # a merge always has one
        ids = [entry.id for entry in change.entries]
        if request.keep_codes:
            await connection.execute(query(_REDIRECT[request.kind]), ids, change.into.id)
        moved = await connection.fetchval(query(_MOVE[request.kind]), ids, change.into.id)
        await connection.execute(query(_DELETE[request.kind]), ids)
        linked = await _relink(connection, moved, on_progress) if request.kind != "agency" else 0
    return CatalogueChange(request.kind, change.entries, change.into, change.aliases, moves=True, linked=linked)


async def rename_entry(url: str, request: RenameRequest, on_progress: OnProgress, *, dry_run: bool) -> CatalogueChange:
    """Give an entry another code or other names, which loads leave as they are. Raises `InputError` for what would break."""
    async with _changing(url, dry_run=dry_run) as connection:
        change = await plan_rename(connection, request)
        if dry_run:
            return change
        assert change.into is not None  # noqa: S101  # a renamed entry is one
        names = (change.into.name_ru,) if request.kind == "agency" else (change.into.name_ru, change.into.name_en)
        await connection.execute(query(_RENAME[request.kind]), change.into.id, change.into.code, *names)
        linked = 0
        if request.kind == "source" and change.into.code != change.entries[0].code:
            # Of two incidents received at the same instant that of the source with the lesser code is the first.
            ids = await connection.fetchval(query("catalogue.list_source_incidents"), change.into.id)
            linked = await _relink(connection, ids, on_progress)
    return CatalogueChange(request.kind, change.entries, change.into, change.aliases, linked=linked)


async def delete_entries(url: str, kind: str, codes: Sequence[str], *, dry_run: bool) -> CatalogueChange:
    """Delete entries without incidents. Raises `InputError` for one that has any."""
    async with _changing(url, dry_run=dry_run) as connection:
        entries = match_entries(await read_entries(connection, kind), kind, codes)
        if used := [entry for entry in entries if entry.incidents]:
            count = sum(entry.incidents for entry in used)
            raise InputError(
                f"cannot delete {list_codes(entry.code for entry in used)}: {count:,} incidents have this {kind}; "
                f"move them first: geo catalogue merge {kind} CODE --into CODE"
            )
        if not dry_run:
            await connection.execute(query(_DELETE[kind]), [entry.id for entry in entries])
    if kind == "source" and not dry_run:
        await _free_source_numbers(url)
    return CatalogueChange(kind, entries, aliases=[alias for entry in entries for alias in entry.aliases])


async def plan_merge(connection: asyncpg.Connection, request: MergeRequest) -> CatalogueChange:
    """Return what a merge would change. Raises `InputError` for what would break."""
    kind, known = request.kind, await read_entries(connection, request.kind)
    into = find_entry(known, kind, request.into)
    entries = [entry for entry in match_entries(known, kind, request.codes) if entry.id != into.id]
    if not entries:
        raise InputError(f"cannot merge: {into.code!r} is the only {kind} that was named")
    _check_same_sector(entries, into, request)
    if kind == "source":
        _check_texts(entries, into, request.shown_sources)
        await _check_sources(connection, entries, into)
    aliases = [code for entry in entries for code in (entry.code, *entry.aliases)] if request.keep_codes else []
    return CatalogueChange(kind, entries, into, aliases, moves=True)


async def plan_rename(connection: asyncpg.Connection, request: RenameRequest) -> CatalogueChange:
    """Return what a renaming would change. Raises `InputError` for what would break."""
    kind, known = request.kind, await read_entries(connection, request.kind)
    entry = find_entry(known, kind, request.code)
    renamed = _renamed(entry, request)
    others = [other for other in known if other.id != entry.id]
    for other in others:
        hint = f"to join them: geo catalogue merge {kind} {entry.code} --into {other.code}"
        if renamed.code in (other.code, *other.aliases):
            raise InputError(f"cannot rename {entry.code!r}: the code {renamed.code!r} is that of another {kind}; {hint}")
        if renamed.name_ru != entry.name_ru and (renamed.name_ru, renamed.sector) == (other.name_ru, other.sector):
            raise InputError(f"cannot rename {entry.code!r}: {kind} {other.code!r} is called so; {hint}")
    if kind == "source":
        _check_texts([entry], renamed, request.shown_sources)
    return CatalogueChange(kind, [entry], renamed, [entry.code] if renamed.code != entry.code else [])


def _renamed(entry: CatalogueEntry, request: RenameRequest) -> CatalogueEntry:
    """Return the entry as it is called by the request. Raises `InputError` for a code or a name that cannot be one."""
    code, name_ru, name_en = (
        before if new is None else new.strip()
        for before, new in ((entry.code, request.new_code), (entry.name_ru, request.name_ru), (entry.name_en, request.name_en))
    )
    if request.kind == "agency":
        name_en = name_ru
    if not _CODE.fullmatch(code):
        raise InputError(f"{code[:100]!r} cannot be a code; allowed: 1 to 100 characters, no comma and no white space")
    for name in (name_ru, name_en):
        if not _NAME.fullmatch(name):
            raise InputError(f"{name[:100]!r} cannot be a name; allowed: 1 to 200 characters in one line")
    return CatalogueEntry(
        entry.id, code, name_ru, name_en, entry.sector, True, entry.synthetic, entry.attribution,
        entry.aliases, entry.incidents, entry.first_received_at, entry.last_received_at,
    )  # fmt: skip


def _check_same_sector(entries: Sequence[CatalogueEntry], into: CatalogueEntry, request: MergeRequest) -> None:
    others = [entry for entry in entries if entry.sector != into.sector]
    if others and not request.across_sectors:
        sectors = ", ".join(sorted({entry.sector for entry in others}))
        raise InputError(
            f"cannot merge {list_codes(entry.code for entry in others)} of the sector {sectors} into {into.code!r} of the sector "
            f"{into.sector}: their incidents would change sector; --across-sectors allows it"
        )


async def _check_sources(connection: asyncpg.Connection, entries: Sequence[CatalogueEntry], into: CatalogueEntry) -> None:
    """Refuse a merge of generated with real incidents, one that hides whose data they are, and one of different incidents with one id."""
    for entry in entries:
        if entry.synthetic != into.synthetic:
            raise InputError(f"cannot merge {entry.code!r} into {into.code!r}: one of them has generated incidents, the other real ones")
        if entry.incidents and entry.attribution not in ("", into.attribution):
            raise InputError(
                f"cannot merge {entry.code!r} into {into.code!r}: its incidents must be shown with {entry.attribution!r}, "
                "which the other source does not have"
            )
    row = await connection.fetchrow(query("catalogue.find_shared_ids"), [into.id, *(entry.id for entry in entries)])
    if row["shared"]:
        raise InputError(
            f"cannot merge {list_codes(entry.code for entry in entries)} into {into.code!r}: {row['shared']:,} ids are those of incidents "
            f"in several of these sources, such as {list_codes(row['examples'])}; an id may occur once in a source"
        )


def _check_texts(entries: Sequence[CatalogueEntry], into: CatalogueEntry, shown: Sequence[str]) -> None:
    """Refuse to publish texts by the way. shown: sources whose texts /open311/ shows."""
    hidden = [entry.code for entry in entries if entry.incidents and not _is_shown(entry.code, shown)]
    if hidden and _is_shown(into.code, shown):
        raise InputError(
            f"cannot call {list_codes(hidden)} {into.code!r}: /open311/ shows the texts and addresses of that source, and not theirs; "
            "GEO_OPEN311_TEXTS lists such sources"
        )


def _is_shown(code: str, shown: Sequence[str]) -> bool:
    return "*" in shown or code in shown


@asynccontextmanager
async def _changing(url: str, *, dry_run: bool) -> AsyncIterator[asyncpg.Connection]:
    """A connection in a transaction that changes the catalogue: no incidents are written until it ends. A dry run only reads."""
    async with open_connection(url) as connection:
        with database_errors("change the catalogue"):
            async with connection.transaction(isolation="read_committed", readonly=dry_run):
                if not dry_run:
                    await connection.execute(query("catalogue.lock_for_update"))
                yield connection
                if not dry_run:
                    await connection.execute(query("catalogue.bump_revision"))


async def _relink(connection: asyncpg.Connection, ids: Sequence[int], on_progress: OnProgress) -> int:
    """Compare moved incidents with those around them again: duplicates have the same theme and another source."""
    linked = 0
    for start in range(0, len(ids), PAGE):
        linked += await link_duplicates(connection, [], ids[start : start + PAGE])
        on_progress(min(start + PAGE, len(ids)), len(ids))
    return linked


async def _free_source_numbers(url: str) -> None:
    """Let new sources have the numbers of deleted ones: there are only 32,767. Not in the transaction, which could not undo it."""
    async with open_connection(url) as connection:
        with database_errors("free the numbers of deleted sources"):
            async with connection.transaction():
                await connection.execute(query("catalogue.lock_sources"))
                await connection.execute(query("catalogue.free_source_numbers"))
