"""Boundaries of districts: their shapes for maps, other names, and how an incident came to its district."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns and tables."""
    op.add_column(
        "district",
        sa.Column(
            "names",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="further languages: name",
        ),
    )
    op.add_column("district", sa.Column("area_km2", sa.Double(), nullable=True, comment="on the ellipsoid"))
    op.add_column(
        "district", sa.Column("label", Geometry("POINT", 4326, spatial_index=False), nullable=True, comment="a point well inside")
    )
    op.add_column(
        "district",
        sa.Column("approximate", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="not a surveyed boundary"),
    )
    op.add_column("district", sa.Column("attribution", sa.Text(), server_default="", nullable=False, comment="shown wherever it is drawn"))
    op.create_index("district_parent_id_idx", "district", ["parent_id"])
    op.create_check_constraint(op.f("district_level_known"), "district", "level between 1 and 3")
    op.create_table_comment("district", "An administrative unit; code is OKTMO where there is one.")
    op.create_table(
        "district_shape",
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("band", sa.SmallInteger(), nullable=False, comment="zoom band, 0 the coarsest"),
        sa.Column(
            "shape", Geometry("MULTIPOLYGON", 3857, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"), nullable=False
        ),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("district_shape_district_id_fkey"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("district_id", "band", name=op.f("district_shape_pkey")),
        comment="Districts simplified together for a band of zooms.",
    )
    op.create_table(
        "district_alias",
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("district_alias_district_id_fkey"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("district_id", "alias", name=op.f("district_alias_pkey")),
        comment="Other names that a district is called by.",
    )
    op.create_table(
        "boundary_state",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("boundary_state_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("boundary_state_pkey")),
        comment="One row: how often boundaries were changed. Whoever locates incidents holds it.",
    )
    op.execute("insert into boundary_state (id, revision) values (1, 0)")
    op.add_column(
        "incident",
        sa.Column(
            "district_near", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="outside its district, by a little"
        ),
    )
    # Each district that is deleted is looked for among the incidents.
    op.create_index("incident_district_id_idx", "incident", ["district_id"])


def downgrade() -> None:
    """Take them away."""
    op.drop_index("incident_district_id_idx", "incident")
    op.drop_column("incident", "district_near")
    op.drop_table("boundary_state")
    op.drop_table("district_alias")
    op.drop_table("district_shape")
    op.drop_constraint(op.f("district_level_known"), "district")
    op.drop_index("district_parent_id_idx", "district")
    for name in ("attribution", "approximate", "label", "area_km2", "names"):
        op.drop_column("district", name)
