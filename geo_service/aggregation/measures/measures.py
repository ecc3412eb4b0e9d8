"""Measures: the numbers that groups of incidents are described, classed and coloured by. A new measure is one entry here.

What each means and its formula: docs/statistics.md. A number that cannot be given is NaN, and null in answers.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import CHANNELS
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.selection.selection import Selection, Window
from geo_service.aggregation.spatial.concentration import DECIMALS as GI_DECIMALS
from geo_service.aggregation.spatial.named_classes import NamedClasses
from geo_service.aggregation.spatial.spatial_measures import EMERGING_MEASURE, GI_MEASURE, UNUSUAL_MEASURE, SpatialMeasure

_N, _OPEN, _OVERDUE, _CLOSED = range(len(CHANNELS))

Floats = NDArray[np.float64]
Whole = NDArray[np.int32]
Text = dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """How a number is made from the facts about groups, and how it is called. There is one object a measure."""

    code: str
    label: Text
    unit: Text
    compute: Callable[[GroupStats], NDArray[Any]]
    """(groups,) whole numbers, or float64 with NaN for "nothing"; not yet rounded."""
    decimals: int = 0
    """To which its numbers are rounded wherever they appear."""
    sample_size: Callable[[GroupStats], Whole] | None = None
    """For a rate or a time: of how many incidents it is, (groups,); given beside it under `sample_size_field`."""
    sample_size_field: str = ""
    counted: Callable[[GroupStats], Whole] | None = None
    """For a share whose part is no measure of its own: the part, (groups,); given beside it under `n_` and its code."""
    channel: int | None = None
    """Which of `kernels.CHANNELS` it is, if it is one; a group where such a count is zero is not drawn on maps."""
    classed: bool = True
    """Whether it can be the class of a tile's features."""
    diverging: bool = False
    """Whether it has a middle, zero, on both sides of which it is classed alike."""
    districts_only: bool = False
    """Whether it needs residents or an area, which hexagons have not."""
    needs_compare: bool = False
    needs_ends: bool = False
    """Whether it needs a window with both ends."""
    spatial: SpatialMeasure | None = None
    """How it is computed where it compares a place with others, or with its past. Tables have it only where it is chosen."""

    @property
    def classes(self) -> NamedClasses | None:
        """Its classes where they are the same for all data; None where they follow from the values."""
        return None if self.spatial is None else self.spatial.classes

    @property
    def baseline(self) -> Callable[[Selection], Window] | None:
        """Returns the window of the past that a selection is compared with; None where it is compared with none."""
        return None if self.spatial is None else self.spatial.baseline

    @property
    def cells_only(self) -> bool:
        """Whether districts have no such number."""
        return self.spatial is not None and self.spatial.districts is None

    def depends_on(self, selection: Selection) -> tuple[Selection, ...]:
        """Return the selections that its numbers depend on beside the one that they are of."""
        return () if self.spatial is None else self.spatial.depends_on(selection)

    def values(self, facts: GroupStats) -> NDArray[Any]:
        """(groups,) the numbers as they appear everywhere: whole ones, or float64 rounded to `decimals`, NaN for "nothing"."""
        values = self.compute(facts)
        return values if values.dtype.kind == "i" else np.round(values, self.decimals)

    def map_values(self, facts: GroupStats) -> NDArray[Any]:
        """The values, NaN as well where there are no incidents now: nothing is drawn there.

        Of a change, infinity where there were none before: it has no number, but it is growth. Where incidents are no more it is drawn.
        """
        values = self.values(facts)
        if self.channel is not None or self.spatial is not None:
            return values
        has_any = facts.counts[:, _N] > 0
        if self.diverging:
            return np.where(np.isnan(values) & has_any, np.inf, values)
        return np.where(has_any, values, np.nan)


def ratio(part: NDArray[Any], whole: NDArray[Any]) -> Floats:
    """part / whole, NaN where the whole is 0 or not known."""
    out = np.full(len(part), np.nan)
    np.divide(part, whole, out=out, where=whole > 0)
    return out


def _channel(channel: int) -> Callable[[GroupStats], Whole]:
    return lambda facts: facts.counts[:, channel]


def _change(facts: GroupStats) -> Floats:
    if facts.previous is None:
        return np.full(facts.grouping.size, np.nan)
    return ratio(facts.counts[:, _N], facts.previous.counts[:, _N]) - 1


def _spatial(measure: SpatialMeasure) -> Callable[[GroupStats], NDArray[Any]]:
    return lambda facts: measure.of_groups(facts.state, facts.selection, facts.grouping, facts.counts[:, _N])


def _previous_n(facts: GroupStats) -> Whole:
    return facts.previous.counts[:, _N] if facts.previous else np.zeros(facts.grouping.size, np.int32)


_INCIDENTS = {"ru": "сообщений", "en": "incidents"}
_HOURS = {"ru": "ч", "en": "h"}
_SHARE = {"ru": "доля, от 0 до 1", "en": "share from 0 to 1"}
_EVIDENCE = {"ru": "значимость, −lg p", "en": "evidence, −log10 p"}
_Z = {"ru": "z", "en": "z"}
_PATTERN = {"ru": "номер закономерности", "en": "number of the pattern"}
_ANSWERED, _CLOSED_N = "n_answered", "n_closed_timed"

_ALL = (
    Measure("count", {"ru": "Число сообщений", "en": "Number of incidents"}, _INCIDENTS, _channel(_N), channel=_N),
    Measure("open", {"ru": "Открытые сообщения", "en": "Open incidents"}, _INCIDENTS, _channel(_OPEN), channel=_OPEN),
    Measure("overdue", {"ru": "Просроченные сообщения", "en": "Overdue incidents"}, _INCIDENTS, _channel(_OVERDUE), channel=_OVERDUE),
    Measure("closed", {"ru": "Закрытые сообщения", "en": "Closed incidents"}, _INCIDENTS, _channel(_CLOSED), channel=_CLOSED),
    Measure(
        "share_closed", {"ru": "Доля закрытых", "en": "Share closed"}, _SHARE,
        lambda facts: ratio(facts.counts[:, _CLOSED], facts.counts[:, _N]), 4, sample_size=_channel(_N), sample_size_field="count",
    ),
    Measure(
        "answer_hours", {"ru": "Время до ответа, медиана", "en": "Time to first response, median"}, _HOURS,
        lambda facts: facts.answer.median, 2, sample_size=lambda facts: facts.answer.n, sample_size_field=_ANSWERED,
    ),
    Measure(
        "answer_hours_p90", {"ru": "Время до ответа, 90-й перцентиль", "en": "Time to first response, 90th percentile"}, _HOURS,
        lambda facts: facts.answer.p90, 2, sample_size=lambda facts: facts.answer.n, sample_size_field=_ANSWERED,
    ),
    Measure(
        "close_hours", {"ru": "Время до закрытия, медиана", "en": "Time to close, median"}, _HOURS,
        lambda facts: facts.closing.median, 2, sample_size=lambda facts: facts.closing.n, sample_size_field=_CLOSED_N,
    ),
    Measure(
        "close_hours_p90", {"ru": "Время до закрытия, 90-й перцентиль", "en": "Time to close, 90th percentile"}, _HOURS,
        lambda facts: facts.closing.p90, 2, sample_size=lambda facts: facts.closing.n, sample_size_field=_CLOSED_N,
    ),
    Measure(
        "share_on_time", {"ru": "Доля ответов в срок", "en": "Share answered on time"}, _SHARE,
        lambda facts: ratio(facts.punctuality.on_time, facts.punctuality.judged), 4,
        sample_size=lambda facts: facts.punctuality.judged, sample_size_field="n_judged",
    ),
    Measure(
        "answered_late", {"ru": "Доля ответов с опозданием", "en": "Share answered late"}, _SHARE,
        lambda facts: ratio(facts.punctuality.late, facts.punctuality.judged), 4,
        sample_size=lambda facts: facts.punctuality.judged, sample_size_field="n_judged", counted=lambda facts: facts.punctuality.late,
    ),
    Measure(
        "per_1000", {"ru": "Сообщений на 1000 жителей", "en": "Incidents per 1,000 residents"},
        {"ru": "сообщений на 1000 жителей", "en": "incidents per 1,000 residents"},
        lambda facts: 1000 * ratio(facts.counts[:, _N], facts.residents), 3, districts_only=True,
    ),
    Measure(
        "per_km2", {"ru": "Сообщений на км²", "en": "Incidents per km²"}, {"ru": "сообщений на км²", "en": "incidents per km²"},
        lambda facts: ratio(facts.counts[:, _N], facts.area_km2), 4, districts_only=True,
    ),
    Measure(
        "change", {"ru": "Изменение", "en": "Change"}, {"ru": "доля от сравниваемого числа", "en": "share of the compared number"},
        _change, 4, sample_size=_previous_n, sample_size_field="n_compared", diverging=True, needs_compare=True,
    ),
    Measure(
        "unusual", {"ru": "Больше обычного", "en": "More than usual"}, _EVIDENCE, _spatial(UNUSUAL_MEASURE), 2, spatial=UNUSUAL_MEASURE,
    ),
    Measure(
        "gi", {"ru": "Концентрация (Gi*)", "en": "Concentration (Gi*)"}, _Z, _spatial(GI_MEASURE), GI_DECIMALS, spatial=GI_MEASURE,
    ),
    Measure(
        "emerging", {"ru": "Развитие горячих точек", "en": "Emerging hot spots"}, _PATTERN, _spatial(EMERGING_MEASURE),
        spatial=EMERGING_MEASURE, needs_ends=True,
    ),
)  # fmt: skip

MEASURES = {measure.code: measure for measure in _ALL}

CELL_MEASURES = {measure.code: measure for measure in _ALL if measure.classed and not measure.districts_only}
"""Those that hexagons can be classed by."""

DISTRICT_MEASURES = {measure.code: measure for measure in _ALL if measure.classed and not measure.cells_only}
"""Those that districts can be classed by."""

TABLE_MEASURES = {measure.code: measure for measure in _ALL if measure.spatial is None}
"""Those that are made from the incidents of each group alone, whatever the groups are."""


def add_chosen(measures: Iterable[Measure], chosen: Measure) -> list[Measure]:
    """Return the measures, and the chosen one behind them where it is not among them."""
    listed = list(measures)
    return listed if chosen in listed else [*listed, chosen]
