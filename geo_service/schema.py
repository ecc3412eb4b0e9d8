"""The tables, described once: migrations, the ingest and every dynamic statement are made from this.

Times are `timestamptz`, geometry is EPSG:4326, `cell` is the H3 index at resolution 10 as a signed 64-bit
integer (H3 indexes have their top bit clear, so the number is the same as the unsigned one).
Triggers and functions live in `postgis/sql/triggers/`, one file each.
"""

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
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
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import UserDefinedType

from geo_service.model import FINEST_RESOLUTION, LocationQuality, PlacedBy, RejectReason, Status

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s",
    }
)

RUN_STATES = ("running", "finished", "failed", "interrupted")


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The type's name in SQL."""
        return "xid8"


def _code() -> tuple[Column[str], CheckConstraint]:
    """A public name: no comma (codes are listed with commas in requests) and no white space."""
    return Column("code", Text, nullable=False, unique=True), CheckConstraint("code ~ '^[^[:space:],]{1,100}$'", name="code_plain")


def _names() -> tuple[Column[str], Column[str]]:
    return Column("name_ru", Text, nullable=False), Column("name_en", Text, nullable=False)


def _instant(name: str, *, nullable: bool = True) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} in ({listed})", name=f"{column}_known")


sector = Table(
    "sector",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    *_code(),
    *_names(),
    Column("position", SmallInteger, nullable=False, unique=True, comment="order on the page"),
    comment="A field of public services.",
)

theme = Table(
    "theme",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    *_code(),
    Column("sector_id", SmallInteger, ForeignKey("sector.id"), nullable=False),
    *_names(),
    comment="What a message is about; belongs to one sector.",
)

agency = Table(
    "agency",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    *_code(),
    Column("name", Text, nullable=False),
    comment="Who is to answer.",
)

source = Table(
    "source",
    metadata,
    Column("id", SmallInteger, Identity(always=True), primary_key=True),
    *_code(),
    *_names(),
    Column("synthetic", Boolean, nullable=False, server_default=text("false"), comment="made up, for demonstration"),
    Column("attribution", Text, nullable=False, server_default="", comment="shown wherever its incidents are"),
    Column("placed_by", ARRAY(SmallInteger), nullable=False, server_default="{}", comment="steps that have found places of its incidents"),
    comment="Where messages come from.",
)

district = Table(
    "district",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    *_code(),
    Column("level", SmallInteger, nullable=False, comment="1 region, 2 district, 3 settlement"),
    Column("parent_id", Integer, ForeignKey("district.id"), nullable=True),
    *_names(),
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
    comment="Districts simplified together for a band of zooms.",
)

district_alias = Table(
    "district_alias",
    metadata,
    Column("district_id", Integer, ForeignKey("district.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("alias", Text, primary_key=True),
    comment="Other names that a district is called by.",
)

boundary_state = Table(
    "boundary_state",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="single"),
    comment="One row: how often boundaries were changed. Whoever locates incidents holds it.",
)

# A grid for `near_pairs`: hundredths of a degree, and beyond 85° rings around the pole.
_Y = "floor(st_y(location) * 100)::int"
_X = f"case when {_Y} between -8500 and 8499 then mod(floor(st_x(location) * 100)::int + 18000, 36000) else 0 end"

incident = Table(
    "incident",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("source_id", SmallInteger, ForeignKey("source.id"), nullable=False),
    Column("external_id", Text, nullable=False),
    Column("location", Geometry("POINT", 4326, spatial_index=False), nullable=True),
    Column("cell", BigInteger, nullable=True, comment=f"H3 index, resolution {FINEST_RESOLUTION}"),
    Column("address", Text, nullable=False, server_default="", comment="as given"),
    Column("message", Text, nullable=False, server_default="", comment="the citizen's words, as given"),
    Column("location_quality", SmallInteger, nullable=False),
    Column("confidence", REAL, nullable=True, comment="of the step that found the place, 0 to 1"),
    Column("placed_by", SmallInteger, nullable=True, comment=", ".join(f"{one.value} {one.code}" for one in PlacedBy)),
    Column("theme_id", Integer, ForeignKey("theme.id"), nullable=False),
    Column("agency_id", Integer, ForeignKey("agency.id"), nullable=True),
    Column("district_id", Integer, ForeignKey("district.id"), nullable=True),
    Column("district_near", Boolean, nullable=False, server_default=text("false"), comment="outside its district, by a little"),
    Column("status", SmallInteger, nullable=False, comment=", ".join(f"{s.value} {s.code}" for s in Status)),
    _instant("received_at", nullable=False),
    _instant("due_at"),
    _instant("answered_at"),
    _instant("closed_at"),
    _instant("updated_at", nullable=False),
    Column("xid", Xid8, nullable=False, comment="transaction of the last change, set by a trigger"),
    UniqueConstraint("source_id", "external_id"),
    CheckConstraint("length(external_id) between 1 and 200", name="external_id_sane"),
    CheckConstraint(f"status between {min(Status)} and {max(Status)}", name="status_known"),
    CheckConstraint(f"location_quality between {min(LocationQuality)} and {max(LocationQuality)}", name="location_quality_known"),
    CheckConstraint(f"placed_by between {min(PlacedBy)} and {max(PlacedBy)}", name="placed_by_known"),
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
    Index("incident_unplaced_idx", "id", postgresql_where=text("location is null")),
    Index("incident_near_idx", "theme_id", text(f"({_Y})"), text(f"({_X})"), "received_at", postgresql_where=text("location_quality <= 1")),
    comment="A citizen's message. Identity is (source, external_id).",
)

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

incident_link = Table(
    "incident_link",
    metadata,
    # No foreign keys: they would forbid to truncate incidents. A trigger keeps both columns true.
    Column("incident_id", BigInteger, primary_key=True, autoincrement=False),
    Column("first_id", BigInteger, nullable=True, comment="the first of its group; null: it was linked once"),
    Column("xid", Xid8, nullable=False, comment="transaction of the last change, set by a trigger"),
    Index("incident_link_first_id_idx", "first_id"),
    Index("incident_link_xid_idx", "xid"),
    comment="Near-duplicates: incidents that tell again what another source has told before.",
)

near_rule = Table(
    "near_rule",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("metres", Double, nullable=False),
    Column("hours", Double, nullable=False),
    Column("complete", Boolean, nullable=False, comment="whether all incidents are linked by it"),
    CheckConstraint("id = 1", name="single"),
    comment="One row: how near is near.",
)

retention = Table(
    "retention",
    metadata,
    Column("what", Text, primary_key=True),
    _instant("before", nullable=False),
    _one_of("what", ("text", "address")),
    comment="What is not kept of incidents received before an instant, also when it is delivered again.",
)

incident_tombstone = Table(
    "incident_tombstone",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False, comment="id the deleted incident had"),
    Column("xid", Xid8, nullable=False),
    Index("incident_tombstone_xid_idx", "xid"),
    comment="Deleted incidents, so that replicas learn of them.",
)

ingest_run = Table(
    "ingest_run",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("input", Text, nullable=False, comment="the file's name"),
    Column("mapping", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="running"),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    _instant("finished_at"),
    *(
        Column(name, BigInteger, nullable=False, server_default="0")
        for name in ("read", "new", "changed", "unchanged", "repeated", "stale")
    ),
    Column("rejected", JSONB, nullable=False, server_default=text("'{}'"), comment="reason: count"),
    Column("warned", JSONB, nullable=False, server_default=text("'{}'"), comment="reason: count"),
    Column("located", JSONB, nullable=False, server_default=text("'{}'"), comment="precision: count"),
    Column("linked", BigInteger, nullable=False, server_default="0"),
    Column("form", JSONB, nullable=False, server_default=text("'{}'"), comment="how its rows are cut"),
    _one_of("state", RUN_STATES),
    Index("ingest_run_running_idx", "id", postgresql_where=text("state = 'running'")),
    comment="One reading of one input.",
)

intake_key = Table(
    "intake_key",
    metadata,
    Column("key", LargeBinary, primary_key=True, comment="SHA-256 of where it was sent, who sent it, and the Idempotency-Key"),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the request"),
    Column("summary", LargeBinary, nullable=False, comment="JSON: the end of the answer"),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("intake_key_at_idx", "at"),
    comment="Requests that sent incidents with an Idempotency-Key, once they were answered to the end.",
)

intake_answer = Table(
    "intake_answer",
    metadata,
    # No foreign key: parts are written batch by batch, before the request is answered to the end.
    Column("key", LargeBinary, primary_key=True, comment="as in intake_key"),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("lines", LargeBinary, nullable=False, comment="NDJSON: what became of each row"),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("intake_answer_at_idx", "at"),
    comment="The answers to these requests, a part for each batch, written together with it.",
)

reject = Table(
    "reject",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("run_id", BigInteger, ForeignKey("ingest_run.id"), nullable=False, comment="the last run that met it"),
    Column("input", Text, nullable=False),
    Column("line", BigInteger, nullable=False, comment="line of the input at which the row begins, from 1"),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False, comment="what exactly could not be used"),
    Column("row_text", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of row_text"),
    _one_of("reason", tuple(RejectReason)),
    UniqueConstraint("input", "line", "reason", "digest"),
    Index("reject_run_id_idx", "run_id", "line", "id"),
    comment="A row that could not be used, or only in part, kept as it came.",
)

open311_mark = Table(
    "open311_mark",
    metadata,
    Column("source", Text, primary_key=True, comment="code of the source"),
    Column("endpoint", Text, primary_key=True, comment="address of the server, with its jurisdiction"),
    Column("since", DateTime(timezone=True), nullable=False, comment="requests received from here on"),
    Column("reached", DateTime(timezone=True), nullable=False, comment="to here are known"),
    Column("known_at", DateTime(timezone=True), nullable=False, comment="as they were then"),
    Column("finished", Boolean, nullable=False, comment="whether the last pull came to its end"),
    comment="How far each server of Open311 has been pulled.",
)

place = Table(
    "place",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="GeoNames id"),
    *_names(),
    Column("country", Text, nullable=False, comment="ISO 3166-1 alpha-2"),
    Column("population", Integer, nullable=False),
    Column("location", Geometry("POINT", 4326, spatial_index=False), nullable=False),
    Index("place_location_idx", "location", postgresql_using="gist"),
    comment="Named settlements, for labels (GeoNames, CC BY 4.0).",
)
