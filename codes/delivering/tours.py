"""What a device carries, and what it needs to know of that: who receives where, nothing of value or mail address."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.delivering.delivery_day import CodeAwaited, awaited, come_near
from codes.delivering.manifests import is_recorded, record_manifest
from codes.model import AttemptReason, Realm
from codes.recipients.wishes import standing_wishes
from codes.settings import CodeSettings, DriverCalls, DriverNear, OfflineVerdict
from codes.store.clauses import in_realm, is_live, may_receive, recipient_of_parcel
from codes.store.parcel_rows import live_parcel_id_of
from codes.store.transaction import Transaction
from codes.values.phones import dialled

LONGEST_TOUR = 1000


@dataclass(frozen=True, slots=True)
class TourParcel:
    """One stop of a tour, at its ``place``. ``digests`` are the SHA-256 of the payloads that would open it now.

    ``note`` and ``phone`` are gone once it was handed over; whose phone it is, the settings say.
    ``wished_point`` is where its recipient wishes to collect it instead. ``other_tour`` says, at loading, that another
    device carried it until now.

    Parcels with the same ``consignment`` number were sent together: one code opens all whose labels were scanned.
    """

    parcel_id: UUID
    reference: str
    place: int
    name: str | None
    street: str | None
    postcode: str | None
    city: str | None
    note: str | None
    phone: str | None
    code_required: bool
    recipient_language: str
    awaited: CodeAwaited | None
    digests: tuple[str, ...]
    consignment: int | None
    handed_over_at: datetime | None
    not_handed_over: AttemptReason | None
    wished_point: str | None
    other_tour: bool = False


@dataclass(frozen=True, slots=True)
class Tour:
    """What a device carries, and until when it may keep that.

    ``offline`` is what it shows without network, ``visit_place`` whether it may ask for the place of a visit,
    ``driver_calls`` whose the phones are, ``driver_near`` when recipients are told that the driver is near.
    """

    parcels: tuple[TourParcel, ...]
    made_at: datetime
    valid_until: datetime
    offline: OfflineVerdict
    visit_place: bool
    driver_calls: DriverCalls
    driver_near: DriverNear


class NotOnTour(LookupError):
    """The parcel is not on this device's tour."""


def shift_of(settings: CodeSettings) -> timedelta:
    """Return how long a device keeps what it was given."""
    return timedelta(hours=settings.shift_hours)


def tour_of(t: Transaction, device_id: UUID) -> Tour:
    """Return what a device carries, in order; what was handed over in this shift stays listed."""
    shift = shift_of(t.settings)
    rows = _carried(t, device_id, t.now - shift)
    ids = [row.id for row in rows]
    digests = _digests(t, ids, t.ring.epoch)
    known = awaited(t, [row.holder_id for row in rows])
    reasons = _reasons(t, ids, device_id)
    wishes = standing_wishes(t, ids)
    several = sorted(each for each, count in Counter(row.consignment_id for row in rows).items() if count > 1)
    together = {consignment_id: number for number, consignment_id in enumerate(several)}
    parcels = tuple(
        TourParcel(
            parcel_id=row.id,
            reference=row.reference,
            place=place,
            name=row.name,
            street=row.street,
            postcode=row.postcode,
            city=row.city,
            note=row.note if row.handed_over_at is None else None,
            phone=_phone(t.settings, row) if row.handed_over_at is None else None,
            code_required=row.code_required,
            recipient_language=row.language,
            awaited=known[row.holder_id] if row.code_required else None,
            digests=tuple(digests[row.id]) if row.handed_over_at is None and row.blocked_at is None else (),
            consignment=together.get(row.consignment_id),
            handed_over_at=row.handed_over_at,
            not_handed_over=reasons.get(row.id) if row.handed_over_at is None else None,
            wished_point=wishes[row.id].point if row.id in wishes else None,
        )
        for place, row in enumerate(rows, 1)
    )
    return Tour(
        parcels,
        t.now,
        t.now + shift,
        t.settings.offline,
        t.settings.visit_place,
        t.settings.driver_calls,
        t.settings.driver_near,
    )


def given_tour(t: Transaction, device_id: UUID) -> Tour | None:
    """Return what a device carries, if it is recorded that it was given just that; so most reads write nothing."""
    tour = tour_of(t, device_id)
    return tour if is_recorded(t, device_id, _tokens_of(tour)) else None


def give_tour(t: Transaction, device_id: UUID) -> Tour:
    """Return what a device carries, and record which tokens it is given with that, before it gets them."""
    tour = tour_of(t, device_id)
    record_manifest(t, device_id, _tokens_of(tour), shift_of(t.settings))
    return tour


def come_near_on_tour(t: Transaction, device_id: UUID, reference: str) -> None:
    """Tell the recipient of a stop that the driver is near. Raises NotOnTour, UnknownParcel or NotUnderWay."""
    table, parcel_id = tables.assignments, live_parcel_id_of(t.connection, reference)
    mine = sa.select(table.c.parcel_id).where(table.c.device_id == device_id, table.c.parcel_id == parcel_id)
    if t.connection.execute(mine).first() is None:
        raise NotOnTour("this parcel is not on this device's tour")
    come_near(t, reference)


def _phone(settings: CodeSettings, row: Any) -> str | None:
    """Return the number that a driver calls for a recipient who can be called."""
    if row.phone is None or settings.driver_calls is DriverCalls.NONE:
        return None
    if settings.driver_calls is DriverCalls.RECIPIENT:
        return str(row.phone)
    return settings.switchboard and dialled(settings.switchboard)


def _tokens_of(tour: Tour) -> set[tuple[UUID, bytes]]:
    return {(each.parcel_id, bytes.fromhex(digest)) for each in tour.parcels for digest in each.digests}


def _carried(t: Transaction, device_id: UUID, since: datetime) -> Sequence[Any]:
    table, parcels, holders, handovers = tables.assignments, tables.parcels, tables.holders, tables.handovers
    return t.connection.execute(
        sa.select(
            parcels.c.id,
            parcels.c.reference,
            parcels.c.code_required,
            parcels.c.consignment_id,
            parcels.c.blocked_at,
            holders.c.id.label("holder_id"),
            holders.c.language,
            *(holders.c[name] for name in ("name", "street", "postcode", "city", "note", "phone")),
            handovers.c.handed_over_at,
        )
        .select_from(
            sa.join(table, parcels, parcels.c.id == table.c.parcel_id)
            .join(holders, recipient_of_parcel())
            .outerjoin(handovers, handovers.c.parcel_id == parcels.c.id)
        )
        .where(
            table.c.device_id == device_id,
            in_realm(Realm.LIVE),
            sa.or_(handovers.c.recorded_at.is_(None), handovers.c.recorded_at > since),
        )
        .order_by(table.c.place)
        .limit(LONGEST_TOUR)
    ).all()


def _digests(t: Transaction, parcel_ids: Sequence[UUID], epoch: int) -> defaultdict[UUID, list[str]]:
    parcels, holders, codes = tables.parcels, tables.holders, tables.codes
    found: defaultdict[UUID, list[str]] = defaultdict(list)
    query = (
        sa.select(parcels.c.id, codes.c.token_digest)
        .select_from(parcels)
        .join(holders, sa.and_(holders.c.consignment_id == parcels.c.consignment_id, may_receive()))
        .join(codes, codes.c.holder_id == holders.c.id)
        .where(parcels.c.id.in_(parcel_ids), is_live(t.now, epoch))
    )
    if t.settings.require_out_for_delivery:
        # What is refused at the door as long as the parcel has not left must not be handed over without network.
        query = query.where(parcels.c.out_for_delivery_at.is_not(None))
    for row in t.connection.execute(query.order_by(codes.c.issued_at)):
        found[row.id].append(row.token_digest.hex())
    return found


def _reasons(t: Transaction, parcel_ids: Sequence[UUID], device_id: UUID) -> dict[UUID, AttemptReason]:
    """Return why this device's last visit to each parcel's recipient ended, since the parcel was assigned."""
    attempts, table = tables.delivery_attempts, tables.assignments
    query = (
        sa.select(attempts.c.parcel_id, attempts.c.reason)
        .join(table, table.c.parcel_id == attempts.c.parcel_id)
        .where(
            attempts.c.parcel_id.in_(parcel_ids),
            attempts.c.device_id == device_id,
            attempts.c.recorded_at >= table.c.assigned_at,
        )
        .order_by(attempts.c.recorded_at)
    )
    return {row.parcel_id: AttemptReason(row.reason) for row in t.connection.execute(query)}
