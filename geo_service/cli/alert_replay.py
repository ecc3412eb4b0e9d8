"""`geo alerts replay`, `calibrate` and `power`: alerts of the past, the thresholds that follow from it, and how small a thing they find."""

import asyncio
import time
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from geo_service.cli.console import print_document, print_message, print_result, progress_bar
from geo_service.cli.db import open_database
from geo_service.core.errors import InvalidParameter
from geo_service.core.settings import read_settings

if TYPE_CHECKING:
    from geo_service.aggregation.alerts.model import AlertLayer, Episode, Threshold
    from geo_service.aggregation.replica.replica import ReplicaState
    from geo_service.core.settings import Settings

_DAY_S = 86_400
_REPLAY_DAYS = 30
_PAST_S = 380 * _DAY_S
"""What a replay needs before its beginning: a year, a week between it and the tests, and the longest window."""
_MAX_EXTRA = 1000


class ReplayFormat(StrEnum):
    """How a replay is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class Language(StrEnum):
    """Language of the reasons."""

    RU = "ru"
    EN = "en"


From = Annotated[str | None, typer.Option("--from", help="A date, or an RFC 3339 instant; default: 30 days before --to.")]
To = Annotated[str | None, typer.Option("--to", help="End, not included; default: now.")]
Format = Annotated[ReplayFormat, typer.Option("--format", help="json and csv are as of /api/alerts.")]
Lang = Annotated[Language, typer.Option("--lang", help="Language of the table.")]
PerWeek = Annotated[
    float | None, typer.Option("--per-week", min=0.01, max=1000, help="False alarms a week and layer; default: GEO_ALERTS_PER_WEEK.")
]
Trials = Annotated[int, typer.Option("--trials", min=1, max=100_000, help="Outbreaks of each size.")]
Extra = Annotated[str, typer.Option("--extra", help="Sizes: messages over three days, comma-separated.")]


def replay_command(from_: From = None, to: To = None, form: Format = ReplayFormat.TABLE, lang: Lang = Language.RU) -> None:
    """Print which alerts would have been raised, with their reasons. Without stored thresholds, with those of a calibration now."""
    from geo_service.aggregation.alerts.history import copy_history
    from geo_service.aggregation.alerts.replay import replay

    settings = read_settings()
    start, stop = _read_span(from_, to, settings)
    with open_database(settings) as url:
        state = _read_state(url)
        thresholds = _read_thresholds(url) or _calibrate(state, settings.alerts_per_week, ())
    episodes = replay(copy_history(state, stop, start - _PAST_S), thresholds, start, stop)
    _print_episodes(episodes, state, settings, form, lang)
    print_message(_summarise(episodes, (stop - start) / _DAY_S))


def calibrate_command(per_week: PerWeek = None) -> None:
    """Find the thresholds at which chance raises so many alerts a week in the last year, print and store them."""
    settings = read_settings()
    with open_database(settings) as url:
        state = _read_state(url)
        thresholds = _calibrate(state, per_week or settings.alerts_per_week, _read_real(url, state))
        asyncio.run(_store_thresholds(url, list(thresholds.values())))
    print_result(_thresholds_table(list(thresholds.values())))


def power_command(trials: Trials = 200, extra: Extra = "3,5,8,12", per_week: PerWeek = None) -> None:
    """Print how often extra messages in a random settlement of 1,000 to 15,000 people are found, on this database's own history."""
    from geo_service.aggregation.alerts.calibration import copy_calibration
    from geo_service.aggregation.alerts.model import AlertLayer
    from geo_service.aggregation.alerts.power import list_settlements, measure_power

    settings, sizes = read_settings(), _read_sizes(extra)
    with open_database(settings) as url:
        state = _read_state(url)
    threshold = _calibrate(state, per_week or settings.alerts_per_week, ())[AlertLayer.LOCAL]
    history = copy_calibration(state, int(time.time()))
    places = list_settlements(history, _populations(state))
    table = Table("messages", "trials", "found on day 1", "by day 3", title_justify="left")
    table.title = f"{len(places)} settlements of 1,000 to 15,000 people, {threshold.per_week:g} false alarms a week"
    for power in measure_power(history, threshold.log10_p, places, trials, sizes):
        table.add_row(str(power.extra), str(power.trials), f"{power.on_day_1:.1%}", f"{power.by_day_3:.1%}")
    print_result(table)


def _read_span(from_: str | None, to: str | None, settings: "Settings") -> tuple[int, int]:
    from geo_service.queries.selection import read_instant

    params = {name: text for name, text in (("--from", from_), ("--to", to)) if text is not None}
    stop = read_instant(params, "--to", settings.zone, int(time.time()))
    start = read_instant(params, "--from", settings.zone, max(stop - _REPLAY_DAYS * _DAY_S, 0))
    if start >= stop:
        raise InvalidParameter("--from", "is not before --to", "an instant before --to")
    return start, stop


def _read_sizes(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and 1 <= int(part) <= _MAX_EXTRA for part in parts):
        raise InvalidParameter("--extra", f"{text[:40]!r} is invalid", f"whole numbers from 1 to {_MAX_EXTRA}, comma-separated")
    return [int(part) for part in parts]


def _read_state(url: str) -> "ReplicaState":
    from geo_service.aggregation.replica.snapshot import read_snapshot

    with progress_bar() as bar:
        return asyncio.run(read_snapshot(url, None, 1, lambda rows: bar.update("Reading incidents", rows, None)))


def _read_thresholds(url: str) -> "dict[AlertLayer, Threshold]":
    from geo_service.alerts.store import read_thresholds
    from geo_service.core.database import database_errors, open_connection

    async def read() -> "dict[AlertLayer, Threshold]":
        async with open_connection(url) as connection:
            with database_errors("read the thresholds"):
                return await read_thresholds(connection)

    return asyncio.run(read())


def _read_real(url: str, state: "ReplicaState") -> "list[Episode]":
    """Return the alerts of the last year that the desk has found real."""
    from geo_service.aggregation.alerts.model import Verdict
    from geo_service.alerts.store import read_episodes
    from geo_service.core.database import database_errors, open_connection

    async def read() -> "list[Episode]":
        async with open_connection(url) as connection:
            with database_errors("read the alerts"):
                return await read_episodes(connection, state.catalogue, int(time.time()) - 365 * _DAY_S)

    return [episode for episode in asyncio.run(read()) if episode.verdict is Verdict.REAL]


async def _store_thresholds(url: str, thresholds: "Sequence[Threshold]") -> None:
    from geo_service.alerts.store import write_thresholds
    from geo_service.core.database import database_errors, open_connection

    async with open_connection(url) as connection:
        with database_errors("store the thresholds"):
            async with connection.transaction():
                await write_thresholds(connection, thresholds)


def _calibrate(state: "ReplicaState", per_week: float, real: "Sequence[Episode]") -> "dict[AlertLayer, Threshold]":
    from geo_service.aggregation.alerts.calibration import LEAST_DAYS, calibrate, copy_calibration

    thresholds = calibrate(copy_calibration(state, int(time.time())), per_week, real)
    if any(threshold.days < LEAST_DAYS for threshold in thresholds.values()):
        print_message(f"The history is too short for a calibration (at least {LEAST_DAYS} days that have a baseline): default thresholds.")
    return thresholds


def _populations(state: "ReplicaState") -> dict[str, int]:
    """Return the population of each settlement by the key of its place."""
    settlements = state.catalogue.settlements
    populations = {f"s:{number}": people for number, people in zip(settlements.ids.tolist(), settlements.population.tolist(), strict=True)}
    return populations | {f"d:{district.code}": district.population or 0 for district in state.catalogue.districts.all}


def _print_episodes(episodes: "Sequence[Episode]", state: "ReplicaState", settings: "Settings", form: ReplayFormat, lang: Language) -> None:
    import orjson

    from geo_service.alerts.documents import Context, describe_alert, write_row
    from geo_service.alerts.listing import count_groups
    from geo_service.routes.common.table_formats import to_csv

    context, sizes = Context(state.catalogue, settings.zone), count_groups(episodes)
    alerts = [describe_alert(episode, context, sizes) for episode in episodes]
    if form is ReplayFormat.JSON:
        print_document(orjson.dumps({"alerts": alerts, "total": len(alerts)}, option=orjson.OPT_INDENT_2).decode() + "\n")
    elif form is ReplayFormat.CSV:
        print_document(to_csv([write_row(alert) for alert in alerts], {}).decode())
    else:
        table = Table("id", "detected", "by chance", "group", "reason", title_justify="left")
        for alert in alerts:
            group = str(alert["group"]["id"]) if alert["group"] else ""
            table.add_row(str(alert["id"]), alert["detected"], alert["recurrence"][lang], group, alert["reason"][lang])
        print_result(table)


def _summarise(episodes: "Sequence[Episode]", days: float) -> str:
    from geo_service.aggregation.alerts.model import AlertLayer

    def rate(chosen: "Sequence[Episode]") -> str:
        return f"{len(chosen)} ({len(chosen) * 7 / days:.2f} a week)"

    by_layer = {layer: [episode for episode in episodes if episode.layer is layer] for layer in AlertLayer}
    news = [episode for episode in episodes if episode.group in (0, episode.id)]
    parts = ", ".join(f"{layer.value} {rate(chosen)}" for layer, chosen in by_layer.items())
    return f"{rate(episodes)} alerts in {days:g} days: {parts}; {rate(news)} of them lead a group or stand alone."


def _thresholds_table(thresholds: "Sequence[Threshold]") -> Table:
    table = Table("layer", "false alarms a week", "log10 p", "days replayed", "episodes", title_justify="left")
    for one in thresholds:
        table.add_row(one.layer.value, f"{one.per_week:g}", f"{one.log10_p:.2f}", str(one.days), str(one.episodes))
    return table
