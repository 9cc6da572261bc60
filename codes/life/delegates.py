"""Delegates: persons whom the recipient names, each with a code and a ticket page of their own.

What a code of theirs opens, and until when, is decided where codes are judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.keys.derivation import derive_ticket_key
from codes.life.consignments import lock_receivables, told_to_each
from codes.life.issuing import code_row, code_said, holder_row
from codes.model import PERSON, EventKind, HolderKind, MessageKind, Person
from codes.proving.chain import write_moment
from codes.proving.commitment import commitment
from codes.store.clauses import is_live, is_recipient
from codes.store.transaction import Transaction
from codes.tables.base import uuid7


class CannotName(Exception):
    """A delegate cannot be named (any more) for this parcel."""


class AlreadyOver(CannotName):
    """The day until which somebody was to receive is over."""


class TooManyNamed(CannotName):
    """So many people were named for this consignment, withdrawn ones too, that nobody can be added any more."""


class TooManyAtOnce(CannotName):
    """So many people can receive that one of them has to be withdrawn first."""


@dataclass(frozen=True, slots=True)
class Delegate:
    """A person who may receive a parcel.

    ``valid_until`` is when their code ends: as the recipient said, and no later than the recipient's own code.
    ``ticket_key`` is the unguessable part of their own page's address.
    """

    holder_id: UUID
    name: str | None
    valid_until: datetime
    withdrawn_at: datetime | None
    ticket_key: str

    def __repr__(self) -> str:
        return f"Delegate({self.holder_id})"


def name_delegate(t: Transaction, recipient_id: UUID, person: Person, valid_until: datetime) -> Delegate:
    """Give a person a code of their own for what the recipient still waits for, until a moment. Raises CannotName.

    They receive no longer than the recipient. The same person until the same moment is named once, however often.
    """
    if valid_until <= t.now:
        raise AlreadyOver("the time until which a delegate may receive lies in the past")
    consignment_id, parcel_ids = _open_parcels(t, recipient_id)
    until = _live_until(t, recipient_id)
    named_before = _ever_named(t, consignment_id)
    if same := next((each for each in named_before if _is_same(each, person, valid_until)), None):
        return _delegate(t, same)
    if len(named_before) >= t.settings.delegates_per_consignment:
        raise TooManyNamed("too many people were named for this parcel")
    # Wrong digits are compared with every live code: all together stay within what one try may cost.
    with_codes = [row for row in named_before if row["withdrawn_at"] is None and row["ends"] > t.now]
    if len(with_codes) + 2 > t.settings.wrong_digits_per_parcel:
        raise TooManyAtOnce("so many people can receive this parcel already; withdraw somebody first")
    holder_id = uuid7(t.now)
    holder = holder_row(t, consignment_id, holder_id, HolderKind.DELEGATE, person)
    code = code_row(t, consignment_id, holder_id)
    code["expires_at"] = min(until, valid_until)
    t.connection.execute(sa.insert(tables.holders), [holder | {"valid_until": valid_until}])
    named_for = [{"holder_id": holder_id, "parcel_id": parcel_id} for parcel_id in parcel_ids]
    t.connection.execute(sa.insert(tables.delegate_parcels), named_for)
    t.connection.execute(sa.insert(tables.codes), [code])
    if person.email:
        t.queue(MessageKind.CODE_ISSUED, parcel_id=parcel_ids[0], holder_id=holder_id)
    # Whoever holds the ticket's address can name somebody; so the one whom the parcel is for hears of it.
    t.queue(MessageKind.DELEGATE_NAMED, parcel_id=parcel_ids[0], holder_id=recipient_id)
    named = {
        "holder": str(holder_id),
        "until": write_moment(valid_until),
        "person": commitment(holder["salt"], person),
    }
    issued = code_said(code) | {"holder": HolderKind.DELEGATE.value}
    t.record(
        *told_to_each(parcel_ids, EventKind.DELEGATE_NAMED, t.now, named),
        *told_to_each(parcel_ids, EventKind.CODE_ISSUED, t.now, issued),
    )
    return _delegate(t, holder | {"ends": code["expires_at"], "withdrawn_at": None})


def withdraw_delegate(t: Transaction, recipient_id: UUID, delegate_id: UUID) -> None:
    """Take a delegate's code back at once; a second time changes nothing. Raises CannotName if it is not theirs."""
    holders, codes = tables.holders, tables.codes
    consignment_id = _consignment_of(t, recipient_id)
    told = lock_receivables(t, delegate_id).told_of_code
    theirs = sa.and_(holders.c.id == delegate_id, holders.c.consignment_id == consignment_id, ~is_recipient())
    free = sa.update(holders).where(theirs, holders.c.withdrawn_at.is_(None)).values(withdrawn_at=t.now)
    if t.connection.execute(free).rowcount == 0:
        if delegate_id not in {row["id"] for row in _ever_named(t, consignment_id)}:
            raise CannotName("this person was not named for this parcel")
        return
    standing = sa.and_(codes.c.holder_id == delegate_id, codes.c.revoked_at.is_(None))
    t.connection.execute(sa.update(codes).where(standing).values(revoked_at=t.now))
    t.record(*told_to_each(told, EventKind.DELEGATE_WITHDRAWN, t.now, {"holder": str(delegate_id)}))


def withdraw_all(t: Transaction, holder_id: UUID) -> None:
    """Take back the codes of all whom a holder named; a delegate named nobody."""
    holders, own = tables.holders, tables.holders.alias()
    named = (
        sa.select(holders.c.id)
        .join(own, own.c.consignment_id == holders.c.consignment_id)
        .where(own.c.id == holder_id, is_recipient(own), ~is_recipient(), holders.c.withdrawn_at.is_(None))
    )
    for delegate_id in t.connection.execute(named).scalars().all():
        withdraw_delegate(t, holder_id, delegate_id)


def delegates_of(t: Transaction, recipient_id: UUID) -> list[Delegate]:
    """Return everybody the recipient has named, withdrawn ones too, in their order."""
    rows = _ever_named(t, _consignment_of(t, recipient_id))
    return [_delegate(t, row) for row in rows]


def _delegate(t: Transaction, row: Any) -> Delegate:
    return Delegate(
        holder_id=row["id"],
        name=row["name"],
        valid_until=row["ends"],
        withdrawn_at=row["withdrawn_at"],
        ticket_key=derive_ticket_key(t.ring.key(row["key_id"]), row["ticket_id"]),
    )


def _is_same(row: Any, person: Person, valid_until: datetime) -> bool:
    """Tell whether this person was named just so, and still may receive."""
    named = {name: row[name] for name in PERSON}
    return row["withdrawn_at"] is None and row["valid_until"] == valid_until and Person(**named) == person


def _open_parcels(t: Transaction, recipient_id: UUID) -> tuple[UUID, list[UUID]]:
    """Lock the recipient's consignment, and return it with its parcels that need a code and were not handed over."""
    consignment_id, found = _consignment_of(t, recipient_id), lock_receivables(t, recipient_id)
    if not any(each.code_required for each in found.parcels):
        raise CannotName("this parcel needs no code, so anybody may receive it")
    if not found.guarded:
        raise CannotName("this parcel was already handed over")
    if found.are_blocked:
        raise CannotName("this parcel is stopped, and nobody receives it until it is released")
    return consignment_id, found.guarded


def _live_until(t: Transaction, recipient_id: UUID) -> datetime:
    """Return until when the recipient's own code opens; nobody whom they name receives longer."""
    codes = tables.codes
    live = sa.and_(codes.c.holder_id == recipient_id, is_live(t.now, t.ring.epoch))
    until: datetime | None = t.connection.execute(sa.select(codes.c.expires_at).where(live)).scalar()
    if until is None:
        raise CannotName("your own code has ended; take a new one first")
    return until


def _consignment_of(t: Transaction, recipient_id: UUID) -> UUID:
    holders = tables.holders
    found: UUID | None = t.connection.execute(
        sa.select(holders.c.consignment_id).where(holders.c.id == recipient_id, is_recipient())
    ).scalar()
    if found is None:
        raise CannotName("only the recipient names who else may receive")
    return found


def _ever_named(t: Transaction, consignment_id: UUID) -> list[Any]:
    """Return the delegates of a consignment with when their newest code ends, or ended."""
    holders, codes = tables.holders, tables.codes
    ends = sa.select(sa.func.max(codes.c.expires_at)).where(codes.c.holder_id == holders.c.id).scalar_subquery()
    delegates = sa.and_(holders.c.consignment_id == consignment_id, ~is_recipient())
    query = sa.select(holders, ends.label("ends")).where(delegates).order_by(holders.c.named_at)
    return list(t.connection.execute(query).mappings())
