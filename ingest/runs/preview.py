"""Show the incidents that the first rows of an input become, as tables for people."""

from itertools import islice
from pathlib import Path

import h3
from rich.table import Table

from geo_service.core.calendar.deadlines import Deadlines
from geo_service.core.model import LocationQuality, Status
from ingest.mapping.mapping import Mapping
from ingest.readers import RawBatch
from ingest.readers.detect import open_reader
from ingest.validate.entities import EntityResolver
from ingest.validate.validate import Reject, ValidatedBatch, Validator

_INSTANT_FIELDS = ("received_at", "due_at", "answered_at", "closed_at", "updated_at")


def preview_rows(
    path: Path, mapping: Mapping, count: int, deadlines: Deadlines | None = None, unknown_status: str | None = None
) -> list[Table]:
    """One table for each of the first `count` rows: column of the file, its value, the field, and the field's value.

    deadlines: the rules for rows without a deadline; unknown_status: as of `Validator`.
    """
    raw = next(islice(open_reader(path, mapping).batches(count), 1), None)
    if raw is None:
        return []
    validated = Validator(mapping, EntityResolver(mapping, path), deadlines, unknown_status=unknown_status).validate(raw)
    index_of = {row: index for index, row in enumerate(validated.rows.tolist())}
    rejects: dict[int, list[Reject]] = {}
    for reject in (*validated.rejects, *validated.warnings):
        rejects.setdefault(reject.line, []).append(reject)
    tables = [_row_table(mapping, raw, row, validated, index_of.get(row), rejects.get(line, [])) for row, line in enumerate(raw.lines)]
    return [*tables, *(_broken_table(row.line, row.text, row.detail) for row in raw.broken)]


def _row_table(mapping: Mapping, raw: RawBatch, row: int, validated: ValidatedBatch, index: int | None, rejects: list[Reject]) -> Table:
    table = Table("column", "value", "field", "becomes", title=f"line {raw.lines[row]}", title_justify="left")
    values = {} if index is None else _field_values(validated, index)
    for field, column in mapping.columns.model_dump().items():
        if column:
            table.add_row(column, raw.columns[column][row], field, values.pop(field, ""))
    for field, value in values.items():
        table.add_row("", "", field, value)
    for reject in rejects:
        table.add_row("", "", "warning" if reject.reason.is_warning else "[red]rejected[/red]", f"{reject.reason.value}: {reject.detail}")
    return table


def _field_values(validated: ValidatedBatch, index: int) -> dict[str, str]:
    batch, theme, agency = validated.batch, validated.themes[index], validated.agencies[index]
    instants = {field: _instant_text(str(getattr(batch, field)[index])) for field in _INSTANT_FIELDS}
    if rule := validated.due_by[index]:
        instants["due_at"] += f" by the rule {rule!r}"
    return {
        "external_id": batch.external_id[index],
        **_location_values(validated, index),
        "theme": f"{theme.code}: {theme.name_ru}",
        "sector": theme.sector,
        "status": Status(int(batch.status[index])).code,
        "agency": f"{agency.code}: {agency.name}" if agency else "",
        "address": batch.address[index],
        "text": batch.message[index],
        **instants,
    }


def _location_values(validated: ValidatedBatch, index: int) -> dict[str, str]:
    batch = validated.batch
    quality = LocationQuality(int(batch.location_quality[index]))
    if quality is LocationQuality.NONE:
        return {"lng": "", "lat": "", "quality": "none: a load geocodes the words"}
    cell = h3.int_to_str(int(batch.cell[index]))
    return {"lng": f"{batch.lng[index]:.6f}", "lat": f"{batch.lat[index]:.6f}", "quality": quality.code, "cell": cell}


def _instant_text(text: str) -> str:
    return "" if text == "NaT" else f"{text[:19]}Z"


def _broken_table(line: int, text: str, detail: str) -> Table:
    table = Table("row", "becomes", title=f"line {line}", title_justify="left")
    table.add_row(text, f"[red]rejected[/red] broken_row: {detail}")
    return table
