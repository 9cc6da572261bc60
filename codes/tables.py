"""The tables. Facts only: no column says what can be derived, and no code stands in any of them.

Alembic's migrations make these; a test compares the two.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa


class Instant(sa.types.TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps it as text without a zone, PostgreSQL as timestamptz."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse a time without a zone; it would be somebody's local time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        """Give the moment back in UTC."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


EVERY_SCOPE = "events:read parcels:read parcels:write proofs:read statistics:read"
"""What keys may do that were made before there were scopes."""

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

installation = sa.Table(
    "installation",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.String(200), nullable=False),
)

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
)

device_signs = sa.Table(
    "device_signs",
    metadata,
    sa.Column("device_id", sa.Uuid, sa.ForeignKey("devices.id"), primary_key=True),
    sa.Column("seen_at", Instant),
    sa.Column("camera", sa.String(20)),
    sa.Column("waiting", sa.Integer, nullable=False),
    sa.Column("out_of_order_at", Instant),
    sa.Column("out_of_order_by", sa.Uuid),
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
    sa.Column("supervised_by", sa.Uuid),
    sa.Column("confirmed_by", sa.Uuid),
    sa.Column("reason", sa.String(500)),
    sa.Column("salt", sa.LargeBinary(16)),
)

delivery_attempts = sa.Table(
    "delivery_attempts",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), nullable=False, index=True),
    sa.Column("device_id", sa.Uuid, nullable=False),
    sa.Column("reason", sa.String(20), nullable=False),
    sa.Column("attempted_at", Instant, nullable=False),
    sa.Column("recorded_at", Instant, nullable=False),
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
    sa.Column("salt", sa.LargeBinary(16)),
)

assignments = sa.Table(
    "assignments",
    metadata,
    sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), primary_key=True),
    sa.Column("device_id", sa.Uuid, nullable=False, index=True),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("assigned_at", Instant, nullable=False),
)

reminders = sa.Table(
    "reminders",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), nullable=False, index=True),
    sa.Column("device_id", sa.Uuid, nullable=False, index=True),
    sa.Column("asked_at", Instant, nullable=False),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(30), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("link", sa.LargeBinary(32), nullable=False),
    sa.Index("ix_events_at", "at"),
)

log_leaves = sa.Table(
    "log_leaves",
    metadata,
    sa.Column("place", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("parcel_id", sa.Uuid, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("link", sa.LargeBinary(32), nullable=False),
    sa.UniqueConstraint("parcel_id", "position"),
)

log_nodes = sa.Table(
    "log_nodes",
    metadata,
    sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("place", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.LargeBinary(32), nullable=False),
)

checkpoints = sa.Table(
    "checkpoints",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("signature", sa.LargeBinary(64), nullable=False),
)

publications = sa.Table(
    "publications",
    metadata,
    sa.Column("target", sa.String(500), primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

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
    sa.Column("failed_at", Instant),
    sa.Column("last_reply", sa.String(500)),
    sa.Index("ix_messages_due_at", "due_at"),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("secret_digest", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("revoked_at", Instant),
    sa.Column("scopes", sa.String(400), nullable=False, server_default=EVERY_SCOPE),
    sa.Column("test", sa.Boolean, nullable=False, server_default=sa.false()),
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

staff = sa.Table(
    "staff",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False, unique=True),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("blocked_at", Instant),
)

staff_sessions = sa.Table(
    "staff_sessions",
    metadata,
    sa.Column("digest", sa.LargeBinary(32), primary_key=True),
    sa.Column("staff_id", sa.Uuid, sa.ForeignKey("staff.id"), nullable=False, index=True),
    sa.Column("signed_in_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("second_factor_due", sa.Boolean, nullable=False, server_default=sa.false()),
)

throttles = sa.Table(
    "throttles",
    metadata,
    sa.Column("subject", sa.LargeBinary(32), primary_key=True),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
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
)
