"""Mail about alerts, handed in to a real SMTP server on the loopback."""

import asyncio
import email
import email.policy
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from geo_service.aggregation.alerts.model import Episode
from geo_service.alerts.board import AlertChange
from geo_service.alerts.delivery.mail import MailTarget, parse_smtp_url
from geo_service.alerts.delivery.outbox import Outbox, Sender
from geo_service.alerts.delivery.target import Message, SendError
from geo_service.alerts.documents import Context, describe_alert
from geo_service.core.database import open_connection
from tests.support.alert_episodes import CATALOGUE, MOSCOW, VILLAGE, outage
from tests.support.http_client import until
from tests.support.ingest_client import holds
from tests.support.stored_alerts import fill_with_alerts

CONTEXT = Context(CATALOGUE, MOSCOW, "https://map.example.org")


class Mailbox:
    """A server's handler: keeps what comes, and refuses what it is told to."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.receivers: list[list[str]] = []
        self.refused: set[str] = set()
        self.failures: list[str] = []
        self.logins: list[tuple[bytes, bytes]] = []

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.failures:
            return self.failures.pop(0)
        self.mails.append(email.message_from_bytes(cast(bytes, envelope.content), policy=email.policy.default))
        self.receivers.append(list(envelope.rcpt_tos))
        return "250 OK"

    def authenticate(self, *arguments: Any) -> AuthResult:
        login = cast(LoginPassword, arguments[-1])
        self.logins.append((login.login, login.password))
        return AuthResult(success=login.password == b"p/w")


@contextmanager
def serving_mail(**options: Any) -> Iterator[tuple[Mailbox, int]]:
    """A mail server on a free port, and its mailbox."""
    mailbox = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, authenticator=mailbox.authenticate, **options)
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop()


def target(port: int, login: str = "", receivers: tuple[str, ...] = ("duty@example.org", "head@example.org")) -> MailTarget:
    return MailTarget(parse_smtp_url(f"smtp://{login}127.0.0.1:{port}"), "geo@example.org", receivers)


def rendered(mail: MailTarget, episode: Episode | None = None) -> Message:
    return Message("alert-1-7", mail.render("opened", describe_alert(episode or outage(id=1), CONTEXT), 0))


async def test_a_mail_says_what_has_happened_and_to_whom() -> None:
    with serving_mail() as (mailbox, port):
        await target(port).send(rendered(target(port)))
    (mail,) = mailbox.mails
    assert mailbox.receivers == [["duty@example.org", "head@example.org"]]
    assert mail["Subject"] == "Новый сигнал: Вознесенская, Нет холодной воды"
    assert (mail["From"], mail["To"]) == ("geo@example.org", "duty@example.org, head@example.org")
    assert (mail["Message-ID"], mail["Auto-Submitted"]) == ("<alert-1-7@example.org>", "auto-generated")
    text = mail.get_content()
    assert "110 сообщений «Нет холодной воды» за 3 дня" in text
    assert "https://map.example.org/#map=11/44.68/40.85" in text


async def test_a_name_with_a_line_break_becomes_no_header() -> None:
    place = VILLAGE.__class__("s:1", "Село\r\nBcc: evil@example.org", "x", 40, 45)
    with serving_mail() as (mailbox, port):
        await target(port).send(rendered(target(port), outage(place=place, places=())))
    (mail,) = mailbox.mails
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("Новый сигнал: Село Bcc: evil@example.org")


async def test_the_service_logs_in_where_it_has_a_password() -> None:
    with serving_mail(auth_require_tls=False) as (mailbox, port):
        await target(port, "bot%40x:p%2Fw@").send(rendered(target(port)))
        with pytest.raises(SendError, match=r"has answered 535|has refused"):
            # Some servers hang up where the library tries another way to log in.
            await target(port, "bot:wrong@").send(rendered(target(port)))
    assert mailbox.logins[0] == (b"bot@x", b"p/w")
    assert len(mailbox.mails) == 1


async def test_a_password_does_not_go_to_another_machine_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_mail(auth_require_tls=False) as (mailbox, port):
        monkeypatch.setattr("geo_service.alerts.delivery.mail.SmtpServer.is_local", False)
        with pytest.raises(SendError, match="offers no STARTTLS"):
            await target(port, "bot:p%2Fw@").send(rendered(target(port)))
    assert mailbox.logins == []


async def test_a_server_that_refuses_or_is_not_there_is_named() -> None:
    with serving_mail() as (mailbox, port):
        mailbox.failures = ["451 try again later"]
        with pytest.raises(SendError, match=r"^127\.0\.0\.1 has answered 451$") as failure:
            await target(port).send(rendered(target(port)))
        assert not failure.value.is_final
        mailbox.refused = {"head@example.org"}
        with pytest.raises(SendError, match="has refused 1 of the addresses") as failure:
            await target(port).send(rendered(target(port)))
        # The other one has it: sending again would give it to him twice.
        assert failure.value.is_final
        assert mailbox.receivers == [["duty@example.org"]]
    with pytest.raises(SendError, match="cannot be reached"):
        await target(port).send(rendered(target(port)))


def test_mail_is_sent_at_the_beginning_and_the_end() -> None:
    wanted = [event for event in ("opened", "grown", "closed", "verdict") if target(1).wants(event, outage(), CATALOGUE)]
    assert wanted == ["opened", "closed"]


@pytest.fixture
async def stored_url(database_url: str) -> AsyncIterator[str]:
    """The module's database with alerts in it."""
    async with open_connection(database_url) as connection:
        await fill_with_alerts(connection)
    yield database_url


async def test_mail_that_fails_waits_in_the_outbox_and_is_sent_again(stored_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geo_service.alerts.delivery.outbox.PAUSES_S", (0.05,))
    with serving_mail() as (mailbox, port):
        mailbox.failures = ["451 try again later"]
        outbox = Outbox([target(port)], lambda: CONTEXT)
        sender = Sender(stored_url, outbox.targets, lambda: True)
        sending = asyncio.create_task(sender.run())
        async with open_connection(stored_url) as connection, connection.transaction():
            await outbox.announce(connection, [AlertChange(1, "opened", outage(id=1)), AlertChange(2, "grown", outage(id=1))])
        sender.wake()
        await until(lambda: holds(stored_url, "select from alert_delivery where delivered_at is not null and attempts = 2 and error = ''"))
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    (mail,) = mailbox.mails
    assert mail["Message-ID"] == "<alert-1-1@example.org>"
    assert await holds(stored_url, "select from alert_delivery having count(*) = 1")
