"""How words are understood, step by step, as a table for people."""

from typing import TYPE_CHECKING

import asyncpg
from rich.table import Table

from ingest.geocoding import Answer, Candidate, Deferred, Query, StepResult
from ingest.geocoding.configuration import GeocodingConfiguration
from ingest.geocoding.factory import make_chain, read_region

if TYPE_CHECKING:  # At run time only whoever asks a server imports it: its libraries are an extra.
    from ingest.geocoding.server import Server


async def explain_table(held: asyncpg.Connection, configuration: GeocodingConfiguration, server: "Server | None", text: str) -> Table:
    """Each step's view of `text`, and what the chain makes of it."""
    chain = await make_chain(held, configuration, await read_region(held, configuration), server)
    (outcome,) = await chain.locate([Query(text)])
    table = Table("step", "says", title=text, title_justify="left")
    for step, verdict, fault in outcome.views:
        table.add_row(step, f"{_said(verdict)}; passed over: {fault}" if fault else _said(verdict))
        for one in getattr(verdict, "candidates", ()):
            table.add_row("", _listed(one))
    if "server" in configuration.steps and server is None:
        table.add_row("server", "none is configured (GEO_GEOCODER, GEO_GEOCODER_URL)")
    table.add_row("[bold]result[/bold]", _said(outcome.answer) if outcome.answer else "not placed")
    return table


def _said(verdict: StepResult) -> str:
    if isinstance(verdict, Answer):
        place = f"{verdict.name}: {verdict.lng:.5f}, {verdict.lat:.5f}"
        return f"{place}; {verdict.quality.code}, confidence {verdict.confidence:.2f}, by {verdict.geocoded_by.code}"
    return f"delayed: {verdict.reason}" if isinstance(verdict, Deferred) else verdict.reason


def _listed(one: Candidate) -> str:
    return f"  perhaps {one.name}{f' ({one.district})' if one.district else ''}: {one.lng:.5f}, {one.lat:.5f}"
