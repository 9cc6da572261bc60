"""What devices say of themselves, and which the house has taken out of order"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for signs of life."""
    op.create_table(
        "device_signs",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("camera", sa.String(length=20), nullable=True),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("out_of_order_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("out_of_order_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_device_signs_device_id")),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device_signs")),
    )


def downgrade() -> None:
    """Forget it again."""
    op.drop_table("device_signs")
