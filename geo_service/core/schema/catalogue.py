"""What incidents are described by: sectors, themes, agencies, sources, and named settlements."""

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    text,
)

from geo_service.core.schema.columns import code, metadata, names


def _renamed() -> Column[bool]:
    return Column(
        "renamed", Boolean, nullable=False, server_default=text("false"), comment="named by an operator: loads leave its names as they are"
    )


def _aliases(table: Table) -> Table:
    """The table of the codes that stand for an entry of another code, since entries were merged or renamed."""
    return Table(
        f"{table.name}_alias",
        metadata,
        Column("code", Text, primary_key=True, comment="as it is delivered"),
        Column(f"{table.name}_id", table.c.id.type, ForeignKey(table.c.id, ondelete="CASCADE"), nullable=False),
        Index(f"{table.name}_alias_{table.name}_id_idx", f"{table.name}_id"),
        comment=f"Former codes of {table.name} entries that were merged or renamed: whatever has one belongs to the entry.",
    )


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
    _renamed(),
    comment="What an incident is about; belongs to one sector.",
)

agency = Table(
    "agency",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    *code(),
    Column("name", Text, nullable=False),
    _renamed(),
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
    _renamed(),
    comment="Where incidents come from.",
)

theme_alias = _aliases(theme)
agency_alias = _aliases(agency)
source_alias = _aliases(source)

catalogue_state = Table(
    "catalogue_state",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("id = 1", name="single"),
    comment="One row: how often entries were merged, renamed or deleted. It is locked while incidents are written.",
)

new_entry_count = Table(
    "new_entry_count",
    metadata,
    Column("key_id", Text, primary_key=True, comment="digest of the API key; empty where none is needed"),
    Column("day", Date, primary_key=True, comment="in UTC"),
    Column("entries", Integer, nullable=False, comment="themes, agencies and sources that the key's requests have added"),
    comment="How many catalogue entries the holder of an API key has added, for the limit of a day.",
)

place = Table(
    "place",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="GeoNames id"),
    *names(),
    Column("country", Text, nullable=False, comment="ISO 3166-1 alpha-2"),
    Column("population", Integer, nullable=False),
    Column("location", Geometry("POINT", 4326, spatial_index=False), nullable=False),
    Column("type", Text, comment="as addresses abbreviate it, such as пос.; null: not known"),
    Column("section_of", Integer, comment="GeoNames id of the town that it is a section of"),
    Column("transliterated", Boolean, nullable=False, server_default=text("false"), comment="name_ru is made from another name by a table"),
    Index("place_location_idx", "location", postgresql_using="gist"),
    comment="Named settlements, for labels (GeoNames, CC BY 4.0).",
)
