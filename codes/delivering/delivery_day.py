"""The delivery day until the bell rings: the parcel leaves, comes near, and its code will be there or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import EventKind, MessageKind
from codes.proving.events import Event
from codes.store.clauses import came_back, recipient_of_parcel
from codes.store.parcel_rows import parcel_id_of
from codes.store.transaction import Transaction

AGAIN_AFTER = timedelta(hours=4)
"""A driver who is near within so long is near for the same visit."""
CODE_MAILS = frozenset(
    {
        MessageKind.CODE_ISSUED,
        MessageKind.CODE_RENEWED,
        MessageKind.DELIVERY_DAY,
        MessageKind.DRIVER_NEAR,
        MessageKind.READY_TO_COLLECT,
        MessageKind.COLLECT_SOON,
    }
)
"""Messages that carry the code."""


class NotUnderWay(Exception):
    """The parcel was handed over, has ended, is blocked, or needs no code, so nobody is told that it comes."""


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


def mark_out_for_delivery(t: Transaction, reference: str) -> None:
    """Record that the parcel left for its recipient, and tell the recipient. Raises UnknownParcel or NotUnderWay.

    A second time changes nothing, unless the parcel came back from a visit and leaves again on a later day.
    """
    parcels, parcel = tables.parcels, _locked(t, reference)
    left = parcel.out_for_delivery_at
    if parcel.ended_as is not None:
        raise NotUnderWay(f"this parcel has ended: {parcel.ended_as}")
    if left is not None and not (t.house.days.day_of(left) < t.today and parcel.came_back):
        return
    t.connection.execute(sa.update(parcels).where(parcels.c.id == parcel.id).values(out_for_delivery_at=t.now))
    if parcel.code_required and parcel.handed_over_at is None and parcel.blocked_at is None:
        t.queue(MessageKind.DELIVERY_DAY, parcel_id=parcel.id, holder_id=parcel.holder_id)
    t.record(Event(parcel.id, EventKind.OUT_FOR_DELIVERY, t.now, {}))


def come_near(t: Transaction, reference: str) -> None:
    """Record that the driver is near; within the same visit that is told once. Raises UnknownParcel or NotUnderWay."""
    events, parcel = tables.events, _locked(t, reference)
    if parcel.handed_over_at is not None or not parcel.code_required or parcel.blocked_at is not None:
        raise NotUnderWay("this parcel was handed over, is blocked, or needs no code")
    near = sa.and_(events.c.parcel_id == parcel.id, events.c.kind == EventKind.DRIVER_NEAR.value)
    last = t.connection.execute(sa.select(sa.func.max(events.c.at)).where(near)).scalar()
    if (last is not None and t.now < last + AGAIN_AFTER) or not t.takes_more(parcel.id):
        return
    t.queue(MessageKind.DRIVER_NEAR, parcel_id=parcel.id, holder_id=parcel.holder_id)
    t.record(Event(parcel.id, EventKind.DRIVER_NEAR, t.now, {}))


def awaited(t: Transaction, holder_ids: Sequence[UUID]) -> dict[UUID, CodeAwaited]:
    """Say of each holder whether the code will be there."""
    holders, messages = tables.holders, tables.messages
    sent: dict[UUID, dict[str | None, list[Any]]] = {}
    ends = (messages.c.queued_at, messages.c.sent_at, messages.c.failed_at)
    columns = (messages.c.holder_id, messages.c.kind, messages.c.channel, *ends)
    with_code = messages.c.kind.in_([kind.value for kind in CODE_MAILS])
    query = sa.select(*columns).where(messages.c.holder_id.in_(holder_ids), with_code)
    for mail in t.connection.execute(query):
        sent.setdefault(mail.holder_id, {}).setdefault(mail.channel, []).append(mail)
    asked = sa.select(holders.c.id, holders.c.opened_at, holders.c.email, holders.c.phone).where(
        holders.c.id.in_(holder_ids)
    )
    found: dict[UUID, CodeAwaited] = {}
    for row in t.connection.execute(asked):
        if row.opened_at is not None and not _renewed_since(row.opened_at, sent.get(row.id, {})):
            found[row.id] = CodeAwaited.OPENED
        elif row.email is None and row.phone is None:
            found[row.id] = CodeAwaited.NO_ADDRESS
        else:
            ways = [_by_mails(mails) for mails in sent.get(row.id, {None: []}).values()]
            found[row.id] = min(ways, key=list(CodeAwaited).index)  # one way that led there is enough
    return found


def missed_among(t: Transaction, parcel_ids: Sequence[UUID]) -> set[UUID]:
    """Return those of the parcels, not handed over, whose recipient will not have the code."""
    parcels, holders, handovers = tables.parcels, tables.holders, tables.handovers
    query = (
        sa.select(parcels.c.id, holders.c.id.label("holder_id"))
        .select_from(parcels)
        .join(holders, recipient_of_parcel())
        .outerjoin(handovers, handovers.c.parcel_id == parcels.c.id)
        .where(parcels.c.id.in_(parcel_ids), parcels.c.code_required, handovers.c.parcel_id.is_(None))
        .where(parcels.c.ended_at.is_(None))
        .where(holders.c.erased_at.is_(None))
    )
    rows = t.connection.execute(query).all()
    known = awaited(t, list({row.holder_id for row in rows}))
    return {row.id for row in rows if known[row.holder_id] in MISSED}


def _locked(t: Transaction, reference: str) -> sa.Row[Any]:
    """Return the parcel, locked, with its recipient."""
    parcels, handovers = tables.parcels, tables.handovers
    locked = parcel_id_of(t.connection, reference, locked=True)
    holders = tables.holders
    return t.connection.execute(
        sa.select(parcels.c.id, parcels.c.out_for_delivery_at, parcels.c.code_required, parcels.c.blocked_at)
        .select_from(parcels)
        .add_columns(parcels.c.ended_as)
        .add_columns(handovers.c.handed_over_at, holders.c.id.label("holder_id"))
        .add_columns(sa.and_(came_back(), handovers.c.parcel_id.is_(None)).label("came_back"))
        .join(holders, recipient_of_parcel())
        .outerjoin(handovers, handovers.c.parcel_id == parcels.c.id)
        .where(parcels.c.id == locked)
    ).one()


def _renewed_since(opened_at: datetime, mails: Mapping[str | None, Sequence[Any]]) -> bool:
    """Tell whether there is a newer code, whose page nobody has opened as far as is known."""
    renewed = MessageKind.CODE_RENEWED.value
    return any(mail.kind == renewed and mail.queued_at > opened_at for some in mails.values() for mail in some)


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
