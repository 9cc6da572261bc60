"""Tasks that are granted to a person, and counts of shelves"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let tasks stand beside the role, and keep what was found on shelves."""
    op.add_column("staff", sa.Column("tasks", sa.String(length=60)))
    op.create_table(
        "shelf_counts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("point_id", sa.Uuid(), sa.ForeignKey("pickup_points.id"), nullable=False),
        sa.Column("shelf", sa.String(length=12), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid()),
        sa.Column("counted_by", sa.String(length=100), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Text(), nullable=False),
        sa.Column("unexpected", sa.Text(), nullable=False),
    )
    op.create_index("ix_shelf_counts_point_id_counted_at", "shelf_counts", ["point_id", "counted_at"])


def downgrade() -> None:
    """Forget both again."""
    op.drop_index("ix_shelf_counts_point_id_counted_at", table_name="shelf_counts")
    op.drop_table("shelf_counts")
    op.drop_column("staff", "tasks")
