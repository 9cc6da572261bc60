"""Proof files, made from the record."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import EventKind
from codes.proving.chain import ChainedEvent
from codes.proving.events import events_of
from codes.proving.proof import proof_bytes
from codes.proving.proof_name import ProofName
from codes.sealing.sealed_log import inclusion_of, sealed_position
from codes.store.parcel_rows import parcel_id_of
from codes.store.transaction import Transaction


def proof_of(t: Transaction, reference: str, *, as_sealed: bool = False) -> bytes:
    """Return a parcel's proof file, up to its newest event or to the newest that is sealed.

    Raises UnknownParcel, NotSealed or TooLong.
    """
    parcel_id, parcels = parcel_id_of(t.connection, reference), tables.parcels
    parcel = t.connection.execute(
        sa.select(parcels.c.reference, parcels.c.events).where(parcels.c.id == parcel_id)
    ).one()
    newest = sealed_position(t, parcel_id) if as_sealed else parcel.events
    checkpoint, cosignatures, place, path = inclusion_of(t, parcel_id, newest)
    events = [
        ChainedEvent(parcel_id, event.position, event.kind.value, event.at, event.facts, event.link)
        for event in events_of(t.connection, parcel_id)
    ][:newest]
    keys = _device_keys(t, events)
    return proof_bytes(events, parcel.reference, keys, checkpoint, place, path, cosignatures)


def reference_of_proof(t: Transaction, name: ProofName) -> str | None:
    """Return the tracking number of the parcel whose proof has this name; None where no event has this link."""
    events, parcels = tables.events, tables.parcels
    row = t.connection.execute(
        sa.select(events.c.link, parcels.c.reference)
        .join(parcels, parcels.c.id == events.c.parcel_id)
        .where(events.c.parcel_id == name.parcel_id, events.c.position == name.position)
    ).one_or_none()
    if row is None or not hmac.compare_digest(row.link[: len(name.link)], name.link):
        return None
    reference: str = row.reference
    return reference


def _device_keys(t: Transaction, events: Sequence[ChainedEvent]) -> dict[str, bytes]:
    """Return the public keys of the devices that presented something, by device id."""
    ids = {str(event.facts["device"]) for event in events if event.kind == EventKind.PRESENTED.value}
    devices = tables.devices
    rows = t.connection.execute(
        sa.select(devices.c.id, devices.c.public_key).where(devices.c.id.in_([UUID(each) for each in sorted(ids)]))
    )
    return {str(row.id): row.public_key for row in rows}
