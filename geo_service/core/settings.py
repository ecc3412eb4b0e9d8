"""Settings, read once from the environment and passed down; no other module reads the environment."""

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from geo_service.core.errors import SettingsError
from geo_service.core.resources import default_home

SHORTEST_KEY = 16
"""Characters of a key that is hard to guess."""

_BASEMAP = re.compile(r"(https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?)([/?][!-~]*)?|/(?!/)[!-~]*")
"""Of an address on another host the first group is the origin."""
_ANCESTOR = re.compile(r"https?://(\*\.)?[A-Za-z0-9.-]+(:[0-9]{1,5})?")

# Hundreds of files are looked into.
_zones = cache(available_timezones)


class Settings(BaseSettings):
    """Every setting of the service; the variable is `GEO_` and the field's name in capitals."""

    model_config = SettingsConfigDict(env_prefix="GEO_", extra="ignore", frozen=True)

    database_url: str | None = Field(
        None, description="PostgreSQL address, postgresql://user:password@host:port/name; without it a private cluster is used."
    )
    home: Path = Field(
        default_factory=default_home, description="Where the private cluster lives; .geo of a checkout, else the user's folder of data."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, validation_alias=AliasChoices("GEO_PORT", "PORT"), description="Port to listen on (also PORT).")
    public_url: str | None = Field(
        None, description="Address clients see, https://map.example.org; without it the request's own address is used in TileJSON."
    )
    time_zone: str = Field("Europe/Moscow", description="IANA time zone of dates in requests and of days in statistics.")
    deadlines: Path | None = Field(
        None, description="TOML file of deadlines and working hours; without it geo_service/core/calendar/deadlines.toml."
    )
    geocoding: Path | None = Field(None, description="TOML file of how places are found; without it ingest/geocoding/chain.toml.")
    geocoder: Literal["nominatim", "photon"] | None = Field(None, description="Kind of geocoding server; without it none is asked.")
    geocoder_url: str | None = Field(None, description="Address of the geocoding server, http://127.0.0.1:8080.")
    geocoder_agent: str | None = Field(
        None, description="How the service names itself to the geocoding server; a public one wants a contact in it."
    )
    open311_pull_agent: str | None = Field(None, description="How geo ingest open311 names itself to servers; well with a contact in it.")
    open311_pull_key: str | None = Field(None, description="Key that geo ingest open311 sends, where a server wants one to read.")
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        ("*",), description="Origins that may read the answers, comma-separated; * is anyone."
    )
    frame_ancestors: Annotated[tuple[str, ...], NoDecode] = Field(
        ("*",), description="Origins whose pages may show /embed in a frame, comma-separated; * is anyone, none is nobody."
    )
    basemap_style: str | None = Field(
        None, description="Address of a MapLibre style that the pages draw below their own layers, or a path on the service's own origin."
    )
    basemap_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Further origins that the style's tiles, glyphs and sprites come from, comma-separated."
    )
    write_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (), description="Secrets of those who may send incidents and read rejected ones, comma-separated; without any, nobody may."
    )
    write_open: bool = Field(False, description="1: whoever reaches the service may send incidents without a key.")
    write_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Origins whose pages may send incidents, comma-separated; without any, programs alone may."
    )
    write_body_mb: int = Field(32, ge=1, le=4096, description="Longest body of a request that sends incidents, in megabytes.")
    writers: int = Field(2, ge=1, le=50, description="Requests that may send incidents at the same time; each has a database connection.")
    open311_texts: Annotated[tuple[str, ...], NoDecode] = Field(
        ("open311",), description="Sources whose texts and addresses /open311/ shows, comma-separated; * is all."
    )
    open311_contact: str = Field("", description="Whom clients of /open311/ can ask, also for a key: shown in its discovery document.")
    pool_size: int = Field(5, ge=1, le=100, description="Database connections for requests.")
    statement_timeout_ms: int = Field(10_000, ge=100, description="Longest time a request's SQL statement may take, in milliseconds.")
    district_near_m: float = Field(
        1000.0, ge=0, le=50_000, description="How far outside every district a point may lie and still be given to the nearest, in metres."
    )
    duplicate_distance_m: float = Field(
        100.0, ge=1, le=1000, description="Near-duplicates: how far two places may be from each other, in metres."
    )
    duplicate_span_h: float = Field(
        24.0, gt=0, le=720, description="Near-duplicates: how far two instants of receipt may lie apart, in hours."
    )
    tile_cache_mb: int = Field(128, ge=1, description="Memory for encoded tiles, in megabytes.")
    count_cache_mb: int = Field(256, ge=1, description="Memory for counts per level, in megabytes.")
    queue_limit: int = Field(1000, ge=1, description="Computations that may wait before requests are shed with 503.")
    queue_wait_s: float = Field(3.0, gt=0, description="Seconds that a computation may have to wait before requests are shed with 503.")
    tile_rows_limit: int = Field(
        200_000_000, ge=1, description="Incidents that one tile may have to be counted from, windows that are compared included."
    )
    lag_limit_s: float = Field(30.0, gt=0, description="Seconds the replica may be behind before /readyz says no.")
    log_format: Literal["json", "console"] = Field("console", description="Shape of log lines.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severity that is logged.")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in _zones():
            raise ValueError(f"unknown time zone {value!r}; use an IANA name such as Europe/Moscow")
        return value

    @field_validator("frame_ancestors")
    @classmethod
    def _usable_ancestors(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """They become part of a header: nothing but origins may stand there."""
        for origin in value:
            if origin not in ("*", "none", "self") and not _ANCESTOR.fullmatch(origin):
                raise ValueError(f"{origin!r} is not an origin; use https://map.example.org, https://*.example.org, self, * or none")
        if not value or (len(value) > 1 and "none" in value):
            raise ValueError("use none alone, or origins joined by commas")
        return value

    @field_validator("basemap_style")
    @classmethod
    def _usable_style(cls, value: str | None) -> str | None:
        if value and not _BASEMAP.fullmatch(value):
            raise ValueError(
                f"{value[:80]!r} is no address; use https://tiles.example.org/style.json, or a path such as /basemap/style.json"
            )
        return value or None

    @field_validator("basemap_origins")
    @classmethod
    def _usable_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """They become part of a header: nothing but origins may stand there."""
        for origin in value:
            if not _ANCESTOR.fullmatch(origin):
                raise ValueError(f"{origin[:80]!r} is not an origin; use https://tiles.example.org or https://*.example.org")
        return value

    @field_validator("write_keys")
    @classmethod
    def _long_keys(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(key.get_secret_value()) < SHORTEST_KEY or not key.get_secret_value().isascii() for key in value):
            raise ValueError(f"each key needs at least {SHORTEST_KEY} characters of ASCII")
        return value

    @model_validator(mode="after")
    def _open_or_kept(self) -> "Settings":
        if self.write_open and self.write_keys:
            raise ValueError("GEO_WRITE_OPEN=1 and GEO_WRITE_KEYS contradict each other; set one of them")
        return self

    @model_validator(mode="after")
    def _origins_of_something(self) -> "Settings":
        if self.basemap_origins and not self.basemap_style:
            raise ValueError("GEO_BASEMAP_ORIGINS are of a style; set GEO_BASEMAP_STYLE as well")
        return self

    @field_validator("cors_origins", "frame_ancestors", "basemap_origins", "write_keys", "write_origins", "open311_texts", mode="before")
    @classmethod
    def _split_list(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @property
    def basemap_hosts(self) -> tuple[str, ...]:
        """Every other origin that the base map comes from: that of the style, and the further ones."""
        found = _BASEMAP.fullmatch(self.basemap_style or "")
        return tuple(dict.fromkeys([*([found[1]] if found and found[1] else []), *self.basemap_origins]))

    @property
    def zone(self) -> ZoneInfo:
        """The service's time zone."""
        return ZoneInfo(self.time_zone)


def read_settings(**overrides: object) -> Settings:
    """Settings from the environment, each override in place of its variable; `SettingsError` names what is wrong."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # values are checked by pydantic itself
    except ValidationError as error:
        faults = "; ".join(f"{_variable(fault['loc'])}{fault['msg']}" for fault in error.errors())
        raise SettingsError(f"settings cannot be used: {faults}") from None


def _variable(place: tuple[int | str, ...]) -> str:
    """The variable that a fault is in; nothing where it is in several."""
    return f"GEO_{str(place[0]).upper().removeprefix('GEO_')}: " if place else ""
