"""The catalogue: aliases of merged and renamed entries, limits of new ones; who sent a run; dates in the future.

No row of a known table is rewritten: the new columns have constant defaults or none.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_KINDS = {"theme": sa.Integer(), "agency": sa.Integer(), "source": sa.SmallInteger()}
_REASONS_BEFORE = (
    "unreadable_date", "missing_coordinates", "outside_world", "outside_region", "zero_coordinates", "unknown_status", "broken_row",
    "closed_before_received", "swapped_coordinates", "coarse_coordinates", "coordinates_left_out",
)  # fmt: skip
_REASONS = (
    "unreadable_date", "future_date", "missing_coordinates", "outside_world", "outside_region", "zero_coordinates", "unknown_status",
    "broken_row", "new_entry_limit", "closed_before_received", "swapped_coordinates", "coarse_coordinates", "coordinates_left_out",
    "date_ahead",
)  # fmt: skip

_REPLACE_REASON = """
update reject set reason = :old
where reason = :new and not exists (
    select from reject as other
    where other.reason = :old and (other.input, other.line, other.digest) = (reject.input, reject.line, reject.digest)
)
"""


def upgrade() -> None:
    """Add columns and tables, and let rejects have the new reasons."""
    for kind, id_type in _KINDS.items():
        renamed = sa.Column(
            "renamed", sa.Boolean(), server_default=sa.text("false"), nullable=False,
            comment="named by an operator: loads leave its names as they are",
        )  # fmt: skip
        op.add_column(kind, renamed)
        op.create_table(
            f"{kind}_alias",
            sa.Column("code", sa.Text(), nullable=False, comment="as it is delivered"),
            sa.Column(f"{kind}_id", id_type, nullable=False),
            sa.ForeignKeyConstraint([f"{kind}_id"], [f"{kind}.id"], name=op.f(f"{kind}_alias_{kind}_id_fkey"), ondelete="CASCADE"),
            sa.PrimaryKeyConstraint("code", name=op.f(f"{kind}_alias_pkey")),
            comment=f"Former codes of {kind} entries that were merged or renamed: whatever has one belongs to the entry.",
        )
        op.create_index(f"{kind}_alias_{kind}_id_idx", f"{kind}_alias", [f"{kind}_id"])
    op.create_table(
        "catalogue_state",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("catalogue_state_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("catalogue_state_pkey")),
        comment="One row: how often entries were merged, renamed or deleted. It is locked while incidents are written.",
    )
    op.execute("insert into catalogue_state (id) values (1)")
    op.create_table(
        "new_entry_count",
        sa.Column("key_id", sa.Text(), nullable=False, comment="digest of the API key; empty where none is needed"),
        sa.Column("day", sa.Date(), nullable=False, comment="in UTC"),
        sa.Column("entries", sa.Integer(), nullable=False, comment="themes, agencies and sources that the key's requests have added"),
        sa.PrimaryKeyConstraint("key_id", "day", name=op.f("new_entry_count_pkey")),
        comment="How many catalogue entries the holder of an API key has added, for the limit of a day.",
    )
    op.add_column(
        "ingest_run", sa.Column("key_id", sa.Text(), comment="digest of the API key that sent it; null: a file, or sent without a key")
    )
    op.add_column("ingest_run", sa.Column("client", sa.Text(), comment="address of the client that sent it; null: a file"))
    _set_reasons(_REASONS)


def downgrade() -> None:
    """Take them away. Rows rejected for a new reason get the most similar earlier one; warnings about dates are deleted."""
    for new, old in (("future_date", "unreadable_date"), ("new_entry_limit", "broken_row")):
        op.execute(sa.text(_REPLACE_REASON).bindparams(old=old, new=new))
    op.execute("delete from reject where reason in ('future_date', 'new_entry_limit', 'date_ahead')")
    _set_reasons(_REASONS_BEFORE)
    for name in ("client", "key_id"):
        op.drop_column("ingest_run", name)
    op.drop_table("new_entry_count")
    op.drop_table("catalogue_state")
    for kind in _KINDS:
        op.drop_table(f"{kind}_alias")
        op.drop_column(kind, "renamed")


def _set_reasons(reasons: Iterable[str]) -> None:
    listed = ", ".join(f"'{reason}'" for reason in reasons)
    op.drop_constraint(op.f("reject_reason_known"), "reject")
    op.create_check_constraint(op.f("reject_reason_known"), "reject", f"reason in ({listed})")
