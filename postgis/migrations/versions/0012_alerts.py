"""Alerts: episodes with the desk's verdicts, thresholds of the tests, and the outbox of webhooks and mail."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; their triggers come with their text."""
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "layer", sa.Text(), nullable=False, comment="local: a theme in a place; totals: a theme or sector in a district or the region"
        ),
        sa.Column("sector_id", sa.SmallInteger(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=True, comment="code; null: the whole sector"),
        sa.Column("place", sa.Text(), nullable=False, comment="key of the place with the strongest signal"),
        sa.Column("name_ru", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("location", Geometry("POINT", 4326, spatial_index=False), nullable=False, comment="a point of the place, for the map"),
        sa.Column(
            "cell", sa.BigInteger(), nullable=True, comment="H3 cell that the place is or lies in; null for districts and the region"
        ),
        sa.Column("district", sa.Text(), nullable=True, comment="code of the place's district; null: in none"),
        sa.Column("places", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False, comment="all places, the strongest first"),
        sa.Column(
            "agencies",
            postgresql.JSONB(),
            server_default=sa.text("'[]'"),
            nullable=False,
            comment="agency (code, null: none), n, open; most messages first",
        ),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_signal_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("window_s", sa.Integer(), nullable=False, comment="window of the strongest signal"),
        sa.Column("n", sa.Integer(), nullable=False, comment="messages since then in all places, near-duplicates once"),
        sa.Column("distinct_n", sa.Integer(), nullable=False, comment="different addresses or positions among them"),
        sa.Column("open_n", sa.Integer(), nullable=False, comment="open ones among them"),
        sa.Column("expected", sa.Double(), nullable=False, comment="messages that would have been usual in the same time"),
        sa.Column("log10_p", sa.Double(), nullable=False, comment="the smallest so far"),
        sa.Column("recurrence_days", sa.Double(), nullable=False, comment="chance alone would give as much once in so many days"),
        sa.Column("peak", sa.Integer(), nullable=False, comment="most messages within a window"),
        sa.Column("peak_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=True, comment="alert that leads the group of the same theme in many places"),
        sa.Column("verdict", sa.Text(), nullable=True, comment="what the desk has found"),
        sa.Column("verdict_note", sa.Text(), server_default="", nullable=False),
        sa.Column("verdict_by", sa.Text(), server_default="", nullable=False, comment="digest of the API key; empty where none was needed"),
        sa.Column("verdict_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notified_n", sa.Integer(), server_default="0", nullable=False, comment="n when webhooks were last sent its growth"),
        sa.CheckConstraint("layer in ('local', 'totals')", name=op.f("alert_layer_known")),
        sa.CheckConstraint("verdict in ('real', 'not_real')", name=op.f("alert_verdict_known")),
        sa.CheckConstraint("verdict is null or verdict_at is not null", name=op.f("alert_verdict_dated")),
        sa.ForeignKeyConstraint(["sector_id"], ["sector.id"], name=op.f("alert_sector_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("alert_pkey")),
        comment="An alert from its first detection until seven quiet days have passed, and what the desk has said of it.",
    )
    op.create_index("alert_closed_at_idx", "alert", ["closed_at"])
    op.create_index("alert_open_idx", "alert", ["id"], postgresql_where=sa.text("closed_at is null"))
    op.create_table(
        "alert_threshold",
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("per_week", sa.Double(), nullable=False, comment="budget: false alarms a week"),
        sa.Column("log10_p", sa.Double(), nullable=False, comment="an alert is raised at this or a smaller p"),
        sa.Column("days", sa.Integer(), nullable=False, comment="length of the replay"),
        sa.Column("episodes", sa.Integer(), nullable=False, comment="found in it"),
        sa.Column(
            "curve", postgresql.JSONB(), nullable=False, comment="pairs of log10 p and episodes a day at this or a smaller p, p ascending"
        ),
        sa.Column("calibrated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("layer in ('local', 'totals')", name=op.f("alert_threshold_layer_known")),
        sa.PrimaryKeyConstraint("layer", name=op.f("alert_threshold_pkey")),
        comment="From which p on a layer raises alerts, as a replay of the last year has found.",
    )
    op.create_table(
        "alert_delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False, comment="name of the webhook, or mail"),
        sa.Column("body", sa.Text(), nullable=False, comment="as it is sent; of a mail subject and text"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False, comment="of the last attempt"),
        sa.CheckConstraint("event in ('opened', 'grown', 'closed', 'verdict')", name=op.f("alert_delivery_event_known")),
        sa.CheckConstraint("delivered_at is null or next_attempt_at is null", name=op.f("alert_delivery_delivered_once")),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("alert_delivery_alert_id_fkey"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("alert_delivery_pkey")),
        comment="Outbox: messages to webhooks and by mail. Without a next attempt: delivered, or given up.",
    )
    op.create_index("alert_delivery_alert_id_idx", "alert_delivery", ["alert_id"])
    op.create_index("alert_delivery_created_at_idx", "alert_delivery", ["created_at"])
    op.create_index(
        "alert_delivery_due_idx", "alert_delivery", ["target", "next_attempt_at"], postgresql_where=sa.text("next_attempt_at is not null")
    )


def downgrade() -> None:
    """Remove the tables, and with them all alerts and verdicts."""
    for table in ("alert_delivery", "alert_threshold", "alert"):
        op.drop_table(table)
