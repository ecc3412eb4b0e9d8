"""Search of addresses for the page: asks the geocoding server while somebody waits, so for a few seconds at most."""

import asyncio
from collections.abc import Sequence

from geo_service.core.address_search import FoundAddress
from geo_service.core.database import open_connection
from geo_service.core.errors import AddressSearchUnavailable, DatabaseUnavailable
from geo_service.core.model import GeocodedBy
from ingest.geocoding import Deferred
from ingest.geocoding.configuration import GeocodingConfiguration, ServerPart
from ingest.geocoding.server import GeocodingServer, ServerAddress
from ingest.geocoding.toponyms.addresses import format_server_query
from ingest.write.reference_data import read_region

TIMEOUT_S = 4.0
"""How long a reader waits for a server, seconds."""
_MAX_WAITING = 8
"""Searches that wait for the server at once; a further one is refused: it would not be answered in time."""


class GeocoderAddressSearch:
    """Asks the configured server, connected when it is first needed."""

    def __init__(self, database_url: str, address: ServerAddress, configuration: GeocodingConfiguration) -> None:
        self._url, self._address, self._configuration = database_url, address, configuration
        self._server: GeocodingServer | None = None
        self._connecting = asyncio.Lock()
        self._waiting = 0

    @property
    def attribution(self) -> str:
        """Whose data the server's answers are."""
        return GeocodedBy[self._address.kind.upper()].attribution

    async def find(self, text: str, limit: int) -> Sequence[FoundAddress]:
        """Return what the server finds in the region, the most precise first. Raises `AddressSearchUnavailable`."""
        if self._waiting >= _MAX_WAITING:
            raise AddressSearchUnavailable("too many addresses are being searched; try again shortly")
        self._waiting += 1
        try:
            async with asyncio.timeout(TIMEOUT_S):
                server = await self._connect()
                found = await server.search(format_server_query(text, "") or text, limit)
        except TimeoutError:
            raise AddressSearchUnavailable(f"the geocoding server has not answered within {TIMEOUT_S:g} s") from None
        finally:
            self._waiting -= 1
        if isinstance(found, Deferred):
            raise AddressSearchUnavailable(found.reason)
        return [FoundAddress(place.name, place.lng, place.lat, place.quality) for place in found]

    async def close(self) -> None:
        """Close the connections to the server."""
        if self._server:
            await self._server.__aexit__(None, None, None)
            self._server = None

    async def _connect(self) -> GeocodingServer:
        async with self._connecting:
            if self._server is None:
                server = GeocodingServer(self._address, self._impatient(), await self._read_region())
                self._server = await server.__aenter__()
            return self._server

    def _impatient(self) -> ServerPart:
        """Return the limits of the configuration without repetitions: the reader repeats by himself."""
        part = self._configuration.server
        return part.model_copy(update={"retries": 0, "timeout_s": min(part.timeout_s, TIMEOUT_S)})

    async def _read_region(self) -> tuple[float, float, float, float] | None:
        try:
            async with open_connection(self._url) as connection:
                return await read_region(connection, self._configuration.bounds)
        except DatabaseUnavailable as error:
            raise AddressSearchUnavailable("the region's bounds cannot be read") from error
