"""The first schema. A later change of the tables is a revision of its own, never one of this file."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
SENT = "sent_at IS NOT NULL AND delivered_at IS NULL AND failed_at IS NULL"
ARRIVED = "delivered_at IS NOT NULL AND failed_at IS NULL"


def only(condition: str) -> dict[str, Any]:
    """Let an index hold only the rows of which this is true."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    """Make every table, and begin the house's chain."""
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
        sa.Column("scopes", sa.String(400), nullable=False),
        sa.Column("test", sa.Boolean, nullable=False),
        sa.Column("last_used_at", MOMENT),
    )
    op.create_table(
        "budgets",
        sa.Column("subject", sa.Uuid, primary_key=True),
        sa.Column("what", sa.String(30), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("spent", sa.Integer, nullable=False),
    )
    op.create_table(
        "checkpoints",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("signature", sa.LargeBinary(64), nullable=False),
        sa.Column("note_line", sa.String(200), nullable=False),
    )
    op.create_table(
        "cosignatures",
        sa.Column("witness", sa.String(200), primary_key=True),
        sa.Column("checkpoint", sa.Integer, nullable=False),
        sa.Column("line", sa.String(20_000), nullable=False),
    )
    op.create_table(
        "consignments",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("realm", sa.String(4), nullable=False),
        sa.Column("announced_by", sa.String(45), nullable=False),
        sa.Column("sender", sa.String(100), nullable=False),
        sa.Column("sender_folded", sa.String(400)),
        sa.Column("number", sa.String(100), index=True),
        sa.Column("join_key", sa.LargeBinary(32), unique=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("wrong_digits", sa.Integer, nullable=False),
        sa.Index("ix_consignments_sender_folded_id", "sender_folded", "id"),
        sa.Index("ix_consignments_wrong_digits", "wrong_digits", **only("wrong_digits > 0")),
    )
    op.create_table(
        "devices",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("public_key", sa.LargeBinary(65), nullable=False),
        sa.Column("session_digest", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("enrolled_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
        sa.Column("wrong_digits", sa.Integer, nullable=False),
        sa.Column("wrong_digits_on", sa.Date),
        sa.Column("salt", sa.LargeBinary(16)),
    )
    op.create_table(
        "enrolments",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("secret_digest", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("device_id", sa.Uuid),
    )
    op.create_table(
        "house",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("events", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "house_events",
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("link", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("caller", sa.Uuid, primary_key=True),
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary(32), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False, index=True),
        sa.Column("status", sa.Integer),
        sa.Column("content_type", sa.String(100)),
        sa.Column("location", sa.String(200)),
        sa.Column("body", sa.Text),
    )
    op.create_table(
        "imports",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("made_by", sa.String(100), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False, index=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("mapping", sa.Text, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("unchanged", sa.Integer, nullable=False),
        sa.Column("conflicts", sa.Integer, nullable=False),
        sa.Column("detail", sa.String(1000), nullable=False),
        sa.Column("started_at", MOMENT),
        sa.Column("stopped_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        sa.Column("leased_until", MOMENT),
    )
    op.create_table(
        "installation",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("value", sa.String(200), nullable=False),
    )
    op.create_table(
        "log_leaves",
        sa.Column("place", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("parcel_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("link", sa.LargeBinary(32), nullable=False),
        sa.UniqueConstraint("parcel_id", "position"),
    )
    op.create_table(
        "log_nodes",
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("place", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "pickup_points",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.String(100), nullable=False, unique=True),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("opening", sa.String(300), nullable=False),
        sa.Column("days_kept", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT),
    )
    op.create_table(
        "publications",
        sa.Column("target", sa.String(500), primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_table(
        "shops",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("secret", sa.LargeBinary(400), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT),
        sa.Column("refused_at", MOMENT),
        sa.Column("mapping", sa.Text),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.String(100), nullable=False, unique=True),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("blocked_at", MOMENT),
        sa.Column("salt", sa.LargeBinary(16)),
        sa.Column("tasks", sa.String(60)),
    )
    op.create_table(
        "staff_actions",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("at", MOMENT, nullable=False, index=True),
        sa.Column("staff_id", sa.Uuid),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("status", sa.Integer),
        sa.Index("ix_staff_actions_name_at", "name", "at"),
        sa.Index("ix_staff_actions_subject_at", "subject", "at"),
    )
    op.create_table(
        "throttles",
        sa.Column("subject", sa.LargeBinary(32), primary_key=True),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
    )
    op.create_table(
        "verifications",
        sa.Column("presentation_id", sa.Uuid, primary_key=True),
        sa.Column("device_id", sa.Uuid, nullable=False),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("content_mac", sa.LargeBinary(32), nullable=False),
        sa.Column("means", sa.String(10), nullable=False),
        sa.Column("offline", sa.Boolean, nullable=False),
        sa.Column("presented_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("outcome", sa.String(30), nullable=False),
        sa.Column("code_id", sa.Uuid),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("signature", sa.LargeBinary(64), nullable=False),
        sa.Index("ix_verifications_outcome_decided_at", "outcome", "decided_at"),
    )
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("kinds", sa.String(1000), nullable=False),
        sa.Column("test", sa.Boolean, nullable=False),
        sa.Column("cursor", sa.BigInteger, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("disabled_at", MOMENT),
        sa.Column("gone_at", MOMENT),
        sa.Column("failing_since", MOMENT),
        sa.Column("given_up_at", MOMENT),
        sa.Column("office_told_at", MOMENT),
    )
    op.create_table(
        "device_depots",
        sa.Column("device_id", sa.Uuid, sa.ForeignKey("devices.id"), primary_key=True),
        sa.Column("depot", sa.String(60), nullable=False),
    )
    op.create_table(
        "device_points",
        sa.Column("device_id", sa.Uuid, sa.ForeignKey("devices.id"), primary_key=True),
        sa.Column("point_id", sa.Uuid, sa.ForeignKey("pickup_points.id"), nullable=False, index=True),
    )
    op.create_table(
        "device_signs",
        sa.Column("device_id", sa.Uuid, sa.ForeignKey("devices.id"), primary_key=True),
        sa.Column("seen_at", MOMENT),
        sa.Column("called_at", MOMENT),
        sa.Column("camera", sa.String(20)),
        sa.Column("waiting", sa.Integer, nullable=False),
        sa.Column("out_of_order_at", MOMENT),
        sa.Column("out_of_order_by", sa.Uuid),
    )
    op.create_table(
        "holders",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("consignment_id", sa.Uuid, sa.ForeignKey("consignments.id"), nullable=False, index=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.String(200)),
        sa.Column("email", sa.String(254)),
        sa.Column("name_folded", sa.String(400)),
        sa.Column("email_folded", sa.String(400), index=True),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("postcode", sa.String(20)),
        sa.Column("phone", sa.String(16)),
        sa.Column("street", sa.String(200)),
        sa.Column("city", sa.String(100)),
        sa.Column("note", sa.String(300)),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("ticket_id", sa.Uuid, nullable=False),
        sa.Column("ticket_digest", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("salt", sa.LargeBinary(16)),
        sa.Column("named_at", MOMENT, nullable=False),
        sa.Column("corrected_at", MOMENT),
        sa.Column("valid_until", MOMENT),
        sa.Column("withdrawn_at", MOMENT),
        sa.Column("erased_at", MOMENT),
        sa.Column("opened_at", MOMENT),
        sa.Index("ix_holders_kind_name_folded_consignment_id", "kind", "name_folded", "consignment_id"),
        sa.Index(
            "ix_holders_kind_phone_consignment_id", "kind", "phone", "consignment_id", **only("phone IS NOT NULL")
        ),
    )
    op.create_table(
        "parcels",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("consignment_id", sa.Uuid, sa.ForeignKey("consignments.id"), nullable=False, index=True),
        sa.Column("reference", sa.String(50), nullable=False, unique=True),
        sa.Column("number", sa.String(50), nullable=False, unique=True, index=True),
        sa.Column("announced_at", MOMENT, nullable=False),
        sa.Column("value_thousandths", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("destination", sa.String(20), nullable=False),
        sa.Column("gift", sa.Boolean, nullable=False),
        sa.Column("sender_wish", sa.Boolean),
        sa.Column("code_required", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("out_for_delivery_at", MOMENT),
        sa.Column("blocked_at", MOMENT),
        sa.Column("blocked_by", sa.Uuid),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_as", sa.String(20)),
        sa.Column("events", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary(32), nullable=False),
        sa.Column("salt", sa.LargeBinary(16)),
        sa.Index("ix_parcels_announced_at_id_out_for_delivery_at", "announced_at", "id", "out_for_delivery_at"),
        sa.Index("ix_parcels_ended_at", "ended_at", **only("ended_at IS NOT NULL")),
        sa.Index("ix_parcels_blocked_at", "blocked_at", **only("blocked_at IS NOT NULL")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("digest", sa.LargeBinary(32), primary_key=True),
        sa.Column("staff_id", sa.Uuid, sa.ForeignKey("staff.id"), nullable=False, index=True),
        sa.Column("used_at", MOMENT),
    )
    op.create_table(
        "second_factors",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("staff_id", sa.Uuid, sa.ForeignKey("staff.id"), nullable=False, index=True),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("confirmed_at", MOMENT),
        sa.Column("last_step", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "shelf_counts",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("point_id", sa.Uuid, sa.ForeignKey("pickup_points.id"), nullable=False),
        sa.Column("shelf", sa.String(12), nullable=False),
        sa.Column("device_id", sa.Uuid, nullable=False),
        sa.Column("staff_id", sa.Uuid),
        sa.Column("counted_by", sa.String(100), nullable=False),
        sa.Column("counted_at", MOMENT, nullable=False),
        sa.Column("held", sa.Integer, nullable=False),
        sa.Column("missing", sa.Text, nullable=False),
        sa.Column("unexpected", sa.Text, nullable=False),
        sa.Index("ix_shelf_counts_point_id_counted_at", "point_id", "counted_at"),
    )
    op.create_table(
        "shelves",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("point_id", sa.Uuid, sa.ForeignKey("pickup_points.id"), nullable=False),
        sa.Column("name", sa.String(12), nullable=False),
        sa.Column("size", sa.String(2), nullable=False),
        sa.Column("room", sa.Integer, nullable=False),
        sa.Column("hatch", sa.Boolean, nullable=False),
        sa.Column("closed_at", MOMENT),
        sa.UniqueConstraint("point_id", "name"),
    )
    op.create_table(
        "shifts",
        sa.Column("device_id", sa.Uuid, sa.ForeignKey("devices.id"), primary_key=True),
        sa.Column("staff_id", sa.Uuid, sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
    )
    op.create_table(
        "looks",
        sa.Column("owner", sa.String(45), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("accent", sa.String(7), nullable=False),
        sa.Column("ink", sa.String(7), nullable=False),
        sa.Column("imprint", sa.String(1000), nullable=False),
        sa.Column("reply_to", sa.String(254)),
        sa.Column("logo", sa.LargeBinary),
        sa.Column("logo_tag", sa.String(12)),
        sa.Column("changed_at", MOMENT, nullable=False),
    )
    op.create_table(
        "shop_calls",
        sa.Column("shop_id", sa.Uuid, sa.ForeignKey("shops.id"), primary_key=True),
        sa.Column("call_id", sa.String(100), primary_key=True),
        sa.Column("received_at", MOMENT, nullable=False, index=True),
        sa.Column("topic", sa.String(100), nullable=False),
        sa.Column("result", sa.String(20), nullable=False),
        sa.Column("detail", sa.String(1000), nullable=False),
    )
    op.create_table(
        "staff_badges",
        sa.Column("staff_id", sa.Uuid, sa.ForeignKey("staff.id"), primary_key=True),
        sa.Column("pin_hash", sa.String(200)),
        sa.Column("badge_digest", sa.LargeBinary(32), unique=True),
    )
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("staff_id", sa.Uuid, sa.ForeignKey("staff.id"), nullable=False, index=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(1023), nullable=False, unique=True),
        sa.Column("public_key", sa.LargeBinary(2000), nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("challenge_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
    )
    op.create_table(
        "staff_identities",
        sa.Column("issuer", sa.String(400), primary_key=True),
        sa.Column("subject", sa.String(255), primary_key=True),
        sa.Column("staff_id", sa.Uuid, sa.ForeignKey("staff.id"), nullable=False, index=True),
    )
    op.create_table(
        "staff_sessions",
        sa.Column("digest", sa.LargeBinary(32), primary_key=True),
        sa.Column("staff_id", sa.Uuid, sa.ForeignKey("staff.id"), nullable=False, index=True),
        sa.Column("signed_in_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("second_factor_due", sa.Boolean, nullable=False),
    )
    op.create_table(
        "webhook_secrets",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("webhook_id", sa.Uuid, sa.ForeignKey("webhooks.id"), nullable=False, index=True),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT),
    )
    op.create_table(
        "assignments",
        sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), primary_key=True),
        sa.Column("device_id", sa.Uuid, nullable=False, index=True),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("assigned_at", MOMENT, nullable=False),
    )
    op.create_table(
        "codes",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("consignment_id", sa.Uuid, sa.ForeignKey("consignments.id"), nullable=False, index=True),
        sa.Column("holder_id", sa.Uuid, sa.ForeignKey("holders.id"), nullable=False, index=True),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("token_digest", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("renewed_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
    )
    op.create_table(
        "delegate_parcels",
        sa.Column("holder_id", sa.Uuid, sa.ForeignKey("holders.id"), primary_key=True),
        sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), primary_key=True, index=True),
    )
    op.create_table(
        "delivery_attempts",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), nullable=False),
        sa.Column("device_id", sa.Uuid, nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("attempted_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("place", sa.String(64)),
        sa.Column("salt", sa.LargeBinary(16)),
        sa.Index("ix_delivery_attempts_parcel_id_recorded_at", "parcel_id", "recorded_at"),
        sa.Index("ix_delivery_attempts_device_id", "device_id"),
    )
    op.create_table(
        "events",
        sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("link", sa.LargeBinary(32), nullable=False),
        sa.Index("ix_events_at", "at"),
    )
    op.create_table(
        "former_tickets",
        sa.Column("digest", sa.LargeBinary(32), primary_key=True),
        sa.Column("holder_id", sa.Uuid, sa.ForeignKey("holders.id"), nullable=False, index=True),
        sa.Column("replaced_at", MOMENT, nullable=False),
    )
    op.create_table(
        "granted_tokens",
        sa.Column("device_id", sa.Uuid, sa.ForeignKey("devices.id"), primary_key=True),
        sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), primary_key=True),
        sa.Column("token_digest", sa.LargeBinary(32), primary_key=True),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT),
    )
    op.create_table(
        "handovers",
        sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), primary_key=True),
        sa.Column("presentation_id", sa.Uuid),
        sa.Column("code_id", sa.Uuid),
        sa.Column("device_id", sa.Uuid),
        sa.Column("in_hand_by", sa.String(10), nullable=False),
        sa.Column("offline", sa.Boolean, nullable=False),
        sa.Column("handed_over_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("match_number", sa.String(2), nullable=False),
        sa.Column("conflict", sa.String(20)),
        sa.Column("supervised_by", sa.Uuid),
        sa.Column("confirmed_by", sa.Uuid),
        sa.Column("reason", sa.String(500)),
        sa.Column("salt", sa.LargeBinary(16)),
        sa.Index("ix_handovers_device_id", "device_id"),
        sa.Index("ix_handovers_conflict", "recorded_at", "parcel_id", **only("conflict IS NOT NULL")),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), nullable=False, index=True),
        sa.Column("holder_id", sa.Uuid, sa.ForeignKey("holders.id"), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("queued_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("sent_at", MOMENT),
        sa.Column("delivered_at", MOMENT),
        sa.Column("failed_at", MOMENT),
        sa.Column("last_reply", sa.String(500)),
        sa.Column("channel", sa.String(10)),
        sa.Column("address", sa.String(254)),
        sa.Index("ix_messages_due_at", "due_at"),
        sa.Index("ix_messages_failed_at", "failed_at", "parcel_id", **only("failed_at IS NOT NULL")),
        sa.Index("ix_messages_sent", "id", **only(SENT)),
        sa.Index("ix_messages_arrived", "id", **only(ARRIVED)),
    )
    op.create_table(
        "address_checks",
        sa.Column("holder_id", sa.Uuid, sa.ForeignKey("holders.id"), primary_key=True),
        sa.Column("due_at", MOMENT, index=True),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("warning", sa.String(20), index=True),
    )
    op.create_table(
        "reports",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), nullable=False, index=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("by", sa.String(20), nullable=False),
        sa.Column("reported_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.Column("answered_by", sa.Uuid),
        sa.Column("answer", sa.String(1000)),
        sa.Column("words", sa.String(1000)),
        sa.Column("withdrawn_at", MOMENT),
        sa.Column("salt", sa.LargeBinary(16)),
        sa.Column("photo", sa.String(64)),
        sa.Index("ix_reports_open", "reported_at", "parcel_id", **only("answered_at IS NULL AND withdrawn_at IS NULL")),
    )
    op.create_table(
        "report_photos",
        sa.Column("report_id", sa.Uuid, sa.ForeignKey("reports.id"), primary_key=True),
        sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), nullable=False, unique=True),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(700_000), nullable=False),
    )
    op.create_table(
        "import_parcels",
        sa.Column("import_id", sa.Uuid, sa.ForeignKey("imports.id"), primary_key=True),
        sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), primary_key=True),
    )
    op.create_table(
        "stays",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), nullable=False, index=True),
        sa.Column("point_id", sa.Uuid, sa.ForeignKey("pickup_points.id"), nullable=False),
        sa.Column("shelf_id", sa.Uuid, sa.ForeignKey("shelves.id")),
        sa.Column("device_id", sa.Uuid, nullable=False),
        sa.Column("size", sa.String(2), nullable=False),
        sa.Column("arrived_at", MOMENT, nullable=False),
        sa.Column("deadline", MOMENT, nullable=False),
        sa.Column("reminded_at", MOMENT),
        sa.Column("returned_at", MOMENT),
        sa.Index("ix_stays_point_id_deadline", "point_id", "deadline"),
    )
    op.create_table(
        "webhook_messages",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("webhook_id", sa.Uuid, sa.ForeignKey("webhooks.id"), nullable=False),
        sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("queued_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("delivered_at", MOMENT),
        sa.Column("failed_at", MOMENT),
        sa.UniqueConstraint("webhook_id", "parcel_id", "position"),
        sa.Index("ix_webhook_messages_due_at", "due_at"),
    )
    op.create_table(
        "wishes",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), nullable=False, index=True),
        sa.Column("day", sa.Date),
        sa.Column("point_id", sa.Uuid, sa.ForeignKey("pickup_points.id")),
        sa.Column("wished_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT),
        sa.Column("staff_id", sa.Uuid),
        sa.Index("ix_wishes_point_id_parcel_id", "point_id", "parcel_id", **only("point_id IS NOT NULL")),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("message_id", sa.Uuid, sa.ForeignKey("webhook_messages.id"), nullable=False, index=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("milliseconds", sa.Integer, nullable=False),
        sa.Column("reply", sa.String(1024), nullable=False),
    )
    house = sa.table("house", sa.column("id", sa.Uuid), sa.column("events"), sa.column("head"))
    op.bulk_insert(house, [{"id": UUID(int=0), "events": 0, "head": bytes(32)}])
