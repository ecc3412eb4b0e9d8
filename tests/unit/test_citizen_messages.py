"""Messages as citizens write them, of five regions, placed by the gazetteer alone; half of them were never used to improve it."""

import pytest

from tests.support.citizen_messages import NO_PLACE, REGIONS, Message, judge_messages, locate, read_messages, read_short_texts
from tests.support.gazetteers import demo_index
from tests.support.real_data import needs
from tests.support.real_regions import REAL_DISTRICTS, real_indexes

LEAST_RIGHT = 0.95
SURE = 0.8
"""Nothing that is placed with this confidence may be wrong."""


def messages_by_region(*, held_out: bool) -> dict[str, list[Message]]:
    messages = read_messages(held_out=held_out)
    return {region: [message for message in messages if message.region == region] for region in REGIONS}


def test_there_are_at_least_three_hundred_messages_of_five_regions_and_many_of_them_name_no_place() -> None:
    messages = read_messages(held_out=False) + read_messages(held_out=True)
    assert len(messages) >= 300
    assert {message.region for message in messages} == set(REGIONS)
    assert sum(message.meant == NO_PLACE for message in messages) >= 100


@needs(REAL_DISTRICTS)
@pytest.mark.parametrize("held_out", [False, True])
def test_nearly_all_messages_are_placed_right_and_none_is_surely_wrong(held_out: bool, capsys: pytest.CaptureFixture[str]) -> None:
    right, others = 0, []
    for region, messages in messages_by_region(held_out=held_out).items():
        judged = judge_messages(messages, real_indexes()[REGIONS[region]])
        right += len(judged["right"])
        others += judged["missed"] + judged["wrong"]
        assert [fault for fault in judged["wrong"] if fault[2] >= SURE] == []
    with capsys.disabled():
        print(f"\n{'held-out' if held_out else 'other'} messages: {right} right, {len(others)} not")
    assert right >= LEAST_RIGHT * (right + len(others)), others


@pytest.mark.parametrize("held_out", [False, True])
def test_messages_of_the_demo_region_are_placed_at_the_settlement_that_they_mean(held_out: bool) -> None:
    placed = [(message, locate(message.text, demo_index())) for message in messages_by_region(held_out=held_out)["KK"]]
    faults = [(message, place) for message, (place, _) in placed if place[0] != message.settlement]
    surely_wrong = [fault for fault in placed if fault[1][1] >= SURE and fault[1][0][0] != fault[0].settlement]
    assert len(placed) >= 100
    assert surely_wrong == []
    assert len(faults) <= (1 - LEAST_RIGHT) * len(placed), faults


@needs(REAL_DISTRICTS)
def test_short_texts_of_all_kinds_are_placed_where_they_mean_or_not_at_all() -> None:
    texts = read_short_texts()
    placed = [(text, settlement, locate(text, real_indexes()[REGIONS[region]])[0][0]) for region, settlement, text in texts]
    assert len(texts) >= 500
    assert [(text, meant, found) for text, meant, found in placed if meant != found] == []


def test_short_texts_of_the_demo_region_are_not_placed_where_they_do_not_mean() -> None:
    placed = [(text, settlement, locate(text, demo_index())[0][0]) for region, settlement, text in read_short_texts() if region == "KK"]
    assert len(placed) >= 250
    assert [(text, meant, found) for text, meant, found in placed if found not in (meant, "-")] == []
