"""The reason of an alert in a sentence, Russian and English, made of its data alone. No probability stands in it."""

from zoneinfo import ZoneInfo

from geo_service.aggregation.alerts.model import Episode
from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.alerts.listing import REGION_KEY
from geo_service.alerts.phrases import MESSAGES_RU, format_duration, format_expected, format_moment, plural_en
from geo_service.core.wording import format_number, plural_ru

LANGUAGES = ("ru", "en")

_REGION_RU = (
    ("край", "Во всём крае"), ("област", "Во всей области"), ("республик", "Во всей республике"), ("округ", "Во всём округе"),
    ("город", "Во всём городе"),
)  # fmt: skip
"""Beginnings of the words that tell what a region is, in lower case, and the alert's place in it."""


def write_reason(episode: Episode, catalogue: Catalogue, zone: ZoneInfo) -> dict[str, str]:
    """Return by language what has happened where, how much is usual, how much is open, since when, and who must answer.

    zone: the service's time zone, in which the beginning is given.
    """
    return {language: _write_sentence(episode, catalogue, zone, language) for language in LANGUAGES}


def write_place(episode: Episode, language: str) -> str:
    """Return where an alert is, with the number of its further places: `Крымск и ещё 2`."""
    place = episode.place
    if place.key == REGION_KEY:
        # Without a district it has no name of its own: no region is loaded.
        name = "" if not place.district else place.name_ru if language == "ru" else place.name_en
        return _write_region(name, language)
    others = len(episode.places) - 1
    more = "" if others < 1 else f" и ещё {others}" if language == "ru" else f" and {others} more"
    return f"{place.name_ru if language == 'ru' else place.name_en}{more}"


def write_subject(episode: Episode, catalogue: Catalogue, language: str) -> str:
    """Return the name of the alert's theme, or of its sector where it is about a whole one."""
    entry = catalogue.themes.by_id.get(episode.theme) or catalogue.sectors.by_id.get(episode.sector)
    return entry.name[language] if entry else ""


def _write_sentence(episode: Episode, catalogue: Catalogue, zone: ZoneInfo, language: str) -> str:
    is_russian = language == "ru"
    usual = format_expected(episode.expected)[language]
    since = format_moment(episode.since, zone, language, episode.updated)
    parts = [
        f"{_write_count(episode, catalogue, language)}, {'обычно' if is_russian else 'usually'} {usual}",
        _write_open(episode, language),
        f"с {since}" if is_russian else f"since {since}",
        _write_agencies(episode, catalogue, language),
    ]
    return f"{write_place(episode, language)}{_write_region_of(episode, catalogue, language)}: {'; '.join(filter(None, parts))}"


def _write_region_of(episode: Episode, catalogue: Catalogue, language: str) -> str:
    """Return the region behind the place, where several regions are loaded: settlements of the same name are many."""
    district = catalogue.districts.by_id.get(episode.place.district)
    region = district.region_names.get(language) if district else None
    return f" ({region})" if region else ""


def _write_count(episode: Episode, catalogue: Catalogue, language: str) -> str:
    """Return how many incidents of what came in which time. n and expected are those since the beginning, so the time is, too."""
    number, time = format_number(episode.n, language), format_duration(episode.updated - episode.since, language)
    subject = write_subject(episode, catalogue, language)
    if language == "ru":
        named = f"«{subject}»" if episode.theme else f"отрасли «{subject}»"
        return f"{number} {plural_ru(episode.n, MESSAGES_RU)} {named} за {time}"
    named = f"“{subject}”" if episode.theme else f"of the sector “{subject}”"
    return f"{number} {plural_en(episode.n, 'incident')} {named} in {time if time[0].isdigit() else f'one {time}'}"


def _write_open(episode: Episode, language: str) -> str:
    if not episode.open:
        return "открытых нет" if language == "ru" else "none open"
    return f"{format_number(episode.open, language)} {'открыто' if language == 'ru' else 'open'}"


def _write_agencies(episode: Episode, catalogue: Catalogue, language: str) -> str:
    """Return who must answer: the agency with most messages, and how many others there are; empty where none is known."""
    known = [catalogue.agencies.by_id[share.agency] for share in episode.agencies if share.agency in catalogue.agencies.by_id]
    if not known:
        return ""
    name, others = known[0].name[language], len(known) - 1
    if language == "ru":
        return f"отвечают {name} и ещё {others}" if others else f"отвечает {name}"
    return f"to answer: {name}{f' and {others} more' if others else ''}"


def _write_region(name: str, language: str) -> str:
    if language == "en":
        return f"All of {name}" if name else "The whole region"
    words = name.lower().split()
    return next((text for stem, text in _REGION_RU if any(word.startswith(stem) for word in words)), "Во всём регионе")
