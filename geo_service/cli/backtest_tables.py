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


def to_csv_rows(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the results without the single weeks."""
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
    return [
        "–" if value is None else text.format(value)
        for value, text in ((None if hit is None else 100 * hit, "{:.1f}"), (pai, "{:.1f}"), (pei, "{:.2f}"), (rri, "{:.2f}"))
    ]
