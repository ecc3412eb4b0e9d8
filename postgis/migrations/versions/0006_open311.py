"""Pulling from Open311 servers: how far each has been pulled."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "open311_mark",
        sa.Column("source", sa.Text(), nullable=False, comment="code of the source"),
        sa.Column("endpoint", sa.Text(), nullable=False, comment="address of the server, with its jurisdiction"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, comment="requests received from here on"),
        sa.Column("reached", sa.DateTime(timezone=True), nullable=False, comment="to here are known"),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False, comment="as they were then"),
        sa.Column("finished", sa.Boolean(), nullable=False, comment="whether the last pull came to its end"),
        sa.PrimaryKeyConstraint("source", "endpoint", name=op.f("open311_mark_pkey")),
        comment="How far each server of Open311 has been pulled.",
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("open311_mark")
