"""Accountability: near-duplicates linked to the first of their group, what a run tells of itself, and what is not kept any more."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from geo_service.core.schema import Xid8

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_Y = "floor(st_y(location) * 100)::int"
_X = f"case when {_Y} between -8500 and 8499 then mod(floor(st_x(location) * 100)::int + 18000, 36000) else 0 end"


def upgrade() -> None:
    """Add columns, tables and indexes."""
    op.create_table(
        "incident_link",
        sa.Column("incident_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_id", sa.BigInteger(), nullable=True, comment="the first of its group; null: it was linked once"),
        sa.Column("xid", Xid8(), nullable=False, comment="transaction of the last change, set by a trigger"),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("incident_link_pkey")),
        comment="Near-duplicates: incidents that tell again what another source has told before.",
    )
    op.create_index("incident_link_first_id_idx", "incident_link", ["first_id"])
    op.create_index("incident_link_xid_idx", "incident_link", ["xid"])
    op.create_index(
        "incident_near_idx",
        "incident",
        ["theme_id", sa.text(f"({_Y})"), sa.text(f"({_X})"), "received_at"],
        postgresql_where=sa.text("location_quality <= 1"),
    )
    op.create_table(
        "near_rule",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("metres", sa.Double(), nullable=False),
        sa.Column("hours", sa.Double(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False, comment="whether all incidents are linked by it"),
        sa.CheckConstraint("id = 1", name=op.f("near_rule_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("near_rule_pkey")),
        comment="One row: how near is near.",
    )
    op.execute("insert into near_rule (id, metres, hours, complete) select 1, 100, 24, not exists (select from incident)")
    op.create_table(
        "retention",
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("before", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("what in ('text', 'address')", name=op.f("retention_what_known")),
        sa.PrimaryKeyConstraint("what", name=op.f("retention_pkey")),
        comment="What is not kept of incidents received before an instant, also when it is delivered again.",
    )
    empty = {"server_default": sa.text("'{}'"), "nullable": False}
    op.add_column("ingest_run", sa.Column("located", postgresql.JSONB(astext_type=sa.Text()), comment="precision: count", **empty))
    op.add_column("ingest_run", sa.Column("linked", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("ingest_run", sa.Column("form", postgresql.JSONB(astext_type=sa.Text()), comment="how its rows are cut", **empty))
    op.create_index("reject_run_id_idx", "reject", ["run_id", "line", "id"])


def downgrade() -> None:
    """Take them away."""
    op.drop_index("reject_run_id_idx", "reject")
    for name in ("form", "linked", "located"):
        op.drop_column("ingest_run", name)
    op.drop_table("retention")
    op.drop_table("near_rule")
    op.drop_index("incident_near_idx", "incident")
    # Triggers and functions are made behind the migrations, see `geo_service.core.database.migrate`.
    for name in ("incident_unlink() cascade", "incident_unlink_all() cascade", "link_near", "near_pairs"):
        op.execute(f"drop function if exists {name}")
    op.drop_table("incident_link")
