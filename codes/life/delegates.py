"""Delegates: persons whom the recipient names, each with a code and a ticket page of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.derivation import derive_ticket_key
from codes.identifiers import uuid7
from codes.keys.keyring import KeyRing
from codes.life.issuing import Issuing, code_said, message_row
from codes.life.prolonging import no_earlier_than_deadline
from codes.model import EventKind, HolderKind, MessageKind, Person
from codes.proving.chain import write_moment
from codes.proving.commitment import commitment
from codes.proving.events import Event, record
from codes.store.database import Database

MOST = 5
"""So many delegates a parcel; more than that is a list, not a neighbour."""


class CannotName(Exception):
    """A delegate cannot be named (any more) for this parcel."""


@dataclass(frozen=True, slots=True)
class Delegate:
    """A person who may receive a parcel. ``ticket_key`` is the unguessable part of their own page's address."""

    holder_id: UUID
    name: str | None
    valid_until: datetime
    withdrawn_at: datetime | None
    ticket_key: str

    def __repr__(self) -> str:
        return f"Delegate({self.holder_id})"


class Delegates:
    """Naming and withdrawing. What a code of theirs opens, and until when, is decided where codes are judged."""

    def __init__(
        self,
        database: Database,
        ring: Callable[[], KeyRing],
        issuing: Callable[[], Issuing],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._ring = ring
        self._issuing = issuing
        self._clock = clock

    def name(self, recipient_id: UUID, person: Person, valid_until: datetime) -> Delegate:
        """Give a person a code of their own for the recipient's parcel, until a moment. Raises CannotName."""
        now, issuing, holder_id = self._clock(), self._issuing(), uuid7(self._clock())
        if valid_until <= now:
            raise CannotName("the time until which a delegate may receive lies in the past")
        with self._database.writing() as connection:
            parcel_id = _open_parcel(connection, recipient_id)
            if len(_named(connection, parcel_id)) >= MOST:
                raise CannotName(f"no more than {MOST} persons can be named for one parcel")
            holder = issuing.holder_row(parcel_id, holder_id, HolderKind.DELEGATE, person, now)
            code = issuing.code_row(parcel_id, holder_id, now)
            latest = no_earlier_than_deadline(connection, parcel_id, code["expires_at"])
            code["expires_at"] = min(latest, valid_until)
            connection.execute(sa.insert(tables.holders), [holder | {"valid_until": valid_until}])
            connection.execute(sa.insert(tables.codes), [code])
            if person.email:
                message = message_row(parcel_id, holder_id, MessageKind.CODE_ISSUED, now)
                connection.execute(sa.insert(tables.messages), [message])
            named = {
                "holder": str(holder_id),
                "until": write_moment(valid_until),
                "person": commitment(holder["salt"], person),
            }
            issued = code_said(code) | {"holder": HolderKind.DELEGATE.value}
            record(
                connection,
                [
                    Event(parcel_id, EventKind.DELEGATE_NAMED, now, named),
                    Event(parcel_id, EventKind.CODE_ISSUED, now, issued),
                ],
            )
        return self._delegate(holder | {"valid_until": valid_until, "withdrawn_at": None})

    def withdraw(self, recipient_id: UUID, delegate_id: UUID) -> None:
        """Take a delegate's code back at once; a second time changes nothing. Raises CannotName if it is not theirs."""
        now, holders = self._clock(), tables.holders
        with self._database.writing() as connection:
            parcel_id = _parcel_of(connection, recipient_id)
            withdrawn = connection.execute(
                sa.update(holders)
                .where(
                    *(holders.c.id == delegate_id, holders.c.parcel_id == parcel_id),
                    *(holders.c.kind == HolderKind.DELEGATE.value, holders.c.withdrawn_at.is_(None)),
                )
                .values(withdrawn_at=now)
            )
            if withdrawn.rowcount == 0:
                if delegate_id not in {row["id"] for row in _ever_named(connection, parcel_id)}:
                    raise CannotName("this person was not named for this parcel")
                return
            connection.execute(
                sa.update(tables.codes)
                .where(tables.codes.c.holder_id == delegate_id, tables.codes.c.revoked_at.is_(None))
                .values(revoked_at=now)
            )
            facts = {"holder": str(delegate_id)}
            record(connection, [Event(parcel_id, EventKind.DELEGATE_WITHDRAWN, now, facts)])

    def of(self, recipient_id: UUID) -> list[Delegate]:
        """Return everybody the recipient has named, withdrawn ones too, in their order."""
        with self._database.reading() as connection:
            rows = _ever_named(connection, _parcel_of(connection, recipient_id))
        return [self._delegate(row) for row in rows]

    def _delegate(self, row: Any) -> Delegate:
        return Delegate(
            holder_id=row["id"],
            name=row["name"],
            valid_until=row["valid_until"],
            withdrawn_at=row["withdrawn_at"],
            ticket_key=derive_ticket_key(self._ring().key(row["key_id"]), row["id"]),
        )


def _open_parcel(connection: sa.Connection, recipient_id: UUID) -> UUID:
    """Lock the recipient's parcel if it needs a code and was not handed over."""
    parcels = tables.parcels
    parcel_id = _parcel_of(connection, recipient_id)
    required = connection.execute(
        sa.select(parcels.c.code_required).where(parcels.c.id == parcel_id).with_for_update()
    ).scalar_one()
    handed_over = connection.execute(
        sa.select(tables.handovers.c.parcel_id).where(tables.handovers.c.parcel_id == parcel_id)
    ).first()
    if not required:
        raise CannotName("this parcel needs no code, so anybody may receive it")
    if handed_over is not None:
        raise CannotName("this parcel was already handed over")
    return parcel_id


def _parcel_of(connection: sa.Connection, recipient_id: UUID) -> UUID:
    holders = tables.holders
    recipient = sa.and_(holders.c.id == recipient_id, holders.c.kind == HolderKind.RECIPIENT.value)
    parcel_id: UUID | None = connection.execute(sa.select(holders.c.parcel_id).where(recipient)).scalar()
    if parcel_id is None:
        raise CannotName("only the recipient names who else may receive")
    return parcel_id


def _ever_named(connection: sa.Connection, parcel_id: UUID) -> list[Any]:
    holders = tables.holders
    delegates = sa.and_(holders.c.parcel_id == parcel_id, holders.c.kind == HolderKind.DELEGATE.value)
    return list(connection.execute(sa.select(holders).where(delegates).order_by(holders.c.named_at)).mappings())


def _named(connection: sa.Connection, parcel_id: UUID) -> list[Any]:
    return [row for row in _ever_named(connection, parcel_id) if row["withdrawn_at"] is None]
