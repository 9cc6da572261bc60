"""Issuing, renewing and revoking codes, and what the chain is told of it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.keys.derivation import derive_payload, derive_ticket_key, ticket_digest
from codes.life.consignments import lock_receivables, receivables, told_to_each
from codes.life.prolonging import no_earlier_than_deadline
from codes.model import EventKind, HolderKind, MessageKind, Person
from codes.proving.chain import write_moment
from codes.proving.commitment import SALT_BYTES, text_commitment
from codes.store.clauses import is_handed_over, is_standing, may_receive
from codes.store.transaction import Transaction
from codes.tables.base import uuid7
from codes.values.payload import digest_of

TERMS = ("consignment", "currency", "destination", "gift", "sender_wish", "value_thousandths")


class NothingToRenew(Exception):
    """The holder has no code for this parcel, or the parcel was already handed over."""


def renew_code(t: Transaction, holder_id: UUID, by: str, *, unlocks: bool = True) -> UUID:
    """Replace a holder's code and unlock the consignment's digits; returns the new code's id.

    What a driver causes unlocks nothing, or tries could be had by visits. The new code opens what the old one did and
    is not handed over yet. Raises NothingToRenew.
    """
    found = lock_receivables(t, holder_id)
    open_ones = found.guarded
    holder = t.connection.execute(sa.select(tables.holders).where(tables.holders.c.id == holder_id)).one_or_none()
    if holder is None or holder.withdrawn_at is not None:
        raise NothingToRenew("this holder has no code for this parcel")
    if not open_ones:
        raise NothingToRenew("this parcel was already handed over")
    if found.are_blocked:
        raise NothingToRenew("this parcel is blocked by the house")
    codes, consignments = tables.codes, tables.consignments
    standing = sa.and_(codes.c.holder_id == holder_id, codes.c.renewed_at.is_(None))
    if t.connection.execute(sa.update(codes).where(standing).values(renewed_at=t.now)).rowcount == 0:
        raise NothingToRenew("this holder has no code for this parcel")
    if unlocks:
        of_holder = consignments.c.id == holder.consignment_id
        t.connection.execute(sa.update(consignments).where(of_holder).values(wrong_digits=0))
    code = code_row(t, holder.consignment_id, holder_id)
    code["expires_at"] = no_earlier_than_deadline(t, holder.consignment_id, code["expires_at"])
    if holder.valid_until is not None:
        code["expires_at"] = min(code["expires_at"], holder.valid_until)
    t.connection.execute(sa.insert(codes), [code])
    move_ticket(t, holder, code["id"])
    t.queue(MessageKind.CODE_RENEWED, parcel_id=found.foremost, holder_id=holder_id)
    t.record(*told_to_each(open_ones, EventKind.CODE_RENEWED, t.now, code_said(code) | {"by": by}))
    new_id: UUID = code["id"]
    return new_id


def renew_stale_codes(t: Transaction, most: int) -> int:
    """Replace codes that a restore has killed, of parcels not handed over; returns how many, at most ``most``."""
    holder_ids = t.connection.execute(holders_of_stale_codes(t.ring.epoch, t.now).limit(most)).scalars().all()
    for holder_id in holder_ids:
        renew_code(t, holder_id, "restore")
    return len(holder_ids)


def holders_of_stale_codes(epoch: int, now: datetime) -> sa.Select[Any]:
    """Ask for those whose code a restore has killed, while parcels still wait for it."""
    codes, holders, parcels = tables.codes, tables.holders, tables.parcels
    waits_for_it = sa.exists().where(
        parcels.c.consignment_id == codes.c.consignment_id,
        parcels.c.code_required,
        parcels.c.blocked_at.is_(None),
        ~is_handed_over(parcels.c.id),
        may_receive(),
    )
    return (
        sa.select(codes.c.holder_id)
        .join(holders, holders.c.id == codes.c.holder_id)
        .where(codes.c.epoch < epoch, codes.c.expires_at > now, holders.c.withdrawn_at.is_(None))
        .where(is_standing(), waits_for_it.correlate(codes, holders))
        .order_by(codes.c.consignment_id)
    )


def holder_row(
    t: Transaction, consignment_id: UUID, holder_id: UUID, kind: HolderKind, person: Person
) -> dict[str, Any]:
    """Return the row of a person who may hold a code for a consignment."""
    return {
        "id": holder_id,
        "consignment_id": consignment_id,
        "kind": kind.value,
        **asdict(person),
        **_ticket(t, holder_id),
        "salt": secrets.token_bytes(SALT_BYTES),
        "named_at": t.now,
    }


def code_row(t: Transaction, consignment_id: UUID, holder_id: UUID) -> dict[str, Any]:
    """Return the row of a new code; the code itself is derived from its id."""
    code_id = uuid7(t.now)
    return {
        "id": code_id,
        "consignment_id": consignment_id,
        "holder_id": holder_id,
        "key_id": t.ring.current,
        "epoch": t.ring.epoch,
        "token_digest": digest_of(derive_payload(t.ring.key(t.ring.current), code_id)),
        "issued_at": t.now,
        "expires_at": t.now + timedelta(days=t.settings.lifetime_days),
    }


def revoke_codes(t: Transaction, which: sa.ColumnElement[bool], by: str) -> int:
    """Withdraw those of these codes that stand, and tell it to the parcels that they still open; returns how many.

    The consignments' parcels have to be locked.
    """
    codes = tables.codes
    revoked = sa.update(codes).where(which, is_standing()).values(revoked_at=t.now).returning(codes.c.holder_id)
    holder_ids = t.connection.execute(revoked).scalars().all()
    told = {each for holder_id in set(holder_ids) for each in receivables(t, holder_id).told_of_code}
    if told:
        t.record(*told_to_each(sorted(told), EventKind.CODE_REVOKED, t.now, {"by": by}))
    return len(holder_ids)


def code_said(code: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the chain fixes of a code; the digest of 96 random bits gives nothing away."""
    return {
        "code": str(code["id"]),
        "of": str(code["holder_id"]),
        "key": code["key_id"],
        "epoch": code["epoch"],
        "token": code["token_digest"].hex(),
        "expires": write_moment(code["expires_at"]),
    }


def terms_commitment(salt: bytes, facts: Mapping[str, Any]) -> str:
    """Return what the chain fixes of a parcel's value and kind, without telling it."""
    return text_commitment(salt, {name: facts[name] for name in TERMS})


def told_of_giver(salt: bytes, gift: bool, name: str, value: str) -> dict[str, str | None]:
    """Return a fact as the chain tells it: of a gift it only fixes who gave, and why, which may tell the price.

    The proof that the recipient gets holds, and tells neither; whoever has the salt can show both.
    """
    return {name: None, f"{name}_sealed": text_commitment(salt, value)} if gift else {name: value}


def told_after_erasure(salt: bytes, parcel: Mapping[str, Any]) -> dict[str, str | int | bool | None]:
    """Return the commitments of a parcel's own facts, which stay when its persons are erased."""
    return {
        "terms": terms_commitment(salt, parcel),
        **{f"{name}_sealed": text_commitment(salt, parcel[name]) for name in ("sender", "reason")},
    }


def move_ticket(t: Transaction, holder: sa.Row[Any], ticket_id: UUID | None = None) -> UUID:
    """Give a holder's ticket page a new address, which only a message to the registered address tells.

    It is derived from the id of a new code, or else from one of its own, which is returned.
    """
    ticket_id = ticket_id or uuid7(t.now)
    former = {"digest": holder.ticket_digest, "holder_id": holder.id, "replaced_at": t.now}
    t.connection.execute(sa.insert(tables.former_tickets).values(former))
    moved = sa.update(tables.holders).where(tables.holders.c.id == holder.id)
    t.connection.execute(moved.values(**_ticket(t, ticket_id)))
    return ticket_id


def _ticket(t: Transaction, ticket_id: UUID) -> dict[str, Any]:
    ticket_key = derive_ticket_key(t.ring.key(t.ring.current), ticket_id)
    return {"ticket_id": ticket_id, "key_id": t.ring.current, "ticket_digest": ticket_digest(ticket_key)}
