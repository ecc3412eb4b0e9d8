"""Near-duplicates: what several sources tell of the same is linked to the incident that told it first.

The rule itself, and the work of a batch, are in postgis/sql/triggers/near.sql; here is who calls it, and how all
incidents are linked anew when the rule has changed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import asyncpg

from geo_service.core.database import database_errors, open_connection
from geo_service.core.named_queries import query

PAGE = 5_000
"""Incidents to a transaction: other writers wait for no longer than that takes."""


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """How near is near."""

    metres: float
    hours: float


@dataclass(slots=True)
class LinkProgress:
    """What linking anew has done until now."""

    total: int
    seen: int = 0


async def link_duplicates(connection: asyncpg.Connection, new: Sequence[int], changed: Sequence[int]) -> int:
    """Link what this transaction has written (ids), and what that bears on; how many more are linked than before.

    To be called behind everything else that the transaction writes of incidents: from here on it is alone.
    """
    with database_errors("link near-duplicates"):
        return int(await connection.fetchval("select link_duplicates($1, $2)", new, changed)) if new or changed else 0


async def rule_is_current(url: str, rule: DuplicateRule) -> bool:
    """Whether all incidents are linked by this rule."""
    async with open_connection(url) as held:
        with database_errors("read the rule of near-duplicates"):
            return bool(await held.fetchval(query("duplicates.is_rule_complete"), rule.metres, rule.hours))


async def relink_all(url: str, rule: DuplicateRule, told: Callable[[LinkProgress], None], page: int = PAGE) -> int:
    """Put the rule into force and link all incidents by it, a transaction a page; how many are linked then.

    Whoever writes meanwhile goes by the new rule too. Killed and started again, it begins anew and ends the same.
    """
    async with open_connection(url) as held:
        with database_errors("link near-duplicates"):
            await held.execute(query("duplicates.set_rule"), rule.metres, rule.hours)
            done = LinkProgress(int(await held.fetchval("select count(*) from incident")))
            after = 0
            while ids := await held.fetchval(query("duplicates.next_incident_ids"), after, page):
                await link_duplicates(held, [], ids)
                after, done.seen = ids[-1], done.seen + len(ids)
                told(done)
            await held.execute(query("duplicates.complete_rule"), rule.metres, rule.hours)
            return int(await held.fetchval("select count(*) from incident_link where duplicate_of_id is not null"))
