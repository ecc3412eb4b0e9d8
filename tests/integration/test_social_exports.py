"""Exports of VK and Telegram in the database: placed by their words and what they answer, loaded again, edited, and without authors."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from geo_service.core.database import connect
from geo_service.core.model import LocationQuality
from ingest.demo.district_loader import load_demo_districts
from ingest.geocoding.batch_geocoder import CONTEXT_CONFIDENCE
from ingest.mapping.mapping import load_mapping
from ingest.runs.run import IngestOptions, RunCounts, file_input, ingest_input
from tests.support.social_exports import AUTHORS, EXPORTS

PLACED = {
    "vk": {
        "-55_10": ("settlement", "Каневской район"),
        "-55_11": ("exact", "Абинский район"),
        "-55_12": ("settlement", "Анапа"),
        "-55_13": ("settlement", "Темрюкский район"),
        "-55_10_20": ("settlement", "Каневской район"),
        "-55_10_22": ("settlement", "Анапа"),
        "-55_10_25": ("settlement", "Каневской район"),
    },
    "telegram": {
        "1123_2": ("settlement", "Каневской район"),
        "1123_4": ("exact", "Абинский район"),
        "1123_6": ("settlement", "Анапа"),
        "1124_3": ("settlement", "Абинский район"),
        "1125_1": ("settlement", "Темрюкский район"),
    },
}
BY_CONTEXT = {"-55_13", "-55_10_20", "-55_10_25", "1123_2"}


@pytest.fixture(scope="module")
def region(database_url: str) -> str:
    """The database with the demo's districts."""
    asyncio.run(load_demo_districts(database_url))
    return database_url


@pytest.fixture
async def connection(region: str) -> AsyncIterator[asyncpg.Connection]:
    made = await connect(region)
    await made.execute("truncate incident, incident_tombstone, reject, ingest_run, geocode_queue, geocode_cache")
    yield made
    await made.close()


async def load(url: str, name: str, path: Path | None = None) -> RunCounts:
    run_input = file_input(path or EXPORTS[name], load_mapping(name), name)
    _, counts = await ingest_input(url, run_input, lambda _: None, IngestOptions(batch_size=3))
    return counts


async def places(connection: asyncpg.Connection) -> dict[str, tuple[str, str | None]]:
    rows = await connection.fetch(
        "select external_id, location_quality, name_ru from incident left join district on district.id = district_id"
    )
    return {row["external_id"]: (LocationQuality(row["location_quality"]).code, row["name_ru"]) for row in rows}


@pytest.mark.parametrize("name", EXPORTS)
async def test_messages_are_placed_by_their_words_or_by_those_that_they_answer_and_a_second_load_changes_nothing(
    region: str, connection: asyncpg.Connection, name: str
) -> None:
    first = await load(region, name)
    assert first.new == len(PLACED[name])
    assert await places(connection) == PLACED[name]
    confidences = {row["external_id"]: row["confidence"] for row in await connection.fetch("select external_id, confidence from incident")}
    unsure = {number for number, confidence in confidences.items() if confidence and confidence <= CONTEXT_CONFIDENCE + 1e-6}
    assert unsure == BY_CONTEXT & set(confidences)
    second = await load(region, name)
    assert (second.new, second.changed, second.unchanged) == (0, 0, first.new)
    assert (second.read, second.rejected, second.skipped) == (first.read, first.rejected, first.skipped)
    assert first.read == first.new + first.rejected.total()
    assert ("passed over: deleted", "1") in list(first.summary_rows()) or name != "vk"


@pytest.mark.parametrize("name", EXPORTS)
async def test_nothing_of_an_author_is_in_any_table_or_in_the_log(
    region: str, connection: asyncpg.Connection, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await load(region, name)
    assert await connection.fetchval("select count(*) from reject") > 0
    tables = await connection.fetch("select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'public'")
    assert len(tables) > 10
    kept = [row["text"] for table in tables for row in await connection.fetch(f"select t::text as text from {table['name']} as t")]
    # Geometries and ids of transactions are numbers in which anything may be.
    words = [text for text in kept if "дороге" in text or "ключ" in text or any(part in text for part in AUTHORS[:3])]
    assert words
    assert not [(part, text) for part in (*AUTHORS[:3], "918 000", "ключ") for text in kept if part in text]
    columns = await connection.fetch("select external_id, message, address from incident")
    assert not [part for part in AUTHORS for row in columns if part in f"{row['message']}{row['address']}{row['external_id']}"]
    assert not [part for part in AUTHORS for part_of_log in (caplog.text,) if part in part_of_log]


async def test_an_edited_message_updates_its_incident_and_one_that_is_older_does_not(
    region: str, connection: asyncpg.Connection, tmp_path: Path
) -> None:
    message = {"id": 1, "type": "message", "date_unixtime": "1700000000", "text": "нет света в Анапе"}
    path = tmp_path / "result.json"

    async def load_message(**values: str) -> RunCounts:
        path.write_text(json.dumps({"id": 5, "type": "private_group", "messages": [message | values]}), encoding="utf-8")
        return await load(region, "telegram", path)

    assert (await load_message()).new == 1
    assert (await load_message(text="нет света в Абинске", edited_unixtime="1700000100")).changed == 1
    assert (await load_message()).stale == 1
    assert await places(connection) == {"5_1": ("settlement", "Абинский район")}


async def test_comments_that_are_loaded_without_their_posts_later_stay_where_they_were(
    region: str, connection: asyncpg.Connection, tmp_path: Path
) -> None:
    await load(region, "vk")
    responses = json.loads(EXPORTS["vk"].read_text(encoding="utf-8"))
    path = tmp_path / "comments.json"
    path.write_text(json.dumps(responses[1]), encoding="utf-8")
    counts = await load(region, "vk", path)
    assert (counts.new, counts.changed) == (0, 0)
    assert await places(connection) == PLACED["vk"]
