"""The tables and the CSV rows of a back-test."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

_SCORES = ("hit", "pai", "pei", "rri")


def score_tables(document: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yield a table for each length of the list, then what the numbers mean."""
    for top, rows in groupby(sorted(document["results"], key=lambda row: row["top"]), key=lambda row: row["top"]):
        yield _table(document, top, list(rows))
    yield "\n".join(document["sentences"])
    yield ""
    yield document["area"]
    yield "; ".join(f"{name if name == 'hit' else name.upper()} = {formula}" for name, formula in document["formulas"].items()) + "."
    yield document["known"]
    share = document["from_new_places"]
    if share:
        yield f"{100 * share:.1f} % of the messages came from places from which none had come before."
    yield "\n".join(document["notes"])


def alert_tables(document: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yield what is known of alerts, if anything was measured."""
    alerts = document.get("alerts")
    if not alerts:
        return
    precision = {row["layer"]: row for row in alerts["precision"]}
    headings = ("", "alerts", "compared", "listed", "never", "least", "median", "most", "judged", "real", "%")
    title = "Alerts of these weeks, replayed; lead time in hours"
    table = Table(*headings, title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for row in alerts["lead_time"]:
        judged = precision[row["layer"]]
        hours = [_or_dash(row[f"lead_hours_{name}"], "{:.1f}") for name in ("least", "median", "most")]
        counts = (row["episodes"], row["episodes"] - row["without_district"], row["listed"], row["never_listed"])
        share = None if judged["precision"] is None else 100 * judged["precision"]
        table.add_row(row["layer"], *map(str, counts), *hours, str(judged["judged"]), str(judged["real"]), _or_dash(share, "{:.0f}"))
    yield table
    definitions = alerts["definitions"]
    yield f"Precision = {definitions['precision']}."
    yield definitions["lead_hours"][0].upper() + definitions["lead_hours"][1:]
    yield definitions["overdue"]
    yield f"Thresholds: of {alerts['thresholds']['from']}."


def to_csv_rows(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the alerts if they were measured, else the results without the single weeks."""
    if "alerts" in document:
        return list(document["alerts"]["episodes"])
    return [{name: value for name, value in row.items() if name != "by_week"} for row in document["results"]]


def _table(document: Mapping[str, Any], top: float, rows: Sequence[Mapping[str, Any]]) -> Table:
    first, last = document["mondays"][0][:10], document["mondays"][-1][:10]
    title = (
        f"The first {top:g} % ({rows[0]['listed']:,} of {document['places']:,} places), scored on the next {document['horizon']}:"
        f" means of {len(document['mondays'])} Mondays from {first} to {last}"
    )
    headings = ("", "N", "ranked by", "hit %", "PAI", "PEI", "RRI", "worst week", "hit %", "PEI")
    table = Table(*headings, title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1), collapse_padding=True, pad_edge=False)
    for number, column in enumerate(table.columns):
        column.justify = "right" if headings[number] in ("N", "hit %", "PAI", "PEI", "RRI") else "left"
        column.no_wrap, column.overflow = number > 0, "fold"
    labels = {one["code"]: one["label"] for one in document["rankings"]}
    for _, group in groupby(rows, key=lambda row: row["group"]["code"]):
        for number, row in enumerate(group):
            name = (row["group"]["code"], f"{row['total']:,}") if number == 0 else ("", "")
            hit, _, pei, _ = _cells(row["worst"])
            cells = (*name, labels[row["ranking"]], *_cells(row), row["worst"]["monday"], hit, pei)
            table.add_row(*map(escape, cells), end_section=row["ranking"] == document["rankings"][-1]["code"])
    return table


def _cells(scores: Mapping[str, float | None]) -> list[str]:
    hit, pai, pei, rri = (scores[name] for name in _SCORES)
    values = ((None if hit is None else 100 * hit, "{:.1f}"), (pai, "{:.1f}"), (pei, "{:.2f}"), (rri, "{:.2f}"))
    return [_or_dash(value, form) for value, form in values]


def _or_dash(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)
