"""What `/readyz` says of a process whose database has changed or is away."""

import pytest

from geo_service.aggregation.replica.replica import Replica
from geo_service.core.database import open_connection
from tests.support.http_client import asking

INSERT = """
insert into incident (source_id, external_id, location, cell, location_quality, theme_id, status, received_at, updated_at)
select source.id, number, case when number > 1 then st_setsrid(st_makepoint(39.5, 45.5), 4326) end,
    case when number > 1 then 622296314866401279 end, 0, theme.id, 0, now(), now()
from generate_series(1, 3) as number, source, theme
"""


@pytest.fixture
async def filled_url(database_url: str) -> str:
    """The address of a database with three incidents, one of them without a place."""
    async with open_connection(database_url) as held:
        await held.execute("truncate incident, source, theme cascade")
        await held.execute("insert into source (code, name_ru, name_en) values ('s', 's', 's')")
        await held.execute("insert into theme (code, sector_id, name_ru, name_en) values ('t', 1, 't', 't')")
        await held.execute(INSERT)
    return database_url


async def test_incidents_are_all_and_placed_those_with_a_place(filled_url: str) -> None:
    async with asking(filled_url) as client:
        state = (await client.get("/readyz")).json()
    assert (state["ready"], state["stale"], state["incidents"], state["placed"]) == (True, False, 3, 2)
    assert (state["refused"], state["reloads"], state["corrected"], state["horizon_pid"]) == (0, 0, 0, None)


async def test_a_process_that_is_behind_is_stale_but_ready_until_the_limit(filled_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = []
    async with asking(filled_url, lag_limit_s=30, stale_limit_s=600) as client:
        for lag in (20.0, 100.0, 700.0):
            monkeypatch.setattr(Replica, "lag", lag)
            answer = await client.get("/readyz")
            answers.append((answer.status_code, answer.json()["ready"], answer.json()["stale"]))
        monkeypatch.undo()
    assert answers == [(200, True, False), (200, True, True), (503, False, True)]
