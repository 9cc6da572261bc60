"""A code at the counter: what it opens is told with its shelf, nothing is released, and a wrong one learns nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from codes import DeliveryCodes, Outcome, Person
from codes.accounts.devices import revoke_device
from codes.auditing.audit import audit
from codes.life.delegates import name_delegate
from codes.life.issuing import renew_code
from codes.life.parcel_records import events_of_parcel, find_parcel
from codes.model import DeviceKind, HolderKind, InHandBy, LockedBy, MessageKind, ParcelSize
from codes.pickup.intake import take_in
from codes.pickup.points import PointTerms, add_point, place_device, put_shelf
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import ShownCode, ticket_of_holder
from codes.verification.collection import Collection
from codes.verification.presentation import (
    BadSignature,
    DeviceRevoked,
    NoSuchName,
    NotAtCounter,
    OtherContent,
    ParcelMissing,
    Purpose,
)
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled
from tests.parts.domain import shown

ADA = Person("Ada  Lovelace-Müller", "ada@example.org", "tr")
Ask = Callable[..., Collection]


@pytest.fixture
def counter(codes: DeliveryCodes) -> SigningDevice:
    """A counter at the one pickup point of the house."""
    point_id = codes.write(add_point, PointTerms("Kiosk Sample"))
    for name in ("A1", "A2"):
        codes.write(put_shelf, point_id, name, size=ParcelSize.L, room=20)
    return enrolled(codes, DeviceKind.COUNTER)


@pytest.fixture
def ask(codes: DeliveryCodes, counter: SigningDevice, clock: TurnableClock) -> Ask:
    """Show a code at the counter."""

    def do(code: str, *references: str, by: InHandBy = InHandBy.CHOICE, **more: object) -> Collection:
        device = more.pop("device", counter)
        assert isinstance(device, SigningDevice)
        return codes.collect(
            device.presentation(code, *references, now=clock(), by=by, purpose=Purpose.LIST, **more)  # type: ignore[arg-type]
        )

    return do


@pytest.fixture
def three(codes: DeliveryCodes, counter: SigningDevice, announce: Callable[..., ShownCode]) -> ShownCode:
    """Three parcels of one consignment and one besides wait for Ada; one of Bob's waits too. Gives A-1's code."""
    for reference in ("A-1", "A-2", "A-3"):
        announce(reference, recipient=ADA, consignment="C", sender="Shop")
    announce("A-9", recipient=ADA)
    announce("B-1", recipient=Person("Bob", "bob@example.org"))
    for reference, shelf in (("A-1", "A1"), ("A-2", "A2"), ("A-3", "A2"), ("A-9", "A1"), ("B-1", "A1")):
        codes.write(take_in, counter.device_id, reference, ParcelSize.S, shelf)
    return shown(codes, "A-1")


def wrong(code: ShownCode) -> str:
    return "000000" if code.digits != "000000" else "000001"


def told(codes: DeliveryCodes, reference: str) -> Counter[MessageKind]:
    parcel = codes.read(find_parcel, reference)
    assert parcel is not None
    return Counter(message.kind for message in codes.read(listed_messages, limit=50, parcel_id=parcel.parcel_id))


def test_a_right_code_names_its_parcels_with_their_shelves_and_releases_none(
    codes: DeliveryCodes, counter: SigningDevice, three: ShownCode, ask: Ask, clock: TurnableClock
) -> None:
    parcel = codes.read(find_parcel, "A-1")
    assert parcel is not None
    before = codes.read(events_of_parcel, parcel.parcel_id)
    found = ask(three.payload)
    assert found.outcome is Outcome.ACCEPTED
    assert [(each.reference, each.shelf, each.size) for each in found.parcels] == [
        *(("A-1", "A1", ParcelSize.S), ("A-2", "A2", ParcelSize.S), ("A-3", "A2", ParcelSize.S))
    ]
    assert (found.holder_kind, found.recipient, found.recipient_language) == (HolderKind.RECIPIENT, ADA.name, "tr")
    assert (found.handed_over, found.of, found.others) == (0, 3, 1)
    assert ask(three.digits, "a-1") == found
    assert codes.read(events_of_parcel, parcel.parcel_id) == before
    answer = codes.present(counter.presentation(three.payload, "A-1", "A-3", now=clock()))
    assert (answer.outcome, answer.handed_over, answer.of) == (Outcome.ACCEPTED, 2, 3)
    left = ask(three.payload)
    assert (left.handed_over, left.of, [each.reference for each in left.parcels]) == (2, 3, ["A-2"])
    codes.present(counter.presentation(three.payload, "A-2", now=clock()))
    spent = ask(three.payload)
    assert (spent.outcome, spent.parcels, spent.recipient) == (Outcome.ALREADY_HANDED_OVER, (), None)
    assert spent.handed_over_at is not None
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def test_a_wrong_code_is_charged_recorded_and_told_and_learns_nothing(
    codes: DeliveryCodes, three: ShownCode, ask: Ask
) -> None:
    nothing = Collection(Outcome.WRONG_CODE)
    guess = wrong(three)
    for _ in range(3):
        assert ask(guess, "A-2") == nothing
    assert MessageKind.WRONG_TRIES in (*told(codes, "A-1"), *told(codes, "A-2"))
    assert ask(guess, "A-1") == nothing
    assert ask(guess, "A-1") == nothing
    locked = ask(three.digits, "A-1")
    assert (locked.outcome, locked.locked_by, locked.parcels) == (Outcome.LOCKED, LockedBy.PARCEL, ())
    assert ask(three.payload).outcome is Outcome.ACCEPTED
    parcel = codes.read(find_parcel, "A-9")
    assert parcel is not None
    assert parcel.wrong_digits == 0
    assert ask("A symbol of somebody else").outcome is Outcome.UNKNOWN_SYMBOL
    assert ask("7310000000000000000000000000000000" + "0").outcome is Outcome.UNKNOWN_SYMBOL
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def test_a_name_under_which_several_consignments_wait_compares_nothing(
    codes: DeliveryCodes, three: ShownCode, ask: Ask
) -> None:
    for digits in (three.digits, wrong(three)):
        found = ask(digits, name=ADA.name)
        assert (found.outcome, found.parcels, found.recipient) == (Outcome.ONE_RECIPIENT, (), None)
    for reference in ("A-1", "A-9"):
        parcel = codes.read(find_parcel, reference)
        assert parcel is not None
        assert parcel.wrong_digits == 0
    bob = shown(codes, "B-1")
    assert ask(bob.digits, name="bob").outcome is Outcome.ACCEPTED


def test_the_devices_own_budget_holds_over_names(
    make_codes: Callable[..., DeliveryCodes], clock: TurnableClock
) -> None:
    codes = make_codes(wrong_digits_per_device_and_day=3, kiosk_keypad=True)
    codes.write(add_point, PointTerms("Point"))
    device = enrolled(codes, DeviceKind.KIOSK)
    asked = [
        codes.collect(device.presentation("123456", now=clock(), purpose=Purpose.LIST, name=f"Name {number}"))
        for number in range(4)
    ]
    assert [each.outcome for each in asked] == [*[Outcome.WRONG_CODE] * 3, Outcome.LOCKED]
    assert asked[3].locked_by is LockedBy.DEVICE
    codes.close()


def test_a_delegates_code_says_whose_it_is_and_nothing_of_other_parcels(
    codes: DeliveryCodes, three: ShownCode, ask: Ask, clock: TurnableClock
) -> None:
    parcel = codes.read(find_parcel, "A-9")
    assert parcel is not None
    delegate = codes.write(name_delegate, parcel.holder_id, Person("Neighbour"), clock() + timedelta(days=1))
    ticket = codes.read(ticket_of_holder, delegate.holder_id)
    assert ticket is not None
    assert ticket.code is not None
    for found in (ask(ticket.code.payload), ask(ticket.code.digits, name="neighbour")):
        assert (found.holder_kind, found.holder, found.recipient) == (HolderKind.DELEGATE, "Neighbour", ADA.name)
        assert ([each.reference for each in found.parcels], found.others) == (["A-9"], 0)


def test_a_delegate_is_spoken_to_in_their_own_language(
    codes: DeliveryCodes, counter: SigningDevice, three: ShownCode, ask: Ask, clock: TurnableClock
) -> None:
    parcel = codes.read(find_parcel, "A-9")
    assert parcel is not None
    person = Person("Neighbour", language="uk")
    delegate = codes.write(name_delegate, parcel.holder_id, person, clock() + timedelta(days=1))
    ticket = codes.read(ticket_of_holder, delegate.holder_id)
    assert ticket is not None
    assert ticket.code is not None
    assert ask(ticket.code.payload).recipient_language == "uk"
    assert ask(three.payload).recipient_language == ADA.language
    answer = codes.present(counter.presentation(ticket.code.payload, "A-9", now=clock()))
    assert (answer.outcome, answer.recipient_language) == (Outcome.ACCEPTED, "uk")


def test_a_name_that_nobody_has_is_no_wrong_code_at_a_counter_and_charges_no_digits(
    codes: DeliveryCodes, three: ShownCode, ask: Ask
) -> None:
    bob = shown(codes, "B-1")
    for _ in range(25):
        with pytest.raises(NoSuchName):
            ask(wrong(bob), name="Studio 54")
    assert ask(bob.digits, name="Bob").outcome is Outcome.ACCEPTED
    assert ask(wrong(bob), name="Bob").outcome is Outcome.WRONG_CODE


def test_a_name_with_digits_is_a_name(
    codes: DeliveryCodes, counter: SigningDevice, announce: Callable[..., ShownCode], ask: Ask
) -> None:
    announce("S-54", recipient=Person("Studio 54", "studio@example.org"))
    codes.write(take_in, counter.device_id, "S-54", ParcelSize.S, "A1")
    assert [each.reference for each in ask(shown(codes, "S-54").digits, name="studio 54").parcels] == ["S-54"]


def test_an_old_code_and_a_parcel_that_waits_elsewhere_are_said_plainly(
    codes: DeliveryCodes, counter: SigningDevice, three: ShownCode, ask: Ask, clock: TurnableClock
) -> None:
    elsewhere = codes.write(add_point, PointTerms("Elsewhere"))
    codes.write(place_device, counter.device_id, elsewhere)
    elsewhere_now = [(each.reference, each.shelf, each.elsewhere) for each in ask(three.payload).parcels]
    assert elsewhere_now == [(reference, None, "Kiosk Sample") for reference in ("A-1", "A-2", "A-3")]
    with pytest.raises(NoSuchName):
        ask(three.digits, name=ADA.name)
    parcel = codes.read(find_parcel, "A-1")
    assert parcel is not None
    clock.turn(timedelta(minutes=1))
    codes.write(renew_code, parcel.holder_id, "recipient")
    old = ask(three.payload)
    assert (old.outcome, old.newer_sent_at, old.parcels) == (Outcome.OLD_CODE, clock(), ())


def test_who_may_not_ask_is_refused(
    codes: DeliveryCodes,
    counter: SigningDevice,
    driver: SigningDevice,
    three: ShownCode,
    ask: Ask,
    clock: TurnableClock,
) -> None:
    with pytest.raises(NotAtCounter):
        ask(three.payload, device=driver)
    with pytest.raises(ParcelMissing):
        ask(three.digits)
    with pytest.raises(BadSignature):
        codes.collect(replace(counter.presentation(three.payload, now=clock()), purpose=Purpose.LIST))
    refused = counter.presentation(wrong(three), "A-1", now=clock(), purpose=Purpose.LIST)
    first = codes.collect(refused)
    assert codes.collect(refused) == first
    parcel = codes.read(find_parcel, "A-1")
    assert parcel is not None
    assert parcel.wrong_digits == 1
    with pytest.raises(OtherContent):
        codes.present(counter.presentation(three.payload, "A-1", now=clock(), presentation_id=refused.presentation_id))
    codes.write(revoke_device, counter.device_id)
    with pytest.raises(DeviceRevoked):
        ask(three.payload)


def test_two_counters_that_race_for_a_parcel_both_list_it_and_one_hands_it_over(
    codes: DeliveryCodes, counter: SigningDevice, three: ShownCode, ask: Ask, clock: TurnableClock
) -> None:
    other = enrolled(codes, DeviceKind.COUNTER, "Other counter")

    def fetch(device: SigningDevice) -> tuple[Outcome, Outcome]:
        listed = ask(three.payload, device=device)
        answer = codes.present(device.presentation(three.payload, "A-1", now=clock()))
        return listed.outcome, answer.outcome

    with ThreadPoolExecutor(2) as pool:
        outcomes = Counter(outcome for _, outcome in pool.map(fetch, (counter, other)))
    assert outcomes == {Outcome.ACCEPTED: 1, Outcome.ALREADY_HANDED_OVER: 1}
