"""Announcing parcels: each is created with what the policy decides, found unchanged, or in conflict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.identifiers import normalise_reference, uuid7
from codes.life.history import history_by_address
from codes.life.issuing import Issuing, code_said, message_row, terms_commitment, told_of_giver
from codes.model import Announcement, EventKind, History, HolderKind, MessageKind
from codes.policy import Decision, Rule, decide
from codes.proving.commitment import commitment
from codes.proving.events import Event, Head, number

PERSON = ("name", "email", "language", "postcode", "phone")


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


def announce(
    connection: sa.Connection,
    issuing: Issuing,
    rules: Sequence[Rule],
    announcements: Sequence[Announcement],
    now: datetime,
) -> list[AnnouncedParcel]:
    """Announce parcels together; each is created, found unchanged, or in conflict with one that stands."""
    references = [normalise_reference(announcement.reference) for announcement in announcements]
    standing = _standing(connection, references)
    rows, results = _Rows(), []
    histories = _histories(connection, rules, announcements)
    for reference, announcement in zip(references, announcements, strict=True):
        address = announcement.recipient.email or ""
        decision = decide(_with_history(announcement, histories.get(address)), rules)
        facts = _facts(announcement, reference)
        if reference in standing:
            parcel_id, stored, required, reason = standing[reference]
            result = Announced.UNCHANGED if stored == facts else Announced.CONFLICT
            results.append(AnnouncedParcel(parcel_id, reference, result, required, reason))
            continue
        parcel_id = _add(rows, issuing, announcement, facts, decision, now)
        standing[reference] = (parcel_id, facts, decision.code_required, decision.reason)
        created = (parcel_id, reference, Announced.CREATED, decision.code_required, decision.reason)
        results.append(AnnouncedParcel(*created))
    rows.write(connection)
    return results


def _histories(
    connection: sa.Connection, rules: Sequence[Rule], announcements: Sequence[Announcement]
) -> dict[str, History]:
    """Look recipients up only where a rule asks for their history."""
    asks = any(rule.when.disputes_at_least or rule.when.losses_at_least for rule in rules)
    addresses = [announcement.recipient.email for announcement in announcements if announcement.recipient.email]
    return history_by_address(connection, addresses) if asks and addresses else {}


def _add(
    rows: _Rows,
    issuing: Issuing,
    announcement: Announcement,
    facts: dict[str, Any],
    decision: Decision,
    now: datetime,
) -> UUID:
    parcel_id, holder_id = uuid7(now), uuid7(now)
    person = announcement.recipient
    rows.parcels.append(
        {k: v for k, v in facts.items() if k not in PERSON}
        | {
            "id": parcel_id,
            "announced_at": now,
            "code_required": decision.code_required,
            "reason": decision.reason,
            "wrong_digits": 0,
        }
    )
    holder = issuing.holder_row(parcel_id, holder_id, HolderKind.RECIPIENT, person, now)
    rows.holders.append(holder)
    announced = {
        "reference": facts["reference"],
        **told_of_giver(holder["salt"], announcement.gift, "sender", facts["sender"]),
        "recipient": commitment(holder["salt"], person),
        "holder": str(holder_id),
        "terms": terms_commitment(holder["salt"], facts),
    }
    reason = told_of_giver(holder["salt"], announcement.gift, "reason", decision.reason)
    decided = {"code_required": decision.code_required} | reason
    rows.events += [
        Event(parcel_id, EventKind.ANNOUNCED, now, announced),
        Event(parcel_id, EventKind.POLICY_DECIDED, now, decided),
    ]
    if decision.code_required:
        code = issuing.code_row(parcel_id, holder_id, now)
        rows.codes.append(code)
        issued = code_said(code) | {"holder": HolderKind.RECIPIENT.value}
        rows.events.append(Event(parcel_id, EventKind.CODE_ISSUED, now, issued))
        rows.messages.append(message_row(parcel_id, holder_id, MessageKind.CODE_ISSUED, now))
    return parcel_id


def _with_history(announcement: Announcement, recorded: History | None) -> Announcement:
    """Add what is recorded here to what the sender knows."""
    if recorded is None:
        return announcement
    known = announcement.history
    history = History(known.disputes + recorded.disputes, known.losses + recorded.losses)
    return replace(announcement, history=history)


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
        "phone": announcement.recipient.phone,
    }


def _standing(
    connection: sa.Connection, references: Sequence[str]
) -> dict[str, tuple[UUID, dict[str, Any], bool, str]]:
    """Return the parcels that stand under these references, with their facts."""
    parcels, holders = tables.parcels, tables.holders
    rows = connection.execute(
        sa.select(parcels, *(holders.c[name] for name in PERSON))
        .join(holders, sa.and_(holders.c.parcel_id == parcels.c.id, holders.c.kind == HolderKind.RECIPIENT.value))
        .where(parcels.c.reference.in_(references))
    ).mappings()
    names = (
        *("reference", "sender", "consignment", "value_thousandths", "currency", "destination", "gift"),
        "sender_wish",
        *PERSON,
    )
    return {
        row["reference"]: (row["id"], {name: row[name] for name in names}, row["code_required"], row["reason"])
        for row in rows
    }
