"""Deadline rules: when an incident must be answered, by its theme, source and sector; read from one TOML file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from geo_service.core.calendar.business_days import classify_days, list_countries
from geo_service.core.calendar.business_time import BusinessCalendar, Seconds
from geo_service.core.errors import SettingsError
from geo_service.core.model import SECTORS
from geo_service.core.resources import package_folder
from geo_service.core.toml_config import Part

SHIPPED = package_folder("geo_service.core.calendar") / "deadlines.toml"

_HOUR_S, _MINUTE_S = 3600, 60
_LIMITS = ("working_hours", "working_days", "calendar_hours", "calendar_days")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SECTOR_CODES = tuple(sector.code for sector in SECTORS)
_MAX_DUE_S = 4_291_747_199
"""2105-12-31 23:59:59 UTC in seconds since 1970: the last second that the schema allows; later deadlines become this one."""


def _check_known(value: str, allowed: tuple[str, ...] | list[str], what: str) -> str:
    if value not in allowed:
        raise ValueError(f"unknown {what} {value!r}; allowed: {', '.join(allowed)}")
    return value


def _check_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"unknown time zone {name!r}; allowed: an IANA name such as Europe/Moscow")
    return name


def _parse_time_of_day(value: object) -> object:
    if isinstance(value, str):
        try:
            return datetime.strptime(value, "%H:%M").time()  # noqa: DTZ007  # a time of day in the calendar's zone
        except ValueError:
            raise ValueError(f"{value!r} is not a time of day; allowed: HH:MM, such as 09:00") from None
    return value


Country = Annotated[str, AfterValidator(lambda code: code and _check_known(code, list_countries(), "country"))]
Weekday = Annotated[str, AfterValidator(lambda day: _check_known(day, _WEEKDAYS, "weekday"))]
SectorCode = Annotated[str, AfterValidator(lambda code: _check_known(code, _SECTOR_CODES, "sector"))]
TimeOfDay = Annotated[time, BeforeValidator(_parse_time_of_day)]
Patterns = Annotated[tuple[str, ...], Field(min_length=1)]


class CalendarPart(Part):
    """Working days and hours."""

    country: Country = "RU"
    weekdays: tuple[Weekday, ...] = Field(default=_WEEKDAYS[:5], min_length=1)
    opens: TimeOfDay = time(9)
    closes: TimeOfDay = time(18)
    short_day_minutes: int = Field(60, ge=0)
    days_off: tuple[date, ...] = ()
    working_days: tuple[date, ...] = ()
    time_zone: Annotated[str, AfterValidator(_check_zone)] | None = None
    """IANA name; None means the time zone of the service."""

    @model_validator(mode="after")
    def _check_hours(self) -> "CalendarPart":
        minutes = (self.closes.hour - self.opens.hour) * 60 + self.closes.minute - self.opens.minute
        if minutes <= 0:
            raise ValueError("closes must be later than opens, on the same day")
        if self.short_day_minutes >= minutes:
            raise ValueError(f"short_day_minutes leaves nothing of a day; allowed: 0 to {minutes - 1}")
        if both := set(self.days_off) & set(self.working_days):
            raise ValueError(f"{min(both)} is in days_off and in working_days; allowed: in one of them")
        return self

    def make_calendar(self, zone: ZoneInfo) -> BusinessCalendar:
        """Return the calendar as arrays; `zone` is used if the file names no time zone."""
        return _make_calendar(self, ZoneInfo(self.time_zone) if self.time_zone else zone)


# Takes a third of a second; the warm-up, the service and the ingest of one process share the same calendar.
@lru_cache(maxsize=4)
def _make_calendar(part: CalendarPart, zone: ZoneInfo) -> BusinessCalendar:
    weekdays = [_WEEKDAYS.index(day) for day in part.weekdays]
    days = classify_days(part.country or None, weekdays, part.days_off, part.working_days)
    return BusinessCalendar.from_days(days, zone, part.opens, part.closes, part.short_day_minutes * _MINUTE_S)


class DeadlineRule(Part):
    """The time limit for the first answer to incidents of these themes, sources and sectors; None means all."""

    name: str = Field(min_length=1)
    theme: Patterns | None = None
    source: Patterns | None = None
    sector: tuple[SectorCode, ...] | None = Field(default=None, min_length=1)
    working_hours: float | None = Field(default=None, gt=0, le=10_000)
    working_days: int | None = Field(default=None, gt=0, le=1000)
    calendar_hours: float | None = Field(default=None, gt=0, le=100_000)
    calendar_days: int | None = Field(default=None, gt=0, le=4000)
    answer_time: Literal["working", "calendar"] | None = None
    """How the time to the first answer is counted; None means like the limit."""

    @model_validator(mode="after")
    def _check_one_limit(self) -> "DeadlineRule":
        limits = [name for name in _LIMITS if getattr(self, name) is not None]
        if len(limits) != 1:
            raise ValueError(f"rule {self.name!r} has {' and '.join(limits) or 'no limit'}; allowed: exactly one of {', '.join(_LIMITS)}")
        return self

    @property
    def limit(self) -> tuple[str, float]:
        """The name of the limit's unit, such as `working_hours`, and how many of it."""
        return next((name, getattr(self, name)) for name in _LIMITS if getattr(self, name) is not None)

    @property
    def counts_business_time(self) -> bool:
        """Whether the time to the first answer is counted in business time."""
        if self.answer_time is not None:
            return self.answer_time == "working"
        return self.working_hours is not None or self.working_days is not None

    @property
    def limit_text(self) -> str:
        """Return the limit as text, such as `9 working hours`."""
        name, amount = self.limit
        return f"{amount:g} {name.replace('_', ' ')}"

    @property
    def sort_key(self) -> tuple[bool, bool, bool]:
        """Return a key that sorts rules with themes first, then rules with sources, then rules with sectors."""
        return self.theme is None, self.source is None, self.sector is None

    def names(self, kind: str, code: str) -> bool:
        """Whether the rule names a theme or a source by a pattern that matches the code. kind: theme or source."""
        patterns = {"theme": self.theme, "source": self.source}[kind]
        return patterns is not None and _match_any(code, patterns)

    def matches(self, theme: str, source: str, sector: str) -> bool:
        """Whether the rule applies to incidents of this theme, source and sector."""
        if self.theme is not None and not _match_any(theme, self.theme):
            return False
        if self.source is not None and not _match_any(source, self.source):
            return False
        return self.sector is None or sector in self.sector

    def compute_due(self, received: NDArray[np.uint32] | Seconds, calendar: BusinessCalendar) -> Seconds:
        """Return the deadlines of incidents received at these instants; both in seconds since 1970.

        Hours count from the instant of receipt. Days are whole days after the day of receipt: the deadline is the last
        second of a calendar day, or the end of work on a business day.
        """
        if self.working_hours is not None:
            due = calendar.add_seconds(received, round(self.working_hours * _HOUR_S))
        elif self.working_days is not None:
            due = calendar.end_of_business_day(received, self.working_days)
        elif self.calendar_hours is not None:
            due = received.astype(np.int64) + round(self.calendar_hours * _HOUR_S)
        else:
            due = calendar.end_of_calendar_day(received, self.calendar_days or 0)
        return np.minimum(due, _MAX_DUE_S)


class _DeadlinesFile(Part):
    calendar: CalendarPart = CalendarPart()
    rule: tuple[DeadlineRule, ...] = ()

    @model_validator(mode="after")
    def _check_unique_names(self) -> "_DeadlinesFile":
        names = [rule.name for rule in self.rule]
        duplicate = next((name for name in names if names.count(name) > 1), None)
        if duplicate is not None:
            raise ValueError(f"two rules are called {duplicate!r}; allowed: unique names")
        return self


@dataclass(frozen=True, slots=True, eq=False)
class Deadlines:
    """The rules in the order in which they are tried, and the business calendar of their limits."""

    rules: tuple[DeadlineRule, ...]
    calendar: BusinessCalendar

    def find_rule(self, theme: str, source: str, sector: str) -> DeadlineRule | None:
        """Return the first rule that applies to incidents of this theme, source and sector."""
        return next((rule for rule in self.rules if rule.matches(theme, source, sector)), None)

    def make_rule_table(self, themes: Mapping[int, tuple[str, str]], sources: Mapping[int, str]) -> NDArray[np.int16]:
        """Return the index in `rules` for each source and theme: int16, (max source id + 1, max theme id + 1); -1 means no rule.

        themes: id → code and sector; sources: id → code.
        """
        table = np.full((max(sources, default=0) + 1, max(themes, default=0) + 1), -1, np.int16)
        index_of = {rule.name: index for index, rule in enumerate(self.rules)}
        for source, source_code in sources.items():
            for theme, (code, sector) in themes.items():
                rule = self.find_rule(code, source_code, sector)
                table[source, theme] = -1 if rule is None else index_of[rule.name]
        return table


def read_deadlines(path: Path | None, zone: ZoneInfo) -> Deadlines:
    """Read the rules from the file at `path`, or the shipped ones. `SettingsError` names the file, the key and what is allowed."""
    path = path or SHIPPED
    try:
        file = _DeadlinesFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SettingsError(f"GEO_DEADLINES: cannot read {path}: {error.strerror}; allowed: the path of a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"GEO_DEADLINES: cannot read {path}: it is not TOML: {error}") from error
    except ValidationError as error:
        raise SettingsError(f"GEO_DEADLINES: cannot use {path}: {'; '.join(map(_describe_error, error.errors()))}") from error
    return Deadlines(tuple(sorted(file.rule, key=lambda rule: rule.sort_key)), file.calendar.make_calendar(zone))


def _match_any(code: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(code, pattern) for pattern in patterns)


def _describe_error(error: object) -> str:
    assert isinstance(error, dict)  # noqa: S101  # narrows pydantic's ErrorDetails
    key = ".".join(str(part) for part in error["loc"])
    text = str(error["msg"])
    if error["type"] == "extra_forbidden":
        allowed = _KEYS[str(error["loc"][0])] if len(error["loc"]) > 1 else tuple(_DeadlinesFile.model_fields)
        text = f"unknown key; allowed: {', '.join(allowed)}"
    return f"{key}: {text}" if key else text


_KEYS = {"calendar": tuple(CalendarPart.model_fields), "rule": tuple(DeadlineRule.model_fields)}
