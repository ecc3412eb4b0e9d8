"""The state of following, for operators. Written by the follower on the event loop."""

import time
from dataclasses import dataclass, field
from datetime import datetime

import structlog

_LOOKUP_AFTER_S = 2.0
"""Who holds the horizon for less is not looked up."""
_WARN_AFTER_S = 60.0
"""A transaction that is open for longer is logged: until it ends, VACUUM removes no row version that is younger."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class HorizonWatch:
    """The horizon, which is the oldest open transaction: for how long it has stood still, and who holds it."""

    xid: int = 0
    pid: int | None = None
    """Process that holds it; None where nobody does, where it is a prepared transaction, or where it may not be read."""
    _since: float | None = None
    _holder: str | None = None
    _is_logged: bool = False

    @property
    def age_s(self) -> float:
        """Seconds for which an open transaction has held the horizon; 0 where none does."""
        return 0.0 if self._since is None else time.monotonic() - self._since

    @property
    def is_unexplained(self) -> bool:
        """Whether it has been held for so long that its holder should be looked up, and has not been."""
        return self._holder is None and self.age_s > _LOOKUP_AFTER_S

    def observe(self, xid: int, is_held: bool) -> None:
        """Take note of a poll's horizon, and whether a transaction holds it."""
        if not is_held or xid != self.xid or self._since is None:
            if self._is_logged:
                log.info("the long transaction is over", held_by=self._holder, xid=self.xid, age_s=round(self.age_s))
            self.xid, self.pid, self._holder, self._is_logged = xid, None, None, False
            self._since = time.monotonic() if is_held else None

    def explain(self, pid: int | None, holder: str) -> None:
        """Take who holds it; holder: for the log."""
        self.pid, self._holder = pid, holder

    def warn(self) -> None:
        """Log once that it is held for long."""
        if self.age_s > _WARN_AFTER_S and not self._is_logged:
            self._is_logged = True
            log.warning("a transaction is open for long", held_by=self._holder, xid=self.xid, age_s=round(self.age_s))


@dataclass(slots=True)
class FollowingStatus:
    """The state of a replica's following, for operators."""

    horizon: HorizonWatch = field(default_factory=HorizonWatch)
    connection_losses: int = 0
    """How often the connection to the database was lost or could not be opened."""
    reloads: int = 0
    """How often everything was read anew because the database was another one, or its transactions went back."""
    reconciled_at: float | None = None
    """Monotonic time at which the last round of reconciliation ended."""
    corrected: int = 0
    """Incidents that reconciliation has corrected."""
    corrections: int = 0
    """How often it has corrected some: once for each block of ids that differed."""
    corrected_at: datetime | None = None

    def record_difference(self, incidents: int, at: datetime) -> None:
        """Take how many incidents differed and were corrected."""
        self.corrected += incidents
        self.corrections += 1
        self.corrected_at = at
