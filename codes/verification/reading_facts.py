"""What a batch of presentations is decided by is read here, and nowhere else: under lock, in a fixed order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import CodeFacts, Destination, DeviceKind, HolderKind, Realm
from codes.pickup.points import point_of, shelves_of
from codes.proving.events import Head
from codes.store.clauses import carries, is_wished
from codes.store.statements import among, fetch, found_by
from codes.values.tracking_numbers import numbers_in
from codes.verification.facts import (
    ConsignmentFacts,
    DeviceFacts,
    Grant,
    HandoverFacts,
    ParcelFacts,
    PointFacts,
    PriorAnswer,
    StayFacts,
    VerificationFacts,
)
from codes.verification.presentation import Presented


def read_facts(
    connection: sa.Connection, batch: Sequence[Presented], now: datetime, realm: Realm = Realm.LIVE
) -> VerificationFacts:
    """Lock and read everything that bears on these presentations: what is in hand, and what is opened by payloads.

    Consignments are locked before their parcels, both in the order of their ids, and devices after them, so that two
    transactions never wait for each other in a ring. What hangs on a locked row is read after it was locked.
    """
    facts, dialect = VerificationFacts(), connection.dialect.name
    labels = numbers_in(item.reference for each in batch for item in each.in_hand)
    digests = list({each.digest for each in batch if each.digest is not None})
    wanted: Mapping[str, Any] = {"numbers": list(set(labels.values())), "digests": digests}
    may_spend = any(each.digits is not None for each in batch)
    locked, holders, handovers, devices, prior = fetch(
        connection,
        (locked_parcels(dialect, realm), wanted),
        (holders_with_codes(dialect), wanted),
        (handovers_and_tours(dialect), wanted),
        (held_devices(dialect, alone=may_spend), {"devices": list({each.presentation.device_id for each in batch})}),
        (prior_answers(dialect), {"presentations": [each.presentation.presentation_id for each in batch]}),
    )
    _enter_parcels(facts, labels, locked, handovers)
    _enter_consignments(connection, facts, locked, holders)
    _enter_devices(facts, devices, now.date())
    facts.prior = {row.presentation_id: PriorAnswer(row.key_id, row.content_mac, row.answer) for row in prior}
    if any(device.kind is not DeviceKind.DRIVER for device in facts.devices.values()):
        _read_places(connection, facts)
    if any(each.presentation.offline for each in batch):
        _read_grants(connection, facts, digests)
    return facts


def read_labels(
    connection: sa.Connection, device_id: UUID, labels: Mapping[str, str], now: datetime
) -> VerificationFacts:
    """Read what bears on labels of which a device asks: the parcel under the number of each, and where it stands."""
    facts, dialect = VerificationFacts(), connection.dialect.name
    wanted: Mapping[str, Any] = {"numbers": list(dict.fromkeys(labels.values())), "digests": []}
    locked, handovers, devices = fetch(
        connection,
        (locked_parcels(dialect), wanted),
        (handovers_and_tours(dialect), wanted),
        (held_devices(dialect, alone=False), {"devices": [device_id]}),
    )
    _enter_parcels(facts, labels, locked, handovers)
    _enter_devices(facts, devices, now.date())
    if any(device.kind is not DeviceKind.DRIVER for device in facts.devices.values()):
        _read_places(connection, facts)
    return facts


def code_facts(row: Any) -> CodeFacts:
    """Read a code from a row that names its id ``code_id`` and its holder's kind ``kind``."""
    return CodeFacts(
        code_id=row.code_id,
        consignment_id=row.consignment_id,
        holder_id=row.holder_id,
        holder_kind=HolderKind(row.kind),
        key_id=row.key_id,
        epoch=row.epoch,
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        renewed_at=row.renewed_at,
        revoked_at=row.revoked_at,
    )


def _enter_parcels(
    facts: VerificationFacts, labels: Mapping[str, str], locked: Sequence[Any], handovers: Sequence[Any]
) -> None:
    """Enter the locked parcels, the heads of their chains, and which of them each label in hand names."""
    by_number: dict[str, UUID] = {}
    later = {row.id: row for row in handovers}
    for row in locked:
        by_number[row.number] = row.id
        facts.heads[row.id] = Head(row.events, row.head)
        facts.parcels[row.id] = ParcelFacts(
            parcel_id=row.id,
            reference=row.reference,
            consignment_id=row.consignment_id,
            code_required=row.code_required,
            is_blocked=row.blocked_at is not None,
            is_out_for_delivery=row.out_for_delivery_at is not None,
            handover=_handover(later[row.id]),
            tour=later[row.id].tour,
            for_point=row.destination == Destination.PICKUP_POINT,
        )
    facts.by_label = {label: by_number[number] for label, number in labels.items() if number in by_number}


def _handover(row: Any) -> HandoverFacts | None:
    """Read the handover of a row of `handovers_and_tours`, if there was one."""
    if row.handed_over_at is None:
        return None
    return HandoverFacts(row.handed_over_at, row.match_number, row.presentation_id, row.code_id, row.device_id)


def _enter_consignments(
    connection: sa.Connection, facts: VerificationFacts, locked: Sequence[Any], holders: Sequence[Any]
) -> None:
    """Enter each consignment with its parcels, its codes and whom they are for; rows of codes come newest first."""
    rows: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in holders:
        rows[row.consignment_id].append(row)
    named = _named_for(connection, [row.holder_id for row in holders if row.kind == HolderKind.DELEGATE])
    parcels: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in locked:
        parcels[row.consignment_id].append(row)
    for consignment_id, own in parcels.items():
        recipient = next(row for row in rows[consignment_id] if row.kind == HolderKind.RECIPIENT)
        codes = {row.token_digest: code_facts(row) for row in rows[consignment_id] if row.code_id is not None}
        facts.code_by_digest.update(codes)
        facts.consignments[consignment_id] = ConsignmentFacts(
            consignment_id=consignment_id,
            recipient_id=recipient.holder_id,
            recipient_language=recipient.language,
            wrong_digits=own[0].wrong_digits,
            parcels=tuple(row.id for row in own),
            codes=tuple(codes.values()),
            named={row.holder_id: named[row.holder_id] for row in rows[consignment_id] if row.holder_id in named},
            languages={row.holder_id: row.language for row in rows[consignment_id]},
        )


def _named_for(connection: sa.Connection, holders: Sequence[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Return which parcels delegates were named for."""
    named: defaultdict[UUID, set[UUID]] = defaultdict(set)
    if holders:
        table = tables.delegate_parcels
        for row in connection.execute(sa.select(table).where(table.c.holder_id.in_(holders))):
            named[row.holder_id].add(row.parcel_id)
    return {holder_id: frozenset(parcels) for holder_id, parcels in named.items()}


def _enter_devices(facts: VerificationFacts, rows: Sequence[Any], today: date) -> None:
    """Enter the devices; wrong digits of another day count no more."""
    for row in rows:
        facts.devices[row.id] = DeviceFacts(
            device_id=row.id,
            kind=DeviceKind(row.kind),
            is_revoked=row.revoked_at is not None,
            is_out_of_order=row.out_of_order_at is not None,
            wrong_digits=row.wrong_digits if row.wrong_digits_on == today else 0,
        )


def _read_places(connection: sa.Connection, facts: VerificationFacts) -> None:
    """Read where counters and kiosks stand, and where the parcels lie or are awaited."""
    for device_id, device in facts.devices.items():
        if device.kind is not DeviceKind.DRIVER and (point := point_of(connection, device_id)) is not None:
            point_facts = PointFacts(point.point_id, keeps_shelves=bool(shelves_of(connection, point.point_id)))
            facts.devices[device_id] = replace(device, point=point_facts)
    parcels, stays, points, wishes = tables.parcels.c, tables.stays.c, tables.pickup_points.c, tables.wishes.c
    lies = sa.and_(stays.parcel_id == parcels.id, stays.returned_at.is_(None))
    joined = (
        sa.outerjoin(tables.parcels, tables.stays, lies)
        .outerjoin(tables.pickup_points, points.id == stays.point_id)
        .outerjoin(tables.wishes, is_wished())
    )
    columns = (
        parcels.id,
        stays.point_id.label("stays_at"),
        points.name.label("point"),
        wishes.point_id.label("wished"),
    )
    query = sa.select(*columns).select_from(joined).where(parcels.id.in_(facts.parcels))
    for row in connection.execute(query):
        stay = StayFacts(row.stays_at, row.point) if row.stays_at is not None else None
        facts.parcels[row.id] = replace(facts.parcels[row.id], stay=stay, point_id=row.wished)


def _read_grants(connection: sa.Connection, facts: VerificationFacts, digests: Sequence[bytes]) -> None:
    """Read since when, and until when, these devices carried the tokens that are shown."""
    table = tables.granted_tokens
    mine = sa.and_(table.c.device_id.in_(facts.devices), table.c.token_digest.in_(digests))
    for row in connection.execute(sa.select(table).where(mine)):
        facts.grants[row.device_id, row.parcel_id, row.token_digest] = Grant(row.given_at, row.withdrawn_at)


def _wanted(dialect: str) -> sa.CompoundSelect[Any]:
    """Select the consignments in hand, and those whose payloads were presented."""
    parcels, codes = tables.parcels.alias("in_hand").c, tables.codes.alias("presented").c
    return sa.union_all(
        sa.select(parcels.consignment_id).where(among(dialect, parcels.number, "numbers")),
        sa.select(codes.consignment_id).where(among(dialect, codes.token_digest, "digests")),
    )


@cache
def locked_parcels(dialect: str, realm: Realm = Realm.LIVE) -> sa.Select[Any]:
    """Lock the consignments that are meant with all their parcels, in the order of their ids."""
    consignments, parcels = tables.consignments.c, tables.parcels.c
    columns = (
        parcels.id,
        parcels.consignment_id,
        parcels.reference,
        parcels.number,
        parcels.code_required,
        parcels.destination,
        parcels.blocked_at,
        parcels.out_for_delivery_at,
        parcels.events,
        parcels.head,
        consignments.wrong_digits,
    )
    # Devices are live: no test parcel is ever found by one, and no live one by the sandbox.
    found = sa.and_(found_by(dialect, consignments.id, _wanted(dialect)), consignments.realm == realm.value)
    joined = sa.join(tables.consignments, tables.parcels, parcels.consignment_id == consignments.id)
    query = sa.select(*columns).select_from(joined).where(found)
    return query.order_by(consignments.id, parcels.id).with_for_update()


@cache
def holders_with_codes(dialect: str) -> sa.Select[Any]:
    """Select who of these consignments may receive, with every code that each ever had."""
    holders, codes = tables.holders.c, tables.codes.c
    # The codes are found by their consignment, whose index is there, and not by their holder.
    of_holder = sa.and_(codes.consignment_id == holders.consignment_id, codes.holder_id == holders.id)
    columns = (
        holders.consignment_id,
        holders.id.label("holder_id"),
        holders.kind,
        holders.language,
        codes.id.label("code_id"),
        codes.key_id,
        codes.epoch,
        codes.token_digest,
        codes.issued_at,
        codes.expires_at,
        codes.renewed_at,
        codes.revoked_at,
    )
    joined = sa.outerjoin(tables.holders, tables.codes, of_holder)
    query = sa.select(*columns).select_from(joined).where(found_by(dialect, holders.consignment_id, _wanted(dialect)))
    return query.order_by(holders.consignment_id, codes.issued_at.desc())


@cache
def handovers_and_tours(dialect: str) -> sa.Select[Any]:
    """Select for each of their parcels how it was handed over, and which device carries it."""
    parcels, handovers, assignments = tables.parcels.c, tables.handovers.c, tables.assignments.c
    columns = (
        parcels.id,
        handovers.handed_over_at,
        handovers.match_number,
        handovers.presentation_id,
        handovers.code_id,
        handovers.device_id,
        tables.devices.c.id.label("tour"),
    )
    joined = sa.outerjoin(tables.parcels, tables.handovers, handovers.parcel_id == parcels.id)
    joined = joined.outerjoin(tables.assignments, assignments.parcel_id == parcels.id)
    joined = joined.outerjoin(tables.devices, carries())
    return sa.select(*columns).select_from(joined).where(found_by(dialect, parcels.consignment_id, _wanted(dialect)))


@cache
def held_devices(dialect: str, *, alone: bool) -> sa.Select[Any]:
    """Hold devices against revocation, and alone where their count of wrong digits may change."""
    devices, signs = tables.devices.c, tables.device_signs.c
    columns = (
        devices.id,
        devices.kind,
        devices.revoked_at,
        devices.wrong_digits,
        devices.wrong_digits_on,
        signs.out_of_order_at,
    )
    joined = sa.outerjoin(tables.devices, tables.device_signs, signs.device_id == devices.id)
    query = sa.select(*columns).select_from(joined).where(among(dialect, devices.id, "devices"))
    return query.order_by(devices.id).with_for_update(read=not alone, of=tables.devices)


@cache
def prior_answers(dialect: str) -> sa.Select[Any]:
    """Select what was recorded under these presentations' ids before."""
    table = tables.verifications.c
    query = sa.select(table.presentation_id, table.key_id, table.content_mac, table.answer)
    return query.where(among(dialect, table.presentation_id, "presentations"))
