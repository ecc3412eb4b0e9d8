"""A server that is killed while it takes in a stream: the same sent once more, with the same key, ends as if nothing had happened."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson

from geo_service.core.database import open_connection
from ingest.push.batching import MOST
from tests.support.http_client import until
from tests.support.ingest_client import KEY, KEYED, NDJSON, emptied, fetch, holds, incident, lines
from tests.support.load_process import settled_states
from tests.support.serve_process import serving, wait_until_ready

ROWS = 2 * MOST + MOST // 2
REFUSED = 7
"""Every so many rows one cannot be used."""

HEADERS = KEYED | NDJSON | {"Idempotency-Key": "killed-in-the-middle"}

STATE = (
    "select external_id, st_asewkt(location), cell, message, theme_id, agency_id, status, received_at, updated_at from incident order by 1",
    "select line, reason, detail, row_text from reject order by 1, 2",
)


def rows(begin: int, end: int) -> bytes:
    """These rows of the stream."""
    return lines(
        incident(f"{n}", theme=f"Тема {n % 3}", **({"received_at": "soon"} if n % REFUSED == 3 else {})) for n in range(begin, end)
    )


async def state(url: str) -> list[list[tuple[Any, ...]]]:
    return [await fetch(url, part) for part in STATE]


async def send(address: str, body: bytes | AsyncIterator[bytes]) -> httpx.Response:
    wait_until_ready(address)
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        return await client.post("/api/incidents", content=body, headers=HEADERS)


async def test_a_stream_whose_server_is_killed_is_sent_again_and_nothing_is_there_twice(database_url: str) -> None:
    await emptied(database_url)
    with serving(database_url, GEO_WRITE_KEYS=KEY) as (process, address):

        async def until_killed() -> AsyncIterator[bytes]:
            yield rows(0, MOST)
            await until(lambda: holds(database_url, "select 1 from incident"))
            yield rows(MOST, MOST + MOST // 2)
            process.kill()
            process.wait()
            yield rows(MOST + MOST // 2, ROWS)

        try:
            answered: httpx.Response | None = await send(address, until_killed())
        except httpx.TransportError:
            answered = None
        assert answered is None, "the server was killed before the end"
    kept = (await fetch(database_url, "select count(*) from incident"))[0][0]
    assert 0 < kept < ROWS
    assert await fetch(database_url, "select count(*) from idempotency_key") == [(0,)], "it was not answered to the end"

    with serving(database_url, GEO_WRITE_KEYS=KEY) as (_, address):
        await until(lambda: holds(database_url, "select 1 from ingest_run where state = 'interrupted' and new > 0"))
        again = await send(address, rows(0, ROWS))
        *told, last = map(orjson.loads, again.content.splitlines())
        counts = last["summary"]["counts"]
        refused = len(range(3, ROWS, REFUSED))
        assert (counts["unchanged"], counts["new"], counts["rejected"]) == (kept, ROWS - refused - kept, refused)
        assert [one["row"] for one in told] == list(range(1, ROWS + 1))
        async with open_connection(database_url) as held:
            assert await settled_states(held) == ["interrupted", "finished"]
        after_kill = await state(database_url)

        replayed = await send(address, rows(0, ROWS))
        assert (replayed.headers["idempotency-replayed"], replayed.content) == ("true", again.content)
        assert await fetch(database_url, "select count(*) from ingest_run") == [(2,)]

        await emptied(database_url)
        let_alone = await send(address, rows(0, ROWS))
        assert orjson.loads(let_alone.content.splitlines()[-1])["summary"]["counts"]["new"] == ROWS - refused
        assert await state(database_url) == after_kill
