"""Parcels found by the numbers that people write, and locked."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import Realm
from codes.values.tracking_numbers import normalise_reference, numbers_in, realm_of

NUMBERS_TOGETHER = 500


class UnknownParcel(LookupError):
    """No parcel with this reference was announced."""


def parcel_id_of(connection: sa.Connection, reference: str, *, locked: bool = False) -> UUID:
    """Return the id of the parcel that a text names, locked if asked. Raises UnknownParcel, BadReference."""
    written = normalise_reference(reference)
    parcel_id = ids_of(connection, [reference], locked=locked).get(reference)
    if parcel_id is None:
        raise UnknownParcel(f"no parcel {written} was announced")
    return parcel_id


def live_parcel_id_of(connection: sa.Connection, reference: str) -> UUID:
    """Return the id of a parcel at a device, locked. Devices are live: they know no test parcels. Raises as above."""
    if realm_of(normalise_reference(reference)) is not Realm.LIVE:
        raise UnknownParcel("test parcels are known to no device")
    return parcel_id_of(connection, reference, locked=True)


def ids_of(connection: sa.Connection, texts: Collection[str], *, locked: bool = False) -> dict[str, UUID]:
    """Return which parcel each text names, by its tracking number; what names none is left out."""
    parcels = tables.parcels
    wanted = numbers_in(texts)
    numbers = list(dict.fromkeys(wanted.values()))
    standing: dict[str, UUID] = {}
    for start in range(0, len(numbers), NUMBERS_TOGETHER):
        some = parcels.c.number.in_(numbers[start : start + NUMBERS_TOGETHER])
        if locked:
            lock_parcels(connection, some)
        for row in connection.execute(sa.select(parcels.c.number, parcels.c.id).where(some).order_by(parcels.c.id)):
            standing[row.number] = row.id
    return {text: standing[number] for text, number in wanted.items() if number in standing}


def lock_parcels(connection: sa.Connection, which: sa.ColumnElement[bool]) -> list[UUID]:
    """Lock parcels, their consignments first, in the order of their ids; returns the parcels' ids.

    Everybody locks in this order, so that nobody waits in a ring. A parcel that joined meanwhile is among them.
    """
    parcels, consignments = tables.parcels, tables.consignments
    ids = sa.select(parcels.c.consignment_id).where(which)
    of_them = sa.select(consignments.c.id).where(consignments.c.id.in_(ids)).order_by(consignments.c.id)
    connection.execute(of_them.with_for_update())
    rows = sa.select(parcels.c.id).where(which).order_by(parcels.c.consignment_id, parcels.c.id).with_for_update()
    return list(connection.execute(rows).scalars())
