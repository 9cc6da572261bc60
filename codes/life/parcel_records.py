"""A parcel as the office, commands and senders are shown it, and how it is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import Destination, Ending
from codes.proving.events import RecordedEvent, events_of
from codes.store.clauses import is_recipient, recipient_of_parcel
from codes.store.parcel_rows import NUMBERS_TOGETHER, ids_of
from codes.store.transaction import Transaction
from codes.tables.base import record_of
from codes.values.folding import fold, fold_address
from codes.values.tracking_numbers import normalise_reference, part_of_number

SHORTEST_PHONE = 6


@dataclass(frozen=True, slots=True)
class ParcelRecord:
    """What is recorded of a parcel and of its consignment, with its recipient's holder id.

    ``consignment`` is the number that the sender gave it; ``wrong_digits`` counts tries at the whole consignment.
    """

    parcel_id: UUID
    consignment_id: UUID
    reference: str
    sender: str
    consignment: str | None
    announced_at: datetime
    value: Decimal
    currency: str
    destination: Destination
    gift: bool
    code_required: bool
    reason: str
    out_for_delivery_at: datetime | None
    handed_over_at: datetime | None
    blocked_at: datetime | None
    ended_at: datetime | None
    ended_as: Ending | None
    wrong_digits: int
    holder_id: UUID
    recipient: str | None
    email: str | None
    language: str
    phone: str | None = None
    street: str | None = None
    postcode: str | None = None
    city: str | None = None
    note: str | None = None
    corrected_at: datetime | None = None

    @property
    def address(self) -> str:
        """Return where it is delivered, in one line."""
        town = " ".join(filter(None, (self.postcode, self.city)))
        return ", ".join(filter(None, (self.street, town)))


def find_parcel(t: Transaction, reference: str) -> ParcelRecord | None:
    """Return the parcel that a text names. Raises BadReference."""
    normalise_reference(reference)
    parcel_id = ids_of(t.connection, [reference]).get(reference)
    if parcel_id is None:
        return None
    return _record(t.connection.execute(_query().where(tables.parcels.c.id == parcel_id)).one())


def list_parcels(t: Transaction, *, limit: int = 100) -> list[ParcelRecord]:
    """Return the newest parcels."""
    newest = _query().order_by(tables.parcels.c.announced_at.desc(), tables.parcels.c.id.desc()).limit(limit)
    return [_record(row) for row in t.connection.execute(newest)]


def parcels_with_ids(t: Transaction, parcel_ids: Sequence[UUID]) -> list[ParcelRecord]:
    """Return these parcels in this order."""
    found: dict[UUID, ParcelRecord] = {}
    for start in range(0, len(parcel_ids), NUMBERS_TOGETHER):
        some = tables.parcels.c.id.in_(parcel_ids[start : start + NUMBERS_TOGETHER])
        found.update({row.id: _record(row) for row in t.connection.execute(_query().where(some))})
    return [found[each] for each in parcel_ids if each in found]


def parcels_of_order(t: Transaction, announced_by: str, number: str) -> list[ParcelRecord]:
    """Return what a key or shop announced under a consignment number, in the order in which it was announced."""
    of, parcels = tables.consignments, tables.parcels
    query = _query().where(of.c.number == number, of.c.announced_by == announced_by)
    return [_record(row) for row in t.connection.execute(query.order_by(parcels.c.announced_at, parcels.c.reference))]


def sought(search: str) -> sa.ColumnElement[bool]:
    """Say of a parcel that somebody who types this looks for it.

    That is a part of its number, of the recipient's or sender's name without case and accents, the recipient's whole
    address, the end of their phone number, or the number of the consignment.
    """
    parcels, holders, of = tables.parcels, tables.holders, tables.consignments
    digits = "".join(sign for sign in search if sign.isdigit())
    of_recipient = sa.select(holders.c.consignment_id).where(is_recipient())
    people: list[sa.Select[Any]] = [
        of_recipient.where(holders.c.email_folded == fold_address(search)),
        sa.select(of.c.id).where(of.c.number == search),
    ]
    if name := fold(search):
        people += [
            of_recipient.where(holders.c.name_folded.contains(name, autoescape=True)),
            sa.select(of.c.id).where(of.c.sender_folded.contains(name, autoescape=True)),
        ]
    if len(digits) >= SHORTEST_PHONE:
        # As it is dialled at home: 0171… is +49171… of the record.
        people.append(of_recipient.where(holders.c.phone.endswith(digits.lstrip("0"))))
    ids = [sa.select(parcels.c.id).where(parcels.c.consignment_id.in_(sa.union(*people)))]
    if part := part_of_number(search):
        # The index of the numbers is read, and of the table only what fits.
        known = parcels.alias("known")
        numbers = sa.select(known.c.number).where(known.c.number.contains(part))
        ids.append(sa.select(parcels.c.id).where(parcels.c.number.in_(numbers)))
    return parcels.c.id.in_(sa.union(*ids))


def events_of_parcel(t: Transaction, parcel_id: UUID) -> list[RecordedEvent]:
    """Return everything that happened to a parcel, in order."""
    return events_of(t.connection, parcel_id)


def _query() -> sa.Select[Any]:
    parcels, holders, handovers, of = tables.parcels, tables.holders, tables.handovers, tables.consignments
    return sa.select(
        parcels,
        of.c.sender,
        of.c.number.label("consignment"),
        of.c.wrong_digits,
        holders.c.id.label("holder_id"),
        holders.c.name,
        holders.c.email,
        holders.c.phone,
        holders.c.street,
        holders.c.postcode,
        holders.c.city,
        holders.c.note,
        holders.c.corrected_at,
        holders.c.language,
        handovers.c.handed_over_at,
    ).select_from(
        sa.join(parcels, of, of.c.id == parcels.c.consignment_id)
        .join(holders, recipient_of_parcel())
        .outerjoin(handovers, handovers.c.parcel_id == parcels.c.id)
    )


def _record(row: Any) -> ParcelRecord:
    return record_of(
        ParcelRecord,
        row,
        parcel_id=row.id,
        value=Decimal(row.value_thousandths) / 1000,
        destination=Destination(row.destination),
        ended_as=None if row.ended_as is None else Ending(row.ended_as),
        recipient=row.name,
    )
