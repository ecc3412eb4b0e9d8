"""Makes reports outside of the service, one after the other, from the incidents of their windows alone."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import asyncpg

from geo_service.aggregation.catalogue.catalogue import Catalogue, District
from geo_service.aggregation.measures.response_time import BusinessTimeTimer, RuleTable
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.replica.snapshot import read_snapshot
from geo_service.basemap.ground import GroundReader
from geo_service.basemap.registry import Basemaps
from geo_service.core.calendar.deadlines import read_deadlines
from geo_service.core.database import database_errors, open_connection
from geo_service.core.model import DistrictLevel
from geo_service.core.settings import Settings
from geo_service.reports.content.numbers import compute_numbers
from geo_service.reports.content.red_places import count_outcomes
from geo_service.reports.content.systemic import ADDRESS_DAYS
from geo_service.reports.document.build import build_document
from geo_service.reports.document.context import ReportContext
from geo_service.reports.document.drawing import ground_boxes
from geo_service.reports.document.model import ReportDocument
from geo_service.reports.document.sections import MAX_RED
from geo_service.reports.formats.html import render_html
from geo_service.reports.formats.pdf import PdfPrinter
from geo_service.reports.reading import read_texts
from geo_service.reports.request import Language, ReportRequest, read_district
from geo_service.reports.week import ReportWeek, read_week

Format = Literal["html", "xlsx", "pdf"]
FORMATS: Sequence[Format] = ("html", "xlsx", "pdf")

_CACHE_BYTES = 32_000_000
_NOT_IN_NAMES = re.compile(r"[^\w.-]")
ReportProgress = Callable[[str, int, int | None], None]
"""Called with the name of the step, how much is done, and of how much."""


@dataclass(frozen=True, slots=True)
class ReportJob:
    """Which reports are made."""

    week: ReportWeek
    language: Language
    format: Format
    district: str | None = None
    """Code of a district; None for the whole territory."""
    all_districts: bool = False
    """Also one for each district of the territory."""


@dataclass(frozen=True, slots=True)
class MadeReport:
    """A finished report."""

    district: District | None
    document: ReportDocument
    name: str
    """Of its file."""
    format: Format
    body: bytes


def read_job(week: str | None, language: Language, form: Format, district: str | None, settings: Settings, *, every: bool) -> ReportJob:
    """Parse the options of a command. every: whether all districts have a report of their own. Raises `InvalidParameter`."""
    return ReportJob(read_week(week, settings.zone, time.time(), "--week"), language, form, district, every)


def make_reports(url: str, job: ReportJob, settings: Settings, on_progress: ReportProgress) -> Iterator[MadeReport]:
    """Yield the reports of a job, that of the whole territory first. Raises `InvalidParameter` for an unknown district."""
    with open_report_writer(url, job.week, settings, on_progress) as writer:
        districts = _list_districts(job, writer.catalogue)
        for number, district in enumerate(districts):
            on_progress("Making reports", number, len(districts))
            yield writer.make(ReportRequest(job.week, district, job.language), job.format)
        on_progress("Making reports", len(districts), len(districts))


def open_report_writer(url: str, week: ReportWeek, settings: Settings, on_progress: ReportProgress) -> "ReportWriter":
    """Return a writer of a week's reports, with the incidents of their windows read from the database at `url`."""
    rules = RuleTable(read_deadlines(settings.deadlines, settings.zone))
    windows = (week.last_days(ADDRESS_DAYS), week.year_earlier)
    loading = read_snapshot(url, BusinessTimeTimer(rules), _CACHE_BYTES, lambda rows: on_progress("Reading incidents", rows, None), windows)
    return ReportWriter(url, asyncio.run(loading), rules, settings)


def _list_districts(job: ReportJob, catalogue: Catalogue) -> list[District | None]:
    if not job.all_districts:
        return [read_district(job.district, catalogue, "--district")]
    return [None, *catalogue.districts_at(DistrictLevel.DISTRICT)]


class ReportWriter:
    """Makes reports from one state of the data, for the time of a block."""

    def __init__(self, url: str, state: ReplicaState, rules: RuleTable, settings: Settings) -> None:
        """rules: of deadlines."""
        self._url, self._state, self._rules, self._settings = url, state, rules, settings
        self._ground = GroundReader(Basemaps(settings.home))
        self._printer: PdfPrinter | None = None

    @property
    def catalogue(self) -> Catalogue:
        """Of the data."""
        return self._state.catalogue

    def __enter__(self) -> "ReportWriter":
        return self

    def __exit__(self, *error: object) -> None:
        if self._printer:
            self._printer.close()

    def make(self, request: ReportRequest, form: Format) -> MadeReport:
        """Return a report in a format."""
        document = self.build(request)
        return MadeReport(request.district, document, report_name(request, form), form, self.write(document, form))

    def build(self, request: ReportRequest) -> ReportDocument:
        """Return a report in words."""
        numbers = compute_numbers(self._state, self._rules, request)

        async def read(connection: asyncpg.Connection) -> ReportContext:
            texts = await read_texts(connection, numbers)
            zone, public_url = self._settings.zone, self._settings.public_url
            live_url = f"{public_url}/{request.live_path.removeprefix('./')}" if public_url else None
            outcomes = count_outcomes(self._state, request.week, texts.red.past[:MAX_RED]) if texts.red else []
            ground = self._ground.read(ground_boxes(numbers.map))
            return ReportContext(numbers, texts.addresses, texts.settlements, texts.red, outcomes, zone, live_url, ground)

        async def read_with_connection() -> ReportContext:
            async with open_connection(self._url) as connection:
                with database_errors("read the texts of the report"):
                    return await read(connection)

        return build_document(asyncio.run(read_with_connection()))

    def write(self, document: ReportDocument, form: Format) -> bytes:
        """Return a report as the bytes of a file."""
        zone = self._settings.zone
        if form == "xlsx":
            from geo_service.reports.formats.workbook import render_workbook

            return render_workbook(document, zone)
        if form == "html":
            return render_html(document, zone)
        self._printer = self._printer or PdfPrinter()
        return self._printer.print_pdf(render_html(document, zone, for_print=True))


def report_name(request: ReportRequest, form: Format) -> str:
    """Return the name of a report's file: `report-2026-W48.pdf`, with the district's code if it is one's."""
    code = f"-{_NOT_IN_NAMES.sub('_', request.district.code)}" if request.district else ""
    return f"report-{request.week.code}{code}.{form}"
