"""The rule of near-duplicates: incidents that several sources report are linked to the one that was reported first.

`IncidentWriter` links each batch by the rule in force; here all incidents are linked again, when the rule has changed. The rule
itself is the function `link_duplicates` of postgis/sql/triggers/duplicates.sql.
"""

from collections.abc import Callable
from dataclasses import dataclass

from geo_service.core.database import database_errors, open_connection
from geo_service.core.sql.named_queries import query
from ingest.write.incident_writer import link_duplicates

PAGE = 5_000
"""Incidents to a transaction: other writers wait for no longer than that takes."""


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """How far apart duplicates may be in space and time."""

    metres: float
    hours: float


@dataclass(slots=True)
class LinkProgress:
    """How many incidents `relink_all` has compared, of how many."""

    total: int
    seen: int = 0


async def rule_is_current(url: str, rule: DuplicateRule) -> bool:
    """Return whether all incidents are linked by this rule."""
    async with open_connection(url) as connection:
        with database_errors("read the rule of near-duplicates"):
            return bool(await connection.fetchval(query("duplicates.is_rule_complete"), rule.metres, rule.hours))


async def relink_all(url: str, rule: DuplicateRule, on_progress: Callable[[LinkProgress], None], page: int = PAGE) -> int:
    """Put the rule into force and link all incidents by it, a transaction a page; return how many are linked then.

    Other writers follow the new rule meanwhile. If it is killed and started again, it begins again and ends the same.
    """
    async with open_connection(url) as connection:
        with database_errors("link near-duplicates"):
            await connection.execute(query("duplicates.set_rule"), rule.metres, rule.hours)
            progress = LinkProgress(int(await connection.fetchval(query("duplicates.count_incidents"))))
            after_id = 0
            while ids := await connection.fetchval(query("duplicates.next_incident_ids"), after_id, page):
                await link_duplicates(connection, [], ids)
                after_id, progress.seen = ids[-1], progress.seen + len(ids)
                on_progress(progress)
            await connection.execute(query("duplicates.complete_rule"), rule.metres, rule.hours)
            return int(await connection.fetchval(query("duplicates.count_links")))
