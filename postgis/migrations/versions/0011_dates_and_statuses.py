"""Two more warnings: a date that is left out, and a status that is replaced by a default."""

import re
from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_REASONS_NEW = ("date_left_out", "status_replaced")
_DEFINITION = "select pg_get_constraintdef(oid) from pg_constraint where conname = 'reject_reason_known'"


def upgrade() -> None:
    """Allow the new reasons."""
    _allow([*_allowed_reasons(), *_REASONS_NEW])


def downgrade() -> None:
    """Rejects that the former version does not know are lost."""
    listed = ", ".join(f"'{one}'" for one in _REASONS_NEW)
    op.execute(f"delete from reject where reason in ({listed})")  # noqa: S608  # names from above
    _allow(reason for reason in _allowed_reasons() if reason not in _REASONS_NEW)


def _allowed_reasons() -> list[str]:
    """The reasons that the constraint allows now."""
    return re.findall(r"'([a-z_]+)'", op.get_bind().scalar(sa.text(_DEFINITION)))


def _allow(reasons: Iterable[str]) -> None:
    listed = ", ".join(f"'{one}'" for one in reasons)
    op.drop_constraint(op.f("reject_reason_known"), "reject")
    op.create_check_constraint(op.f("reject_reason_known"), "reject", f"reason in ({listed})")
