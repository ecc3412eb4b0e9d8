"""Ingest runs, rejected rows, idempotency keys and checkpoints of pulls."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from geo_service.core.model import RejectReason
from geo_service.core.schema.columns import instant, metadata, one_of

RUN_STATES = ("running", "finished", "failed", "interrupted")

ingest_run = Table(
    "ingest_run",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("input", Text, nullable=False, comment="the file's name"),
    Column("mapping", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="running"),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    instant("finished_at"),
    *(
        Column(name, BigInteger, nullable=False, server_default="0")
        for name in ("read", "new", "changed", "unchanged", "repeated", "stale")
    ),
    Column("rejected", JSONB, nullable=False, server_default=text("'{}'"), comment="reason: count"),
    Column("warned", JSONB, nullable=False, server_default=text("'{}'"), comment="reason: count"),
    Column("located", JSONB, nullable=False, server_default=text("'{}'"), comment="precision: count"),
    Column("linked", BigInteger, nullable=False, server_default="0"),
    Column("row_format", JSONB, nullable=False, server_default=text("'{}'"), comment="how the text of a row is split into fields"),
    Column("key_id", Text, nullable=True, comment="digest of the API key that sent it; null: a file, or sent without a key"),
    Column("client", Text, nullable=True, comment="address of the client that sent it; null: a file"),
    one_of("state", RUN_STATES),
    Index("ingest_run_running_idx", "id", postgresql_where=text("state = 'running'")),
    comment="One ingest of one input.",
)

reject = Table(
    "reject",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("run_id", BigInteger, ForeignKey("ingest_run.id"), nullable=False, comment="the last run that met it"),
    Column("input", Text, nullable=False),
    Column("line", BigInteger, nullable=False, comment="line of the input at which the row begins, from 1"),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False, comment="what exactly could not be used"),
    Column("row_text", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of row_text"),
    one_of("reason", tuple(RejectReason)),
    UniqueConstraint("input", "line", "reason", "digest"),
    Index("reject_run_id_idx", "run_id", "line", "id"),
    comment="Rejected rows and warnings, with the text of the row.",
)

idempotency_key = Table(
    "idempotency_key",
    metadata,
    Column("key", LargeBinary, primary_key=True, comment="SHA-256 of path, client and Idempotency-Key"),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the request"),
    Column("summary", LargeBinary, nullable=False, comment="JSON: the end of the response"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("idempotency_key_created_at_idx", "created_at"),
    comment="Completed requests with an Idempotency-Key.",
)

idempotency_response = Table(
    "idempotency_response",
    metadata,
    # No foreign key: parts are written batch by batch, before the request is complete.
    Column("key", LargeBinary, primary_key=True, comment="as in idempotency_key"),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("lines", LargeBinary, nullable=False, comment="NDJSON: the result of each row"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("idempotency_response_created_at_idx", "created_at"),
    comment="Responses to requests with an Idempotency-Key, one part a batch, written in the transaction of the batch.",
)

open311_checkpoint = Table(
    "open311_checkpoint",
    metadata,
    Column("source", Text, primary_key=True, comment="code of the source"),
    Column("endpoint", Text, primary_key=True, comment="address of the server, with its jurisdiction"),
    Column("since", DateTime(timezone=True), nullable=False, comment="requests received from here on"),
    Column("reached", DateTime(timezone=True), nullable=False, comment="to here are known"),
    Column("known_at", DateTime(timezone=True), nullable=False, comment="as they were then"),
    Column("finished", Boolean, nullable=False, comment="whether the last pull came to its end"),
    comment="How far each Open311 server has been pulled.",
)
