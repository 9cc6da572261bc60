"""Consignments, their parcels, who may receive them, and the codes that open them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from codes.tables.base import Instant, metadata, only
from codes.values.folding import FOLDED_LENGTH, fold, fold_address


def _folded(column: str, folding: Callable[[str], str]) -> Callable[[Any], str | None]:
    """Return what fills a column at an insert: another one's text, folded."""

    def fill(context: Any) -> str | None:
        text = context.get_current_parameters().get(column)
        return None if text is None else folding(text)

    return fill


consignments = sa.Table(
    "consignments",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("realm", sa.String(4), nullable=False),
    sa.Column("announced_by", sa.String(45), nullable=False),
    sa.Column("sender", sa.String(100), nullable=False),
    sa.Column("sender_folded", sa.String(FOLDED_LENGTH), default=_folded("sender", fold)),
    sa.Column("number", sa.String(100), index=True),
    # What a later parcel must have in common with this consignment to join it; of several the newest alone has it.
    sa.Column("join_key", sa.LargeBinary(32), unique=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("wrong_digits", sa.Integer, nullable=False),
    sa.Index("ix_consignments_sender_folded_id", "sender_folded", "id"),
    sa.Index("ix_consignments_wrong_digits", "wrong_digits", **only("wrong_digits > 0")),
)

parcels = sa.Table(
    "parcels",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("consignment_id", sa.Uuid, sa.ForeignKey("consignments.id"), nullable=False, index=True),
    sa.Column("reference", sa.String(50), nullable=False, unique=True),
    sa.Column("number", sa.String(50), nullable=False, unique=True, index=True),
    sa.Column("announced_at", Instant, nullable=False),
    sa.Column("value_thousandths", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("destination", sa.String(20), nullable=False),
    sa.Column("gift", sa.Boolean, nullable=False),
    sa.Column("sender_wish", sa.Boolean),
    sa.Column("code_required", sa.Boolean, nullable=False),
    sa.Column("reason", sa.String(40), nullable=False),
    sa.Column("out_for_delivery_at", Instant),
    sa.Column("blocked_at", Instant),
    sa.Column("blocked_by", sa.Uuid),
    # What ended is blocked as well, so that everything that opens nothing for a blocked parcel opens nothing for it.
    sa.Column("ended_at", Instant),
    sa.Column("ended_as", sa.String(20)),
    sa.Column("events", sa.Integer, nullable=False),
    sa.Column("head", sa.LargeBinary(32), nullable=False),
    sa.Column("salt", sa.LargeBinary(16)),
    sa.Index("ix_parcels_announced_at_id_out_for_delivery_at", "announced_at", "id", "out_for_delivery_at"),
    sa.Index("ix_parcels_ended_at", "ended_at", **only("ended_at IS NOT NULL")),
    sa.Index("ix_parcels_blocked_at", "blocked_at", **only("blocked_at IS NOT NULL")),
)

holders = sa.Table(
    "holders",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("consignment_id", sa.Uuid, sa.ForeignKey("consignments.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("name", sa.String(200)),
    sa.Column("email", sa.String(254)),
    # What persons are sought by. Filled at the insert; whoever changes a name or address changes these with it.
    sa.Column("name_folded", sa.String(FOLDED_LENGTH), default=_folded("name", fold)),
    sa.Column("email_folded", sa.String(FOLDED_LENGTH), default=_folded("email", fold_address), index=True),
    sa.Column("language", sa.String(20), nullable=False),
    sa.Column("postcode", sa.String(20)),
    sa.Column("phone", sa.String(16)),
    sa.Column("street", sa.String(200)),
    sa.Column("city", sa.String(100)),
    sa.Column("note", sa.String(300)),
    sa.Column("key_id", sa.String(40), nullable=False),
    # The address of the ticket page is derived from this: the holder's id, or that of the newest code after a renewal.
    sa.Column("ticket_id", sa.Uuid, nullable=False),
    sa.Column("ticket_digest", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("salt", sa.LargeBinary(16)),
    sa.Column("named_at", Instant, nullable=False),
    sa.Column("corrected_at", Instant),
    sa.Column("valid_until", Instant),
    sa.Column("withdrawn_at", Instant),
    sa.Column("erased_at", Instant),
    sa.Column("opened_at", Instant),
    sa.Index("ix_holders_kind_name_folded_consignment_id", "kind", "name_folded", "consignment_id"),
    sa.Index("ix_holders_kind_phone_consignment_id", "kind", "phone", "consignment_id", **only("phone IS NOT NULL")),
)

former_tickets = sa.Table(
    "former_tickets",
    metadata,
    sa.Column("digest", sa.LargeBinary(32), primary_key=True),
    sa.Column("holder_id", sa.Uuid, sa.ForeignKey("holders.id"), nullable=False, index=True),
    sa.Column("replaced_at", Instant, nullable=False),
)

delegate_parcels = sa.Table(
    "delegate_parcels",
    metadata,
    sa.Column("holder_id", sa.Uuid, sa.ForeignKey("holders.id"), primary_key=True),
    sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), primary_key=True, index=True),
)

codes = sa.Table(
    "codes",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("consignment_id", sa.Uuid, sa.ForeignKey("consignments.id"), nullable=False, index=True),
    sa.Column("holder_id", sa.Uuid, sa.ForeignKey("holders.id"), nullable=False, index=True),
    sa.Column("key_id", sa.String(40), nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("token_digest", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("issued_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("renewed_at", Instant),
    sa.Column("revoked_at", Instant),
)
