"""What the status of an update does to a request."""

from datetime import UTC, datetime, timedelta

import pytest

from geo_service.core.model import OPEN_STATUSES, Status
from geo_service.open311.update_statuses import DESCRIPTIONS, UPDATE_STATUS_OF, UPDATE_STATUSES, choose_status

AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
CLOSED = frozenset(Status) - OPEN_STATUSES


@pytest.mark.parametrize("current", Status)
@pytest.mark.parametrize("sent", UPDATE_STATUSES)
def test_an_update_opens_closes_or_goes_forward_and_never_back(current: Status, sent: str) -> None:
    after = choose_status(current, sent, AT, None)
    asked = UPDATE_STATUSES[sent]
    if asked is None:
        assert after is current
    elif current in OPEN_STATUSES and asked in CLOSED:
        assert after is asked
    elif current in CLOSED and sent in ("OPEN", "REOPEN"):
        assert after is Status.RETURNED
    elif current in (Status.NEW, Status.ASSIGNED, Status.IN_WORK) and asked in (Status.ASSIGNED, Status.IN_WORK):
        assert after == max(current, asked)
    else:
        assert after is current


@pytest.mark.parametrize("current", Status)
def test_the_status_that_was_served_changes_nothing_when_a_comment_repeats_it(current: Status) -> None:
    served = UPDATE_STATUS_OF[current]
    after = choose_status(current, served, AT, None)
    assert (after is current) or (current, after) == (Status.NEW, Status.NEW)


@pytest.mark.parametrize(
    ("current", "sent"), [(Status.CLOSED, "OPEN"), (Status.REJECTED, "OPEN"), (Status.RETURNED, "CLOSED"), (Status.NEW, "FIXED")]
)
@pytest.mark.parametrize(("minutes", "changes"), [(-5, False), (1, False), (119, False), (121, True)])
def test_a_sender_who_may_not_know_of_a_change_yet_does_not_undo_it(current: Status, sent: str, minutes: int, changes: bool) -> None:
    after = choose_status(current, sent, AT + timedelta(minutes=minutes), AT)
    assert (after is not current) is changes
    assert choose_status(Status.CLOSED, "REOPEN", AT, AT) is Status.RETURNED


def test_every_status_has_a_name_and_a_description() -> None:
    assert UPDATE_STATUS_OF.keys() == DESCRIPTIONS.keys() == set(Status)
    assert set(UPDATE_STATUS_OF.values()) <= UPDATE_STATUSES.keys()
