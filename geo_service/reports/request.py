"""What a report is asked for: a week, a district and a language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlencode

from geo_service.aggregation.catalogue.catalogue import Catalogue, District
from geo_service.aggregation.selection.selection import Selection, Window
from geo_service.core.errors import InvalidParameter
from geo_service.core.integers import shorten
from geo_service.reports.week import ReportWeek

Language = Literal["ru", "en"]
LANGUAGES: tuple[Language, ...] = ("ru", "en")

_MAX_LISTED_CODES = 50
"""Allowed codes that an error message lists."""


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """Which week, for which district (None: for everything), in which language."""

    week: ReportWeek
    district: District | None
    language: Language

    @property
    def live_path(self) -> str:
        """The live page with the same selection, relative to the address of the report."""
        window = self.week.window
        dates = [str(datetime.fromtimestamp(at, self.week.zone).date()) for at in (window.start, window.stop + 86_399)]
        chosen = [("from", dates[0]), ("to", dates[1]), *([("district", self.district.code)] if self.district else [])]
        return f"./#{urlencode([*chosen, ('compare', 'previous'), ('lang', self.language)])}"

    def select(self, window: Window, catalogue: Catalogue, *, everywhere: bool = False) -> Selection:
        """Return the incidents of a window, of the report's district unless `everywhere`; overdue is judged at the week's end."""
        below = None if everywhere or self.district is None else catalogue.districts.with_descendants([self.district.id])
        return Selection(window, self.week.now, districts=below)


def read_district(code: str | None, catalogue: Catalogue, parameter: str = "district") -> District | None:
    """Return the district with a code; None without one. Raises `InvalidParameter` for an unknown code."""
    if code is None:
        return None
    if code not in catalogue.districts.by_code:
        known = [district.code for district in catalogue.districts.all]
        listed = [*known[:_MAX_LISTED_CODES], *([f"and {len(known) - _MAX_LISTED_CODES} more"] if len(known) > _MAX_LISTED_CODES else [])]
        allowed = listed or "none: no districts are loaded; leave it out"
        raise InvalidParameter(parameter, f"{shorten(code)!r} is not known", allowed, "unknown-value", shorten(code))
    return catalogue.districts.by_code[code]


def read_language(text: str | None, accepted: str = "", parameter: str = "lang") -> Language:
    """Return the named language, else the first of the reader's languages that there is, else Russian.

    accepted: an Accept-Language header. Raises `InvalidParameter`.
    """
    if text is None:
        return _prefer(accepted)
    for language in LANGUAGES:
        if text == language:
            return language
    raise InvalidParameter(parameter, f"{shorten(text)!r} is not known", LANGUAGES, "unknown-value", shorten(text))


def _prefer(accepted: str) -> Language:
    """Return the language of an Accept-Language header with the greatest weight, of equal ones the first (RFC 9110, 12.5.4)."""
    weights: Mapping[Language, float] = {language: _weight(accepted, language) for language in LANGUAGES}
    best = max(LANGUAGES, key=lambda language: weights[language])
    return best if weights[best] > 0 else "ru"


def _weight(accepted: str, language: str) -> float:
    """Return the greatest weight that the header gives to a language, less a trifle for each entry before it; 0 where it is not named."""
    best = 0.0
    for place, part in enumerate(accepted.split(",")):
        tag, _, quality = part.strip().partition(";")
        if tag.strip().lower().split("-")[0] == language:
            best = max(best, _read_quality(quality) - 1e-6 * place)
    return best


def _read_quality(text: str) -> float:
    value = text.strip().lower().removeprefix("q=").strip()
    try:
        return min(max(float(value), 0.0), 1.0) if value else 1.0
    except ValueError:
        return 0.0
