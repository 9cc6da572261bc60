"""A parcel that the house blocked is opened by nothing, and let go again by nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from codes import DeliveryCodes, Outcome, Person, tables
from codes.accounts.api_keys import add_key, listed_keys
from codes.accounts.staff import Role
from codes.auditing.audit import audit
from codes.delivering.assignments import load
from codes.delivering.delivery_day import mark_out_for_delivery
from codes.delivering.visits import Visit, VisitResult, end_without_handover, hand_over_supervised
from codes.life.blocking import Blocker, NothingToBlock, NotTheirs, ParcelBlocked, Part, block, is_blocked, unblock
from codes.life.delegates import name_delegate
from codes.life.issuing import NothingToRenew, renew_code, renew_stale_codes
from codes.life.parcel_records import events_of_parcel
from codes.model import AttemptReason, CodeState, EventKind, MessageKind
from codes.recipients.code_requests import Asker, SentAgain, renew, send_again, send_again_at_door
from codes.recipients.tickets import ShownCode, ticket_of_holder
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled
from tests.parts.domain import recorded, shown, told
from tests.parts.staff import add_member, member_with

Announce = Callable[..., ShownCode]
OFFICE = Blocker(Part.OFFICE, uuid4())


@pytest.fixture
def blocked(codes: DeliveryCodes, announce: Announce) -> ShownCode:
    """The code of the parcel P-1, which the office has blocked."""
    code = announce("P-1")
    assert codes.write(block, recorded(codes).parcel_id, OFFICE)
    return code


def test_neither_symbol_nor_digits_open_what_is_blocked_until_the_house_lets_it_go(
    codes: DeliveryCodes, driver: SigningDevice, blocked: ShownCode, clock: TurnableClock
) -> None:
    for presented in (blocked.payload, blocked.digits):
        assert codes.present(driver.presentation(presented, "P-1", now=clock())).outcome is Outcome.REVOKED
    assert codes.write(unblock, recorded(codes).parcel_id, OFFICE)
    assert codes.present(driver.presentation(blocked.payload, "P-1", now=clock())).outcome is Outcome.ACCEPTED


def test_no_renewal_delegate_visit_or_restore_opens_what_is_blocked(
    make_codes: Callable[..., DeliveryCodes], announce: Announce, clock: TurnableClock
) -> None:
    codes = make_codes(renew_after_visit=True)
    driver = enrolled(codes)
    code = announce("P-1")
    parcel = recorded(codes)
    neighbour = Person("Neighbour", "neighbour@example.org", "tr")
    delegate = codes.write(name_delegate, parcel.holder_id, neighbour, clock() + timedelta(days=2))
    codes.write(block, parcel.parcel_id, OFFICE)
    for asker in Asker:
        for use_case in (renew, send_again):
            with pytest.raises(ParcelBlocked):
                codes.write(use_case, parcel.holder_id, asker)
    with pytest.raises(NothingToRenew):
        codes.write(renew_code, parcel.holder_id, "restore")
    with pytest.raises(NothingToRenew):
        codes.write(renew_code, delegate.holder_id, "dispatcher")
    visit = Visit(uuid4(), driver.device_id, "P-1", AttemptReason.NOBODY_HOME, clock())
    assert codes.write(end_without_handover, visit) is VisitResult.RECORDED
    codes.ring.replace(codes.ring().with_epoch_raised())
    assert codes.write(renew_stale_codes, 10) == 0
    assert codes.write(send_again_at_door, driver.device_id, "P-1") is SentAgain.NO_CODE
    assert EventKind.CODE_RENEWED not in {event.kind for event in codes.read(events_of_parcel, parcel.parcel_id)}
    theirs = codes.read(ticket_of_holder, delegate.holder_id)
    assert theirs is not None
    assert theirs.code is not None
    for payload in (code.payload, theirs.code.payload):
        assert codes.present(driver.presentation(payload, "P-1", now=clock())).outcome is Outcome.REVOKED
    codes.close()


def test_a_blocked_parcel_is_opened_by_no_sibling_and_blocks_none(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    ada = Person("Ada", "ada@example.org", "en")
    first = announce("P-1", recipient=ada, sender="Shop", consignment="C-1")
    assert announce("P-2", recipient=ada, sender="Shop", consignment="C-1") == first
    codes.write(block, recorded(codes).parcel_id, OFFICE)
    both = codes.present(driver.presentation(first.payload, "P-1", "P-2", now=clock()))
    assert both.outcome is Outcome.REVOKED
    assert codes.write(renew, recorded(codes).holder_id, Asker.HOLDER)
    fresh = shown(codes, "P-2")
    assert codes.present(driver.presentation(fresh.payload, "P-1", now=clock())).outcome is Outcome.REVOKED
    assert codes.present(driver.presentation(fresh.payload, "P-2", now=clock())).outcome is Outcome.ACCEPTED
    assert recorded(codes).handed_over_at is None


def test_two_supervisors_do_not_hand_over_what_is_blocked(codes: DeliveryCodes, blocked: ShownCode) -> None:
    members = []
    for name in ("Ada", "Ben"):
        add_member(codes, name, "a sample password", Role.SUPERVISOR)
        members.append(member_with(codes, name, "a sample password"))
    first, second = (member for member in members if member is not None)
    with pytest.raises(ParcelBlocked):
        codes.write(hand_over_supervised, "P-1", first, second, "The recipient is known to both")


def test_a_driver_carries_no_digest_of_a_blocked_parcel_and_nobody_is_told_that_it_comes(
    codes: DeliveryCodes, driver: SigningDevice, blocked: ShownCode
) -> None:
    (carried,) = [codes.write(load, driver.device_id, "P-1")]
    assert carried.digests == ()
    codes.write(mark_out_for_delivery, "P-1")
    assert told(codes) == [MessageKind.CODE_ISSUED]


def test_blocking_twice_is_once_and_what_was_handed_over_cannot_be_blocked(
    codes: DeliveryCodes, driver: SigningDevice, blocked: ShownCode, announce: Announce, clock: TurnableClock
) -> None:
    parcel_id = recorded(codes).parcel_id
    assert not codes.write(block, parcel_id, OFFICE)
    assert codes.write(unblock, parcel_id, OFFICE)
    assert not codes.write(unblock, parcel_id, OFFICE)
    codes.present(driver.presentation(blocked.payload, "P-1", now=clock()))
    with pytest.raises(NothingToBlock):
        codes.write(block, parcel_id, OFFICE)


def test_a_sender_lets_go_what_a_sender_blocked_and_nothing_else(codes: DeliveryCodes, announce: Announce) -> None:
    announce("P-1")
    parcel_id = recorded(codes).parcel_id
    codes.write(add_key, "Sample Shop")
    key_id: UUID = codes.read(
        listed_keys,
    )[0].key_id
    shop = Blocker(Part.SENDER, key_id)
    assert codes.write(block, parcel_id, shop)
    assert codes.write(unblock, parcel_id, shop)
    for by in (OFFICE, Blocker(Part.COMMAND)):
        assert codes.write(block, parcel_id, by)
        with pytest.raises(NotTheirs):
            codes.write(unblock, parcel_id, shop)
        assert codes.write(unblock, parcel_id, OFFICE)


def test_the_office_takes_a_senders_block_over_and_a_sender_none_of_the_offices(
    codes: DeliveryCodes, announce: Announce
) -> None:
    announce("P-1")
    parcel_id = recorded(codes).parcel_id
    codes.write(add_key, "Sample Shop")
    shop = Blocker(Part.SENDER, codes.read(listed_keys)[0].key_id)
    assert codes.write(block, parcel_id, shop)
    assert not codes.write(block, parcel_id, shop)
    assert codes.write(block, parcel_id, OFFICE)
    for deed in (unblock, block):
        with pytest.raises(NotTheirs):
            codes.write(deed, parcel_id, shop)
    codes.seal()
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()
    assert codes.write(unblock, parcel_id, OFFICE)
    assert not codes.read(is_blocked, parcel_id)


def test_the_record_tells_who_blocked_and_the_audit_finds_a_block_that_was_taken_away(
    codes: DeliveryCodes, blocked: ShownCode
) -> None:
    def findings() -> list[str]:
        found = audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings
        return [str(each) for each in found]

    assert findings() == []
    newest = codes.read(events_of_parcel, recorded(codes).parcel_id)[-1]
    assert (newest.kind, newest.facts["by"]) == (EventKind.PARCEL_BLOCKED, "office")
    with codes.database.writing() as connection:
        connection.execute(sa.update(tables.parcels).values(blocked_at=None))
    assert any("blocked_at" in each for each in findings())


def test_a_ticket_says_that_it_is_blocked_and_its_code_stays_what_it_was(
    codes: DeliveryCodes, blocked: ShownCode
) -> None:
    ticket = codes.read(ticket_of_holder, recorded(codes).holder_id)
    assert ticket is not None
    assert ticket.is_blocked
    assert shown(codes, "P-1").state is CodeState.LIVE
