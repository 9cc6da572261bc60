"""Who receives is corrected until the handover, and what the former address had is dead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from codes import Announcement, DeliveryCodes, Person, tables
from codes.accounts.staff import Member
from codes.auditing.audit import audit
from codes.delivering.ending import end
from codes.life.announcing import Announced
from codes.life.blocking import Blocker, ParcelBlocked, Part
from codes.life.delegates import delegates_of, name_delegate
from codes.life.parcel_records import events_of_parcel
from codes.model import Ending, EventKind, MessageKind, Outcome
from codes.recipients.code_requests import Asker
from codes.recipients.correcting import CannotCorrect, correct, correct_own_phone
from codes.recipients.outbox import claim_due, listed_messages, mark_sent
from codes.recipients.ticket_addresses import former_ticket
from codes.recipients.tickets import ShownCode, notice_of_message, ticket_of_key
from codes.settings import WishSettings
from codes.store.budgets import TooOften
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.domain import block_parcel, recorded, shown, told

Announce = Callable[..., ShownCode]
TOMORROW = timedelta(days=1)
OTHER = Person("Other Recipient", "other@example.org", "de")


def sound(codes: DeliveryCodes) -> bool:
    """Tell whether tables and chains agree."""
    codes.seal()
    return audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def corrected(codes: DeliveryCodes, reference: str, **changes: str | None) -> frozenset[str]:
    """Correct a parcel's recipient, as its sender does."""
    return codes.write(correct, recorded(codes, reference).parcel_id, changes, Asker.SENDER)


def test_a_new_mail_address_ends_the_old_code_page_and_delegates_and_both_addresses_are_told(
    codes: DeliveryCodes, dispatcher: Member, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    old, parcel = announce("P-1"), recorded(codes)
    first = codes.read(notice_of_message, codes.read(listed_messages, limit=1)[0].id)
    assert first is not None
    codes.write(name_delegate, parcel.holder_id, Person("Neighbour"), clock() + TOMORROW)
    clock.turn(timedelta(minutes=1))
    changes = {"email": "right@example.org"}
    assert codes.write(correct, parcel.parcel_id, changes, Asker.STAFF, member=dispatcher) == {"email"}
    new = shown(codes, "P-1")
    assert codes.read(ticket_of_key, first.ticket_key) is None
    assert codes.read(former_ticket, first.ticket_key) is not None
    assert [each.withdrawn_at is not None for each in codes.read(delegates_of, parcel.holder_id)] == [True]
    assert codes.present(driver.presentation(old.payload, "P-1", now=clock())).outcome is Outcome.OLD_CODE
    messages = {each.kind: each for each in codes.read(listed_messages, limit=2)}
    assert messages[MessageKind.CODE_RENEWED].recipient == "right@example.org"
    assert messages[MessageKind.CODE_MOVED].recipient == "p-1@example.org"
    notice = codes.read(notice_of_message, messages[MessageKind.CODE_MOVED].id)
    assert notice is not None
    assert (notice.ticket.email, notice.ticket.name, notice.ticket.code) == ("p-1@example.org", None, None)
    assert notice.ticket_key == ""
    events = codes.read(events_of_parcel, parcel.parcel_id)
    said = next(each for each in events if each.kind is EventKind.CORRECTED)
    assert (said.facts["fields"], said.facts["by"]) == ("email", "dispatcher")
    assert said.facts["staff"] == str(dispatcher.staff_id)
    assert "right" not in str(events)
    assert EventKind.CODE_RENEWED in {each.kind for each in events}
    assert sound(codes)
    assert codes.present(driver.presentation(new.payload, "P-1", now=clock())).outcome is Outcome.ACCEPTED


def test_a_name_or_an_address_only_written_otherwise_leaves_the_code_as_it_is(
    codes: DeliveryCodes, announce: Announce
) -> None:
    before = announce("P-1")
    assert corrected(codes, "P-1", name="Right Name", street="New Street 2", email="P-1@EXAMPLE.org") == {
        *("name", "street", "email"),
    }
    assert shown(codes, "P-1").payload == before.payload
    parcel = recorded(codes)
    assert (parcel.recipient, parcel.street, parcel.email) == ("Right Name", "New Street 2", "P-1@EXAMPLE.org")
    assert MessageKind.CODE_MOVED not in told(codes)
    assert corrected(codes, "P-1", name="Right Name") == frozenset()
    assert sound(codes)


def test_a_phone_is_told_only_where_the_house_writes_to_phones(codes: DeliveryCodes, announce: Announce) -> None:
    announce("P-1", recipient=Person("Sample", "p@example.org", phone="+491700000001"))
    parcel = recorded(codes)
    codes.write(correct, parcel.parcel_id, {"phone": "+491700000002"}, Asker.SENDER)
    assert MessageKind.CODE_MOVED not in told(codes)
    codes.write(correct, parcel.parcel_id, {"phone": "+491700000003"}, Asker.SENDER, texts=True)
    newest = [each for each in codes.read(listed_messages, limit=20) if each.kind is MessageKind.CODE_MOVED]
    assert [each.recipient for each in newest] == ["+491700000002"]
    assert sound(codes)


def test_one_parcel_corrects_its_consignment_and_what_is_announced_for_the_right_one_joins_it(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    wrong = Person("Sample", "wrong@example.org")
    announce("P-1", recipient=wrong, consignment="C-1")
    announce("P-2", recipient=wrong, consignment="C-1")
    codes.present(driver.presentation(shown(codes, "P-1").payload, "P-1", now=clock()))
    with pytest.raises(CannotCorrect):
        corrected(codes, "P-1", email="right@example.org")
    corrected(codes, "P-2", email="right@example.org")
    assert recorded(codes, "P-1").email == "right@example.org"
    announce("P-3", recipient=Person("Sample", "right@example.org"), consignment="C-1")
    assert recorded(codes, "P-3").consignment_id == recorded(codes, "P-2").consignment_id
    assert shown(codes, "P-3").payload == shown(codes, "P-2").payload
    announce("P-4", recipient=wrong, consignment="C-1")
    assert recorded(codes, "P-4").consignment_id != recorded(codes, "P-2").consignment_id
    corrected(codes, "P-4", email="right@example.org")
    assert sound(codes)


def test_what_was_announced_before_the_correction_is_the_same_when_it_is_announced_again(
    codes: DeliveryCodes, announce: Announce
) -> None:
    announce("P-1")
    corrected(codes, "P-1", email="right@example.org")
    announce("P-1")
    assert recorded(codes).email == "right@example.org"
    (again,) = codes.announce([Announcement("P-1", OTHER)])
    assert again.result is Announced.CONFLICT


def test_a_parcel_without_a_code_gets_a_page_at_another_address(
    codes: DeliveryCodes, announce: Announce, database: Any
) -> None:
    announce("P-1")
    parcels, table = tables.parcels, tables.codes
    with database.writing() as connection:
        # As the policy decides it for a parcel of low value.
        connection.execute(sa.delete(table))
        connection.execute(sa.update(parcels).values(code_required=False))
        before = connection.execute(sa.select(tables.holders.c.ticket_digest)).scalar_one()
    corrected(codes, "P-1", email="right@example.org")
    with database.writing() as connection:
        assert connection.execute(sa.select(tables.holders.c.ticket_digest)).scalar_one() != before


def test_corrections_have_a_budget_and_a_blocked_parcel_keeps_its_addresses(
    codes: DeliveryCodes, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    for number in range(codes.settings.budgets.corrections):
        corrected(codes, "P-1", name=f"Name {number}")
    with pytest.raises(TooOften):
        corrected(codes, "P-1", name="One more")
    clock.turn(TOMORROW)
    block_parcel(codes, "P-1")
    with pytest.raises(ParcelBlocked):
        corrected(codes, "P-1", email="right@example.org")
    assert corrected(codes, "P-1", name="One more") == {"name"}
    with pytest.raises(CannotCorrect):
        corrected(codes, "P-1", name=None)


def test_nobody_is_corrected_after_the_handover_or_once_erased_and_a_former_address_is_forgotten(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    codes.present(driver.presentation(shown(codes, "P-1").payload, "P-1", now=clock()))
    with pytest.raises(CannotCorrect):
        corrected(codes, "P-1", name="Other")
    announce("P-2")
    announce("P-3")
    for reference in ("P-2", "P-3"):
        corrected(codes, reference, email="right@example.org")
    assert codes.erase_address("P-2@example.org").messages == 1
    for message in codes.write(claim_due, limit=20, lease=timedelta(minutes=1)):
        codes.write(mark_sent, message, "250")
    with codes.database.reading() as connection:
        assert connection.execute(sa.select(tables.messages.c.address).distinct()).scalars().all() == [None]
    codes.erase_address("right@example.org")
    with pytest.raises(CannotCorrect):
        corrected(codes, "P-2", name="Other")
    assert sound(codes)


@pytest.mark.parametrize("ending", Ending)
def test_nobody_is_corrected_by_what_has_ended_and_still_by_what_is_to_come(
    make_codes: Callable[..., DeliveryCodes], announce: Announce, ending: Ending
) -> None:
    codes = make_codes(wishes=WishSettings(phone=True))
    for reference in ("P-1", "P-2"):
        announce(reference, consignment="C-1", recipient=Person("Ada", "ada@example.org"))
    holder_id, by = recorded(codes, "P-1").holder_id, Blocker(Part.SENDER)
    codes.write(end, recorded(codes, "P-1").parcel_id, ending, by)
    for changes in ({"name": "Other"}, {"email": "other@example.org"}, {"street": "New Street 5"}):
        with pytest.raises(CannotCorrect):
            corrected(codes, "P-1", **changes)
    codes.write(correct_own_phone, holder_id, "+491700000002", texts=False)
    assert corrected(codes, "P-2", name="Other") == {"name"}
    codes.write(end, recorded(codes, "P-2").parcel_id, ending, by)
    with pytest.raises(CannotCorrect):
        codes.write(correct_own_phone, holder_id, "+491700000003", texts=False)
    assert sound(codes)
    codes.close()


def test_recipients_correct_their_own_phone_only_where_the_house_allows_it_and_a_mail_address_hears_of_it(
    make_codes: Callable[..., DeliveryCodes], codes: DeliveryCodes, announce: Announce
) -> None:
    announce("P-1")
    announce("P-2", recipient=Person("Sample", None, phone="+491700000001"))
    holder_id = recorded(codes).holder_id
    with pytest.raises(CannotCorrect):
        codes.write(correct_own_phone, holder_id, "+491700000002", texts=False)
    allowing = make_codes(wishes=WishSettings(phone=True))
    allowing.write(correct_own_phone, holder_id, "+491700000002", texts=False)
    assert recorded(codes).phone == "+491700000002"
    assert MessageKind.CODE_RENEWED in told(codes)
    with pytest.raises(CannotCorrect):
        allowing.write(correct_own_phone, recorded(codes, "P-2").holder_id, "+491700000002", texts=False)
    allowing.close()
