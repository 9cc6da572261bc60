"""Who redirected a parcel; since when a webhook fails"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

OF_WEBHOOKS = ("failing_since", "given_up_at", "office_told_at")


def upgrade() -> None:
    """Add the columns."""
    op.add_column("wishes", sa.Column("staff_id", sa.Uuid()))
    for name in OF_WEBHOOKS:
        op.add_column("webhooks", sa.Column(name, sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Take them away."""
    for name in OF_WEBHOOKS:
        op.drop_column("webhooks", name)
    op.drop_column("wishes", "staff_id")
