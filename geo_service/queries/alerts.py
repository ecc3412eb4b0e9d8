"""Parse the parameters of the lists of alerts."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import orjson

from geo_service.aggregation.alerts.alert_filter import STATES as STATES
from geo_service.aggregation.alerts.model import Verdict
from geo_service.aggregation.catalogue.catalogue import EMPTY, Catalogue
from geo_service.core.errors import InputError, InvalidParameter
from geo_service.core.integers import shorten
from geo_service.queries.selection import QueryPairs, collect_params, read_choice, read_instant, read_int, read_selection_query

GROUPS = ("merge", "split")
DEFAULT_LIMIT, MAX_LIMIT = 100, 1000
ALERT_FILTERS = ("sector", "theme", "district")
ALERT_PARAMETERS = ("state", *ALERT_FILTERS, "since", "limit", "groups")

MAX_NOTE_LENGTH = 2000
"""Characters of the note to a verdict."""

_VERDICTS_ALLOWED = "real, not_real, or null to take a verdict back"
_DEFAULT_SINCE = "30d"
_WINDOW = re.compile(r"[1-9][0-9]{0,4}[hdwy]")
_SINCE_ALLOWED = "a time back from now, such as 24h, 7d or 12w, a date (2026-11-24) or an RFC 3339 instant, from 1970 to 2106"


@dataclass(frozen=True, slots=True)
class AlertQuery:
    """Which alerts are listed. Filters of None let all pass."""

    state: str = "open"
    sectors: frozenset[int] | None = None
    """Ids of sectors."""
    themes: frozenset[int] | None = None
    """Ids of themes; alerts of a whole sector do not pass."""
    districts: frozenset[int] | None = None
    """Ids of districts, with those below them."""
    since: int | None = None
    """Something of the alert has changed at or after this instant, seconds since 1970."""
    closed_since: int = 0
    """The same for closed alerts; a month ago where `since` is not given."""
    limit: int = DEFAULT_LIMIT
    merges_groups: bool = True


def read_alert_query(
    pairs: QueryPairs, catalogue: Catalogue, zone: ZoneInfo, extra: tuple[str, ...] = (), default_state: str = "open",
    clock: Callable[[], float] = time.time,
) -> AlertQuery:  # fmt: skip
    """Parse the names and values of a query string. extra: parameters that the caller reads itself. Raises `InvalidParameter`."""
    params = collect_params(pairs, (*ALERT_PARAMETERS, *extra))
    filters = [(name, params[name]) for name in ALERT_FILTERS if name in params]
    # The codes are checked and resolved as those of every selection are.
    selection = read_selection_query(filters, catalogue, zone).selection
    sectors, themes, districts = (params.get(name) for name in ALERT_FILTERS)
    closed_since = _read_since(params, zone, clock)
    return AlertQuery(
        state=read_choice(params, "state", STATES, default_state),
        sectors=None if sectors is None else frozenset(catalogue.sectors.ids(sectors.split(","))),
        themes=None if themes is None else frozenset(catalogue.themes.ids(themes.split(","))),
        districts=None if districts is None else frozenset(selection.districts or ()),
        since=closed_since if "since" in params else None,
        closed_since=closed_since,
        limit=read_int(params, "limit", 1, MAX_LIMIT, DEFAULT_LIMIT),
        merges_groups=read_choice(params, "groups", GROUPS, "merge") == "merge",
    )


def is_window(text: str) -> bool:
    """Return whether a value of `since` is a time back from now."""
    return bool(_WINDOW.fullmatch(text))


def parse_verdict(body: bytes) -> tuple[Verdict | None, str]:
    """Parse `{"value": "real" | "not_real" | null, "note": "…"}`. Raises `InputError`, which names the member and what is allowed."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InputError('the body is not JSON; send an object such as {"value": "real", "note": ""}') from None
    if not isinstance(document, dict) or "value" not in document:
        raise InputError(f"value: is missing; allowed: {_VERDICTS_ALLOWED}")
    if unknown := sorted(document.keys() - {"value", "note"}):
        raise InputError(f"{shorten(unknown[0])}: there is no such member here; allowed: value, note")
    return _parse_value(document["value"]), _parse_note(document.get("note"))


def _parse_value(value: object) -> Verdict | None:
    if value is None:
        return None
    if not isinstance(value, str) or value not in list(Verdict):
        raise InputError(f"value: {shorten(str(value))!r} is not known; allowed: {_VERDICTS_ALLOWED}")
    return Verdict(value)


def _parse_note(note: object) -> str:
    """Return the note without blanks around it; null is none."""
    if note is None:
        return ""
    # PostgreSQL's text has no NUL.
    if not isinstance(note, str) or len(note) > MAX_NOTE_LENGTH or "\0" in note:
        raise InputError(f"note: cannot be used; allowed: a text of at most {MAX_NOTE_LENGTH} characters")
    return note.strip()


def _read_since(params: Mapping[str, str], zone: ZoneInfo, clock: Callable[[], float]) -> int:
    """Return the instant from which on something must have changed. Closed alerts are listed for a month unless it is said otherwise."""
    text = params.get("since", _DEFAULT_SINCE)
    if is_window(text):
        window = read_selection_query([("window", text)], EMPTY, zone, clock=clock).selection.window
        return window.start
    try:
        return read_instant({"since": text}, "since", zone, 0)
    except InvalidParameter:
        raise InvalidParameter("since", f"{shorten(text)!r} cannot be used", _SINCE_ALLOWED) from None
