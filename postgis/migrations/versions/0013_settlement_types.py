"""Types of settlements, sections of towns, and names that were made by a table."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_COLUMNS = (
    sa.Column("type", sa.Text(), nullable=True, comment="as addresses abbreviate it, such as пос.; null: not known"),
    sa.Column("section_of", sa.Integer(), nullable=True, comment="GeoNames id of the town that it is a section of"),
    sa.Column(
        "transliterated",
        sa.Boolean(),
        server_default=sa.text("false"),
        nullable=False,
        comment="name_ru is made from another name by a table",
    ),
)


def upgrade() -> None:
    """Add the columns; `geo places` fills them."""
    for column in _COLUMNS:
        op.add_column("place", column)


def downgrade() -> None:
    """Undo."""
    for column in reversed(_COLUMNS):
        op.drop_column("place", column.name)
