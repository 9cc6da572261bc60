"""Pickup points: their shelves and hatches, and which devices stand there."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import DeviceKind, ParcelSize
from codes.store.clauses import waits
from codes.store.transaction import Transaction
from codes.tables.base import uuid7

SHELF_LABEL = "SHELF/"
"""What the label of a shelf begins with, so that no scan takes it for a parcel's."""
MOST_DAYS = 60
_SHELF_NAME = re.compile(r"[A-Z0-9][A-Z0-9-]{0,11}", re.ASCII)


class BadPoint(ValueError):
    """What was said of a pickup point or a shelf cannot be used; ``field`` is what has to be corrected."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


class PointNameTaken(BadPoint):
    """Another pickup point has this name."""

    def __init__(self, name: str) -> None:
        super().__init__("name", f"there is a pickup point {name} already")


class PointChanged(Exception):
    """Somebody else changed the pickup point since the form was drawn."""


class UnknownPoint(LookupError):
    """There is no such pickup point, shelf or device."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A shelf, or a hatch that a lock opens; ``held`` of ``room`` parcels lie there, none larger than ``size``."""

    shelf_id: UUID
    name: str
    size: ParcelSize
    room: int
    hatch: bool
    held: int


@dataclass(frozen=True, slots=True)
class PickupPoint:
    """A place where recipients collect. ``opening`` is told to them as it is written."""

    point_id: UUID
    name: str
    place: str
    opening: str
    days_kept: int
    closed_at: datetime | None = None

    @property
    def stands(self) -> str:
        """Return what a form tells of the terms that it was drawn from."""
        told = json.dumps([self.name, self.place, self.opening, self.days_kept])
        return hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class PointTerms:
    """What the house decides of a pickup point."""

    name: str
    place: str = ""
    opening: str = ""
    days_kept: int = 7

    def checked(self) -> dict[str, Any]:
        """Return the values as they are stored. Raises BadPoint."""
        name, place, opening = (" ".join(text.split()) for text in (self.name, self.place, self.opening))
        if not 1 <= len(name) <= 100:
            raise BadPoint("name", "a pickup point has a name of 1 to 100 letters")
        if len(place) > 200:
            raise BadPoint("place", "the address of a pickup point has up to 200 letters")
        if len(opening) > 300:
            raise BadPoint("opening", "opening hours are told in up to 300 letters")
        if not 1 <= self.days_kept <= MOST_DAYS:
            raise BadPoint("days_kept", f"parcels are kept for 1 to {MOST_DAYS} days")
        return {"name": name, "place": place, "opening": opening, "days_kept": self.days_kept}


def shelf_name(text: str) -> str:
    """Return a shelf's name as it is stored, from what was typed or scanned. Raises BadPoint."""
    name = "".join(text.split()).upper().removeprefix(SHELF_LABEL)
    if not _SHELF_NAME.fullmatch(name):
        raise BadPoint("name", "a shelf's name has 1 to 12 letters, digits and -")
    return name


def add_point(t: Transaction, terms: PointTerms) -> UUID:
    """Open a pickup point. Raises BadPoint, also for a name that is taken."""
    now, values = t.now, terms.checked()
    point_id = uuid7(now)
    try:
        t.connection.execute(sa.insert(tables.pickup_points).values(id=point_id, created_at=now, **values))
    except sa.exc.IntegrityError as error:
        raise PointNameTaken(values["name"]) from error
    return point_id


def change_point(t: Transaction, point_id: UUID, terms: PointTerms, stood: str | None = None) -> None:
    """Rename a point, or change what is told of it; parcels that wait keep their deadline.

    ``stood`` is what was known of it, so that nobody undoes what somebody else changed.
    Raises BadPoint, PointChanged or UnknownPoint.
    """
    table, values = tables.pickup_points, terms.checked()
    _hold(t, point_id)
    if stood is not None and (now := get_point(t, point_id)) is not None and now.stands != stood:
        raise PointChanged
    try:
        t.connection.execute(sa.update(table).where(table.c.id == point_id).values(**values))
    except sa.exc.IntegrityError as error:
        raise PointNameTaken(values["name"]) from error


def put_shelf(
    t: Transaction, point_id: UUID, name: str, *, size: ParcelSize, room: int, hatch: bool = False, closed: bool = False
) -> None:
    """Add a shelf, or change the one with this name. Raises BadPoint or UnknownPoint."""
    name = shelf_name(name)
    if not 1 <= room <= 1000:
        raise BadPoint("room", "a shelf has room for 1 to 1000 parcels")
    table, now = tables.shelves, t.now
    values = {"size": size.value, "room": room, "hatch": hatch, "closed_at": now if closed else None}
    this = sa.and_(table.c.point_id == point_id, table.c.name == name)
    _hold(t, point_id)
    if not t.connection.execute(sa.update(table).where(this).values(**values)).rowcount:
        t.connection.execute(sa.insert(table).values(id=uuid7(now), point_id=point_id, name=name, **values))


def place_device(t: Transaction, device_id: UUID, point_id: UUID | None) -> None:
    """Say at which point a counter or kiosk stands; None takes it away. Raises UnknownPoint."""
    table, devices = tables.device_points, tables.devices
    stands = (DeviceKind.COUNTER.value, DeviceKind.KIOSK.value)
    known = sa.select(devices.c.id).where(devices.c.id == device_id, devices.c.kind.in_(stands))
    if t.connection.execute(known.with_for_update()).first() is None:
        raise UnknownPoint("no counter or kiosk of this id is enrolled")
    t.connection.execute(sa.delete(table).where(table.c.device_id == device_id))
    if point_id is not None:
        _hold(t, point_id)
        t.connection.execute(sa.insert(table).values(device_id=device_id, point_id=point_id))


def point_of_device(t: Transaction, device_id: UUID) -> PickupPoint | None:
    """Return where a device stands; in a house with one point alone, that is it."""
    return point_of(t.connection, device_id)


def placed_devices(t: Transaction) -> dict[UUID, UUID]:
    """Return the point of each device that was given one."""
    table = tables.device_points
    rows = t.connection.execute(sa.select(table.c.device_id, table.c.point_id)).all()
    return {row.device_id: row.point_id for row in rows}


def list_points(t: Transaction) -> list[PickupPoint]:
    """Return all points by name."""
    rows = t.connection.execute(sa.select(tables.pickup_points).order_by(tables.pickup_points.c.name)).all()
    return [_point(row) for row in rows]


def get_point(t: Transaction, point_id: UUID) -> PickupPoint | None:
    """Return one point."""
    table = tables.pickup_points
    row = t.connection.execute(sa.select(table).where(table.c.id == point_id)).one_or_none()
    return _point(row) if row else None


def list_shelves(t: Transaction, point_id: UUID) -> list[Shelf]:
    """Return the shelves of a point that are in use, in the order of their names."""
    return shelves_of(t.connection, point_id)


def point_of(connection: sa.Connection, device_id: UUID) -> PickupPoint | None:
    """Return where a device stands; in a house with one open point alone, that is it."""
    points, placed = tables.pickup_points, tables.device_points
    given = sa.select(points).join(placed, placed.c.point_id == points.c.id).where(placed.c.device_id == device_id)
    row = connection.execute(given).one_or_none()
    if row is None:
        every = connection.execute(sa.select(points).where(points.c.closed_at.is_(None)).limit(2)).all()
        row = every[0] if len(every) == 1 else None
    return _point(row) if row else None


def keeps_boxes_alone(t: Transaction, device_id: UUID) -> bool:
    """Tell whether a device stands where parcels lie behind hatches, and nobody is there."""
    point = point_of(t.connection, device_id)
    shelves = shelves_of(t.connection, point.point_id) if point else []
    return bool(shelves) and all(shelf.hatch for shelf in shelves)


def own_point(t: Transaction, device_id: UUID) -> PickupPoint:
    """Return where a device stands. Raises UnknownPoint."""
    point = point_of_device(t, device_id)
    if point is None:
        raise UnknownPoint("this device stands at no pickup point; the office has to say at which")
    return point


def shelf_named(shelves: Sequence[Shelf], name: str) -> Shelf:
    """Return the shelf of this name, typed or scanned. Raises UnknownPoint or BadPoint."""
    wanted = shelf_name(name)
    found = next((shelf for shelf in shelves if shelf.name == wanted), None)
    if found is None:
        raise UnknownPoint(f"there is no shelf {wanted} here")
    return found


def shelves_of(connection: sa.Connection, point_id: UUID) -> list[Shelf]:
    """Return the shelves in use, with how many parcels lie there."""
    shelves, stays = tables.shelves, tables.stays
    held = (
        sa.select(stays.c.shelf_id, sa.func.count().label("held"))
        .where(stays.c.point_id == point_id, waits())
        .group_by(stays.c.shelf_id)
        .subquery()
    )
    rows = connection.execute(
        sa.select(shelves, sa.func.coalesce(held.c.held, 0).label("held"))
        .outerjoin(held, held.c.shelf_id == shelves.c.id)
        .where(shelves.c.point_id == point_id, shelves.c.closed_at.is_(None))
    ).all()
    found = [Shelf(row.id, row.name, ParcelSize(row.size), row.room, row.hatch, row.held) for row in rows]
    return sorted(found, key=lambda shelf: natural_order(shelf.name))


def propose_shelf(shelves: Sequence[Shelf], size: ParcelSize, nearby: frozenset[UUID]) -> Shelf | None:
    """Propose a shelf: where the same recipient's parcels lie, else the emptiest that is large enough. Pure.

    None if every shelf that is large enough is full.
    """
    sizes = list(ParcelSize)
    fitting = [each for each in shelves if sizes.index(each.size) >= sizes.index(size) and each.held < each.room]
    return min(
        fitting,
        key=lambda shelf: (
            shelf.shelf_id not in nearby,
            shelf.held / shelf.room,
            sizes.index(shelf.size),
            natural_order(shelf.name),
        ),
        default=None,
    )


def natural_order(name: str) -> list[tuple[int, int, str]]:
    """Sort A2 before A10."""
    pieces = re.findall(r"\d+|\D+", name)
    return [(0, int(piece), "") if piece.isdigit() else (1, 0, piece) for piece in pieces]


def _hold(t: Transaction, point_id: UUID) -> None:
    points = tables.pickup_points
    if t.connection.execute(sa.select(points.c.id).where(points.c.id == point_id).with_for_update()).first() is None:
        raise UnknownPoint("there is no such pickup point")


def _point(row: Any) -> PickupPoint:
    return PickupPoint(row.id, row.name, row.place, row.opening, row.days_kept, row.closed_at)
