"""Second factors, counts of tries, and what staff did"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for second factors, throttling and the log of staff."""
    op.add_column(
        "staff_sessions", sa.Column("second_factor_due", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "throttles",
        sa.Column("subject", sa.LargeBinary(length=32), primary_key=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
    )
    op.create_table(
        "second_factors",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("staff_id", sa.Uuid(), sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_second_factors_staff_id", "second_factors", ["staff_id"])
    op.create_table(
        "recovery_codes",
        sa.Column("digest", sa.LargeBinary(length=32), primary_key=True),
        sa.Column("staff_id", sa.Uuid(), sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_recovery_codes_staff_id", "recovery_codes", ["staff_id"])
    op.create_table(
        "staff_actions",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.Uuid()),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("status", sa.Integer()),
    )
    op.create_index("ix_staff_actions_at", "staff_actions", ["at"])


def downgrade() -> None:
    """Forget it again."""
    for name in ("staff_actions", "recovery_codes", "second_factors", "throttles"):
        op.drop_table(name)
    op.drop_column("staff_sessions", "second_factor_due")
