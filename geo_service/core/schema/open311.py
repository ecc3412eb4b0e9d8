"""Status changes of incidents, what Open311 clients have sent about them, and addresses of photographs."""

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Identity, Index, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY

from geo_service.core.model import Status
from geo_service.core.schema.columns import metadata

# No foreign keys: they would forbid to truncate incidents. Triggers delete what belongs to deleted incidents.

status_change = Table(
    "status_change",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True, comment="update_id of Open311"),
    Column("incident_id", BigInteger, nullable=False),
    Column("previous_status", SmallInteger, nullable=False, comment="as status: an update that was sent and has changed nothing"),
    Column("status", SmallInteger, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False, comment="when it was recorded, rounded up to a second"),
    Column("sender_update_id", Text, nullable=True, comment="id of the update in the system that sent it"),
    Column("message", Text, nullable=False, server_default="", comment="text that was sent, for operators"),
    Column("media_urls", ARRAY(Text), nullable=False, server_default=text("'{}'"), comment="photographs that were sent, for operators"),
    CheckConstraint(
        f"previous_status between {min(Status)} and {max(Status)} and status between {min(Status)} and {max(Status)}", name="status_known"
    ),
    Index("status_change_changed_at_idx", "changed_at", "id"),
    Index("status_change_incident_id_idx", "incident_id", "id"),
    Index(
        "status_change_sender_idx", "incident_id", "sender_update_id", unique=True, postgresql_where=text("sender_update_id is not null")
    ),
    comment="Changes of status, and updates that Open311 clients have sent.",
)

incident_media = Table(
    "incident_media",
    metadata,
    Column("incident_id", BigInteger, primary_key=True, autoincrement=False),
    Column("url", Text, primary_key=True),
    comment="Addresses of photographs that Open311 clients and servers have given, for operators.",
)
