"""Incidents, duplicate links, tombstones of deleted incidents, and what is erased."""

from collections.abc import Mapping
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeEngine

from geo_service.core.model import FINEST_RESOLUTION, GeocodedBy, LocationQuality, Status
from geo_service.core.schema.columns import Xid8, instant, metadata, one_of
from geo_service.core.sql.binary_copy import SRID
from geo_service.core.sql.incident_columns import COLUMNS, IncidentColumn

# A grid for `duplicate_candidates`: hundredths of a degree, and beyond 85° rings around the pole.
_Y = "floor(st_y(location) * 100)::int"
_X = f"case when {_Y} between -8500 and 8499 then mod(floor(st_x(location) * 100)::int + 18000, 36000) else 0 end"

_TYPES: Mapping[str, TypeEngine[Any]] = {
    "smallint": SmallInteger(),
    "integer": Integer(),
    "bigint": BigInteger(),
    "real": REAL(),
    "boolean": Boolean(),
    "text": Text(),
    "timestamptz": DateTime(timezone=True),
    f"geometry(point, {SRID})": Geometry("POINT", SRID, spatial_index=False),
}


def _incident_column(column: IncidentColumn) -> Column[Any]:
    foreign_key = [ForeignKey(column.references)] if column.references else []
    sql_type = Text(collation=column.collation) if column.collation else _TYPES[column.sql_type]
    return Column(
        column.name, sql_type, *foreign_key,
        nullable=column.is_nullable, server_default=column.default, comment=column.comment,
    )  # fmt: skip


incident = Table(
    "incident",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    *map(_incident_column, COLUMNS),
    Column("xid", Xid8, nullable=False, comment="transaction of the last change, set by a trigger"),
    UniqueConstraint("source_id", "external_id"),
    CheckConstraint("length(external_id) between 1 and 200", name="external_id_sane"),
    CheckConstraint(f"status between {min(Status)} and {max(Status)}", name="status_known"),
    CheckConstraint(f"location_quality between {min(LocationQuality)} and {max(LocationQuality)}", name="location_quality_known"),
    CheckConstraint(f"geocoded_by between {min(GeocodedBy)} and {max(GeocodedBy)}", name="geocoded_by_known"),
    CheckConstraint("confidence between 0 and 1", name="confidence_sane"),
    CheckConstraint("(location is null) = (cell is null)", name="located_in_a_cell"),
    # Bits 59-62 of an H3 index are its mode (1: a cell), bits 52-55 its resolution.
    CheckConstraint(f"(cell >> 59) = 1 and ((cell >> 52) & 15) = {FINEST_RESOLUTION}", name="cell_resolution"),
    CheckConstraint("st_x(location) between -180 and 180 and st_y(location) between -90 and 90", name="location_in_world"),
    # The replica keeps instants as unsigned 32-bit seconds, and 0 means "none".
    CheckConstraint(
        "received_at > '1970-01-01 00:00Z' and greatest(received_at, due_at, answered_at, closed_at, updated_at) < '2106-01-01 00:00Z'"
        " and least(received_at, due_at, answered_at, closed_at, updated_at) > '1970-01-01 00:00Z'",
        name="instants_in_range",
    ),
    CheckConstraint("answered_at >= received_at", name="answered_after_received"),
    CheckConstraint("closed_at >= received_at", name="closed_after_received"),
    Index("incident_xid_idx", "xid"),
    Index("incident_received_at_idx", "received_at"),
    Index("incident_updated_at_idx", "updated_at"),
    Index("incident_district_id_idx", "district_id"),
    Index("incident_location_idx", "location", postgresql_using="gist"),
    Index("incident_unlocated_idx", "id", postgresql_where=text("location is null")),
    Index(
        "incident_duplicate_candidates_idx",
        "theme_id",
        text(f"({_Y})"),
        text(f"({_X})"),
        "received_at",
        postgresql_where=text(f"location_quality <= {LocationQuality.HOUSE.value}"),
    ),
    comment="A citizen's message. Identity is (source, external_id).",
)

incident_link = Table(
    "incident_link",
    metadata,
    # No foreign keys: they would forbid to truncate incidents. A trigger keeps both columns true.
    Column("incident_id", BigInteger, primary_key=True, autoincrement=False),
    Column("duplicate_of_id", BigInteger, nullable=True, comment="the first incident of its group; null: no longer linked"),
    Column("xid", Xid8, nullable=False, comment="transaction of the last change, set by a trigger"),
    Index("incident_link_duplicate_of_id_idx", "duplicate_of_id"),
    Index("incident_link_xid_idx", "xid"),
    comment="Duplicate links: incidents that another source reported before.",
)

duplicate_rule = Table(
    "duplicate_rule",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("metres", Double, nullable=False),
    Column("hours", Double, nullable=False),
    Column("complete", Boolean, nullable=False, comment="whether all incidents are linked by this rule"),
    CheckConstraint("id = 1", name="single"),
    comment="One row: how far apart duplicates may be in space and time.",
)

retention = Table(
    "retention",
    metadata,
    Column("field", Text, primary_key=True),
    instant("before", nullable=False),
    one_of("field", ("text", "address")),
    comment="Fields that are erased from incidents received before an instant, also when they are delivered again.",
)

incident_tombstone = Table(
    "incident_tombstone",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False, comment="id the deleted incident had"),
    Column("xid", Xid8, nullable=False),
    Index("incident_tombstone_xid_idx", "xid"),
    comment="Deleted incidents, so that replicas learn of them.",
)
