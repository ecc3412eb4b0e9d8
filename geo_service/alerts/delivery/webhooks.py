"""Webhooks: their file, which alerts each gets, their signature and one attempt to send.

Signed as the Standard Webhooks specify (https://www.standardwebhooks.com): HMAC-SHA256 over id, time and body. Only operators write
the file, so an address may be private; answers are not read, redirects are not followed, and no message or log line shows an
address beyond its host: it may have a token in it.
"""

import asyncio
import base64
import binascii
import hmac
import re
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import httpx
from pydantic import Field, SecretStr, field_validator, model_validator

from geo_service import __version__
from geo_service.aggregation.alerts.model import Episode
from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.alerts.delivery.messages import (
    PLACEHOLDERS,
    find_unknown_placeholders,
    write_json,
    write_mattermost,
    write_telegram,
    write_template,
)
from geo_service.alerts.delivery.target import Message, SendError
from geo_service.alerts.documents import Document
from geo_service.alerts.listing import lies_in
from geo_service.core.errors import SettingsError
from geo_service.core.model import SECTORS
from geo_service.core.toml_config import Part, read_toml

Event = Literal["opened", "grown", "closed", "verdict"]

_TIMEOUT_S = 10.0
"""Of an attempt as a whole; of which the connection may take half."""
_SECRET_PREFIX = "whsec_"  # noqa: S105  # of a secret in base64, as in the specification
_MIN_SECRET_BYTES = 16
_AGENT = f"geo-service/{__version__}"
_MAX_RETRY_AFTER_S = 86_400
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class WebhookPart(Part):
    """A table `[[webhook]]`."""

    name: str
    url: SecretStr
    secret: SecretStr | None = None
    template: Literal["json", "telegram", "mattermost", "text"] = "json"
    text: str = ""
    """Of the template `text`: the body with placeholders such as `$reason`."""
    content_type: str = Field("text/plain; charset=utf-8", pattern=r"^[\x20-\x7e]{3,100}$")
    chat: str = ""
    """Of the template `telegram`."""
    language: Literal["ru", "en"] = "ru"
    events: tuple[Event, ...] = Field(("opened", "grown", "closed", "verdict"), min_length=1)
    sectors: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    min_recurrence_days: float = Field(0, ge=0)
    timeout_s: float = Field(_TIMEOUT_S, gt=0, le=30)

    @field_validator("name")
    @classmethod
    def _check_name(cls, value: str) -> str:
        if not _NAME.fullmatch(value) or value == "mail":
            raise ValueError("use 1 to 40 lower-case letters, digits, - and _, and not mail")
        return value

    @field_validator("url")
    @classmethod
    def _check_url(cls, value: SecretStr) -> SecretStr:
        try:
            # Both: each accepts something that the other does not.
            url, parts = httpx.URL(value.get_secret_value()), urlsplit(value.get_secret_value())
        except (httpx.InvalidURL, ValueError):
            raise ValueError("it is not a URL; use https://host/path") from None
        if url.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("use an address that begins with https:// or http://")
        return value

    @field_validator("secret")
    @classmethod
    def _check_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(read_secret(value.get_secret_value())) < _MIN_SECRET_BYTES:
            raise ValueError(f"use at least {_MIN_SECRET_BYTES} bytes: text, or {_SECRET_PREFIX} and base64")
        return value

    @field_validator("sectors")
    @classmethod
    def _check_sectors(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        known = [sector.code for sector in SECTORS]
        if unknown := [code for code in value if code not in known]:
            raise ValueError(f"{unknown[0][:40]!r} is not known; allowed: {', '.join(known)}")
        return value

    @model_validator(mode="after")
    def _check_template(self) -> "WebhookPart":
        if (self.template == "telegram") != bool(self.chat):
            raise ValueError("chat belongs to the template telegram, which needs one")
        if (self.template == "text") != bool(self.text):
            raise ValueError("text belongs to the template text, which needs one")
        if unknown := find_unknown_placeholders(self.text):
            raise ValueError(f"text: ${unknown[0][:40]} is not known; allowed: {', '.join(f'${name}' for name in PLACEHOLDERS)}")
        return self

    @property
    def host(self) -> str:
        """The host of the address, which messages may show."""
        return httpx.URL(self.url.get_secret_value()).host


class WebhookFile(Part):
    """The whole file."""

    webhook: tuple[WebhookPart, ...] = Field((), min_length=1)

    @model_validator(mode="after")
    def _check_names(self) -> "WebhookFile":
        names = [one.name for one in self.webhook]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"webhook: the name {twice[0]!r} is given twice")
        return self


def read_webhooks(path: Path | None) -> "list[Webhook]":
    """Read the webhooks of a file; none without one. `SettingsError` names the file, the key and what is allowed."""
    if path is None:
        return []
    parts = read_toml(path, WebhookFile, "the webhooks", SettingsError).webhook
    return [Webhook(part) for part in parts]


def read_secret(text: str) -> bytes:
    """Return the bytes of a secret: of base64 after `whsec_`, of any other text in UTF-8. Raises ValueError for wrong base64."""
    if not text.startswith(_SECRET_PREFIX):
        return text.encode()
    try:
        return base64.b64decode(text.removeprefix(_SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError(f"what follows {_SECRET_PREFIX} is not base64") from None


def sign(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the header `webhook-signature`: version and HMAC-SHA256 of id, time and body, in base64."""
    signed = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    return f"v1,{base64.b64encode(hmac.digest(secret, signed, 'sha256')).decode()}"


class Webhook:
    """Sends messages to one address."""

    def __init__(self, part: WebhookPart, clock: Callable[[], float] = time.time) -> None:
        self._part, self._clock = part, clock

    @property
    def name(self) -> str:
        """Name in the outbox."""
        return self._part.name

    def wants(self, event: str, episode: Episode, catalogue: Catalogue) -> bool:
        """Return whether event, sector, district and rarity pass the filters."""
        part = self._part
        sector = catalogue.sectors.by_id.get(episode.sector)
        districts = [catalogue.districts.by_code[code].id for code in part.districts if code in catalogue.districts.by_code]
        return (
            event in part.events
            and (not part.sectors or (sector is not None and sector.code in part.sectors))
            and (not part.districts or lies_in(episode, frozenset(catalogue.districts.with_descendants(districts)), catalogue))
            and not episode.recurrence_days < part.min_recurrence_days
        )

    def render(self, event: str, alert: Document, at: int) -> str:
        """Return the body by the template."""
        part = self._part
        if part.template == "telegram":
            return write_telegram(event, alert, part.language, part.chat)
        if part.template == "mattermost":
            return write_mattermost(event, alert, part.language)
        if part.template == "text":
            return write_template(part.text, event, alert, part.language, is_json="json" in part.content_type)
        return write_json(event, alert, at)

    async def send(self, message: Message) -> None:
        """Post the message. Any status of 2xx is success; a redirect is none, as it would lead somewhere that no operator has named."""
        body, part, client = message.body.encode(), self._part, self._client
        try:
            async with asyncio.timeout(part.timeout_s):
                url = part.url.get_secret_value()
                async with client.stream("POST", url, content=body, headers=self._headers(message.id, body)) as response:
                    status, retry_after = response.status_code, response.headers.get("retry-after", "")
        except (TimeoutError, httpx.TimeoutException):
            raise SendError(f"{part.host} has not answered within {part.timeout_s:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            # Not its text: it may have the address in it.
            raise SendError(f"{part.host} cannot be reached ({type(error).__name__})") from None
        if not 200 <= status < 300:
            pause = min(int(retry_after), _MAX_RETRY_AFTER_S) if retry_after.isdecimal() and len(retry_after) < 10 else 0
            raise SendError(f"{part.host} has answered {status}", pause, is_final=status == 410)

    @cached_property
    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(follow_redirects=False, timeout=self._part.timeout_s)

    async def close(self) -> None:
        """Close connections."""
        await self._client.aclose()

    def _headers(self, message_id: str, body: bytes) -> Mapping[str, str]:
        content_type = self._part.content_type if self._part.template == "text" else "application/json"
        at = int(self._clock())
        common = {"Content-Type": content_type, "User-Agent": _AGENT, "webhook-id": message_id, "webhook-timestamp": str(at)}
        secret = self._part.secret
        return (
            common if secret is None else common | {"webhook-signature": sign(read_secret(secret.get_secret_value()), message_id, at, body)}
        )
