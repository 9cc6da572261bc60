"""Scopes and last use of API keys, test keys, and first answers kept under the caller's key"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

EVERY_SCOPE = "events:read parcels:read parcels:write proofs:read statistics:read"


def upgrade() -> None:
    """Let the keys that there are do what they could."""
    op.add_column("api_keys", sa.Column("scopes", sa.String(length=400), nullable=False, server_default=EVERY_SCOPE))
    op.add_column("api_keys", sa.Column("test", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("api_keys", sa.Column("last_used_at", sa.DateTime(timezone=True)))
    op.create_table(
        "idempotency_keys",
        sa.Column("caller", sa.Uuid(), primary_key=True),
        sa.Column("key", sa.String(length=200), primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("content_type", sa.String(length=100)),
        sa.Column("location", sa.String(length=200)),
        sa.Column("body", sa.Text()),
    )
    op.create_index("ix_idempotency_keys_started_at", "idempotency_keys", ["started_at"])


def downgrade() -> None:
    """Forget it again."""
    op.drop_table("idempotency_keys")
    for name in ("last_used_at", "test", "scopes"):
        op.drop_column("api_keys", name)
