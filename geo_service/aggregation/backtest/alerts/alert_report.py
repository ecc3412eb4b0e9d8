"""What a back-test of alerts found, as a part of the document of a back-test."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from geo_service.aggregation.alerts.areas import list_areas
from geo_service.aggregation.alerts.model import AlertLayer, Threshold, Verdict
from geo_service.aggregation.backtest.alerts.lead_time import Lead
from geo_service.aggregation.backtest.alerts.past_overdue import LIST_DAYS, LISTED
from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.aggregation.selection.time_buckets import local

Verdicts = Mapping[tuple[AlertLayer, Verdict], int]
"""How many alerts of a layer the desk has found to be so."""

_LEAD = (
    "lead time = the first full hour at which the old list of the worst districts would have shown as much − the moment of the alert."
    f" The list: the first {LISTED} districts by overdue messages beyond the region's share (overdue − messages · overdue of all / all"
    f" messages), of the messages of the last {LIST_DAYS} days. As much: the place's district is on it, and as many messages of the alert's"
    " theme and places as had raised the alert are overdue."
)
_OVERDUE = (
    "What was overdue then follows from deadline, first answer and close; when a status changed otherwise is not recorded. An answer"
    " that was returned later counts as one; what was closed, rejected or a duplicate without any instant was never overdue."
)


@dataclass(frozen=True, slots=True)
class AlertBacktest:
    """What is reported of alerts."""

    leads: Sequence[Lead]
    verdicts: Verdicts
    thresholds: Mapping[AlertLayer, Threshold]
    is_calibrated: bool
    """Whether the thresholds are those of the service; otherwise they were found for the test."""


def describe_alerts(test: AlertBacktest, catalogue: Catalogue, zone: ZoneInfo) -> dict[str, Any]:
    """Return precision and lead time of all alerts and of each layer, and each alert that a replay has raised."""
    layers = [("all", list(AlertLayer)), *((layer.value, [layer]) for layer in AlertLayer)]
    return {
        "precision": [{"layer": name, **_precision(test.verdicts, chosen)} for name, chosen in layers],
        "lead_time": [
            {"layer": name, **_summarise([lead for lead in test.leads if lead.episode.layer in chosen])} for name, chosen in layers
        ],
        "definitions": {
            "precision": "alerts that the desk has found real / alerts that it has judged; null while none is judged",
            "lead_hours": _LEAD,
            "overdue": _OVERDUE,
        },
        "thresholds": {
            "from": "the service" if test.is_calibrated else "a calibration for this test: the service has none yet",
            **{layer.value: round(threshold.log10_p, 3) for layer, threshold in test.thresholds.items()},
        },
        "episodes": list(_episodes(test.leads, catalogue, zone)),
    }


def _precision(verdicts: Verdicts, layers: Sequence[AlertLayer]) -> dict[str, Any]:
    real, not_real = (sum(verdicts.get((layer, verdict), 0) for layer in layers) for verdict in (Verdict.REAL, Verdict.NOT_REAL))
    judged = real + not_real
    return {"judged": judged, "real": real, "precision": round(real / judged, 4) if judged else None}


def _summarise(leads: Sequence[Lead]) -> dict[str, Any]:
    """Return how many alerts there were, how many the list would have shown, and the quantiles of the lead time in hours."""
    compared = [lead for lead in leads if lead.district is not None]
    hours = sorted(lead.hours for lead in compared if lead.hours is not None)
    return {
        "episodes": len(leads),
        "without_district": len(leads) - len(compared),
        "never_listed": len(compared) - len(hours),
        "listed": len(hours),
        "listed_first": sum(hour < 0 for hour in hours),
        "district_was_listed": sum(lead.was_listed for lead in compared),
        "lead_hours_least": round(hours[0], 1) if hours else None,
        "lead_hours_median": round(median(hours), 1) if hours else None,
        "lead_hours_most": round(hours[-1], 1) if hours else None,
    }


def _episodes(leads: Sequence[Lead], catalogue: Catalogue, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    districts = list_areas(catalogue).districts
    for lead in leads:
        episode, theme = lead.episode, catalogue.themes.by_id.get(lead.episode.theme)
        yield {
            "layer": episode.layer.value,
            "place": {"key": episode.place.key, "name": {"ru": episode.place.name_ru, "en": episode.place.name_en}},
            "district": None if lead.district is None else districts[lead.district].key.removeprefix("d:"),
            "sector": catalogue.sectors.by_id[episode.sector].code if episode.sector in catalogue.sectors.by_id else None,
            "theme": theme.code if theme else None,
            "since": local(episode.since, zone),
            "detected": local(episode.detected, zone),
            "n": lead.n,
            "district_was_listed": lead.was_listed,
            "listed_at": None if lead.listed_at is None else local(lead.listed_at, zone),
            "lead_hours": None if lead.hours is None else round(lead.hours, 2),
        }
