"""The tables that `geo boundaries` prints: the report of a check, the result of a load, the list of districts."""

from collections.abc import Sequence

import asyncpg
from rich.table import Table

from boundaries.load import LoadResult
from boundaries.report import Report, format_area
from geo_service.core.model import DistrictLevel

MAX_FAULTS = 40


def report_table(report: Report) -> Table:
    """Return the faults of a check, those that refuse a load first; at most MAX_FAULTS of them."""
    refused = len(report.refused)
    outcome = f"{refused} refused" if refused else "may be loaded"
    table = Table("what", "area", "districts", "", title=f"{report.districts:,} districts: {outcome}", title_justify="left")
    table.columns[1].justify = "right"
    if report.repaired:
        table.add_row("repaired rings", "", _abbreviate(report.repaired), "")
    for fault in report.faults[:MAX_FAULTS]:
        table.add_row(fault.kind, format_area(fault.area_m2), _abbreviate(fault.names), "[red]refused[/red]" if fault.refused else "")
    if len(report.faults) > MAX_FAULTS:
        table.caption = f"and {len(report.faults) - MAX_FAULTS:,} smaller ones"
    return table


def loaded_table(loaded: LoadResult, seconds: float) -> Table:
    """Return the counts of a load."""
    table = Table("what", "count", title=f"{loaded.report.districts:,} districts in {seconds:.1f} s", title_justify="left")
    table.columns[1].justify = "right"
    assigned = loaded.assigned
    counts = {
        "districts: new": loaded.new,
        "districts: changed": loaded.changed,
        "districts: unchanged": loaded.unchanged,
        "districts: removed": loaded.removed,
        "incidents: in a district": assigned.inside,
        "incidents: near a district": assigned.near,
        "incidents: without a district": assigned.without,
        "incidents: district changed": assigned.changed,
    }
    for label, count in counts.items():
        table.add_row(label, f"{count:,}")
    return table


def list_table(rows: Sequence[asyncpg.Record]) -> Table:
    """Return one line for each district."""
    table = Table("level", "code", "name", "parent", "population", "km²", "", title=f"{len(rows):,} districts", title_justify="left")
    for column in (4, 5):
        table.columns[column].justify = "right"
    for row in rows:
        population = "" if row["population"] is None else f"{row['population']:,}"
        area = "" if row["area_km2"] is None else f"{row['area_km2']:,.0f}"
        note = "approximate" if row["approximate"] else ""
        table.add_row(DistrictLevel(row["level"]).code, row["code"], row["name_ru"], row["parent"] or "", population, area, note)
    return table


def _abbreviate(names: Sequence[str]) -> str:
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(names[:4]) + more
