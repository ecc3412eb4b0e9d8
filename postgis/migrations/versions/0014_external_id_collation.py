"""Ids in sources are compared by code points, so that the unique index finds those that begin with a text."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rebuild the unique index; the table itself is not written."""
    op.execute('alter table incident alter column external_id type text collate "C"')


def downgrade() -> None:
    """Compare by the database's own order again."""
    op.execute('alter table incident alter column external_id type text collate "default"')
