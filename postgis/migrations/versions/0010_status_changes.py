"""Status changes, updates that Open311 clients send, and addresses of photographs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_FUNCTIONS = ("delete_open311_records", "truncate_open311_records")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "status_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False, comment="update_id of Open311"),
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("previous_status", sa.SmallInteger(), nullable=False, comment="as status: an update that was sent and has changed nothing"),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, comment="when it was recorded, rounded up to a second"),
        sa.Column("sender_update_id", sa.Text(), nullable=True, comment="id of the update in the system that sent it"),
        sa.Column("message", sa.Text(), server_default="", nullable=False, comment="text that was sent, for operators"),
        sa.Column(
            "media_urls", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False,
            comment="photographs that were sent, for operators",
        ),
        sa.CheckConstraint("previous_status between 0 and 8 and status between 0 and 8", name=op.f("status_change_status_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("status_change_pkey")),
        comment="Changes of status, and updates that Open311 clients have sent.",
    )  # fmt: skip
    op.create_index("status_change_changed_at_idx", "status_change", ["changed_at", "id"])
    op.create_index("status_change_incident_id_idx", "status_change", ["incident_id", "id"])
    op.create_index(
        "status_change_sender_idx", "status_change", ["incident_id", "sender_update_id"], unique=True,
        postgresql_where=sa.text("sender_update_id is not null"),
    )  # fmt: skip
    op.create_table(
        "incident_media",
        sa.Column("incident_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "url", name=op.f("incident_media_pkey")),
        comment="Addresses of photographs that Open311 clients and servers have given, for operators.",
    )


def downgrade() -> None:
    """Remove the triggers and the tables."""
    for name in _FUNCTIONS:
        op.execute(f"drop function if exists {name}() cascade")
    op.drop_table("incident_media")
    op.drop_table("status_change")
