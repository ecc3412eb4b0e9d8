"""Settings: read once from the environment and passed down; no other module reads the environment."""

import re
from collections.abc import Mapping
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from geo_service.core.errors import SettingsError
from geo_service.core.resources import default_home
from geo_service.core.source_links import read_source_links

MIN_KEY_LENGTH = 16
"""Minimum length of an API key in characters."""

_BASEMAP = re.compile(r"(https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?)([/?][!-~]*)?|/(?!/)[!-~]*")
"""A URL or a path; for a URL, the first group is its origin."""
_PUBLIC_URL = re.compile(r"(https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?)((?:/[A-Za-z0-9._~-]+)*)/?")
"""An origin and a path."""
_ANCESTOR = re.compile(r"https?://(\*\.)?[A-Za-z0-9.-]+(:[0-9]{1,5})?")

MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")

# Cached: available_timezones() reads hundreds of files.
_zones = cache(available_timezones)


StatusCode = Literal["new", "assigned", "in_work", "interim", "answered", "returned", "closed", "rejected", "duplicate"]


class Settings(BaseSettings):
    """All settings of the service. The variable of a field is `GEO_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="GEO_", extra="ignore", frozen=True)

    database_url: str | None = Field(
        None, description="PostgreSQL address, postgresql://user:password@host:port/name; without it a private cluster is used."
    )
    home: Path = Field(
        default_factory=default_home,
        description="Folder of the private cluster; default: .geo in a checkout, else in the user's data folder.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, validation_alias=AliasChoices("GEO_PORT", "PORT"), description="Port to listen on (also PORT).")
    public_url: str | None = Field(
        None, description="Address that clients use, https://map.example.org or https://example.org/map; default: that of each request."
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        ("localhost", "127.0.0.1", "[::1]"),
        description="Host names of requests that become part of addresses in responses, comma-separated; * allows all.",
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        ("127.0.0.1", "::1"),
        description="Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses and CIDR blocks, comma-separated.",
    )
    time_zone: str = Field("Europe/Moscow", description="IANA time zone of dates in requests and of days in statistics.")
    unknown_status: StatusCode | None = Field(
        None, description="Status of incidents whose status no mapping knows, such as new; they are counted. Default: they are rejected."
    )
    deadlines: Path | None = Field(
        None, description="TOML file of deadlines and working hours; without it geo_service/core/calendar/deadlines.toml."
    )
    geocoding: Path | None = Field(None, description="TOML file with the geocoding steps; without it ingest/geocoding/chain.toml.")
    geocoder: Literal["nominatim", "photon"] | None = Field(None, description="Type of the geocoding server; default: no server.")
    geocoder_url: str | None = Field(None, description="Address of the geocoding server, http://127.0.0.1:8080.")
    geocoder_agent: str | None = Field(
        None, description="User-Agent for the geocoding server; a public server needs a contact address in it."
    )
    open311_pull_agent: str | None = Field(None, description="User-Agent of geo ingest open311; should include a contact address.")
    open311_pull_key: str | None = Field(None, description="API key that geo ingest open311 sends, if the server needs one to read.")
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        ("*",), description="Origins whose pages may read responses, comma-separated; * allows all."
    )
    frame_ancestors: Annotated[tuple[str, ...], NoDecode] = Field(
        ("*",), description="Origins whose pages may show /embed in an iframe, comma-separated; * allows all, none forbids all."
    )
    basemap_style: str | None = Field(
        None, description="URL of a MapLibre style for the base map of the pages, or a path on the service's own origin."
    )
    basemap_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Other origins of the style's tiles, glyphs and sprites, comma-separated."
    )
    write_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (), description="API keys that allow sending incidents and reading rejected rows, comma-separated; default: nobody may."
    )
    text_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (), description="API keys that allow reading the citizens' words and addresses, comma-separated; default: nobody may."
    )
    source_links: Annotated[Mapping[str, str], NoDecode] = Field(
        {},
        description="Addresses of incidents in the systems that they come from, as JSON: source to a template with {external_id}.",
    )
    write_open: bool = Field(False, description="1: everyone who can reach the service may send incidents without a key.")
    write_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Origins whose pages may send incidents, comma-separated; default: only programs may."
    )
    write_body_mb: int = Field(32, ge=1, le=4096, description="Maximum body of a request that sends incidents, in megabytes.")
    writers: int = Field(
        3,
        ge=1,
        le=50,
        description="Batches of incidents that may be written at the same time; one fewer of streams.",
    )
    new_entries_per_request: int = Field(
        1000, ge=0, le=1_000_000, description="Maximum number of new themes, agencies and sources that one request may add."
    )
    new_entries_per_day: int = Field(
        2000, ge=0, le=10_000_000, description="Maximum number of new themes, agencies and sources that an API key may add in a day (UTC)."
    )
    open311_texts: Annotated[tuple[str, ...], NoDecode] = Field(
        ("open311",), description="Sources whose texts and addresses /open311/ shows, comma-separated; * means all."
    )
    open311_contact: str = Field("", description="Contact for users of /open311/, shown in its discovery document.")
    pool_size: int = Field(5, ge=1, le=100, description="Database connections for requests.")
    statement_timeout_ms: int = Field(10_000, ge=100, description="Timeout of a SQL statement of a request, in milliseconds.")
    district_near_m: float = Field(
        1000.0, ge=0, le=50_000, description="Distance up to which a point outside of all districts gets the nearest one, in metres."
    )
    duplicate_distance_m: float = Field(
        100.0, ge=1, le=1000, description="Near-duplicates: maximum distance between two locations, in metres."
    )
    duplicate_span_h: float = Field(
        24.0, gt=0, le=720, description="Near-duplicates: maximum time between two instants of receipt, in hours."
    )
    tile_cache_mb: int = Field(128, ge=1, description="Memory for encoded tiles, in megabytes.")
    count_cache_mb: int = Field(256, ge=1, description="Memory for counts per level, in megabytes.")
    max_connections: int = Field(2000, ge=10, description="Maximum number of open connections of clients; further ones get 503.")
    header_timeout_s: float = Field(15.0, gt=0, description="Seconds in which the headers of a request must come.")
    queue_limit: int = Field(1000, ge=1, description="Maximum number of requests in a queue; above it, requests get 503.")
    queue_wait_s: float = Field(
        3.0, gt=0, description="Maximum wait of a request in all queues together, in seconds; above it, requests get 503."
    )
    tile_rows_limit: int = Field(
        200_000_000, ge=1, description="Maximum number of incidents that are counted for one tile, compared windows included."
    )
    lag_limit_s: float = Field(30.0, gt=0, description="Maximum delay of the replica in seconds; above it, /readyz calls it stale.")
    stale_limit_s: float = Field(3600.0, gt=0, description="Maximum delay of the replica in seconds; above it, /readyz answers 503.")
    reconcile_interval_s: float = Field(
        300.0, gt=0, description="Pause between two comparisons of the replica with the whole database, in seconds."
    )
    alerts: bool = Field(True, description="0: this process does not look for alerts and sends none; it serves those that are known.")
    alerts_per_week: float = Field(
        1.0, gt=0, le=1000, description="False alarms a week that each layer of alerts may raise; thresholds are chosen for it."
    )
    alerts_interval_s: float = Field(60.0, gt=0, le=600, description="Minimum pause between two searches for alerts, in seconds.")
    webhooks: Path | None = Field(None, description="TOML file of the webhooks that alerts are sent to; default: none.")
    smtp_url: SecretStr | None = Field(
        None, description="SMTP server for mail about alerts and weekly reports, smtps://user:password@host:465 or smtp://host:25."
    )
    alerts_mail_from: str | None = Field(None, description="Address that mail about alerts comes from.")
    alerts_mail_to: Annotated[tuple[str, ...], NoDecode] = Field((), description="Addresses that get mail about alerts, comma-separated.")
    metrics_port: int | None = Field(None, ge=0, le=65535, description="Port that answers /metrics and nothing else; default: none.")
    metrics_host: str = Field("127.0.0.1", description="Address of GEO_METRICS_PORT.")
    metrics_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (), description="API keys that allow reading /metrics on GEO_PORT, comma-separated; default: it is not there."
    )
    log_format: Literal["json", "console"] = Field("console", description="Format of log lines.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Minimum log level.")

    @field_validator("time_zone")
    @classmethod
    def _check_zone(cls, value: str) -> str:
        if value not in _zones():
            raise ValueError(f"unknown time zone {value!r}; use an IANA name such as Europe/Moscow")
        return value

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, value: str | None) -> str | None:
        """Allow only what can become part of a page and of a header."""
        if value and not _PUBLIC_URL.fullmatch(value):
            raise ValueError(f"{value[:80]!r} is not an address; use https://map.example.org, or with a path https://example.org/map")
        return value.rstrip("/") if value else None

    @field_validator("frame_ancestors")
    @classmethod
    def _check_ancestors(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Allow only origins: they become part of a header."""
        for origin in value:
            if origin not in ("*", "none", "self") and not _ANCESTOR.fullmatch(origin):
                raise ValueError(f"{origin!r} is not an origin; use https://map.example.org, https://*.example.org, self, * or none")
        if not value or (len(value) > 1 and "none" in value):
            raise ValueError("use none alone, or origins separated by commas")
        return value

    @field_validator("basemap_style")
    @classmethod
    def _check_style(cls, value: str | None) -> str | None:
        if value and not _BASEMAP.fullmatch(value):
            raise ValueError(
                f"{value[:80]!r} is not a URL; use https://tiles.example.org/style.json, or a path such as /basemap/style.json"
            )
        return value or None

    @field_validator("basemap_origins")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Allow only origins: they become part of a header."""
        for origin in value:
            if not _ANCESTOR.fullmatch(origin):
                raise ValueError(f"{origin[:80]!r} is not an origin; use https://tiles.example.org or https://*.example.org")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ip_network(network)
            except ValueError:
                raise ValueError(
                    f"{network[:60]!r} is neither an address nor a CIDR block; use 127.0.0.1, ::1 or 10.0.0.0/8, separated by commas"
                ) from None
        return value

    @field_validator("source_links", mode="before")
    @classmethod
    def _check_source_links(cls, value: object) -> object:
        """Allow only templates that make addresses of web pages: they become links on the page."""
        return read_source_links(value)

    @field_validator("write_keys", "metrics_keys", "text_keys")
    @classmethod
    def _check_keys(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(key.get_secret_value()) < MIN_KEY_LENGTH or not key.get_secret_value().isascii() for key in value):
            raise ValueError(f"each key needs at least {MIN_KEY_LENGTH} ASCII characters")
        return value

    @model_validator(mode="after")
    def _check_write_access(self) -> "Settings":
        if self.write_open and self.write_keys:
            raise ValueError("GEO_WRITE_OPEN=1 and GEO_WRITE_KEYS exclude each other; set one of them")
        return self

    @field_validator("alerts_mail_from", "alerts_mail_to")
    @classmethod
    def _check_mail_addresses(cls, value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        """Allow only plain addresses: they become headers of mail."""
        for address in (value,) if isinstance(value, str) else value or ():
            if not MAIL_ADDRESS.fullmatch(address):
                raise ValueError(f"{address[:80]!r} is not a mail address; use duty@example.org")
        return value

    @model_validator(mode="after")
    def _check_mail(self) -> "Settings":
        given = {"GEO_SMTP_URL": self.smtp_url, "GEO_ALERTS_MAIL_FROM": self.alerts_mail_from, "GEO_ALERTS_MAIL_TO": self.alerts_mail_to}
        missing = [name for name, value in given.items() if not value]
        # The server alone is enough for weekly reports.
        if missing and (self.alerts_mail_from or self.alerts_mail_to):
            raise ValueError(f"mail about alerts needs {' and '.join(missing)}, too")
        return self

    @model_validator(mode="after")
    def _check_basemap(self) -> "Settings":
        if self.basemap_origins and not self.basemap_style:
            raise ValueError("GEO_BASEMAP_ORIGINS requires GEO_BASEMAP_STYLE")
        return self

    @field_validator(
        "cors_origins", "frame_ancestors", "basemap_origins", "write_keys", "text_keys", "write_origins", "open311_texts",
        "allowed_hosts", "trusted_proxies", "metrics_keys", "alerts_mail_to", mode="before",
    )  # fmt: skip
    @classmethod
    def _split_list(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @property
    def public_origin(self) -> str | None:
        """Return the origin of GEO_PUBLIC_URL, as a browser sends it."""
        match = _PUBLIC_URL.fullmatch(self.public_url or "")
        return match[1] if match else None

    @property
    def public_path(self) -> str:
        """Return the path of GEO_PUBLIC_URL, which a proxy takes away: `/map`, or empty."""
        match = _PUBLIC_URL.fullmatch(self.public_url or "")
        return match[2] if match else ""

    @property
    def basemap_hosts(self) -> tuple[str, ...]:
        """Return the origins of the base map: that of the style, and GEO_BASEMAP_ORIGINS."""
        match = _BASEMAP.fullmatch(self.basemap_style or "")
        return tuple(dict.fromkeys([*([match[1]] if match and match[1] else []), *self.basemap_origins]))

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone of the service."""
        return ZoneInfo(self.time_zone)


def read_settings(**overrides: object) -> Settings:
    """Read the settings from the environment; an override replaces its variable. `SettingsError` names the invalid variables."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # values are checked by pydantic itself
    except ValidationError as error:
        problems = "; ".join(f"{_variable_prefix(problem['loc'])}{problem['msg']}" for problem in error.errors())
        raise SettingsError(f"settings cannot be used: {problems}") from None


def _variable_prefix(location: tuple[int | str, ...]) -> str:
    """Return the variable of a problem for the message; empty if it concerns several."""
    return f"GEO_{str(location[0]).upper().removeprefix('GEO_')}: " if location else ""
