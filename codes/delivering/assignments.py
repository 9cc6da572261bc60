"""Parcels given to drivers' devices: one at loading, a list, or a file checked as a whole before anything changes."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.delivering.tours import LONGEST_TOUR, TourParcel, give_tour, shift_of
from codes.model import Realm
from codes.settings import OtherTour
from codes.store.clauses import carries, drives, in_realm, is_handed_over, is_wished
from codes.store.parcel_rows import UnknownParcel, ids_of
from codes.store.transaction import Transaction
from codes.values.tracking_numbers import normalise_reference, realm_of, reference_in


class UnknownDevice(LookupError):
    """No driver's device is enrolled under this id or name, or more than one under this name."""


class TourTooLong(Exception):
    """A device carries only so many parcels at once."""


class WishedLater(Exception):
    """The recipient wishes another day."""

    def __init__(self, day: date) -> None:
        super().__init__("its recipient wishes another day")
        self.facts = {"day": str(day)}


class OnOtherTour(Exception):
    """Another device in use carries the parcel, and the house refuses to have it taken off there at loading."""


class AssignmentFault(StrEnum):
    """Why a row cannot be followed."""

    BAD_REFERENCE = "bad_reference"
    TWICE = "twice"
    UNKNOWN_PARCEL = "unknown_parcel"
    HANDED_OVER = "handed_over"
    ENDED = "ended"
    UNKNOWN_DEVICE = "unknown_device"
    SEVERAL_DEVICES = "several_devices"


@dataclass(frozen=True, slots=True)
class Assigned:
    """What came of an assignment; parcels that are not known or handed over are named, not assigned."""

    device_id: UUID
    assigned: int
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WantedRow:
    """One wish: this parcel on that device's tour. Rows with an ``order`` come first, in it; then those without."""

    line: int
    reference: str
    device: str
    order: int | None = None


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """The tours that the rows ask for, by device, and what is wrong with which line."""

    tours: dict[UUID, list[str]]
    faults: list[tuple[int, AssignmentFault]]


@dataclass(frozen=True, slots=True)
class DeviceTour:
    """A driver's device, and how far its tour has come."""

    device_id: UUID
    name: str
    carried: int
    handed_over: int


def assign(
    t: Transaction, device: str, references: Sequence[str], *, replace: bool = False, realm: Realm = Realm.LIVE
) -> Assigned:
    """Give parcels to a driver's device, named by id or name, in this order.

    ``replace`` takes its other parcels of this realm off. Test parcels are noted for whoever tries the calls, and shown
    to no device. Raises UnknownDevice or TourTooLong.
    """
    table = tables.assignments
    device_id = _device_named(t, device)
    found = _carriable(t, references, t.today, realm)
    carried = list(dict.fromkeys(found.values()))
    if replace:
        parcels = tables.parcels
        theirs = sa.exists().where(parcels.c.id == table.c.parcel_id, in_realm(realm))
        t.connection.execute(sa.delete(table).where(table.c.device_id == device_id, theirs))
    _put(t, device_id, carried)
    return Assigned(device_id, len(carried), tuple(each for each in references if each not in found))


def load(t: Transaction, device_id: UUID, reference: str) -> TourParcel:
    """Take a parcel along whose label was scanned at loading; a second time changes nothing.

    Raises UnknownParcel for one that is not known or was handed over, WishedLater, TourTooLong, and OnOtherTour where
    the house leaves it to the office to move what another device carries.
    """
    parcel_id = _carriable(t, [reference], t.today, Realm.LIVE).get(reference)
    if parcel_id is None:
        _stop_if_later(t, reference)
        raise UnknownParcel("no parcel with this number is to be delivered")
    t.lock_parcel(parcel_id)
    moved = _is_on_other_tour(t, device_id, parcel_id)
    if moved and t.settings.other_tour is OtherTour.REFUSE:
        raise OnOtherTour("another device carries this parcel; the office has to move it")
    _put(t, device_id, [parcel_id])
    carried = give_tour(t, device_id).parcels
    return dataclasses.replace(next(parcel for parcel in carried if parcel.parcel_id == parcel_id), other_tour=moved)


def take_off(t: Transaction, device_id: UUID, reference: str) -> None:
    """Take a parcel off a device's tour; one that is not on it is no error."""
    table, which = tables.assignments, ids_of(t.connection, [reference]).get(reference)
    t.connection.execute(sa.delete(table).where(table.c.device_id == device_id, table.c.parcel_id == which))


def follow_rows(t: Transaction, rows: Sequence[WantedRow], *, replace: bool = False, dry: bool = False) -> CheckedRow:
    """Load the tours that the rows make, as a whole or, with any fault or on a dry run, not at all.

    Raises TourTooLong, of whichever of the tours; then none is loaded.
    """
    checked = _check(t, rows)
    if not checked.faults and not dry:
        for device_id, references in checked.tours.items():
            assign(t, str(device_id), references, replace=replace)
    return checked


def device_tours(t: Transaction) -> list[DeviceTour]:
    """Return every driver's device in use, with its tour; what was handed over before this shift does not count."""
    since = t.now - shift_of(t.settings)
    devices, assignments, handovers = tables.devices, tables.assignments, tables.handovers
    of_now = sa.or_(handovers.c.recorded_at.is_(None), handovers.c.recorded_at > since)
    on_tour = sa.and_(assignments.c.parcel_id.isnot(None), of_now)
    is_live = sa.exists().where(tables.parcels.c.id == assignments.c.parcel_id, in_realm(Realm.LIVE))
    query = (
        sa.select(
            devices.c.id,
            devices.c.name,
            sa.func.count(sa.case((on_tour, 1))).label("carried"),
            sa.func.count(sa.case((handovers.c.recorded_at > since, 1))).label("handed_over"),
        )
        .select_from(devices)
        .outerjoin(assignments, sa.and_(assignments.c.device_id == devices.c.id, is_live))
        .outerjoin(handovers, handovers.c.parcel_id == assignments.c.parcel_id)
        .where(drives())
        .group_by(devices.c.id, devices.c.name)
        .order_by(devices.c.name, devices.c.id)
    )
    return [DeviceTour(*row) for row in t.connection.execute(query)]


def _check(t: Transaction, rows: Sequence[WantedRow]) -> CheckedRow:
    """Say which tours the rows make, and which of them cannot be."""
    parcels = {
        reference: parcel_id
        for reference, parcel_id in ids_of(t.connection, {row.reference for row in rows}).items()
        if realm_of(normalise_reference(reference)) is Realm.LIVE
    }
    gone = _gone(t, list(parcels.values()))
    devices = _devices(t)
    counted = Counter(parcels.get(row.reference) for row in rows)
    faults: list[tuple[int, AssignmentFault]] = []
    wanted: defaultdict[UUID, list[tuple[bool, int, int, str]]] = defaultdict(list)
    for row in rows:
        parcel_id, named = parcels.get(row.reference), devices.get(row.device.strip(), [])
        if reference_in(row.reference) is None:
            faults.append((row.line, AssignmentFault.BAD_REFERENCE))
        elif fault := _fault(parcel_id, counted, gone, named):
            faults.append((row.line, fault))
        else:
            wanted[named[0]].append((row.order is None, row.order or 0, row.line, row.reference))
    return CheckedRow({device: [each[-1] for each in sorted(some)] for device, some in wanted.items()}, faults)


def _fault(
    parcel_id: UUID | None, counted: Counter[UUID | None], gone: Mapping[UUID, AssignmentFault], named: Sequence[UUID]
) -> AssignmentFault | None:
    if parcel_id is None:
        return AssignmentFault.UNKNOWN_PARCEL
    if parcel_id in gone:
        return gone[parcel_id]
    if len(named) != 1:
        return AssignmentFault.SEVERAL_DEVICES if named else AssignmentFault.UNKNOWN_DEVICE
    return AssignmentFault.TWICE if counted[parcel_id] > 1 else None


def _gone(t: Transaction, parcel_ids: Sequence[UUID]) -> dict[UUID, AssignmentFault]:
    """Return those of these parcels that are not to be carried any more, and why."""
    parcels, together = tables.parcels, 500
    handed_over = is_handed_over(parcels.c.id).label("handed_over")
    query = sa.select(parcels.c.id, handed_over).where(sa.or_(handed_over, parcels.c.ended_at.is_not(None)))
    found: dict[UUID, AssignmentFault] = {}
    for start in range(0, len(parcel_ids), together):
        some = parcels.c.id.in_(parcel_ids[start : start + together])
        for row in t.connection.execute(query.where(some)):
            found[row.id] = AssignmentFault.HANDED_OVER if row.handed_over else AssignmentFault.ENDED
    return found


def _devices(t: Transaction) -> dict[str, list[UUID]]:
    """Return the drivers' devices in use by what a file may call them: name or id."""
    devices = tables.devices
    found: defaultdict[str, list[UUID]] = defaultdict(list)
    for row in t.connection.execute(sa.select(devices.c.id, devices.c.name).where(drives())):
        found[row.name].append(row.id)
        found[str(row.id)].append(row.id)
    return found


def _stop_if_later(t: Transaction, reference: str) -> None:
    wishes, parcels = tables.wishes, tables.parcels
    parcel_id = ids_of(t.connection, [reference]).get(reference)
    wished = sa.select(wishes.c.day).join(parcels, is_wished())
    day = t.connection.execute(wished.where(parcels.c.id == parcel_id, wishes.c.day > t.today)).scalar()
    if day is not None:
        raise WishedLater(day)


def _is_on_other_tour(t: Transaction, device_id: UUID, parcel_id: UUID) -> bool:
    """Tell whether another device carries a parcel."""
    table, devices = tables.assignments, tables.devices
    query = sa.select(devices.c.id).join(table, carries())
    theirs = sa.and_(table.c.parcel_id == parcel_id, devices.c.id != device_id)
    return t.connection.execute(query.where(theirs)).first() is not None


def _device_named(t: Transaction, device: str) -> UUID:
    devices = tables.devices
    try:
        named = devices.c.id == UUID(device)
    except ValueError:
        named = devices.c.name == device
    found = t.connection.execute(sa.select(devices.c.id).where(named, drives()).limit(2)).scalars().all()
    if len(found) != 1:
        raise UnknownDevice(f"{'no' if not found else 'more than one'} driver's device is called {device}")
    device_id: UUID = found[0]
    return device_id


def _carriable(t: Transaction, references: Sequence[str], today: date, realm: Realm) -> dict[str, UUID]:
    """Return the parcels of a realm that can still be handed over today, in the order asked for."""
    parcels, handovers = tables.parcels, tables.handovers
    named = ids_of(t.connection, references)
    rows = t.connection.execute(
        sa.select(parcels.c.id)
        .outerjoin(handovers, handovers.c.parcel_id == parcels.c.id)
        .where(parcels.c.id.in_(named.values()), in_realm(realm))
        .where(handovers.c.parcel_id.is_(None), parcels.c.ended_at.is_(None), ~_later_than(today))
    )
    known = set(rows.scalars())
    return {reference: parcel_id for reference, parcel_id in named.items() if parcel_id in known}


def _later_than(today: date) -> sa.ColumnElement[bool]:
    """Say of a parcel that its recipient wishes a day after this one."""
    wishes = tables.wishes
    return sa.exists().where(is_wished(), wishes.c.day > today).correlate_except(wishes)


def _put(t: Transaction, device_id: UUID, parcel_ids: Sequence[UUID]) -> None:
    """Put parcels at the end of a tour; those that are on it keep their place. Each realm has its own room on it."""
    table, parcels = tables.assignments, tables.parcels
    own = sa.select(table.c.parcel_id, table.c.place).where(table.c.device_id == device_id)
    mine: dict[UUID, int] = {row.parcel_id: row.place for row in t.connection.execute(own)}
    fresh = [parcel_id for parcel_id in parcel_ids if parcel_id not in mine]
    if not fresh:
        return
    references = sa.select(parcels.c.reference).where(parcels.c.id.in_([*mine, *fresh]))
    carried = Counter(realm_of(reference) for reference in t.connection.execute(references).scalars())
    if max(carried.values()) > LONGEST_TOUR:
        raise TourTooLong(f"a device carries at most {LONGEST_TOUR} parcels")
    first = max(mine.values(), default=0) + 1
    t.connection.execute(sa.delete(table).where(table.c.parcel_id.in_(fresh)))
    t.connection.execute(
        sa.insert(table),
        [
            {"parcel_id": parcel_id, "device_id": device_id, "place": first + number, "assigned_at": t.now}
            for number, parcel_id in enumerate(fresh)
        ],
    )
