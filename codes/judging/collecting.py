"""At the counter: a code is shown, and the parcels that it opens are told with their shelves. Nothing is released.

A right code leaves no trace here; handing over is another call, which judges again. A wrong one is charged and
recorded as every presentation is, and learns nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.devices import Devices
from codes.judgement import Presented
from codes.judging.ledger import Ledger, open_ledger
from codes.judging.presentation import Presentation, verify_signature
from codes.judging.presenting import DeviceRevoked, Judging, ParcelMissing, PresentationRefused, Reading, counted
from codes.judging.recording import Journal
from codes.model import (
    Answer,
    DeviceKind,
    HolderKind,
    InHand,
    InHandBy,
    LockedBy,
    Outcome,
    ParcelSize,
)
from codes.parcels import waits
from codes.pickup.points import point_of
from codes.store.database import Database
from codes.store.runner import run

MOST = 50
SAYS_NOTHING = frozenset({Outcome.WRONG_CODE, Outcome.UNKNOWN_SYMBOL, Outcome.LOCKED, Outcome.CODE_NOT_REQUIRED})


class NotAtCounter(PresentationRefused):
    """Only counters and kiosks are told what waits."""


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


class Collecting:
    """Tells a counter or kiosk what to fetch for a code."""

    def __init__(
        self, database: Database, devices: Devices, judging: Callable[[], Judging], clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._devices = devices
        self._judging = judging
        self._clock = clock

    def list(self, presentation: Presentation) -> Collection:
        """Tell which parcels wait here for the holder of this code. Raises BadSignature or PresentationRefused."""
        verify_signature(self._devices.key_of(presentation.device_id), presentation)
        now, judging = self._clock(), self._judging()
        return self._database.transact(lambda connection: _list(connection, judging, presentation, now))


def _list(connection: sa.Connection, judging: Judging, presentation: Presentation, now: datetime) -> Collection:
    point = point_of(connection, presentation.device_id)
    point_id = point.point_id if point else None
    reading = Reading.of(presentation)
    if reading.digits is not None and not reading.in_hand:
        if not presentation.name:
            raise ParcelMissing("digits need a name or a tracking number")
        named = _references_by_name(connection, point_id, presentation.name)
        reading = replace(reading, in_hand=tuple(InHand(reference, InHandBy.CHOICE) for reference in named))
    asked = reading.references
    digests = [reading.digest] if reading.digest is not None else []
    siblings = _siblings(connection, point_id, asked, digests)
    device = {presentation.device_id: reading.digits is not None}
    steps = open_ledger([*asked, *siblings], digests, device, [presentation.presentation_id])
    ledger = run(connection, steps)
    matched, answer = _judge(ledger, judging, reading, siblings, now)
    if presentation.presentation_id in ledger.earlier:
        return _refused(judging.repeat(ledger.earlier[presentation.presentation_id], presentation))
    accepted = [each for each in answer.parcels if each.outcome in (Outcome.ACCEPTED, Outcome.CODE_NOT_REQUIRED)]
    if matched.code is None or not accepted:
        journal = Journal(ledger, judging.ring, now)
        journal.verify(presentation, answer, matched.code)
        run(connection, journal.write())
        return _refused(answer)
    ids = {each.reference: ledger.by_reference[each.reference] for each in accepted}
    stays = _stays(connection, list(ids.values()))
    holder, recipient = _people(connection, matched.code.holder_id, matched.code.parcel_id)
    by_recipient = matched.code.holder_kind is HolderKind.RECIPIENT
    return Collection(
        outcome=Outcome.ACCEPTED,
        parcels=tuple(
            _waiting(each.reference, each.outcome, stays.get(ids[each.reference]), point_id) for each in accepted
        ),
        holder_kind=matched.code.holder_kind,
        holder=holder,
        recipient=recipient.name,
        recipient_language=recipient.language,
        handed_over=answer.handed_over,
        of=max(answer.of, len(accepted)),
        others=_others(connection, point_id, recipient.email, list(ids.values())) if by_recipient else 0,
    )


def _judge(
    ledger: Ledger, judging: Judging, reading: Reading, siblings: Sequence[str], now: datetime
) -> tuple[Presented, Answer]:
    """Charge, compare, and judge the parcels that the code may open."""
    device = ledger.devices.get(reading.presentation.device_id)
    if device is None or device.revoked_at is not None:
        raise DeviceRevoked("this device is no longer enrolled")
    if device.kind is DeviceKind.DRIVER:
        raise NotAtCounter("only counters and kiosks are told what waits")
    if reading.presentation.presentation_id in ledger.earlier:
        return Presented(), Answer(reading.presentation.presentation_id, Outcome.WRONG_CODE, (), 0, 0)
    matched = judging.match(ledger, reading, device, now, now)
    if matched.code is None:
        return matched, judging.judge(ledger, reading.presentation, reading.in_hand, matched, now)
    own = ledger.parcels[matched.code.parcel_id]
    together = [
        each
        for each in siblings
        if own.consignment is not None
        and (parcel := ledger.find(each)) is not None
        and parcel.consignment == own.consignment
    ]
    in_hand = [InHand(reference, InHandBy.LABEL) for reference in dict.fromkeys([own.reference, *together])]
    answer = judging.judge(ledger, reading.presentation, in_hand, matched, now)
    return matched, counted(ledger, answer, in_hand)


def _refused(answer: Answer) -> Collection:
    """Say no more than the outcome. Whose code was right learns the little that a presentation tells them, too."""
    told, details = answer.outcome not in SAYS_NOTHING, answer.details
    return Collection(
        answer.outcome,
        recipient_language=answer.recipient_language if told else None,
        newer_sent_at=details.newer_sent_at,
        handed_over_at=details.handed_over_at,
        locked_by=details.locked_by,
    )


def _waiting(reference: str, outcome: Outcome, stay: Any, point_id: UUID | None) -> WaitingParcel:
    if stay is None:
        return WaitingParcel(reference, outcome)
    if stay.point_id != point_id:
        return WaitingParcel(reference, outcome, elsewhere=stay.point)
    return WaitingParcel(reference, outcome, stay.shelf, bool(stay.hatch), ParcelSize(stay.size))


def _references_by_name(connection: sa.Connection, point_id: UUID | None, name: str) -> list[str]:
    """Return the parcels that wait here and name somebody so. The name alone opens nothing: digits are compared."""
    parcels, holders, stays = tables.parcels, tables.holders, tables.stays
    rows = connection.execute(
        sa.select(parcels.c.reference, holders.c.name)
        .join(stays, stays.c.parcel_id == parcels.c.id)
        .join(holders, holders.c.parcel_id == parcels.c.id)
        .where(stays.c.point_id == point_id, waits(), parcels.c.code_required)
        .where(holders.c.withdrawn_at.is_(None), holders.c.name.is_not(None))
        .order_by(stays.c.arrived_at)
    )
    wanted = _bare(name)
    return list(dict.fromkeys(row.reference for row in rows if _bare(row.name) == wanted))[:MOST]


def _bare(name: str) -> str:
    """Write a name without case, accents and double blanks, as somebody types it in a hurry."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    return " ".join("".join(sign for sign in apart if not unicodedata.combining(sign)).split())


def _siblings(
    connection: sa.Connection, point_id: UUID | None, references: Sequence[str], digests: Sequence[bytes]
) -> list[str]:
    """Return the parcels that wait here and were sent together with these, or with the one that a code opens."""
    parcels, holders, codes, stays = tables.parcels, tables.holders, tables.codes, tables.stays
    recipient = sa.and_(holders.c.parcel_id == parcels.c.id, holders.c.kind == HolderKind.RECIPIENT.value)
    of_code = sa.select(codes.c.parcel_id).where(codes.c.token_digest.in_(digests))
    facts = sa.select(parcels.c.sender, parcels.c.consignment, holders.c.email, parcels.c.reference).join(
        holders, recipient
    )
    known = connection.execute(
        facts.where(
            sa.or_(parcels.c.reference.in_(references), parcels.c.id.in_(of_code)),
            *(parcels.c.consignment.is_not(None), holders.c.email.is_not(None)),
        )
    ).all()
    if not known:
        return []
    consignments = {(row.sender, row.consignment, row.email) for row in known}
    rows = connection.execute(
        facts.join(stays, stays.c.parcel_id == parcels.c.id)
        .where(parcels.c.consignment.in_([each[1] for each in consignments]), stays.c.point_id == point_id, waits())
        .order_by(stays.c.arrived_at)
    )
    return [row.reference for row in rows if (row.sender, row.consignment, row.email) in consignments][:MOST]


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


def _people(connection: sa.Connection, holder_id: UUID, parcel_id: UUID) -> tuple[str | None, Any]:
    """Return the name of whose code it is, and the recipient."""
    holders = tables.holders
    holder = connection.execute(sa.select(holders.c.name).where(holders.c.id == holder_id)).scalar_one()
    recipient = sa.and_(holders.c.parcel_id == parcel_id, holders.c.kind == HolderKind.RECIPIENT.value)
    columns = sa.select(holders.c.name, holders.c.language, holders.c.email)
    return holder, connection.execute(columns.where(recipient)).one()


def _others(connection: sa.Connection, point_id: UUID | None, email: str | None, but: Sequence[UUID]) -> int:
    holders, stays = tables.holders, tables.stays
    if email is None:
        return 0
    recipient = sa.and_(holders.c.email == email, holders.c.kind == HolderKind.RECIPIENT.value)
    query = (
        sa.select(sa.func.count())
        .select_from(sa.join(stays, holders, holders.c.parcel_id == stays.c.parcel_id))
        .where(recipient, stays.c.point_id == point_id, waits(), stays.c.parcel_id.not_in(but))
    )
    return int(connection.execute(query).scalar_one())
