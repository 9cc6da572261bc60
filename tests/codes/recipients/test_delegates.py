"""Persons whom the recipient names get a code of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from codes import DeliveryCodes, Outcome, Person
from codes.life.blocking import Blocker, Part, unblock
from codes.life.delegates import CannotName, TooManyAtOnce, TooManyNamed, delegates_of, name_delegate, withdraw_delegate
from codes.life.issuing import NothingToRenew, renew_code
from codes.life.parcel_records import events_of_parcel, find_parcel
from codes.model import EventKind, MessageKind
from codes.recipients.code_requests import Asker, renew
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import ShownCode, notice_of_message, ticket_of_holder, ticket_of_key
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.domain import block_parcel, recorded

Announce = Callable[..., ShownCode]
NEIGHBOUR = Person("Sample Neighbour", "neighbour@example.org", "tr")


@pytest.fixture
def recipient(codes: DeliveryCodes, announce: Announce) -> UUID:
    """The recipient of parcel P-1."""
    announce("P-1")
    parcel = codes.read(find_parcel, "P-1")
    assert parcel is not None
    return parcel.holder_id


def neighbour(number: int) -> Person:
    """Return one of many neighbours."""
    return replace(NEIGHBOUR, name=f"{NEIGHBOUR.name} {number}")


def code_of(codes: DeliveryCodes, holder_id: UUID) -> ShownCode:
    """Return the code on a holder's ticket page."""
    ticket = codes.read(ticket_of_holder, holder_id)
    assert ticket is not None
    assert ticket.code is not None
    return ticket.code


def test_a_delegate_receives_by_a_code_of_their_own(
    codes: DeliveryCodes, driver: SigningDevice, recipient: UUID, clock: TurnableClock
) -> None:
    delegate = codes.write(name_delegate, recipient, NEIGHBOUR, clock() + timedelta(days=2))
    code = code_of(codes, delegate.holder_id)
    assert code.digits != code_of(codes, recipient).digits
    assert codes.present(driver.presentation(code.payload, "P-1", now=clock())).outcome is Outcome.ACCEPTED
    parcel = codes.read(find_parcel, "P-1")
    assert parcel is not None
    handed_over = [
        event for event in codes.read(events_of_parcel, parcel.parcel_id) if event.kind is EventKind.HANDED_OVER
    ]
    issued = [event for event in codes.read(events_of_parcel, parcel.parcel_id) if event.kind is EventKind.CODE_ISSUED]
    assert handed_over[0].facts["code"] == issued[1].facts["code"]
    assert issued[1].facts["holder"] == "delegate"


def test_a_delegates_page_is_their_own(codes: DeliveryCodes, recipient: UUID, clock: TurnableClock) -> None:
    delegate = codes.write(name_delegate, recipient, NEIGHBOUR, clock() + timedelta(days=2))
    ticket = codes.read(ticket_of_key, delegate.ticket_key)
    assert ticket is not None
    assert ticket.holder_id == delegate.holder_id
    assert ticket.language == "tr"
    assert {message.recipient for message in codes.read(listed_messages, limit=10)} == {
        "p-1@example.org",
        "neighbour@example.org",
    }


def test_the_recipient_hears_of_everybody_named(codes: DeliveryCodes, recipient: UUID, clock: TurnableClock) -> None:
    codes.write(name_delegate, recipient, NEIGHBOUR, clock() + timedelta(days=2))
    told = [each for each in codes.read(listed_messages, limit=10) if each.kind is MessageKind.DELEGATE_NAMED]
    assert [each.recipient for each in told] == ["p-1@example.org"]


def test_a_withdrawn_delegate_can_receive_nothing_and_sees_nothing(
    codes: DeliveryCodes, driver: SigningDevice, recipient: UUID, clock: TurnableClock
) -> None:
    delegate = codes.write(name_delegate, recipient, NEIGHBOUR, clock() + timedelta(days=2))
    code = code_of(codes, delegate.holder_id)
    codes.write(withdraw_delegate, recipient, delegate.holder_id)
    codes.write(withdraw_delegate, recipient, delegate.holder_id)
    assert codes.read(ticket_of_key, delegate.ticket_key) is None
    assert codes.present(driver.presentation(code.payload, "P-1", now=clock())).outcome is Outcome.REVOKED
    own = code_of(codes, recipient)
    assert codes.present(driver.presentation(own.digits, "P-1", now=clock())).outcome is Outcome.ACCEPTED


def test_a_delegates_code_ends_when_the_recipient_said(
    codes: DeliveryCodes, driver: SigningDevice, recipient: UUID, clock: TurnableClock
) -> None:
    delegate = codes.write(name_delegate, recipient, NEIGHBOUR, clock() + timedelta(days=2))
    code = code_of(codes, delegate.holder_id)
    clock.turn(timedelta(days=1))
    codes.write(renew_code, delegate.holder_id, "dispatcher")
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
    first = codes.write(name_delegate, recipient, NEIGHBOUR, until)
    with pytest.raises(CannotName, match="only the recipient"):
        codes.write(name_delegate, first.holder_id, NEIGHBOUR, until)
    with pytest.raises(CannotName, match="past"):
        codes.write(name_delegate, recipient, NEIGHBOUR, clock())


def test_so_many_people_are_named_for_a_consignment_in_its_life_withdrawn_ones_too(
    codes: DeliveryCodes, recipient: UUID, clock: TurnableClock
) -> None:
    until, most = clock() + timedelta(days=2), codes.settings.delegates_per_consignment
    for number in range(most):
        named = codes.write(name_delegate, recipient, neighbour(number), until)
        if number % 4:
            codes.write(withdraw_delegate, recipient, named.holder_id)
    with pytest.raises(TooManyNamed, match="were named"):
        codes.write(name_delegate, recipient, NEIGHBOUR, until)
    assert len(codes.read(delegates_of, recipient)) == most


def test_all_who_may_receive_at_once_are_compared_within_what_one_try_may_cost(
    codes: DeliveryCodes, recipient: UUID, clock: TurnableClock
) -> None:
    until = clock() + timedelta(days=2)
    named = [
        codes.write(name_delegate, recipient, neighbour(number), until)
        for number in range(codes.settings.wrong_digits_per_parcel - 1)
    ]
    with pytest.raises(TooManyAtOnce, match="withdraw somebody"):
        codes.write(name_delegate, recipient, NEIGHBOUR, until)
    codes.write(withdraw_delegate, recipient, named[0].holder_id)
    codes.write(name_delegate, recipient, NEIGHBOUR, until)


def test_a_new_code_that_was_asked_for_ends_what_the_old_page_could_do(
    codes: DeliveryCodes, driver: SigningDevice, recipient: UUID, clock: TurnableClock
) -> None:
    delegate = codes.write(name_delegate, recipient, NEIGHBOUR, clock() + timedelta(days=2))
    old = code_of(codes, delegate.holder_id)
    assert codes.write(renew, delegate.holder_id, Asker.HOLDER)
    assert codes.present(driver.presentation(old.payload, "P-1", now=clock())).outcome is Outcome.OLD_CODE
    own = code_of(codes, delegate.holder_id)
    assert codes.write(renew, recipient, Asker.HOLDER)
    assert codes.present(driver.presentation(own.payload, "P-1", now=clock())).outcome is Outcome.REVOKED
    assert [each.withdrawn_at for each in codes.read(delegates_of, recipient)] == [clock()]
    renewed = [each for each in codes.read(listed_messages, limit=10) if each.kind is MessageKind.CODE_RENEWED]
    notices = [codes.read(notice_of_message, each.id) for each in renewed]
    assert [each.withdrew_delegates for each in notices if each and each.ticket.holder_id == recipient] == [True]


def test_nobody_is_named_while_the_recipient_can_receive_nothing(
    codes: DeliveryCodes, recipient: UUID, clock: TurnableClock
) -> None:
    own = code_of(codes, recipient)
    delegate = codes.write(name_delegate, recipient, NEIGHBOUR, clock() + timedelta(days=300))
    assert code_of(codes, delegate.holder_id).expires_at == own.expires_at
    block_parcel(codes, "P-1")
    with pytest.raises(CannotName, match="stopped"):
        codes.write(name_delegate, recipient, NEIGHBOUR, clock() + timedelta(days=2))
    codes.write(unblock, recorded(codes).parcel_id, Blocker(Part.COMMAND))
    clock.turn(own.expires_at - clock())
    with pytest.raises(CannotName, match="take a new one"):
        codes.write(name_delegate, recipient, NEIGHBOUR, clock() + timedelta(days=2))


def test_nobody_withdraws_another_parcels_delegate(
    codes: DeliveryCodes, recipient: UUID, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-2")
    other = codes.read(find_parcel, "P-2")
    assert other is not None
    delegate = codes.write(name_delegate, recipient, NEIGHBOUR, clock() + timedelta(days=2))
    with pytest.raises(CannotName):
        codes.write(withdraw_delegate, other.holder_id, delegate.holder_id)
    assert codes.read(ticket_of_key, delegate.ticket_key) is not None


def test_after_the_handover_nobody_is_named_and_nothing_renewed(
    codes: DeliveryCodes, driver: SigningDevice, recipient: UUID, clock: TurnableClock
) -> None:
    codes.present(driver.presentation(code_of(codes, recipient).payload, "P-1", now=clock()))
    with pytest.raises(CannotName, match="handed over"):
        codes.write(name_delegate, recipient, NEIGHBOUR, clock() + timedelta(days=2))
    with pytest.raises(NothingToRenew):
        codes.write(renew_code, recipient, "recipient")


def test_a_withdrawn_delegates_code_is_not_renewed(codes: DeliveryCodes, recipient: UUID, clock: TurnableClock) -> None:
    delegate = codes.write(name_delegate, recipient, NEIGHBOUR, clock() + timedelta(days=2))
    codes.write(withdraw_delegate, recipient, delegate.holder_id)
    with pytest.raises(NothingToRenew):
        codes.write(renew_code, delegate.holder_id, "dispatcher")


def test_the_same_person_until_the_same_moment_is_named_once(
    codes: DeliveryCodes, recipient: UUID, clock: TurnableClock
) -> None:
    until = clock() + timedelta(days=2)
    first = codes.write(name_delegate, recipient, NEIGHBOUR, until)
    assert codes.write(name_delegate, recipient, NEIGHBOUR, until) == first
    assert codes.write(name_delegate, recipient, NEIGHBOUR, until + timedelta(days=1)) != first
    codes.write(withdraw_delegate, recipient, first.holder_id)
    assert codes.write(name_delegate, recipient, NEIGHBOUR, until) != first
