"""Issuing, renewing and revoking codes, and what the chain is told of it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.derivation import derive_payload, derive_ticket_key, ticket_digest
from codes.identifiers import uuid7
from codes.keys.keyring import KeyRing
from codes.life.prolonging import no_earlier_than_deadline
from codes.model import EventKind, HolderKind, MessageKind
from codes.payload import digest_of
from codes.proving.chain import write_moment
from codes.proving.commitment import SALT_BYTES, text_commitment
from codes.proving.events import Event, record

TERMS = ("consignment", "currency", "destination", "gift", "sender_wish", "value_thousandths")


class NothingToRenew(Exception):
    """The holder has no code for this parcel, or the parcel was already handed over."""


@dataclass(frozen=True, slots=True)
class Issuing:
    """What issuing needs to know: the keys, and how long a code lives."""

    ring: KeyRing
    lifetime: timedelta

    def renew(self, connection: sa.Connection, parcel_id: UUID, holder_id: UUID, by: str, now: datetime) -> UUID:
        """Replace a holder's code and unlock the parcel's digits; returns the new code's id.

        Raises NothingToRenew.
        """
        parcel = connection.execute(
            sa.select(tables.parcels.c.id).where(tables.parcels.c.id == parcel_id).with_for_update()
        ).one_or_none()
        handed_over = connection.execute(
            sa.select(tables.handovers.c.parcel_id).where(tables.handovers.c.parcel_id == parcel_id)
        ).one_or_none()
        holder = connection.execute(
            sa.select(tables.holders.c.valid_until, tables.holders.c.withdrawn_at).where(
                tables.holders.c.id == holder_id, tables.holders.c.parcel_id == parcel_id
            )
        ).one_or_none()
        if parcel is None or holder is None or holder.withdrawn_at is not None:
            raise NothingToRenew("this holder has no code for this parcel")
        if handed_over is not None:
            raise NothingToRenew("this parcel was already handed over")
        renewed = connection.execute(
            sa.update(tables.codes)
            .where(
                tables.codes.c.parcel_id == parcel_id,
                tables.codes.c.holder_id == holder_id,
                tables.codes.c.renewed_at.is_(None),
            )
            .values(renewed_at=now)
        )
        if renewed.rowcount == 0:
            raise NothingToRenew("this holder has no code for this parcel")
        connection.execute(sa.update(tables.parcels).where(tables.parcels.c.id == parcel_id).values(wrong_digits=0))
        code = self.code_row(parcel_id, holder_id, now)
        code["expires_at"] = no_earlier_than_deadline(connection, parcel_id, code["expires_at"])
        if holder.valid_until is not None:
            code["expires_at"] = min(code["expires_at"], holder.valid_until)
        connection.execute(sa.insert(tables.codes), [code])
        connection.execute(
            sa.insert(tables.messages), [message_row(parcel_id, holder_id, MessageKind.CODE_RENEWED, now)]
        )
        facts = code_said(code) | {"by": by}
        record(connection, [Event(parcel_id, EventKind.CODE_RENEWED, now, facts)])
        new_id: UUID = code["id"]
        return new_id

    def renew_stale(self, connection: sa.Connection, most: int, now: datetime) -> int:
        """Replace codes that a restore has killed, of parcels not handed over; returns how many, at most ``most``."""
        codes, handovers, holders = tables.codes, tables.handovers, tables.holders
        stale = connection.execute(
            sa.select(codes.c.parcel_id, codes.c.holder_id)
            .join(holders, holders.c.id == codes.c.holder_id)
            .outerjoin(handovers, handovers.c.parcel_id == codes.c.parcel_id)
            .where(
                *(codes.c.epoch < self.ring.epoch, codes.c.expires_at > now, holders.c.withdrawn_at.is_(None)),
                *(codes.c.renewed_at.is_(None), codes.c.revoked_at.is_(None), handovers.c.parcel_id.is_(None)),
            )
            .order_by(codes.c.parcel_id)
            .limit(most)
        ).all()
        for parcel_id, holder_id in stale:
            self.renew(connection, parcel_id, holder_id, "restore", now)
        return len(stale)

    def revoke(self, connection: sa.Connection, parcel_id: UUID, by: str, now: datetime) -> int:
        """Withdraw every live code of a parcel; returns how many there were."""
        codes = tables.codes
        revoked = connection.execute(
            sa.update(codes)
            .where(codes.c.parcel_id == parcel_id, codes.c.revoked_at.is_(None), codes.c.renewed_at.is_(None))
            .values(revoked_at=now)
        )
        if revoked.rowcount:
            record(connection, [Event(parcel_id, EventKind.CODE_REVOKED, now, {"by": by})])
        return revoked.rowcount

    def send_again(self, connection: sa.Connection, holder_id: UUID, now: datetime) -> None:
        """Queue the message with a holder's newest code once more."""
        parcel_id = connection.execute(
            sa.select(tables.holders.c.parcel_id).where(tables.holders.c.id == holder_id)
        ).scalar_one()
        connection.execute(
            sa.insert(tables.messages), [message_row(parcel_id, holder_id, MessageKind.CODE_ISSUED, now)]
        )

    def holder_row(
        self, parcel_id: UUID, holder_id: UUID, kind: HolderKind, person: Any, now: datetime
    ) -> dict[str, Any]:
        """Return the row of a person who may hold a code for a parcel."""
        ticket_key = derive_ticket_key(self.ring.key(self.ring.current), holder_id)
        return {
            "id": holder_id,
            "parcel_id": parcel_id,
            "kind": kind.value,
            "name": person.name,
            "email": person.email,
            "language": person.language,
            "postcode": person.postcode,
            "phone": person.phone,
            "key_id": self.ring.current,
            "ticket_digest": ticket_digest(ticket_key),
            "salt": secrets.token_bytes(SALT_BYTES),
            "named_at": now,
        }

    def code_row(self, parcel_id: UUID, holder_id: UUID, now: datetime) -> dict[str, Any]:
        """Return the row of a new code; the code itself is derived from its id."""
        code_id = uuid7(now)
        return {
            "id": code_id,
            "parcel_id": parcel_id,
            "holder_id": holder_id,
            "key_id": self.ring.current,
            "epoch": self.ring.epoch,
            "token_digest": digest_of(derive_payload(self.ring.key(self.ring.current), code_id)),
            "issued_at": now,
            "expires_at": now + self.lifetime,
        }


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


def message_row(parcel_id: UUID, holder_id: UUID, kind: MessageKind, now: datetime) -> dict[str, Any]:
    """Return the outbox row of a message that is due at once."""
    return {
        "id": uuid7(now),
        "parcel_id": parcel_id,
        "holder_id": holder_id,
        "kind": kind.value,
        "queued_at": now,
        "due_at": now,
        "tries": 0,
    }
