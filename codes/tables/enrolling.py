"""Devices: what is known of each, what it shows of itself, and the links that enrol new ones."""

from __future__ import annotations

import sqlalchemy as sa

from codes.tables.base import Instant, metadata

devices = sa.Table(
    "devices",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("language", sa.String(20), nullable=False),
    sa.Column("public_key", sa.LargeBinary(65), nullable=False),
    sa.Column("session_digest", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("enrolled_at", Instant, nullable=False),
    sa.Column("revoked_at", Instant),
    sa.Column("wrong_digits", sa.Integer, nullable=False),
    sa.Column("wrong_digits_on", sa.Date),
    sa.Column("salt", sa.LargeBinary(16)),
)

device_signs = sa.Table(
    "device_signs",
    metadata,
    sa.Column("device_id", sa.Uuid, sa.ForeignKey("devices.id"), primary_key=True),
    # When a program of ours on it last told how it is, and when anybody last used it; only a kiosk tells by itself.
    sa.Column("seen_at", Instant),
    sa.Column("called_at", Instant),
    sa.Column("camera", sa.String(20)),
    sa.Column("waiting", sa.Integer, nullable=False),
    sa.Column("out_of_order_at", Instant),
    sa.Column("out_of_order_by", sa.Uuid),
)

device_depots = sa.Table(
    "device_depots",
    metadata,
    sa.Column("device_id", sa.Uuid, sa.ForeignKey("devices.id"), primary_key=True),
    sa.Column("depot", sa.String(60), nullable=False),
)

enrolments = sa.Table(
    "enrolments",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("secret_digest", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("device_id", sa.Uuid),
)
