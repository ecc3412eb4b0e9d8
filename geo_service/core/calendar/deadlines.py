"""Rules of deadlines: until when a message must be answered, by its theme, source and sector; read from one TOML file."""

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
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from geo_service.core.calendar.business_days import countries, day_kinds
from geo_service.core.calendar.business_time import Instants, WorkingTime
from geo_service.core.errors import SettingsError
from geo_service.core.model import SECTORS
from geo_service.core.resources import package_folder

SHIPPED = package_folder("geo_service.core.calendar") / "deadlines.toml"

_HOUR_S, _MINUTE_S = 3600, 60
_LIMITS = ("working_hours", "working_days", "calendar_hours", "calendar_days")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SECTOR_CODES = tuple(sector.code for sector in SECTORS)
_LATEST = 4_291_747_199
"""2105-12-31 23:59:59 UTC, the last second that the schema allows; later deadlines are this one."""


def _known(value: str, allowed: tuple[str, ...] | list[str], what: str) -> str:
    if value not in allowed:
        raise ValueError(f"unknown {what} {value!r}; allowed: {', '.join(allowed)}")
    return value


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"unknown time zone {name!r}; allowed: an IANA name such as Europe/Moscow")
    return name


def _clock(value: object) -> object:
    if isinstance(value, str):
        try:
            return datetime.strptime(value, "%H:%M").time()  # noqa: DTZ007  # a time of day, in the calendar's zone
        except ValueError:
            raise ValueError(f"{value!r} is no time of day; allowed: such as 09:00") from None
    return value


Country = Annotated[str, AfterValidator(lambda code: code and _known(code, countries(), "country"))]
Weekday = Annotated[str, AfterValidator(lambda day: _known(day, _WEEKDAYS, "weekday"))]
SectorCode = Annotated[str, AfterValidator(lambda code: _known(code, _SECTOR_CODES, "sector"))]
Clock = Annotated[time, BeforeValidator(_clock)]
Patterns = Annotated[tuple[str, ...], Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CalendarEntry(_Part):
    """When is worked."""

    country: Country = "RU"
    weekdays: tuple[Weekday, ...] = Field(default=_WEEKDAYS[:5], min_length=1)
    opens: Clock = time(9)
    closes: Clock = time(18)
    short_day_minutes: int = Field(60, ge=0)
    days_off: tuple[date, ...] = ()
    working_days: tuple[date, ...] = ()
    time_zone: Annotated[str, AfterValidator(_zone)] | None = None
    """The service's, if None."""

    @model_validator(mode="after")
    def _some_work_every_day(self) -> "CalendarEntry":
        minutes = (self.closes.hour - self.opens.hour) * 60 + self.closes.minute - self.opens.minute
        if minutes <= 0:
            raise ValueError("closes must be later than opens, on the same day")
        if self.short_day_minutes >= minutes:
            raise ValueError(f"short_day_minutes leaves nothing of a day; allowed: 0 to {minutes - 1}")
        if both := set(self.days_off) & set(self.working_days):
            raise ValueError(f"{min(both)} stands in days_off and in working_days; allowed: in one of them")
        return self

    def working_time(self, zone: ZoneInfo) -> WorkingTime:
        """The calendar as a table; `zone` is used where the calendar names none."""
        return _table(self, ZoneInfo(self.time_zone) if self.time_zone else zone)


# A third of a second of work; who rehearses, who serves and who checks a file in one process ask for the same one.
@lru_cache(maxsize=4)
def _table(entry: CalendarEntry, zone: ZoneInfo) -> WorkingTime:
    days = day_kinds(entry.country or None, [_WEEKDAYS.index(day) for day in entry.weekdays], entry.days_off, entry.working_days)
    return WorkingTime.of(days, zone, entry.opens, entry.closes, entry.short_day_minutes * _MINUTE_S)


class Rule(_Part):
    """How long an answer may take for messages of these themes, sources and sectors; None means all."""

    name: str = Field(min_length=1)
    theme: Patterns | None = None
    source: Patterns | None = None
    sector: tuple[SectorCode, ...] | None = Field(default=None, min_length=1)
    working_hours: float | None = Field(default=None, gt=0, le=10_000)
    working_days: int | None = Field(default=None, gt=0, le=1000)
    calendar_hours: float | None = Field(default=None, gt=0, le=100_000)
    calendar_days: int | None = Field(default=None, gt=0, le=4000)
    answer_time: Literal["working", "calendar"] | None = None
    """How the time to the first answer is counted; as the limit is, if None."""

    @model_validator(mode="after")
    def _one_limit(self) -> "Rule":
        given = [name for name in _LIMITS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"rule {self.name!r} has {' and '.join(given) or 'no limit'}; allowed: exactly one of {', '.join(_LIMITS)}")
        return self

    @property
    def counts_working_time(self) -> bool:
        """Whether the time to the first answer is counted in working time."""
        if self.answer_time is not None:
            return self.answer_time == "working"
        return self.working_hours is not None or self.working_days is not None

    @property
    def limit(self) -> str:
        """In words, as `9 working hours`."""
        name = next(name for name in _LIMITS if getattr(self, name) is not None)
        return f"{getattr(self, name):g} {name.replace('_', ' ')}"

    @property
    def names_less(self) -> tuple[bool, bool, bool]:
        """Sorts rules that name a theme first, then those that name a source, then those that name a sector."""
        return self.theme is None, self.source is None, self.sector is None

    def matches(self, theme: str, source: str, sector: str) -> bool:
        """Whether messages of this theme, source and sector are under the rule."""
        named = (self.theme is None or _matched(theme, self.theme)) and (self.source is None or _matched(source, self.source))
        return named and (self.sector is None or sector in self.sector)

    def due(self, received: NDArray[np.uint32] | Instants, work: WorkingTime) -> Instants:
        """Deadlines of messages received at these instants, seconds since 1970.

        Hours are counted from the instant. Days are whole days after the day of receipt: the deadline is the last
        second of a calendar day, or the closing of a working day.
        """
        if self.working_hours is not None:
            found = work.after(received, round(self.working_hours * _HOUR_S))
        elif self.working_days is not None:
            found = work.end_of_working_day(received, self.working_days)
        elif self.calendar_hours is not None:
            found = received.astype(np.int64) + round(self.calendar_hours * _HOUR_S)
        else:
            found = work.end_of_day(received, self.calendar_days or 0)
        return np.minimum(found, _LATEST)


class _File(_Part):
    calendar: CalendarEntry = CalendarEntry()
    rule: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> "_File":
        names = [rule.name for rule in self.rule]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two rules are called {twice!r}; allowed: a name of its own for each")
        return self


@dataclass(frozen=True, slots=True, eq=False)
class Deadlines:
    """The rules in the order in which they are tried, and the working time they count in."""

    rules: tuple[Rule, ...]
    work: WorkingTime

    def rule_of(self, theme: str, source: str, sector: str) -> Rule | None:
        """The rule that messages of this theme, source and sector are under."""
        return next((rule for rule in self.rules if rule.matches(theme, source, sector)), None)

    def rule_table(self, themes: Mapping[int, tuple[str, str]], sources: Mapping[int, str]) -> NDArray[np.int16]:
        """(greatest source id + 1, greatest theme id + 1) place of the rule in `rules`, -1 for "none".

        themes: id → code and sector; sources: id → code.
        """
        table = np.full((max(sources, default=0) + 1, max(themes, default=0) + 1), -1, np.int16)
        place_of = {rule.name: place for place, rule in enumerate(self.rules)}
        for source, source_code in sources.items():
            for theme, (code, sector) in themes.items():
                rule = self.rule_of(code, source_code, sector)
                table[source, theme] = -1 if rule is None else place_of[rule.name]
        return table


def read_deadlines(path: Path | None, zone: ZoneInfo) -> Deadlines:
    """The rules in the file at `path`, or the shipped ones. `SettingsError` names the file, the key and what is allowed."""
    path = path or SHIPPED
    try:
        found = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SettingsError(f"GEO_DEADLINES: cannot read {path}: {error.strerror}; allowed: the path of a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"GEO_DEADLINES: cannot read {path}: it is not TOML: {error}") from error
    except ValidationError as error:
        raise SettingsError(f"GEO_DEADLINES: cannot use {path}: {'; '.join(map(_told, error.errors()))}") from error
    return Deadlines(tuple(sorted(found.rule, key=lambda rule: rule.names_less)), found.calendar.working_time(zone))


def _matched(code: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(code, pattern) for pattern in patterns)


def _told(error: object) -> str:
    assert isinstance(error, dict)  # noqa: S101  # narrows pydantic's ErrorDetails
    place = ".".join(str(part) for part in error["loc"])
    known = _KEYS.get(str(error["loc"][0])) if error["type"] == "extra_forbidden" and len(error["loc"]) > 1 else tuple(_File.model_fields)
    hint = f"there is no such key; allowed: {', '.join(known or ())}" if error["type"] == "extra_forbidden" else error["msg"]
    return f"{place}: {hint}" if place else str(hint)


_KEYS = {"calendar": tuple(CalendarEntry.model_fields), "rule": tuple(Rule.model_fields)}
