"""Test parcels move by themselves, so that a sender's system sees what happens without a device or a recipient.

A handover is no shortcut: a device of the sandbox signs a presentation of the parcel's code, and it is decided and
recorded as at every door. Its key is derived from the key ring and its session was given to nobody; it is enrolled
with the first handover, and what it presents here finds test parcels alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from codes import tables
from codes.accounts.devices import enrol_device, invite_device
from codes.delivering.delivery_day import come_near, mark_out_for_delivery
from codes.delivering.visits import Visit, end_without_handover
from codes.keys.derivation import derive_sandbox_scalar
from codes.life.contests import contest_handover
from codes.model import AttemptReason, DeviceKind, Means, Outcome, Realm, ReportKind
from codes.recipients.ticket_addresses import note_ticket_opened
from codes.recipients.tickets import ticket_of_holder
from codes.store.clauses import recipient_of_parcel
from codes.store.parcel_rows import UnknownParcel, parcel_id_of
from codes.store.transaction import Transaction
from codes.tables.base import uuid7
from codes.values.tracking_numbers import normalise_reference, realm_of
from codes.verification.facts import Rules
from codes.verification.pipeline import verify
from codes.verification.simulated_device import SimulatedDevice

NAME = "Sandbox"


class Move(StrEnum):
    """What a test parcel can be made to do."""

    OPENED = "opened"
    OUT_FOR_DELIVERY = "out-for-delivery"
    DRIVER_NEAR = "driver-near"
    NOBODY_HOME = "nobody-home"
    WRONG_DIGITS = "wrong-digits"
    HANDED_OVER = "handed-over"
    CONTESTED = "contested"


class NotGreen(Exception):
    """The sandbox's device was told that the parcel is not to be handed over."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("the device was told not to hand this parcel over; outcome says why")
        self.facts = {"outcome": outcome.value}


def move(t: Transaction, reference: str, what: Move) -> None:
    """Let something happen to a test parcel.

    Raises UnknownParcel, also for a live one; NotGreen; and what the same act raises elsewhere.
    """
    if realm_of(normalise_reference(reference)) is not Realm.TEST:
        raise UnknownParcel("only test parcels move by themselves")
    _MOVES[what](t, reference)


def _open(t: Transaction, reference: str) -> None:
    note_ticket_opened(t, _recipient(t, reference))


def _nobody_home(t: Transaction, reference: str) -> None:
    device_id = _device(t).device_id
    end_without_handover(t, Visit(uuid7(t.now), device_id, reference, AttemptReason.NOBODY_HOME, t.now))


def _wrong_digits(t: Transaction, reference: str) -> None:
    ticket = ticket_of_holder(t, _recipient(t, reference))
    right = ticket.code.digits if ticket and ticket.code else "000000"
    _present(t, reference, f"{(int(right) + 1) % 10 ** len(right):0{len(right)}d}", Means.DIGITS)


def _hand_over(t: Transaction, reference: str) -> None:
    """Present the code that stands; of a consignment this parcel alone is in hand."""
    ticket = ticket_of_holder(t, _recipient(t, reference))
    parcel_id = parcel_id_of(t.connection, reference)
    needs_code = sa.select(tables.parcels.c.code_required).where(tables.parcels.c.id == parcel_id)
    if t.connection.execute(needs_code).scalar_one() and ticket is not None and ticket.code is not None:
        outcome = _present(t, reference, ticket.code.payload, Means.PAYLOAD)
    else:
        outcome = _present(t, reference, "", Means.TAP)
    if outcome not in (Outcome.ACCEPTED, Outcome.CODE_NOT_REQUIRED):
        raise NotGreen(outcome)


def _contest(t: Transaction, reference: str) -> None:
    parcel_id = parcel_id_of(t.connection, reference)
    contest_handover(t, _recipient(t, reference), ReportKind.NOT_RECEIVED, parcel_id)


def _present(t: Transaction, reference: str, text: str, means: Means) -> Outcome:
    presentation = _device(t).presentation(reference, text, means, t.now)
    (answered,) = verify(t.connection, [presentation], t.now, Rules(t.ring, t.settings), Realm.TEST)
    if isinstance(answered, Exception):
        raise answered
    return answered.answer.outcome


def _device(t: Transaction) -> SimulatedDevice:
    """Return the sandbox's device, enrolled if it was not yet."""
    scalar = derive_sandbox_scalar(t.ring.key(t.ring.current))
    device = SimulatedDevice(ec.derive_private_key(scalar, ec.SECP256R1()))
    known = sa.select(tables.devices.c.id).where(tables.devices.c.id == device.device_id)
    if t.connection.execute(known).first() is None:
        enrol_device(t, invite_device(t, NAME, DeviceKind.DRIVER), device.jwk, "en")
    return device


def _recipient(t: Transaction, reference: str) -> UUID:
    holders, parcels = tables.holders, tables.parcels
    parcel_id = parcel_id_of(t.connection, reference, locked=True)
    recipient = sa.select(holders.c.id).join(parcels, recipient_of_parcel()).where(parcels.c.id == parcel_id)
    holder_id: UUID = t.connection.execute(recipient).scalar_one()
    return holder_id


_MOVES: Mapping[Move, Callable[[Transaction, str], Any]] = {
    Move.OPENED: _open,
    Move.OUT_FOR_DELIVERY: mark_out_for_delivery,
    Move.DRIVER_NEAR: come_near,
    Move.NOBODY_HOME: _nobody_home,
    Move.WRONG_DIGITS: _wrong_digits,
    Move.HANDED_OVER: _hand_over,
    Move.CONTESTED: _contest,
}
