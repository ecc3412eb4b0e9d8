"""`geo export`: the archive holds the tiles that the server sends, all of them, and the same bytes however it came to be."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyogrio
import pytest
from pmtiles.reader import MemorySource, Reader

from geo_service.aggregation.alerts.model import AlertBoard, Place
from geo_service.aggregation.measures.response_time import BusinessTimeTimer, RuleTable
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.replica.snapshot import fingerprint, read_snapshot
from geo_service.cli.application import make_application
from geo_service.core.calendar.deadlines import read_deadlines
from geo_service.core.database import open_connection
from geo_service.core.errors import ArchiveError, GeoError, InvalidParameter
from geo_service.core.settings import Settings
from geo_service.export import tile_export
from geo_service.export.bounds import ExportBounds, read_bounds
from geo_service.export.job import ExportJob, ExportResult, read_job, read_query, read_zooms, run_export
from geo_service.export.spool import tile_id
from geo_service.export.target import read_target
from geo_service.queries.layer import read_layer_query
from geo_service.tiles.encoding.grid import Tile
from geo_service.tiles.layers.alerts import AlertLayer, BoardHolder
from geo_service.tiles.layers.registry import LAYERS
from tests.support import territory
from tests.support.alert_boards import alert, show_alerts
from tests.support.archive_readers import read_document, read_files, read_tiles
from tests.support.geo_command import GEO
from tests.support.http_client import asking, filled

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
CLOSED = {"from": (TODAY - timedelta(days=5)).date().isoformat(), "to": TODAY.date().isoformat()}
"""A window that is over."""
AROUND = "37.9,44.3,40.0,45.7"
SHOWN: dict[str, tuple[dict[str, str], int, int]] = {
    "hexes": (CLOSED | {"measure": "share_closed"}, 0, 9),
    "districts": (CLOSED | {"measure": "share_closed"}, 0, 9),
    "incidents": (CLOSED | {"measure": "overdue"}, 12, 12),
    "density": (CLOSED | {"measure": "overdue"}, 0, 9),
    "alerts": ({"state": "all", "sector": "roads"}, 0, 9),
}
"""For each layer a query, and zooms of which every tile is looked at."""
ALERTS = (
    alert(1, Place("d:T", "Город", "Town", *territory.CENTRE)),
    alert(2, Place("s:1", "Село", "Village", 38.6, 44.7), closed_at=1),
    alert(3, Place("s:2", "Хутор", "Hamlet", 38.2, 45.2), sector=5),
)


@pytest.fixture(scope="module")
def territory_url(database_url: str) -> str:
    """The module's database with the territory in it."""
    return filled(database_url, territory.fill)


@pytest.fixture(scope="module")
def state(territory_url: str) -> ReplicaState:
    """The territory as an export reads it."""
    settings = Settings(database_url=territory_url)
    rules = RuleTable(read_deadlines(None, settings.zone))
    return asyncio.run(read_snapshot(territory_url, BusinessTimeTimer(rules), 1_000_000))


@pytest.fixture(scope="module")
async def client(territory_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application over the same database, once it is ready."""
    async with asking(territory_url) as made:
        yield made


def order(path: Path, layer: str = "hexes", zoom: str = "0-9", at: str | None = None, **given: Any) -> ExportJob:
    """An order of the closed window around the territory."""
    place = read_target(str(path), overwrite=given.pop("overwrite", False), resume=given.pop("resume", False))
    bounds = given.pop("bounds", AROUND)
    window = {} if layer == "alerts" else CLOSED
    return read_job(place, layer, zoom, bounds, at, read_query("", window | given), Settings().zone)


def export(url: str, wanted: ExportJob) -> ExportResult:
    board = AlertBoard(ALERTS)
    return run_export(url, wanted, Settings(database_url=url), lambda step, done, count: None, lambda url, catalogue: board)


def test_every_layer_that_is_served_can_be_exported(territory_url: str) -> None:
    app = make_application(Settings(database_url=territory_url))
    assert set(app.state.service.tiles) == set(SHOWN) == set(LAYERS)


@pytest.mark.parametrize("layer", SHOWN)
async def test_every_tile_is_what_the_server_sends(client: httpx.AsyncClient, territory_url: str, layer: str, tmp_path: Path) -> None:
    path = tmp_path / "out.pmtiles"
    query, first, last = SHOWN[layer]
    show_alerts(client, *ALERTS)
    now = datetime.now(UTC).isoformat()
    await asyncio.to_thread(export, territory_url, order(path, layer, f"{first}-{last}", at=now, **query))
    tiles = read_tiles(path)
    frame = read_bounds(AROUND).boxes[0]
    assert tiles
    for zoom in range(first, last + 1):
        size = (1 << 30) >> zoom
        for x in range(frame[0] // size, -(-frame[2] // size)):
            for y in range(frame[1] // size, -(-frame[3] // size)):
                answer = await client.get(f"/tiles/{layer}/{zoom}/{x}/{y}.mvt", params=query)
                assert tiles.pop(Tile(zoom, x, y), b"") == answer.content
    assert tiles == {}
    document = read_document(path)
    told = (await client.get(f"/tiles/{layer}.json")).json()
    assert document["attribution"] == told["attribution"]
    assert [one["id"] for one in document["vector_layers"]] == [one["id"] for one in told["vector_layers"]]
    window = document["geo:selection"].get("window", {})
    assert window.get("to") == (None if layer == "alerts" else f"{(TODAY - timedelta(hours=3)).isoformat().removesuffix('+00:00')}Z")
    for legend in document["geo:legends"]:
        answered = (await client.get("/api/legend", params={"layer": layer, "zoom": legend["maxzoom"], **query})).json()
        assert answered | legend == answered | {"minzoom": legend["minzoom"], "maxzoom": legend["maxzoom"]}
    assert [legend["minzoom"] for legend in document["geo:legends"]] == sorted({legend["minzoom"] for legend in document["geo:legends"]})


@pytest.mark.parametrize("layer", ["hexes", "districts", "alerts"])
def test_no_tile_that_holds_something_is_passed_over(state: ReplicaState, layer: str) -> None:
    made = LAYERS[layer](Settings().zone)
    made.refresh(state.pyramid)
    if isinstance(made, AlertLayer):
        made.source = BoardHolder(AlertBoard((*ALERTS, alert(4, Place("s:3", "Мыс", "Cape", 179.99, 66.3)))))
    query, rendering = read_layer_query(list(SHOWN[layer][0].items()), state.catalogue, Settings().zone, made.description)
    wanted = tile_export.TileExport(made, query, rendering, (0, 5), ExportBounds())
    looked_at = set(tile_export.candidate_tiles(state, wanted))
    for zoom in range(6):
        for x in range(1 << zoom):
            for y in range(1 << zoom):
                tile = Tile(zoom, x, y)
                assert tile_id(tile) in looked_at or made.encode(state, wanted.tile_request(tile)).body == b""
    assert len(looked_at) < 200


@pytest.mark.parametrize("name", ["out.pmtiles", "out.mbtiles", "out"])
def test_an_interrupted_export_goes_on_and_gives_the_same_bytes(
    name: str, territory_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = tmp_path / "whole" / name, tmp_path / name
    whole.parent.mkdir()
    done = export(territory_url, order(whole, "districts"))
    assert done.tiles > 24
    monkeypatch.setattr(tile_export, "_BATCH", 8)
    steps: list[int] = []

    def break_off(step: str, looked_at: int, count: int | None) -> None:
        if step == "Making tiles":
            steps.append(looked_at)
            if len(steps) == 3:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_export(territory_url, order(broken, "districts"), Settings(database_url=territory_url), break_off)
    assert not broken.exists()
    with pytest.raises(ArchiveError, match="--resume continues it"):
        export(territory_url, order(broken, "districts"))
    with pytest.raises(ArchiveError, match="differs in selection"):
        export(territory_url, order(broken, "districts", sector="roads", resume=True))
    again: list[int] = []
    went_on = run_export(
        territory_url,
        order(broken, "districts", resume=True),
        Settings(database_url=territory_url),
        lambda step, looked_at, _: again.append(looked_at) if step == "Making tiles" else None,
    )
    assert again[0] == 16
    assert (went_on.tiles, went_on.contents) == (done.tiles, done.contents)
    assert read_files(broken) == read_files(whole)
    assert not (tmp_path / f"{name}.part").exists()


async def test_later_incidents_change_nothing_in_an_archive_of_a_window_that_is_over(territory_url: str, tmp_path: Path) -> None:
    first, later = tmp_path / "first.pmtiles", tmp_path / "later.pmtiles"
    await asyncio.to_thread(export, territory_url, order(first, bounds=None, zoom="0-7"))
    async with open_connection(territory_url) as held:
        await held.execute(
            "insert into incident (source_id, external_id, location, cell, location_quality, theme_id, status, received_at, updated_at)"
            " select 1, 'later', st_setsrid(st_makepoint(10, 10), 4326), cell, 0, 1, 0, now(), now() from incident limit 1"
        )
    await asyncio.to_thread(export, territory_url, order(later, bounds=None, zoom="0-7"))
    assert later.read_bytes() == first.read_bytes()
    async with open_connection(territory_url) as held:
        await held.execute("delete from incident where external_id = 'later'")


async def test_the_fingerprint_moves_with_the_windows_incidents_only(state: ReplicaState) -> None:
    zone = Settings().zone
    query, _ = read_layer_query(list(CLOSED.items()), state.catalogue, zone, LAYERS["hexes"](zone).description)
    window = query.selection.window
    before = fingerprint(state, [window])
    assert fingerprint(state, [replace(window, start=window.start - 1000 * 86_400)]) != "" != before
    row = next(row for row in range(len(state.columns)) if window.start <= state.columns["received"][row] < window.stop)
    outside = next(row for row in range(len(state.columns)) if state.columns["received"][row] >= window.stop)
    for changed, differs in ((outside, False), (row, True)):
        status = state.columns["status"][changed]
        state.columns["status"][changed] = 8
        assert (fingerprint(state, [window]) != before) is differs
        state.columns["status"][changed] = status


@pytest.mark.parametrize("ending", ["pmtiles", "mbtiles"])
def test_gdal_reads_the_numbers_of_districts(territory_url: str, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"out.{ending}"
    export(territory_url, order(path, "districts", zoom="5"))
    assert {name for name, _ in pyogrio.list_layers(path)} == {"districts", "district_labels"}
    meta, _, shapes, values = pyogrio.raw.read(path, layer="districts")
    found = dict(zip(meta["fields"], values, strict=True))
    shown = dict(zip(found["code"].tolist(), found["n"].tolist(), strict=True))
    assert len(shapes) >= len(shown) == len(territory.DISTRICTS) - 1
    assert found["n"].dtype.kind in "fi"
    assert max(shown.values()) > 0


def test_what_cannot_be_exported_is_said(territory_url: str, tmp_path: Path) -> None:
    path = tmp_path / "out.pmtiles"
    hexes = LAYERS["hexes"](Settings().zone)
    for zoom in ("0-17", "5-3", "a", "-1", "1-", ""):
        with pytest.raises(InvalidParameter, match=r"--zoom: .* from 0 to 16"):
            read_zooms(zoom, hexes)
    with pytest.raises(InvalidParameter, match=r"--layer.*hexes"):
        order(path, "rivers")
    with pytest.raises(InvalidParameter, match="--at"):
        order(path, at="soon")
    with pytest.raises(InvalidParameter, match="--select"):
        read_query("sector", {})
    faults: list[tuple[dict[str, str], type[GeoError], str]] = [
        ({"sector": "rivers"}, InvalidParameter, "sector"), ({"level": "region"}, InvalidParameter, "level"),
        ({"bounds": "0,0,1,1", "zoom": "5-9"}, ArchiveError, "no tile"), ({"window": "7d"}, InvalidParameter, "window"),
    ]  # fmt: skip
    for given, kind, words in faults:
        with pytest.raises(kind, match=words):
            export(territory_url, order(path, **given))
    assert list(tmp_path.iterdir()) == []


def test_the_command_exports_and_ends_with_a_line_on_what_it_made(territory_url: str, tmp_path: Path) -> None:
    path = tmp_path / "out.pmtiles"
    environment = os.environ | {"GEO_DATABASE_URL": territory_url}
    words = [
        "export",
        "--window",
        "1w",
        "--at",
        TODAY.isoformat(),
        "--sector",
        "roads",
        "--bounds=-10,40,60,50",
        "--zoom",
        "3-6",
        str(path),
    ]

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([GEO, *words, *more], env=environment, capture_output=True, text=True, timeout=60, check=False)

    done = run("--select", "status=open&fields=h3")
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    assert f"{path}: " in done.stdout
    assert f"overdue judged at {TODAY.isoformat().removesuffix('+00:00')}Z" in done.stdout
    selection = read_document(path)["geo:selection"]
    assert (selection["sector"], selection["status"], selection["at"]) == ("roads", "open", f"{TODAY.isoformat().removesuffix('+00:00')}Z")
    header = Reader(MemorySource(path.read_bytes())).header()  # type: ignore[no-untyped-call]
    assert (header["min_zoom"], header["max_zoom"]) == (3, 6)
    refused = run()
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "--overwrite replaces it" in refused.stderr
