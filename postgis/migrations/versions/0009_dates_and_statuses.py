"""Two more warnings: a date that is left out, and a status that is replaced by a default."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_REASONS_BEFORE = (
    "unreadable_date", "missing_coordinates", "outside_world", "outside_region", "zero_coordinates", "unknown_status", "broken_row",
    "closed_before_received", "swapped_coordinates", "coarse_coordinates", "coordinates_left_out",
)  # fmt: skip
_REASONS_NEW = ("date_left_out", "status_replaced")


def upgrade() -> None:
    """Allow the new reasons."""
    _allow((*_REASONS_BEFORE, *_REASONS_NEW))


def downgrade() -> None:
    """Rejects that the former version does not know are lost."""
    listed = ", ".join(f"'{one}'" for one in _REASONS_NEW)
    op.execute(f"delete from reject where reason in ({listed})")  # noqa: S608  # names from above
    _allow(_REASONS_BEFORE)


def _allow(reasons: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{one}'" for one in reasons)
    op.drop_constraint(op.f("reject_reason_known"), "reject")
    op.create_check_constraint(op.f("reject_reason_known"), "reject", f"reason in ({listed})")
