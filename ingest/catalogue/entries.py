"""The entries of the catalogue with what refers to them, found by code or pattern."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from geo_service.core.database import database_errors
from geo_service.core.errors import InputError
from geo_service.core.sql.named_queries import query

KINDS = ("theme", "agency", "source")
_MAX_LISTED = 5
"""Codes that a message names."""


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A theme, an agency or a source, and its incidents."""

    id: int
    code: str
    name_ru: str
    name_en: str
    sector: str
    """Code of a theme's sector; empty for others."""
    renamed: bool
    """Whether an operator has named it: loads leave its names as they are."""
    synthetic: bool
    attribution: str
    aliases: Sequence[str]
    """Other codes that stand for it."""
    incidents: int
    first_received_at: datetime | None
    last_received_at: datetime | None


async def read_entries(connection: asyncpg.Connection, kind: str) -> list[CatalogueEntry]:
    """Return all entries of a kind, ordered by code. kind: one of KINDS."""
    with database_errors(f"read the catalogue of the kind {kind}"):
        rows = await connection.fetch(query("catalogue.list_entries"), kind)
    return [CatalogueEntry(**row) for row in rows]


def find_entry(entries: Sequence[CatalogueEntry], kind: str, code: str) -> CatalogueEntry:
    """Return the entry with this code or alias. Raises `InputError`."""
    by_code = {alias: entry for entry in entries for alias in entry.aliases} | {entry.code: entry for entry in entries}
    if code not in by_code:
        raise InputError(f"there is no {kind} {code[:100]!r}; geo catalogue list {kind} lists them")
    return by_code[code]


def match_entries(entries: Sequence[CatalogueEntry], kind: str, patterns: Iterable[str]) -> list[CatalogueEntry]:
    """Return the entries with these codes, in which `*` stands for any characters. Raises `InputError` for one that matches nothing."""
    codes = {entry.code for entry in entries}
    found: dict[str, CatalogueEntry] = {}
    for pattern in patterns:
        expression = re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
        is_pattern = "*" in pattern and pattern not in codes
        matching = [entry for entry in entries if (expression.fullmatch(entry.code) if is_pattern else entry.code == pattern)]
        if not matching:
            raise InputError(f"there is no {kind} {pattern[:100]!r}; geo catalogue list {kind} lists them")
        found |= {entry.code: entry for entry in matching}
    return list(found.values())


def list_codes(codes: Iterable[str]) -> str:
    """Return some of the codes for a message, and how many more there are."""
    listed = list(codes)
    more = len(listed) - _MAX_LISTED
    return ", ".join(map(repr, listed[:_MAX_LISTED])) + (f" and {more:,} more" if more > 0 else "")
