"""Whatever is asked within (and beyond) what the OpenAPI document describes, the answer is one that it describes, and never a 500."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from geo_service.cli.application import make_application
from geo_service.core.settings import Settings
from geo_service.server.middleware.shutdown import GracefulShutdown
from tests.support.hourly_incidents import fill
from tests.support.http_client import filled
from tests.support.ingest_client import KEY
from tests.support.paths import CHECKOUT
from tests.support.waiting import wait_until

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
KNOWN = """
[parameters]
"path.layer" = "hexes"
"path.z" = 9
"path.x" = 311
"path.y" = 184
"path.extension" = "json"
"path.name" = "hexes"
"path.h3" = "8a2d1072b59ffff"
"""
"""Values with which paths lead somewhere."""
CHECKS = """
[checks]
positive_data_acceptance.enabled = false
object_level_authorization.enabled = false

[[operations]]
include-path-regex = '^/(healthz|readyz|heat-map.js|api/places|api/incidents/.id.|api/ingest|ogc|open311/(discovery|v2/services))'
checks.positive_data_acceptance.enabled = true
"""
"""All checks that there are, but for two.

positive_data_acceptance: only where a schema can say all that is accepted. A selection cannot be described by one: `window` excludes
`from`, `measure=change` needs `compare`, `level` needs districts, codes of themes and districts are those of the data, on the
pages as well; and what Open311 accepts of a form (a place or an address) neither.
object_level_authorization: nothing belongs to one of several users; a key opens all that it opens.
"""
PHASES = {"positive": "examples,fuzzing,stateful", "all": "examples,coverage,fuzzing"}
"""Follow links only where there is something; try out every boundary of a schema only once."""
OPTIONS = (
    # A stream that does not end by itself.
    "--exclude-path", "/api/live",
    "-H", f"Authorization: Bearer {KEY}", "--request-timeout", "30", "--workers", "2",
    # How quickly questions are made up says more about what else the machine does than about the service.
    "--suppress-health-check", "all",
    "--seed", "1", "--generation-database", "none", "--no-color", "--warnings", "off",
)  # fmt: skip
EXAMPLES = {"positive": "6", "all": "3"}
"""Questions to each operation that are made up at random."""


@contextmanager
def served(url: str) -> Iterator[str]:
    """The service in a thread, and its address."""
    # Patient: how an overload is answered is tested elsewhere, and here a 503 says something of the machine alone.
    given: dict[str, Any] = {"database_url": url, "write_keys": KEY, "statement_timeout_ms": 5000, "queue_wait_s": 30.0}
    config = uvicorn.Config(
        GracefulShutdown(make_application(Settings(**given))), port=0, http="httptools", log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started)
        address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        wait_until(lambda: httpx.get(f"{address}/readyz").status_code == 200)
        yield address
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize("mode", ["positive", "all"])
def test_the_service_answers_as_it_is_described(database_url: str, mode: str, tmp_path: Path) -> None:
    """Once with places in paths that there are, once with whatever comes."""
    if mode == "positive":
        filled(database_url, fill)
    (tmp_path / "schemathesis.toml").write_text((KNOWN if mode == "positive" else "") + CHECKS, encoding="utf-8")
    hooks = {"SCHEMATHESIS_HOOKS": "tests.contract.fuzzing", "PYTHONPATH": str(CHECKOUT)}
    with served(database_url) as address:
        done = subprocess.run(
            [
                SCHEMATHESIS, "run", f"{address}/openapi.json", "--mode", mode, "--phases", PHASES[mode],
                "--max-examples", EXAMPLES[mode], *OPTIONS,
            ],
            capture_output=True, text=True, check=False, cwd=tmp_path, env=os.environ | hooks,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert re.search(r"Tested: +(?:[3-9][0-9]|[1-9][0-9]{2})", done.stdout), done.stdout
