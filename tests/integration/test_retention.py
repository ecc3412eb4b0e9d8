"""Forgetting: words go from wherever they are, do not come back with an old file, and no number changes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from typer.testing import CliRunner

from geo_service.aggregation.replica.follower import Follower
from geo_service.aggregation.replica.replica import Replica
from geo_service.cli.forget import parse_before, parse_fields
from geo_service.cli.main import app
from geo_service.core.admission import AdmissionQueue
from geo_service.core.database import connect
from geo_service.core.errors import InputError, InvalidParameter
from ingest.geocoding.toponyms.addresses import address_key
from ingest.jobs.retention import ErasedCounts, EraseRequest, count_erasable, erase_personal_data
from ingest.mapping.mapping import load_mapping
from ingest.runs.run import RunCounts, file_input, ingest_input

HEADER = "id,received_at,lng,lat,sector,theme,status,agency,address,text,due_at,answered_at,closed_at,updated_at\n"
LIMIT = datetime(2026, 6, 1, tzinfo=UTC)
BOTH = EraseRequest(LIMIT, frozenset({"text", "address"}))
WORDS = "select external_id, address, message from incident order by external_id"
NUMBERS = "select external_id, status, theme_id, received_at, due_at, location, location_quality, geocoded_by from incident order by 1"


def lines() -> str:
    """Twelve usable rows, old and new in turn, every third without coordinates; and a row of each age that is not usable."""
    made = []
    for number in range(12):
        received = f"2026-0{3 if number % 2 else 7}-1{number % 9}T10:00:00Z"
        place = "," if number % 3 == 0 else "38.97,45.03"
        made.append(f'{number:02},{received},{place},roads,Ямы,new,,"ул. Мира, {number % 4}, неведомо где",Иванов: яма {number},,,,\n')
    return HEADER + "".join(made) + "77,never,38.97,45.03,roads,Ямы,new,,тайная улица,тайный текст,,,,\n"


@pytest.fixture
async def held(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    made = await connect(database_url)
    await made.execute("truncate incident, incident_tombstone, reject, ingest_run, geocode_queue, geocode_cache, retention")
    yield made
    await made.close()


def written(path: Path) -> Path:
    path.write_text(lines(), encoding="utf-8")
    return path


async def load(url: str, path: Path) -> RunCounts:
    return (await ingest_input(url, file_input(written(path), load_mapping("plain"), "plain"), lambda _: None))[1]


async def remember(held: asyncpg.Connection, address: str, at: str) -> None:
    await held.execute(
        "insert into geocode_cache (key, location, location_quality, confidence, name, geocoded_by, fetched_at)"
        " values ($1, st_setsrid(st_makepoint(39, 45), 4326), 1, 1, $1, 4, $2::text::timestamptz)",
        address_key(address), at,
    )  # fmt: skip


async def everything(held: asyncpg.Connection) -> str:
    """All rows of all tables as text."""
    tables = await held.fetch("select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")
    parts = [str(await held.fetch(f'select whole::text from "{row[0]}" as whole')) for row in tables if row[0] != "spatial_ref_sys"]
    return "\n".join(parts)


async def test_what_is_old_loses_its_words_and_keeps_its_numbers(database_url: str, held: asyncpg.Connection, tmp_path: Path) -> None:
    await load(database_url, tmp_path / "file.csv")
    await held.execute("update ingest_run set started_at = '2026-03-20'")
    await remember(held, "ул. Мира, 1, неведомо где", "2026-07-01")
    await remember(held, "ул. Мира, 2, неведомо где", "2026-07-01")
    await remember(held, "проспект Давний, 5", "2026-03-01")
    replica = Replica(1_000_000, AdmissionQueue(10, 60))
    follower = Follower(database_url, replica)
    await follower.poll(held)
    words, numbers, state = await held.fetch(WORDS), await held.fetch(NUMBERS), (replica.revision, replica.live_rows)

    expected = ErasedCounts(incidents=6, texts=6, addresses=6, rejects=1, cached_addresses=2)
    assert await count_erasable(database_url, BOTH) == expected
    assert await held.fetch(WORDS) == words
    assert await count_erasable(database_url, EraseRequest(LIMIT, frozenset({"text"}))) == ErasedCounts(incidents=6, texts=6, rejects=1)

    seen: list[int] = []
    assert await erase_personal_data(database_url, BOTH, lambda done: seen.append(done.incidents), page=4) == expected
    assert seen[:2] == [4, 6]
    old = {f"{number:02}" for number in range(1, 12, 2)}
    assert [tuple(row) for row in await held.fetch(WORDS)] == [(row[0], "", "") if row[0] in old else tuple(row) for row in words]
    assert await held.fetch(NUMBERS) == numbers
    assert not await follower.poll(held)
    assert (replica.revision, replica.live_rows) == state
    replica.close()
    run = await held.fetchrow("select read, new, rejected from ingest_run")
    assert tuple(run) == (13, 12, '{"unreadable_date": 1}')
    assert tuple(await held.fetchrow("select line, reason, row_text, detail from reject")) == (14, "unreadable_date", "", "")
    whole = await everything(held)
    assert [word for word in ("яма 1'", "яма 11", "тайн", "Давний", address_key("ул. Мира, 3, неведомо где")) if word in whole] == []
    assert "яма 10" in whole
    assert await held.fetchval("select count(*) from geocode_queue inner join incident on id = incident_id where message = ''") == 0
    assert await count_erasable(database_url, BOTH) == ErasedCounts()


async def test_old_runs_are_deleted_with_their_rejects_and_incidents_stay(
    database_url: str, held: asyncpg.Connection, tmp_path: Path
) -> None:
    await load(database_url, tmp_path / "old.csv")
    await held.execute("update ingest_run set started_at = '2026-03-20', client = '203.0.113.9'")
    await held.execute("insert into ingest_run (input, mapping, started_at) values ('killed', 'plain', '2026-03-21')")
    await load(database_url, tmp_path / "new.csv")
    numbers, words = await held.fetch(NUMBERS), await held.fetch(WORDS)
    runs = EraseRequest(LIMIT, frozenset({"runs"}))
    assert await count_erasable(database_url, EraseRequest(LIMIT, frozenset({"text"}))) == ErasedCounts(incidents=6, texts=6, rejects=1)
    assert (await count_erasable(database_url, runs)).runs == 2
    assert (await erase_personal_data(database_url, runs, lambda _: None, page=1)).runs == 2
    assert [row["input"] for row in await held.fetch("select input from ingest_run")] == ["new.csv"]
    assert [tuple(row) for row in await held.fetch("select input, line from reject")] == [("new.csv", 14)]
    assert (await held.fetch(NUMBERS), await held.fetch(WORDS)) == (numbers, words)
    assert await held.fetch("select field from retention") == []


async def test_an_old_file_does_not_bring_words_back(database_url: str, held: asyncpg.Connection, tmp_path: Path) -> None:
    await load(database_url, tmp_path / "file.csv")
    await erase_personal_data(database_url, EraseRequest(LIMIT, frozenset({"text"})), lambda _: None)
    assert [bool(row["message"]) for row in await held.fetch(WORDS)] == [True, False] * 6
    assert all(row["address"] for row in await held.fetch(WORDS))
    words = await held.fetch(WORDS)
    again = await load(database_url, tmp_path / "file.csv")
    assert (again.new, again.changed, again.unchanged) == (0, 0, 12)
    assert await held.fetch(WORDS) == words
    # An earlier date later on does not make it keep again.
    await erase_personal_data(database_url, EraseRequest(datetime(2020, 1, 1, tzinfo=UTC), frozenset({"text"})), lambda _: None)
    await held.execute("truncate incident, incident_tombstone")
    assert (await load(database_url, tmp_path / "file.csv")).new == 12
    assert await held.fetch(WORDS) == words


async def test_the_command_tells_what_it_took(
    database_url: str, held: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await load(database_url, tmp_path / "file.csv")
    monkeypatch.setenv("GEO_DATABASE_URL", database_url)

    def asked(*words: str) -> list[str]:
        told = CliRunner().invoke(app, ["forget", "--before", "2026-06-01", "--what", *words], catch_exceptions=False)
        assert told.exit_code == 0
        return told.stdout.replace("│", " ").split("\n")

    assert any(line.split() == ["texts", "of", "incidents", "6"] for line in await asyncio.to_thread(asked, "text", "--dry-run"))
    assert any(line.split() == ["addresses", "of", "incidents", "6"] for line in await asyncio.to_thread(asked, "address"))
    assert await held.fetchval("select count(*) from incident where address = '' and message <> ''") == 6


@pytest.mark.parametrize("text", ["soon", "2026-13-01", "2999-01-01", "2026-01-01T10:00:00", "20260101"])
def test_only_an_instant_of_the_past_is_a_limit(text: str) -> None:
    with pytest.raises(InvalidParameter, match=r"--before: .* allowed: a date"):
        parse_before(text, ZoneInfo("Europe/Moscow"))


def test_dates_are_of_the_services_time_zone_and_kinds_are_known() -> None:
    assert parse_before("2026-06-01", ZoneInfo("Europe/Moscow")) == datetime(2026, 5, 31, 21, tzinfo=UTC)
    assert parse_fields("text, address") == {"text", "address"}
    with pytest.raises(InputError, match="'names'; allowed: text, address"):
        parse_fields("text,names")
