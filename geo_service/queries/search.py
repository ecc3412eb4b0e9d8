"""Parse the query parameters of a search."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from geo_service.aggregation.search.catalogue_search import KINDS
from geo_service.core.errors import InvalidParameter
from geo_service.core.integers import MAX_BIGINT
from geo_service.queries.selection import QueryPairs, collect_params, read_choice, read_int

SEARCH_PARAMETERS = ("q", "lang", "limit", "types")
TYPES = (*KINDS, "incident", "address")
"""An address is searched only where it is asked for: the text leaves the service for the geocoding server."""
DEFAULT_TYPES = (*KINDS, "incident")
LANGUAGES = ("ru", "en")
MAX_TEXT, DEFAULT_LIMIT, MAX_LIMIT = 100, 5, 20
MIN_PREFIX = 3
"""Characters of a number from which incidents are found whose id in their source begins with it."""
_NUMBER = re.compile(r"[№#]?\s*([0-9]{1,19})")


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What is searched."""

    text: str
    language: str
    limit: int
    """Results of each type."""
    types: tuple[str, ...]

    @property
    def incident_id(self) -> int | None:
        """The number of an incident in this service that the text may be."""
        match = _NUMBER.fullmatch(self.text)
        number = int(match[1]) if match else 0
        return number if "incident" in self.types and 1 <= number <= MAX_BIGINT else None

    @property
    def external_ids(self) -> list[str]:
        """The ids in their sources that the text may be: as it is, and in small and in capital letters; none for a plain name."""
        text = self.text.lstrip("№#").strip()
        likely = self.types == ("incident",) or any(char.isdigit() for char in text)
        return list(dict.fromkeys([text, text.upper(), text.lower()])) if text and likely and "incident" in self.types else []


def read_search(pairs: QueryPairs) -> SearchQuery:
    """Read the parameters. Raises `InvalidParameter`."""
    params = collect_params(pairs, SEARCH_PARAMETERS)
    return SearchQuery(
        _read_text(params),
        read_choice(params, "lang", LANGUAGES, "ru"),
        read_int(params, "limit", 1, MAX_LIMIT, DEFAULT_LIMIT),
        _read_types(params),
    )


def _read_text(params: Mapping[str, str]) -> str:
    # Control characters are in no name, and the database refuses one of them.
    plain = "".join(" " if unicodedata.category(char).startswith("C") else char for char in params.get("q", ""))
    text = " ".join(plain.split())
    if not text or len(text) > MAX_TEXT:
        detail = "is missing" if "q" not in params else "is empty" if not text else f"has {len(text)} characters"
        raise InvalidParameter("q", detail, f"1 to {MAX_TEXT} characters, such as a name or a number")
    return text


def _read_types(params: Mapping[str, str]) -> tuple[str, ...]:
    if "types" not in params:
        return DEFAULT_TYPES
    given = params["types"].split(",")
    unknown = [one for one in given if one not in TYPES]
    if unknown:
        raise InvalidParameter("types", f"{unknown[0][:40]!r} is not known", TYPES)
    return tuple(one for one in TYPES if one in given)
