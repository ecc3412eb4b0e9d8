"""Parse and format instants, as text and as whole seconds since 1970.

A fraction of a second is rounded down, everywhere: an instant belongs to the second that contains it, as the replica
counts an incident in the second that contains its time. So a window that begins at an incident's own time includes it.
"""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

LATEST = 0xFFFFFFFF
"""The latest instant in seconds since 1970 (2106-02-07T06:28:15Z): they are stored as unsigned 32-bit integers."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_RFC_3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})")
_LEAP_SECOND = re.compile(r"(?<=[0-9]:[0-5][0-9]:)60(?![0-9])")


def parse_instant(text: str, zone: ZoneInfo) -> datetime:
    """Parse an RFC 3339 instant, or a date, which means its first instant in `zone`.

    A leap second becomes the second after it, as in POSIX time. A space is read as a plus that was not percent-encoded.
    Raises ValueError for anything else, OverflowError outside of the years 1 to 9999.
    """
    text = text.replace(" ", "+")
    if not (_DATE.fullmatch(text) or _RFC_3339.fullmatch(text)):
        raise ValueError("neither a date nor an RFC 3339 instant")
    return parse_iso_instant(text, zone)


def parse_iso_instant(text: str, zone: ZoneInfo | None) -> datetime:
    """Parse an ISO 8601 date or instant; without an offset it is local time in `zone`, or UTC if `zone` is None.

    Raises ValueError for anything else, OverflowError outside of the years 1 to 9999.
    """
    # fromisoformat reads any number of fraction digits and drops those after the microseconds, but rejects leap seconds.
    whole, leaps = _LEAP_SECOND.subn("59", text.upper(), count=1)
    moment = datetime.fromisoformat(whole)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone or UTC)
    if not leaps:
        return moment
    utc = moment.astimezone(UTC)
    if (utc.hour, utc.minute) != (23, 59):
        raise ValueError("a leap second is at the end of a UTC day")
    return moment.replace(microsecond=0) + _SECOND


def is_date(text: str) -> bool:
    """Whether the text is a date without a time."""
    return _DATE.fullmatch(text) is not None


def to_seconds(moment: datetime) -> int:
    """Return the whole seconds since 1970, rounded down."""
    return (moment - _EPOCH) // _SECOND


def format_instant(at: float | datetime) -> str:
    """Format an instant as RFC 3339 in UTC with whole seconds. at: a datetime, or seconds since 1970."""
    moment = at.astimezone(UTC) if isinstance(at, datetime) else datetime.fromtimestamp(int(at), UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
