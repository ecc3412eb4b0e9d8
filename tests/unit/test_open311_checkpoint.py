"""What a pull asks for, by how far the last one came."""

from datetime import UTC, datetime, timedelta

import pytest

from geo_service.core.errors import InputError
from ingest.pull.checkpoint import OVERLAP, Checkpoint, plan_pull
from ingest.pull.reader import PullSpan


def day(number: int) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)


NOW = day(300)


def test_the_first_pull_needs_a_beginning_and_asks_for_everything_until_now() -> None:
    with pytest.raises(InputError, match="set --since DATE for the first pull"):
        plan_pull(None, None, None, NOW, again=False)
    first = plan_pull(None, day(10), None, NOW, again=False)
    assert first.span == PullSpan(day(10), day(10), NOW, NOW)
    assert first.checkpoint_at(first.span.to_instant(first.span.to_seconds(day(100)))) == Checkpoint(day(10), day(100), NOW, finished=False)
    assert first.final_checkpoint() == Checkpoint(day(10), NOW, NOW, finished=True)


@pytest.mark.parametrize("since", [None, day(10), day(50)])
def test_a_pull_that_was_cut_off_goes_on_and_leaves_the_changes_to_the_next(since: datetime | None) -> None:
    cut = Checkpoint(day(10), day(100), day(299), finished=False)
    second = plan_pull(cut, since, None, NOW, again=False)
    assert second.span == PullSpan(day(100), day(100), NOW, NOW)
    assert second.checkpoint_at(day(150)) == Checkpoint(day(10), day(150), day(299), finished=False)
    assert second.final_checkpoint() == Checkpoint(day(10), NOW, day(299), finished=True)


@pytest.mark.parametrize("since", [None, day(10), day(50)])
def test_after_a_whole_pull_come_changes_of_what_is_known_and_then_what_is_new(since: datetime | None) -> None:
    whole = Checkpoint(day(10), day(200), day(199), finished=True)
    second = plan_pull(whole, since, None, NOW, again=False)
    assert second.span == PullSpan(day(10), day(200), NOW, day(199) - OVERLAP)
    assert second.checkpoint_at(day(150)) == whole
    assert second.checkpoint_at(day(200)) == Checkpoint(day(10), day(200), NOW, finished=False)
    assert second.final_checkpoint() == Checkpoint(day(10), NOW, NOW, finished=True)


@pytest.mark.parametrize(("since", "again"), [(day(5), False), (day(250), False), (day(10), True), (None, True)])
def test_an_earlier_beginning_or_a_gap_or_again_asks_for_everything(since: datetime | None, again: bool) -> None:
    begin = since or day(10)
    second = plan_pull(Checkpoint(day(10), day(200), day(199), finished=True), since, None, NOW, again=again)
    assert second.span == PullSpan(begin, begin, NOW, NOW)
    assert second.final_checkpoint() == Checkpoint(begin, NOW, NOW, finished=True)


def test_an_end_before_what_is_known_asks_for_changes_and_does_not_claim_to_know_the_rest() -> None:
    whole = Checkpoint(day(10), day(200), day(199), finished=True)
    second = plan_pull(whole, None, day(100), NOW, again=False)
    assert second.span == PullSpan(day(10), day(100), day(100), day(199) - OVERLAP)
    assert second.final_checkpoint() == whole


def test_an_end_in_the_future_is_now_and_one_before_the_beginning_is_refused() -> None:
    assert plan_pull(None, day(10), day(400), NOW, again=False).span.until == NOW
    with pytest.raises(InputError, match="is not before"):
        plan_pull(None, day(10), day(10), NOW, again=False)
