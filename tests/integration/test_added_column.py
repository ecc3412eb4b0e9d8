"""A column of `incident` is added by editing four files: the upsert, its COPY, the schema and the replica follow."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.databases import create_database, database_address, execute_statement
from tests.support.paths import CHECKOUT

MIGRATION = '''"""How urgent an incident is."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "HEAD"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("incident", sa.Column("severity", sa.SmallInteger(), nullable=True, comment="1 to 3"))
'''

EDITS = {
    "geo_service/core/sql/incident_columns.py": {
        '    IncidentColumn("due_at",': '    IncidentColumn("severity", "smallint", "0", comment="1 to 3"),\n    IncidentColumn("due_at",',
        '    ReplicaField("quality",': '    ReplicaField("severity", "severity", np.uint8),\n    ReplicaField("quality",',
    },
    "ingest/write/incident_batch.py": {
        "    updated_at: InstantArray\n": "    updated_at: InstantArray\n    severity: NDArray[np.int16] | None = None\n",
    },
    "ingest/validate/validate.py": {
        "        status=statuses,\n": "        status=statuses,\n        severity=statuses + np.int16(1),\n",
    },
}
"""What stands in a file, and what takes its place: with the migration all that a new column needs."""

PROGRAM = """
import asyncio, sys
from pathlib import Path
import numpy as np
from alembic import command
from geo_service.aggregation.columns.columns import BATCH
from geo_service.aggregation.replica.loader import read_incidents
from geo_service.core.database import alembic_config, migrate, open_connection
from ingest.mapping.mapping import load_mapping
from ingest.runs.run import file_input, ingest_input

assert Path(ingest_input.__code__.co_filename).is_relative_to(sys.argv[2]), ingest_input.__code__.co_filename
url, path = sys.argv[1], Path(sys.argv[2]) / "rows.csv"
HEAD = "id,received_at,lng,lat,sector,theme,status,agency,address,due_at,answered_at,closed_at,updated_at"

async def load(statuses):
    rows = [f"{number},2026-11-01T10:00:00Z,38.97,45.03,roads,pit,{status},,,,,," for number, status in enumerate(statuses)]
    path.write_text("\\n".join([HEAD, *rows, ""]))
    counts = (await ingest_input(url, file_input(path, load_mapping("plain"), "plain"), lambda _: None))[1]
    async with open_connection(url) as connection:
        stored = [tuple(row) for row in await connection.fetch("select external_id, severity from incident order by 1")]
        batch = await read_incidents(connection)
    print(counts.new, counts.changed, counts.unchanged, stored, sorted(batch["severity"].tolist()), batch["severity"].dtype)

async def run():
    await migrate(url)
    await asyncio.to_thread(command.check, alembic_config(url))
    await load(["new", "in_work"])
    await load(["new", "in_work"])
    async with open_connection(url) as connection:
        await connection.execute("update incident set severity = null where external_id = '1'")
    await load(["new", "in_work"])

asyncio.run(run())
"""

PRINTED = """\
No new upgrade operations detected.
2 0 0 [('0', 1), ('1', 3)] [1, 3] uint8
0 0 2 [('0', 1), ('1', 3)] [1, 3] uint8
0 1 1 [('0', 1), ('1', 3)] [1, 3] uint8
"""


@pytest.fixture
def empty_url(cluster_url: str) -> Iterator[str]:
    """An empty database, not migrated."""
    name = f"geo_{os.getpid()}_added_column"
    asyncio.run(create_database(cluster_url, name))
    yield database_address(cluster_url, name)
    asyncio.run(execute_statement(cluster_url, f'drop database "{name}" with (force)'))


def edited_copy(folder: Path) -> None:
    """A copy of the packages and migrations with one more column."""
    for package in ("geo_service", "ingest", "boundaries", "postgis"):
        shutil.copytree(CHECKOUT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "_data"))
    for file, changes in EDITS.items():
        text = (folder / file).read_text(encoding="utf-8")
        for before, after in changes.items():
            assert text.count(before) == 1, (file, before)
            text = text.replace(before, after)
        (folder / file).write_text(text, encoding="utf-8")
    versions = folder / "postgis/migrations/versions"
    head = max(file.name for file in versions.glob("[0-9]*.py"))[:4]
    (versions / "9999_severity.py").write_text(MIGRATION.replace("HEAD", head), encoding="utf-8")


def test_a_column_added_in_four_files_is_written_compared_and_read_by_the_replica(empty_url: str, tmp_path: Path) -> None:
    edited_copy(tmp_path)
    assert len(EDITS) + 1 == 4, "files, the migration among them"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-c", PROGRAM, empty_url, str(tmp_path)]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == (PRINTED, 0), done.stderr
