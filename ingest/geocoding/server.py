"""A geocoding server through geopy: Nominatim or Photon at your own address, or the public ones at the pace that they allow."""

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
from ingest.geocoding import Deferred, GeocodedPlace, GeocodeQuery, PlaceCandidate, StepResult, Unresolved
from ingest.geocoding.configuration import ServerPart
from ingest.geocoding.result_quality import CONFIDENCE, nominatim_quality, photon_quality
from ingest.geocoding.toponyms.addresses import format_server_query, names_settlement
from ingest.geocoding.toponyms.settlements import distance_km, is_inside
from ingest.mapping.mapping import LngLatBounds

PUBLIC_HOSTS = frozenset(("nominatim.openstreetmap.org", "photon.komoot.io"))
"""Servers that anyone may use, once a second and with contact data: https://operations.osmfoundation.org/policies/nominatim/."""
PUBLIC_LIMITS = {"at_once": 1, "per_second": 1.0}

MAX_RESULTS = 5
"""Results requested for one address: more than one, so that places with the same name are noticed."""
SAME_PLACE_KM = 1.0
"""Results of one quality within this distance are one place: a street consists of several pieces."""

_KINDS = {"nominatim": (Nominatim, GeocodedBy.NOMINATIM, nominatim_quality), "photon": (Photon, GeocodedBy.PHOTON, photon_quality)}


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """The address of a geocoding server, and the User-Agent for it."""

    kind: str
    """nominatim or photon."""
    scheme: str
    domain: str
    """Host, port and path, as geopy expects them."""
    agent: str

    @property
    def is_public(self) -> bool:
        """Whether it is one of the public servers."""
        return self.domain.partition("/")[0] in PUBLIC_HOSTS


def read_server_address(settings: Settings) -> ServerAddress | None:
    """Return the server of the settings; None if there is none. `SettingsError` for an address that cannot be used."""
    if settings.geocoder is None:
        return None
    if settings.geocoder_url is None:
        raise SettingsError("settings cannot be used: GEO_GEOCODER_URL: missing; GEO_GEOCODER needs the address of a server")
    parts = urlsplit(settings.geocoder_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError("settings cannot be used: GEO_GEOCODER_URL: allowed: an address such as http://127.0.0.1:8080")
    domain = f"{parts.netloc}{parts.path}".rstrip("/")
    address = ServerAddress(settings.geocoder, parts.scheme, domain, settings.geocoder_agent or "geo-service")
    if address.is_public and not settings.geocoder_agent:
        raise SettingsError("settings cannot be used: GEO_GEOCODER_AGENT: a public server needs a name and a contact address in it")
    return address


class GeocodingServer:
    """The step that asks a server for the address of each query; use it as `async with GeocodingServer(…)`."""

    def __init__(self, address: ServerAddress, part: ServerPart, bounds: LngLatBounds | None) -> None:
        self.name = address.kind
        self._part = part.model_copy(update=PUBLIC_LIMITS) if address.is_public else part
        make_geocoder, self._geocoded_by, self._read_quality = _KINDS[address.kind]
        self._bounds = bounds
        self._geocoder = make_geocoder(
            domain=address.domain, scheme=address.scheme, user_agent=address.agent, timeout=part.timeout_s, adapter_factory=AioHTTPAdapter
        )
        delay = 1 / self._part.per_second
        self._geocode = AsyncRateLimiter(
            self._geocoder.geocode, min_delay_seconds=delay, max_retries=part.retries,
            error_wait_seconds=max(delay, part.retry_wait_s), swallow_exceptions=False,
        )  # fmt: skip
        self._semaphore = asyncio.Semaphore(self._part.at_once)
        self._breakers = AsyncCircuitBreakerFactory(part.pause_after, part.pause_s, exclude=[GeocoderQueryError])
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "GeocodingServer":
        await self._stack.enter_async_context(self._geocoder)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._stack.aclose()

    async def locate(self, queries: Sequence[GeocodeQuery]) -> list[StepResult]:
        """Return one result for each query; `Deferred` where the server is not available."""
        return list(await asyncio.gather(*map(self._locate_one, queries)))

    async def _locate_one(self, query: GeocodeQuery) -> StepResult:
        if not query.address:
            return Unresolved("there is no address to ask for")
        if not (query.settlement or names_settlement(query.address)):
            return Unresolved("the address names no settlement: the same street is in many")
        text = format_server_query(query.address, query.settlement)
        if not text:
            return Unresolved("nothing is left of the address to ask for")
        async with self._semaphore:
            return await self._request(text)

    async def search(self, text: str, limit: int) -> list[GeocodedPlace] | Deferred:
        """Return the places in the region that the server finds for a text, the most precise first; `Deferred` where it is down."""
        async with self._semaphore:
            found = await self._fetch(text)
        if isinstance(found, Deferred):
            return found
        places = [] if isinstance(found, Unresolved) else self._places_in_region(found)
        return sorted(places, key=lambda place: place.quality)[:limit]

    async def _request(self, text: str) -> StepResult:
        found = await self._fetch(text)
        return found if isinstance(found, Unresolved | Deferred) else self._choose_place(found)

    async def _fetch(self, text: str) -> Sequence[Location] | Unresolved | Deferred:
        breaker = await self._breakers.get_breaker(self.name)
        try:
            async with breaker:
                locations = await self._geocode(text, **self._parameters())
        except OpenedState:
            return Deferred(f"{self.name} is not asked for a while, after failures")
        except GeocoderQueryError:
            return Unresolved(f"{self.name} does not understand the address")
        # geopy raises a TypeError or a KeyError for a response that is JSON but not of the expected shape.
        except (GeopyError, TypeError, KeyError, ValueError) as error:
            return Deferred(f"{self.name} could not be asked ({type(error).__name__})")
        return locations or []

    def _parameters(self) -> dict[str, Any]:
        box = _box(self._bounds)
        common = {"exactly_one": False, "limit": MAX_RESULTS}
        if self.name == "nominatim":
            return common | {"addressdetails": True, "language": "ru", "viewbox": box, "bounded": box is not None}
        return common | {"bbox": box}

    def _choose_place(self, locations: Sequence[Location]) -> StepResult:
        """Return the most precise result in the region; `Unresolved` if several different places are equally precise."""
        places = self._places_in_region(locations)
        if not places:
            return Unresolved(f"{self.name} knows no such place in the region")
        best_quality = min(place.quality for place in places)
        best = [place for place in places if place.quality == best_quality]
        if any(distance_km(best[0], place) > SAME_PLACE_KM for place in best[1:]):
            candidates = tuple(PlaceCandidate(place.name, "", place.lng, place.lat) for place in best)
            return Unresolved(f"{self.name} knows several such places", candidates)
        return best[0]

    def _places_in_region(self, locations: Sequence[Location]) -> list[GeocodedPlace]:
        places = [place for location in locations if (place := self._read_place(location))]
        return places if self._bounds is None else [place for place in places if is_inside(place, self._bounds)]

    def _read_place(self, location: Location) -> GeocodedPlace | None:
        raw = location.raw if isinstance(location.raw, Mapping) else {}
        quality = self._read_quality(raw)
        if quality is None or quality is LocationQuality.NONE:
            return None
        return GeocodedPlace(location.longitude, location.latitude, quality, CONFIDENCE[quality], self._geocoded_by, location.address)


def _box(bounds: LngLatBounds | None) -> list[Point] | None:
    """Return the corners of the box in which a server searches; None across the antimeridian, where servers have no box."""
    if bounds is None or bounds[0] > bounds[2]:
        return None
    west, south, east, north = bounds
    return [Point(south, west), Point(north, east)]
