"""What a few rows of an input become, as a table for people."""

from itertools import islice
from pathlib import Path

import h3
from rich.table import Table

from geo_service.core.calendar.deadlines import Deadlines
from geo_service.core.model import LocationQuality, Status
from ingest.mapping.mapping import Mapping
from ingest.readers import RawBatch
from ingest.runs.run import open_reader
from ingest.validate.entities import EntityResolver
from ingest.validate.row_errors import Reject
from ingest.validate.validate import Checked, Validator


def explain(path: Path, mapping: Mapping, count: int, deadlines: Deadlines | None = None) -> list[Table]:
    """One table for each of the first `count` rows: column of the file, its value, the field, what it became.

    deadlines: the rules for rows without a deadline.
    """
    raw = next(islice(open_reader(path, mapping).batches(count), 1), None)
    if raw is None:
        return []
    checked = Validator(mapping, EntityResolver(mapping, path), deadlines).check(raw)
    places = {row: place for place, row in enumerate(checked.rows.tolist())}
    rejects = {one.line: one for one in (*checked.rejects, *checked.warnings)}
    tables = [_table(mapping, raw, row, checked, places.get(row), rejects.get(line)) for row, line in enumerate(raw.lines)]
    return [*tables, *(_refused(one.line, one.text, one.detail) for one in raw.broken)]


def _table(mapping: Mapping, raw: RawBatch, row: int, checked: Checked, place: int | None, reject: Reject | None) -> Table:
    table = Table("column", "value", "field", "becomes", title=f"line {raw.lines[row]}", title_justify="left")
    became = {} if place is None else _became(checked, place)
    for field, column in mapping.columns.model_dump().items():
        if column:
            table.add_row(column, raw.columns[column][row], field, became.pop(field, ""))
    for field, value in became.items():
        table.add_row("", "", field, value)
    if reject:
        table.add_row("", "", "warning" if reject.reason.is_warning else "[red]rejected[/red]", f"{reject.reason.value}: {reject.detail}")
    return table


def _became(checked: Checked, place: int) -> dict[str, str]:
    theme, agency = checked.themes[place], checked.agencies[place]
    return {
        "external_id": checked.external_id[place],
        **_point(checked, place),
        "theme": f"{theme.code}: {theme.name_ru}",
        "sector": theme.sector,
        "status": Status(int(checked.status[place])).code,
        "agency": f"{agency.code}: {agency.name}" if agency else "",
        "address": checked.address[place],
        "text": checked.message[place],
        **{field: _instant(str(column[place])) for field, column in checked.instants.items()},
        **_by_rule(checked, place),
    }


def _point(checked: Checked, place: int) -> dict[str, str]:
    places, quality = checked.places, LocationQuality(int(checked.places.quality[place]))
    if quality is LocationQuality.NONE:
        return {"lng": "", "lat": "", "quality": "none: a place is looked for in the words"}
    cell = int(checked.cell[place])
    return {"lng": f"{places.lng[place]:.6f}", "lat": f"{places.lat[place]:.6f}", "quality": quality.code, "cell": h3.int_to_str(cell)}


def _by_rule(checked: Checked, place: int) -> dict[str, str]:
    rule = checked.due_by[place]
    return {"due_at": f"{_instant(str(checked.instants['due_at'][place]))} by the rule {rule!r}"} if rule else {}


def _instant(text: str) -> str:
    return "" if text == "NaT" else f"{text[:19]}Z"


def _refused(line: int, text: str, detail: str) -> Table:
    table = Table("row", "becomes", title=f"line {line}", title_justify="left")
    table.add_row(text, f"[red]rejected[/red] broken_row: {detail}")
    return table
