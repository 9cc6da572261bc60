"""Reports that are answered, persons that are erased, reasons behind a salt"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for answers to reports and for erasure."""
    op.add_column("holders", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("handovers", sa.Column("salt", sa.LargeBinary(16), nullable=True))
    op.add_column("reports", sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("reports", sa.Column("answered_by", sa.Uuid(), nullable=True))
    op.add_column("reports", sa.Column("answer", sa.String(length=1000), nullable=True))
    op.add_column("reports", sa.Column("salt", sa.LargeBinary(16), nullable=True))


def downgrade() -> None:
    """Forget it again."""
    for name in ("salt", "answer", "answered_by", "answered_at"):
        op.drop_column("reports", name)
    op.drop_column("handovers", "salt")
    op.drop_column("holders", "erased_at")
