"""Lifecycles of messages: all steps of each message are drawn at once; the state at an instant follows from them.

received → assigned → in work → (interim) → answered → (returned → in work → answered) → closed; a few end as
rejected or duplicate. An agency needs a share of the time until the deadline, in office hours, so some answers are late.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_service.core.model import Status
from ingest.demo.geography.region import Floats, Ints
from ingest.demo.messages.agencies import (
    DEMO_CHANNELS,
    agency_slowness,
    assign_channels,
    compute_due,
    count_office_seconds,
    find_office_instant,
)
from ingest.demo.messages.draws import Chance, Messages

MAX_LIFECYCLE_DAYS = 150
"""Days after receipt within which the last step happens."""

NEVER = 2**62
"""Instant of a step that does not happen: later than any instant, and exact as a float."""

_STEPS = (
    Status.NEW, Status.ASSIGNED, Status.IN_WORK, Status.INTERIM, Status.ANSWERED,
    Status.RETURNED, Status.IN_WORK, Status.ANSWERED, Status.CLOSED,
)  # fmt: skip
_ANSWERED_STEP, _LAST_STEP = 4, 8

_HOUR_S = 3600.0
_REJECTED, _DUPLICATE, _RETURNED, _NEGLECTED, _INTERIM = 0.03, 0.04, 0.08, 0.035, 0.3
"""Shares of messages."""
_NEGLECT_FACTOR = 5.0
"""Factor for the time to answer of a neglected message."""


@dataclass(frozen=True, slots=True)
class Lifecycles:
    """The steps of messages, one row each."""

    steps: Ints
    """(messages, steps) instants from new to closed (or rejected, or duplicate), seconds since 1970; NEVER for a skipped step."""
    end: NDArray[np.int16]
    """(messages,) status of the last step."""
    due: Ints
    """(messages,) deadlines, seconds since 1970."""

    def state_at(self, now: float) -> "LifecycleState":
        """Return the states at `now`; every message must have been received by then."""
        happened = self.steps <= now
        last = self.steps.shape[1] - 1 - happened[:, ::-1].argmax(axis=1)
        rows = np.arange(len(last))
        status = np.where(last == _LAST_STEP, self.end, np.array(_STEPS, np.int16)[last])
        closed = happened[:, _LAST_STEP] & (self.end == Status.CLOSED)
        return LifecycleState(
            status=status.astype(np.int16),
            answered=np.where(happened[:, _ANSWERED_STEP], self.steps[:, _ANSWERED_STEP], NEVER),
            closed=np.where(closed, self.steps[:, _LAST_STEP], NEVER),
            updated=self.steps[rows, last],
        )


@dataclass(frozen=True, slots=True)
class LifecycleState:
    """Status and instants (seconds since 1970, NEVER for "not yet") of messages, one row each."""

    status: NDArray[np.int16]
    answered: Ints
    closed: Ints
    updated: Ints


def draw_lifecycles(messages: Messages, agency: Ints) -> Lifecycles:
    """Draw the lifecycles of messages. agency: index in `list_agencies()` of each message."""
    chance, channel = messages.chance, assign_channels(messages)
    deadline = compute_due(messages.received, channel)
    around_the_clock = np.array([entry.round_the_clock for entry in DEMO_CHANNELS])[channel]
    start = np.where(around_the_clock, messages.received, count_office_seconds(messages.received))
    allowed = np.where(around_the_clock, deadline, count_office_seconds(deadline)) - start
    spent, end = _draw_steps(chance, allowed, agency_slowness()[agency])
    skipped = np.isinf(spent)
    reached = start[:, None] + np.where(skipped, 0, spent).astype(np.int64)
    instants = np.where(around_the_clock[:, None], reached, find_office_instant(reached))
    latest = messages.received[:, None] + MAX_LIFECYCLE_DAYS * 86_400
    steps = np.where(skipped, NEVER, np.clip(instants, messages.received[:, None], latest))
    return Lifecycles(np.column_stack([messages.received, steps]), end, deadline)


def _draw_steps(chance: Floats, allowed: Ints, slow: Floats) -> tuple[Floats, NDArray[np.int16]]:
    """Return (messages, steps - 1) seconds of office hours from receipt to each later step (inf: skipped), and the last status.

    allowed: (messages,) seconds of office hours until the deadline; slow: (messages,) factor of the agency.
    """
    assigned = _draw_durations(0.8 * _HOUR_S, 0.5, chance[:, Chance.ASSIGNED]) * np.sqrt(slow)
    begun = assigned + _draw_durations(1.2 * _HOUR_S, 0.6, chance[:, Chance.BEGUN]) * slow
    neglected = np.where(chance[:, Chance.NEGLECTED] < _NEGLECTED, _NEGLECT_FACTOR, 1.0)
    answered = begun + _draw_durations(0.33, 0.3, chance[:, Chance.ANSWERED]) * allowed * slow * neglected
    is_long = (answered - begun > 8 * _HOUR_S) & (chance[:, Chance.INTERIM] < _INTERIM)
    interim = np.where(is_long, begun + (answered - begun) * 0.4, np.inf)
    returned = np.where(
        chance[:, Chance.RETURNED] < _RETURNED, answered + _draw_durations(7 * _HOUR_S, 0.7, chance[:, Chance.RETURNED_AFTER]), np.inf
    )
    work_again = returned + 2 * _HOUR_S
    answer_again = work_again + _draw_durations(0.5, 0.4, chance[:, Chance.ANSWERED_AGAIN]) * allowed * slow
    last_answer = np.where(np.isinf(returned), answered, answer_again)
    closed = last_answer + _draw_durations(5 * _HOUR_S, 0.6, chance[:, Chance.CLOSED])
    rejected = chance[:, Chance.END] < _REJECTED
    duplicate = ~rejected & (chance[:, Chance.END] < _REJECTED + _DUPLICATE)
    ended_early = rejected | duplicate
    middle_steps = np.where(ended_early[:, None], np.inf, np.column_stack([begun, interim, answered, returned, work_again, answer_again]))
    last_step = np.where(ended_early, assigned + _draw_durations(4 * _HOUR_S, 0.5, chance[:, Chance.CLOSED]), closed)
    end = np.where(rejected, Status.REJECTED, np.where(duplicate, Status.DUPLICATE, Status.CLOSED)).astype(np.int16)
    return np.column_stack([assigned, middle_steps, last_step]), end


def _draw_durations(median: float, spread: float, chance: Floats) -> Floats:
    """Return log-logistic durations: half of them are below the median, a few are very long."""
    probability = np.clip(chance, 0.002, 0.998)
    return np.asarray(median * (probability / (1 - probability)) ** spread)
