"""A geocoding server through geopy: Nominatim or Photon at an address of one's own, or the public ones at their pace."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from geopy.adapters import AioHTTPAdapter
from geopy.exc import GeocoderQueryError, GeopyError
from geopy.extra.rate_limiter import AsyncRateLimiter
from geopy.geocoders import Nominatim, Photon
from geopy.location import Location
from geopy.point import Point
from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState

from geo_service.core.errors import SettingsError
from geo_service.core.model import GeocodedBy, LocationQuality
from geo_service.core.settings import Settings
from ingest.geocoding import Answer, Candidate, Deferred, Query, StepResult, Unresolved
from ingest.geocoding.configuration import ServerPart
from ingest.geocoding.result_precision import CONFIDENCE, of_nominatim, of_photon
from ingest.geocoding.toponyms.addresses import names_settlement, question
from ingest.geocoding.toponyms.gazetteer_index import is_in
from ingest.geocoding.toponyms.settlements import Settlement, distance_km
from ingest.mapping.mapping import Bounds

PUBLIC = frozenset(("nominatim.openstreetmap.org", "photon.komoot.io"))
"""Servers that anyone may ask, once a second, saying who asks: https://operations.osmfoundation.org/policies/nominatim/."""
PUBLIC_PACE = {"at_once": 1, "per_second": 1.0}

ANSWERS = 5
"""Asked for, so that namesakes are seen."""
SAME_KM = 1.0
"""Answers of the same precision as near as this are one place; streets are in several pieces."""

_KINDS = {"nominatim": (Nominatim, GeocodedBy.NOMINATIM, of_nominatim), "photon": (Photon, GeocodedBy.PHOTON, of_photon)}


@dataclass(frozen=True, slots=True)
class Address:
    """Which server is asked, and as whom."""

    kind: str
    """nominatim or photon."""
    scheme: str
    domain: str
    """With port and path, as geopy has it."""
    agent: str

    @property
    def public(self) -> bool:
        """Whether it is one of those that everybody shares."""
        return self.domain.partition("/")[0] in PUBLIC


def address_of(settings: Settings) -> Address | None:
    """The server of the settings, None where there is none; `SettingsError` for one that may not be asked."""
    if settings.geocoder is None:
        return None
    if settings.geocoder_url is None:
        raise SettingsError("settings cannot be used: GEO_GEOCODER_URL: GEO_GEOCODER names no server without it")
    parts = urlsplit(settings.geocoder_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError("settings cannot be used: GEO_GEOCODER_URL: allowed: an address such as http://127.0.0.1:8080")
    found = Address(settings.geocoder, parts.scheme, f"{parts.netloc}{parts.path}".rstrip("/"), settings.geocoder_agent or "geo-service")
    if found.public and not settings.geocoder_agent:
        raise SettingsError("settings cannot be used: GEO_GEOCODER_AGENT: a public server is asked only with a name and a contact in it")
    return found


class Server:
    """Asks a server for the address of each query; used as `async with Server(…)`."""

    def __init__(self, address: Address, part: ServerPart, bounds: Bounds | None) -> None:
        self.name = address.kind
        self._part = part.model_copy(update=PUBLIC_PACE) if address.public else part
        make, self._geocoded_by, self._quality = _KINDS[address.kind]
        self._bounds = bounds
        self._geocoder = make(
            domain=address.domain, scheme=address.scheme, user_agent=address.agent, timeout=part.timeout_s, adapter_factory=AioHTTPAdapter
        )
        delay = 1 / self._part.per_second
        self._ask = AsyncRateLimiter(
            self._geocoder.geocode, min_delay_seconds=delay, max_retries=part.retries,
            error_wait_seconds=max(delay, part.retry_wait_s), swallow_exceptions=False,
        )  # fmt: skip
        self._at_once = asyncio.Semaphore(self._part.at_once)
        self._breakers = AsyncCircuitBreakerFactory(part.pause_after, part.pause_s, exclude=[GeocoderQueryError])
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "Server":
        await self._stack.enter_async_context(self._geocoder)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._stack.aclose()

    async def locate(self, queries: Sequence[Query]) -> list[StepResult]:
        """A verdict for each query; `Deferred` where the server could not be asked."""
        return list(await asyncio.gather(*map(self._one, queries)))

    async def _one(self, query: Query) -> StepResult:
        if not query.address:
            return Unresolved("there is no address to ask for")
        if not (query.settlement or names_settlement(query.address)):
            return Unresolved("the address names no settlement: the same street is in many")
        asked = question(query.address, query.settlement)
        if not asked:
            return Unresolved("nothing is left of the address to ask for")
        async with self._at_once:
            return await self._guarded(asked)

    async def _guarded(self, asked: str) -> StepResult:
        breaker = await self._breakers.get_breaker(self.name)
        try:
            async with breaker:
                found = await self._ask(asked, **self._parameters())
        except OpenedState:
            return Deferred(f"{self.name} is left alone for a while, after failures")
        except GeocoderQueryError:
            return Unresolved(f"{self.name} does not understand the address")
        # geopy lets a TypeError or a KeyError out where an answer is JSON but not the one it expects.
        except (GeopyError, TypeError, KeyError, ValueError) as error:
            return Deferred(f"{self.name} could not be asked ({type(error).__name__})")
        return self._chosen(found or [])

    def _parameters(self) -> dict[str, Any]:
        box = [Point(self._bounds[1], self._bounds[0]), Point(self._bounds[3], self._bounds[2])] if self._bounds else None
        common = {"exactly_one": False, "limit": ANSWERS}
        if self.name == "nominatim":
            return common | {"addressdetails": True, "language": "ru", "viewbox": box, "bounded": box is not None}
        return common | {"bbox": box}

    def _chosen(self, found: Sequence[Location]) -> StepResult:
        """The finest of the answers in the region; none where several places are equally fine."""
        answers = [
            answer for one in found if (answer := self._answer(one)) and (self._bounds is None or is_in(_place(answer), self._bounds))
        ]
        if not answers:
            return Unresolved(f"{self.name} knows no such place in the region")
        finest = [one for one in answers if one.quality == min(other.quality for other in answers)]
        if any(distance_km(_place(finest[0]), _place(one)) > SAME_KM for one in finest[1:]):
            return Unresolved(f"{self.name} knows several such places", tuple(Candidate(one.name, "", one.lng, one.lat) for one in finest))
        return finest[0]

    def _answer(self, found: Location) -> Answer | None:
        raw = found.raw if isinstance(found.raw, Mapping) else {}
        quality = self._quality(raw)
        if quality is None or quality is LocationQuality.NONE:
            return None
        return Answer(found.longitude, found.latitude, quality, CONFIDENCE[quality], self._geocoded_by, found.address)


def _place(answer: Answer) -> Settlement:
    return Settlement(answer.name, answer.lng, answer.lat, 0)
