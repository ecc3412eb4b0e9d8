"""The configuration of geocoding, read from one TOML file; the server's address comes from the settings."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from geo_service.core.errors import SettingsError
from geo_service.core.model import LocationQuality
from geo_service.core.resources import package_folder
from geo_service.core.toml_config import Part, read_toml
from ingest.mapping.mapping import LngLatBounds

SHIPPED = package_folder("ingest.geocoding") / "chain.toml"

StepName = Literal["cache", "gazetteer", "server"]
MaxCoarseness = Literal["house", "street", "settlement", "district", "region"]


class CachePart(Part):
    """The cache of addresses."""

    max_age_days: float = Field(365, gt=0)


class ServerPart(Part):
    """Limits of the requests to a geocoding server."""

    timeout_s: float = Field(5, gt=0, le=60)
    retries: int = Field(2, ge=0, le=10)
    retry_wait_s: float = Field(1, ge=0, le=60)
    at_once: int = Field(4, ge=1, le=100)
    """Requests at the same time, at most."""
    per_second: float = Field(20, gt=0, le=1000)
    pause_after: int = Field(5, ge=1)
    """Failures in a row after which the circuit breaker opens."""
    pause_s: float = Field(30, gt=0)


class GeocodingConfiguration(Part):
    """The whole file."""

    steps: tuple[StepName, ...] = Field(default=("cache", "gazetteer", "server"), min_length=1)
    least_confidence: float = Field(0.6, ge=0, le=1)
    coarsest: MaxCoarseness = "district"
    bounds: LngLatBounds | None = None
    settlements: Path | None = None
    agree_km: float = Field(30, gt=0)
    cache: CachePart = CachePart()
    server: ServerPart = ServerPart()

    @property
    def max_coarseness(self) -> LocationQuality:
        """The coarsest quality of a place that is used."""
        return LocationQuality[self.coarsest.upper()]


def read_configuration(path: Path | None) -> GeocodingConfiguration:
    """Read the file at `path`, or the shipped one. A relative path of `settlements` starts at the folder of that file.

    `SettingsError` names the file, the key and what is allowed.
    """
    file = path or SHIPPED
    configuration = read_toml(file, GeocodingConfiguration, "the configuration of geocoding", SettingsError)
    if configuration.settlements is None:
        return configuration
    return configuration.model_copy(update={"settlements": file.parent / configuration.settlements})
