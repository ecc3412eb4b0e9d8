"""The weekly report over HTTP and as files: its numbers are those of the API, and nothing personal is in it."""

import asyncio
import io
import os
import re
import subprocess
import time
import zipfile
import zlib
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from geo_service.core.database import open_connection
from geo_service.core.instants import format_instant
from geo_service.core.settings import Settings
from geo_service.reports.job import FORMATS, Format, ReportJob, make_reports
from geo_service.reports.week import read_week
from tests.support.databases import create_database, database_address, execute_statement
from tests.support.geo_command import geo
from tests.support.http_client import asking, filled, until
from tests.support.report_incidents import (
    BEGIN,
    BURST,
    DAY_S,
    FORMULA,
    HOUSE,
    HOUSE_INCIDENTS,
    LASTING,
    LATER_WEEK,
    PHRASE,
    RED_PLACE,
    SCRIPT,
    SURNAME,
    WEEK,
    WINDOW,
    fill,
)
from tests.support.report_pages import ReportPage, plain, read_page, read_pdf, read_workbook

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> str:
    return filled(database_url, fill)


@pytest.fixture(scope="module")
async def client(filled_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(filled_url, alerts=False) as made:
        yield made


@pytest.fixture(scope="module")
async def files(filled_url: str, client: httpx.AsyncClient, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The report of the week in every format, made twice, as the command makes it. client: its loops are compiled."""
    folder = tmp_path_factory.mktemp("report")
    made = {}
    for name in ("one", "two"):
        for form in FORMATS:
            made[f"{name}.{form}"] = folder / f"{name}.{form}"
            made[f"{name}.{form}"].write_bytes(await asyncio.to_thread(make_report, filled_url, WEEK, form))
    return made


def make_report(url: str, week: str | None, form: Format) -> bytes:
    """Return the report of the whole territory."""
    settings = Settings(database_url=url)
    job = ReportJob(read_week(week, settings.zone, time.time()), "ru", form)
    (made,) = make_reports(url, job, settings, lambda step, done, total: None)
    return made.body


async def get_page(client: httpx.AsyncClient, **parameters: str) -> ReportPage:
    answer = await client.get("/report", params={"week": WEEK, "lang": "ru", **parameters})
    assert answer.status_code == 200, answer.text
    return read_page(answer.content)


async def ask(client: httpx.AsyncClient, path: str, **parameters: str) -> Any:
    answer = await client.get(path, params={**WINDOW, **parameters})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("district", [None, "T", "R"])
async def test_headline_is_that_of_the_summary(client: httpx.AsyncClient, district: str | None) -> None:
    chosen = {"district": district} if district else {}
    figures = (await get_page(client, **chosen)).figures
    now, before, year = [
        (await ask(client, "/api/summary", **chosen, **more))["measures"] for more in ({}, {"compare": "previous"}, {"compare": "year"})
    ]
    assert {name: figures[name] for name in ("count", "open", "overdue", "share_on_time", "n_judged")} == {
        name: now[name] for name in ("count", "open", "overdue", "share_on_time", "n_judged")
    }
    assert figures["count"] and figures["overdue"]
    assert (figures["previous"], figures["previous_change"]) == (before["n_compared"], before["change"])
    assert (figures["year"], figures["year_change"]) == (year["n_compared"], year["change"])


async def test_districts_are_those_of_the_api(client: httpx.AsyncClient) -> None:
    rows = (await get_page(client)).tables["districts"]
    expected = (await ask(client, "/api/districts", measure="per_1000", compare="previous"))["districts"]
    names = ("count", "n_compared", "change", "per_1000", "open", "overdue", "share_on_time")
    assert [[row["district"], *(row[name] for name in names)] for row in rows] == [
        [row["name"]["ru"], *(row[name] for name in names)] for row in expected
    ]


async def test_themes_are_the_first_changes_of_the_api_in_either_direction(client: httpx.AsyncClient) -> None:
    page = await get_page(client)
    for table, direction in (("grown", "up"), ("fallen", "down")):
        expected = (await ask(client, "/api/changes", by="theme", direction=direction, limit="5"))["changes"]
        rows = [(row["theme"], row["n"], row["n_compared"], row["p"]) for row in page.tables.get(table, [])]
        assert rows == [(one["theme"]["name"]["ru"], one["n"], one["n_compared"], one["p"]) for one in expected]
    assert page.tables["grown"][0]["theme"] == "Нет воды"


async def test_agencies_are_the_best_and_the_worst_of_the_rating(client: httpx.AsyncClient) -> None:
    tables = (await get_page(client)).tables
    rated = [row for row in (await ask(client, "/api/agencies"))["agencies"] if row["rank"] is not None]
    shown = tables.get("agencies_all") or tables["agencies_best"] + tables["agencies_worst"]
    expected = rated if len(rated) <= 10 else rated[:5] + rated[-5:]
    names = ("rank", "score", "count", "share_on_time", "n_judged")
    assert len(rated) >= 2
    assert [[row["agency"], *(row[name] for name in names)] for row in shown] == [
        [row["name"]["ru"], *(row[name] for name in names)] for row in expected
    ]


async def test_red_places_are_the_alerts_of_the_week_with_their_reasons(client: httpx.AsyncClient) -> None:
    page = await get_page(client)
    alerts = {one["n"]: one for one in (await ask_alerts(client))["alerts"]}
    (red,) = page.tables["red"]
    assert (red["n"], red["open"], red["expected"], red["place"]) == (61, alerts[61]["open"], alerts[61]["expected"], RED_PLACE)
    assert red["reason"] == alerts[61]["reason"]["ru"]
    assert RED_PLACE in page.svg_texts


async def test_what_became_of_last_weeks_list_is_counted_now(client: httpx.AsyncClient) -> None:
    (past,) = (await get_page(client)).tables["last_red"]
    span = {"from": format_instant(BEGIN - 7 * DAY_S), "to": format_instant(BEGIN - DAY_S)}
    now = (await ask(client, "/api/summary", **span, theme="housing.water", district="T"))["measures"]
    answered = (await ask(client, "/api/summary", **span, theme="housing.water", district="T", status="answered"))["n"]
    assert past["n"] >= 3
    assert (past["n"], past["closed"], past["answered"]) == (now["count"], now["closed"], answered)
    assert (past["unanswered"], past["state"]) == (now["open"] - answered, "завершено")


async def ask_alerts(client: httpx.AsyncClient) -> Any:
    answer = await client.get("/api/alerts", params={"state": "all", "since": "2025-02-01"})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_district_has_the_red_places_that_lie_in_it(client: httpx.AsyncClient) -> None:
    page, other = await get_page(client, district="00"), await get_page(client, district="22")
    assert [row["place"] for row in page.tables["red"]] == [RED_PLACE]
    assert "red" not in other.tables
    assert any("ни одно место" in words for words in other.words)


async def test_what_lasts_for_weeks_is_systemic_and_a_burst_is_not(client: httpx.AsyncClient) -> None:
    page = await get_page(client)
    lasting = [(row["place"], row["district"], row["theme"]) for row in page.tables["lasting"]]
    assert lasting[0] == (RED_PLACE, f"Район {LASTING}", "Яма")
    assert f"Район {BURST}" not in {district for _, district, _ in lasting}
    first = page.tables["lasting"][0]
    assert first["n"] == sum(first[f"week_{week}"] for week in range(1, 5))
    last = await ask(client, "/api/summary", district=LASTING, theme="roads.pothole")
    assert first["week_4"] == last["n"]


async def test_addresses_are_streets_and_houses_only(client: httpx.AsyncClient) -> None:
    page = await get_page(client)
    (row,) = page.tables["addresses"]
    assert (row["address"], row["n"], row["district"]) == (HOUSE, HOUSE_INCIDENTS, "Город")
    assert page.texts["addresses"][0][0] == HOUSE


async def test_a_past_week_is_judged_at_its_end(client: httpx.AsyncClient) -> None:
    page = await get_page(client, week=LATER_WEEK)
    assert (page.figures["open"], page.figures["overdue"]) == (5, 3)
    now = await ask(client, "/api/summary", **{"from": "2025-03-17", "to": "2025-03-24"})
    assert now["overdue"] == 5


@pytest.mark.parametrize("lang", ["ru", "en"])
async def test_a_page_is_the_same_until_one_of_its_incidents_changes(client: httpx.AsyncClient, filled_url: str, lang: str) -> None:
    parameters = {"week": "2025-W09", "lang": lang}
    first, second = [await client.get("/report", params=parameters) for _ in range(2)]
    assert first.content == second.content
    again = await client.get("/report", params=parameters, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    async with open_connection(filled_url) as connection:
        changed = await connection.fetchval(
            "update incident set status = case status when 6 then 0 else 6 end"
            " where id = (select min(id) from incident where received_at >= '2025-02-25' and received_at < '2025-02-26') returning id"
        )
    assert changed

    async def is_new() -> bool:
        return (await client.get("/report", params=parameters)).content != first.content

    await until(is_new)


async def test_a_change_of_a_later_week_leaves_the_page_as_it_is(client: httpx.AsyncClient, filled_url: str) -> None:
    before = await client.get("/report", params={"week": WEEK})
    revision = (await client.get("/readyz")).json()["revision"]
    async with open_connection(filled_url) as connection:
        await connection.execute(
            "update incident set status = 1 where id = (select max(id) from incident where received_at >= '2025-03-17')"
        )

    async def has_moved() -> bool:
        return bool((await client.get("/readyz")).json()["revision"] != revision)

    await until(has_moved)
    assert (await client.get("/report", params={"week": WEEK})).content == before.content


async def test_the_page_has_no_scripts_and_loads_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.get("/report", params={"week": WEEK})
    page = read_page(answer.content)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert not page.tags & {"script", "img", "link", "iframe", "image", "use"}
    assert SCRIPT in " ".join(page.words)
    assert b"<script" not in answer.content
    assert page.links == ["./#from=2025-03-03&to=2025-03-10&compare=previous&lang=ru"]


async def test_the_language_is_that_of_the_parameter_then_of_the_reader_then_russian(client: httpx.AsyncClient) -> None:
    for headers, parameters, expected in (
        ({}, {}, "ru"),
        ({"Accept-Language": "de, en-GB;q=0.8, ru;q=0.3"}, {}, "en"),
        ({"Accept-Language": "en"}, {"lang": "ru"}, "ru"),
        ({"Accept-Language": "fr"}, {}, "ru"),
    ):
        answer = await client.get("/report", params={"week": WEEK, **parameters}, headers=headers)
        assert f'<html lang="{expected}">' in answer.text
        assert "Accept-Language" in answer.headers["Vary"]


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"week": "2025-10"}, "week"),
        ({"week": "2025-W00"}, "week"),
        ({"week": "2025-W53"}, "week"),
        ({"week": "2099-W01"}, "week"),
        ({"week": "1950-W01"}, "week"),
        ({"week": ""}, "week"),
        ({"district": "nowhere"}, "district"),
        ({"lang": "de"}, "lang"),
        ({"window": "7d"}, "window"),
    ],
)
async def test_what_cannot_be_meant_is_refused_by_name(client: httpx.AsyncClient, parameters: dict[str, str], named: str) -> None:
    answer = await client.get("/report", params=parameters)
    assert (answer.status_code, answer.json()["parameter"]) == (400, named)
    assert answer.json()["allowed"]


@pytest.mark.parametrize("week", ["2024-W30", "1999-W01"])
async def test_a_week_without_incidents_is_a_page(client: httpx.AsyncClient, week: str) -> None:
    page = await get_page(client, week=week)
    assert page.figures["count"] == 0
    assert any("сообщений нет" in words for words in page.words)
    assert not {"grown", "fallen", "lasting", "addresses"} & set(page.tables)


async def test_grey_is_zero_and_red_is_most(client: httpx.AsyncClient) -> None:
    empty, full = await get_page(client, week="2024-W30"), await get_page(client)
    assert set(empty.fills) == {"#d5d8da", "#ffffff"}
    assert {"#ffffb2", "#bd0026"} <= set(full.fills)


async def test_names_on_the_map_lie_in_the_territory(client: httpx.AsyncClient) -> None:
    names = (await get_page(client, district="R")).svg_texts
    assert set(names) == {"Город", RED_PLACE}


def rounded(value: Any) -> Any:
    return value if isinstance(value, str) or value is None else round(float(value), 9)


async def test_the_workbook_has_the_numbers_of_the_page(client: httpx.AsyncClient, files: dict[str, Path]) -> None:
    page = await get_page(client)
    sheets = read_workbook(files["one.xlsx"].read_bytes())
    headline, *tables, _ = sheets.values()
    assert set(page.tables) >= {"red", "grown", "fallen", "lasting", "addresses", "last_red", "districts"}
    for rows, (_, *cells) in zip(page.tables.values(), tables, strict=True):
        assert [[to_plain(value) for value in row] for row in cells] == [[to_plain(value) for value in row.values()] for row in rows]
    numbers = [to_plain(row[1]) for row in headline if isinstance(row[1], int | float)]
    assert numbers == [to_plain(value) for value in page.figures.values()]


def to_plain(value: Any) -> Any:
    """Return a number, also of an instant that a workbook has as local time, or a text."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=MOSCOW).timestamp()
    return value if isinstance(value, str) or value is None else round(float(value), 9)


async def test_the_pdf_has_every_cell_of_the_page(client: httpx.AsyncClient, files: dict[str, Path]) -> None:
    page, text = await get_page(client), read_pdf(files["one.pdf"])
    for rows in page.texts.values():
        for row in rows:
            for cell in row:
                # Longer texts are broken into lines that other columns stand between.
                for word in plain(cell).split():
                    assert word in text, (row, word)
    numbers = [plain(" ".join(row[2:])) for row in page.texts["districts"]]
    assert all(row in text for row in numbers)


async def test_the_file_is_the_page(client: httpx.AsyncClient, files: dict[str, Path]) -> None:
    served = (await client.get("/report", params={"week": WEEK, "lang": "ru"})).text
    written = files["one.html"].read_text(encoding="utf-8")
    assert [line for line in served.splitlines() if "<a href" not in line] == [
        line for line in written.splitlines() if "<a href" not in line
    ]


def test_the_same_report_is_the_same_bytes(files: dict[str, Path]) -> None:
    assert files["one.xlsx"].read_bytes() == files["two.xlsx"].read_bytes()
    assert files["one.pdf"].read_bytes() == files["two.pdf"].read_bytes()


def test_nothing_personal_is_in_any_format(files: dict[str, Path]) -> None:
    with zipfile.ZipFile(io.BytesIO(files["one.xlsx"].read_bytes())) as archive:
        workbook = " ".join(archive.read(name).decode() for name in archive.namelist())
    texts = {"html": files["one.html"].read_text(encoding="utf-8"), "xlsx": workbook, "pdf": read_pdf(files["one.pdf"])}
    for form, text in texts.items():
        for piece in (PHRASE, SURNAME, "Серафим", "918-000", "Здравствуйте"):
            assert piece not in text, (form, piece)
    assert HOUSE in texts["html"]


def test_texts_of_the_data_are_neither_formulas_nor_links(files: dict[str, Path]) -> None:
    sheets = read_workbook(files["one.xlsx"].read_bytes())
    assert FORMULA in {value for rows in sheets.values() for row in rows for value in row}


def test_the_pdf_is_tagged_and_its_fonts_are_embedded(files: dict[str, Path]) -> None:
    info = subprocess.run(["pdfinfo", files["one.pdf"]], capture_output=True, check=True, text=True).stdout
    fonts = subprocess.run(["pdffonts", files["one.pdf"]], capture_output=True, check=True, text=True).stdout.splitlines()[2:]
    assert "Tagged:          yes" in info
    assert "595.276 x 841.89 pts (A4)" in info
    assert fonts
    for line in fonts:
        name, *_, embedded, _, unicode, _, _ = line.split()
        assert (embedded, unicode) == ("yes", "yes"), line
        assert "Report-" in name, line


def test_every_picture_of_the_pdf_has_an_alternative_text(files: dict[str, Path]) -> None:
    streams = re.findall(rb"/Type /ObjStm.*?stream\r?\n(.*?)\r?\nendstream", files["one.pdf"].read_bytes(), re.DOTALL)
    objects = b"".join(zlib.decompressobj().decompress(stream) for stream in streams)
    # The map, and the colours of its legend: PDF/UA-1, clause 7.3.
    assert objects.count(b"/S /Figure") > 1
    assert objects.count(b"/S /Figure") == objects.count(b"/Alt ")


def test_all_districts_have_a_report_each(filled_url: str, tmp_path: Path) -> None:
    done = geo("report", "--week", WEEK, "--all-districts", "--format", "html", "--lang", "en", "--out", str(tmp_path / "all"),
               GEO_DATABASE_URL=filled_url, GEO_PUBLIC_URL="https://map.example.org/map")  # fmt: skip
    assert done.returncode == 0, done.stderr
    names = {file.name for file in (tmp_path / "all").iterdir()}
    codes = [*(f"{row}{column}" for row in range(3) for column in range(3)), "T", "CH"]
    assert names == {f"report-{WEEK}.html", *(f"report-{WEEK}-{code}.html" for code in codes)}
    page = read_page((tmp_path / "all" / f"report-{WEEK}-T.html").read_bytes())
    assert page.links == ["https://map.example.org/map/#from=2025-03-03&to=2025-03-10&district=T&compare=previous&lang=en"]


@pytest.fixture
def empty_url(cluster_url: str, template: str) -> Iterator[str]:
    name = f"geo_{os.getpid()}_report_of_nothing"
    asyncio.run(create_database(cluster_url, name, template))
    yield database_address(cluster_url, name)
    asyncio.run(execute_statement(cluster_url, f'drop database "{name}" with (force)'))


def test_a_new_region_is_a_page(empty_url: str, tmp_path: Path) -> None:
    page = read_page(make_report(empty_url, None, "html"))
    assert page.figures["count"] == 0
    assert not page.tables
    assert "Показать на карте нечего" in plain(" ".join(page.words))
    assert "Сводка" in read_workbook(make_report(empty_url, None, "xlsx"))
    (tmp_path / "x.pdf").write_bytes(make_report(empty_url, None, "pdf"))
    assert "Поступило" in read_pdf(tmp_path / "x.pdf")
