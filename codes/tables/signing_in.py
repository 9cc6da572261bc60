"""Who may come in: staff with their secrets, and the keys of senders' systems."""

from __future__ import annotations

import sqlalchemy as sa

from codes.tables.base import Instant, metadata

staff = sa.Table(
    "staff",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False, unique=True),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("blocked_at", Instant),
    sa.Column("salt", sa.LargeBinary(16)),
    sa.Column("tasks", sa.String(60)),
)

staff_badges = sa.Table(
    "staff_badges",
    metadata,
    sa.Column("staff_id", sa.Uuid, sa.ForeignKey("staff.id"), primary_key=True),
    sa.Column("pin_hash", sa.String(200)),
    sa.Column("badge_digest", sa.LargeBinary(32), unique=True),
)

passkeys = sa.Table(
    "passkeys",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("staff_id", sa.Uuid, sa.ForeignKey("staff.id"), nullable=False, index=True),
    sa.Column("name", sa.String(60), nullable=False),
    sa.Column("credential_id", sa.LargeBinary(1023), nullable=False, unique=True),
    sa.Column("public_key", sa.LargeBinary(2000), nullable=False),
    sa.Column("sign_count", sa.BigInteger, nullable=False),
    sa.Column("added_at", Instant, nullable=False),
    sa.Column("challenge_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
)

# Who somebody is at the house's identity provider (OpenID Connect): its issuer, and its own name for them.
staff_identities = sa.Table(
    "staff_identities",
    metadata,
    sa.Column("issuer", sa.String(400), primary_key=True),
    sa.Column("subject", sa.String(255), primary_key=True),
    sa.Column("staff_id", sa.Uuid, sa.ForeignKey("staff.id"), nullable=False, index=True),
)

staff_sessions = sa.Table(
    "staff_sessions",
    metadata,
    sa.Column("digest", sa.LargeBinary(32), primary_key=True),
    sa.Column("staff_id", sa.Uuid, sa.ForeignKey("staff.id"), nullable=False, index=True),
    sa.Column("signed_in_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("second_factor_due", sa.Boolean, nullable=False),
)

second_factors = sa.Table(
    "second_factors",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("staff_id", sa.Uuid, sa.ForeignKey("staff.id"), nullable=False, index=True),
    sa.Column("key_id", sa.String(40), nullable=False),
    sa.Column("confirmed_at", Instant),
    sa.Column("last_step", sa.BigInteger, nullable=False),
)

recovery_codes = sa.Table(
    "recovery_codes",
    metadata,
    sa.Column("digest", sa.LargeBinary(32), primary_key=True),
    sa.Column("staff_id", sa.Uuid, sa.ForeignKey("staff.id"), nullable=False, index=True),
    sa.Column("used_at", Instant),
)

staff_actions = sa.Table(
    "staff_actions",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("staff_id", sa.Uuid),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("action", sa.String(60), nullable=False),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("status", sa.Integer),
    sa.Index("ix_staff_actions_name_at", "name", "at"),
    sa.Index("ix_staff_actions_subject_at", "subject", "at"),
)

shifts = sa.Table(
    "shifts",
    metadata,
    sa.Column("device_id", sa.Uuid, sa.ForeignKey("devices.id"), primary_key=True),
    sa.Column("staff_id", sa.Uuid, sa.ForeignKey("staff.id"), nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
)

throttles = sa.Table(
    "throttles",
    metadata,
    sa.Column("subject", sa.LargeBinary(32), primary_key=True),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("secret_digest", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("revoked_at", Instant),
    sa.Column("scopes", sa.String(400), nullable=False),
    sa.Column("test", sa.Boolean, nullable=False),
    sa.Column("last_used_at", Instant),
)

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("caller", sa.Uuid, primary_key=True),
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("fingerprint", sa.LargeBinary(32), nullable=False),
    sa.Column("started_at", Instant, nullable=False, index=True),
    sa.Column("status", sa.Integer),
    sa.Column("content_type", sa.String(100)),
    sa.Column("location", sa.String(200)),
    sa.Column("body", sa.Text),
)
