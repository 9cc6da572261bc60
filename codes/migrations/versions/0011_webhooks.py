"""Webhooks, their secrets' ids, the messages for them, and a log of their deliveries"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("kinds", sa.String(length=1000), nullable=False),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("disabled_at", moment),
        sa.Column("gone_at", moment),
    )
    op.create_table(
        "webhook_secrets",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("webhook_id", sa.Uuid(), sa.ForeignKey("webhooks.id"), nullable=False, index=True),
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("ends_at", moment),
    )
    op.create_table(
        "webhook_messages",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("webhook_id", sa.Uuid(), sa.ForeignKey("webhooks.id"), nullable=False),
        sa.Column("parcel_id", sa.Uuid(), sa.ForeignKey("parcels.id"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("queued_at", moment, nullable=False),
        sa.Column("due_at", moment),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("delivered_at", moment),
        sa.Column("failed_at", moment),
        sa.UniqueConstraint("webhook_id", "parcel_id", "position"),
    )
    op.create_index("ix_webhook_messages_due_at", "webhook_messages", ["due_at"])
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("message_id", sa.Uuid(), sa.ForeignKey("webhook_messages.id"), nullable=False, index=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("reply", sa.String(length=1024), nullable=False),
    )


def downgrade() -> None:
    """Drop them again."""
    for name in ("webhook_deliveries", "webhook_messages", "webhook_secrets", "webhooks"):
        op.drop_table(name)
