"""Instants as text and as whole seconds since 1970: parsed and written in one place.

A fraction of a second is rounded down, everywhere: an instant belongs to the second that contains it, as the replica
counts an incident in the second that contains its time. So a window that begins at an incident's own time includes it.
"""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

LATEST = 0xFFFFFFFF
"""The last instant, 2106-02-07T06:28:15Z: seconds since 1970 are stored as unsigned 32-bit integers."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_RFC_3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})")
_LEAP_SECOND = re.compile(r"(?<=[0-9]:[0-5][0-9]:)60(?![0-9])")


def parse_instant(text: str, zone: ZoneInfo) -> datetime:
    """An RFC 3339 instant, or a date: its first instant in `zone`.

    A leap second is the second after it, as in POSIX time. A space stands for a plus that was not percent-encoded.
    Raises ValueError for anything else, OverflowError outside of the years 1 to 9999.
    """
    text = text.replace(" ", "+")
    if not (_DATE.fullmatch(text) or _RFC_3339.fullmatch(text)):
        raise ValueError("neither a date nor an RFC 3339 instant")
    return parse_iso_instant(text, zone)


def parse_iso_instant(text: str, zone: ZoneInfo | None) -> datetime:
    """Any ISO 8601 date or instant; one without an offset is local time in `zone`, in UTC where that is None.

    Raises ValueError for anything else, OverflowError outside of the years 1 to 9999.
    """
    # Python reads any number of digits of a fraction and drops those behind the microseconds, but no leap second.
    whole, leaps = _LEAP_SECOND.subn("59", text.upper(), count=1)
    moment = datetime.fromisoformat(whole)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone or UTC)
    if not leaps:
        return moment
    utc = moment.astimezone(UTC)
    if (utc.hour, utc.minute) != (23, 59):
        raise ValueError("leap seconds are at the end of a day of UTC")
    return moment.replace(microsecond=0) + _SECOND


def is_date(text: str) -> bool:
    """Whether the text is written as a date alone."""
    return _DATE.fullmatch(text) is not None


def to_seconds(moment: datetime) -> int:
    """Seconds since 1970 of the second that contains the instant."""
    return (moment - _EPOCH) // _SECOND


def format_instant(at: float | datetime) -> str:
    """RFC 3339, UTC, whole seconds. at: an instant, or seconds since 1970."""
    moment = at.astimezone(UTC) if isinstance(at, datetime) else datetime.fromtimestamp(int(at), UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
