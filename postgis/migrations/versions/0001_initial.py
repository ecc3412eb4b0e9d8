"""The first schema."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

from geo_service.core.schema import Xid8

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "agency",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.CheckConstraint("code ~ '^[^[:space:],]{1,100}$'", name=op.f("agency_code_plain")),
        sa.PrimaryKeyConstraint("id", name=op.f("agency_pkey")),
        sa.UniqueConstraint("code", name=op.f("agency_code_key")),
        comment="Who is to answer.",
    )
    op.create_geospatial_table(
        "district",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False, comment="1 region, 2 district, 3 settlement"),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("name_ru", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column(
            "area",
            Geometry(
                geometry_type="MULTIPOLYGON", srid=4326, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"
            ),
            nullable=True,
        ),
        sa.CheckConstraint("code ~ '^[^[:space:],]{1,100}$'", name=op.f("district_code_plain")),
        sa.CheckConstraint("population >= 0", name=op.f("district_population_sane")),
        sa.ForeignKeyConstraint(["parent_id"], ["district.id"], name=op.f("district_parent_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("district_pkey")),
        sa.UniqueConstraint("code", name=op.f("district_code_key")),
    )
    op.create_geospatial_index("district_area_idx", "district", ["area"], unique=False, postgresql_using="gist", postgresql_ops={})
    op.create_table(
        "incident_tombstone",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False, comment="id the deleted incident had"),
        sa.Column("xid", Xid8(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("incident_tombstone_pkey")),
        comment="Deleted incidents, so that replicas learn of them.",
    )
    op.create_index("incident_tombstone_xid_idx", "incident_tombstone", ["xid"], unique=False)
    op.create_table(
        "ingest_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("input", sa.Text(), nullable=False, comment="the file's name"),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="running", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("new", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("changed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("unchanged", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("repeated", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "rejected", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False, comment="reason: count"
        ),
        sa.Column(
            "warned", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False, comment="reason: count"
        ),
        sa.CheckConstraint("state in ('running', 'finished', 'failed', 'interrupted')", name=op.f("ingest_run_state_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("ingest_run_pkey")),
        comment="One reading of one input.",
    )
    op.create_geospatial_table(
        "place",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False, comment="GeoNames id"),
        sa.Column("name_ru", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False, comment="ISO 3166-1 alpha-2"),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column(
            "location",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("place_pkey")),
    )
    op.create_geospatial_index("place_location_idx", "place", ["location"], unique=False, postgresql_using="gist", postgresql_ops={})
    op.create_table(
        "sector",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_ru", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False, comment="order on the page"),
        sa.CheckConstraint("code ~ '^[^[:space:],]{1,100}$'", name=op.f("sector_code_plain")),
        sa.PrimaryKeyConstraint("id", name=op.f("sector_pkey")),
        sa.UniqueConstraint("code", name=op.f("sector_code_key")),
        sa.UniqueConstraint("position", name=op.f("sector_position_key")),
        comment="A field of public services.",
    )
    op.create_table(
        "source",
        sa.Column("id", sa.SmallInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_ru", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="made up, for demonstration"),
        sa.Column("attribution", sa.Text(), server_default="", nullable=False, comment="shown wherever its incidents are"),
        sa.CheckConstraint("code ~ '^[^[:space:],]{1,100}$'", name=op.f("source_code_plain")),
        sa.PrimaryKeyConstraint("id", name=op.f("source_pkey")),
        sa.UniqueConstraint("code", name=op.f("source_code_key")),
        comment="Where messages come from.",
    )
    op.create_table(
        "reject",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False, comment="the last run that met it"),
        sa.Column("input", sa.Text(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False, comment="line of the input at which the row begins, from 1"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False, comment="what exactly could not be used"),
        sa.Column("row_text", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of row_text"),
        sa.CheckConstraint(
            "reason in ('unreadable_date', 'missing_coordinates', 'outside_world', 'outside_region', 'zero_coordinates', 'unknown_status', 'broken_row', 'closed_before_received')",
            name=op.f("reject_reason_known"),
        ),
        sa.ForeignKeyConstraint(["run_id"], ["ingest_run.id"], name=op.f("reject_run_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("reject_pkey")),
        sa.UniqueConstraint("input", "line", "reason", "digest", name=op.f("reject_input_line_reason_digest_key")),
        comment="A row that could not be used, or only in part, kept as it came.",
    )
    op.create_table(
        "theme",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("sector_id", sa.SmallInteger(), nullable=False),
        sa.Column("name_ru", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.CheckConstraint("code ~ '^[^[:space:],]{1,100}$'", name=op.f("theme_code_plain")),
        sa.ForeignKeyConstraint(["sector_id"], ["sector.id"], name=op.f("theme_sector_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("theme_pkey")),
        sa.UniqueConstraint("code", name=op.f("theme_code_key")),
        comment="What a message is about; belongs to one sector.",
    )
    op.create_geospatial_table(
        "incident",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source_id", sa.SmallInteger(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column(
            "location",
            Geometry(geometry_type="POINT", srid=4326, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"),
            nullable=True,
        ),
        sa.Column("cell", sa.BigInteger(), nullable=True, comment="H3 index, resolution 10"),
        sa.Column("address", sa.Text(), server_default="", nullable=False, comment="as given"),
        sa.Column("location_quality", sa.SmallInteger(), nullable=False),
        sa.Column("theme_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=True),
        sa.Column("district_id", sa.Integer(), nullable=True),
        sa.Column(
            "status",
            sa.SmallInteger(),
            nullable=False,
            comment="0 new, 1 assigned, 2 in_work, 3 interim, 4 answered, 5 returned, 6 closed, 7 rejected, 8 duplicate",
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("xid", Xid8(), nullable=False, comment="transaction of the last change, set by a trigger"),
        sa.CheckConstraint(
            "received_at > '1970-01-01 00:00Z' and greatest(received_at, due_at, answered_at, closed_at, updated_at) < '2106-01-01 00:00Z' and least(received_at, due_at, answered_at, closed_at, updated_at) > '1970-01-01 00:00Z'",
            name=op.f("incident_instants_in_range"),
        ),
        sa.CheckConstraint("(cell >> 59) = 1 and ((cell >> 52) & 15) = 10", name=op.f("incident_cell_resolution")),
        sa.CheckConstraint("(location is null) = (cell is null)", name=op.f("incident_located_in_a_cell")),
        sa.CheckConstraint("answered_at >= received_at", name=op.f("incident_answered_after_received")),
        sa.CheckConstraint("closed_at >= received_at", name=op.f("incident_closed_after_received")),
        sa.CheckConstraint("length(external_id) between 1 and 200", name=op.f("incident_external_id_sane")),
        sa.CheckConstraint("location_quality between 0 and 6", name=op.f("incident_location_quality_known")),
        sa.CheckConstraint(
            "st_x(location) between -180 and 180 and st_y(location) between -90 and 90", name=op.f("incident_location_in_world")
        ),
        sa.CheckConstraint("status between 0 and 8", name=op.f("incident_status_known")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("incident_agency_id_fkey")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("incident_district_id_fkey")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("incident_source_id_fkey")),
        sa.ForeignKeyConstraint(["theme_id"], ["theme.id"], name=op.f("incident_theme_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("incident_pkey")),
        sa.UniqueConstraint("source_id", "external_id", name=op.f("incident_source_id_external_id_key")),
    )
    op.create_geospatial_index("incident_location_idx", "incident", ["location"], unique=False, postgresql_using="gist", postgresql_ops={})
    op.create_index("incident_received_at_idx", "incident", ["received_at"], unique=False)
    op.create_index("incident_xid_idx", "incident", ["xid"], unique=False)
    # create_geospatial_table leaves the table's comment out.
    op.create_table_comment("district", "An administrative unit; code is OKTMO where there is one.")
    op.create_table_comment("incident", "A citizen's message. Identity is (source, external_id).")
    op.create_table_comment("place", "Named settlements, for labels (GeoNames, CC BY 4.0).")


def downgrade() -> None:
    """Undo."""
    op.drop_index("incident_xid_idx", table_name="incident")
    op.drop_index("incident_received_at_idx", table_name="incident")
    op.drop_geospatial_index("incident_location_idx", table_name="incident", postgresql_using="gist", column_name="location")
    op.drop_geospatial_table("incident")
    op.drop_table("theme")
    op.drop_table("reject")
    op.drop_table("source")
    op.drop_table("sector")
    op.drop_geospatial_index("place_location_idx", table_name="place", postgresql_using="gist", column_name="location")
    op.drop_geospatial_table("place")
    op.drop_table("ingest_run")
    op.drop_index("incident_tombstone_xid_idx", table_name="incident_tombstone")
    op.drop_table("incident_tombstone")
    op.drop_geospatial_index("district_area_idx", table_name="district", postgresql_using="gist", column_name="area")
    op.drop_geospatial_table("district")
    op.drop_table("agency")
