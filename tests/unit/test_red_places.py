"""Which alerts a week's report names: those that went on in it, also where somebody looked for them only afterwards."""

from zoneinfo import ZoneInfo

import pytest

from geo_service.aggregation.alerts.model import Verdict
from geo_service.reports.content.red_places import choose_red_places
from geo_service.reports.request import ReportRequest
from geo_service.reports.week import read_week
from tests.support.alert_episodes import CATALOGUE, at, outage

CLOCK = at("2026-12-20T09:00")


@pytest.mark.parametrize(
    ("week", "change", "present", "past"),
    [
        ("2026-W48", {}, True, False),
        ("2026-W48", {"detected": at("2026-12-01T00:14")}, True, False),
        ("2026-W48", {"since": at("2026-11-30T03:00"), "last_signal": at("2026-12-02T03:00")}, False, False),
        ("2026-W49", {}, True, True),
        ("2026-W49", {"last_signal": at("2026-11-29T12:00")}, False, True),
        ("2026-W50", {}, False, True),
        ("2026-W48", {"verdict": Verdict.NOT_REAL}, False, False),
        ("2026-W49", {"verdict": Verdict.NOT_REAL}, False, True),
    ],
)
def test_an_alert_is_in_the_report_of_each_week_in_which_it_went_on(
    week: str, change: dict[str, object], present: bool, past: bool
) -> None:
    request = ReportRequest(read_week(week, ZoneInfo("Europe/Moscow"), CLOCK), None, "ru")
    chosen = choose_red_places([outage(**change)], request, CATALOGUE)
    assert (bool(chosen.present), bool(chosen.past)) == (present, past)
