"""Class breaks: equal values share a class, classes are ordered, and the busy hexagons are told apart."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo_service.aggregation.measures.class_breaks import class_breaks, frequencies

counts = st.lists(st.integers(1, 300), min_size=1, max_size=200).map(lambda values: np.array(values, np.int32))


@given(counts)
def test_there_are_as_many_classes_as_distinct_values_up_to_five(values: np.ndarray) -> None:
    found = class_breaks(values)
    assert len(found.lowers) == min(5, len(np.unique(values)))
    assert list(found.lowers) == sorted(set(found.lowers))
    assert found.lowers[0] == values.min()


@given(counts)
def test_a_greater_value_never_has_a_lower_class_and_no_class_is_empty(values: np.ndarray) -> None:
    found = class_breaks(values)
    classes = found.classify(np.sort(values)).astype(int)
    assert (np.diff(classes) >= 0).all()
    assert set(classes.tolist()) == set(found.classes)


def test_distinct_values_are_divided_into_fifths() -> None:
    assert class_breaks(np.arange(1, 101, dtype=np.int32)).lowers == (1, 21, 41, 61, 81)


def test_a_value_that_fills_a_class_alone_leaves_the_others_to_the_rest() -> None:
    values = np.array([1] * 60 + list(range(2, 42)), np.int32)
    assert class_breaks(values).lowers == (1, 2, 12, 22, 32)


def test_few_values_use_colours_far_apart() -> None:
    assert class_breaks(np.array([3, 3], np.int32)).classes == (2,)
    assert class_breaks(np.array([1, 9], np.int32)).classes == (1, 3)
    assert class_breaks(np.array([], np.int32)).classes == ()


@given(
    st.lists(st.one_of(st.integers(0, 5), st.integers(-3, 300_000)), max_size=60),
    st.sampled_from([np.int32, np.int64]),
    st.none() | st.integers(0, 3),
)
def test_frequencies_are_those_of_numpy_whether_a_table_is_made_or_values_are_sorted(
    values: list[int], kind: type[np.signedinteger], above: int | None
) -> None:
    found = np.array(values, kind)
    distinct, counts = frequencies(found, above)
    expected, expected_counts = np.unique(found if above is None else found[found > above], return_counts=True)
    assert distinct.tolist() == expected.tolist()
    assert counts.tolist() == expected_counts.tolist()
