"""The place of a visit without a handover, and the salt of its commitment"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Earlier visits have none."""
    op.add_column("delivery_attempts", sa.Column("place", sa.String(length=64)))
    op.add_column("delivery_attempts", sa.Column("salt", sa.LargeBinary(length=16)))


def downgrade() -> None:
    """Forget the places."""
    op.drop_column("delivery_attempts", "salt")
    op.drop_column("delivery_attempts", "place")
