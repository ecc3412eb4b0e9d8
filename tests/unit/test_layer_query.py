"""Parameters of a layer: which values are read, and which are refused with a message that says what is allowed."""

from zoneinfo import ZoneInfo

import pytest

from geo_service.aggregation.catalogue.catalogue import EMPTY
from geo_service.aggregation.measures.class_breaks import FIXED, QUANTILE, ClassificationMethod
from geo_service.aggregation.measures.measures import MEASURES
from geo_service.core.errors import InvalidParameter
from geo_service.queries.layer import read_classification, read_layer_query
from geo_service.tiles.documents.tilejson import HEXES


@pytest.mark.parametrize(
    ("text", "method"),
    [
        ("quantile", ClassificationMethod()),
        ("natural", ClassificationMethod("natural")),
        ("1,5,20", ClassificationMethod("own", (1, 5, 20))),
        (".5", ClassificationMethod("own", (0.5,))),
    ],
)
def test_breaks_are_a_method_or_limits(text: str, method: ClassificationMethod) -> None:
    assert read_classification(text, MEASURES["count"]) == method
    assert read_layer_query([], EMPTY, ZoneInfo("UTC"), HEXES)[1].classifier == ClassificationMethod()


@pytest.mark.parametrize("text", ["", "jenks", "5,1", "1,1", "1,2,3,4,5", "1;2", "nan", "1,,2", "1e9", "1,inf"])
def test_breaks_that_make_no_classes_are_refused(text: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        read_classification(text, MEASURES["count"])
    assert refused.value.parameter == "breaks"
    assert "quantile" in str(refused.value)


def test_a_change_has_one_limit_on_each_side_of_zero() -> None:
    assert read_classification("-0.5,1", MEASURES["change"]) == ClassificationMethod("own", (-0.5, 1))
    for text in ("0.5", "0.5,1", "-2,1", "-0.5,0,0.5"):
        with pytest.raises(InvalidParameter, match="one below zero"):
            read_classification(text, MEASURES["change"])


@pytest.mark.parametrize("measure", ["unusual", "gi", "emerging"])
def test_classes_of_a_measures_own_are_not_divided_otherwise(measure: str) -> None:
    assert read_classification("fixed", MEASURES[measure]) == FIXED
    for text in ("quantile", "log", "3,4", "nonsense"):
        with pytest.raises(InvalidParameter, match="fixed"):
            read_classification(text, MEASURES[measure])
    with pytest.raises(InvalidParameter, match="quantile"):
        read_classification("fixed", MEASURES["count"])


def test_without_breaks_a_measure_has_its_own_or_quantiles() -> None:
    for measure, method in (("gi", FIXED), ("count", QUANTILE)):
        _, rendering = read_layer_query([("measure", measure)], EMPTY, ZoneInfo("UTC"), HEXES)
        assert rendering.classifier == method


def test_what_is_cut_into_steps_needs_both_ends() -> None:
    for pairs in ([("from", "2026-01-01")], [("to", "2026-01-01")]):
        with pytest.raises(InvalidParameter, match="both ends"):
            read_layer_query([*pairs, ("measure", "emerging")], EMPTY, ZoneInfo("UTC"), HEXES)
    read_layer_query([("window", "12w"), ("measure", "emerging")], EMPTY, ZoneInfo("UTC"), HEXES)
