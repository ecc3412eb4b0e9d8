"""What is asked of the incidents, once parsed: which of them, by which measure, and compared with what."""

from dataclasses import dataclass, field

from geo_service.aggregation.measures.measures import MEASURES, Measure
from geo_service.aggregation.selection.selection import Selection


@dataclass(frozen=True, slots=True)
class Query:
    """A selection, its measure and the selection it is compared with. Equal queries have equal answers and share them in caches."""

    selection: Selection
    measure: Measure = MEASURES["count"]
    compare: Selection | None = None
    """The same filter in another window; None where nothing is compared."""
    compared_by: str | None = field(default=None, compare=False)
    """The parameter that chose that window, one of `queries.selection.COMPARISONS`."""
    valid_until: float = field(default=float("inf"), compare=False)
    """Seconds since 1970; from then on the same query string means another query."""

    @property
    def selections(self) -> tuple[Selection, ...]:
        """The selections whose incidents are counted."""
        return (self.selection,) if self.compare is None else (self.selection, self.compare)

    @property
    def depends_on(self) -> tuple[Selection, ...]:
        """All selections whose incidents the answer depends on."""
        return (*self.selections, *self.measure.depends_on(self.selection))
