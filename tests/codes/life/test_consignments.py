"""A consignment: what one sender announces under one key and one number for one recipient has one code."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
import sqlalchemy as sa

from codes import Announcement, DeliveryCodes, Person, tables
from codes.auditing.audit import audit
from codes.life.announcing import MOST_TOGETHER, Announced
from codes.life.delegates import name_delegate, withdraw_delegate
from codes.life.issuing import revoke_codes
from codes.life.parcel_records import events_of_parcel
from codes.life.policy import Conditions, Rule
from codes.model import CodeState, EventKind, HolderKind, MessageKind, Outcome
from codes.recipients.outbox import claim_due, mark_sent
from codes.recipients.ticket_addresses import note_ticket_opened
from codes.recipients.tickets import ShownCode, Ticket, TicketState, ticket_of_holder
from codes.store.parcel_rows import lock_parcels
from codes.store.transaction import Transaction
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.domain import recorded, renew, shown, told

KEY, OTHER_KEY = "key:1", "key:2"
ADA = Person("Ada Sample", "ada@example.org", "de", "10115")
PARCEL = Announcement("C-1", ADA, "Sample Shop", Decimal(120), consignment="4711")
Announce = Callable[..., Announced]


@pytest.fixture
def announce(codes: DeliveryCodes) -> Announce:
    """Announce a parcel of the consignment, with what differs; gives what came of it."""

    def do(reference: str, by: str = KEY, **changes: object) -> Announced:
        announcement = replace(PARCEL, reference=reference, **changes)  # type: ignore[arg-type]
        return codes.announce([announcement], by)[0].result

    return do


def ticket(codes: DeliveryCodes, reference: str) -> Ticket:
    """Return the ticket of a parcel's recipient."""
    found = codes.read(ticket_of_holder, recorded(codes, reference).holder_id)
    assert found is not None
    return found


def withdraw_codes(t: Transaction, consignment_id: UUID) -> None:
    """Withdraw the codes of a consignment, as an erasure does."""
    lock_parcels(t.connection, tables.parcels.c.consignment_id == consignment_id)
    revoke_codes(t, tables.codes.c.consignment_id == consignment_id, "house")


def kinds(codes: DeliveryCodes, reference: str) -> list[EventKind]:
    return [event.kind for event in codes.read(events_of_parcel, recorded(codes, reference).parcel_id)]


def assert_in_order(codes: DeliveryCodes) -> None:
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def test_a_parcel_announced_later_joins_with_the_same_code_and_one_more_message(
    codes: DeliveryCodes, announce: Announce, clock: TurnableClock
) -> None:
    announce("C-1")
    first = ticket(codes, "C-1")
    codes.write(note_ticket_opened, first.holder_id)
    (message,) = codes.write(claim_due, limit=9, lease=timedelta(minutes=1))
    codes.write(mark_sent, message, "250 taken")
    for number in (2, 3):
        clock.turn(timedelta(hours=1))
        announce(f"C-{number}")
    joined = ticket(codes, "C-3")
    assert (joined.holder_id, joined.code) == (first.holder_id, first.code)
    assert [parcel.reference for parcel in joined.parcels] == ["C-1", "C-2", "C-3"]
    assert {parcel.state for parcel in joined.parcels} == {TicketState.ANNOUNCED}
    # The message of the second was not sent yet when the third came: it tells of both.
    assert told(codes) == [MessageKind.PARCEL_JOINED, MessageKind.CODE_ISSUED]
    assert kinds(codes, "C-3") == [EventKind.ANNOUNCED, EventKind.POLICY_DECIDED, EventKind.CODE_ISSUED]
    assert_in_order(codes)


def test_parcels_announced_together_have_one_code_and_one_message(codes: DeliveryCodes) -> None:
    codes.announce([replace(PARCEL, reference=f"C-{number}") for number in (1, 2, 3)], KEY)
    assert told(codes) == [MessageKind.CODE_ISSUED]
    assert len({shown(codes, f"C-{number}").payload for number in (1, 2, 3)}) == 1
    assert_in_order(codes)


@pytest.mark.parametrize(
    "changes",
    [
        {"by": OTHER_KEY},
        {"by": "house"},
        {"by": "shop:1"},
        {"sender": "Another Shop"},
        {"consignment": "4712"},
        {"recipient": replace(ADA, email="eve@example.org", phone="+4930123456")},
        {"recipient": replace(ADA, email=None, phone="+4930123456")},
        {"recipient": replace(ADA, email=None)},
        {"recipient": replace(ADA, email="áda@example.org")},
        {"reference": "TEST/C-2"},
    ],
    ids=lambda changes: " ".join(changes),
)
def test_whatever_differs_makes_a_consignment_of_its_own_and_is_never_given_the_standing_code(
    codes: DeliveryCodes, announce: Announce, driver: SigningDevice, clock: TurnableClock, changes: dict[str, object]
) -> None:
    announce("C-1")
    given = {"reference": "C-2", **changes}
    reference = str(given["reference"])
    assert announce(**given) is Announced.CREATED
    other = ticket(codes, reference)
    assert other.holder_id != ticket(codes, "C-1").holder_id
    assert [parcel.reference for parcel in other.parcels] == [reference]
    crossed = codes.present(driver.presentation(shown(codes, reference).payload, "C-1", now=clock()))
    assert crossed.outcome in (Outcome.OTHER_PARCEL, Outcome.WRONG_CODE)
    assert_in_order(codes)


@pytest.mark.parametrize(
    "recipient",
    [
        replace(ADA, email="ADA@Example.ORG"),
        replace(ADA, email="\uff41da@example.org"),
        replace(ADA, name="A. Sample", postcode=None, language="en"),
        replace(ADA, phone="+4930123456"),
    ],
)
def test_the_same_address_written_otherwise_is_the_same_recipient(
    codes: DeliveryCodes, announce: Announce, recipient: Person
) -> None:
    announce("C-1")
    announce("C-2", recipient=recipient)
    joined = ticket(codes, "C-2")
    assert joined.code == ticket(codes, "C-1").code
    assert (joined.email, joined.name, joined.phone) == (ADA.email, ADA.name, None), "the standing recipient stays"
    assert announce("C-2", recipient=recipient) is Announced.UNCHANGED
    assert announce("C-2", recipient=replace(ADA, name="Eve")) is Announced.CONFLICT
    assert announce("C-2", recipient=recipient, value=Decimal(1)) is Announced.CONFLICT
    assert_in_order(codes)


@pytest.mark.parametrize("number", [None, "", "   ", "\t"])
def test_an_empty_number_is_no_consignment(codes: DeliveryCodes, announce: Announce, number: str | None) -> None:
    for reference in ("C-1", "C-2"):
        announce(reference, consignment=number)
    assert shown(codes, "C-1") != shown(codes, "C-2")
    assert recorded(codes, "C-1").consignment is None


@pytest.mark.parametrize("together", [True, False])
def test_what_is_announced_when_all_was_handed_over_has_a_code_mail_and_ticket_of_its_own(
    codes: DeliveryCodes, announce: Announce, driver: SigningDevice, clock: TurnableClock, together: bool
) -> None:
    announce("C-1")
    announce("C-2")
    seen = shown(codes, "C-1")
    codes.present(driver.presentation(seen.payload, "C-1", now=clock()))
    announce("C-3")
    assert shown(codes, "C-3") == seen, "of several parcels the code stays the same until the last"
    for handed in [("C-2", "C-3")] if together else [("C-2",), ("C-3",)]:
        assert codes.present(driver.presentation(seen.payload, *handed, now=clock())).accepted
    clock.turn(timedelta(minutes=1))
    before = len(told(codes))
    announce("C-4")
    announce("C-5")
    fresh = shown(codes, "C-4")
    assert fresh == shown(codes, "C-5") != seen
    assert ticket(codes, "C-4").holder_id != ticket(codes, "C-1").holder_id
    assert [parcel.reference for parcel in ticket(codes, "C-4").parcels] == ["C-4", "C-5"]
    assert told(codes)[: len(told(codes)) - before] == [MessageKind.CODE_ISSUED]
    for code in (seen.payload, seen.digits):
        answer = codes.present(driver.presentation(code, "C-4", now=clock()))
        assert answer.outcome in (Outcome.OTHER_PARCEL, Outcome.WRONG_CODE)
    assert codes.present(driver.presentation(fresh.payload, "C-4", now=clock())).accepted
    assert_in_order(codes)


@pytest.mark.parametrize("how", ["revoked", "expired", "erased"])
def test_nothing_joins_where_the_code_was_ended(
    codes: DeliveryCodes, announce: Announce, clock: TurnableClock, how: str
) -> None:
    announce("C-1")
    before = shown(codes, "C-1")
    if how == "revoked":
        codes.write(withdraw_codes, recorded(codes, "C-1").consignment_id)
    elif how == "expired":
        clock.turn(timedelta(days=codes.settings.lifetime_days))
    else:
        codes.erase_parcel("C-1")
    announce("C-2")
    announce("C-3")
    assert shown(codes, "C-2").state is CodeState.LIVE
    assert shown(codes, "C-2") == shown(codes, "C-3") != before
    assert [parcel.reference for parcel in ticket(codes, "C-2").parcels] == ["C-2", "C-3"]
    assert_in_order(codes)


def test_what_joins_after_a_renewal_has_the_newest_code_and_opens_when_others_are_gone(
    codes: DeliveryCodes, announce: Announce, driver: SigningDevice, clock: TurnableClock
) -> None:
    announce("C-1")
    announce("C-2")
    old = shown(codes, "C-1")
    codes.present(driver.presentation(old.payload, "C-1", now=clock()))
    clock.turn(timedelta(minutes=1))
    renew(codes, "C-1")
    announce("C-3")
    newest = shown(codes, "C-3")
    assert newest == shown(codes, "C-2") != old
    assert EventKind.CODE_RENEWED not in kinds(codes, "C-1"), "it was handed over before"
    assert EventKind.CODE_RENEWED in kinds(codes, "C-2")
    answer = codes.present(driver.presentation(newest.payload, "C-2", "C-3", now=clock()))
    assert (answer.outcome, answer.handed_over, answer.of) == (Outcome.ACCEPTED, 3, 3)
    assert_in_order(codes)


def test_a_delegate_receives_what_they_were_named_for_and_not_what_joins_later(
    codes: DeliveryCodes, announce: Announce, driver: SigningDevice, clock: TurnableClock
) -> None:
    announce("C-1")
    announce("C-2")
    delegate = codes.write(
        name_delegate, recorded(codes, "C-1").holder_id, Person("Neighbour"), clock() + timedelta(days=1)
    )
    clock.turn(timedelta(minutes=1))
    announce("C-3")
    theirs = codes.read(ticket_of_holder, delegate.holder_id)
    assert theirs is not None
    assert theirs.code is not None
    assert (theirs.holder_kind, [parcel.reference for parcel in theirs.parcels]) == (
        HolderKind.DELEGATE,
        ["C-1", "C-2"],
    )
    for code in (theirs.code.digits, theirs.code.payload):
        answer = codes.present(driver.presentation(code, "C-3", now=clock()))
        assert answer.outcome in (Outcome.WRONG_CODE, Outcome.OTHER_PARCEL)
    answer = codes.present(driver.presentation(theirs.code.payload, "C-1", "C-2", now=clock()))
    assert answer.outcome is Outcome.ACCEPTED
    codes.write(withdraw_delegate, recorded(codes, "C-1").holder_id, delegate.holder_id)
    assert EventKind.DELEGATE_WITHDRAWN not in kinds(codes, "C-3")
    assert_in_order(codes)


def test_wrong_digits_count_for_the_whole_consignment(
    codes: DeliveryCodes, announce: Announce, driver: SigningDevice, clock: TurnableClock
) -> None:
    for number in (1, 2, 3):
        announce(f"C-{number}")
    code = shown(codes, "C-1")
    wrong = "000000" if code.digits != "000000" else "000001"
    for number in range(codes.settings.wrong_digits_per_parcel):
        codes.present(driver.presentation(wrong, f"C-{number % 3 + 1}", now=clock()))
    locked = codes.present(driver.presentation(code.digits, "C-2", now=clock()))
    assert locked.outcome is Outcome.LOCKED
    assert codes.present(driver.presentation(code.payload, "C-2", now=clock())).outcome is Outcome.ACCEPTED
    assert_in_order(codes)


def test_each_parcel_needs_a_code_by_its_own_decision(
    codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock
) -> None:
    dear = Conditions(value_at_least={"EUR": Decimal(100)})
    codes.rules = (
        Rule(when=dear, code_required=True, reason="high_value"),
        Rule(code_required=False, reason="low_value"),
    )
    codes.announce([replace(PARCEL, reference="C-1", value=Decimal(1))], KEY)
    assert (ticket(codes, "C-1").code, told(codes)) == (None, [])
    clock.turn(timedelta(minutes=1))
    codes.announce([replace(PARCEL, reference="C-2")], KEY)
    found = ticket(codes, "C-2")
    assert found.code is not None
    assert (found.holder_id, found.reference) == (ticket(codes, "C-1").holder_id, "C-2")
    assert [parcel.code_required for parcel in found.parcels] == [False, True]
    answer = codes.present(driver.presentation(found.code.payload, "C-1", "C-2", now=clock()))
    assert (answer.outcome, answer.handed_over, answer.of) == (Outcome.ACCEPTED, 2, 2)
    assert_in_order(codes)


def test_so_many_parcels_are_one_consignment_and_the_next_begins_another(codes: DeliveryCodes) -> None:
    many = [replace(PARCEL, reference=f"C-{number:03}") for number in range(MOST_TOGETHER + 2)]
    codes.announce(many[:-1], KEY)
    codes.announce(many[-1:], KEY)
    assert [len(ticket(codes, f"C-{number:03}").parcels) for number in (0, MOST_TOGETHER - 1)] == [MOST_TOGETHER] * 2
    assert len(ticket(codes, f"C-{MOST_TOGETHER:03}").parcels) == 2


def test_parcels_announced_at_the_same_time_are_one_consignment(codes: DeliveryCodes, announce: Announce) -> None:
    with ThreadPoolExecutor(12) as pool:
        results = list(pool.map(announce, [f"C-{number}" for number in range(12)]))
    assert results == [Announced.CREATED] * 12
    assert len({shown(codes, f"C-{number}").payload for number in range(12)}) == 1
    with codes.database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.consignments)).scalar() == 1
    assert_in_order(codes)


def test_a_parcel_joins_while_the_code_is_renewed_and_both_are_told(codes: DeliveryCodes, announce: Announce) -> None:
    announce("C-0")
    with ThreadPoolExecutor(8) as pool:
        joining = [pool.submit(announce, f"C-{number}") for number in range(1, 7)]
        renewing = [pool.submit(renew, codes, "C-0") for _ in range(3)]
        assert [each.result() for each in joining] == [Announced.CREATED] * 6
        for each in renewing:
            each.result()
    newest: ShownCode = shown(codes, "C-0")
    assert {shown(codes, f"C-{number}").payload for number in range(7)} == {newest.payload}
    assert_in_order(codes)
