"""Weekly reports by mail: who gets which report, and the mail that carries it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from pydantic import Field, field_validator

from geo_service.alerts.delivery.mail import SmtpServer, parse_smtp_url
from geo_service.core.errors import InputError, SettingsError
from geo_service.core.instants import LATEST
from geo_service.core.settings import MAIL_ADDRESS, Settings
from geo_service.core.toml_config import Part, read_toml
from geo_service.reports.document.model import ReportDocument
from geo_service.reports.document.numbers import format_value
from geo_service.reports.job import Format, MadeReport
from geo_service.reports.request import Language

_TYPES: dict[Format, tuple[str, str]] = {
    "html": ("text", "html"),
    "pdf": ("application", "pdf"),
    "xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
_MAX_LINES = 3
"""Of red places in the text of a mail."""


class Recipient(Part):
    """Some addresses that get one report."""

    to: tuple[str, ...] = Field(min_length=1)
    district: str | None = None
    """Code; None for the whole territory."""
    language: Language = "ru"
    formats: tuple[Format, ...] = Field(("pdf",), min_length=1)

    @field_validator("to")
    @classmethod
    def _check_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Allow only plain addresses: they become headers of mail."""
        for address in value:
            if not MAIL_ADDRESS.fullmatch(address):
                raise ValueError(f"{address[:80]!r} is not a mail address; use head@example.org")
        return value


class Recipients(Part):
    """The file of recipients."""

    sender: str | None = Field(None, alias="from", pattern=MAIL_ADDRESS.pattern)
    recipient: tuple[Recipient, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class ReportMail:
    """A mail with what it carries."""

    recipient: Recipient
    subject: str
    text: str
    reports: Sequence[MadeReport]

    @property
    def size(self) -> int:
        """Bytes of the attachments."""
        return sum(len(report.body) for report in self.reports)


def read_recipients(path: Path) -> Recipients:
    """Read the file of recipients. Raises `InputError`, which names the key that is wrong."""
    return read_toml(path, Recipients, "recipients", InputError)


def read_sender(recipients: Recipients, settings: Settings) -> str:
    """Return the address that mail comes from. Raises `SettingsError` where none is given."""
    sender = recipients.sender or settings.alerts_mail_from
    if sender is None:
        raise SettingsError("cannot send reports: no sender is given; set from in the file of recipients, or GEO_ALERTS_MAIL_FROM")
    return sender


def read_server(settings: Settings) -> SmtpServer:
    """Return the mail server of the settings. Raises `SettingsError` where none is given."""
    if settings.smtp_url is None:
        raise SettingsError("cannot send reports: GEO_SMTP_URL is not set; use smtps://user:password@host:465 or smtp://host:25")
    return parse_smtp_url(settings.smtp_url.get_secret_value())


def compose_mail(recipient: Recipient, reports: Sequence[MadeReport]) -> ReportMail:
    """Return the mail of a recipient. reports: the same one in each of the recipient's formats."""
    document = reports[0].document
    return ReportMail(recipient, f"{document.title} · {document.subtitle}", "\n".join(_write_lines(document)), reports)


def to_message(mail: ReportMail, sender: str, number: int, now: float) -> EmailMessage:
    """Return a mail as it is sent. number: of the recipient in the file, for the Message-ID. now: seconds since 1970."""
    message = EmailMessage()
    # A name with a line break in it must not become a header.
    message["Subject"] = " ".join(mail.subject.split())
    message["From"], message["To"] = sender, ", ".join(mail.recipient.to)
    message["Date"] = format_datetime(datetime.fromtimestamp(min(now, LATEST), UTC))
    message["Message-ID"] = f"<{mail.reports[0].name}.{number}@{sender.rpartition('@')[2]}>"
    # No answers of "I am on holiday" (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    for report in mail.reports:
        kind, subkind = _TYPES[report.format]
        message.add_attachment(report.body, maintype=kind, subtype=subkind, filename=report.name)
    return message


def _write_lines(document: ReportDocument) -> Iterator[str]:
    """Yield the headline in a few lines: what a reader of mail sees without opening anything."""
    yield document.subtitle
    yield from document.marks
    for figure in document.figures:
        value = format_value(figure.value, figure.kind, document.language)
        notes = "; ".join(note.text for note in figure.notes)
        yield f"{figure.label}: {value}{f' ({notes})' if notes else ''}"
    red = next(table for table in document.tables if table.key == "red")
    yield ""
    yield f"{red.title}:"
    yield from [f"— {row['reason']}" for row in red.rows[:_MAX_LINES]] or [red.empty]
    if document.link[0]:
        yield ""
        yield f"{document.link[1]}: {document.link[0]}"
