"""Runs and their rejects: told by the commands and over HTTP, and given back to be mended and loaded again."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import openpyxl
import pytest
from typer.testing import CliRunner

from geo_service.cli.main import app
from geo_service.core.database import connect
from geo_service.core.errors import InputError
from ingest.mapping.mapping import Mapping, load_mapping
from ingest.runs.reject_export import write_csv
from ingest.runs.run import IngestOptions, RunCounts, file_input, ingest_input
from tests.support.http_client import asking

COLUMNS = ["id", "received_at", "lng", "lat", "sector", "theme", "status", "agency", "address", "text", "due_at"]
COLUMNS += ["answered_at", "closed_at", "updated_at", "note"]
GOOD = {"received_at": "2026-11-01T10:00:00Z", "lng": "38.97", "lat": "45.03", "sector": "roads", "theme": "Ямы", "status": "new"}
BAD = ({"received_at": "soon"}, {"status": "lost", "text": 'Сказал: "яма";\nи ещё'}, {"lat": "91"}, {"id": ""})
MENDED = {"received_at": "2026-11-01T10:00:00Z", "status": "new", "lat": "45.03"}
KEY = "0123456789abcdef"


def rows() -> list[dict[str, str]]:
    """Ten rows, of which four cannot be used."""
    made = [dict.fromkeys(COLUMNS, "") | GOOD | {"id": str(number), "note": f"№ {number}"} for number in range(10)]
    for row, fault in zip(made[::2], BAD, strict=False):
        row.update(fault)
    return made


async def load(url: str, path: Path, mapping: Mapping) -> tuple[int, RunCounts]:
    return await ingest_input(url, file_input(path, mapping, "plain"), lambda _: None, IngestOptions(batch_size=3))


def formatted(**form: object) -> Mapping:
    """The mapping of the service's own columns for a file that is cut in this way."""
    plain = load_mapping("plain")
    return plain.model_copy(update={"file": plain.file.model_copy(update=form)})


@pytest.fixture
async def held(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    made = await connect(database_url)
    await made.execute("truncate incident, incident_tombstone, reject, ingest_run")
    yield made
    await made.close()


def as_csv(path: Path) -> Mapping:
    with path.open("w", newline="", encoding="cp1251") as file:
        file.write("Выгрузка за ноябрь\n")
        writer = csv.DictWriter(file, COLUMNS, delimiter=";")
        writer.writeheader()
        writer.writerows(rows())
        file.write("77;only;these\n")
    return formatted(format="csv", delimiter=";", encoding="cp1251", skip=1)


def as_ndjson(path: Path) -> Mapping:
    lines = [json.dumps({name: value for name, value in row.items() if value}, ensure_ascii=False) for row in rows()]
    path.write_text("\n".join([*lines, '{"id": "77",']) + "\n", encoding="utf-8")
    return formatted(format="ndjson")


def as_xlsx(path: Path) -> Mapping:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(COLUMNS)
    for row in rows():
        sheet.append([row[name] for name in COLUMNS])
    sheet.append([None, "never"])
    book.save(path)
    return load_mapping("plain")


@pytest.mark.parametrize(("made", "own_columns"), [(as_csv, COLUMNS), (as_ndjson, None), (as_xlsx, None)])
async def test_rejects_come_back_in_the_columns_of_their_input_and_once_mended_they_are_loaded(
    database_url: str, held: asyncpg.Connection, tmp_path: Path, made: object, own_columns: list[str] | None
) -> None:
    path = tmp_path / f"input.{made.__name__.removeprefix('as_')}"  # type: ignore[attr-defined]
    mapping = made(path)  # type: ignore[operator]
    run, tally = await load(database_url, path, mapping)
    assert (tally.new, sum(tally.rejected.values())) == (6, 5)
    out = io.StringIO(newline="")
    assert await write_csv(held, run, out) == 5
    given_back = csv.DictReader(io.StringIO(out.getvalue(), newline=""))
    if own_columns:
        assert given_back.fieldnames == ["reject_line", "reject_reason", "reject_detail", "reject_row", *own_columns]
    found = list(given_back)
    assert [row["reject_reason"] for row in found] == [
        "unreadable_date",
        "unknown_status",
        "outside_world",
        "broken_row",
        found[4]["reject_reason"],
    ]
    assert [int(row["reject_line"]) for row in found] == sorted(int(row["reject_line"]) for row in found)
    assert "soon" in found[0]["reject_detail"]
    assert found[1]["text"] == BAD[1]["text"]
    assert found[1].get("note", "№ 2") == "№ 2"

    again = tmp_path / "again.csv"
    again.write_text(out.getvalue(), encoding="utf-8", newline="")
    refused, tally = await load(database_url, again, mapping)
    assert (tally.new, sum(tally.rejected.values())) == (0, 5), "as long as nothing is mended nothing is taken in"
    second = io.StringIO(newline="")
    await write_csv(held, refused, second)
    assert csv.DictReader(io.StringIO(second.getvalue())).fieldnames == given_back.fieldnames

    for number, row in enumerate(found):
        row.update(MENDED, id=f"mended {number}", lng="38.97", sector="roads", theme="Ямы")
    with again.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, given_back.fieldnames or [], delimiter=";")
        writer.writeheader()
        writer.writerows(found)
    _, tally = await load(database_url, again, mapping)
    assert (tally.new, dict(tally.rejected)) == (5, {})
    assert await held.fetchval("select message from incident where external_id = 'mended 1'") == BAD[1]["text"]
    assert await held.fetchval("select count(*) from incident") == 11


async def test_a_run_tells_its_counts_rejects_and_places_by_precision(database_url: str, held: asyncpg.Connection, tmp_path: Path) -> None:
    path = tmp_path / "words.csv"
    unplaced = rows()
    for row in unplaced[1::2]:
        row.update(lng="", lat="", address="неведомо где")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(unplaced)
    runs = [(await load(database_url, path, load_mapping("plain")))[0] for _ in range(3)]
    killed = await held.fetchval("insert into ingest_run (input, mapping) values ('gone.csv', 'plain') returning id")
    async with asking(database_url, write_keys=(KEY,)) as client:
        client.headers["Authorization"] = f"Bearer {KEY}"
        page = (await client.get("/api/ingest/runs", params={"limit": 2})).json()
        assert [(row["id"], row["state"]) for row in page["runs"]] == [(killed, "interrupted"), (runs[2], "finished")]
        rest = await client.get(page["next"])
        assert [row["id"] for row in rest.json()["runs"]] == [runs[1], runs[0]]
        assert rest.headers["link"] == f'<{rest.json()["next"]}>; rel="next"'
        assert (await client.get(rest.json()["next"])).json() == {"runs": [], "next": None}
        first = rest.json()["runs"][1]
        assert (first["input"], first["read"], first["new"], first["unchanged"], first["located"]) == ("words.csv", 10, 6, 0, {"none": 5})
        assert first["rejected"] == {"unreadable_date": 1, "unknown_status": 1, "outside_world": 1, "broken_row": 1}
        table = list(csv.DictReader(io.StringIO((await client.get("/api/ingest/runs", params={"format": "csv"})).text)))
        assert (table[3]["id"], table[3]["rejected_broken_row"], table[3]["located_none"]) == (str(runs[0]), "1", "5")
        one = (await client.get(f"/api/ingest/runs/{runs[2]}")).json()
        assert (one["unchanged"], one["rejects"]) == (6, f"/api/ingest/runs/{runs[2]}/rejects")
        for path_, status in ((f"/api/ingest/runs/{killed + 1}", 404), ("/api/ingest/runs/x", 400), ("/api/ingest/runs?before=-1", 400)):
            assert (await client.get(path_)).status_code == status


async def test_runs_are_read_over_http_with_a_key_alone(database_url: str, held: asyncpg.Connection) -> None:
    run = await held.fetchval("insert into ingest_run (input, mapping, client) values ('private.csv', 'plain', '203.0.113.9') returning id")
    async with asking(database_url, write_open=True) as opened, asking(database_url, write_keys=(KEY,)) as keyed:
        for path in ("/api/ingest/runs", f"/api/ingest/runs/{run}", "/api/ingest/runs?format=csv"):
            refused = await opened.get(path, headers={"Authorization": f"Bearer {KEY}"})
            assert (refused.status_code, "GEO_WRITE_KEYS" in refused.json()["detail"]) == (403, True)
            for headers in ({}, {"Authorization": f"Bearer {KEY}x"}):
                refused = await keyed.get(path, headers=headers)
                assert (refused.status_code, "private.csv" in refused.text, "203.0" in refused.text) == (401, False, False)
            shown = await keyed.get(path, headers={"Authorization": f"Bearer {KEY}"})
            assert (shown.status_code, shown.headers["cache-control"]) == (200, "private, no-store")
            assert ("private.csv" in shown.text, "203.0.113.9" in shown.text) == (True, True)


async def test_rejected_rows_are_read_over_http_with_a_key_alone(database_url: str, held: asyncpg.Connection, tmp_path: Path) -> None:
    mapping = as_csv(tmp_path / "input.csv")
    run, _ = await load(database_url, tmp_path / "input.csv", mapping)
    address = f"/api/ingest/runs/{run}/rejects"
    async with asking(database_url) as client:
        refused = await client.get(address, headers={"Authorization": f"Bearer {KEY}"})
        assert (refused.status_code, "GEO_WRITE_KEYS" in refused.json()["detail"]) == (403, True)
    async with asking(database_url, write_keys=("another key, of others", KEY)) as client:
        for headers in ({}, {"Authorization": "Bearer"}, {"Authorization": f"Basic {KEY}"}, {"Authorization": f"Bearer {KEY}x"}):
            refused = await client.get(address, headers=headers)
            assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        client.headers["Authorization"] = f"Bearer {KEY}"
        pages = [await client.get(address, params={"limit": 3})]
        assert pages[0].headers["cache-control"] == "private, no-store"
        pages.append(await client.get(pages[0].json()["next"]))
        found = [one for page in pages for one in page.json()["rejects"]]
        assert [one["line"] for one in found] == [3, 5, 8, 10, 14]
        assert (found[1]["row"]["text"], found[1]["text"]) == (BAD[1]["text"], None)
        assert (found[4]["row"], found[4]["text"]) == (None, "77;only;these")
        assert pages[1].json()["next"] is None
        out = io.StringIO(newline="")
        await write_csv(held, run, out)
        assert (await client.get(address, params={"format": "csv"})).text == out.getvalue()
        assert (await client.get(address, params={"after": "1"})).status_code == 400


async def test_the_commands_list_runs_and_give_rejects_back(
    database_url: str, held: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapping = as_csv(tmp_path / "input.csv")
    earlier, _ = await load(database_url, tmp_path / "input.csv", mapping)
    run, _ = await load(database_url, tmp_path / "input.csv", mapping)
    monkeypatch.setenv("GEO_DATABASE_URL", database_url)

    def asked(*words: str) -> tuple[str, str]:
        # In a thread: commands bring an event loop of their own.
        told = CliRunner().invoke(app, ["ingest", *words], catch_exceptions=False)
        assert told.exit_code == 0
        return told.stdout, told.stderr

    listed = json.loads((await asyncio.to_thread(asked, "runs", "--json"))[0])
    assert [(one["id"], one["new"], one["unchanged"]) for one in listed] == [(run, 0, 6), (earlier, 6, 0)]
    assert listed[0]["rejected"]["broken_row"] == 2
    shown, _ = await asyncio.to_thread(asked, "runs", "--limit", "1")
    assert "input.csv" in shown
    out = io.StringIO(newline="")
    await write_csv(held, run, out)
    printed, told = await asyncio.to_thread(asked, "rejects", "--run", str(run), "--csv")
    assert (printed.replace("\r\n", "\n"), told) == (out.getvalue().replace("\r\n", "\n"), "")
    _, told = await asyncio.to_thread(asked, "rejects", "--run", str(earlier), "--csv")
    moved = f"5 more rejected rows of run {earlier} were rejected again by a later run of the same input: geo ingest rejects --run {run}\n"
    assert told == moved
    shown, told = await asyncio.to_thread(asked, "rejects", "--run", str(earlier))
    assert (shown, told) == ("", moved)
    shown, told = await asyncio.to_thread(asked, "rejects", "--run", str(earlier), "--warnings")
    assert (shown, told) == ("", moved)
    await held.execute("update reject set row_text = '', detail = '', digest = sha256(id::text::bytea) where run_id = $1", run)
    assert (await asyncio.to_thread(asked, "rejects", "--run", str(run)))[
        1
    ] == f"5 more rejected rows of run {run} were erased by geo forget.\n"
    await load(database_url, tmp_path / "input.csv", mapping)
    run += 1
    assert "unknown_status" in (await asyncio.to_thread(asked, "rejects", "--run", str(run)))[0]
    with pytest.raises(InputError, match="there is no run 999"):
        await asyncio.to_thread(asked, "rejects", "--run", "999")


def damaged(folder: Path, kind: str) -> Path:
    """A file that fails before its first row, in one of the ways that files do."""
    path = folder / {"workbook": "a.xlsx", "parquet": "a.parquet", "archive": "a.csv.gz", "json": "a.json"}.get(kind, "a.csv")
    contents = {
        "empty": b"",
        "columns": b"number,date\n1,2\n", "encoding": "id,received_at\n1,№\n".encode("utf-16-be"),
        "workbook": b"PK\x03\x04damaged",
        "parquet": b"PAR1damaged", "archive": b"\x1f\x8b\x08\x00damaged", "json": b'{"rows": [',
    }  # fmt: skip
    if kind == "folder":
        path.mkdir()
    elif kind != "missing":
        path.write_bytes(contents[kind])
    return path


@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "columns", "encoding", "workbook", "parquet", "archive", "json"])
async def test_a_file_that_fails_before_its_first_row_is_a_failed_run(
    database_url: str, held: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("GEO_DATABASE_URL", database_url)
    path = damaged(tmp_path, kind)
    done = await asyncio.to_thread(CliRunner().invoke, app, ["ingest", str(path)])
    assert isinstance(done.exception, InputError), done.output
    assert path.name in str(done.exception)
    runs = [tuple(row) for row in await held.fetch("select input, mapping, state, read, finished_at is not null from ingest_run")]
    assert runs == [(path.name, "plain", "failed", 0, True)]
