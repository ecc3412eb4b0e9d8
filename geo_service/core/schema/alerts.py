"""Alerts: episodes with the desk's verdicts, thresholds, and the outbox of webhooks and mail."""

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, CheckConstraint, Column, Double, ForeignKey, Identity, Index, Integer, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from geo_service.core.schema.columns import instant, metadata, names, one_of

LAYERS = ("local", "totals")
VERDICTS = ("real", "not_real")
EVENTS = ("opened", "grown", "closed", "verdict")

# Themes, districts and agencies are referred to by code, without foreign keys: their codes outlive a merge and a reload of
# boundaries, their ids do not, and an alert must not forbid either.

alert = Table(
    "alert",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("layer", Text, nullable=False, comment="local: a theme in a place; totals: a theme or sector in a district or the region"),
    Column("sector_id", SmallInteger, ForeignKey("sector.id"), nullable=False),
    Column("theme", Text, nullable=True, comment="code; null: the whole sector"),
    Column("place", Text, nullable=False, comment="key of the place with the strongest signal"),
    *names(),
    Column("location", Geometry("POINT", 4326, spatial_index=False), nullable=False, comment="a point of the place, for the map"),
    Column("cell", BigInteger, nullable=True, comment="H3 cell that the place is or lies in; null for districts and the region"),
    Column("district", Text, nullable=True, comment="code of the place's district; null: in none"),
    Column("places", JSONB, nullable=False, server_default=text("'[]'"), comment="all places, the strongest first"),
    Column(
        "agencies", JSONB, nullable=False, server_default=text("'[]'"), comment="agency (code, null: none), n, open; most messages first"
    ),
    instant("since", nullable=False),
    instant("detected_at", nullable=False),
    instant("updated_at", nullable=False),
    instant("last_signal_at", nullable=False),
    instant("closed_at"),
    Column("window_s", Integer, nullable=False, comment="window of the strongest signal"),
    Column("n", Integer, nullable=False, comment="messages since then in all places, near-duplicates once"),
    Column("distinct_n", Integer, nullable=False, comment="different addresses or positions among them"),
    Column("open_n", Integer, nullable=False, comment="open ones among them"),
    Column("expected", Double, nullable=False, comment="messages that would have been usual in the same time"),
    Column("log10_p", Double, nullable=False, comment="the smallest so far"),
    Column("recurrence_days", Double, nullable=False, comment="chance alone would give as much once in so many days"),
    Column("peak", Integer, nullable=False, comment="most messages within a window"),
    instant("peak_at", nullable=False),
    Column("group_id", BigInteger, nullable=True, comment="alert that leads the group of the same theme in many places"),
    Column("verdict", Text, nullable=True, comment="what the desk has found"),
    Column("verdict_note", Text, nullable=False, server_default=""),
    Column("verdict_by", Text, nullable=False, server_default="", comment="digest of the API key; empty where none was needed"),
    instant("verdict_at"),
    Column("notified_n", Integer, nullable=False, server_default="0", comment="n when webhooks were last sent its growth"),
    one_of("layer", LAYERS),
    one_of("verdict", VERDICTS),
    CheckConstraint("verdict is null or verdict_at is not null", name="verdict_dated"),
    Index("alert_open_idx", "id", postgresql_where=text("closed_at is null")),
    Index("alert_closed_at_idx", "closed_at"),
    comment="An alert from its first detection until seven quiet days have passed, and what the desk has said of it.",
)

alert_threshold = Table(
    "alert_threshold",
    metadata,
    Column("layer", Text, primary_key=True),
    Column("per_week", Double, nullable=False, comment="budget: false alarms a week"),
    Column("log10_p", Double, nullable=False, comment="an alert is raised at this or a smaller p"),
    Column("days", Integer, nullable=False, comment="length of the replay"),
    Column("episodes", Integer, nullable=False, comment="found in it"),
    Column("curve", JSONB, nullable=False, comment="pairs of log10 p and episodes a day at this or a smaller p, p ascending"),
    instant("calibrated_at", nullable=False),
    one_of("layer", LAYERS),
    comment="From which p on a layer raises alerts, as a replay of the last year has found.",
)

alert_delivery = Table(
    "alert_delivery",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("alert_id", BigInteger, ForeignKey("alert.id", ondelete="CASCADE"), nullable=False),
    Column("event", Text, nullable=False),
    Column("target", Text, nullable=False, comment="name of the webhook, or mail"),
    Column("body", Text, nullable=False, comment="as it is sent; of a mail subject and text"),
    instant("created_at", nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    instant("next_attempt_at"),
    instant("delivered_at"),
    Column("error", Text, nullable=False, server_default="", comment="of the last attempt"),
    one_of("event", EVENTS),
    CheckConstraint("delivered_at is null or next_attempt_at is null", name="delivered_once"),
    Index("alert_delivery_due_idx", "target", "next_attempt_at", postgresql_where=text("next_attempt_at is not null")),
    Index("alert_delivery_alert_id_idx", "alert_id"),
    Index("alert_delivery_created_at_idx", "created_at"),
    comment="Outbox: messages to webhooks and by mail. Without a next attempt: delivered, or given up.",
)
