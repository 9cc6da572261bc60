"""Files that the office imports, and how far each is"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    moment = sa.DateTime(timezone=True)
    counts = [sa.Column(name, sa.Integer(), nullable=False) for name in ("total", "done", "unchanged", "conflicts")]
    moments = [sa.Column(name, moment) for name in ("started_at", "stopped_at", "finished_at", "leased_until")]
    op.create_table(
        "imports",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("made_by", sa.String(length=100), nullable=False),
        sa.Column("made_at", moment, nullable=False, index=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        *counts,
        sa.Column("detail", sa.String(length=1000), nullable=False),
        *moments,
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("imports")
