"""The configuration of geocoding: one TOML file, and the server's address from the settings."""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from geo_service.errors import SettingsError
from geo_service.model import LocationQuality
from ingest.mapping import Bounds

SHIPPED = Path(__file__).with_name("chain.toml")

StepName = Literal["cache", "gazetteer", "server"]
Coarsest = Literal["house", "street", "settlement", "district", "region"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CachePart(_Part):
    """Answers that are kept."""

    max_age_days: float = Field(365, gt=0)


class ServerPart(_Part):
    """How a server is asked."""

    timeout_s: float = Field(5, gt=0, le=60)
    retries: int = Field(2, ge=0, le=10)
    retry_wait_s: float = Field(1, ge=0, le=60)
    at_once: int = Field(4, ge=1, le=100)
    per_second: float = Field(20, gt=0, le=1000)
    pause_after: int = Field(5, ge=1)
    """Failures in a row."""
    pause_s: float = Field(30, gt=0)


class Configuration(_Part):
    """The whole of it."""

    steps: tuple[StepName, ...] = Field(default=("cache", "gazetteer", "server"), min_length=1)
    least_confidence: float = Field(0.6, ge=0, le=1)
    coarsest: Coarsest = "district"
    bounds: Bounds | None = None
    settlements: Path | None = None
    agree_km: float = Field(30, gt=0)
    cache: CachePart = CachePart()
    server: ServerPart = ServerPart()

    @model_validator(mode="after")
    def _bounds_in_order(self) -> "Configuration":
        if self.bounds and not (-180 <= self.bounds[0] < self.bounds[2] <= 180 and -90 <= self.bounds[1] < self.bounds[3] <= 90):
            raise ValueError("bounds must be west < east within -180..180 and south < north within -90..90")
        return self

    @property
    def coarsest_quality(self) -> LocationQuality:
        """How coarse a place may be."""
        return LocationQuality[self.coarsest.upper()]


def read_configuration(path: Path | None) -> Configuration:
    """The configuration in the file, or the shipped one; a settlements' file is looked for beside it.

    `SettingsError` names the file, the key and what is allowed.
    """
    file = path or SHIPPED
    try:
        read = Configuration.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise SettingsError(f"cannot read the configuration of geocoding {file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read the configuration of geocoding {file}: it is not TOML: {error}") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}".removeprefix(": ") for fault in error.errors())
        raise SettingsError(f"cannot use the configuration of geocoding {file}: {faults}") from error
    return read.model_copy(update={"settlements": file.parent / read.settlements}) if read.settlements else read
