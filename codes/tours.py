"""The parcels that a device carries, and what it needs to know of them: nothing of value, name or address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.database import Database
from codes.identifiers import BadReference, normalise_reference
from codes.keyring import KeyRing
from codes.model import AttemptReason, DeviceKind, HolderKind, MessageKind
from codes.parcels import UnknownParcel
from codes.settings import CodeSettings, OfflineVerdict

LONGEST_TOUR = 1000
CODE_MAILS = (MessageKind.CODE_ISSUED.value, MessageKind.CODE_RENEWED.value)


class CodeAwaited(StrEnum):
    """Whether the code will be there, as far as anybody can know before the door."""

    OPENED = "opened"
    SENT = "sent"
    QUEUED = "queued"
    FAILED = "failed"
    NO_ADDRESS = "no_address"


class UnknownDevice(LookupError):
    """No driver's device is enrolled under this id or name, or more than one under this name."""


class TourTooLong(Exception):
    """A device carries only so many parcels at once."""


@dataclass(frozen=True, slots=True)
class TourParcel:
    """One parcel of a tour. ``digests`` are the SHA-256 of the payloads that would open it now.

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


@dataclass(frozen=True, slots=True)
class Tour:
    """What a device carries, and until when it may keep that; ``offline`` is what it shows without network."""

    parcels: tuple[TourParcel, ...]
    made_at: datetime
    valid_until: datetime
    offline: OfflineVerdict


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

    def assign(self, device: str, references: Sequence[str], *, replace: bool = False) -> Assigned:
        """Give parcels to a driver's device, named by id or name, in this order.

        ``replace`` takes its other parcels off. Raises UnknownDevice or TourTooLong.
        """
        table, now = tables.assignments, self._clock()
        with self._database.writing() as connection:
            device_id = _device_named(connection, device)
            wanted = dict.fromkeys(_plain(reference) for reference in references)
            found = _carriable(connection, [reference for reference in wanted if reference is not None])
            if replace:
                connection.execute(sa.delete(table).where(table.c.device_id == device_id))
            _put(connection, device_id, list(found.values()), now)
        refused = tuple(reference for reference in references if _plain(reference) not in found)
        return Assigned(device_id, len(found), refused)

    def load(self, device_id: UUID, reference: str) -> TourParcel:
        """Take a parcel along whose label was scanned at loading; a second time changes nothing.

        Raises UnknownParcel for one that is not known or was handed over, TourTooLong.
        """
        with self._database.writing() as connection:
            found = _carriable(connection, [plain] if (plain := _plain(reference)) else [])
            if not found:
                raise UnknownParcel(f"no parcel {reference} is to be delivered")
            ((name, parcel_id),) = found.items()
            _put(connection, device_id, [parcel_id], self._clock())
        return next(parcel for parcel in self.of(device_id).parcels if parcel.reference == name)

    def take_off(self, device_id: UUID, reference: str) -> None:
        """Take a parcel off a device's tour; one that is not on it is no error."""
        table, parcels = tables.assignments, tables.parcels
        with self._database.writing() as connection:
            which = sa.select(parcels.c.id).where(parcels.c.reference == _plain(reference)).scalar_subquery()
            connection.execute(sa.delete(table).where(table.c.device_id == device_id, table.c.parcel_id == which))

    def of(self, device_id: UUID) -> Tour:
        """Return what a device carries, in order; what was handed over in this shift stays listed."""
        now = self._clock()
        shift = timedelta(hours=self._settings.shift_hours)
        with self._database.reading() as connection:
            rows = _carried(connection, device_id, now - shift)
            ids = [row.id for row in rows]
            digests = _digests(connection, ids, now, self._ring().epoch)
            mails = _newest_mails(connection, [row.holder_id for row in rows])
            reasons = _reasons(connection, ids, device_id)
        together = {name: number for number, name in enumerate(sorted({r.consignment for r in rows if r.consignment}))}
        parcels = tuple(
            TourParcel(
                reference=row.reference,
                code_required=row.code_required,
                recipient_language=row.language,
                awaited=_awaited(row, mails.get(row.holder_id)) if row.code_required else None,
                digests=tuple(digests[row.id]) if row.handed_over_at is None else (),
                consignment=together.get(row.consignment),
                handed_over_at=row.handed_over_at,
                not_handed_over=reasons.get(row.id) if row.handed_over_at is None else None,
            )
            for row in rows
        )
        return Tour(parcels, now, now + shift, self._settings.offline)

    def note_opened(self, holder_id: UUID) -> None:
        """Record that a holder's ticket page was opened for the first time."""
        holders = tables.holders
        with self._database.writing() as connection:
            connection.execute(
                sa.update(holders)
                .where(holders.c.id == holder_id, holders.c.opened_at.is_(None))
                .values(opened_at=self._clock())
            )


def _plain(reference: str) -> str | None:
    try:
        return normalise_reference(reference)
    except BadReference:
        return None


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


def _carriable(connection: sa.Connection, references: Sequence[str]) -> dict[str, UUID]:
    """Return the parcels that can still be handed over, in the order asked for."""
    parcels, handovers = tables.parcels, tables.handovers
    rows = connection.execute(
        sa.select(parcels.c.reference, parcels.c.id)
        .outerjoin(handovers, handovers.c.parcel_id == parcels.c.id)
        .where(parcels.c.reference.in_(references), handovers.c.parcel_id.is_(None))
    )
    known: dict[str, UUID] = {row.reference: row.id for row in rows}
    return {reference: known[reference] for reference in references if reference in known}


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


def _carried(connection: sa.Connection, device_id: UUID, since: datetime) -> Sequence[sa.Row[Any]]:
    table, parcels, holders, handovers = tables.assignments, tables.parcels, tables.holders, tables.handovers
    recipient = sa.and_(holders.c.parcel_id == parcels.c.id, holders.c.kind == HolderKind.RECIPIENT.value)
    return connection.execute(
        sa.select(
            *(parcels.c.id, parcels.c.reference, parcels.c.code_required, parcels.c.consignment),
            *(holders.c.id.label("holder_id"), holders.c.language, holders.c.email.isnot(None).label("has_address")),
            *(holders.c.opened_at, handovers.c.handed_over_at),
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


def _newest_mails(connection: sa.Connection, holder_ids: Sequence[UUID]) -> dict[UUID, Any]:
    """Return the newest message with a code to each holder."""
    messages = tables.messages
    query = (
        sa.select(messages.c.holder_id, messages.c.sent_at, messages.c.failed_at)
        .where(messages.c.holder_id.in_(holder_ids), messages.c.kind.in_(CODE_MAILS))
        .order_by(messages.c.queued_at)
    )
    return {row.holder_id: row for row in connection.execute(query)}


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


def _awaited(row: Any, mail: Any) -> CodeAwaited:
    if row.opened_at is not None:
        return CodeAwaited.OPENED
    if not row.has_address:
        return CodeAwaited.NO_ADDRESS
    if mail is not None and mail.failed_at is not None:
        return CodeAwaited.FAILED
    return CodeAwaited.QUEUED if mail is not None and mail.sent_at is None else CodeAwaited.SENT
