"""Parameters of a layer: which values are read, and which are refused with a message that says what is allowed."""

from zoneinfo import ZoneInfo

import pytest

from geo_service.aggregation.catalogue.catalogue import EMPTY
from geo_service.aggregation.measures.class_breaks import ClassificationMethod
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
