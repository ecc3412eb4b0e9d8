"""What geocoding remembers."""

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
    Column("placed_by", SmallInteger, nullable=False, comment="which server was asked"),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    comment="What geocoding servers answered.",
)

geocode_wait = Table(
    "geocode_wait",
    metadata,
    # No foreign key: it would forbid to truncate incidents. Rows of incidents that are gone are swept away.
    Column("incident_id", BigInteger, primary_key=True, autoincrement=False),
    Column("words", Text, nullable=False, comment="MD5 of the words that were looked for"),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("next_at", DateTime(timezone=True), nullable=True, comment="null: only when everything is asked anew"),
    Column("reason", Text, nullable=False),
    Column("candidates", JSONB, nullable=False, server_default=text("'[]'")),
    comment="What is known of incidents without a place, or with a coarser one than their words name.",
)
