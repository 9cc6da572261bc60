"""Persons whom the recipient names get a code of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from codes import DeliveryCodes, Outcome, Person
from codes.life.delegates import MOST, CannotName
from codes.life.issuing import NothingToRenew
from codes.model import EventKind
from codes.recipients.tickets import ShownCode
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice

Announce = Callable[..., ShownCode]
NEIGHBOUR = Person("Sample Neighbour", "neighbour@example.org", "tr")


@pytest.fixture
def recipient(codes: DeliveryCodes, announce: Announce) -> UUID:
    """The recipient of parcel P-1."""
    announce("P-1")
    parcel = codes.parcel("P-1")
    assert parcel is not None
    return parcel.holder_id


def code_of(codes: DeliveryCodes, holder_id: UUID) -> ShownCode:
    """Return the code on a holder's ticket page."""
    ticket = codes.ticket_of(holder_id)
    assert ticket is not None
    assert ticket.code is not None
    return ticket.code


def test_a_delegate_receives_by_a_code_of_their_own(
    codes: DeliveryCodes, driver: SigningDevice, recipient: UUID, clock: TurnableClock
) -> None:
    delegate = codes.delegates.name(recipient, NEIGHBOUR, clock() + timedelta(days=2))
    code = code_of(codes, delegate.holder_id)
    assert code.digits != code_of(codes, recipient).digits
    assert codes.present(driver.presentation(code.payload, "P-1", now=clock())).outcome is Outcome.ACCEPTED
    parcel = codes.parcel("P-1")
    assert parcel is not None
    handed_over = [event for event in codes.events(parcel.parcel_id) if event.kind is EventKind.HANDED_OVER]
    issued = [event for event in codes.events(parcel.parcel_id) if event.kind is EventKind.CODE_ISSUED]
    assert handed_over[0].facts["code"] == issued[1].facts["code"]
    assert issued[1].facts["holder"] == "delegate"


def test_a_delegates_page_is_their_own(codes: DeliveryCodes, recipient: UUID, clock: TurnableClock) -> None:
    delegate = codes.delegates.name(recipient, NEIGHBOUR, clock() + timedelta(days=2))
    ticket = codes.ticket(delegate.ticket_key)
    assert ticket is not None
    assert ticket.holder_id == delegate.holder_id
    assert ticket.language == "tr"
    assert {message.recipient for message in codes.outbox.listed(limit=10)} == {
        "p-1@example.org",
        "neighbour@example.org",
    }


def test_a_withdrawn_delegate_can_receive_nothing_and_sees_nothing(
    codes: DeliveryCodes, driver: SigningDevice, recipient: UUID, clock: TurnableClock
) -> None:
    delegate = codes.delegates.name(recipient, NEIGHBOUR, clock() + timedelta(days=2))
    code = code_of(codes, delegate.holder_id)
    codes.delegates.withdraw(recipient, delegate.holder_id)
    codes.delegates.withdraw(recipient, delegate.holder_id)
    assert codes.ticket(delegate.ticket_key) is None
    assert codes.present(driver.presentation(code.payload, "P-1", now=clock())).outcome is Outcome.REVOKED
    own = code_of(codes, recipient)
    assert codes.present(driver.presentation(own.digits, "P-1", now=clock())).outcome is Outcome.ACCEPTED


def test_a_delegates_code_ends_when_the_recipient_said(
    codes: DeliveryCodes, driver: SigningDevice, recipient: UUID, clock: TurnableClock
) -> None:
    delegate = codes.delegates.name(recipient, NEIGHBOUR, clock() + timedelta(days=2))
    code = code_of(codes, delegate.holder_id)
    clock.turn(timedelta(days=1))
    codes.renew(delegate.holder_id, "dispatcher")
    renewed = code_of(codes, delegate.holder_id)
    clock.turn(timedelta(days=1))
    outcomes = [
        codes.present(driver.presentation(each.payload, "P-1", now=clock())).outcome for each in (code, renewed)
    ]
    assert outcomes == [Outcome.OLD_CODE, Outcome.EXPIRED]


def test_only_the_recipient_names_and_not_without_end(
    codes: DeliveryCodes, recipient: UUID, clock: TurnableClock
) -> None:
    until = clock() + timedelta(days=2)
    first = codes.delegates.name(recipient, NEIGHBOUR, until)
    with pytest.raises(CannotName, match="only the recipient"):
        codes.delegates.name(first.holder_id, NEIGHBOUR, until)
    with pytest.raises(CannotName, match="past"):
        codes.delegates.name(recipient, NEIGHBOUR, clock())
    for _ in range(MOST - 1):
        codes.delegates.name(recipient, NEIGHBOUR, until)
    with pytest.raises(CannotName, match="no more than"):
        codes.delegates.name(recipient, NEIGHBOUR, until)
    codes.delegates.withdraw(recipient, first.holder_id)
    codes.delegates.name(recipient, NEIGHBOUR, until)
    assert len(codes.delegates.of(recipient)) == MOST + 1


def test_nobody_withdraws_another_parcels_delegate(
    codes: DeliveryCodes, recipient: UUID, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-2")
    other = codes.parcel("P-2")
    assert other is not None
    delegate = codes.delegates.name(recipient, NEIGHBOUR, clock() + timedelta(days=2))
    with pytest.raises(CannotName):
        codes.delegates.withdraw(other.holder_id, delegate.holder_id)
    assert codes.ticket(delegate.ticket_key) is not None


def test_after_the_handover_nobody_is_named_and_nothing_renewed(
    codes: DeliveryCodes, driver: SigningDevice, recipient: UUID, clock: TurnableClock
) -> None:
    codes.present(driver.presentation(code_of(codes, recipient).payload, "P-1", now=clock()))
    with pytest.raises(CannotName, match="handed over"):
        codes.delegates.name(recipient, NEIGHBOUR, clock() + timedelta(days=2))
    with pytest.raises(NothingToRenew):
        codes.renew(recipient, "recipient")


def test_a_withdrawn_delegates_code_is_not_renewed(codes: DeliveryCodes, recipient: UUID, clock: TurnableClock) -> None:
    delegate = codes.delegates.name(recipient, NEIGHBOUR, clock() + timedelta(days=2))
    codes.delegates.withdraw(recipient, delegate.holder_id)
    with pytest.raises(NothingToRenew):
        codes.renew(delegate.holder_id, "dispatcher")
