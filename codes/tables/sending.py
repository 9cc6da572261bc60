"""What goes out: messages to people, and webhooks to systems."""

from __future__ import annotations

import sqlalchemy as sa

from codes.tables.base import Instant, metadata, only

# What becomes of most messages; the list of them is read by these, and a message enters one only once it left.
SENT = "sent_at IS NOT NULL AND delivered_at IS NULL AND failed_at IS NULL"
ARRIVED = "delivered_at IS NOT NULL AND failed_at IS NULL"

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), nullable=False, index=True),
    sa.Column("holder_id", sa.Uuid, sa.ForeignKey("holders.id"), nullable=False),
    sa.Column("kind", sa.String(30), nullable=False),
    sa.Column("queued_at", Instant, nullable=False),
    sa.Column("due_at", Instant),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("sent_at", Instant),
    # A gateway called back: the text is on the phone.
    sa.Column("delivered_at", Instant),
    sa.Column("failed_at", Instant),
    sa.Column("last_reply", sa.String(500)),
    sa.Column("channel", sa.String(10)),
    # Where it goes instead of to its holder: an address that was corrected is told so. Forgotten once it is sent.
    sa.Column("address", sa.String(254)),
    sa.Index("ix_messages_due_at", "due_at"),
    sa.Index("ix_messages_failed_at", "failed_at", "parcel_id", **only("failed_at IS NOT NULL")),
    sa.Index("ix_messages_sent", "id", **only(SENT)),
    sa.Index("ix_messages_arrived", "id", **only(ARRIVED)),
)

address_checks = sa.Table(
    "address_checks",
    metadata,
    sa.Column("holder_id", sa.Uuid, sa.ForeignKey("holders.id"), primary_key=True),
    sa.Column("due_at", Instant, index=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("warning", sa.String(20), index=True),
)

webhooks = sa.Table(
    "webhooks",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("url", sa.String(500), nullable=False),
    sa.Column("kinds", sa.String(1000), nullable=False),
    sa.Column("test", sa.Boolean, nullable=False),
    sa.Column("cursor", sa.BigInteger, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("disabled_at", Instant),
    sa.Column("gone_at", Instant),
    sa.Column("failing_since", Instant),
    sa.Column("given_up_at", Instant),
    sa.Column("office_told_at", Instant),
)

webhook_secrets = sa.Table(
    "webhook_secrets",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("webhook_id", sa.Uuid, sa.ForeignKey("webhooks.id"), nullable=False, index=True),
    sa.Column("key_id", sa.String(40), nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("ends_at", Instant),
)

webhook_messages = sa.Table(
    "webhook_messages",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("webhook_id", sa.Uuid, sa.ForeignKey("webhooks.id"), nullable=False),
    sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("queued_at", Instant, nullable=False),
    sa.Column("due_at", Instant),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("delivered_at", Instant),
    sa.Column("failed_at", Instant),
    sa.UniqueConstraint("webhook_id", "parcel_id", "position"),
    sa.Index("ix_webhook_messages_due_at", "due_at"),
)

webhook_deliveries = sa.Table(
    "webhook_deliveries",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("message_id", sa.Uuid, sa.ForeignKey("webhook_messages.id"), nullable=False, index=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("milliseconds", sa.Integer, nullable=False),
    sa.Column("reply", sa.String(1024), nullable=False),
)
