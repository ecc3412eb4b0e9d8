"""Near-duplicates against the rule row by row, in any order of arrival, and counted both ways by the replica as by SQL."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

import asyncpg
import mapbox_vector_tile
import pytest

from geo_service.aggregation.replica.follower import Follower
from geo_service.aggregation.replica.replica import Replica
from geo_service.aggregation.selection.selection import Selection, Statuses, Window
from geo_service.core.admission import AdmissionQueue
from geo_service.core.database import open_connection
from geo_service.core.model import OPEN_STATUSES, Status
from ingest.write.duplicates import DuplicateRule, LinkProgress, relink_all, rule_is_current
from ingest.write.incident_writer import IncidentWriter, link_duplicates
from tests.support.duplicates_oracle import BEGIN, SOURCES, Message, changed, links, made_up, stored, write
from tests.support.http_client import asking

COUNT = """
select count(*)::int as n, count(*) filter (where status <= 5)::int as open,
    count(*) filter (where status <= 5 and due_at < to_timestamp($3) and (answered_at is null or status = 5))::int as overdue,
    count(*) filter (where status = 6)::int as closed
from incident left join incident_link as link on link.incident_id = incident.id
where cell is not null and received_at >= to_timestamp($1) and received_at < to_timestamp($2)
    and (status = any($4) or ($5 and status <= 5 and due_at < to_timestamp($3) and (answered_at is null or status = 5)))
    and not ($6 and link.duplicate_of_id is not null)
"""
STATUSES = (Statuses(), Statuses(OPEN_STATUSES), Statuses(frozenset({Status.CLOSED})), Statuses(frozenset(), True))


@pytest.fixture
async def held(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    async with open_connection(database_url) as made:
        await made.execute("truncate incident, incident_tombstone; update duplicate_rule set metres = 100, hours = 24, complete = true")
        yield made


def note(seen: list[int], done: LinkProgress) -> None:
    seen.append(done.seen)


@pytest.mark.parametrize("seed", range(3))
async def test_links_follow_the_rule_whatever_arrives_changes_and_goes_in_whatever_order(held: asyncpg.Connection, seed: int) -> None:
    rng = random.Random(seed)
    known: dict[tuple[str, str], Message] = {}
    linked = 0
    async with IncidentWriter(held) as writer:
        for step in range(12):
            fresh = [made_up(rng, step * 100 + number) for number in range(rng.choice((1, 5, 40)))]
            newer = [changed(rng, one) for one in rng.sample(sorted(known.values(), key=lambda one: one.key), min(len(known), 8))]
            known |= {one.key: one for one in (*fresh, *newer)}
            linked += await write(writer, [*fresh, *newer])
            assert await stored(held) == links(list(known.values()))
            assert linked == len(await stored(held))
            gone = rng.sample(sorted(known), min(len(known), rng.choice((0, 3))))
            await held.executemany(
                "delete from incident using source where source.id = source_id and source.code = $1 and external_id = $2", gone
            )
            known = {key: one for key, one in known.items() if key not in gone}
            linked = len(await stored(held))
            assert await stored(held) == links(list(known.values()))
    assert len(links(list(known.values()))) > 20
    assert await held.fetchval("select count(*) from incident_link where duplicate_of_id is null") > 0


async def test_the_order_of_arrival_makes_no_difference_and_neither_does_linking_all_anew(
    database_url: str, held: asyncpg.Connection
) -> None:
    rng = random.Random(7)
    messages = [made_up(rng, number) for number in range(150)]
    async with IncidentWriter(held) as writer:
        for size in (150, 10, 1):
            await held.execute("truncate incident, incident_tombstone")
            rng.shuffle(messages)
            for start in range(0, len(messages), size):
                await write(writer, messages[start : start + size])
            assert await stored(held) == links(messages)
    for metres, hours in ((40, 3), (250, 48)):
        assert not await rule_is_current(database_url, DuplicateRule(metres, hours))
        seen: list[int] = []
        assert await relink_all(database_url, DuplicateRule(metres, hours), partial(note, seen), page=20) == len(
            links(messages, metres, hours)
        )
        assert seen[-1] == 150
        assert await stored(held) == links(messages, metres, hours)
        assert await rule_is_current(database_url, DuplicateRule(metres, hours))


async def test_sources_that_are_written_at_the_same_time_see_each_other(database_url: str, held: asyncpg.Connection) -> None:
    rng = random.Random(11)
    messages = [made_up(rng, number) for number in range(240)]

    async def load(part: list[Message]) -> None:
        async with open_connection(database_url) as own, IncidentWriter(own) as writer:
            for start in range(0, len(part), 8):
                await write(writer, part[start : start + 8])

    await asyncio.gather(*(load(messages[start::4]) for start in range(4)))
    assert await stored(held) == links(messages)


async def test_the_replica_counts_near_duplicates_once_or_as_many_as_sql_does(database_url: str, held: asyncpg.Connection) -> None:
    rng = random.Random(3)
    replica = Replica(10_000_000, AdmissionQueue(100, 60))
    follower = Follower(database_url, replica)
    messages = [made_up(rng, number) for number in range(120)]
    different = 0
    async with IncidentWriter(held) as writer:
        await write(writer, messages[:60])
        for step in range(8):
            await follower.poll(held)
            for once in (False, True):
                start = BEGIN + rng.randrange(200_000)
                stop, now = start + rng.randrange(1, 260_000), BEGIN + rng.randrange(400_000)
                statuses = STATUSES[step % 4]
                selection = Selection(Window(start, stop), now, statuses=Statuses(statuses.chosen, statuses.overdue, once))
                chosen = sorted(map(int, statuses.chosen))
                expected = tuple(await held.fetchrow(COUNT, start, stop, now, chosen, statuses.overdue, once))
                found = await replica.run(lambda state, asked: state.counter.per_cell(asked, 5).sum(axis=0).tolist(), selection)
                assert tuple(found) == expected
                different += once and expected != tuple(await held.fetchrow(COUNT, start, stop, now, chosen, statuses.overdue, False))
            # Sometimes nothing but links changes: another rule.
            if step % 2:
                await relink_all(database_url, DuplicateRule(rng.choice((30, 60, 100, 200)), 24), lambda _: None)
            else:
                newer = [changed(rng, one) for one in rng.sample(messages[:60], 10)]
                await write(writer, [*newer, *messages[60 + step * 7 : 67 + step * 7]])
    replica.close()
    assert different > 3


FETCHED = "select idx_tup_fetch + seq_tup_read from pg_stat_xact_user_tables where relname = 'incident'"
"""Rows of incidents that this transaction has read by an index or a scan, those that a filter left out included."""


def spread_out(rng: random.Random, first: int, count: int) -> list[Message]:
    """Messages of one day, none near another."""
    return [
        Message(rng.choice(SOURCES), str(number), "pothole", rng.uniform(30, 50), rng.uniform(45, 55), 0, BEGIN + rng.randrange(80_000))
        for number in range(first, first + count)
    ]


@pytest.mark.parametrize("statistics", ["none", "of_an_empty_table", "of_one_place"])
async def test_linking_reads_few_rows_for_each_incident_whatever_the_statistics_say(
    database_url: str, held: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, statistics: str
) -> None:
    rng, read = random.Random(1), []

    async def count_reads(connection: asyncpg.Connection, new: Sequence[int], changed_ids: Sequence[int]) -> int:
        if statistics == "of_an_empty_table":
            # As autovacuum does at any moment: rows that are not committed count as none.
            async with open_connection(database_url) as other:
                await other.execute("analyze incident")
        before = await connection.fetchval(FETCHED)
        linked = await link_duplicates(connection, new, changed_ids)
        read.append(await connection.fetchval(FETCHED) - before)
        return linked

    async with IncidentWriter(held) as writer:
        await held.execute("delete from pg_statistic where starelid = 'incident'::regclass")
        if statistics == "of_one_place":
            await write(
                writer, [Message("chat", f"past {day}", "pothole", 38.97, 45.03, 0, BEGIN - day * 86_400) for day in range(1, 1000)]
            )
            await held.execute("analyze incident")
        monkeypatch.setattr("ingest.write.incident_writer.link_duplicates", count_reads)
        for batch in range(2):
            await write(writer, spread_out(rng, batch * 1000, 1000))
    assert [0 < rows < 3_000 for rows in read] == [True, True], read


async def test_everything_that_takes_a_selection_takes_duplicates(database_url: str, held: asyncpg.Connection) -> None:
    at = partial(Message, theme="pothole", lng=38.97, lat=45.03, quality=0)
    async with IncidentWriter(held) as writer:
        await write(
            writer,
            [
                at("chat", "1", received=BEGIN, status=Status.CLOSED),
                at("portal", "2", received=BEGIN + 3600, status=Status.RETURNED),
                at("letter", "3", received=BEGIN + 7300, status=Status.CLOSED),
                at("chat", "4", received=BEGIN + 7200, status=Status.NEW),
            ],
        )
    window = {"from": "2025-11-12", "to": "2025-11-20"}
    async with asking(database_url) as client:

        async def asked(path: str, **more: str) -> Any:
            answer = await client.get(path, params=window | more)
            assert answer.status_code == 200, answer.text
            return answer.json()

        for how, total, open_, closed in (("count", 4, 2, 2), ("merge", 2, 1, 1)):
            more = {"duplicates": how}
            summary = await asked("/api/summary", **more)
            assert [summary[name] for name in ("n", "open", "closed")] == [total, open_, closed]
            table = await asked("/api/breakdown", by="status", **more)
            states = {row["status"]: row["count"] for row in table["cells"] if row["count"]}
            assert states == ({"closed": 2, "returned": 1, "new": 1} if how == "count" else {"closed": 1, "new": 1})
            assert sum(one["properties"]["count"] for one in (await asked("/ogc/collections/hexes/items", **more))["features"]) == total
            assert sum(row["n"] for row in (await asked("/tiles/hexes/14/9965/5891.json", **more))) == total
            assert (await asked("/api/legend", zoom="14", **more))["total"]["n"] == total
            assert (await asked("/api/legend", zoom="14", layer="incidents", **more))["incidents"] == total
            assert sum(row["count"] for row in (await asked("/api/timeline", **more))["buckets"]) == total
            tile = await client.get("/tiles/incidents/14/9965/5891.mvt", params=window | more)
            (place,) = mapbox_vector_tile.decode(tile.content)["incidents"]["features"]
            # The newest of the place stands for it, and its status is told without the mark of a near-duplicate.
            assert (place["properties"]["n"], place["properties"]["status"]) == (total, "closed" if how == "count" else "new")
        refused = await client.get("/api/summary", params={"duplicates": "drop"})
        assert refused.status_code == 400
        assert refused.json()["allowed"] == ["count", "merge"]
