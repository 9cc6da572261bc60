"""Reading parcels for people and programs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.identifiers import normalise_reference
from codes.model import Destination, HolderKind

SHORTEST_END, SHORTEST_PHONE = 4, 6


class ToDecide(StrEnum):
    """Why a parcel waits for somebody's decision: it was reported, or a visit failed and nothing was decided since."""

    REPORTED = "reported"
    VISIT_FAILED = "visit_failed"


class UnknownParcel(LookupError):
    """No parcel with this reference was announced."""


@dataclass(frozen=True, slots=True)
class ParcelRecord:
    """What is recorded of a parcel, with its recipient's holder id."""

    parcel_id: UUID
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
    wrong_digits: int
    holder_id: UUID
    recipient: str | None
    email: str | None
    language: str
    phone: str | None = None


def parcel_id_of(connection: sa.Connection, reference: str, *, locked: bool = False) -> UUID:
    """Return the id of the parcel with this reference, its row locked if asked. Raises UnknownParcel, BadReference."""
    parcels = tables.parcels
    query = sa.select(parcels.c.id).where(parcels.c.reference == normalise_reference(reference))
    parcel_id: UUID | None = connection.execute(query.with_for_update() if locked else query).scalar()
    if parcel_id is None:
        raise UnknownParcel(f"no parcel {reference} was announced")
    return parcel_id


def parcel_named(connection: sa.Connection, reference: str) -> ParcelRecord | None:
    """Return the parcel with exactly this reference."""
    row = connection.execute(_query().where(tables.parcels.c.reference == reference)).one_or_none()
    return _record(row) if row else None


def parcels_listed(connection: sa.Connection, search: str, limit: int) -> list[ParcelRecord]:
    """Return the newest parcels whose reference begins with ``search``."""
    query = _query()
    if search:
        query = query.where(tables.parcels.c.reference.startswith(search, autoescape=True))
    return _newest(connection, query, limit)


def parcels_of_person(connection: sa.Connection, who: str, limit: int) -> list[ParcelRecord]:
    """Return the newest parcels of somebody: by a part of the recipient's or sender's name, by address or phone.

    And those of this consignment, and those whose reference ends so: its end is all that a mail tells.
    """
    holders, parcels, digits = tables.holders, tables.parcels, "".join(sign for sign in who if sign.isdigit())
    fitting = [
        sa.func.lower(name).contains(who.lower(), autoescape=True) for name in (holders.c.name, parcels.c.sender)
    ]
    fitting += [sa.func.lower(holders.c.email) == who.lower(), parcels.c.consignment == who]
    if len(who) >= SHORTEST_END:
        fitting.append(parcels.c.reference.endswith(who.upper(), autoescape=True))
    if len(digits) >= SHORTEST_PHONE:
        # As it is dialled at home: 0171… is +49171… of the record.
        fitting.append(holders.c.phone.endswith(digits.lstrip("0")))
    return _newest(connection, _query().where(sa.or_(*fitting)), limit)


def parcels_to_decide(connection: sa.Connection, which: ToDecide, limit: int) -> list[ParcelRecord]:
    """Return the newest parcels about which somebody of the house has to decide."""
    parcels, t = tables.parcels, tables
    if which is ToDecide.REPORTED:
        open_report = sa.exists().where(t.reports.c.parcel_id == parcels.c.id, t.reports.c.answered_at.is_(None))
        return _newest(connection, _query().where(open_report), limit)
    visited = sa.exists().where(t.delivery_attempts.c.parcel_id == parcels.c.id)
    stands = sa.exists().where(t.wishes.c.parcel_id == parcels.c.id, t.wishes.c.withdrawn_at.is_(None))
    lies = sa.exists().where(t.stays.c.parcel_id == parcels.c.id, waits())
    query = _query().where(visited, ~stands, ~lies, t.handovers.c.parcel_id.is_(None))
    return _newest(connection, query, limit)


def waits() -> sa.ColumnElement[bool]:
    """Say of a stay that its parcel is still there: not sent back, not handed over."""
    stays, handovers = tables.stays, tables.handovers
    gone = sa.exists().where(handovers.c.parcel_id == stays.c.parcel_id).correlate_except(handovers)
    return sa.and_(stays.c.returned_at.is_(None), ~gone)


def _newest(connection: sa.Connection, query: sa.Select[Any], limit: int) -> list[ParcelRecord]:
    ordered = query.order_by(tables.parcels.c.announced_at.desc(), tables.parcels.c.id.desc()).limit(limit)
    return [_record(row) for row in connection.execute(ordered)]


def _query() -> sa.Select[Any]:
    parcels, holders, handovers = tables.parcels, tables.holders, tables.handovers
    recipient = sa.and_(holders.c.parcel_id == parcels.c.id, holders.c.kind == HolderKind.RECIPIENT.value)
    return sa.select(
        parcels,
        holders.c.id.label("holder_id"),
        *(holders.c.name, holders.c.email, holders.c.phone, holders.c.language),
        handovers.c.handed_over_at,
    ).select_from(sa.join(parcels, holders, recipient).outerjoin(handovers, handovers.c.parcel_id == parcels.c.id))


def _record(row: Any) -> ParcelRecord:
    return ParcelRecord(
        parcel_id=row.id,
        reference=row.reference,
        sender=row.sender,
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
        wrong_digits=row.wrong_digits,
        holder_id=row.holder_id,
        recipient=row.name,
        email=row.email,
        phone=row.phone,
        language=row.language,
    )
