"""A limit of what requests add to the catalogue: themes, agencies and sources that are new, per request and per key and day.

Whoever may send incidents may name anything; without a limit a mistake or a leaked key fills the catalogue with thousands of
names, which every reader loads. The count of a day is in the database: it is the same for all processes and after a restart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg

from geo_service.core.database import database_errors
from geo_service.core.errors import NewEntryLimitReached
from geo_service.core.model import RejectReason
from geo_service.core.sql.named_queries import query
from ingest.readers import RawBatch
from ingest.readers.columns import storable_text
from ingest.validate.validate import Reject, ValidatedBatch
from ingest.write.reference_data import Agency, Entry, ReferenceData, Source, Theme

_LONGEST_NAME = 60
"""Characters of a name in a message."""
_KINDS: tuple[tuple[type[Entry], str], ...] = ((Theme, "theme"), (Agency, "agency"), (Source, "source"))


@dataclass(frozen=True, slots=True)
class NewEntryLimits:
    """How many entries may be added to the catalogue."""

    per_request: int
    per_day: int
    """With one API key, in a day of UTC; senders without a key count together."""


class EntryAdmission:
    """Adds what is new in the batches of one request, as far as the limits allow, and rejects the rows that need more."""

    def __init__(self, connection: asyncpg.Connection, reference_data: ReferenceData, limits: NewEntryLimits, key_id: str) -> None:
        """key_id: of the sender's API key, empty where none was needed."""
        self._connection, self._reference_data, self._limits, self._key_id = connection, reference_data, limits, key_id
        self._added = 0

    def use(self, connection: asyncpg.Connection, reference_data: ReferenceData) -> None:
        """Work over another connection from now on."""
        self._connection, self._reference_data = connection, reference_data

    async def admit_source(self, source: Source) -> None:
        """Add the source if it is new. Raises `NewEntryLimitReached`."""
        for entry, fault in (await self._add([source])).items():
            is_daily = self._limits.per_request > 0
            raise NewEntryLimitReached(f"source: {_name(entry)} {fault}", _seconds_to_midnight() if is_daily else None)

    async def admit(self, raw: RawBatch, validated: ValidatedBatch) -> ValidatedBatch:
        """Return the batch without the rows whose theme or agency is new and can no longer be added: these are rejected."""
        refused = await self._add([entry for row in zip(validated.themes, validated.agencies, strict=True) for entry in row if entry])
        if not refused:
            return validated
        rejects: dict[int, Reject] = {}
        for index, (theme, agency) in enumerate(zip(validated.themes, validated.agencies, strict=True)):
            field, entry = ("theme", theme) if theme in refused else ("agency", agency)
            if entry in refused:
                row = int(validated.rows[index])
                detail = f"{field} {_name(entry)} {refused[entry]}"
                rejects[index] = Reject(raw.lines[row], RejectReason.NEW_ENTRY_LIMIT, detail, storable_text(raw.texts[row]), (field,))
        return validated.without(rejects)

    async def _add(self, entries: Sequence[Entry]) -> dict[Entry, str]:
        """Add the new ones of the entries, in their order; return those that are too many, and what is wrong with them."""
        unmet = [entry for entry in dict.fromkeys(entries) if not self._reference_data.has_met(entry)]
        if not unmet or not await self._find_new(unmet):
            return {}
        try:
            with database_errors("add to the catalogue"):
                async with self._connection.transaction():
                    added_today = int(await self._connection.fetchval(query("catalogue.lock_new_entry_count"), self._key_id))
                    # Again: another request with this key may have added them while this one waited.
                    new = await self._find_new(unmet)
                    allowed = max(0, min(self._limits.per_request - self._added, self._limits.per_day - added_today))
                    admitted = set(list(new)[:allowed])
                    await self._reference_data.ensure([entry for code in admitted for entry in new[code][:1]])
                    await self._connection.execute(query("catalogue.count_new_entries"), self._key_id, len(admitted))
        except BaseException:
            # The ids that were cached meanwhile are of entries that do not exist.
            self._reference_data.forget()
            raise
        self._added += len(admitted)
        fault = self._describe(is_daily=self._limits.per_request > self._added)
        return {entry: fault for code in new if code not in admitted for entry in new[code]}

    async def _find_new(self, entries: Sequence[Entry]) -> dict[tuple[str, str], list[Entry]]:
        """Return the entries whose codes the catalogue has not got, by kind and code, in their order."""
        by_code: dict[tuple[str, str], list[Entry]] = {}
        for entry in entries:
            by_code.setdefault((_kind(entry), entry.code), []).append(entry)
        codes = [[code for kind, code in by_code if kind == wanted] for _, wanted in _KINDS]
        with database_errors("look up the catalogue"):
            rows = await self._connection.fetch(query("catalogue.find_new_codes"), *codes)
        new = {(row["kind"], row["code"]) for row in rows}
        return {code: found for code, found in by_code.items() if code in new}

    def _describe(self, *, is_daily: bool) -> str:
        if is_daily:
            limit = f"{self._limits.per_day:,} have been added with this API key since 00:00 UTC (GEO_NEW_ENTRIES_PER_DAY)"
        else:
            limit = f"this request has added {self._added:,} (GEO_NEW_ENTRIES_PER_REQUEST)"
        return f"is new, and no more themes, agencies and sources may be added: {limit}"


def _kind(entry: Entry) -> str:
    return next(kind for entry_type, kind in _KINDS if isinstance(entry, entry_type))


def _name(entry: Entry | None) -> str:
    name = entry.name if isinstance(entry, Agency) else entry.name_ru if entry else ""
    return repr(name[:_LONGEST_NAME])


def _seconds_to_midnight() -> int:
    """Return the seconds until the next day of UTC begins."""
    now = datetime.now(UTC)
    tomorrow = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
    return int((tomorrow - now).total_seconds()) + 1
