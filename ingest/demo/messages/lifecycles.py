"""The whole life of every message, drawn at once, and where it stands at an instant.

received → assigned → in work → (interim) → answered → (returned → in work → answered) → closed; a few end as
rejected or duplicate. An agency's usual time is a share of the deadline, in working hours, so some answers are late.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_service.core.model import Status
from ingest.demo.geography.region import Floats, Ints
from ingest.demo.messages.agencies import CHANNELS, channel_of, due, slowness
from ingest.demo.messages.draws import Chance, Messages
from ingest.demo.messages.office_hours import instant_when, worked

LONGEST_DAYS = 150
"""After so many days nothing happens to a message any more."""

NEVER = 2**62
"""Later than any instant, and exact as a float."""

_STEPS = (
    Status.NEW, Status.ASSIGNED, Status.IN_WORK, Status.INTERIM, Status.ANSWERED,
    Status.RETURNED, Status.IN_WORK, Status.ANSWERED, Status.CLOSED,
)  # fmt: skip
_ANSWER, _END = 4, 8

_HOUR_S = 3600.0
_REJECTED, _DUPLICATE, _RETURNED, _NEGLECTED, _INTERIM = 0.03, 0.04, 0.08, 0.035, 0.3
"""Shares of messages."""
_NEGLECT = 5.0
"""A neglected message waits so many times longer."""


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Lives, one row each."""

    steps: Ints
    """Instants of the steps from new to closed (or rejected, or duplicate), seconds since 1970; NEVER for a step left out."""
    end: NDArray[np.int16]
    """The status of the last step."""
    due: Ints

    def standing(self, now: float) -> "Standing":
        """Where they stand at `now`; messages received later must not be among them."""
        happened = self.steps <= now
        last = self.steps.shape[1] - 1 - happened[:, ::-1].argmax(axis=1)
        rows = np.arange(len(last))
        status = np.where(last == _END, self.end, np.array(_STEPS, np.int16)[last])
        closed = happened[:, _END] & (self.end == Status.CLOSED)
        return Standing(
            status=status.astype(np.int16),
            answered=np.where(happened[:, _ANSWER], self.steps[:, _ANSWER], NEVER),
            closed=np.where(closed, self.steps[:, _END], NEVER),
            updated=self.steps[rows, last],
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """Status and instants (seconds since 1970, NEVER for "not yet"), one row a message."""

    status: NDArray[np.int16]
    answered: Ints
    closed: Ints
    updated: Ints


def live(messages: Messages, agency: Ints) -> Lifetimes:
    """Draw the lives of messages that these agencies (places in `agencies()`) answer."""
    chance, channel = messages.chance, channel_of(messages)
    deadline = due(messages.received, channel)
    around_the_clock = np.array([one.round_the_clock for one in CHANNELS])[channel]
    begun = np.where(around_the_clock, messages.received, worked(messages.received))
    allowed = np.where(around_the_clock, deadline, worked(deadline)) - begun
    spent, end = _hours(chance, allowed, slowness()[agency])
    left_out = np.isinf(spent)
    reached = begun[:, None] + np.where(left_out, 0, spent).astype(np.int64)
    instants = np.where(around_the_clock[:, None], reached, instant_when(reached))
    latest = messages.received[:, None] + LONGEST_DAYS * 86_400
    steps = np.where(left_out, NEVER, np.clip(instants, messages.received[:, None], latest))
    return Lifetimes(np.column_stack([messages.received, steps]), end, deadline)


def _hours(chance: Floats, allowed: Ints, slow: Floats) -> tuple[Floats, NDArray[np.int16]]:
    """Seconds on the agency's clock from the reception to each step after it (inf: left out), and the last step's status."""
    assigned = _about(0.8 * _HOUR_S, 0.5, chance[:, Chance.ASSIGNED]) * np.sqrt(slow)
    begun = assigned + _about(1.2 * _HOUR_S, 0.6, chance[:, Chance.BEGUN]) * slow
    neglected = np.where(chance[:, Chance.NEGLECTED] < _NEGLECTED, _NEGLECT, 1.0)
    answered = begun + _about(0.33, 0.3, chance[:, Chance.ANSWERED]) * allowed * slow * neglected
    long = (answered - begun > 8 * _HOUR_S) & (chance[:, Chance.INTERIM] < _INTERIM)
    interim = np.where(long, begun + (answered - begun) * 0.4, np.inf)
    back = np.where(chance[:, Chance.RETURNED] < _RETURNED, answered + _about(7 * _HOUR_S, 0.7, chance[:, Chance.RETURNED_AFTER]), np.inf)
    work_again = back + 2 * _HOUR_S
    answer_again = work_again + _about(0.5, 0.4, chance[:, Chance.ANSWERED_AGAIN]) * allowed * slow
    last_answer = np.where(np.isinf(back), answered, answer_again)
    closed = last_answer + _about(5 * _HOUR_S, 0.6, chance[:, Chance.CLOSED])
    rejected = chance[:, Chance.END] < _REJECTED
    duplicate = ~rejected & (chance[:, Chance.END] < _REJECTED + _DUPLICATE)
    cut = rejected | duplicate
    after = np.where(cut[:, None], np.inf, np.column_stack([begun, interim, answered, back, work_again, answer_again]))
    over = np.where(cut, assigned + _about(4 * _HOUR_S, 0.5, chance[:, Chance.CLOSED]), closed)
    end = np.where(rejected, Status.REJECTED, np.where(duplicate, Status.DUPLICATE, Status.CLOSED)).astype(np.int16)
    return np.column_stack([assigned, after, over]), end


def _about(median: float, spread: float, chance: Floats) -> Floats:
    """Log-logistic times: half are below the median, few are very long."""
    sure = np.clip(chance, 0.002, 0.998)
    return np.asarray(median * (sure / (1 - sure)) ** spread)
