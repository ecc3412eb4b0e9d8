"""Statuses of updates: what FixMyStreet calls them, and which of those that it sends change a request.

FixMyStreet knows these names (`map_state` and `_populate_service_request_update_params` in its perllib/Open311.pm).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from geo_service.core.model import OPEN_STATUSES, Status

UPDATE_STATUS_OF: Mapping[Status, str] = {
    Status.NEW: "OPEN",
    Status.ASSIGNED: "INVESTIGATING",
    Status.IN_WORK: "IN_PROGRESS",
    Status.INTERIM: "IN_PROGRESS",
    # Not closed here: whoever wrote may still return the answer.
    Status.ANSWERED: "IN_PROGRESS",
    Status.RETURNED: "OPEN",
    Status.CLOSED: "CLOSED",
    Status.REJECTED: "NO_FURTHER_ACTION",
    Status.DUPLICATE: "DUPLICATE",
}
"""The status of an update that is served."""

DESCRIPTIONS: Mapping[Status, str] = {
    Status.NEW: "Принято",
    Status.ASSIGNED: "Назначен ответственный",
    Status.IN_WORK: "В работе",
    Status.INTERIM: "Дан промежуточный ответ",
    Status.ANSWERED: "Дан ответ",
    Status.RETURNED: "Возвращено на доработку",
    Status.CLOSED: "Закрыто",
    Status.REJECTED: "Отклонено",
    Status.DUPLICATE: "Повтор другого сообщения",
}
"""The text of an update that is served."""

UPDATE_STATUSES: Mapping[str, Status | None] = {
    "OPEN": Status.RETURNED,
    "REOPEN": Status.RETURNED,
    "INVESTIGATING": Status.ASSIGNED,
    "FOR_TRIAGE": Status.ASSIGNED,
    "INTERNAL_REFERRAL": Status.ASSIGNED,
    "ACTION_SCHEDULED": Status.IN_WORK,
    "IN_PROGRESS": Status.IN_WORK,
    "FIXED": Status.CLOSED,
    "CLOSED": Status.CLOSED,
    "CANCELLED": Status.REJECTED,
    "NOT_COUNCILS_RESPONSIBILITY": Status.REJECTED,
    "NO_FURTHER_ACTION": Status.REJECTED,
    "DUPLICATE": Status.DUPLICATE,
    "UNCHANGED": None,
}
"""The status of an update that is sent → the status that it asks for; None for none."""

_UNAWARE = timedelta(hours=2)
"""How long a sender may not know of a change here: FixMyStreet reads the updates of the last two hours."""

_ORDER = (Status.NEW, Status.ASSIGNED, Status.IN_WORK)
"""Steps that an update can take forward, never back: each comment on FixMyStreet repeats the status that it knows."""


def choose_status(current: Status, sent: str, at: datetime, crossed_at: datetime | None) -> Status:
    """Return the status of a request after an update.

    sent: one of UPDATE_STATUSES. at: when the update was made. crossed_at: when the request was last opened or closed here,
    None if never.

    A comment carries the status that its sender knows, so that one that contradicts a recent opening or closing changes
    nothing, unless it says REOPEN. Of what is open, an update takes only the first steps forward.
    """
    asked = UPDATE_STATUSES[sent]
    if asked is None:
        return current
    if (current in OPEN_STATUSES) != (asked in OPEN_STATUSES):
        is_unaware = sent != "REOPEN" and crossed_at is not None and at < crossed_at + _UNAWARE
        reopens_by_step = asked in OPEN_STATUSES and asked is not Status.RETURNED
        return current if is_unaware or reopens_by_step else asked
    if current in _ORDER and asked in _ORDER:
        return max(current, asked, key=_ORDER.index)
    return current
