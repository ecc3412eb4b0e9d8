"""What a snapshot says of the database that is followed: which database it is, and which transactions are over.

Changes are read by transaction. Between two polls these have become visible: transactions that were open at the first
and are over at the second, and those that began in between. The two snapshots show both, so that a row is read
once, however long some other transaction stays open, and rows that a restored backup brought from a cluster with
higher transaction ids are not read at all. The database's identity tells where this cannot be relied on.
"""

from dataclasses import dataclass
from typing import Any

import asyncpg

from geo_service.core.errors import DatabaseUnavailable
from geo_service.core.sql.named_queries import query

_FOLLOWED_TRIGGERS = 4
"""Number of the triggers that `replica.read_database_state` names: those that give rows their transaction and leave tombstones."""


@dataclass(frozen=True, slots=True)
class XidSet:
    """Transactions [start, stop), and those in `ended`, which are older."""

    start: int
    stop: int
    ended: tuple[int, ...] = ()

    def condition(self, column: str) -> str:
        """SQL that is true where the column is one of these transactions; both halves can use an index."""
        began = f"{column} >= '{self.start}'::xid8 and {column} < '{self.stop}'::xid8"
        # An empty list would imply everything, so that the planner takes any partial index for it and reads all of that.
        return f"({began} or {column} = any('{{{','.join(map(str, self.ended))}}}'::xid8[]))" if self.ended else f"({began})"


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """A database at one snapshot."""

    identity: tuple[tuple[str, str | None], ...]
    """(name, value) of what makes it another database, timeline or table when it changes."""
    triggers: int
    """How many of the triggers that following relies on exist and are enabled."""
    horizon: int
    """The oldest transaction that was open."""
    next_xid: int
    """No transaction from this one on had begun."""
    open: frozenset[int]
    """Transactions that were open."""

    is_standby: bool = False
    """Whether the server is a standby: it takes no LISTEN, and does not show which transactions are open."""

    @property
    def is_held(self) -> bool:
        """Whether a transaction is open that is older than one that is over: the horizon stands still until it ends."""
        return self.horizon < self.next_xid

    def changes_since(self, earlier: "DatabaseState", connection_was_lost: bool) -> XidSet | None:
        """Transactions that have become visible since an earlier state; None where only reading everything tells.

        A server that crashed may give an id a second time if nothing of its first bearer had reached the disk: after a lost
        connection everything from the earlier horizon on is read; so it is on a standby, whose snapshots name no open transactions.
        """
        if self.identity != earlier.identity or self.next_xid < earlier.next_xid or self.horizon < earlier.horizon:
            return None
        if connection_was_lost or self.is_standby:
            return XidSet(earlier.horizon, self.next_xid)
        return XidSet(earlier.next_xid, self.next_xid, tuple(sorted(earlier.open - self.open)))

    def differences(self, earlier: "DatabaseState") -> list[str]:
        """Return the names of what tells the two databases apart; `transactions` where their ids went back."""
        names = [name for (name, value), (_, before) in zip(self.identity, earlier.identity, strict=True) if value != before]
        return names or ["transactions"]

    def check_triggers(self) -> None:
        """Raise DatabaseUnavailable unless all triggers are in place: without them changes cannot be followed."""
        if self.triggers < _FOLLOWED_TRIGGERS:
            raise DatabaseUnavailable(
                "cannot follow changes: triggers of table incident are missing or disabled, as while a backup is restored;"
                " `geo db migrate` creates them"
            )


async def read_database_state(connection: asyncpg.Connection) -> DatabaseState:
    """Read the state at the snapshot of the connection's transaction."""
    row = await connection.fetchrow(query("replica.read_database_state"))
    horizon, next_xid, open_xids = parse_snapshot(row["snapshot"])
    return DatabaseState(_identity(row), row["triggers"], horizon, next_xid, open_xids, row["is_standby"])


def parse_snapshot(text: str) -> tuple[int, int, frozenset[int]]:
    """Return xmin, xmax and the open transactions of a `pg_snapshot`.

    >>> parse_snapshot("10:20:10,14") == (10, 20, frozenset({10, 14}))
    True
    """
    xmin, xmax, xip = text.split(":")
    return int(xmin), int(xmax), frozenset(map(int, xip.split(","))) if xip else frozenset()


def _identity(row: Any) -> tuple[tuple[str, str | None], ...]:
    return tuple((name, row[name]) for name in ("system_identifier", "timeline", "database", "tables", "trigger_oids"))


async def find_horizon_holder(connection: asyncpg.Connection, horizon: int) -> tuple[int | None, str]:
    """Return the process whose transaction `horizon` is, and its description; other users' may not be readable."""
    row = await connection.fetchrow(query("replica.find_horizon_holder"), str(horizon))
    return (row["pid"], row["holder"]) if row else (None, "unknown")
