"""Announcing parcels, and issuing, renewing and revoking their codes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.chain import write_moment
from codes.commitment import SALT_BYTES, commitment, text_commitment
from codes.derivation import derive_payload, derive_ticket_key, ticket_digest
from codes.events import Event, Head, number, record
from codes.history import history_by_address
from codes.identifiers import normalise_reference, uuid7
from codes.keyring import KeyRing
from codes.model import Announcement, EventKind, History, HolderKind, MessageKind
from codes.payload import digest_of
from codes.policy import Decision, Rule, decide

TERMS = ("consignment", "currency", "destination", "gift", "sender_wish", "value_thousandths")


class Announced(StrEnum):
    """What came of an announcement."""

    CREATED = "created"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class AnnouncedParcel:
    """One announcement's result. A conflict means: this reference stands already, with other facts."""

    parcel_id: UUID
    reference: str
    result: Announced
    code_required: bool
    reason: str


class NothingToRenew(Exception):
    """The holder has no code for this parcel, or the parcel was already handed over."""


@dataclass(slots=True)
class _Rows:
    """Rows that go into the tables together, one statement a table."""

    parcels: list[dict[str, Any]] = field(default_factory=list)
    holders: list[dict[str, Any]] = field(default_factory=list)
    codes: list[dict[str, Any]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)

    def write(self, connection: sa.Connection) -> None:
        heads: dict[UUID, Head] = {}
        numbered = number(self.events, heads)
        for parcel in self.parcels:
            head = heads[parcel["id"]]
            parcel.update(events=head.position, head=head.link)
        for table, rows in (
            (tables.parcels, self.parcels),
            (tables.holders, self.holders),
            (tables.codes, self.codes),
            (tables.events, numbered),
            (tables.messages, self.messages),
        ):
            if rows:
                connection.execute(sa.insert(table), rows)


@dataclass(frozen=True, slots=True)
class Issuing:
    """What issuing needs to know: the keys, the rules, and how long a code lives."""

    ring: KeyRing
    rules: Sequence[Rule]
    lifetime: timedelta

    def announce(
        self, connection: sa.Connection, announcements: Sequence[Announcement], now: datetime
    ) -> list[AnnouncedParcel]:
        """Announce parcels together; each is created, found unchanged, or in conflict with one that stands."""
        references = [normalise_reference(announcement.reference) for announcement in announcements]
        standing = _standing(connection, references)
        rows, results = _Rows(), []
        histories = self._histories(connection, announcements)
        for reference, announcement in zip(references, announcements, strict=True):
            address = announcement.recipient.email or ""
            decision = decide(_with_history(announcement, histories.get(address)), self.rules)
            facts = _facts(announcement, reference)
            if reference in standing:
                parcel_id, stored, required, reason = standing[reference]
                result = Announced.UNCHANGED if stored == facts else Announced.CONFLICT
                results.append(AnnouncedParcel(parcel_id, reference, result, required, reason))
                continue
            parcel_id = self._add(rows, announcement, facts, decision, now)
            standing[reference] = (parcel_id, facts, decision.code_required, decision.reason)
            created = (parcel_id, reference, Announced.CREATED, decision.code_required, decision.reason)
            results.append(AnnouncedParcel(*created))
        rows.write(connection)
        return results

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

    def _histories(self, connection: sa.Connection, announcements: Sequence[Announcement]) -> dict[str, History]:
        """Look recipients up only where a rule asks for their history."""
        asks = any(rule.when.disputes_at_least or rule.when.losses_at_least for rule in self.rules)
        addresses = [announcement.recipient.email for announcement in announcements if announcement.recipient.email]
        return history_by_address(connection, addresses) if asks and addresses else {}

    def send_again(self, connection: sa.Connection, holder_id: UUID, now: datetime) -> None:
        """Queue the message with a holder's newest code once more."""
        parcel_id = connection.execute(
            sa.select(tables.holders.c.parcel_id).where(tables.holders.c.id == holder_id)
        ).scalar_one()
        connection.execute(
            sa.insert(tables.messages), [message_row(parcel_id, holder_id, MessageKind.CODE_ISSUED, now)]
        )

    def _add(
        self, rows: _Rows, announcement: Announcement, facts: dict[str, Any], decision: Decision, now: datetime
    ) -> UUID:
        parcel_id, holder_id = uuid7(now), uuid7(now)
        person = announcement.recipient
        rows.parcels.append(
            {k: v for k, v in facts.items() if k not in ("name", "email", "language", "postcode")}
            | {
                "id": parcel_id,
                "announced_at": now,
                "code_required": decision.code_required,
                "reason": decision.reason,
                "wrong_digits": 0,
            }
        )
        holder = self.holder_row(parcel_id, holder_id, HolderKind.RECIPIENT, person, now)
        rows.holders.append(holder)
        announced = {
            "reference": facts["reference"],
            "sender": facts["sender"],
            "recipient": commitment(holder["salt"], person),
            "holder": str(holder_id),
            "terms": terms_commitment(holder["salt"], facts),
        }
        rows.events += [
            Event(parcel_id, EventKind.ANNOUNCED, now, announced),
            Event(parcel_id, EventKind.POLICY_DECIDED, now, decision.model_dump()),
        ]
        if decision.code_required:
            code = self.code_row(parcel_id, holder_id, now)
            rows.codes.append(code)
            issued = code_said(code) | {"holder": HolderKind.RECIPIENT.value}
            rows.events.append(Event(parcel_id, EventKind.CODE_ISSUED, now, issued))
            rows.messages.append(message_row(parcel_id, holder_id, MessageKind.CODE_ISSUED, now))
        return parcel_id

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


def _with_history(announcement: Announcement, recorded: History | None) -> Announcement:
    """Add what is recorded here to what the sender knows."""
    if recorded is None:
        return announcement
    known = announcement.history
    history = History(known.disputes + recorded.disputes, known.losses + recorded.losses)
    return replace(announcement, history=history)


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


def _facts(announcement: Announcement, reference: str) -> dict[str, Any]:
    """Return what must be equal when the same reference is announced again."""
    return {
        "reference": reference,
        "sender": announcement.sender,
        "consignment": announcement.consignment,
        "value_thousandths": int(announcement.value * 1000),
        "currency": announcement.currency,
        "destination": announcement.destination.value,
        "gift": announcement.gift,
        "sender_wish": announcement.sender_wish,
        "name": announcement.recipient.name,
        "email": announcement.recipient.email,
        "language": announcement.recipient.language,
        "postcode": announcement.recipient.postcode,
    }


def _standing(
    connection: sa.Connection, references: Sequence[str]
) -> dict[str, tuple[UUID, dict[str, Any], bool, str]]:
    """Return the parcels that stand under these references, with their facts."""
    parcels, holders = tables.parcels, tables.holders
    rows = connection.execute(
        sa.select(parcels, holders.c.name, holders.c.email, holders.c.language, holders.c.postcode)
        .join(holders, sa.and_(holders.c.parcel_id == parcels.c.id, holders.c.kind == HolderKind.RECIPIENT.value))
        .where(parcels.c.reference.in_(references))
    ).mappings()
    names = (
        *("reference", "sender", "consignment", "value_thousandths", "currency", "destination", "gift"),
        *("sender_wish", "name", "email", "language", "postcode"),
    )
    return {
        row["reference"]: (row["id"], {name: row[name] for name in names}, row["code_required"], row["reason"])
        for row in rows
    }
