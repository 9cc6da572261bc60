"""PINs and badges of staff, and who works at which counter"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let staff sign in at shared devices."""
    op.create_table(
        "staff_badges",
        sa.Column("staff_id", sa.Uuid(), sa.ForeignKey("staff.id"), primary_key=True),
        sa.Column("pin_hash", sa.String(length=200)),
        sa.Column("badge_digest", sa.LargeBinary(length=32), unique=True),
    )
    op.create_table(
        "shifts",
        sa.Column("device_id", sa.Uuid(), sa.ForeignKey("devices.id"), primary_key=True),
        sa.Column("staff_id", sa.Uuid(), sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Forget them again."""
    op.drop_table("shifts")
    op.drop_table("staff_badges")
