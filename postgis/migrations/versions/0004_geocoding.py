"""Geocoding: an incident's words, how it was placed, whose places a source has, what servers answered and what still waits."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_REASONS_BEFORE = (
    "unreadable_date", "missing_coordinates", "outside_world", "outside_region", "zero_coordinates", "unknown_status", "broken_row",
    "closed_before_received",
)  # fmt: skip
_REASONS_NEW = ("swapped_coordinates", "coarse_coordinates", "coordinates_left_out")


def upgrade() -> None:
    """Add columns and tables."""
    op.add_column("incident", sa.Column("message", sa.Text(), server_default="", nullable=False, comment="the citizen's words, as given"))
    op.add_column("incident", sa.Column("confidence", sa.REAL(), nullable=True, comment="of the step that found the place, 0 to 1"))
    # Every point until now came with its input. A default that is taken away again fills the column without
    # rewriting the table, and without telling every replica that all incidents have changed.
    op.add_column(
        "incident",
        sa.Column(
            "placed_by",
            sa.SmallInteger(),
            server_default="1",
            nullable=True,
            comment="1 input, 2 swapped, 3 gazetteer, 4 nominatim, 5 photon",
        ),
    )
    op.execute("update incident set placed_by = null where location is null")
    op.alter_column("incident", "placed_by", server_default=None)
    op.create_check_constraint(op.f("incident_placed_by_known"), "incident", "placed_by between 1 and 5")
    op.create_check_constraint(op.f("incident_confidence_sane"), "incident", "confidence between 0 and 1")
    op.create_index("incident_unplaced_idx", "incident", ["id"], postgresql_where=sa.text("location is null"))
    op.add_column(
        "source",
        sa.Column(
            "placed_by",
            sa.ARRAY(sa.SmallInteger()),
            server_default="{}",
            nullable=False,
            comment="steps that have found places of its incidents",
        ),
    )
    op.create_table(
        "geocode_cache",
        sa.Column("key", sa.Text(), nullable=False, comment="the address in one spelling"),
        sa.Column("location", Geometry("POINT", 4326, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"), nullable=False),
        sa.Column("location_quality", sa.SmallInteger(), nullable=False),
        sa.Column("confidence", sa.REAL(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="as the server calls it"),
        sa.Column("placed_by", sa.SmallInteger(), nullable=False, comment="which server was asked"),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("geocode_cache_pkey")),
        comment="What geocoding servers answered.",
    )
    op.create_table(
        "geocode_wait",
        sa.Column("incident_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("words", sa.Text(), nullable=False, comment="MD5 of the words that were looked for"),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True, comment="null: only when everything is asked anew"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("candidates", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("geocode_wait_pkey")),
        comment="What is known of incidents without a place, or with a coarser one than their words name.",
    )
    _allow((*_REASONS_BEFORE, *_REASONS_NEW))


def downgrade() -> None:
    """Take them away."""
    listed = ", ".join(f"'{one}'" for one in _REASONS_NEW)
    op.execute(f"delete from reject where reason in ({listed})")  # noqa: S608  # names from above
    _allow(_REASONS_BEFORE)
    op.drop_table("geocode_wait")
    op.drop_table("geocode_cache")
    op.drop_column("source", "placed_by")
    op.drop_index("incident_unplaced_idx", "incident")
    op.drop_constraint(op.f("incident_confidence_sane"), "incident")
    op.drop_constraint(op.f("incident_placed_by_known"), "incident")
    for name in ("placed_by", "confidence", "message"):
        op.drop_column("incident", name)


def _allow(reasons: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{one}'" for one in reasons)
    op.drop_constraint(op.f("reject_reason_known"), "reject")
    op.create_check_constraint(op.f("reject_reason_known"), "reject", f"reason in ({listed})")
