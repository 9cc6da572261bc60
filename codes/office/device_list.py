"""The office's list of devices: filters that narrow each other, an order, a page of it, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from codes import tables
from codes.accounts.devices import Device, devices_with_ids
from codes.accounts.heartbeats import SILENT_AFTER
from codes.model import DeviceKind
from codes.office.names import ids_of_devices
from codes.store.clauses import Clause, paged
from codes.store.transaction import Transaction


class DeviceState(StrEnum):
    """How a device is: it may work, it may but is a kiosk that says nothing, the house stopped or blocked it."""

    IN_USE = "in_use"
    SILENT = "silent"
    OUT_OF_ORDER = "out_of_order"
    BLOCKED = "blocked"


class DeviceOrder(StrEnum):
    """What the list is sorted by."""

    NAME = "name"
    ENROLLED = "enrolled"
    SEEN = "seen"


@dataclass(frozen=True, slots=True)
class DeviceFilters:
    """What the listed devices have in common; what is empty narrows nothing."""

    search: str = ""
    kind: DeviceKind | None = None
    state: DeviceState | None = None
    depot: str = ""


def page_of_devices(
    t: Transaction,
    filters: DeviceFilters,
    *,
    order: DeviceOrder = DeviceOrder.ENROLLED,
    descending: bool = True,
    limit: int,
    offset: int = 0,
) -> list[Device]:
    """Return some of the devices that fit, in this order; one that was never seen comes as if long ago."""
    devices, signs = tables.devices, tables.device_signs
    seen_at = sa.func.coalesce(signs.c.seen_at, signs.c.called_at)
    columns: dict[DeviceOrder, list[sa.ColumnElement[Any]]] = {
        DeviceOrder.NAME: [devices.c.name, devices.c.id],
        DeviceOrder.ENROLLED: [devices.c.enrolled_at, devices.c.id],
        DeviceOrder.SEEN: [seen_at.is_not(None), seen_at, devices.c.id],
    }
    query = paged(_selected(sa.select(devices.c.id), t, filters), columns[order], descending, limit, offset)
    return devices_with_ids(t, list(t.connection.execute(query).scalars()))


def count_devices(t: Transaction, filters: DeviceFilters) -> int:
    """Return how many devices fit."""
    return int(t.connection.execute(_selected(sa.select(sa.func.count()), t, filters)).scalar_one())


def _selected(query: sa.Select[Any], t: Transaction, filters: DeviceFilters) -> sa.Select[Any]:
    devices, signs = tables.devices, tables.device_signs
    joined = sa.outerjoin(devices, signs, signs.c.device_id == devices.c.id)
    return query.select_from(joined).where(*_fitting(t, filters))


def _fitting(t: Transaction, filters: DeviceFilters) -> list[Clause]:
    devices, depots, clauses = tables.devices, tables.device_depots, list[Clause]()
    if filters.search:
        clauses.append(devices.c.id.in_(ids_of_devices(t, filters.search)))
    if filters.kind is not None:
        clauses.append(devices.c.kind == filters.kind.value)
    if filters.state is not None:
        clauses += _in_state(t, filters.state)
    if filters.depot:
        clauses.append(devices.c.id.in_(sa.select(depots.c.device_id).where(depots.c.depot == filters.depot)))
    return clauses


def _in_state(t: Transaction, state: DeviceState) -> list[Clause]:
    devices, signs = tables.devices, tables.device_signs
    if state is DeviceState.BLOCKED:
        return [devices.c.revoked_at.is_not(None)]
    in_use: list[Clause] = [devices.c.revoked_at.is_(None)]
    if state is DeviceState.SILENT:
        return [*in_use, signs.c.seen_at < t.now - SILENT_AFTER, signs.c.out_of_order_at.is_(None)]
    if state is DeviceState.OUT_OF_ORDER:
        return [*in_use, signs.c.out_of_order_at.is_not(None)]
    return in_use
