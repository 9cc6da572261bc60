"""Delegates, delivery attempts, reports, supervised handovers"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for what happens besides a handover against a code."""
    op.create_table(
        "delivery_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("parcel_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcels.id"], name=op.f("fk_delivery_attempts_parcel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_attempts")),
    )
    op.create_index(op.f("ix_delivery_attempts_parcel_id"), "delivery_attempts", ["parcel_id"])
    op.create_table(
        "reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("parcel_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=20), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcels.id"], name=op.f("fk_reports_parcel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
    )
    op.create_index(op.f("ix_reports_parcel_id"), "reports", ["parcel_id"])
    op.add_column("handovers", sa.Column("supervised_by", sa.Uuid(), nullable=True))
    op.add_column("handovers", sa.Column("confirmed_by", sa.Uuid(), nullable=True))
    op.add_column("handovers", sa.Column("reason", sa.String(length=500), nullable=True))
    op.add_column("holders", sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Forget it again."""
    op.drop_column("holders", "valid_until")
    op.drop_column("handovers", "reason")
    op.drop_column("handovers", "confirmed_by")
    op.drop_column("handovers", "supervised_by")
    op.drop_table("reports")
    op.drop_table("delivery_attempts")
