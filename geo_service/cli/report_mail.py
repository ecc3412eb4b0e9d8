"""`geo report send`: make the reports of a week and send them by mail, for a timer."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geo_service.cli.console import print_message, print_result, progress_bar
from geo_service.cli.db import open_database
from geo_service.core.errors import GeoError

if TYPE_CHECKING:
    from geo_service.core.settings import Settings
    from geo_service.reports.mail import Recipients, ReportMail
    from geo_service.reports.week import ReportWeek

RecipientsFile = Annotated[Path, typer.Option("--recipients", help="TOML file of who gets which report.", metavar="FILE")]
SendWeek = Annotated[str | None, typer.Option("--week", help="ISO week such as 2026-W48. Default: the last whole week.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Make the reports and show who would get them; send nothing.")]


class ReportsNotSent(GeoError):
    """Some reports have not been sent; the message says to whom."""


def send_command(recipients: RecipientsFile, week: SendWeek = None, dry_run: DryRun = False) -> None:
    """Send the weekly reports by mail (GEO_SMTP_URL) to the recipients in a file."""
    from geo_service.core.settings import read_settings
    from geo_service.reports.mail import read_recipients, read_sender, read_server
    from geo_service.reports.week import read_week

    settings = read_settings()
    listed = read_recipients(recipients)
    report_week = read_week(week, settings.zone, time.time(), "--week")
    sender, server = read_sender(listed, settings), None if dry_run else read_server(settings)
    with open_database(settings) as url:
        mails = list(_make_mails(url, listed, report_week, settings))
    if server is None:
        for mail in mails:
            attached = ", ".join(f"{report.name} ({len(report.body) / 1e3:,.0f} kB)" for report in mail.reports)
            print_result(f"{', '.join(mail.recipient.to)}: {mail.subject}: {attached}")
        return
    _send(mails, sender, server)


def _make_mails(url: str, recipients: "Recipients", week: "ReportWeek", settings: "Settings") -> "Iterator[ReportMail]":
    """Yield the mail of each recipient. The data are read once; a report that several get in one format is made once for each."""
    from geo_service.reports.job import open_report_writer
    from geo_service.reports.mail import compose_mail
    from geo_service.reports.request import ReportRequest, read_district

    with progress_bar() as bar, open_report_writer(url, week, settings, bar.update) as writer:
        districts = [read_district(one.district, writer.catalogue, "district") for one in recipients.recipient]
        for number, (one, district) in enumerate(zip(recipients.recipient, districts, strict=True)):
            bar.update("Making reports", number, len(districts))
            request = ReportRequest(week, district, one.language)
            yield compose_mail(one, [writer.make(request, form) for form in one.formats])


def _send(mails: "Sequence[ReportMail]", sender: str, server: object) -> None:
    """Send each mail. One that cannot be sent does not keep the others; `ReportsNotSent` names them at the end."""
    from geo_service.alerts.delivery.mail import SmtpServer, hand_in_mail
    from geo_service.alerts.delivery.target import SendError
    from geo_service.reports.mail import to_message

    assert isinstance(server, SmtpServer)  # noqa: S101  # imported here only
    failed: list[str] = []
    for number, mail in enumerate(mails, 1):
        names = ", ".join(mail.recipient.to)
        try:
            hand_in_mail(server, to_message(mail, sender, number, time.time()))
        except SendError as error:
            failed.append(names)
            print_message(f"Not sent to {names}: {error}")
        else:
            print_result(f"Sent to {names}: {mail.subject}, {mail.size / 1e3:,.0f} kB")
    if failed:
        raise ReportsNotSent(f"{len(failed)} of {len(mails)} mails were not sent: {'; '.join(failed)}")
