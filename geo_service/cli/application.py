"""The ASGI application with the ingest behind its write API: the one place that joins the two."""

from collections.abc import Callable

from geo_service.core.address_search import AddressSearch
from geo_service.core.calendar.deadlines import read_deadlines
from geo_service.core.resources import require_modules
from geo_service.core.settings import Settings
from geo_service.server.app import Application, create_app
from ingest.geocoding.configuration import GeocodingConfiguration, read_configuration
from ingest.push.new_entries import NewEntryLimits
from ingest.push.service import PushService
from ingest.push.writer_pool import WriterSettings
from ingest.runs.reject_export import split_row


def make_application(settings: Settings, on_progress: Callable[[int], None] = lambda rows: None) -> Application:
    """Make the ASGI application. `on_progress` gets the number of incidents read so far during the first load."""
    writer_settings = WriterSettings(
        url=settings.database_url or "",
        most=settings.writers,
        wait_s=settings.queue_wait_s,
        statement_timeout_ms=settings.statement_timeout_ms,
        near_m=settings.district_near_m,
        geocoding=read_configuration(settings.geocoding),
        unknown_status=settings.unknown_status,
        new_entries=NewEntryLimits(settings.new_entries_per_request, settings.new_entries_per_day),
    )
    push_service = PushService(writer_settings, read_deadlines(settings.deadlines, settings.zone))
    return create_app(settings, push_service, split_row, on_progress, _make_address_search(settings, writer_settings.geocoding))


def _make_address_search(settings: Settings, configuration: GeocodingConfiguration) -> AddressSearch | None:
    """Return the search by the geocoding server of the settings; None without one. Raises `SettingsError` for its address."""
    if settings.geocoder is None:
        return None
    require_modules("cannot search addresses", "geopy", "purgatory")
    from ingest.geocoding.address_search import GeocoderAddressSearch
    from ingest.geocoding.server import read_server_address

    address = read_server_address(settings)
    return GeocoderAddressSearch(settings.database_url or "", address, configuration) if address else None
