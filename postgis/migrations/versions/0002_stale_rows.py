"""A run counts rows that are older than what is known."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the count."""
    op.add_column("ingest_run", sa.Column("stale", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    """Drop the count."""
    op.drop_column("ingest_run", "stale")
