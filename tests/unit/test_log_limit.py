"""Warnings that come again and again are logged once in a while, and none is forgotten."""

from structlog.testing import capture_logs

from geo_service.core.log_limit import LimitedLog


def test_the_same_warning_is_logged_once_a_second_with_how_many_were_left_out() -> None:
    now = [10.0]
    limited = LimitedLog(lambda: now[0])
    with capture_logs() as lines:
        for moment in range(30):
            now[0] = 10.0 + moment / 10
            limited.warning("request refused", "overloaded", reason=str(moment))
    assert [(line["reason"], line.get("left_out")) for line in lines] == [("0", None), ("10", 9), ("20", 9)]


def test_warnings_about_different_things_do_not_hide_each_other() -> None:
    limited = LimitedLog(lambda: 10.0)
    with capture_logs() as lines:
        for kind in ("overloaded", "not-ready", "overloaded"):
            limited.warning("request refused", kind, reason=kind)
        limited.warning("replica lost its database connection", reason="gone")
    assert [line["reason"] for line in lines] == ["overloaded", "not-ready", "gone"]
