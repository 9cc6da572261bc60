"""The parcels that a device carries, and what it needs to know of them: nothing of value, name or address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.delivering.awaiting import CodeAwaited, awaited
from codes.identifiers import reference_in
from codes.keys.keyring import KeyRing
from codes.model import AttemptReason, DeviceKind, EventKind, HolderKind
from codes.parcels import UnknownParcel
from codes.proving.events import Event, record
from codes.recipients.wishes import wishes_of
from codes.settings import CodeSettings, OfflineVerdict
from codes.store.database import Database

LONGEST_TOUR = 1000


class UnknownDevice(LookupError):
    """No driver's device is enrolled under this id or name, or more than one under this name."""


class TourTooLong(Exception):
    """A device carries only so many parcels at once."""


class WishedLater(Exception):
    """The recipient wishes another day; it is the exception's argument."""


@dataclass(frozen=True, slots=True)
class TourParcel:
    """One parcel of a tour. ``digests`` are the SHA-256 of the payloads that would open it now.

    ``wished_point`` is where its recipient wishes to collect it instead.

    Parcels with the same ``consignment`` number were sent together: one code opens all whose labels were scanned.
    """

    reference: str
    code_required: bool
    recipient_language: str
    awaited: CodeAwaited | None
    digests: tuple[str, ...]
    consignment: int | None
    handed_over_at: datetime | None
    not_handed_over: AttemptReason | None
    wished_point: str | None


@dataclass(frozen=True, slots=True)
class Tour:
    """What a device carries, and until when it may keep that.

    ``offline`` is what it shows without network, ``visit_place`` whether it may ask for the place of a visit.
    """

    parcels: tuple[TourParcel, ...]
    made_at: datetime
    valid_until: datetime
    offline: OfflineVerdict
    visit_place: bool


@dataclass(frozen=True, slots=True)
class Assigned:
    """What came of an assignment; parcels that are not known or handed over are named, not assigned."""

    device_id: UUID
    assigned: int
    refused: tuple[str, ...]


class Tours:
    """Says which device carries which parcel. A parcel is carried by one device at a time."""

    def __init__(
        self,
        database: Database,
        ring: Callable[[], KeyRing],
        clock: Callable[[], datetime],
        settings: CodeSettings,
    ) -> None:
        self._database = database
        self._ring = ring
        self._clock = clock
        self._settings = settings
        self.shift = timedelta(hours=settings.shift_hours)

    def assign(self, device: str, references: Sequence[str], *, replace: bool = False) -> Assigned:
        """Give parcels to a driver's device, named by id or name, in this order.

        ``replace`` takes its other parcels off. Raises UnknownDevice or TourTooLong.
        """
        table, now = tables.assignments, self._clock()
        with self._database.writing() as connection:
            device_id = _device_named(connection, device)
            wanted = dict.fromkeys(reference_in(reference) for reference in references)
            found = _carriable(connection, [each for each in wanted if each is not None], self._today())
            if replace:
                connection.execute(sa.delete(table).where(table.c.device_id == device_id))
            _put(connection, device_id, list(found.values()), now)
        refused = tuple(reference for reference in references if reference_in(reference) not in found)
        return Assigned(device_id, len(found), refused)

    def load(self, device_id: UUID, reference: str) -> TourParcel:
        """Take a parcel along whose label was scanned at loading; a second time changes nothing.

        Raises UnknownParcel for one that is not known or was handed over, WishedLater, TourTooLong.
        """
        with self._database.writing() as connection:
            found = _carriable(connection, [plain] if (plain := reference_in(reference)) else [], self._today())
            if not found:
                self._stop_if_later(connection, plain)
                raise UnknownParcel(f"no parcel {reference} is to be delivered")
            ((name, parcel_id),) = found.items()
            _put(connection, device_id, [parcel_id], self._clock())
        return next(parcel for parcel in self.of(device_id).parcels if parcel.reference == name)

    def take_off(self, device_id: UUID, reference: str) -> None:
        """Take a parcel off a device's tour; one that is not on it is no error."""
        table, parcels = tables.assignments, tables.parcels
        with self._database.writing() as connection:
            which = sa.select(parcels.c.id).where(parcels.c.reference == reference_in(reference)).scalar_subquery()
            connection.execute(sa.delete(table).where(table.c.device_id == device_id, table.c.parcel_id == which))

    def of(self, device_id: UUID) -> Tour:
        """Return what a device carries, in order; what was handed over in this shift stays listed."""
        now = self._clock()
        with self._database.reading() as connection:
            rows = _carried(connection, device_id, now - self.shift)
            ids = [row.id for row in rows]
            digests = _digests(connection, ids, now, self._ring().epoch)
            known = awaited(connection, [row.holder_id for row in rows])
            reasons = _reasons(connection, ids, device_id)
            wishes = wishes_of(connection, ids)
        together = {name: number for number, name in enumerate(sorted({r.consignment for r in rows if r.consignment}))}
        parcels = tuple(
            TourParcel(
                reference=row.reference,
                code_required=row.code_required,
                recipient_language=row.language,
                awaited=known[row.holder_id] if row.code_required else None,
                digests=tuple(digests[row.id]) if row.handed_over_at is None else (),
                consignment=together.get(row.consignment),
                handed_over_at=row.handed_over_at,
                not_handed_over=reasons.get(row.id) if row.handed_over_at is None else None,
                wished_point=wishes[row.id].point if row.id in wishes else None,
            )
            for row in rows
        )
        return Tour(parcels, now, now + self.shift, self._settings.offline, self._settings.visit_place)

    def _today(self) -> date:
        return self._clock().astimezone().date()

    def _stop_if_later(self, connection: sa.Connection, reference: str | None) -> None:
        wishes, parcels = tables.wishes, tables.parcels
        day = connection.execute(
            sa.select(wishes.c.day)
            .join(parcels, parcels.c.id == wishes.c.parcel_id)
            .where(parcels.c.reference == reference, wishes.c.withdrawn_at.is_(None), wishes.c.day > self._today())
        ).scalar()
        if day is not None:
            raise WishedLater(day)

    def note_opened(self, holder_id: UUID) -> None:
        """Record that a holder's ticket page was opened for the first time."""
        now, holders, parcels = self._clock(), tables.holders, tables.parcels
        parcel = sa.select(holders.c.parcel_id).where(holders.c.id == holder_id).scalar_subquery()
        first = sa.update(holders).where(holders.c.id == holder_id, holders.c.opened_at.is_(None))
        with self._database.writing() as connection:
            connection.execute(sa.select(parcels.c.id).where(parcels.c.id == parcel).with_for_update())
            opened = connection.execute(first.values(opened_at=now).returning(holders.c.parcel_id)).scalar()
            if opened is not None:
                record(connection, [Event(opened, EventKind.TICKET_OPENED, now, {"holder": str(holder_id)})])


def _device_named(connection: sa.Connection, device: str) -> UUID:
    devices = tables.devices
    try:
        named = devices.c.id == UUID(device)
    except ValueError:
        named = devices.c.name == device
    drivers = sa.and_(devices.c.kind == DeviceKind.DRIVER.value, devices.c.revoked_at.is_(None))
    found = connection.execute(sa.select(devices.c.id).where(named, drivers).limit(2)).scalars().all()
    if len(found) != 1:
        raise UnknownDevice(f"{'no' if not found else 'more than one'} driver's device is called {device}")
    device_id: UUID = found[0]
    return device_id


def _carriable(connection: sa.Connection, references: Sequence[str], today: date) -> dict[str, UUID]:
    """Return the parcels that can still be handed over today, in the order asked for."""
    parcels, handovers = tables.parcels, tables.handovers
    rows = connection.execute(
        sa.select(parcels.c.reference, parcels.c.id)
        .outerjoin(handovers, handovers.c.parcel_id == parcels.c.id)
        .where(parcels.c.reference.in_(references), handovers.c.parcel_id.is_(None), ~_later_than(today))
    )
    known: dict[str, UUID] = {row.reference: row.id for row in rows}
    return {reference: known[reference] for reference in references if reference in known}


def _later_than(today: date) -> sa.ColumnElement[bool]:
    """Say of a parcel that its recipient wishes a day after this one."""
    wishes = tables.wishes
    stands = sa.and_(wishes.c.parcel_id == tables.parcels.c.id, wishes.c.withdrawn_at.is_(None))
    return sa.exists().where(stands, wishes.c.day > today)


def _put(connection: sa.Connection, device_id: UUID, parcel_ids: Sequence[UUID], now: datetime) -> None:
    """Put parcels at the end of a tour; those that are on it keep their place."""
    table = tables.assignments
    own = sa.select(table.c.parcel_id, table.c.place).where(table.c.device_id == device_id)
    mine: dict[UUID, int] = {row.parcel_id: row.place for row in connection.execute(own)}
    fresh = [parcel_id for parcel_id in parcel_ids if parcel_id not in mine]
    if len(mine) + len(fresh) > LONGEST_TOUR:
        raise TourTooLong(f"a device carries at most {LONGEST_TOUR} parcels")
    if not fresh:
        return
    first = max(mine.values(), default=0) + 1
    connection.execute(sa.delete(table).where(table.c.parcel_id.in_(fresh)))
    connection.execute(
        sa.insert(table),
        [
            {"parcel_id": parcel_id, "device_id": device_id, "place": first + number, "assigned_at": now}
            for number, parcel_id in enumerate(fresh)
        ],
    )


def _carried(connection: sa.Connection, device_id: UUID, since: datetime) -> Sequence[Any]:
    table, parcels, holders, handovers = tables.assignments, tables.parcels, tables.holders, tables.handovers
    recipient = sa.and_(holders.c.parcel_id == parcels.c.id, holders.c.kind == HolderKind.RECIPIENT.value)
    return connection.execute(
        sa.select(
            *(parcels.c.id, parcels.c.reference, parcels.c.code_required, parcels.c.consignment),
            *(holders.c.id.label("holder_id"), holders.c.language),
            *(handovers.c.handed_over_at,),
        )
        .select_from(
            sa.join(table, parcels, parcels.c.id == table.c.parcel_id)
            .join(holders, recipient)
            .outerjoin(handovers, handovers.c.parcel_id == parcels.c.id)
        )
        .where(
            table.c.device_id == device_id,
            sa.or_(handovers.c.recorded_at.is_(None), handovers.c.recorded_at > since),
        )
        .order_by(table.c.place)
        .limit(LONGEST_TOUR)
    ).all()


def _digests(
    connection: sa.Connection, parcel_ids: Sequence[UUID], now: datetime, epoch: int
) -> defaultdict[UUID, list[str]]:
    codes = tables.codes
    live = sa.and_(
        *(codes.c.renewed_at.is_(None), codes.c.revoked_at.is_(None)),
        *(codes.c.expires_at > now, codes.c.epoch >= epoch),
    )
    found: defaultdict[UUID, list[str]] = defaultdict(list)
    query = sa.select(codes.c.parcel_id, codes.c.token_digest).where(codes.c.parcel_id.in_(parcel_ids), live)
    for row in connection.execute(query.order_by(codes.c.issued_at)):
        found[row.parcel_id].append(row.token_digest.hex())
    return found


def _reasons(connection: sa.Connection, parcel_ids: Sequence[UUID], device_id: UUID) -> dict[UUID, AttemptReason]:
    """Return why this device's last visit to each parcel's recipient ended, since the parcel was assigned."""
    attempts, table = tables.delivery_attempts, tables.assignments
    query = (
        sa.select(attempts.c.parcel_id, attempts.c.reason)
        .join(table, table.c.parcel_id == attempts.c.parcel_id)
        .where(
            *(attempts.c.parcel_id.in_(parcel_ids), attempts.c.device_id == device_id),
            attempts.c.recorded_at >= table.c.assigned_at,
        )
        .order_by(attempts.c.recorded_at)
    )
    return {row.parcel_id: AttemptReason(row.reason) for row in connection.execute(query)}
