"""Parcels, who may receive them, and their codes."""

from __future__ import annotations

import sqlalchemy as sa

from codes.tables.base import Instant, metadata

parcels = sa.Table(
    "parcels",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("reference", sa.String(50), nullable=False, unique=True),
    sa.Column("sender", sa.String(100), nullable=False),
    sa.Column("consignment", sa.String(100), index=True),
    sa.Column("announced_at", Instant, nullable=False),
    sa.Column("value_thousandths", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("destination", sa.String(20), nullable=False),
    sa.Column("gift", sa.Boolean, nullable=False),
    sa.Column("sender_wish", sa.Boolean),
    sa.Column("code_required", sa.Boolean, nullable=False),
    sa.Column("reason", sa.String(40), nullable=False),
    sa.Column("out_for_delivery_at", Instant),
    sa.Column("wrong_digits", sa.Integer, nullable=False),
    sa.Column("events", sa.Integer, nullable=False),
    sa.Column("head", sa.LargeBinary(32), nullable=False),
    sa.Column("salt", sa.LargeBinary(16)),
    sa.Index("ix_parcels_announced_at", "announced_at"),
)

holders = sa.Table(
    "holders",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("name", sa.String(200)),
    sa.Column("email", sa.String(254), index=True),
    sa.Column("language", sa.String(20), nullable=False),
    sa.Column("postcode", sa.String(20)),
    sa.Column("phone", sa.String(16)),
    sa.Column("key_id", sa.String(40), nullable=False),
    sa.Column("ticket_digest", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("salt", sa.LargeBinary(16)),
    sa.Column("named_at", Instant, nullable=False),
    sa.Column("valid_until", Instant),
    sa.Column("withdrawn_at", Instant),
    sa.Column("erased_at", Instant),
    sa.Column("opened_at", Instant),
)

codes = sa.Table(
    "codes",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), nullable=False, index=True),
    sa.Column("holder_id", sa.Uuid, sa.ForeignKey("holders.id"), nullable=False, index=True),
    sa.Column("key_id", sa.String(40), nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("token_digest", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("issued_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("renewed_at", Instant),
    sa.Column("revoked_at", Instant),
)
