"""The configuration of geocoding: one TOML file, and the server's address from the settings."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from geo_service.core.errors import SettingsError
from geo_service.core.model import LocationQuality
from geo_service.core.resources import package_folder
from geo_service.core.toml_config import Part, read_toml
from ingest.mapping.mapping import Bounds

SHIPPED = package_folder("ingest.geocoding") / "chain.toml"

StepName = Literal["cache", "gazetteer", "server"]
MaxCoarseness = Literal["house", "street", "settlement", "district", "region"]


class CachePart(Part):
    """Answers that are kept."""

    max_age_days: float = Field(365, gt=0)


class ServerPart(Part):
    """How a server is asked."""

    timeout_s: float = Field(5, gt=0, le=60)
    retries: int = Field(2, ge=0, le=10)
    retry_wait_s: float = Field(1, ge=0, le=60)
    at_once: int = Field(4, ge=1, le=100)
    per_second: float = Field(20, gt=0, le=1000)
    pause_after: int = Field(5, ge=1)
    """Failures in a row."""
    pause_s: float = Field(30, gt=0)


class GeocodingConfiguration(Part):
    """The whole of it."""

    steps: tuple[StepName, ...] = Field(default=("cache", "gazetteer", "server"), min_length=1)
    least_confidence: float = Field(0.6, ge=0, le=1)
    coarsest: MaxCoarseness = "district"
    bounds: Bounds | None = None
    settlements: Path | None = None
    agree_km: float = Field(30, gt=0)
    cache: CachePart = CachePart()
    server: ServerPart = ServerPart()

    @property
    def coarsest_quality(self) -> LocationQuality:
        """How coarse a place may be."""
        return LocationQuality[self.coarsest.upper()]


def read_configuration(path: Path | None) -> GeocodingConfiguration:
    """The configuration in the file, or the shipped one; a settlements' file is looked for beside it.

    `SettingsError` names the file, the key and what is allowed.
    """
    file = path or SHIPPED
    read = read_toml(file, GeocodingConfiguration, "the configuration of geocoding", SettingsError)
    return read.model_copy(update={"settlements": file.parent / read.settlements}) if read.settlements else read
