"""The sections of a report and their tables."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from geo_service.aggregation.alerts.model import Episode, Verdict
from geo_service.aggregation.measures.significance import P_VALUE
from geo_service.aggregation.statistics.lasting_excess import WEEKS, WEEKS_ABOVE
from geo_service.alerts.reason import write_place, write_reason, write_subject
from geo_service.reports.content.numbers import MIN_AGENCY_INCIDENTS, MIN_THEME_INCIDENTS
from geo_service.reports.content.red_places import Outcome
from geo_service.reports.content.systemic import ADDRESS_DAYS, ADDRESS_INCIDENTS
from geo_service.reports.document.context import ReportContext
from geo_service.reports.document.model import Column, Kind, Section, Table

MAX_RED = 15
MAX_THEMES = 5
MAX_LASTING = 15
MAX_AGENCIES = 5
"""Rows of a table: one page to read in two minutes, and annexes."""

Rows = Sequence[Mapping[str, Any]]


def build_sections(context: ReportContext) -> list[Section]:
    """Return the sections in the order in which they are read."""
    builders = (_red_places, _themes, _systemic, _agencies, _last_red_places, _districts)
    return [build(context) for build in builders]


def _red_places(context: ReportContext) -> Section:
    say = context.say
    columns = [
        Column("place", say("red_place")), Column("subject", say("red_subject")), Column("reason", say("red_reason")),
        Column("n", say("red_n"), Kind.COUNT), Column("expected", say("red_expected"), Kind.DECIMAL),
        Column("open", say("red_open"), Kind.COUNT), Column("since", say("red_since"), Kind.INSTANT), Column("state", say("red_state")),
    ]  # fmt: skip
    rows = [_red_row(context, episode) for episode in context.red.present[:MAX_RED]] if context.red else []
    empty = say("red_none" if context.red else "red_unknown")
    return Section("red", say("red"), [], [Table("red", say("red"), columns, rows, empty, sheet=say("red"))])


def _red_row(context: ReportContext, episode: Episode) -> dict[str, Any]:
    return {
        **_identify(context, episode),
        "reason": write_reason(episode, context.numbers.catalogue, context.zone)[context.language],
        "n": episode.n,
        "expected": round(episode.expected, 1),
        "open": episode.open,
        "since": episode.since,
        "state": context.say("state_closed" if episode.closed_at else "state_open"),
    }


def _identify(context: ReportContext, episode: Episode) -> dict[str, str]:
    return {
        "place": write_place(episode, context.language),
        "subject": write_subject(episode, context.numbers.catalogue, context.language),
    }


def _last_red_places(context: ReportContext) -> Section:
    say = context.say
    columns = [
        Column("place", say("red_place")), Column("subject", say("red_subject")), Column("n", say("last_red_n"), Kind.COUNT),
        Column("closed", say("last_red_closed"), Kind.COUNT), Column("answered", say("last_red_answered"), Kind.COUNT),
        Column("unanswered", say("last_red_open"), Kind.COUNT), Column("state", say("red_state")),
    ]  # fmt: skip
    past = context.red.past[:MAX_RED] if context.red else []
    rows = [_last_red_row(context, episode, outcome) for episode, outcome in zip(past, context.outcomes, strict=True)]
    empty = say("last_red_none" if context.red else "last_red_unknown")
    return Section(
        "last_red",
        say("last_red"),
        [say("last_red_note")] if rows else [],
        [Table("last_red", say("last_red"), columns, rows, empty, sheet=say("sheet_last_red"))],
    )


def _last_red_row(context: ReportContext, episode: Episode, outcome: Outcome) -> dict[str, Any]:
    state = "not_real" if episode.verdict is Verdict.NOT_REAL else "state_closed" if episode.closed_at else "state_open"
    return {**_identify(context, episode), **asdict(outcome), "state": context.say(state)}


def _themes(context: ReportContext) -> Section:
    say = context.say
    columns = [
        Column("theme", say("theme")), Column("n", say("this_week"), Kind.COUNT), Column("n_compared", say("last_week"), Kind.COUNT),
        Column("change", say("change"), Kind.CHANGE), Column("p", say("p"), Kind.P), Column("judgement", say("judgement")),
    ]  # fmt: skip
    tables = []
    for key, direction in (("grown", "up"), ("fallen", "down")):
        changes = [change for change in context.numbers.changes if change["direction"] == direction][:MAX_THEMES]
        rows = [_theme_row(context, change) for change in changes]
        tables.append(Table(key, say(key), columns, rows, say(f"{key}_none"), sheet=say(key)))
    return Section("themes", say("themes"), [say("themes_note", min=MIN_THEME_INCIDENTS)], tables)


def _theme_row(context: ReportContext, change: Mapping[str, Any]) -> dict[str, Any]:
    n, before = change["n"], change["n_compared"]
    return {
        "theme": context.pick(change["theme"]["name"]),
        "n": n,
        "n_compared": before,
        "change": round(n / before - 1, 4) if before else None,
        "p": change["p"],
        "judgement": context.say("sure_short" if change["p"] <= P_VALUE else "chance_short"),
    }


def _systemic(context: ReportContext) -> Section:
    return Section("systemic", context.say("systemic"), [], [_lasting_table(context), _address_table(context)])


def _lasting_table(context: ReportContext) -> Table:
    say, zone = context.say, context.zone
    weeks = [_week_label(window.start, zone) for window in context.numbers.request.week.last_weeks(WEEKS)]
    columns = [
        Column("place", say("place")), Column("district", say("district")), Column("theme", say("theme")),
        *(Column(f"week_{number}", week, Kind.COUNT) for number, week in enumerate(weeks, 1)),
        Column("n", say("total"), Kind.COUNT), Column("expected", say("expected"), Kind.DECIMAL),
        Column("weeks_above", say("weeks_above"), Kind.COUNT),
    ]  # fmt: skip
    rows = [
        {
            "place": context.pick({"ru": problem.place.name_ru, "en": problem.place.name_en}),
            "district": context.name(problem.district),
            "theme": context.name(problem.theme),
            **{f"week_{number}": n for number, n in enumerate(problem.excess.counts, 1)},
            "n": problem.excess.n,
            "expected": round(problem.excess.expected, 1),
            "weeks_above": problem.excess.weeks_above,
        }
        for problem in context.numbers.lasting[:MAX_LASTING]
    ]
    return Table(
        "lasting",
        say("lasting"),
        columns,
        rows,
        say("lasting_none"),
        say("lasting_note", above=WEEKS_ABOVE, weeks=WEEKS),
        say("sheet_lasting"),
    )


def _week_label(start: int, zone: Any) -> str:
    return f"W{datetime.fromtimestamp(start, UTC).astimezone(zone).isocalendar().week:02}"


def _address_table(context: ReportContext) -> Table:
    say, numbers = context.say, context.numbers
    columns = [
        Column("address", say("address")), Column("district", say("district")), Column("n", say("count"), Kind.COUNT),
        Column("open", say("open"), Kind.COUNT), Column("theme", say("top_theme")), Column("theme_n", say("top_theme_n"), Kind.COUNT),
    ]  # fmt: skip
    note = say("addresses_note", least=ADDRESS_INCIDENTS, days=ADDRESS_DAYS, n=context.count(numbers.positions.total))
    rows = [_address_row(context, index) for index in range(len(numbers.positions.positions))]
    return Table("addresses", say("addresses"), columns, rows, say("addresses_none"), note, say("sheet_addresses"))


def _address_row(context: ReportContext, index: int) -> dict[str, Any]:
    position, catalogue = context.numbers.positions.positions[index], context.numbers.catalogue
    theme, count = position.themes[0]
    point = context.say("outside_streets", lat=f"{position.lat:.4f}", lng=f"{position.lng:.4f}")
    return {
        "address": context.addresses.get(index, point),
        "district": context.name(catalogue.districts.by_id.get(position.district)),
        "n": position.n,
        "open": position.open,
        "theme": context.name(catalogue.themes.by_id.get(theme)),
        "theme_n": count,
    }


def _agencies(context: ReportContext) -> Section:
    say = context.say
    columns = [
        Column("rank", say("rank"), Kind.COUNT), Column("agency", say("agency")), Column("score", say("score"), Kind.DECIMAL, 2),
        Column("count", say("count"), Kind.COUNT), Column("share_on_time", say("share_on_time"), Kind.SHARE),
        Column("n_judged", say("n_judged"), Kind.COUNT),
    ]  # fmt: skip
    rated = [row for row in context.numbers.agencies["agencies"] if row["rank"] is not None]
    rows = [{**row, "agency": context.pick(row["name"])} for row in rated]
    few = len(rows) <= 2 * MAX_AGENCIES
    parts = [("agencies_all", rows)] if few else [("agencies_best", rows[:MAX_AGENCIES]), ("agencies_worst", rows[-MAX_AGENCIES:])]
    tables = [Table(key, say(key), columns, part, say("agencies_none"), sheet=f"{say('agencies')}. {say(key)}"[:31]) for key, part in parts]
    note = say("agencies_note", min=MIN_AGENCY_INCIDENTS, n=context.count(len(rows)))
    return Section("agencies", say("agencies"), [note] if rows else [], tables)


def _districts(context: ReportContext) -> Section:
    say = context.say
    columns = [
        Column("district", say("district")), Column("count", say("count"), Kind.COUNT), Column("n_compared", say("compared"), Kind.COUNT),
        Column("change", say("change"), Kind.CHANGE), Column("per_1000", say("per_1000"), Kind.DECIMAL, 2),
        Column("open", say("open"), Kind.COUNT), Column("overdue", say("overdue"), Kind.COUNT),
        Column("share_on_time", say("share_on_time"), Kind.SHARE),
    ]  # fmt: skip
    rows = [{**row, "district": context.pick(row["name"]) or row["code"]} for row in context.numbers.districts]
    if not any(row["per_1000"] is not None for row in rows):
        columns = [column for column in columns if column.key != "per_1000"]
    return Section(
        "districts",
        say("districts"),
        [],
        [Table("districts", say("districts"), columns, rows, say("districts_none"), sheet=say("districts"))],
    )
