"""The tables: migrations are compared with this description, and statements built at run time use it.

Times are `timestamptz`, geometry is EPSG:4326, `cell` is the H3 index at resolution 10 as a signed 64-bit
integer (H3 indexes have their top bit clear, so the number is the same as the unsigned one).
Triggers and functions are in `postgis/sql/triggers/`, one file each; the columns of `incident` come from
`geo_service.core.sql.incident_columns`.
"""

from geo_service.core.schema.alerts import alert, alert_delivery, alert_threshold
from geo_service.core.schema.catalogue import (
    agency,
    agency_alias,
    catalogue_state,
    new_entry_count,
    place,
    sector,
    source,
    source_alias,
    theme,
    theme_alias,
)
from geo_service.core.schema.columns import Xid8, metadata
from geo_service.core.schema.districts import boundary_state, district, district_alias, district_shape
from geo_service.core.schema.geocoding import geocode_cache, geocode_queue
from geo_service.core.schema.incidents import duplicate_rule, incident, incident_link, incident_tombstone, retention
from geo_service.core.schema.ingest_runs import idempotency_key, idempotency_response, ingest_run, open311_checkpoint, reject
from geo_service.core.schema.open311 import incident_media, status_change

__all__ = [
    "Xid8",
    "agency",
    "agency_alias",
    "alert",
    "alert_delivery",
    "alert_threshold",
    "boundary_state",
    "catalogue_state",
    "district",
    "district_alias",
    "district_shape",
    "duplicate_rule",
    "geocode_cache",
    "geocode_queue",
    "idempotency_key",
    "idempotency_response",
    "incident",
    "incident_link",
    "incident_media",
    "incident_tombstone",
    "ingest_run",
    "metadata",
    "new_entry_count",
    "open311_checkpoint",
    "place",
    "reject",
    "retention",
    "sector",
    "source",
    "source_alias",
    "status_change",
    "theme",
    "theme_alias",
]
