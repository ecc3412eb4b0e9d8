"""`geo report`: write the weekly report to a file, or those of all districts to a folder."""

import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geo_service.cli.console import print_result, progress_bar
from geo_service.cli.db import open_database
from geo_service.cli.report_mail import send_command
from geo_service.core.errors import InputError, InvalidParameter

if TYPE_CHECKING:
    from geo_service.core.settings import Settings
    from geo_service.reports.job import Format, ReportJob

Week = Annotated[str | None, typer.Option("--week", help="ISO week such as 2026-W48. Default: the last whole week.")]
District = Annotated[str | None, typer.Option("--district", help="Code of a district; by default the whole territory.")]
AllDistricts = Annotated[bool, typer.Option("--all-districts", help="Also a report of each district; OUT is a folder.")]
Lang = Annotated[str, typer.Option("--lang", help="ru or en.")]
FormatOption = Annotated[str | None, typer.Option("--format", help="html, xlsx or pdf. Default: by the name of OUT, else html.")]
Out = Annotated[Path | None, typer.Option("--out", help="File to write, or the folder for --all-districts.", metavar="OUT")]

report_commands = typer.Typer(help="The weekly report, as HTML, workbook or PDF.", no_args_is_help=False)
report_commands.command("send")(send_command)


@report_commands.callback(invoke_without_command=True)
def report_command(
    context: typer.Context, week: Week = None, district: District = None, all_districts: AllDistricts = False, lang: Lang = "ru",
    format_: FormatOption = None, out: Out = None,
) -> None:  # fmt: skip
    """Write the weekly report of the whole territory or of a district to a file; an existing file is replaced."""
    if context.invoked_subcommand is not None:
        return
    from geo_service.core.settings import read_settings
    from geo_service.reports.job import read_job
    from geo_service.reports.request import read_language

    if out is None:
        raise InvalidParameter(
            "--out", "is missing", "the file to write: report.pdf, report.html or report.xlsx; with --all-districts a folder"
        )
    if all_districts and district is not None:
        raise InvalidParameter("--district", "cannot be combined with --all-districts", "one of them")
    settings = read_settings()
    form = _read_format(format_, None if all_districts else out)
    job = read_job(week, read_language(lang, parameter="--lang"), form, district, settings, every=all_districts)
    _check_target(out, is_folder=all_districts)
    _write_reports(job, out, settings)


def _read_format(text: str | None, out: Path | None) -> "Format":
    """Return the format by its name, else by the extension of the file."""
    from geo_service.reports.job import FORMATS

    named = text if text is not None else (out.suffix.removeprefix(".").lower() if out else "") or "html"
    for form in FORMATS:
        if named == form:
            return form
    raise InvalidParameter("--format" if text is not None else "--out", f"{named[:40]!r} is not a format", FORMATS)


def _check_target(out: Path, *, is_folder: bool) -> None:
    """Raise `InputError` where the reports could not be written at the end, before any work is done."""
    if is_folder and out.exists() and not out.is_dir():
        raise InputError(f"cannot write reports to {out}: it is a file; --all-districts needs a folder")
    if not is_folder and out.is_dir():
        raise InputError(f"cannot write a report to {out}: it is a folder; name a file, or use --all-districts")
    if not out.resolve().parent.is_dir():
        raise InputError(f"cannot write reports to {out}: there is no folder {out.resolve().parent}")


def _write_reports(job: "ReportJob", out: Path, settings: "Settings") -> None:
    from geo_service.reports.job import make_reports

    began, size, count = time.monotonic(), 0, 0
    with open_database(settings) as url, progress_bar() as bar:
        for made in make_reports(url, job, settings, bar.update):
            write_file(out / made.name if job.all_districts else out, made.body)
            size, count = size + len(made.body), count + 1
    noun = "report" if count == 1 else "reports"
    print_result(f"{out}: {count} {noun} of {job.week.code}, {size / 1e6:,.1f} MB, in {time.monotonic() - began:.1f} s")


def write_file(path: Path, body: bytes) -> None:
    """Write a file that is whole or not there at all. Raises `InputError`."""
    try:
        path.parent.mkdir(exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".report-", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(body)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from None
