"""Mail about alerts through a configured SMTP server: the standard library's client, on a thread that nothing waits for."""

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from geo_service.aggregation.alerts.model import Episode
from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.alerts.delivery.messages import write_subject, write_text
from geo_service.alerts.delivery.target import Message, SendError
from geo_service.alerts.documents import Document
from geo_service.core.tasks import run_in_thread

EVENTS = ("opened", "closed")
"""Mail is for the beginning and the end; whoever wants every growth and verdict has webhooks."""
_TIMEOUT_S = 10.0
_PORTS = {"smtp": 25, "smtps": 465}
_LANGUAGE = "ru"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in."""

    scheme: str
    """smtps: TLS from the beginning; smtp: STARTTLS where the server offers it."""
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine, so that a password may go there in the clear."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def parse_smtp_url(text: str) -> SmtpServer:
    """Parse `smtps://user:password@host:465` or `smtp://host:25`; special characters percent-encoded. Raises ValueError."""
    parts = urlsplit(text)
    port = parts.port
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("use smtp://host:port or smtps://user:password@host:port")
    return SmtpServer(
        parts.scheme, parts.hostname, port or _PORTS[parts.scheme], unquote(parts.username or ""), unquote(parts.password or "")
    )


class MailTarget:
    """Sends messages to some addresses."""

    name = "mail"

    def __init__(self, server: SmtpServer, sender: str, receivers: Sequence[str]) -> None:
        self._server, self._sender, self._receivers = server, sender, tuple(receivers)

    def wants(self, event: str, episode: Episode, catalogue: Catalogue) -> bool:
        """Return whether an alert has opened or closed."""
        return event in EVENTS

    def render(self, event: str, alert: Document, at: int) -> str:
        """Return the subject, an empty line and the text."""
        return f"{write_subject(event, alert, _LANGUAGE)}\n\n{write_text(event, alert, _LANGUAGE)}"

    async def send(self, message: Message) -> None:
        """Hand the mail in; every attempt has the same Message-ID."""
        await run_in_thread(hand_in_mail, self._server, self._compose(message))

    async def close(self) -> None:
        """Do nothing: each mail has a connection of its own."""

    def _compose(self, message: Message) -> EmailMessage:
        subject, _, text = message.body.partition("\n\n")
        mail = EmailMessage()
        # A name with a line break in it must not become a header.
        mail["Subject"] = " ".join(subject.split())
        mail["From"], mail["To"] = self._sender, ", ".join(self._receivers)
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["Message-ID"] = f"<{message.id}@{self._sender.rpartition('@')[2].rstrip('>')}>"
        # No answers of "I am on holiday" (RFC 3834).
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(text)
        return mail


def hand_in_mail(server: SmtpServer, mail: EmailMessage) -> None:
    """Send a mail. Raises `SendError`, which is final where some of its receivers have got it."""
    context = ssl.create_default_context()
    try:
        with _connect(server, context) as session:
            if server.scheme == "smtp" and session.has_extn("starttls"):
                session.starttls(context=context)
                session.ehlo()
            elif server.scheme == "smtp" and server.password and not server.is_local:
                raise SendError(f"{server.host} offers no STARTTLS, and the password is not sent in the clear; use smtps://")
            if server.user:
                session.login(server.user, server.password)
            refused = session.send_message(mail)
    except smtplib.SMTPResponseException as error:
        raise SendError(f"{server.host} has answered {error.smtp_code}") from None
    except (smtplib.SMTPException, OSError) as error:
        raise SendError(f"{server.host} cannot be reached or has refused ({type(error).__name__})") from None
    if refused:
        # The others have got it: sending again would give it to them twice.
        raise SendError(f"{server.host} has refused {len(refused)} of the addresses", is_final=True)


def _connect(server: SmtpServer, context: ssl.SSLContext) -> smtplib.SMTP:
    """Open a session and greet."""
    if server.scheme == "smtps":
        session: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=_TIMEOUT_S, context=context)
    else:
        session = smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT_S)
    session.ehlo()
    return session
