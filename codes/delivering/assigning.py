"""Many parcels given to many drivers' devices at once: checked as a whole, before anything is changed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.identifiers import reference_in
from codes.model import DeviceKind
from codes.store.database import Database


class AssignmentFault(StrEnum):
    """Why a row cannot be followed."""

    BAD_REFERENCE = "bad_reference"
    TWICE = "twice"
    UNKNOWN_PARCEL = "unknown_parcel"
    HANDED_OVER = "handed_over"
    UNKNOWN_DEVICE = "unknown_device"
    SEVERAL_DEVICES = "several_devices"


@dataclass(frozen=True, slots=True)
class WantedRow:
    """One wish: this parcel on that device's tour. Rows with an ``order`` come first, in it; then those without."""

    line: int
    reference: str
    device: str
    order: int | None = None


@dataclass(frozen=True, slots=True)
class Checked:
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


def check_rows(database: Database, rows: Sequence[WantedRow]) -> Checked:
    """Say which tours the rows make, and which of them cannot be."""
    references = {row.line: reference_in(row.reference) for row in rows}
    counted = Counter(reference for reference in references.values() if reference)
    with database.reading() as connection:
        states = _states(connection, sorted(counted))
        devices = _devices(connection)
    faults: list[tuple[int, AssignmentFault]] = []
    wanted: defaultdict[UUID, list[tuple[bool, int, int, str]]] = defaultdict(list)
    for row in rows:
        reference, named = references[row.line], devices.get(row.device.strip(), [])
        fault = _fault(reference, counted, states, named)
        if fault or reference is None:
            faults.append((row.line, fault or AssignmentFault.BAD_REFERENCE))
        else:
            wanted[named[0]].append((row.order is None, row.order or 0, row.line, reference))
    return Checked({device: [each[-1] for each in sorted(some)] for device, some in wanted.items()}, faults)


def device_tours(database: Database, since: datetime) -> list[DeviceTour]:
    """Return every driver's device in use, with its tour; what was handed over before ``since`` does not count."""
    devices, assignments, handovers = tables.devices, tables.assignments, tables.handovers
    of_now = sa.or_(handovers.c.recorded_at.is_(None), handovers.c.recorded_at > since)
    on_tour = sa.and_(assignments.c.parcel_id.isnot(None), of_now)
    query = (
        sa.select(
            *(devices.c.id, devices.c.name),
            sa.func.count(sa.case((on_tour, 1))).label("carried"),
            sa.func.count(sa.case((handovers.c.recorded_at > since, 1))).label("handed_over"),
        )
        .select_from(devices)
        .outerjoin(assignments, assignments.c.device_id == devices.c.id)
        .outerjoin(handovers, handovers.c.parcel_id == assignments.c.parcel_id)
        .where(devices.c.kind == DeviceKind.DRIVER.value, devices.c.revoked_at.is_(None))
        .group_by(devices.c.id, devices.c.name)
        .order_by(devices.c.name, devices.c.id)
    )
    with database.reading() as connection:
        return [DeviceTour(*row) for row in connection.execute(query)]


def _fault(
    reference: str | None, counted: Counter[str], states: dict[str, bool], named: Sequence[UUID]
) -> AssignmentFault | None:
    if reference is None:
        return AssignmentFault.BAD_REFERENCE
    if reference not in states:
        return AssignmentFault.UNKNOWN_PARCEL
    if states[reference]:
        return AssignmentFault.HANDED_OVER
    if len(named) != 1:
        return AssignmentFault.SEVERAL_DEVICES if named else AssignmentFault.UNKNOWN_DEVICE
    return AssignmentFault.TWICE if counted[reference] > 1 else None


def _states(connection: sa.Connection, references: Sequence[str]) -> dict[str, bool]:
    """Say of each known parcel whether it was handed over."""
    parcels, handovers, together = tables.parcels, tables.handovers, 500
    states: dict[str, bool] = {}
    for start in range(0, len(references), together):
        rows = connection.execute(
            sa.select(parcels.c.reference, handovers.c.parcel_id)
            .outerjoin(handovers, handovers.c.parcel_id == parcels.c.id)
            .where(parcels.c.reference.in_(references[start : start + together]))
        )
        states |= {row.reference: row.parcel_id is not None for row in rows}
    return states


def _devices(connection: sa.Connection) -> dict[str, list[UUID]]:
    """Return the drivers' devices in use by what a file may call them: name or id."""
    devices = tables.devices
    drivers = sa.and_(devices.c.kind == DeviceKind.DRIVER.value, devices.c.revoked_at.is_(None))
    found: defaultdict[str, list[UUID]] = defaultdict(list)
    for row in connection.execute(sa.select(devices.c.id, devices.c.name).where(drivers)):
        found[row.name].append(row.id)
        found[str(row.id)].append(row.id)
    return found
