"""Administrative units and their shapes."""

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from geo_service.core.schema.columns import code, metadata, names

district = Table(
    "district",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    *code(),
    Column("level", SmallInteger, nullable=False, comment="1 region, 2 district, 3 settlement"),
    Column("parent_id", Integer, ForeignKey("district.id"), nullable=True),
    *names(),
    Column("names", JSONB, nullable=False, server_default=text("'{}'"), comment="further languages: name"),
    Column("population", Integer, nullable=True),
    Column("area", Geometry("MULTIPOLYGON", 4326, spatial_index=False), nullable=True),
    Column("area_km2", Double, nullable=True, comment="on the ellipsoid"),
    Column("label", Geometry("POINT", 4326, spatial_index=False), nullable=True, comment="a point well inside"),
    Column("approximate", Boolean, nullable=False, server_default=text("false"), comment="not a surveyed boundary"),
    Column("attribution", Text, nullable=False, server_default="", comment="shown wherever it is drawn"),
    CheckConstraint("population >= 0", name="population_sane"),
    CheckConstraint("level between 1 and 3", name="level_known"),
    Index("district_area_idx", "area", postgresql_using="gist"),
    Index("district_parent_id_idx", "parent_id"),
    comment="An administrative unit; code is OKTMO where there is one.",
)

district_shape = Table(
    "district_shape",
    metadata,
    Column("district_id", Integer, ForeignKey("district.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("band", SmallInteger, primary_key=True, autoincrement=False, comment="zoom band, 0 the coarsest"),
    Column("shape", Geometry("MULTIPOLYGON", 3857, spatial_index=False), nullable=False),
    comment="Outlines of districts, simplified together for a band of zooms.",
)

district_alias = Table(
    "district_alias",
    metadata,
    Column("district_id", Integer, ForeignKey("district.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("alias", Text, primary_key=True),
    comment="Other names of districts.",
)

boundary_state = Table(
    "boundary_state",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="single"),
    comment="One row: how often boundaries have changed. It is locked while incidents are located.",
)
