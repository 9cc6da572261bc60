"""The depot of each device, for reports"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Remember depots."""
    op.create_table(
        "device_depots",
        sa.Column("device_id", sa.Uuid(), sa.ForeignKey("devices.id"), primary_key=True),
        sa.Column("depot", sa.String(length=60), nullable=False),
    )


def downgrade() -> None:
    """Forget them again."""
    op.drop_table("device_depots")
