"""The way to the door: who carries a parcel, what was presented, and how each visit ended."""

from __future__ import annotations

import sqlalchemy as sa

from codes.tables.base import Instant, metadata, only

assignments = sa.Table(
    "assignments",
    metadata,
    sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), primary_key=True),
    sa.Column("device_id", sa.Uuid, nullable=False, index=True),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("assigned_at", Instant, nullable=False),
)

verifications = sa.Table(
    "verifications",
    metadata,
    sa.Column("presentation_id", sa.Uuid, primary_key=True),
    sa.Column("device_id", sa.Uuid, nullable=False),
    sa.Column("key_id", sa.String(40), nullable=False),
    sa.Column("content_mac", sa.LargeBinary(32), nullable=False),
    sa.Column("means", sa.String(10), nullable=False),
    sa.Column("offline", sa.Boolean, nullable=False),
    sa.Column("presented_at", Instant, nullable=False),
    sa.Column("decided_at", Instant, nullable=False),
    sa.Column("outcome", sa.String(30), nullable=False),
    sa.Column("code_id", sa.Uuid),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("signature", sa.LargeBinary(64), nullable=False),
    sa.Index("ix_verifications_outcome_decided_at", "outcome", "decided_at"),
)

granted_tokens = sa.Table(
    "granted_tokens",
    metadata,
    sa.Column("device_id", sa.Uuid, sa.ForeignKey("devices.id"), primary_key=True),
    sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), primary_key=True),
    sa.Column("token_digest", sa.LargeBinary(32), primary_key=True),
    sa.Column("given_at", Instant, nullable=False),
    sa.Column("withdrawn_at", Instant),
)
"""What a device's manifest held, from when until when: what it may say to have seen without network."""

handovers = sa.Table(
    "handovers",
    metadata,
    sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), primary_key=True),
    sa.Column("presentation_id", sa.Uuid),
    sa.Column("code_id", sa.Uuid),
    sa.Column("device_id", sa.Uuid),
    sa.Column("in_hand_by", sa.String(10), nullable=False),
    sa.Column("offline", sa.Boolean, nullable=False),
    sa.Column("handed_over_at", Instant, nullable=False),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("match_number", sa.String(2), nullable=False),
    sa.Column("conflict", sa.String(20)),
    sa.Column("supervised_by", sa.Uuid),
    sa.Column("confirmed_by", sa.Uuid),
    sa.Column("reason", sa.String(500)),
    sa.Column("salt", sa.LargeBinary(16)),
    sa.Index("ix_handovers_device_id", "device_id"),
    sa.Index("ix_handovers_conflict", "recorded_at", "parcel_id", **only("conflict IS NOT NULL")),
)

delivery_attempts = sa.Table(
    "delivery_attempts",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), nullable=False),
    sa.Column("device_id", sa.Uuid, nullable=False),
    sa.Column("reason", sa.String(20), nullable=False),
    sa.Column("attempted_at", Instant, nullable=False),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("place", sa.String(64)),
    sa.Column("salt", sa.LargeBinary(16)),
    sa.Index("ix_delivery_attempts_parcel_id_recorded_at", "parcel_id", "recorded_at"),
    sa.Index("ix_delivery_attempts_device_id", "device_id"),
)

reports = sa.Table(
    "reports",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("by", sa.String(20), nullable=False),
    sa.Column("reported_at", Instant, nullable=False),
    sa.Column("answered_at", Instant),
    sa.Column("answered_by", sa.Uuid),
    sa.Column("answer", sa.String(1000)),
    sa.Column("words", sa.String(1000)),
    sa.Column("withdrawn_at", Instant),
    sa.Column("salt", sa.LargeBinary(16)),
    # The SHA-256 of the photograph that came with it; it stays when that is erased.
    sa.Column("photo", sa.String(64)),
    sa.Index("ix_reports_open", "reported_at", "parcel_id", **only("answered_at IS NULL AND withdrawn_at IS NULL")),
)

report_photos = sa.Table(
    "report_photos",
    metadata,
    sa.Column("report_id", sa.Uuid, sa.ForeignKey("reports.id"), primary_key=True),
    sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), nullable=False, unique=True),
    sa.Column("key_id", sa.String(40), nullable=False),
    sa.Column("sealed", sa.LargeBinary(700_000), nullable=False),
)
