"""Announcing parcels: each is created with what the policy decides, found unchanged, or in conflict.

A parcel with a consignment number joins what the same key, shop or house announced before under this number, of the
same sender and for the same recipient; the code that stands opens it too. It begins a consignment of its own where
that code was revoked or has expired, or nothing that needs it is outstanding: what somebody ended stays ended, and who
kept the symbol of what was handed over opens nothing with it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.life.address_checks import check_row, warning_in_writing
from codes.life.history import history_by_address
from codes.life.issuing import code_row, code_said, holder_row, terms_commitment, told_of_giver
from codes.life.open_consignments import OpenConsignment, consignment_number, join_key_of, lock_open_consignments
from codes.life.policy import PolicyDecision, Rule, apply_policy
from codes.model import PERSON, AddressWarning, Announcement, EventKind, History, HolderKind, MessageKind, Person
from codes.proving.chain import write_moment
from codes.proving.commitment import commitment
from codes.proving.events import Event, Head, number
from codes.store.clauses import recipient_of_parcel
from codes.store.parcel_rows import ids_of
from codes.store.transaction import Transaction, message_row
from codes.tables.base import uuid7
from codes.values.folding import fold_address
from codes.values.tracking_numbers import normalise_reference, number_of, realm_of

OF_CONSIGNMENT = ("sender", "consignment")
HOUSE = "house"
"""Who announces what no key and no shop did."""
MOST_TOGETHER = 100
"""So many parcels are one consignment; what comes beyond begins another, with a code and a ticket page of its own."""


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
    warnings: tuple[AddressWarning, ...] = ()
    """What can be seen in the writing of the recipient's mail address."""
    same_person: bool = False
    """In a conflict: the recipient is the one who was announced before, whatever was corrected since."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """A parcel that was announced before: its facts, and the commitment to the person that was named with it."""

    parcel_id: UUID
    facts: Mapping[str, Any]
    salt: bytes | None
    announced: str
    code_required: bool
    reason: str

    def is_same(self, facts: Mapping[str, Any], person: Person) -> bool:
        """Tell whether the same is announced again. Of somebody who was erased nobody can say."""
        return {**self.facts, "reference": facts["reference"]} == facts and self.is_of(person)

    def is_of(self, person: Person) -> bool:
        """Tell whether it was announced for this person."""
        return self.salt is not None and commitment(self.salt, person) == self.announced


@dataclass(slots=True)
class _Rows:
    """Rows that go into the tables together, one statement a table."""

    consignments: list[dict[str, Any]] = field(default_factory=list)
    parcels: list[dict[str, Any]] = field(default_factory=list)
    holders: list[dict[str, Any]] = field(default_factory=list)
    codes: list[dict[str, Any]] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)

    def write(self, connection: sa.Connection) -> None:
        heads: dict[UUID, Head] = {}
        numbered = number(self.events, heads)
        for parcel in self.parcels:
            head = heads[parcel["id"]]
            parcel.update(events=head.position, head=head.link)
        for table, rows in (
            (tables.consignments, self.consignments),
            (tables.parcels, self.parcels),
            (tables.holders, self.holders),
            (tables.codes, self.codes),
            (tables.address_checks, self.checks),
            (tables.events, numbered),
            (tables.messages, self.messages),
        ):
            if rows:
                connection.execute(sa.insert(table), rows)


def announce(
    t: Transaction, rules: Sequence[Rule], announcements: Sequence[Announcement], announced_by: str = HOUSE
) -> list[AnnouncedParcel]:
    """Announce parcels together; each is created, found unchanged, or in conflict with one that stands.

    ``announced_by`` is the key, the shop or the house that does it.
    """
    references = [normalise_reference(announcement.reference) for announcement in announcements]
    standing = _standing(t, references)
    rows, results = _Rows(), []
    histories = _histories(t, rules, announcements)
    keys = [join_key_of(announcement, announced_by) for announcement in announcements]
    open_ones = lock_open_consignments(t, {key for key in keys if key is not None})
    for reference, announcement, key in zip(references, announcements, keys, strict=True):
        address = fold_address(announcement.recipient.email or "")
        decision = apply_policy(_with_history(announcement, histories.get(address)), rules)
        facts = _facts(announcement, reference)
        number = number_of(reference)
        warning = warning_in_writing(announcement.recipient.email)
        warnings = () if warning is None else (warning,)
        if (known := standing.get(number)) is not None:
            same = known.is_same(facts, announcement.recipient)
            result = Announced.UNCHANGED if same else Announced.CONFLICT
            decided = (known.code_required, known.reason)
            told = (known.parcel_id, known.facts["reference"], result)
            same_person = known.is_of(announcement.recipient)
            results.append(AnnouncedParcel(*told, *decided, warnings, same_person=same_person))
            continue
        consignment = open_ones.get(key) if key is not None else None
        parcel_id = uuid7(t.now)
        if consignment is not None and consignment.parcels >= MOST_TOGETHER:
            _close(t, rows, consignment)
            consignment = None
        if consignment is None:
            # A consignment has the id of its first parcel, as those have that were parcels alone before.
            consignment = _begin(t, rows, announcement, facts, announced_by, key, parcel_id)
        if key is not None:
            open_ones[key] = consignment
        added = _add(t, rows, announcement, facts, decision, consignment, announced_by, parcel_id)
        standing[number] = added
        decided = (decision.code_required, decision.reason)
        results.append(AnnouncedParcel(added.parcel_id, reference, Announced.CREATED, *decided, warnings))
    rows.write(t.connection)
    return results


def in_conflict(t: Transaction, announcements: Sequence[Announcement]) -> list[str]:
    """Return the references of those that stand already with other facts; nothing is announced."""
    named = [(normalise_reference(each.reference), each) for each in announcements]
    standing = _standing(t, [reference for reference, _ in named])
    return [
        reference
        for reference, each in named
        if (known := standing.get(number_of(reference))) is not None
        and not known.is_same(_facts(each, reference), each.recipient)
    ]


def _histories(t: Transaction, rules: Sequence[Rule], announcements: Sequence[Announcement]) -> dict[str, History]:
    """Look recipients up only where a rule asks for their history."""
    asks = any(rule.when.disputes_at_least or rule.when.losses_at_least for rule in rules)
    addresses = [announcement.recipient.email for announcement in announcements if announcement.recipient.email]
    return history_by_address(t, addresses) if asks and addresses else {}


def _close(t: Transaction, rows: _Rows, consignment: OpenConsignment) -> None:
    """Let nothing more join a consignment, whether or not it is written yet."""
    consignments = tables.consignments
    for row in rows.consignments:
        if row["id"] == consignment.consignment_id:
            row["join_key"] = None
    this = sa.update(consignments).where(consignments.c.id == consignment.consignment_id)
    t.connection.execute(this.values(join_key=None))


def _begin(
    t: Transaction,
    rows: _Rows,
    announcement: Announcement,
    facts: Mapping[str, Any],
    announced_by: str,
    key: bytes | None,
    consignment_id: UUID,
) -> OpenConsignment:
    """Begin a consignment with its recipient."""
    rows.consignments.append(
        {
            "id": consignment_id,
            "realm": realm_of(facts["reference"]).value,
            "announced_by": announced_by,
            "sender": facts["sender"],
            "number": facts["consignment"],
            "join_key": key,
            "created_at": t.now,
            "wrong_digits": 0,
        }
    )
    holder = holder_row(t, consignment_id, uuid7(t.now), HolderKind.RECIPIENT, announcement.recipient)
    rows.holders.append(holder)
    if announcement.recipient.email:
        rows.checks.append(check_row(holder["id"], announcement.recipient.email, t.now))
    return OpenConsignment(consignment_id, holder)


def _add(
    t: Transaction,
    rows: _Rows,
    announcement: Announcement,
    facts: dict[str, Any],
    decision: PolicyDecision,
    consignment: OpenConsignment,
    announced_by: str,
    parcel_id: UUID,
) -> _Standing:
    """Add a parcel to its consignment. The first one that needs a code has it issued, later ones have the same."""
    holder, now = consignment.recipient, t.now
    consignment.parcels += 1
    salt, holder_id = holder["salt"], holder["id"]
    rows.parcels.append(
        {name: value for name, value in facts.items() if name not in OF_CONSIGNMENT}
        | {
            "id": parcel_id,
            "consignment_id": consignment.consignment_id,
            "number": number_of(facts["reference"]),
            "announced_at": now,
            "code_required": decision.code_required,
            "reason": decision.reason,
        }
    )
    announced = commitment(salt, announcement.recipient)
    stands = commitment(salt, Person(**{name: holder[name] for name in PERSON}))
    said = {
        "reference": facts["reference"],
        **told_of_giver(salt, announcement.gift, "sender", facts["sender"]),
        "recipient": stands,
        "holder": str(holder_id),
        "terms": terms_commitment(salt, facts),
        "consignment": str(consignment.consignment_id),
        "by": announced_by,
        # Whoever joins is told what the recipient did before.
        **({"named": write_moment(holder["named_at"])} if holder["named_at"] != now else {}),
        **({"corrected": write_moment(corrected)} if (corrected := holder.get("corrected_at")) else {}),
        **({"opened": write_moment(opened)} if (opened := holder.get("opened_at")) else {}),
        **({"address": str(holder["ticket_id"])} if holder["ticket_id"] != holder_id else {}),
        **({"announced": announced} if announced != stands else {}),
    }
    reason = told_of_giver(salt, announcement.gift, "reason", decision.reason)
    decided = {"code_required": decision.code_required, **reason}
    rows.events += [
        Event(parcel_id, EventKind.ANNOUNCED, now, said),
        Event(parcel_id, EventKind.POLICY_DECIDED, now, decided),
    ]
    if decision.code_required:
        if consignment.code is None:
            consignment.code = code_row(t, consignment.consignment_id, holder_id)
            rows.codes.append(dict(consignment.code))
            rows.messages.append(message_row(parcel_id, holder_id, MessageKind.CODE_ISSUED, now))
        elif not consignment.tells:
            rows.messages.append(message_row(parcel_id, holder_id, MessageKind.PARCEL_JOINED, now))
        consignment.tells = True
        issued = code_said(consignment.code) | {"holder": HolderKind.RECIPIENT.value}
        if (before := consignment.code["issued_at"]) != now:
            issued["issued"] = write_moment(before)
        rows.events.append(Event(parcel_id, EventKind.CODE_ISSUED, now, issued))
    return _Standing(parcel_id, facts, salt, announced, decision.code_required, decision.reason)


def _with_history(announcement: Announcement, recorded: History | None) -> Announcement:
    """Add what is recorded here to what the sender knows."""
    if recorded is None:
        return announcement
    known = announcement.history
    history = History(known.disputes + recorded.disputes, known.losses + recorded.losses)
    return replace(announcement, history=history)


def _facts(announcement: Announcement, reference: str) -> dict[str, Any]:
    """Return what must be equal when the same reference is announced again, besides the person."""
    return {
        "reference": reference,
        "sender": announcement.sender,
        "consignment": consignment_number(announcement),
        "value_thousandths": int(announcement.value * 1000),
        "currency": announcement.currency,
        "destination": announcement.destination.value,
        "gift": announcement.gift,
        "sender_wish": announcement.sender_wish,
    }


def _standing(t: Transaction, references: Sequence[str]) -> dict[str, _Standing]:
    """Return the parcels that stand under these numbers."""
    parcels, consignments, holders, events = tables.parcels, tables.consignments, tables.holders, tables.events
    rows = t.connection.execute(
        sa.select(parcels, consignments.c.sender, consignments.c.number.label("consignment"))
        .select_from(parcels)
        .add_columns(holders.c.salt.label("holder_salt"), events.c.facts)
        .join(consignments, consignments.c.id == parcels.c.consignment_id)
        .join(holders, recipient_of_parcel())
        .join(events, sa.and_(events.c.parcel_id == parcels.c.id, events.c.position == 1))
        .where(parcels.c.id.in_(ids_of(t.connection, references).values()))
    ).mappings()
    names = ("reference", "value_thousandths", "currency", "destination", "gift", "sender_wish", *OF_CONSIGNMENT)
    found = {}
    for row in rows:
        told = json.loads(row["facts"])
        facts, announced = {name: row[name] for name in names}, told.get("announced", told["recipient"])
        decided = (row["code_required"], row["reason"])
        found[row["number"]] = _Standing(row["id"], facts, row["holder_salt"], announced, *decided)
    return found
