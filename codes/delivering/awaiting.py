"""Whether a code will be there when the bell rings, as far as anybody can know before."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import HolderKind, MessageKind
from codes.store.database import Database

CODE_MAILS = frozenset(
    {
        *(MessageKind.CODE_ISSUED, MessageKind.CODE_RENEWED, MessageKind.DELIVERY_DAY),
        *(MessageKind.DRIVER_NEAR, MessageKind.READY_TO_COLLECT, MessageKind.COLLECT_SOON),
    }
)
"""Messages that carry the code."""


class CodeAwaited(StrEnum):
    """Whether the code will be there, as far as anybody can know before the door."""

    OPENED = "opened"
    SENT = "sent"
    QUEUED = "queued"
    FAILED = "failed"
    NO_ADDRESS = "no_address"


MISSED = frozenset({CodeAwaited.FAILED, CodeAwaited.NO_ADDRESS})
"""The code will not be there, unless somebody does something."""
_OF_THEIR_OWN = frozenset({MessageKind.CODE_ISSUED.value, MessageKind.CODE_RENEWED.value})
"""Mails whose code may be in no mail before; the others bring the same code once more."""


def awaited(connection: sa.Connection, holder_ids: Sequence[UUID]) -> dict[UUID, CodeAwaited]:
    """Say of each holder whether the code will be there."""
    holders, messages = tables.holders, tables.messages
    sent: dict[UUID, dict[str | None, list[Any]]] = {}
    ends = (messages.c.queued_at, messages.c.sent_at, messages.c.failed_at)
    columns = (messages.c.holder_id, messages.c.kind, messages.c.channel, *ends)
    with_code = messages.c.kind.in_([kind.value for kind in CODE_MAILS])
    query = sa.select(*columns).where(messages.c.holder_id.in_(holder_ids), with_code)
    for mail in connection.execute(query):
        sent.setdefault(mail.holder_id, {}).setdefault(mail.channel, []).append(mail)
    asked = sa.select(holders.c.id, holders.c.opened_at, holders.c.email, holders.c.phone).where(
        holders.c.id.in_(holder_ids)
    )
    found: dict[UUID, CodeAwaited] = {}
    for row in connection.execute(asked):
        if row.opened_at is not None:
            found[row.id] = CodeAwaited.OPENED
        elif row.email is None and row.phone is None:
            found[row.id] = CodeAwaited.NO_ADDRESS
        else:
            ways = [_by_mails(mails) for mails in sent.get(row.id, {None: []}).values()]
            found[row.id] = min(ways, key=list(CodeAwaited).index)  # one way that led there is enough
    return found


def missed_among(database: Database, parcel_ids: Sequence[UUID]) -> set[UUID]:
    """Return those of the parcels, not handed over, whose recipient will not have the code."""
    parcels, holders, handovers = tables.parcels, tables.holders, tables.handovers
    recipient = sa.and_(holders.c.parcel_id == parcels.c.id, holders.c.kind == HolderKind.RECIPIENT.value)
    query = (
        sa.select(parcels.c.id, holders.c.id.label("holder_id"))
        .join(holders, recipient)
        .outerjoin(handovers, handovers.c.parcel_id == parcels.c.id)
        .where(parcels.c.id.in_(parcel_ids), parcels.c.code_required, handovers.c.parcel_id.is_(None))
        .where(holders.c.erased_at.is_(None))
    )
    with database.reading() as connection:
        open_ones = {row.holder_id: row.id for row in connection.execute(query)}
        known = awaited(connection, list(open_ones))
    return {parcel_id for holder_id, parcel_id in open_ones.items() if known[holder_id] in MISSED}


def _by_mails(mails: Sequence[Any]) -> CodeAwaited:
    """The mail with the code that ended last decides, unless one after it is under way."""
    ended = [mail for mail in mails if mail.failed_at or mail.sent_at]
    waiting = [mail for mail in mails if not (mail.failed_at or mail.sent_at)]
    if not ended:
        return CodeAwaited.QUEUED if waiting else CodeAwaited.SENT  # what went well is deleted after a time
    last = max(ended, key=lambda mail: (mail.failed_at or mail.sent_at, mail.failed_at is None))
    failed = last.failed_at is not None
    if any(mail.queued_at >= last.queued_at and (failed or mail.kind in _OF_THEIR_OWN) for mail in waiting):
        return CodeAwaited.QUEUED
    return CodeAwaited.FAILED if failed else CodeAwaited.SENT
