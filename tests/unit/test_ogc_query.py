"""Parameters of OGC API – Features: which values are read, and which are refused."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pyproj
import pytest

from geo_service.core.errors import InvalidParameter
from geo_service.ogc.crs import CRS84, EPSG_3857, EPSG_4326, Crs, read_crs
from geo_service.ogc.documents import enclosing_days
from geo_service.ogc.query import MAX_LIMIT, read_bbox, read_datetime, read_limit, read_offset

MOSCOW = ZoneInfo("Europe/Moscow")
LATEST = 2**32 - 1


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("text", "boxes"),
    [
        ("1,2,3,4", ((1, 2, 3, 4),)),
        ("1,2,-5,3,4,90", ((1, 2, 3, 4),)),
        ("170,60,-170,70", ((170, 60, 180, 70), (-180, 60, -170, 70))),
        ("5,6,5,6", ((5, 6, 5, 6),)),
        ("170,60,190,70", ((170, 60, 180, 70), (-180, 60, -170, 70))),
        ("-190,60,-185,70", ((170, 60, 175, 70),)),
        ("-200,-90,200,90", ((-180, -90, 180, 90),)),
        ("180,60,180,70", ((180, 60, 180, 70),)),
    ],
)
def test_a_box_has_four_numbers_or_six_and_may_go_over_the_antimeridian(text: str, boxes: tuple[tuple[float, ...], ...]) -> None:
    assert read_bbox({"bbox": text}) == boxes
    assert read_bbox({}) is None


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "1,4,3,2", "inf,0,1,1", "1;2;3;4"])
def test_what_is_no_box_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="bbox"):
        read_bbox({"bbox": text})


@pytest.mark.parametrize(
    ("text", "start", "stop"),
    [
        ("2026-01-02T00:00:00Z", seconds("2026-01-02"), seconds("2026-01-02") + 1),
        ("2026-01-02T00:00:00.75Z", seconds("2026-01-02"), seconds("2026-01-02") + 1),
        ("2026-01-02T03:00:00 03:00", seconds("2026-01-02"), seconds("2026-01-02") + 1),
        ("2026-01-02", seconds("2026-01-01T21:00"), seconds("2026-01-02T21:00")),
        ("2026-01-02/2026-01-03", seconds("2026-01-01T21:00"), seconds("2026-01-03T21:00")),
        ("2026-01-02T00:00:00Z/..", seconds("2026-01-02"), LATEST),
        ("/2026-01-02T00:00:00Z", 0, seconds("2026-01-02") + 1),
        ("../..", 0, LATEST),
        ("1900-01-01/1910-01-01", 0, 1),
        ("2200-01-01/..", LATEST - 1, LATEST),
        ("2026-01-02T00:00:00Z/9999-12-31", seconds("2026-01-02"), LATEST),
        ("9999-12-31", LATEST - 1, LATEST),
        ("2026-01-02T00:00:00Z/9999-12-31T23:59:60Z", seconds("2026-01-02"), LATEST),
        ("0001-01-01/2026-01-02T00:00:00Z", 0, seconds("2026-01-02") + 1),
        ("2016-12-31T23:59:60Z", seconds("2017-01-01"), seconds("2017-01-01") + 1),
    ],
)
def test_an_interval_holds_both_of_its_ends(text: str, start: int, stop: int) -> None:
    assert read_datetime({"datetime": text}, MOSCOW) == (start, stop)


@pytest.mark.parametrize("text", ["", "..", "soon", "2026-13-01", "2026-01-02/2026-01-01", "2026-01-01/2026-01-02/2026-01-03", "20260101"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="datetime"):
        read_datetime({"datetime": text}, MOSCOW)


def test_limits_have_a_default_and_a_greatest_value() -> None:
    assert [read_limit(given) for given in ({}, {"limit": "7"}, {"limit": "999999"})] == [100, 7, MAX_LIMIT]
    assert {read_limit({"limit": text}) for text in ("2147483647", "9223372036854775807", "9" * 30)} == {MAX_LIMIT}
    assert [read_offset(given) for given in ({}, {"offset": "7"})] == [0, 7]
    for text in ("0", "-1", "1.5", "", "x", "0" * 30, "٧" * 30):
        with pytest.raises(InvalidParameter, match="limit"):
            read_limit({"limit": text})


@pytest.mark.parametrize(("crs", "name"), [(CRS84, "OGC:CRS84"), (EPSG_4326, "EPSG:4326"), (EPSG_3857, "EPSG:3857")])
def test_a_box_is_read_in_the_axes_of_its_reference_system(crs: Crs, name: str) -> None:
    transformer = pyproj.Transformer.from_crs("OGC:CRS84", name)
    box = (*transformer.transform(38.5, 44.25), *transformer.transform(39.75, 45.5))
    ((west, south, east, north),) = read_bbox({"bbox": ",".join(map(str, box))}, crs) or ()
    assert (west, south, east, north) == pytest.approx((38.5, 44.25, 39.75, 45.5), abs=1e-7)


def test_a_box_far_outside_web_mercator_ends_at_the_poles() -> None:
    assert read_bbox({"bbox": "-1e300,-1e300,1e300,1e300"}, EPSG_3857) == ((-180, -90, 180, 90),)


def test_the_reference_system_is_named_by_its_uri() -> None:
    assert read_crs({}, "crs") is CRS84
    assert read_crs({"bbox-crs": "http://www.opengis.net/def/crs/EPSG/0/4326"}, "bbox-crs") is EPSG_4326
    with pytest.raises(InvalidParameter, match="crs"):
        read_crs({"crs": "EPSG:4326"}, "crs")


@pytest.mark.parametrize(
    ("zone", "first", "last", "begin", "end"),
    [
        ("Europe/Moscow", "2026-11-01T20:59:59", "2026-11-30T00:00:00", "2026-10-31T21:00:00Z", "2026-11-30T20:59:59Z"),
        ("Europe/Moscow", "2026-11-01T21:00:00", "2026-11-30T21:00:00", "2026-11-01T21:00:00Z", "2026-12-01T20:59:59Z"),
        # The clocks change: days of 23 and of 25 hours.
        ("Europe/Berlin", "2026-03-29T12:00:00", "2026-03-29T12:00:00", "2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z"),
        ("Europe/Berlin", "2026-10-25T12:00:00", "2026-10-25T12:00:00", "2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z"),
        ("Asia/Kamchatka", "1970-01-01T00:00:00", "2106-02-07T06:28:15", "1969-12-31T12:00:00Z", "2106-02-07T11:59:59Z"),
    ],
)  # fmt: skip
def test_the_time_of_a_collection_is_of_whole_local_days(zone: str, first: str, last: str, begin: str, end: str) -> None:
    assert enclosing_days(seconds(first), seconds(last), ZoneInfo(zone)) == (begin, end)
