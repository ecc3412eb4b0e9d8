"""Runs: from a file to the table, killed and started again, with every row accounted for."""

import asyncio
import gzip
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from geo_service.core.database import connect
from geo_service.core.errors import InputError
from geo_service.core.sql import advisory_locks
from ingest.mapping.mapping import load_mapping
from ingest.runs.run import IngestOptions, RunCounts, file_input, ingest_input
from tests.support.load_process import settled_states
from tests.support.paths import CHECKOUT
from tests.support.plain_csv import HEADER, csv_line
from tests.support.real_data import MINSK, needs


async def load(url: str, path: Path, mapping: str = "plain", batch_size: int = 20_000) -> tuple[int, RunCounts]:
    return await ingest_input(url, file_input(path, load_mapping(mapping), mapping), lambda _: None, IngestOptions(batch_size=batch_size))


def accounted(tally: RunCounts) -> int:
    return tally.new + tally.changed + tally.unchanged + tally.repeated + tally.stale + sum(tally.rejected.values())


async def emptied(url: str) -> asyncpg.Connection:
    held = await connect(url)
    await held.execute("truncate incident, incident_tombstone, reject, ingest_run")
    return held


async def rejects(held: asyncpg.Connection) -> list[tuple[int, str, str]]:
    return [tuple(row) for row in await held.fetch("select line, reason, row_text from reject order by line")]


async def test_every_row_is_loaded_or_kept_with_line_reason_and_text(database_url: str, tmp_path: Path) -> None:
    bad = {
        "unreadable_date": csv_line("2", at="soon"),
        "missing_coordinates": csv_line("3", lng="", address=""),
        "outside_world": csv_line("4", lat="91", address=""),
        "zero_coordinates": csv_line("5", lng="0", lat="0.0", address=""),
        "unknown_status": csv_line("6", status="lost"),
        "broken_row": "7,too,few\n",
        "closed_before_received": csv_line("8", closed="2026-10-01"),
    }
    path = tmp_path / "bad.csv"
    path.write_text(HEADER + csv_line("1") + "".join(bad.values()) + csv_line("9") + csv_line("9", status="closed"), encoding="utf-8")
    held = await emptied(database_url)
    kept = [(number, reason, text.rstrip("\n")) for number, (reason, text) in enumerate(bad.items(), start=3)]
    for turn in range(2):
        run, tally = await load(database_url, path)
        assert tally.read == accounted(tally) == 10
        assert (tally.new, tally.unchanged, tally.repeated) == ((3, 0, 1) if turn == 0 else (0, 3, 1))
        assert (sum(tally.rejected.values()), dict(tally.warned)) == (6, {"closed_before_received": 1})
        assert await rejects(held) == kept
        state = await held.fetchrow(
            "select state, read, new, unchanged, repeated, rejected ->> 'broken_row' as broken from ingest_run where id = $1", run
        )
        assert tuple(state) == ("finished", 10, tally.new, tally.unchanged, 1, "1")
    assert [tuple(row) for row in await held.fetch("select external_id, status, closed_at from incident order by 1")] == [
        ("1", 2, None),
        ("8", 2, None),
        ("9", 6, None),
    ]
    await held.close()


async def test_bytes_that_are_no_text_are_kept_as_escapes(database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "bytes.csv"
    path.write_bytes(
        (HEADER + csv_line("1")).encode() + csv_line("2").replace("Мира", "??").encode().replace(b"??", b"\xff\0") + b'3,"open\n'
    )
    held = await emptied(database_url)
    _, tally = await load(database_url, path)
    assert (tally.new, tally.rejected["broken_row"]) == (1, 2)
    assert [(number, "\\xff\\x00" in text) for number, _, text in await rejects(held)] == [(3, True), (4, False)]
    await held.close()


async def test_an_older_file_changes_nothing_and_a_newer_one_wins(database_url: str, tmp_path: Path) -> None:
    held = await emptied(database_url)
    path = tmp_path / "versions.csv"
    for updated, status, kind in (("2026-11-03", "in_work", "new"), ("2026-11-02", "new", "stale"), ("2026-11-03", "answered", "changed")):
        path.write_text(HEADER + csv_line("1", status=status).rstrip("\n") + updated + "\n", encoding="utf-8")
        _, tally = await load(database_url, path)
        assert getattr(tally, kind) == tally.read == 1
    assert await held.fetchval("select status from incident") == 4
    await held.close()


def many(path: Path, count: int) -> Path:
    rows = (csv_line(str(number), lng=f"{38 + number / count}", status="lost" if number % 100 == 0 else "new") for number in range(count))
    path.write_text(HEADER + "".join(rows), encoding="utf-8")
    return path


STATE = "select external_id, st_x(location), status, theme_id, received_at from incident order by external_id"
LOAD = """
import sys
from pathlib import Path
from tests.support.load_process import load_and_die
load_and_die(sys.argv[1], Path(sys.argv[2]), 200, int(sys.argv[3]))
"""
"""Loads a file in batches of 200 rows and is killed at the statement of this number."""
FATAL = 300
"""A batch takes about ten statements, the preparations about twenty."""


async def test_a_run_that_was_killed_and_started_again_ends_like_one_that_was_not(database_url: str, tmp_path: Path) -> None:
    path = many(tmp_path / "many.csv", 20_000)
    held = await emptied(database_url)
    command = [sys.executable, "-c", LOAD, database_url, str(path), str(FATAL)]
    process = await asyncio.to_thread(subprocess.run, command, cwd=CHECKOUT, check=False, timeout=120)
    assert process.returncode == -signal.SIGKILL
    written = await held.fetchval("select count(*) from incident")
    assert 1_000 <= written < 19_800
    _, tally = await load(database_url, path)
    assert tally.unchanged >= written
    assert tally.read == accounted(tally) == 20_000
    killed = await held.fetch(STATE), await rejects(held)
    assert await settled_states(held) == ["interrupted", "finished"]
    await held.execute("truncate incident, incident_tombstone, reject")
    await load(database_url, path)
    assert (await held.fetch(STATE), await rejects(held)) == killed
    await held.close()


async def test_a_run_under_way_is_not_taken_for_an_interrupted_one(database_url: str, tmp_path: Path) -> None:
    path = many(tmp_path / "many.csv", 300)
    held = await emptied(database_url)
    states: list[str] = []

    async def look() -> None:
        await load(database_url, path)
        states.extend(row["state"] for row in await held.fetch("select state from ingest_run order by id"))

    hold = await connect(database_url)
    run = await hold.fetchval("insert into ingest_run (input, mapping) values ('x', 'plain') returning id")
    await hold.execute("select pg_advisory_lock($1::bigint)", advisory_locks.RUNS + run)
    await look()
    assert states == ["running", "finished"]
    await hold.close()
    await look()
    assert states[2:] == ["interrupted", "finished", "finished"]
    await held.close()


async def test_a_run_that_fails_says_so(database_url: str, tmp_path: Path) -> None:
    held = await emptied(database_url)

    def stumble(_: RunCounts) -> None:
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        source = file_input(many(tmp_path / "many.csv", 300), load_mapping("plain"), "plain")
        await ingest_input(database_url, source, stumble, IngestOptions(batch_size=100))
    assert await held.fetchval("select state from ingest_run") == "failed"
    assert await held.fetchval("select count(*) from incident") == 99
    await held.close()


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"nothing,useful\n1,2\n", "no column id, received_at"),
        (b"%PDF-1.7\n", "it is a PDF"),
        (gzip.compress(HEADER.encode() * 100)[:-20], "cut short or damaged"),
    ],
)
async def test_a_file_that_cannot_be_read_from_its_header_on_is_a_failed_run(
    database_url: str, tmp_path: Path, content: bytes, cause: str
) -> None:
    connection = await emptied(database_url)
    (tmp_path / "bad.csv").write_bytes(content)
    with pytest.raises(InputError, match=cause):
        await load(database_url, tmp_path / "bad.csv")
    row = await connection.fetchrow("select input, mapping, state, read, finished_at is not null as is_over from ingest_run")
    assert tuple(row) == ("bad.csv", "plain", "failed", 0, True)
    await connection.close()


async def test_a_file_with_a_header_alone_is_a_finished_run_whose_columns_are_known(database_url: str, tmp_path: Path) -> None:
    connection = await emptied(database_url)
    (tmp_path / "empty.csv").write_text(HEADER, encoding="utf-8")
    _, counts = await load(database_url, tmp_path / "empty.csv")
    row = await connection.fetchrow("select state, read, row_format ->> 'delimiter' as delimiter from ingest_run")
    assert (tuple(row), counts.read) == (("finished", 0, ","), 0)
    await connection.close()


async def test_of_a_packed_file_cut_short_whole_batches_stay_and_the_run_is_failed(database_url: str, tmp_path: Path) -> None:
    held = await emptied(database_url)
    path = many(tmp_path / "many.csv", 5_000)
    packed = gzip.compress(path.read_bytes())
    (tmp_path / "cut.csv.gz").write_bytes(packed[: len(packed) * 4 // 5])
    with pytest.raises(InputError, match=r"cut\.csv\.gz to its end: it is cut short or damaged"):
        await load(database_url, tmp_path / "cut.csv.gz", batch_size=100)
    state, read = await held.fetchrow("select state, read from ingest_run")
    assert (state, read % 100) == ("failed", 0)
    assert 0 < await held.fetchval("select count(*) from incident") == read * 99 // 100
    (tmp_path / "cut.csv.gz").write_bytes(packed)
    _, tally = await load(database_url, tmp_path / "cut.csv.gz")
    assert tally.new + tally.unchanged == 4_950
    await held.close()


@needs(MINSK)
async def test_the_real_file_of_minsk_is_loaded_and_loading_it_again_changes_nothing(database_url: str) -> None:
    held = await emptied(database_url)
    _, first = await load(database_url, MINSK, "minsk115")
    assert (first.read, first.new, dict(first.rejected), dict(first.warned)) == (105_097, 105_097, {}, {"coordinates_left_out": 6})
    _, second = await load(database_url, MINSK, "minsk115")
    assert (second.read, second.unchanged, dict(second.rejected)) == (105_097, 105_097, {})
    by_status = await held.fetch("select status, count(*) from incident group by status order by status")
    assert [tuple(row) for row in by_status] == [(2, 2_937), (3, 13_278), (6, 88_882)]
    assert await held.fetchval("select count(distinct theme_id) from incident") == 109
    assert await held.fetchval("select count(*) from reject") == 6
    await held.close()
