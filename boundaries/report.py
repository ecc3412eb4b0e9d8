"""The report of a check of districts."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """The faults that districts of one level can have."""

    DUPLICATE = "duplicate code"
    OVERLAP = "overlap"
    GAP = "gap"
    ENCLAVE = "enclave"
    OUTSIDE = "outside its parent"
    ELSEWHERE = "outside every loaded region"
    SWAPPED = "latitudes and longitudes are swapped"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault."""

    kind: FaultKind
    names: tuple[str, ...]
    """Names of the districts that it concerns."""
    area_m2: float
    """0 for a duplicate code."""
    refused: bool
    """Whether it is too large, so that the districts are only loaded by force."""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a check."""

    districts: int
    """How many were checked."""
    repaired: Sequence[str]
    """Codes of the districts whose rings were repaired."""
    faults: Sequence[Fault]
    """The largest first."""

    @property
    def duplicates(self) -> list[str]:
        """Codes that more than one district has. Districts with duplicate codes are never loaded."""
        return [fault.names[0] for fault in self.faults if fault.kind is FaultKind.DUPLICATE]

    @property
    def refused(self) -> list[Fault]:
        """The faults because of which the districts are only loaded by force."""
        return [fault for fault in self.faults if fault.refused]


def format_area(area_m2: float) -> str:
    """Return the area in m² or, from 100,000 m², in km²; an empty text for 0."""
    if not area_m2:
        return ""
    return f"{area_m2:,.0f} m²" if area_m2 < 100_000 else f"{area_m2 / 1e6:,.2f} km²"
