"""Webhooks as an operator writes them, the bodies they send, and their signature by an independent computation."""

import base64
import hashlib
import hmac
import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from geo_service.aggregation.alerts.model import Episode, Verdict
from geo_service.alerts.delivery.mail import parse_smtp_url
from geo_service.alerts.delivery.messages import PLACEHOLDERS, write_subject, write_text
from geo_service.alerts.delivery.outbox import PAUSES_S
from geo_service.alerts.delivery.target import Message, SendError
from geo_service.alerts.delivery.webhooks import Webhook, WebhookPart, read_webhooks, sign
from geo_service.alerts.documents import Context, describe_alert
from geo_service.core.errors import SettingsError
from geo_service.core.settings import Settings, read_settings
from tests.support.alert_episodes import CATALOGUE, MOSCOW, SNOW, VILLAGE, at, outage
from tests.support.paths import CHECKOUT
from tests.support.webhook_receiver import receiving

BASE = "https://map.example.org"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def alert(episode: Episode | None = None, base: str = BASE) -> dict[str, Any]:
    return describe_alert(episode or outage(id=17), Context(CATALOGUE, MOSCOW, base))


def webhook(**values: Any) -> Webhook:
    return Webhook(WebhookPart.model_validate({"name": "desk", "url": "https://example.org/hook", **values}), clock=lambda: 1_614_265_330)


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of the Standard Webhooks, as its libraries test it."""
    signed = sign(base64.b64decode(SECRET.removeprefix("whsec_")), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", [SECRET, "a secret of words, ключ"])
async def test_a_receiver_verifies_what_it_gets(secret: str) -> None:
    async with receiving() as receiver:
        hook = webhook(url=receiver.url, secret=secret)
        body = hook.render("opened", alert(), at("2026-11-30T09:15"))
        await hook.send(Message("alert-17-1", body))
    (got,) = receiver.received
    key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
    signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert got.headers["webhook-signature"] == f"v1,{expected}"
    assert (got.headers["webhook-id"], got.headers["content-type"]) == ("alert-17-1", "application/json")
    assert json.loads(got.body) == {"type": "alert.opened", "timestamp": "2026-11-30T06:15:00Z", "data": alert()}


async def test_without_a_secret_nothing_is_signed() -> None:
    async with receiving() as receiver:
        await webhook(url=receiver.url).send(Message("1", "{}"))
    assert "webhook-signature" not in receiver.received[0].headers
    assert receiver.received[0].path == "/hook?token=hidden"


@pytest.mark.parametrize(
    ("status", "headers", "pause", "is_final"),
    [(500, {}, 0, False), (404, {}, 0, False), (410, {}, 0, True), (429, {"Retry-After": "120"}, 120, False),
     (503, {"Retry-After": "999999999"}, 86_400, False), (503, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, 0, False),
     (503, {"Retry-After": "9" * 5000}, 0, False)],
)  # fmt: skip
async def test_any_other_status_is_a_failure(status: int, headers: dict[str, str], pause: float, is_final: bool) -> None:
    async with receiving([status], **headers) as receiver:
        with pytest.raises(SendError, match=f"^127.0.0.1 has answered {status}$") as failure:
            await webhook(url=receiver.url).send(Message("1", "{}"))
    assert (failure.value.retry_after_s, failure.value.is_final) == (pause, is_final)


async def test_a_redirect_is_not_followed() -> None:
    async with receiving() as other, receiving([307], Location=other.url) as receiver:
        with pytest.raises(SendError, match="has answered 307"):
            await webhook(url=receiver.url).send(Message("1", "{}"))
    assert other.received == []


async def test_a_receiver_that_hangs_or_is_not_there_is_named_without_its_token() -> None:
    async with receiving([None]) as receiver:
        with pytest.raises(SendError, match=r"^127.0.0.1 has not answered within 0.2 s$"):
            await webhook(url=receiver.url, timeout_s=0.2).send(Message("1", "{}"))
    with pytest.raises(SendError, match=r"^127.0.0.1 cannot be reached \(ConnectError\)$"):
        await webhook(url=receiver.url).send(Message("1", "{}"))


def test_telegram_gets_what_its_api_asks_for() -> None:
    body = json.loads(webhook(template="telegram", chat="-100123").render("opened", alert(), 0))
    assert body["chat_id"] == "-100123"
    assert body["text"].splitlines() == [
        f"Новый сигнал. {alert()['reason']['ru']}",
        "Случайно такое бывает реже чем раз в 10 лет.",
        alert()["links"]["map"],
    ]


def test_mattermost_calls_nobody_and_shows_no_link_of_a_citizen() -> None:
    place = replace(VILLAGE, name_ru="@all [вода](https://evil.example) *x*")
    body = json.loads(webhook(template="mattermost").render("opened", alert(outage(place=place, places=())), 0))
    assert "@all" not in body["text"]
    assert "\\[вода\\]\\(https://evil.example\\) \\*x\\*" in body["text"]
    assert body["text"].splitlines()[-1].startswith(f"{BASE}/#map=11/")


def test_a_template_of_ones_own_is_filled_in() -> None:
    hook = webhook(template="text", text="$title: $place, $theme ($n, обычно $expected) $$ ${link}", language="en")
    link = alert()["links"]["map"]
    assert hook.render("closed", alert(), 0) == f"Alert closed: Voznesenskaya, No cold water (110, обычно 0.1) $ {link}"


def test_a_json_template_stays_json_whatever_the_names_are() -> None:
    hook = webhook(template="text", content_type="application/json", text='{"summary": "$place", "id": $id}')
    body = hook.render("opened", alert(outage(id=5, place=replace(VILLAGE, name_ru='Хутор "Веселый"\n\\'))), 0)
    assert json.loads(body) == {"summary": 'Хутор "Веселый"\n\\', "id": 5}


@pytest.mark.parametrize(
    ("event", "verdict", "words"),
    [("grown", None, "Сигнал усилился. "), ("closed", None, "Сигнал закрыт. "), ("verdict", Verdict.REAL, "\nПодтверждён: авария\n"),
     ("verdict", Verdict.NOT_REAL, "\nНе подтверждён: авария\n"), ("verdict", None, "\nСнята\n")],
)  # fmt: skip
def test_each_event_has_its_own_words(event: str, verdict: Verdict | None, words: str) -> None:
    text = write_text(event, alert(outage(verdict=verdict, verdict_note="авария", verdict_at=1)), "ru")
    assert words in text


def test_without_a_public_address_there_is_no_link_in_texts() -> None:
    assert "/#map" not in write_text("opened", alert(base=""), "ru")
    assert write_subject("opened", alert(), "ru") == "Новый сигнал: Вознесенская, Нет холодной воды"
    assert write_subject("opened", alert(outage(theme=0)), "en") == "New alert: Voznesenskaya, Housing and utilities"


@pytest.mark.parametrize(
    ("filters", "passes"),
    [({}, True), ({"events": ["closed"]}, False), ({"events": ["opened"]}, True), ({"sectors": ["roads"]}, False),
     ({"sectors": ["roads", "housing"]}, True), ({"districts": ["labinsk"]}, True), ({"districts": ["krai"]}, True),
     ({"districts": ["nowhere"]}, False), ({"min_recurrence_days": 365}, True), ({"min_recurrence_days": 2e9}, False)],
)  # fmt: skip
def test_filters_choose_alerts(filters: dict[str, Any], passes: bool) -> None:
    assert webhook(**filters).wants("opened", outage(), CATALOGUE) is passes


def test_a_filter_by_sector_leaves_other_sectors_out() -> None:
    assert not webhook(sectors=["housing"]).wants("opened", outage(theme=SNOW, sector=7), CATALOGUE)


@pytest.mark.parametrize(
    ("text", "named"),
    [('name = "a b"', "name"), ('url = "ftp://x"', "url"), ('url = "nothing"', "url"), ('url = "http://["', "url"),
     ('secret = "short"', "secret"), ('secret = "whsec_!!!!"', "secret"), ('template = "xml"', "template"),
     ('template = "telegram"', "chat"),
     ('chat = "1"', "chat"), ('template = "text"', "text"), ('template = "text"\ntext = "$hello"', r"\$hello"),
     ('template = "text"\ntext = "5 $"', r"\$"), ('events = ["born"]', "events"), ("events = []", "events"), ('sectors = ["fish"]', "fish"),
     ("min_recurrence_days = -1", "min_recurrence_days"), ("timeout_s = 0", "timeout_s"), ("retries = 3", "retries"),
     ('name = "mail"', "name"), ('content_type = "a\\r\\nX: y"', "content_type"),
     ('[[webhook]]\nname = "desk"\nurl = "http://x"', "twice")],
)  # fmt: skip
def test_what_an_operator_gets_wrong_is_named(tmp_path: Path, text: str, named: str) -> None:
    own = tomllib.loads(text.partition("[[")[0])
    start = "".join(f'{name} = "{value}"\n' for name, value in {"name": "desk", "url": "http://x/secret-token"}.items() if name not in own)
    file = tmp_path / "webhooks.toml"
    file.write_text(f"[[webhook]]\n{start}{text}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=named) as refused:
        read_webhooks(file)
    assert str(file) in str(refused.value)
    assert "secret-token" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot read the webhooks .*no\.toml: No such file"):
        read_webhooks(tmp_path / "no.toml")
    assert read_webhooks(None) == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [("smtp://mail.example.org", ("smtp", "mail.example.org", 25, "", "")),
     ("smtps://bot%40x:p%2Fw@mail.example.org", ("smtps", "mail.example.org", 465, "bot@x", "p/w")),
     ("smtp://[::1]:2525", ("smtp", "::1", 2525, "", ""))],
)  # fmt: skip
def test_the_address_of_a_mail_server_is_read(url: str, expected: tuple[object, ...]) -> None:
    server = parse_smtp_url(url)
    assert (server.scheme, server.host, server.port, server.user, server.password) == expected
    assert "p/w" not in repr(server)


@pytest.mark.parametrize("url", ["mail.example.org", "http://x", "smtp://", "smtp://x:99999", "smtp://x/path", "smtp://x?a=b"])
def test_an_address_that_is_none_of_a_mail_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"smtp|[Pp]ort"):
        parse_smtp_url(url)


def test_mail_needs_all_of_its_settings() -> None:
    whole = {"smtp_url": "smtp://x", "alerts_mail_from": "geo@example.org", "alerts_mail_to": "a@example.org, b@example.org"}
    assert read_settings(**whole).alerts_mail_to == ("a@example.org", "b@example.org")
    for name in whole:
        with pytest.raises(SettingsError, match=f"GEO_{name.upper()}"):
            read_settings(**{one: value for one, value in whole.items() if one != name})
    assert read_settings(smtp_url="smtp://x").alerts_mail_to == ()
    with pytest.raises(SettingsError, match="GEO_ALERTS_MAIL_TO"):
        read_settings(**(whole | {"alerts_mail_to": "a@example.org\r\nBcc: x@y"}))
    assert "hidden" not in repr(Settings(smtp_url="smtp://u:hidden@x", alerts_mail_from="a@b", alerts_mail_to="a@b"))


DOCUMENT = (CHECKOUT / "docs/alerts.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The examples of a language in the document."""
    return re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)


async def test_the_verification_in_the_documents_accepts_what_is_sent_and_nothing_else() -> None:
    (code,) = blocks("python")
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102  # the document's own example
    async with receiving() as receiver:
        hook = Webhook(WebhookPart.model_validate({"name": "desk", "url": receiver.url, "secret": SECRET}))
        await hook.send(Message("alert-17-1", hook.render("opened", alert(), 0)))
    (got,) = receiver.received
    assert names["is_genuine"](SECRET, got.headers, got.body)
    assert not names["is_genuine"](SECRET, got.headers, got.body + b" ")
    assert not names["is_genuine"]("whsec_" + base64.b64encode(b"another secret of ours").decode(), got.headers, got.body)
    old = got.headers | {"webhook-timestamp": str(int(got.headers["webhook-timestamp"]) - 301)}
    assert not names["is_genuine"](SECRET, old, got.body)


def test_the_webhooks_in_the_documents_can_be_used(tmp_path: Path) -> None:
    file = tmp_path / "webhooks.toml"
    file.write_text("\n".join(blocks("toml")), encoding="utf-8")
    assert [hook.name for hook in read_webhooks(file)] == ["duty", "telegram", "mattermost"]


def test_every_placeholder_and_every_key_stands_in_the_documents() -> None:
    for name in PLACEHOLDERS:
        assert f"`${name}`" in DOCUMENT
    for name in WebhookPart.model_fields:
        assert re.search(rf"`{name}`|^{name} = ", DOCUMENT, re.MULTILINE), name
    assert [f"{pause // 60} minutes" in DOCUMENT for pause in PAUSES_S[1:3]] == [True, True]
