"""What recipients wish of the delivery"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "wishes",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("parcel_id", sa.Uuid(), sa.ForeignKey("parcels.id"), nullable=False, index=True),
        sa.Column("day", sa.Date()),
        sa.Column("point_id", sa.Uuid(), sa.ForeignKey("pickup_points.id")),
        sa.Column("wished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
    )


def downgrade() -> None:
    """Forget the wishes; their events stay."""
    op.drop_table("wishes")
