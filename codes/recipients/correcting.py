"""Who receives, and where, is corrected until the parcel is over: by the office, the sender, or the recipient.

A recipient corrects the phone alone, and what was handed over, was cancelled or came back is corrected by nobody.

A consignment has one recipient, so that correcting one of its parcels corrects all of them. A new mail address or
phone ends what the former one had: its code and its page, and with them the delegates who were named there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.staff import Member
from codes.life.address_checks import check_anew
from codes.life.blocking import ParcelBlocked
from codes.life.consignments import Receivables, lock_receivables, told_to_each
from codes.life.delegates import withdraw_all
from codes.life.issuing import move_ticket, renew_code
from codes.life.open_consignments import join_key
from codes.model import PERSON, Channel, EventKind, MessageKind, Person, Realm
from codes.proving.commitment import commitment
from codes.proving.events import Fact
from codes.recipients.code_requests import Asker
from codes.store.budgets import Budget, TooOften
from codes.store.clauses import is_over, recipient_of_parcel
from codes.store.transaction import Transaction
from codes.values.folding import fold, fold_address

Changes = Mapping[str, str | None]
"""What is to be different, by the names of a person's fields; None takes a field away."""


class CannotCorrect(Exception):
    """The parcel is over, its recipient was erased, or somebody would be left without a name."""


def correct(
    t: Transaction, parcel_id: UUID, changes: Changes, by: Asker, *, member: Member | None = None, texts: bool = False
) -> frozenset[str]:
    """Correct the recipient of a parcel's consignment; returns which fields are different now.

    ``texts`` says that this house can write to phones, so that a former number is told too.
    Raises CannotCorrect, ParcelBlocked or TooOften.
    """
    t.lock_parcel(parcel_id)
    holder = _recipient(t, parcel_id)
    changed = {name: value for name, value in changes.items() if value != getattr(holder, name)}
    if not changed:
        return frozenset()
    if not changed.keys() <= set(PERSON) or not (changed.get("name", holder.name) and changed.get("language", "en")):
        raise CannotCorrect("a recipient has a name and a language")
    moved = _moved(holder, changed)
    found = lock_receivables(t, holder.id)
    if moved and found.are_blocked:
        raise ParcelBlocked("this parcel is blocked by the house; let it go first, then correct")
    _spend(t, holder, parcel_id, by)
    person = Person(**{name: changed.get(name, getattr(holder, name)) for name in PERSON})
    folded = {"name_folded": fold(person.name), "email_folded": person.email and fold_address(person.email)}
    theirs = sa.update(tables.holders).where(tables.holders.c.id == holder.id)
    t.connection.execute(theirs.values(**changed, **folded, corrected_at=t.now))
    _let_join(t, holder, person)
    if "email" in changed:
        check_anew(t, holder.id, person.email)
    facts: dict[str, Fact] = {
        "holder": str(holder.id),
        "person": commitment(holder.salt, person),
        "fields": " ".join(name for name in PERSON if name in changed),
        "by": by.value,
    }
    if member is not None:
        facts["staff"] = str(member.staff_id)
    renews = bool(moved) and _has_code(t, holder.id, found)
    if moved and not renews:
        facts["address"] = str(move_ticket(t, holder))
    t.record(*told_to_each(found.told, EventKind.CORRECTED, t.now, facts))
    if renews:
        # Whoever reads at the former address holds a code and a page that named delegates: all of that ends.
        renew_code(t, holder.id, by.value)
        withdraw_all(t, holder.id)
        _tell_former(t, holder, parcel_id, moved, texts=texts)
    return frozenset(changed)


def correct_own_phone(t: Transaction, holder_id: UUID, phone: str, *, texts: bool) -> None:
    """Let the recipient give another phone where the house allows it. Raises CannotCorrect as above, and the others.

    Whoever holds the page's address can do this; so there has to be a mail address that hears of it.
    """
    holders, parcels = tables.holders, tables.parcels
    theirs = sa.select(parcels.c.id, holders.c.email).join(holders, recipient_of_parcel())
    ahead = theirs.where(holders.c.id == holder_id, ~is_over()).order_by(parcels.c.id)
    row = t.connection.execute(ahead).first()
    if not t.settings.wishes.phone or row is None or row.email is None:
        raise CannotCorrect("the phone cannot be changed here (any more); ask the sender")
    correct(t, row.id, {"phone": phone}, Asker.HOLDER, texts=texts)


def _recipient(t: Transaction, parcel_id: UUID) -> Any:
    parcels, holders, consignments = tables.parcels, tables.holders, tables.consignments
    holder = t.connection.execute(
        sa.select(holders, is_over().label("over"))
        .add_columns(consignments.c.realm, consignments.c.announced_by, consignments.c.sender, consignments.c.number)
        .add_columns(consignments.c.join_key)
        .select_from(parcels)
        .join(consignments, consignments.c.id == parcels.c.consignment_id)
        .join(holders, recipient_of_parcel())
        .where(parcels.c.id == parcel_id)
    ).one()
    if holder.erased_at is not None:
        raise CannotCorrect("the recipient's data were erased")
    if holder.over:
        raise CannotCorrect("this parcel was handed over or has ended; what was announced of its recipient stands")
    return holder


def _moved(holder: Any, changed: Changes) -> tuple[str, ...]:
    """Return what leads elsewhere now: a mail address that is only written otherwise is the same one."""
    moved = [name for name in ("email", "phone") if name in changed]
    before, after = holder.email, changed.get("email")
    if before and after and fold_address(before) == fold_address(after):
        moved.remove("email")
    return tuple(moved)


def _spend(t: Transaction, holder: Any, parcel_id: UUID, by: Asker) -> None:
    enough = t.spend(Budget.CORRECTION, holder.consignment_id, t.settings.budgets.corrections)
    if not (enough and t.takes_more(parcel_id, by_house=by is not Asker.HOLDER)):
        raise TooOften("this recipient was corrected too often today")


def _let_join(t: Transaction, holder: Any, person: Person) -> None:
    """Let parcels that are announced for the corrected recipient join, where none of theirs can be joined already."""
    if holder.join_key is None:
        return
    consignments = tables.consignments
    key = join_key(Realm(holder.realm), holder.announced_by, holder.sender, holder.number, person)
    taken = sa.select(consignments.c.id).where(consignments.c.join_key == key)
    if key != holder.join_key:
        free = t.connection.execute(taken).first() is None
        this = sa.update(consignments).where(consignments.c.id == holder.consignment_id)
        t.connection.execute(this.values(join_key=key if free else None))


def _has_code(t: Transaction, holder_id: UUID, found: Receivables) -> bool:
    theirs = sa.select(tables.codes.c.id).where(tables.codes.c.holder_id == holder_id)
    return bool(found.guarded) and t.connection.execute(theirs).first() is not None


def _tell_former(t: Transaction, holder: Any, parcel_id: UUID, moved: tuple[str, ...], *, texts: bool) -> None:
    """Tell the former mail address, and phone, that the code goes elsewhere now."""
    channels = {"email": Channel.MAIL} | ({"phone": Channel.TEXT} if texts else {})
    for name in moved:
        if (address := getattr(holder, name)) and name in channels:
            elsewhere = (channels[name], address)
            t.queue(MessageKind.CODE_MOVED, parcel_id=parcel_id, holder_id=holder.id, elsewhere=elsewhere)
