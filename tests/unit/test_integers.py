"""Integers in query strings and paths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_service.core.errors import InvalidParameter
from geo_service.core.integers import MAX_BIGINT, is_int, parse_int


@given(st.integers(0, MAX_BIGINT))
def test_every_bigint_from_zero_is_read_back(number: int) -> None:
    assert parse_int("id", str(number), 0, MAX_BIGINT) == number


@given(st.text(max_size=25), st.integers(0, 100), st.integers(0, 10**18))
def test_a_text_is_an_integer_if_it_has_ascii_digits_alone_and_lies_in_the_range(text: str, low: int, span: int) -> None:
    digits = 0 < len(text) <= 19 and set(text) <= set("0123456789")
    assert is_int(text, low, low + span) == (digits and low <= int(text) <= low + span)


@pytest.mark.parametrize("text", ["", "-1", "+1", " 1", "1 ", "1_0", "1.0", "1e1", "0x1", "١", "²", "17", str(MAX_BIGINT + 1), "9" * 5000])
def test_other_texts_are_refused_with_the_range(text: str) -> None:
    with pytest.raises(InvalidParameter, match=r"zoom: '.*' is invalid; allowed: a whole number from 0 to 16") as refused:
        parse_int("zoom", text, 0, 16)
    assert len(str(refused.value)) < 120


def test_a_caller_can_say_what_is_allowed() -> None:
    with pytest.raises(InvalidParameter, match="z: 'a' is invalid; allowed: /z/x/y"):
        parse_int("z", "a", 0, 16, "/z/x/y")
