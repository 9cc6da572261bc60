"""At the counter: a code is shown, and the parcels that it opens are told with their shelves. Nothing is released.

A right code leaves no trace here; handing over is another call, which decides again. A wrong one is charged and
recorded as every presentation is, and learns nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import CodeFacts, DeviceKind, HolderKind, InHand, InHandBy, LockedBy, Outcome, ParcelSize
from codes.pickup.points import point_of_device
from codes.store.clauses import may_receive, recipient_of_parcel, waits
from codes.store.transaction import Transaction
from codes.values.folding import fold, fold_address
from codes.verification.decision import decide
from codes.verification.facts import Decision, Rules, VerificationFacts
from codes.verification.presentation import NoSuchName, ParcelMissing, Presentation, Presented
from codes.verification.reading_facts import read_facts
from codes.verification.recording import BatchWriter

MOST = 50
SAYS_NOTHING = frozenset({Outcome.WRONG_CODE, Outcome.UNKNOWN_SYMBOL, Outcome.LOCKED, Outcome.CODE_NOT_REQUIRED})


@dataclass(frozen=True, slots=True)
class WaitingParcel:
    """A parcel to fetch. Without a shelf it was put on none; ``elsewhere`` names another point where it waits."""

    reference: str
    outcome: Outcome
    shelf: str | None = None
    hatch: bool = False
    size: ParcelSize | None = None
    elsewhere: str | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """What a code opens here. For anything but a right code there is the outcome alone.

    ``others`` counts parcels for the same address that wait here under codes of their own.
    """

    outcome: Outcome
    parcels: tuple[WaitingParcel, ...] = ()
    holder_kind: HolderKind | None = None
    holder: str | None = None
    recipient: str | None = None
    recipient_language: str | None = None
    handed_over: int = 0
    of: int = 0
    others: int = 0
    newer_sent_at: datetime | None = None
    handed_over_at: datetime | None = None
    locked_by: LockedBy | None = None
    place: str | None = None


def collect(t: Transaction, presentation: Presentation) -> Collection:
    """Tell which parcels wait here for the holder of this code. Raises PresentationRefused.

    The signature is checked before, where there is no transaction yet.
    """
    presented, rules, is_named = Presented.of(presentation), Rules(t.ring, t.settings), True
    if presented.digits is not None and not presented.in_hand:
        if not presentation.name:
            raise ParcelMissing("digits need a name or a tracking number")
        named = _references_by_name(t, presentation.device_id, presentation.name)
        presented = replace(presented, in_hand=tuple(InHand(reference, InHandBy.CHOICE) for reference in named))
        is_named = bool(named)
    facts = read_facts(t.connection, [presented], t.now)
    decision = decide(facts, presented, t.now, rules)
    is_counter = facts.devices[presentation.device_id].kind is DeviceKind.COUNTER
    if is_counter and not is_named and decision.answer.outcome is Outcome.WRONG_CODE and decision.repeated is None:
        # Staff see what lies here anyway. At a kiosk nobody is told who is waited for: there the code is wrong.
        raise NoSuchName("nobody of this name is waited for here")
    if decision.repeated is not None:
        return _refused(decision)
    if decision.code is None or decision.answer.outcome not in (Outcome.ACCEPTED, Outcome.NOT_HERE):
        writer = BatchWriter(facts, rules, t.now)
        writer.record(decision)
        writer.write(t.connection)
        return _refused(decision)
    return _collection(t, facts, decision, decision.code)


def _collection(t: Transaction, facts: VerificationFacts, decision: Decision, code: CodeFacts) -> Collection:
    answer, holders = decision.answer, tables.holders.c
    by_reference = {parcel.reference: parcel for parcel in facts.parcels.values()}
    ids = {each.reference: by_reference[each.reference].parcel_id for each in answer.parcels}
    stays = _stays(t.connection, list(ids.values()))
    device = facts.devices[decision.presentation.device_id]
    point_id = device.point.point_id if device.point else None
    people = {
        row.id: row
        for row in t.connection.execute(
            sa.select(holders.id, holders.name, holders.email).where(
                holders.id.in_([code.holder_id, facts.consignments[code.consignment_id].recipient_id])
            )
        )
    }
    recipient = people[facts.consignments[code.consignment_id].recipient_id]
    is_own = code.holder_kind is HolderKind.RECIPIENT
    return Collection(
        outcome=answer.outcome,
        parcels=tuple(
            _waiting(each.reference, each.outcome, stays.get(ids[each.reference]), point_id) for each in answer.parcels
        ),
        holder_kind=code.holder_kind,
        holder=people[code.holder_id].name,
        recipient=recipient.name,
        recipient_language=answer.recipient_language,
        handed_over=answer.handed_over,
        of=answer.of,
        place=answer.details.place,
        others=_others(t.connection, point_id, recipient.email, code.consignment_id) if is_own else 0,
    )


def _refused(decision: Decision) -> Collection:
    """Say no more than the outcome. Whose code was right learns the little that a presentation tells them, too."""
    answer = decision.answer
    return Collection(
        answer.outcome,
        recipient_language=None if answer.outcome in SAYS_NOTHING else answer.recipient_language,
        newer_sent_at=answer.details.newer_sent_at,
        handed_over_at=answer.details.handed_over_at,
        locked_by=answer.details.locked_by,
        place=answer.details.place,
    )


def _waiting(reference: str, outcome: Outcome, stay: Any, point_id: UUID | None) -> WaitingParcel:
    if stay is None:
        return WaitingParcel(reference, outcome)
    if stay.point_id != point_id:
        return WaitingParcel(reference, outcome, elsewhere=stay.point)
    return WaitingParcel(reference, outcome, stay.shelf, bool(stay.hatch), ParcelSize(stay.size))


def _references_by_name(t: Transaction, device_id: UUID, name: str) -> list[str]:
    """Return the parcels that wait here and name somebody so. The name alone opens nothing: digits are compared."""
    parcels, holders, stays = tables.parcels.c, tables.holders.c, tables.stays.c
    point, connection = point_of_device(t, device_id), t.connection
    joined = sa.join(tables.parcels, tables.stays, stays.parcel_id == parcels.id)
    joined = joined.join(tables.holders, holders.consignment_id == parcels.consignment_id)
    rows = connection.execute(
        sa.select(parcels.reference, holders.name)
        .select_from(joined)
        .where(stays.point_id == (point.point_id if point else None), waits(), parcels.code_required)
        .where(holders.withdrawn_at.is_(None), holders.name.is_not(None), may_receive())
        .order_by(stays.arrived_at)
    )
    wanted = fold(name)
    return list(dict.fromkeys(row.reference for row in rows if fold(row.name) == wanted))[:MOST]


def _stays(connection: sa.Connection, parcel_ids: Sequence[UUID]) -> dict[UUID, Any]:
    stays, shelves, points = tables.stays, tables.shelves, tables.pickup_points
    rows = connection.execute(
        sa.select(stays.c.parcel_id, stays.c.point_id, stays.c.size, points.c.name.label("point"))
        .add_columns(shelves.c.name.label("shelf"), shelves.c.hatch)
        .join(points, points.c.id == stays.c.point_id)
        .outerjoin(shelves, shelves.c.id == stays.c.shelf_id)
        .where(stays.c.parcel_id.in_(parcel_ids), waits())
    ).all()
    return {row.parcel_id: row for row in rows}


def _others(connection: sa.Connection, point_id: UUID | None, email: str | None, but: UUID) -> int:
    """Count the parcels that wait here for the same address in other consignments."""
    holders, parcels, stays = tables.holders.c, tables.parcels.c, tables.stays.c
    if email is None:
        return 0
    joined = sa.join(tables.stays, tables.parcels, parcels.id == stays.parcel_id)
    joined = joined.join(tables.holders, recipient_of_parcel())
    query = (
        sa.select(sa.func.count())
        .select_from(joined)
        .where(
            holders.email_folded == fold_address(email),
            stays.point_id == point_id,
            waits(),
            parcels.consignment_id != but,
        )
    )
    return int(connection.execute(query).scalar_one())
