"""The geocoding cache and queue."""

from geoalchemy2 import Geometry
from sqlalchemy import REAL, BigInteger, Column, DateTime, SmallInteger, Table, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB

from geo_service.core.schema.columns import metadata

geocode_cache = Table(
    "geocode_cache",
    metadata,
    Column("key", Text, primary_key=True, comment="the address in one spelling"),
    Column("location", Geometry("POINT", 4326, spatial_index=False), nullable=False),
    Column("location_quality", SmallInteger, nullable=False),
    Column("confidence", REAL, nullable=False),
    Column("name", Text, nullable=False, comment="as the server calls it"),
    Column("geocoded_by", SmallInteger, nullable=False, comment="which server answered"),
    Column("fetched_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    comment="Answers of geocoding servers by address.",
)

geocode_queue = Table(
    "geocode_queue",
    metadata,
    # No foreign key: it would forbid to truncate incidents. `geocoding.purge_orphans` deletes rows of deleted incidents.
    Column("incident_id", BigInteger, primary_key=True, autoincrement=False),
    Column("text_digest", Text, nullable=False, comment="MD5 of address and message as they were when geocoded"),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("next_attempt_at", DateTime(timezone=True), nullable=True, comment="null: only when all incidents are geocoded again"),
    Column("reason", Text, nullable=False),
    Column("candidates", JSONB, nullable=False, server_default=text("'[]'")),
    comment="Incidents without a location, or with a coarser one than their text names: what was tried, and when to try again.",
)
