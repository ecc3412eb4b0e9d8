"""What incidents are described by: sectors, themes, agencies, sources, and named settlements."""

from geoalchemy2 import Geometry
from sqlalchemy import ARRAY, Boolean, Column, ForeignKey, Identity, Index, Integer, SmallInteger, Table, Text, text

from geo_service.core.schema.columns import code, metadata, names

sector = Table(
    "sector",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    *code(),
    *names(),
    Column("position", SmallInteger, nullable=False, unique=True, comment="order on the page"),
    comment="A field of public services.",
)

theme = Table(
    "theme",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    *code(),
    Column("sector_id", SmallInteger, ForeignKey("sector.id"), nullable=False),
    *names(),
    comment="What an incident is about; belongs to one sector.",
)

agency = Table(
    "agency",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    *code(),
    Column("name", Text, nullable=False),
    comment="Who must answer.",
)

source = Table(
    "source",
    metadata,
    Column("id", SmallInteger, Identity(always=True), primary_key=True),
    *code(),
    *names(),
    Column("synthetic", Boolean, nullable=False, server_default=text("false"), comment="generated, for demonstration"),
    Column("attribution", Text, nullable=False, server_default="", comment="shown wherever its incidents are"),
    Column(
        "geocoded_by", ARRAY(SmallInteger), nullable=False, server_default="{}", comment="steps that have located incidents of this source"
    ),
    comment="Where incidents come from.",
)

place = Table(
    "place",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="GeoNames id"),
    *names(),
    Column("country", Text, nullable=False, comment="ISO 3166-1 alpha-2"),
    Column("population", Integer, nullable=False),
    Column("location", Geometry("POINT", 4326, spatial_index=False), nullable=False),
    Index("place_location_idx", "location", postgresql_using="gist"),
    comment="Named settlements, for labels (GeoNames, CC BY 4.0).",
)
