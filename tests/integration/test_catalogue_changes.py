"""`geo catalogue`: what merging, renaming and deleting do to incidents, to a running service, and to what is loaded later."""

import asyncio
import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from typer.testing import CliRunner

from geo_service.cli.main import app
from geo_service.core.database import open_connection
from geo_service.core.errors import InputError
from geo_service.core.sql.named_queries import query
from ingest.catalogue.changes import MergeRequest, merge_entries
from ingest.demo.db_writer import DemoWriter
from ingest.demo.messages.history import draw_history
from ingest.mapping.mapping import load_mapping
from ingest.runs.run import IngestOptions, RunCounts, file_input, ingest_input
from ingest.write.duplicates import DuplicateRule, relink_all
from tests.support.http_client import asking, until
from tests.support.ingest_client import KEY, emptied, fetch, holds, incident, outcomes, send
from tests.support.plain_csv import HEADER, csv_line

THEMES = "select theme.code, count(incident.id) from theme left join incident on theme_id = theme.id group by 1 order by 1"
AGENCIES = (
    "select agency.code, agency.name, count(incident.id) from agency left join incident on agency_id = agency.id group by 1, 2 order by 1"
)
SOURCES = "select source.code, count(incident.id) from source left join incident on source_id = source.id group by 1 order by 1"
ALIASES = (
    "select alias.code, theme.code from theme_alias as alias join theme on theme.id = theme_id"
    " union all select alias.code, agency.code from agency_alias as alias join agency on agency.id = agency_id"
    " union all select alias.code, source.code from source_alias as alias join source on source.id = source_id order by 1"
)
LINKS = (
    "select one.external_id, other.external_id from incident_link join incident as one on one.id = incident_id"
    " join incident as other on other.id = duplicate_of_id order by 1"
)
WHEN = {"from": "2026-11-01", "to": "2026-12-01"}


@pytest.fixture(autouse=True)
async def empty_catalogue(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No incidents and no entries; commands use this database."""
    await emptied(database_url)
    for table in ("theme", "agency", "source", "new_entry_count"):
        await fetch(database_url, f"delete from {table}")
    monkeypatch.setenv("GEO_DATABASE_URL", database_url)


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(database_url, write_keys=KEY) as made:
        yield made


async def geo(*words: str) -> str:
    """What `geo catalogue` prints. In a thread: commands bring an event loop of their own."""
    told = await asyncio.to_thread(CliRunner().invoke, app, ["catalogue", *words], catch_exceptions=False)
    assert told.exit_code == 0, told.output
    return told.output


async def by(client: httpx.AsyncClient, what: str, **selection: str) -> dict[str, int]:
    """Counts of the running service by the code of a theme, agency or source."""
    answer = await client.get("/api/breakdown", params={"by": what} | WHEN | selection)
    assert answer.status_code == 200, answer.text
    return {cell[what]: cell["count"] for cell in answer.json()["cells"] if cell["count"] and cell[what]}


async def seen(client: httpx.AsyncClient, what: str, counts: dict[str, int]) -> None:
    """Wait until the running service has these counts."""

    async def has_them() -> bool:
        return await by(client, what) == counts

    await until(has_them)


async def test_a_merge_of_themes_is_seen_by_a_running_service_and_lasts(
    client: httpx.AsyncClient, database_url: str, tmp_path: Path
) -> None:
    rows = [incident(str(number), theme=theme) for number, theme in enumerate(["Ямы", "Ямы", "Выбоины", "Ямы на дороге", "Снег"])]
    assert outcomes(await send(client, rows)) == ["new"] * 5
    await seen(client, "theme", {"roads-ямы": 2, "roads-выбоины": 1, "roads-ямы-на-дороге": 1, "roads-снег": 1})
    planned = await geo("merge", "theme", "roads-выбоины", "roads-ямы-*", "--into", "roads-ямы", "--dry-run")
    assert "this would change; nothing was" in planned
    assert [line.split("│")[2].strip() for line in planned.splitlines() if "incidents moved" in line] == ["2"]
    assert ("2026-11-24 to 2026-11-24" in planned, "roads-выбоины, roads-ямы-на-дороге" in planned) == (True, True)
    assert (await fetch(database_url, ALIASES), len(await fetch(database_url, THEMES))) == ([], 4)

    await geo("merge", "theme", "roads-выбоины", "roads-ямы-*", "--into", "roads-ямы")
    await seen(client, "theme", {"roads-ямы": 4, "roads-снег": 1})
    assert await fetch(database_url, ALIASES) == [("roads-выбоины", "roads-ямы"), ("roads-ямы-на-дороге", "roads-ямы")]
    listed = (await client.get("/api/incidents", params=WHEN)).json()
    assert [row["theme"] for row in listed["incidents"]].count("roads-ямы") == 4
    assert await by(client, "theme", theme="roads-выбоины") == {"roads-ямы": 4}, "an address with the former code"
    unknown = await client.get("/api/summary", params=WHEN | {"theme": "roads-дыры"})
    assert (unknown.status_code, set(unknown.json()["allowed"])) == (400, {"roads-ямы", "roads-снег"})

    again = [*rows, incident("5", theme="Выбоины"), incident("6", theme="roads-выбоины", sector=None)]
    assert outcomes(await send(client, again)) == ["unchanged"] * 5 + ["new"] * 2
    path = tmp_path / "later.csv"
    path.write_text(HEADER + csv_line("7").replace("Ямы", "Выбоины"), encoding="utf-8")
    _, counts = await ingest_input(database_url, file_input(path, load_mapping("plain"), "plain"), lambda _: None)
    assert counts.new == 1
    assert await fetch(database_url, THEMES) == [("roads-снег", 1), ("roads-ямы", 7)]
    await seen(client, "theme", {"roads-ямы": 7, "roads-снег": 1})
    document = json.loads(await geo("list", "theme", "--json"))
    assert [(entry["code"], entry["incidents"], entry["aliases"]) for entry in document] == [
        ("roads-снег", 1, []), ("roads-ямы", 7, ["roads-выбоины", "roads-ямы-на-дороге"]),
    ]  # fmt: skip


async def test_merged_agencies_and_sources_are_seen_and_last(client: httpx.AsyncClient, database_url: str) -> None:
    await send(client, [incident("1", agency="Управа"), incident("2", agency="управа города")], source="desk")
    await send(client, [incident("3", agency="Управа")], source="chat")
    await seen(client, "agency", {"desk-управа": 1, "desk-управа-города": 1, "chat-управа": 1})
    await geo("merge", "agency", "desk-управа-города", "chat-управа", "--into", "desk-управа")
    await seen(client, "agency", {"desk-управа": 3})
    await geo("merge", "source", "chat", "--into", "desk")
    await seen(client, "source", {"desk": 3})
    assert outcomes(await send(client, [incident("3", agency="Управа"), incident("4", agency="Управа")], source="chat")) == [
        "unchanged",
        "new",
    ]
    assert await fetch(database_url, SOURCES) == [("desk", 4)]
    assert await fetch(database_url, AGENCIES) == [("desk-управа", "Управа", 4)]
    await seen(client, "source", {"desk": 4})
    agencies = (await client.get("/api/agencies", params=WHEN)).text
    assert ("chat-управа" in agencies, "desk-управа" in agencies) == (False, True)


async def test_a_load_goes_on_while_its_entries_are_merged(database_url: str, tmp_path: Path) -> None:
    path, mapping = tmp_path / "rows.csv", load_mapping("plain")
    path.write_text(HEADER + "".join(csv_line(str(number)).replace("Ямы", f"Тема {number % 2}") for number in range(12)), encoding="utf-8")
    await fetch(database_url, "insert into agency (code, name) values ('other', 'Другая')")
    await fetch(database_url, "insert into source (code, name_ru, name_en) values ('letters', 'Письма', 'Letters')")
    own = mapping.source.code
    merges = iter([("theme", "roads-тема-1", "roads-тема-0"), ("agency", f"{own}-управа", "other"), ("source", own, "letters")])

    def merge_next(_: RunCounts) -> None:
        """Between two batches, whose ids are cached: the next one must notice."""
        if merge := next(merges, None):
            kind, code, into = merge
            changing = merge_entries(database_url, MergeRequest(kind, [code], into), lambda *_: None, dry_run=False)
            with ThreadPoolExecutor(1) as pool:
                pool.submit(asyncio.run, changing).result()

    _, counts = await ingest_input(database_url, file_input(path, mapping, "plain"), merge_next, IngestOptions(batch_size=3))
    assert (counts.new, counts.rejected.total()) == (12, 0)
    assert await fetch(database_url, THEMES) == [("roads-тема-0", 12)]
    assert await fetch(database_url, AGENCIES) == [("other", "Другая", 12)]
    assert await fetch(database_url, SOURCES) == [("letters", 12)]


async def test_a_change_waits_for_the_batch_that_is_being_written(database_url: str) -> None:
    await fetch(database_url, "insert into agency (code, name) values ('a', 'А'), ('b', 'Б')")
    async with open_connection(database_url) as writer:
        async with writer.transaction():
            await writer.fetchval(query("catalogue.lock_for_share"))
            merging = asyncio.create_task(merge_entries(database_url, MergeRequest("agency", ["a"], "b"), lambda *_: None, dry_run=False))
            await until(
                lambda: holds(database_url, "select from pg_stat_activity where wait_event_type = 'Lock' and query like '%for update'")
            )
            assert await fetch(database_url, "select code from agency order by 1") == [("a",), ("b",)]
        await merging
    assert await fetch(database_url, "select code from agency") == [("b",)]


async def test_merged_themes_make_duplicates_as_the_rule_says(client: httpx.AsyncClient, database_url: str) -> None:
    await send(client, [incident("1"), incident("far", lng=40.0)], source="bot")
    await send(
        client, [incident("2", theme="Выбоины", received_at="2026-11-24T11:00:00+03:00"), incident("3", theme="Снег")], source="chat"
    )
    assert await fetch(database_url, LINKS) == []
    assert "near-duplicates linked" in await geo("merge", "theme", "roads-выбоины", "--into", "roads-ямы")
    linked = await fetch(database_url, LINKS)
    assert linked == [("2", "1")]
    await relink_all(database_url, DuplicateRule(100, 24), lambda _: None)
    assert await fetch(database_url, LINKS) == linked
    await geo("merge", "source", "chat", "--into", "bot")
    assert await fetch(database_url, LINKS) == [], "of one source nothing is a duplicate"


@pytest.fixture
async def filled(client: httpx.AsyncClient, database_url: str) -> httpx.AsyncClient:
    """Sources with incidents of the same id, others with attribution or made up, and themes of two sectors."""
    await send(client, [incident("1", agency="Управа"), incident("2", theme="Снег")], source="bot")
    await send(client, [incident("1", sector="waste", theme="Свалка")], source="chat")
    await send(client, [incident("9")], source="open")
    await fetch(database_url, "update source set attribution = '© City' where code = 'open'")
    await fetch(database_url, "insert into source (code, name_ru, name_en, synthetic) values ('demo', 'Демо', 'Demo', true)")
    await fetch(database_url, "insert into source (code, name_ru, name_en) values ('open311', 'Open311', 'Open311')")
    return client


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("merge", "theme", "waste-свалка", "--into", "roads-ямы"),
            "of the sector waste into 'roads-ямы' of the sector roads.*--across-sectors",
        ),
        (("merge", "theme", "nothing", "--into", "roads-ямы"), "there is no theme 'nothing'; geo catalogue list theme"),
        (("merge", "theme", "nothing-*", "--into", "roads-ямы"), r"there is no theme 'nothing-\*'"),
        (("merge", "theme", "roads-ямы", "--into", "nothing"), "there is no theme 'nothing'"),
        (("merge", "theme", "roads-ямы", "--into", "roads-ямы"), "'roads-ямы' is the only theme that was named"),
        (("merge", "source", "chat", "--into", "bot"), "1 ids are those of incidents in several of these sources, such as '1'"),
        (("merge", "source", "open", "--into", "bot"), "must be shown with '© City'"),
        (("merge", "source", "bot", "--into", "demo"), "one of them has generated incidents, the other real ones"),
        (("merge", "source", "bot", "--into", "open311"), "/open311/ shows the texts.*GEO_OPEN311_TEXTS"),
        (("delete", "theme", "roads-ямы"), "cannot delete 'roads-ямы': 2 incidents have this theme; move them first: geo catalogue merge"),
        (("delete", "agency", "bot-*"), "cannot delete 'bot-управа': 1 incidents"),
        (("delete", "source", "demo", "bot"), "cannot delete 'bot'"),
        (("rename", "theme", "roads-ямы", "--name", "Снег"), "theme 'roads-снег' is called so; to join them: geo catalogue merge theme"),
        (("rename", "theme", "roads-ямы", "--code", "roads-снег"), "the code 'roads-снег' is that of another theme; to join them"),
        (("rename", "theme", "roads-ямы", "--code", "with space"), "'with space' cannot be a code"),
        (("rename", "theme", "roads-ямы", "--name", " "), "cannot be a name"),
        (("rename", "theme", "roads-ямы"), "nothing to rename"),
        (("rename", "agency", "bot-управа", "--name-en", "Council"), "an agency has one name"),
    ],
)
async def test_what_would_break_something_is_refused_and_nothing_is_changed(
    filled: httpx.AsyncClient, database_url: str, words: tuple[str, ...], told: str
) -> None:
    assert filled
    before = [await fetch(database_url, text) for text in (THEMES, AGENCIES, SOURCES, ALIASES)]
    with pytest.raises(InputError, match=told):
        await geo(*words)
    assert [await fetch(database_url, text) for text in (THEMES, AGENCIES, SOURCES, ALIASES)] == before


async def test_a_merge_across_sectors_changes_the_sector_where_that_is_wanted(filled: httpx.AsyncClient) -> None:
    planned = await geo("merge", "theme", "waste-свалка", "--into", "roads-ямы", "--across-sectors", "--dry-run")
    assert "waste → roads" in planned
    await geo("merge", "theme", "waste-свалка", "--into", "roads-ямы", "--across-sectors")
    await seen(filled, "sector", {"roads": 4})
    assert outcomes(await send(filled, [incident("5", sector="waste", theme="Свалка")], source="chat")) == ["new"]
    await seen(filled, "sector", {"roads": 5})


async def test_new_names_are_seen_and_loads_leave_them_as_they_are(client: httpx.AsyncClient, database_url: str) -> None:
    rows = [incident("1", agency="Управа")]
    await send(client, rows)
    await seen(client, "theme", {"roads-ямы": 1})
    await geo("rename", "theme", "roads-ямы", "--name", "Ямы и выбоины", "--name-en", "Potholes")
    await geo("rename", "agency", "api-управа", "--name", "Управа города")
    await geo("rename", "source", "api", "--name", "Бот", "--code", "post")

    async def names() -> list[Any]:
        found = []
        for what in ("theme", "agency", "source"):
            (dimension,) = (await client.get("/api/breakdown", params={"by": what} | WHEN)).json()["dimensions"]
            found += [(entry["code"], entry["name"]["ru"], entry["name"]["en"]) for entry in dimension["entries"] if entry["code"]]
        return found

    expected = [("roads-ямы", "Ямы и выбоины", "Potholes"), ("api-управа", "Управа города", "Управа города"), ("post", "Бот", "api")]

    async def has_them() -> bool:
        return await names() == expected

    await until(has_them)
    assert outcomes(await send(client, [*rows, incident("2", agency="Управа")])) == ["unchanged", "new"]
    assert await fetch(database_url, "select code, name_ru from source") == [("post", "Бот")]
    assert await fetch(database_url, "select code, name_ru, name_en from theme") == [("roads-ямы", "Ямы и выбоины", "Potholes")]
    assert await fetch(database_url, "select code, name from agency") == [("api-управа", "Управа города")]
    await seen(client, "source", {"post": 2})
    assert await by(client, "source", source="api") == {"post": 2}, "an address with the former code"
    await geo("rename", "source", "api", "--code", "api")
    assert await fetch(database_url, ALIASES) == [("post", "api")], "and back"


async def test_unused_entries_are_deleted_and_may_come_again(client: httpx.AsyncClient, database_url: str) -> None:
    await send(client, [incident("1", agency="Управа"), incident("2", theme="Снег")])
    changed = [incident("1", agency="Другая", updated_at="2026-11-25"), incident("2", updated_at="2026-11-25")]
    assert outcomes(await send(client, changed)) == ["changed", "changed"]
    await seen(client, "theme", {"roads-ямы": 2})
    assert "api-управа" in await geo("list", "agency", "--unused")
    assert "nothing was" in await geo("delete", "agency", "api-управа", "--dry-run")
    await geo("delete", "agency", "api-управа")
    await geo("delete", "theme", "roads-снег")
    assert (await fetch(database_url, THEMES), await fetch(database_url, AGENCIES)) == ([("roads-ямы", 2)], [("api-другая", "Другая", 1)])
    # The writer's connection has the ids of the deleted entries in its cache.
    assert outcomes(await send(client, [incident("3", theme="Снег", agency="Управа")])) == ["new"]
    assert await fetch(database_url, THEMES) == [("roads-снег", 1), ("roads-ямы", 2)]
    await seen(client, "theme", {"roads-ямы": 2, "roads-снег": 1})


async def test_codes_that_are_forgotten_are_new_when_they_come_again(client: httpx.AsyncClient, database_url: str) -> None:
    await send(client, [incident("1"), incident("2", theme="Спам")])
    await geo("merge", "theme", "roads-спам", "--into", "roads-ямы", "--forget-codes")
    assert (await fetch(database_url, ALIASES), await fetch(database_url, THEMES)) == ([], [("roads-ямы", 2)])
    await send(client, [incident("3", theme="Спам")])
    assert await fetch(database_url, THEMES) == [("roads-спам", 1), ("roads-ямы", 2)]


async def test_after_deletion_the_numbers_of_sources_can_be_given_again(client: httpx.AsyncClient, database_url: str) -> None:
    await send(client, incident("1"), source="first")
    await fetch(database_url, "select setval(pg_get_serial_sequence('source', 'id'), 32766)")
    await fetch(database_url, "insert into source (code, name_ru, name_en) values ('last', 'Последний', 'Last')")
    assert (await send(client, incident("2"), source="new")).status_code == 409
    await geo("delete", "source", "last")
    assert (await send(client, incident("2"), source="new")).status_code == 200
    assert [count for _, count in await fetch(database_url, SOURCES)] == [1, 1]
    await seen(client, "source", {"first": 1, "new": 1})


async def test_deadline_rules_that_name_what_has_gone_are_said(
    client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await send(client, [incident("1"), incident("2", theme="Снег")], source="bot")
    rules = tmp_path / "deadlines.toml"
    rules.write_text('[[rule]]\nname = "snow"\ntheme = ["roads-снег"]\ncalendar_days = 1\n', encoding="utf-8")
    monkeypatch.setenv("GEO_DEADLINES", str(rules))
    told = await geo("merge", "theme", "roads-снег", "--into", "roads-ямы", "--dry-run")
    assert "Deadline rule 'snow' names the theme 'roads-снег', but not 'roads-ямы'" in told
    assert "Deadline rule" not in await geo("merge", "theme", "roads-ямы", "--into", "roads-снег", "--dry-run")


async def test_the_demo_goes_on_after_a_merge_of_its_themes(database_url: str) -> None:
    now = 1_790_000_000.0
    history = draw_history(now, now - 86_400, {}).take(np.arange(40))
    async with open_connection(database_url) as connection, DemoWriter(connection) as writer:
        await writer.write_history(history.take(np.arange(20)), now)
        themes = [code for code, count in await fetch(database_url, THEMES) if count]
        request = MergeRequest("theme", themes[1:], themes[0], across_sectors=True)
        await merge_entries(database_url, request, lambda *_: None, dry_run=False)
        await writer.write_history(history.take(np.arange(20, 40)), now)
    counts = dict(await fetch(database_url, THEMES))
    assert (sum(counts.values()), counts[themes[0]] >= 20, set(themes[1:]) & counts.keys()) == (40, True, set())
