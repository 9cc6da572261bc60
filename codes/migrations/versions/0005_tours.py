"""Which device carries which parcel, mails asked for at the door, tickets that were opened"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for tours."""
    op.add_column("holders", sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "assignments",
        sa.Column("parcel_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcels.id"], name=op.f("fk_assignments_parcel_id")),
        sa.PrimaryKeyConstraint("parcel_id", name=op.f("pk_assignments")),
    )
    op.create_index(op.f("ix_assignments_device_id"), "assignments", ["device_id"])
    op.create_table(
        "reminders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("parcel_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcels.id"], name=op.f("fk_reminders_parcel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
    )
    op.create_index(op.f("ix_reminders_parcel_id"), "reminders", ["parcel_id"])
    op.create_index(op.f("ix_reminders_device_id"), "reminders", ["device_id"])


def downgrade() -> None:
    """Forget it again."""
    op.drop_table("reminders")
    op.drop_table("assignments")
    op.drop_column("holders", "opened_at")
