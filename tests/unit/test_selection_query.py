"""Query parameters: what each means, and that malformed values are refused with the parameter's name."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_service.aggregation.catalogue.catalogue import Catalogue, District, Entries, Entry, SourceEntry
from geo_service.aggregation.measures.query import Query
from geo_service.core.errors import InvalidParameter
from geo_service.core.model import OPEN_STATUSES, DistrictLevel, Status
from geo_service.queries.selection import SELECTION_PARAMETERS, read_int, read_level, read_selection_query
from geo_service.routes.schemas.parameter_docs import PARAMETERS

CATALOGUE = Catalogue(
    sectors=Entries([Entry(1, "health", "Здравоохранение", "Healthcare"), Entry(2, "roads", "Дороги", "Roads")]),
    themes=Entries([Entry(5, "clinic", "к", "c", 1), Entry(6, "pothole", "я", "p", 2), Entry(7, "snow", "с", "s", 2)]),
    sources=Entries([SourceEntry(1, "portal", "п", "p"), SourceEntry(2, "letter", "п", "l")]),
    agencies=Entries([Entry(9, "mayor", "м", "m")]),
    districts=Entries([District(1, "03", "к", "k"), District(2, "03601", "а", "a", 1), District(3, "0360101", "б", "b", 2)]),
)
MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 24, 12, 0, 3, tzinfo=UTC).timestamp()


def parse(**parameters: str) -> Query:
    query = [(name.removesuffix("_"), value) for name, value in parameters.items()]
    return read_selection_query(query, CATALOGUE, MOSCOW, clock=lambda: NOW)


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def test_without_parameters_the_last_thirty_days_of_everything_are_asked() -> None:
    selection = parse().selection
    assert selection.window.stop - selection.window.start == 30 * 86_400
    assert selection.window.start < NOW <= selection.window.stop
    assert (selection.themes, selection.sources, selection.agencies, selection.districts) == (None, None, None, None)
    assert selection.statuses.chosen == frozenset(Status)
    assert parse().measure.code == "count"


def test_a_sector_means_its_themes_and_both_together_mean_those_in_both() -> None:
    assert parse(sector="roads").selection.themes == (6, 7)
    assert parse(theme="snow,clinic").selection.themes == (5, 7)
    assert parse(sector="roads", theme="snow,clinic").selection.themes == (7,)
    assert parse(sector="health", theme="snow").selection.themes == ()


def test_a_district_means_all_below_it() -> None:
    assert parse(district="03").selection.districts == (1, 2, 3)
    assert parse(district="03601").selection.districts == (2, 3)


def test_status_groups_and_states_add_up() -> None:
    assert parse(status="open").selection.statuses.chosen == OPEN_STATUSES
    both = parse(status="closed,overdue").selection.statuses
    assert both.chosen == {Status.CLOSED}
    assert both.overdue
    assert parse(status="in_work,new").selection.statuses.chosen == {Status.IN_WORK, Status.NEW}


@pytest.mark.parametrize(("window", "length"), [("24h", 86_400), ("3d", 259_200), ("7d", 604_800), ("12w", 7_257_600), ("1y", 31_536_000)])
def test_a_window_goes_back_from_now(window: str, length: int) -> None:
    selected = parse(window=window).selection.window
    assert selected.stop - selected.start == length
    assert selected.relative
    assert 0 <= selected.stop - NOW <= 60


def test_equal_queries_within_a_step_are_equal_keys_and_valid_until_it_ends() -> None:
    def at(clock: float) -> Query:
        return read_selection_query([("window", "30d")], CATALOGUE, MOSCOW, clock=lambda: clock)

    assert at(NOW) == at(NOW + 56.9)
    assert at(NOW) != at(NOW + 57)
    assert at(NOW).valid_until == NOW + 57


def test_dates_are_days_of_the_service_and_instants_say_their_own_zone() -> None:
    window = parse(from_="2026-01-01", to="2026-01-31T10:00:00+05:00").selection.window
    assert window.start == seconds("2026-01-01T00:00:00+03:00")
    assert window.stop == seconds("2026-01-31T05:00:00+00:00")
    assert not window.relative


def span(**parameters: str) -> tuple[int, int]:
    """The compared window."""
    compare = parse(**parameters).compare
    assert compare is not None
    return compare.window.start, compare.window.stop


def test_nothing_is_compared_unless_asked() -> None:
    assert parse().compare is None


def test_previous_is_the_equally_long_window_before() -> None:
    query = parse(window="7d", compare="previous", sector="roads")
    assert span(window="7d", compare="previous") == (query.selection.window.start - 7 * 86_400, query.selection.window.start)
    assert query.compare
    assert query.compare.themes == query.selection.themes
    days = {"from_": "2026-10-01", "to": "2026-11-01"}
    assert span(**days, compare="previous") == (seconds("2026-08-31T00:00:00+03:00"), seconds("2026-10-01T00:00:00+03:00"))


def test_a_year_earlier_is_by_the_calendar_of_the_service() -> None:
    days = {"from_": "2024-02-29", "to": "2024-03-01"}
    assert span(**days, compare="year") == (seconds("2023-02-28T00:00:00+03:00"), seconds("2023-03-01T00:00:00+03:00"))
    window = parse(window="30d").selection.window
    assert span(window="30d", compare="year") == (window.start - 365 * 86_400, window.stop - 365 * 86_400)
    # Moscow was at +04:00 until 26 October 2014.
    days = {"from_": "2015-06-01", "to": "2015-12-01"}
    assert span(**days, compare="year") == (seconds("2014-06-01T00:00:00+04:00"), seconds("2014-12-01T00:00:00+03:00"))


def test_an_open_end_is_compared_up_to_now() -> None:
    start, stop = span(from_="2026-11-24", compare="previous")
    assert stop == seconds("2026-11-24T00:00:00+03:00")
    assert 0 <= (stop - start) - (NOW - stop) <= 60


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="compare: 'week' is not known; allowed: previous, year"):
        parse(compare="week")
    with pytest.raises(InvalidParameter, match="compare: would reach back before 1970"):
        parse(to="2020-01-01", compare="previous")
    with pytest.raises(InvalidParameter, match="compare: the window begins in the future"):
        parse(from_="2027-01-01", compare="year")
    with pytest.raises(InvalidParameter, match="measure: 'change' requires a comparison"):
        parse(measure="change")
    assert parse(measure="change", compare="year").measure.code == "change"


def test_a_level_is_one_of_three() -> None:
    assert read_level({}) is DistrictLevel.DISTRICT
    assert read_level({"level": "settlement"}) is DistrictLevel.SETTLEMENT
    with pytest.raises(InvalidParameter, match="level: 'street' is not known; allowed: region, district, settlement"):
        read_level({"level": "street"})


def test_a_plus_that_was_not_percent_encoded_is_understood() -> None:
    assert parse(from_="2026-01-01T00:00:00 03:00").selection.window.start == seconds("2026-01-01T00:00:00+03:00")


def test_nanoseconds_are_rounded_down_to_the_second_that_contains_them() -> None:
    assert parse(from_="2026-01-01T10:00:00.123456789Z").selection.window.start == seconds("2026-01-01T10:00:00Z")


def test_an_open_end_reaches_as_far_as_incidents_can() -> None:
    assert parse(from_="2026-01-01").selection.window.stop == 0xFFFFFFFF
    assert parse(to="2026-01-01").selection.window.start == 0


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("sector", "dragons", "health, roads"),
        ("sector", "", "empty code"),
        ("sector", "roads,,health", "empty code"),
        ("theme", "x" * 500, "clinic, pothole, snow"),
        ("source", "portal,fax", "portal, letter"),
        ("agency", "'; drop table incident; --", "mayor"),
        ("district", "99", "03, 03601, 0360101"),
        ("status", "done", "open, closed, overdue"),
        ("window", "month", "24h, 3d, 7d"),
        ("window", "0d", "24h"),
        ("window", "-3d", "24h"),
        ("window", "999999d", "24h"),
        ("from", "yesterday", "RFC 3339"),
        ("from", "2026-13-01", "RFC 3339"),
        ("from", "2026-01-01T25:00:00Z", "RFC 3339"),
        ("from", "1969-01-01", "1970-01-01"),
        ("to", "9999-12-31", "2106-02-07"),
        ("to", "0001-01-01T00:00:00+23:59", "2106-02-07"),
        ("measure", "happiness", "count, open, overdue"),
        ("sektor", "roads", "sector, theme"),
    ],
)
def test_what_is_malformed_is_refused_by_name_with_what_is_allowed(name: str, value: str, named: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        read_selection_query([(name, value)], CATALOGUE, MOSCOW)
    assert refused.value.parameter == name
    assert named in str(refused.value)
    assert len(str(refused.value)) < 600


def test_contradictions_are_refused() -> None:
    with pytest.raises(InvalidParameter, match="window: cannot be combined with from or to"):
        parse(window="7d", from_="2026-01-01")
    with pytest.raises(InvalidParameter, match="to: is not later than from"):
        parse(from_="2026-01-02", to="2026-01-02")
    with pytest.raises(InvalidParameter, match="sector: is given more than once"):
        read_selection_query([("sector", "roads"), ("sector", "health")], CATALOGUE, MOSCOW)


@pytest.mark.parametrize(
    ("parameters", "fault", "parameter", "value"),
    [
        ({"sector": "nope"}, "unknown-value", "sector", "nope"),
        ({"status": "lost"}, "unknown-value", "status", "lost"),
        ({"measure": "x" * 99}, "unknown-value", "measure", "x" * 40 + "…"),
        ({"window": "7q"}, "invalid-value", "window", "7q"),
        ({"from_": "tomorrow"}, "invalid-value", "from", "tomorrow"),
        ({"measure": "change"}, "needs-comparison", "measure", "change"),
        ({"window": "7d", "to": "2026-01-01"}, "conflict", "window", None),
        ({"sectr": "roads"}, "unknown-parameter", "sectr", None),
    ],
)
def test_a_refusal_has_a_code_and_the_value_that_is_wrong(
    parameters: dict[str, str], fault: str, parameter: str, value: str | None
) -> None:
    with pytest.raises(InvalidParameter) as refused:
        parse(**parameters)
    members = refused.value.members()
    assert (members["code"], members["parameter"], members.get("value")) == (fault, parameter, value)


def test_allowed_codes_of_the_catalogue_have_their_names() -> None:
    with pytest.raises(InvalidParameter) as refused:
        parse(sector="nope")
    members = refused.value.members()
    assert members["allowed"] == ["health", "roads"]
    assert members["allowed_names"] == {
        "health": {"ru": "Здравоохранение", "en": "Healthcare"}, "roads": {"ru": "Дороги", "en": "Roads"},
    }  # fmt: skip


@given(st.sampled_from([*SELECTION_PARAMETERS, "other"]), st.text(max_size=60))
def test_any_text_is_answered_or_refused_but_never_fails(name: str, value: str) -> None:
    try:
        query = read_selection_query([(name, value)], CATALOGUE, MOSCOW)
    except InvalidParameter as refused:
        assert refused.parameter == name
    else:
        assert 0 <= query.selection.window.start < query.selection.window.stop <= 0xFFFFFFFF


@pytest.mark.parametrize("text", ["", "-1", "17", "1.0", "١", "1e1", "99999999999"])
def test_whole_numbers_are_digits_in_a_range(text: str) -> None:
    with pytest.raises(InvalidParameter, match="a whole number from 0 to 16"):
        read_int({"zoom": text}, "zoom", 0, 16)


def test_every_parameter_of_the_selection_is_documented() -> None:
    assert tuple(PARAMETERS) == SELECTION_PARAMETERS
