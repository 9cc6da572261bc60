"""The facts that a group of presentations is judged by, read under lock, and kept true while they are judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import CodeFacts, DeviceKind, HandoverFacts, HolderKind, ParcelFacts
from codes.proving.events import Head
from codes.store.prepared import Among, PreparedRead
from codes.store.trips import Reads, Steps


@dataclass(slots=True)
class DeviceFacts:
    """What the record says of a device; ``wrong_digits`` counts those of the day ``wrong_digits_on``.

    ``spends`` says that the row is held alone, so that its count may be changed.
    """

    device_id: UUID
    kind: DeviceKind
    revoked_at: datetime | None
    wrong_digits: int
    wrong_digits_on: date | None
    spends: bool = False


class Earlier(NamedTuple):
    """What was answered before under a presentation's id, and what tells whether the same was asked."""

    key_id: str
    content_mac: bytes
    answer: str


@dataclass(slots=True)
class Ledger:
    """Parcels, codes and devices of one transaction. Changed by judging, so that the next in the group sees it."""

    parcels: dict[UUID, ParcelFacts] = field(default_factory=dict)
    by_reference: dict[str, UUID] = field(default_factory=dict)
    code_by_digest: dict[bytes, CodeFacts] = field(default_factory=dict)
    devices: dict[UUID, DeviceFacts] = field(default_factory=dict)
    heads: dict[UUID, Head] = field(default_factory=dict)
    consignments: dict[tuple[str, str, str], tuple[int, int]] = field(default_factory=dict)
    earlier: dict[UUID, Earlier] = field(default_factory=dict)

    def find(self, reference: str) -> ParcelFacts | None:
        """Return the parcel with this reference, if it is known here."""
        parcel_id = self.by_reference.get(reference)
        return None if parcel_id is None else self.parcels[parcel_id]

    def hand_over(self, parcel_id: UUID, handover: HandoverFacts) -> None:
        """Note the handover, so that nothing later in the group can do it again."""
        parcel = self.parcels[parcel_id]
        self.parcels[parcel_id] = replace(parcel, handover=handover)
        if parcel.consignment in self.consignments:
            done, of = self.consignments[parcel.consignment]
            self.consignments[parcel.consignment] = (done + 1, of)

    def count_wrong_digits(self, parcel_id: UUID, change: int) -> None:
        """Charge a try to a parcel, or give it back."""
        parcel = self.parcels[parcel_id]
        self.parcels[parcel_id] = replace(parcel, wrong_digits=parcel.wrong_digits + change)


def open_ledger(
    references: Sequence[str],
    digests: Sequence[bytes],
    devices: dict[UUID, bool],
    presentation_ids: Sequence[UUID],
    meanwhile: Callable[[], object] | None = None,
) -> Steps[Ledger]:
    """Lock and read everything that bears on these references and payload digests.

    ``devices`` says of each device whether it spends digits, which needs its row alone; else it is only held
    against revocation. Rows are locked in the order of their ids, so two groups never wait for each other in a ring.
    """
    wanted = {"references": references, "digests": digests}
    held = [(alone, [each for each, spends in devices.items() if spends is alone]) for alone in (True, False)]
    holding = [(alone, ids) for alone, ids in held if ids]
    locked, holders, earlier, *device_rows = yield Reads(
        [
            (LOCK_PARCELS, wanted),
            (READ_HOLDERS, wanted),
            (EARLIER, {"ids": presentation_ids}),
            *((HOLD_DEVICES[alone], {"ids": ids}) for alone, ids in holding),
        ],
        meanwhile,
    )
    ledger = Ledger(earlier={row.presentation_id: Earlier(*row[1:]) for row in earlier})
    for (alone, _), rows in zip(holding, device_rows, strict=True):
        ledger.devices.update({row.id: _device_facts(row, spends=alone) for row in rows})
    _enter_parcels(ledger, {row.id: row for row in locked}, holders)
    names = {parcel.consignment[1] for parcel in ledger.parcels.values() if parcel.consignment is not None}
    if names:
        (counted,) = yield Reads([(COUNT_CONSIGNMENTS, {"names": names, "kinds": [HolderKind.RECIPIENT.value]})])
        for row in counted:
            ledger.consignments[(row.sender, row.consignment, row.email)] = (row.done, row.of)
    return ledger


def _wanted(among: Among) -> sa.Select[Any]:
    """Select the ids of parcels in hand, and of those whose codes were presented."""
    parcels, codes = tables.parcels.c, tables.codes.c
    both = sa.union_all(
        sa.select(parcels.id).where(among(parcels.reference, "references")),
        sa.select(codes.parcel_id).where(among(codes.token_digest, "digests")),
    ).subquery()
    return sa.select(both.c.id)


def _lock_parcels(among: Among) -> sa.Select[Any]:
    parcels = tables.parcels.c
    facts = (parcels.id, parcels.reference, parcels.sender, parcels.consignment, parcels.code_required)
    counts = (parcels.out_for_delivery_at, parcels.wrong_digits, parcels.events, parcels.head)
    found = sa.select(*facts, *counts).where(among.found(parcels.id, _wanted(among)))
    return found.order_by(parcels.id).with_for_update()


def _hold_devices(among: Among, *, alone: bool) -> sa.Select[Any]:
    table = tables.devices.c
    facts = sa.select(table.id, table.kind, table.revoked_at, table.wrong_digits, table.wrong_digits_on)
    return facts.where(among(table.id, "ids")).order_by(table.id).with_for_update(read=not alone)


def _read_holders(among: Among) -> sa.Select[Any]:
    holders, codes, handovers = tables.holders, tables.codes, tables.handovers
    # The codes are found by their parcel, whose index is there, and not by their holder.
    of_holder = sa.and_(codes.c.parcel_id == holders.c.parcel_id, codes.c.holder_id == holders.c.id)
    joined = holders.outerjoin(codes, of_holder).outerjoin(handovers, handovers.c.parcel_id == holders.c.parcel_id)
    columns = (
        *(holders.c.parcel_id, holders.c.id.label("holder_id"), holders.c.kind, holders.c.email, holders.c.language),
        *(codes.c.id.label("code_id"), codes.c.key_id, codes.c.epoch, codes.c.token_digest),
        *(codes.c.issued_at, codes.c.expires_at, codes.c.renewed_at, codes.c.revoked_at),
        *(handovers.c.handed_over_at, handovers.c.match_number, handovers.c.presentation_id),
        handovers.c.code_id.label("handover_code_id"),
    )
    of_parcels = sa.select(*columns).select_from(joined).where(among.found(holders.c.parcel_id, _wanted(among)))
    return of_parcels.order_by(holders.c.parcel_id, codes.c.issued_at.desc())


def _read_earlier(among: Among) -> sa.Select[Any]:
    table = tables.verifications.c
    facts = sa.select(table.presentation_id, table.key_id, table.content_mac, table.answer)
    return facts.where(among(table.presentation_id, "ids"))


def _count_consignments(among: Among) -> sa.Select[Any]:
    parcels, holders, handovers = tables.parcels, tables.holders, tables.handovers
    recipient = sa.and_(holders.c.parcel_id == parcels.c.id, among(holders.c.kind, "kinds"))
    joined = sa.join(parcels, holders, recipient).outerjoin(handovers, handovers.c.parcel_id == parcels.c.id)
    whose = (parcels.c.sender, parcels.c.consignment, holders.c.email)
    counts = (sa.func.count(handovers.c.parcel_id).label("done"), sa.func.count(parcels.c.id).label("of"))
    of_names = sa.select(*whose, *counts).select_from(joined).where(among(parcels.c.consignment, "names"))
    return of_names.group_by(*whose)


LOCK_PARCELS = PreparedRead(_lock_parcels)
HOLD_DEVICES = {alone: PreparedRead(partial(_hold_devices, alone=alone)) for alone in (True, False)}
READ_HOLDERS = PreparedRead(_read_holders)
EARLIER = PreparedRead(_read_earlier)
COUNT_CONSIGNMENTS = PreparedRead(_count_consignments)


def _device_facts(row: Any, *, spends: bool) -> DeviceFacts:
    return DeviceFacts(row.id, DeviceKind(row.kind), row.revoked_at, row.wrong_digits, row.wrong_digits_on, spends)


def _enter_parcels(ledger: Ledger, locked: dict[UUID, Any], holders: Sequence[Any]) -> None:
    """Enter parcels with what was read after their lock, so that nothing committed before it is missed."""
    by_parcel: dict[UUID, list[Any]] = {}
    for row in holders:
        if row.parcel_id in locked:
            by_parcel.setdefault(row.parcel_id, []).append(row)
    for parcel_id, parcel_rows in by_parcel.items():
        facts = _parcel_facts(locked[parcel_id], parcel_rows)
        ledger.parcels[parcel_id] = facts
        ledger.by_reference[facts.reference] = parcel_id
        ledger.heads[parcel_id] = Head(locked[parcel_id].events, locked[parcel_id].head)
        digests = {row.code_id: row.token_digest for row in parcel_rows}
        ledger.code_by_digest.update({digests[code.code_id]: code for code in facts.codes})


def _parcel_facts(parcel: Any, rows: Sequence[Any]) -> ParcelFacts:
    recipient = next(row for row in rows if row.kind == HolderKind.RECIPIENT)
    first = rows[0]
    handover = None
    if first.handed_over_at is not None:
        handover = HandoverFacts(
            first.handed_over_at, first.match_number, first.presentation_id, first.handover_code_id
        )
    together = parcel.consignment is not None and recipient.email is not None
    return ParcelFacts(
        parcel_id=parcel.id,
        reference=parcel.reference,
        consignment=(parcel.sender, parcel.consignment, recipient.email) if together else None,
        code_required=parcel.code_required,
        out_for_delivery_at=parcel.out_for_delivery_at,
        wrong_digits=parcel.wrong_digits,
        recipient_language=recipient.language,
        recipient_id=recipient.holder_id,
        handover=handover,
        codes=tuple(code_facts(row, row.parcel_id) for row in rows if row.code_id is not None),
    )


def code_facts(row: Any, parcel_id: UUID) -> CodeFacts:
    """Read a code from a row that names its id ``code_id`` and its holder's kind ``kind``."""
    return CodeFacts(
        code_id=row.code_id,
        parcel_id=parcel_id,
        holder_id=row.holder_id,
        holder_kind=HolderKind(row.kind),
        key_id=row.key_id,
        epoch=row.epoch,
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        renewed_at=row.renewed_at,
        revoked_at=row.revoked_at,
    )
