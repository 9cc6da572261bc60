"""What a gateway says later became of a text that it took: it calls back under an address that is the message's own."""

from __future__ import annotations

import hmac
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.keys.derivation import derive_receipt_key
from codes.model import Channel
from codes.recipients.outbox import mark_bounced
from codes.store.transaction import Transaction


def knows_receipt(t: Transaction, message_id: UUID, receipt_key: str) -> bool:
    """Tell whether there is such a text, and the key is the one that its gateway was given."""
    messages, holders = tables.messages, tables.holders
    key_id = t.connection.execute(
        sa.select(holders.c.key_id)
        .join(messages, messages.c.holder_id == holders.c.id)
        .where(messages.c.id == message_id, messages.c.channel == Channel.TEXT.value)
    ).scalar()
    if key_id is None:
        return False
    return hmac.compare_digest(derive_receipt_key(t.ring.key(key_id), message_id).encode(), receipt_key.encode())


def take_receipt(t: Transaction, message_id: UUID, status: str, *, delivered: bool) -> None:
    """Record what a gateway says of a text at last; what it says afterwards changes nothing."""
    messages = tables.messages
    stands = sa.and_(messages.c.id == message_id, messages.c.delivered_at.is_(None), messages.c.failed_at.is_(None))
    if delivered:
        t.connection.execute(sa.update(messages).where(stands).values(delivered_at=t.now))
    elif t.connection.execute(sa.select(messages.c.id).where(stands)).first():
        mark_bounced(t, message_id, status=status, words=f"{status}, says the gateway")
