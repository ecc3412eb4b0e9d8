"""Every settlement, in every kind of sentence: found where it is meant, and never placed at another one."""

import pytest

from ingest.geocoding.toponyms.gazetteer_index import GazetteerIndex
from tests.support.gazetteers import demo_index
from tests.support.place_phrases import FAMILIES, Family, judge_family, read_cases, unambiguous_settlements
from tests.support.real_data import needs
from tests.support.real_regions import REAL_DISTRICTS, real_indexes


def check_family(family: Family, index: GazetteerIndex) -> None:
    counts, faults = judge_family(family, index)
    assert counts["wrong"] == 0, faults
    assert counts["right"] >= family.least_right * counts.total(), faults


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.title)
def test_of_the_settlements_of_the_demo_region_nearly_all_are_found_and_none_is_placed_elsewhere(family: Family) -> None:
    check_family(family, demo_index())


@needs(REAL_DISTRICTS)
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.title)
def test_of_all_settlements_of_five_regions_nearly_all_are_found_and_none_is_placed_elsewhere(family: Family) -> None:
    for index in real_indexes().values():
        check_family(family, index)


def test_the_reviewed_list_has_the_cases_of_all_settlements_of_the_demo_region() -> None:
    names = {settlement.name for settlement in unambiguous_settlements(demo_index())}
    assert len(names) > 200
    assert names <= set(read_cases())
