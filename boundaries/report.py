"""What a check of districts found."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What can be wrong with districts beside each other."""

    DUPLICATE = "duplicate code"
    OVERLAP = "overlap"
    GAP = "gap"
    ENCLAVE = "enclave"
    OUTSIDE = "outside its parent"


@dataclass(frozen=True, slots=True)
class Fault:
    """One finding."""

    kind: Kind
    names: tuple[str, ...]
    """Of the districts that it concerns."""
    area_m2: float
    """0 for a duplicate code."""
    refused: bool
    """Too large to be taken without being asked for."""


@dataclass(frozen=True, slots=True)
class Report:
    """All findings, the largest first."""

    districts: int
    repaired: Sequence[str]
    """Codes of those whose rings were repaired."""
    faults: Sequence[Fault]

    @property
    def duplicates(self) -> list[str]:
        """Codes that more than one district has; such a set is never taken."""
        return [fault.names[0] for fault in self.faults if fault.kind is Kind.DUPLICATE]

    @property
    def refused(self) -> list[Fault]:
        """What stands against taking the set."""
        return [fault for fault in self.faults if fault.refused]


def area_text(area_m2: float) -> str:
    """An area in m² or km², whichever reads better."""
    if not area_m2:
        return ""
    return f"{area_m2:,.0f} m²" if area_m2 < 100_000 else f"{area_m2 / 1e6:,.2f} km²"
