"""`geo report send`: a mail server of the tests receives the reports of each recipient."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from geo_service.cli.main import app
from geo_service.core.errors import GeoError
from tests.support.http_client import filled
from tests.support.report_incidents import PHRASE, RED_PLACE, WEEK, fill
from tests.support.report_pages import plain, read_page, read_workbook
from tests.support.smtp_server import MailServer, mail_server

RECIPIENTS = """
from = "geo@example.org"

[[recipient]]
to = ["head@example.org", "deputy@example.org"]
formats = ["html", "xlsx"]

[[recipient]]
to = ["mayor@example.org"]
district = "T"
language = "en"
formats = ["html"]
"""


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> str:
    return filled(database_url, fill)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    with mail_server(tmp_path) as made:
        yield made


def send(monkeypatch: pytest.MonkeyPatch, url: str, server: MailServer, file: Path, *options: str) -> Result:
    monkeypatch.setenv("GEO_DATABASE_URL", url)
    monkeypatch.setenv("GEO_SMTP_URL", f"smtp://geo:secret@localhost:{server.port}")
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    return CliRunner().invoke(app, ["report", "send", "--recipients", str(file), "--week", WEEK, *options])


@pytest.fixture
def recipients(tmp_path: Path) -> Path:
    path = tmp_path / "recipients.toml"
    path.write_text(RECIPIENTS, encoding="utf-8")
    return path


def test_each_recipient_gets_the_report_of_its_district(
    filled_url: str, server: MailServer, recipients: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = send(monkeypatch, filled_url, server, recipients)
    assert done.exception is None, done.output
    whole, town = server.received
    assert (whole.receivers, town.receivers) == (["head@example.org", "deputy@example.org"], ["mayor@example.org"])
    assert all(mail.encrypted and mail.logged_in for mail in server.received)
    assert whole.message["From"] == "geo@example.org"
    page, workbook = whole.message.iter_attachments()
    assert [part.get_filename() for part in (page, workbook)] == [f"report-{WEEK}.html", f"report-{WEEK}.xlsx"]
    figures = read_page(page.get_content().encode()).figures
    assert figures["count"]
    assert "Сводка" in read_workbook(workbook.get_content())
    body = whole.message.get_body(("plain",))
    assert body
    text = plain(body.get_content())
    assert f"Поступило: {figures['count']:.0f}" in text
    assert RED_PLACE in text
    assert PHRASE not in text
    (page,) = town.message.iter_attachments()
    assert page.get_filename() == f"report-{WEEK}-T.html"
    assert '<html lang="en">' in page.get_content()


def test_a_dry_run_sends_nothing_and_says_who_would_get_what(
    filled_url: str, server: MailServer, recipients: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = send(monkeypatch, filled_url, server, recipients, "--dry-run")
    assert done.exception is None, done.output
    assert server.received == []
    assert "head@example.org, deputy@example.org: Сообщения граждан: отчёт за неделю" in plain(done.output)
    assert f"report-{WEEK}-T.html" in done.output


def test_one_that_is_refused_keeps_no_other_and_ends_in_an_error(
    filled_url: str, server: MailServer, recipients: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.refused |= {"head@example.org", "deputy@example.org"}
    done = send(monkeypatch, filled_url, server, recipients)
    assert isinstance(done.exception, GeoError)
    assert "1 of 2 mails were not sent: head@example.org" in str(done.exception)
    assert [mail.receivers for mail in server.received] == [["mayor@example.org"]]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "recipient"),
        ('[[recipient]]\nto = ["x"]', "is not a mail address"),
        ('[[recipient]]\nto = ["a@b.org\\nBcc: x@y.org"]', "is not a mail address"),
        ("[[recipient]]\nto = []", "recipient.0.to"),
        ('[[recipient]]\nto = ["a@b.org"]\nformats = ["docx"]', "recipient.0.formats.0"),
        ('[[recipient]]\nto = ["a@b.org"]\nlanguage = "de"', "recipient.0.language"),
        ('[[recipient]]\nto = ["a@b.org"]\ncity = "x"', "recipient.0.city"),
        ('[[recipient]]\nto = ["a@b.org"]', "no sender"),
        ('from = "a@b.org"\n[[recipient]]\nto = ["a@b.org"]\ndistrict = "nowhere"', "district: 'nowhere' is not known"),
    ],
)
def test_what_is_wrong_in_the_file_is_named_and_nothing_is_sent(
    filled_url: str, server: MailServer, text: str, named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "recipients.toml").write_text(text, encoding="utf-8")
    done = send(monkeypatch, filled_url, server, tmp_path / "recipients.toml")
    assert isinstance(done.exception, GeoError), done.output
    assert named in str(done.exception)
    assert server.received == []


def test_without_a_mail_server_the_setting_is_named(recipients: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEO_SMTP_URL", raising=False)
    done = CliRunner().invoke(app, ["report", "send", "--recipients", str(recipients)])
    assert isinstance(done.exception, GeoError)
    assert "GEO_SMTP_URL" in str(done.exception)
