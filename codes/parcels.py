"""Reading parcels for people and programs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.identifiers import normalise_reference
from codes.model import Destination, HolderKind


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
    query = _query().order_by(tables.parcels.c.announced_at.desc(), tables.parcels.c.id.desc()).limit(limit)
    if search:
        query = query.where(tables.parcels.c.reference.startswith(search, autoescape=True))
    return [_record(row) for row in connection.execute(query)]


def _query() -> sa.Select[Any]:
    parcels, holders, handovers = tables.parcels, tables.holders, tables.handovers
    recipient = sa.and_(holders.c.parcel_id == parcels.c.id, holders.c.kind == HolderKind.RECIPIENT.value)
    return sa.select(
        parcels,
        holders.c.id.label("holder_id"),
        *(holders.c.name, holders.c.email, holders.c.language),
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
        language=row.language,
    )
