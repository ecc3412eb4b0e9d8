"""Incidents over HTTP: answers to repeat, and indexes for what is asked at every request."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add tables and indexes."""
    op.create_table(
        "intake_key",
        sa.Column("key", sa.LargeBinary(), nullable=False, comment="SHA-256 of where it was sent, who sent it, and the Idempotency-Key"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the request"),
        sa.Column("summary", sa.LargeBinary(), nullable=False, comment="JSON: the end of the answer"),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("intake_key_pkey")),
        comment="Requests that sent incidents with an Idempotency-Key, once they were answered to the end.",
    )
    op.create_index("intake_key_at_idx", "intake_key", ["at"])
    op.create_table(
        "intake_answer",
        sa.Column("key", sa.LargeBinary(), nullable=False, comment="as in intake_key"),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lines", sa.LargeBinary(), nullable=False, comment="NDJSON: what became of each row"),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("key", "part", name=op.f("intake_answer_pkey")),
        comment="The answers to these requests, a part for each batch, written together with it.",
    )
    op.create_index("intake_answer_at_idx", "intake_answer", ["at"])
    op.create_index("incident_updated_at_idx", "incident", ["updated_at"])
    op.create_index("ingest_run_running_idx", "ingest_run", ["id"], postgresql_where=sa.text("state = 'running'"))


def downgrade() -> None:
    """Take them away."""
    op.drop_index("ingest_run_running_idx", "ingest_run")
    op.drop_index("incident_updated_at_idx", "incident")
    op.drop_table("intake_answer")
    op.drop_table("intake_key")
