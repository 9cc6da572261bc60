"""A parcel as the office, commands and senders are shown it, and how it is found: by number, person or need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import Destination
from codes.proving.events import RecordedEvent, events_of
from codes.store.clauses import is_handed_over, is_reported, is_wished, recipient_of_parcel, waits
from codes.store.parcel_rows import ids_of
from codes.store.transaction import Transaction
from codes.values.folding import fold, fold_address
from codes.values.tracking_numbers import normalise_reference, part_of_number

SHORTEST_END, SHORTEST_PHONE = 4, 6


class ToDecide(StrEnum):
    """Why a parcel waits for somebody's decision.

    It was reported, a visit failed and nothing was decided since, or nothing may arrive at its recipient's address.
    """

    REPORTED = "reported"
    VISIT_FAILED = "visit_failed"
    ADDRESS = "address"


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


def list_parcels(t: Transaction, *, search: str = "", limit: int = 100) -> list[ParcelRecord]:
    """Return the newest parcels, of those whose reference begins with ``search``."""
    query = _query()
    if search:
        parcels, written = tables.parcels, search.upper().replace(" ", "")
        part = part_of_number(written)
        begins = parcels.c.number.startswith(part) if part else sa.false()
        query = query.where(sa.or_(parcels.c.reference.startswith(written, autoescape=True), begins))
    return _newest(t, query, limit)


def search_parcels(t: Transaction, search: str, *, limit: int = 100) -> list[ParcelRecord]:
    """Return the newest parcels whose reference begins with ``search``, or else those of this recipient or sender."""
    found = list_parcels(t, search=search, limit=limit)
    return found if found or not search else parcels_of_person(t, search, limit=limit)


def parcels_of_person(t: Transaction, who: str, *, limit: int = 100) -> list[ParcelRecord]:
    """Return the newest parcels of somebody: by a part of the recipient's or sender's name, by address or phone.

    And those of this consignment, and those whose reference ends so: its end is all that a mail tells.
    """
    holders, parcels, digits = tables.holders, tables.parcels, "".join(sign for sign in who if sign.isdigit())
    of = tables.consignments.c
    fitting = [holders.c.email_folded == fold_address(who), of.number == who]
    if name := fold(who):
        fitting += [each.contains(name, autoescape=True) for each in (holders.c.name_folded, of.sender_folded)]
    if len(who) >= SHORTEST_END:
        fitting.append(parcels.c.reference.endswith(who.upper(), autoescape=True))
        if part := part_of_number(who):
            fitting.append(parcels.c.number.endswith(part))
    if len(digits) >= SHORTEST_PHONE:
        # As it is dialled at home: 0171… is +49171… of the record.
        fitting.append(holders.c.phone.endswith(digits.lstrip("0")))
    return _newest(t, _query().where(sa.or_(*fitting)), limit)


def parcels_to_decide(t: Transaction, which: ToDecide, *, limit: int = 100) -> list[ParcelRecord]:
    """Return the newest parcels about which somebody of the house has to decide."""
    parcels, attempts, wishes = tables.parcels, tables.delivery_attempts, tables.wishes
    stays, handovers = tables.stays, tables.handovers
    if which is ToDecide.REPORTED:
        return _newest(t, _query().where(is_reported(parcels.c.id)), limit)
    if which is ToDecide.ADDRESS:
        return _newest(t, _query().where(_is_warned(), handovers.c.parcel_id.is_(None)), limit)
    # What was wished before a visit failed says nothing of what comes after it.
    since = sa.exists().where(is_wished(), wishes.c.wished_at >= attempts.c.recorded_at).correlate_except(wishes)
    visited = sa.exists().where(attempts.c.parcel_id == parcels.c.id, ~since).correlate_except(attempts)
    lies = sa.exists().where(stays.c.parcel_id == parcels.c.id, waits())
    query = _query().where(visited, ~lies, handovers.c.parcel_id.is_(None))
    return _newest(t, query, limit)


def count_warned(t: Transaction) -> int:
    """Return how many parcels are still to come whose recipient's mail address is warned of."""
    parcels, holders = tables.parcels, tables.holders
    open_ones = sa.select(sa.func.count()).select_from(parcels.join(holders, recipient_of_parcel()))
    query = open_ones.where(_is_warned(), ~is_handed_over(parcels.c.id))
    return int(t.connection.execute(query).scalar_one())


def events_of_parcel(t: Transaction, parcel_id: UUID) -> list[RecordedEvent]:
    """Return everything that happened to a parcel, in order."""
    return events_of(t.connection, parcel_id)


def _is_warned() -> sa.ColumnElement[bool]:
    # Few addresses are warned of, so the query begins with them.
    checks = tables.address_checks
    return tables.holders.c.id.in_(sa.select(checks.c.holder_id).where(checks.c.warning.is_not(None)))


def _newest(t: Transaction, query: sa.Select[Any], limit: int) -> list[ParcelRecord]:
    ordered = query.order_by(tables.parcels.c.announced_at.desc(), tables.parcels.c.id.desc()).limit(limit)
    return [_record(row) for row in t.connection.execute(ordered)]


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
    return ParcelRecord(
        parcel_id=row.id,
        reference=row.reference,
        sender=row.sender,
        consignment_id=row.consignment_id,
        consignment=row.consignment,
        announced_at=row.announced_at,
        value=Decimal(row.value_thousandths) / 1000,
        currency=row.currency,
        destination=Destination(row.destination),
        gift=row.gift,
        code_required=row.code_required,
        reason=row.reason,
        out_for_delivery_at=row.out_for_delivery_at,
        handed_over_at=row.handed_over_at,
        blocked_at=row.blocked_at,
        wrong_digits=row.wrong_digits,
        holder_id=row.holder_id,
        recipient=row.name,
        email=row.email,
        phone=row.phone,
        street=row.street,
        postcode=row.postcode,
        city=row.city,
        note=row.note,
        corrected_at=row.corrected_at,
        language=row.language,
    )
