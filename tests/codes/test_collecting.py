"""A code at the counter: what it opens is told with its shelf, nothing is released, and a wrong one learns nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from codes import DeliveryCodes, Outcome, Person
from codes.auditing.audit import audit
from codes.judging.collecting import Collection, NotAtCounter
from codes.judging.presentation import BadSignature, Purpose
from codes.judging.presenting import DeviceRevoked, OtherContent, ParcelMissing
from codes.model import DeviceKind, HolderKind, InHandBy, LockedBy, MessageKind, ParcelSize
from codes.pickup.points import PointTerms
from codes.recipients.tickets import ShownCode
from tests.codes.conftest import shown
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled

ADA = Person("Ada  Lovelace-Müller", "ada@example.org", "tr")
Ask = Callable[..., Collection]


@pytest.fixture
def counter(codes: DeliveryCodes) -> SigningDevice:
    """A counter at the one pickup point of the house."""
    point_id = codes.pickup_points.add(PointTerms("Kiosk Sample"))
    for name in ("A1", "A2"):
        codes.pickup_points.put_shelf(point_id, name, size=ParcelSize.L, room=20)
    return enrolled(codes, DeviceKind.COUNTER)


@pytest.fixture
def ask(codes: DeliveryCodes, counter: SigningDevice, clock: TurnableClock) -> Ask:
    """Show a code at the counter."""

    def do(code: str, *references: str, by: InHandBy = InHandBy.CHOICE, **more: object) -> Collection:
        device = more.pop("device", counter)
        assert isinstance(device, SigningDevice)
        return codes.collecting.list(
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
        codes.stays.take_in(counter.device_id, reference, ParcelSize.S, shelf)
    return shown(codes, "A-1")


def wrong(code: ShownCode) -> str:
    return "000000" if code.digits != "000000" else "000001"


def told(codes: DeliveryCodes, reference: str) -> Counter[MessageKind]:
    parcel = codes.parcel(reference)
    assert parcel is not None
    return Counter(message.kind for message in codes.outbox.listed(limit=50, parcel_id=parcel.parcel_id))


def test_a_right_code_names_its_parcels_with_their_shelves_and_releases_none(
    codes: DeliveryCodes, counter: SigningDevice, three: ShownCode, ask: Ask, clock: TurnableClock
) -> None:
    parcel = codes.parcel("A-1")
    assert parcel is not None
    before = codes.events(parcel.parcel_id)
    found = ask(three.payload)
    assert found.outcome is Outcome.ACCEPTED
    assert [(each.reference, each.shelf, each.size) for each in found.parcels] == [
        *(("A-1", "A1", ParcelSize.S), ("A-2", "A2", ParcelSize.S), ("A-3", "A2", ParcelSize.S))
    ]
    assert (found.holder_kind, found.recipient, found.recipient_language) == (HolderKind.RECIPIENT, ADA.name, "tr")
    assert (found.handed_over, found.of, found.others) == (0, 3, 1)
    for asked in (ask(three.digits, "a-1"), ask(three.digits, name="ada lovelace-muller")):
        assert asked == found
    assert codes.events(parcel.parcel_id) == before
    answer = codes.present(counter.presentation(three.payload, "A-1", "A-3", now=clock()))
    assert (answer.outcome, answer.handed_over, answer.of) == (Outcome.ACCEPTED, 2, 3)
    left = ask(three.payload)
    assert (left.handed_over, left.of, [each.reference for each in left.parcels]) == (2, 3, ["A-2"])
    codes.present(counter.presentation(three.payload, "A-2", now=clock()))
    spent = ask(three.payload)
    assert (spent.outcome, spent.parcels, spent.recipient) == (Outcome.ALREADY_HANDED_OVER, (), None)
    assert spent.handed_over_at is not None
    assert audit(codes.database, codes.log.key.public_key(), codes.ring()).findings == ()


def test_a_wrong_code_is_charged_recorded_and_told_and_learns_nothing(
    codes: DeliveryCodes, three: ShownCode, ask: Ask
) -> None:
    nothing = Collection(Outcome.WRONG_CODE)
    guess = wrong(three)
    assert ask(guess, name="Nobody of this name") == nothing
    for _ in range(3):
        assert ask(guess, name=ADA.name) == nothing
    assert told(codes, "A-1")[MessageKind.WRONG_TRIES] == 1
    assert ask(guess, "A-1") == nothing
    assert ask(guess, "A-1") == nothing
    locked = ask(three.digits, "A-1")
    assert (locked.outcome, locked.locked_by, locked.parcels) == (Outcome.LOCKED, LockedBy.PARCEL, ())
    assert ask(three.payload).outcome is Outcome.ACCEPTED
    parcel = codes.parcel("A-9")
    assert parcel is not None
    assert parcel.wrong_digits == 3
    assert ask("A symbol of somebody else").outcome is Outcome.UNKNOWN_SYMBOL
    assert ask("7310000000000000000000000000000000" + "0").outcome is Outcome.UNKNOWN_SYMBOL
    assert audit(codes.database, codes.log.key.public_key(), codes.ring()).findings == ()


def test_the_devices_own_budget_holds_over_names(
    make_codes: Callable[..., DeliveryCodes], clock: TurnableClock
) -> None:
    codes = make_codes(wrong_digits_per_device_and_day=3)
    codes.pickup_points.add(PointTerms("Point"))
    device = enrolled(codes, DeviceKind.COUNTER)
    asked = [
        codes.collecting.list(device.presentation("123456", now=clock(), purpose=Purpose.LIST, name=f"Name {number}"))
        for number in range(4)
    ]
    assert [each.outcome for each in asked] == [*[Outcome.WRONG_CODE] * 3, Outcome.LOCKED]
    assert asked[3].locked_by is LockedBy.DEVICE
    codes.close()


def test_a_delegates_code_says_whose_it_is_and_nothing_of_other_parcels(
    codes: DeliveryCodes, three: ShownCode, ask: Ask, clock: TurnableClock
) -> None:
    parcel = codes.parcel("A-9")
    assert parcel is not None
    delegate = codes.delegates.name(parcel.holder_id, Person("Neighbour"), clock() + timedelta(days=1))
    ticket = codes.ticket_of(delegate.holder_id)
    assert ticket is not None
    assert ticket.code is not None
    for found in (ask(ticket.code.payload), ask(ticket.code.digits, name="neighbour")):
        assert (found.holder_kind, found.holder, found.recipient) == (HolderKind.DELEGATE, "Neighbour", ADA.name)
        assert ([each.reference for each in found.parcels], found.others) == (["A-9"], 0)


def test_an_old_code_and_a_parcel_that_waits_elsewhere_are_said_plainly(
    codes: DeliveryCodes, counter: SigningDevice, three: ShownCode, ask: Ask, clock: TurnableClock
) -> None:
    elsewhere = codes.pickup_points.add(PointTerms("Elsewhere"))
    codes.pickup_points.place_device(counter.device_id, elsewhere)
    (only,) = ask(three.payload).parcels
    assert (only.reference, only.shelf, only.elsewhere) == ("A-1", None, "Kiosk Sample")
    assert ask(three.digits, name=ADA.name).outcome is Outcome.WRONG_CODE
    parcel = codes.parcel("A-1")
    assert parcel is not None
    clock.turn(timedelta(minutes=1))
    codes.renew(parcel.holder_id, "recipient")
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
        codes.collecting.list(replace(counter.presentation(three.payload, now=clock()), purpose=Purpose.LIST))
    refused = counter.presentation(wrong(three), "A-1", now=clock(), purpose=Purpose.LIST)
    first = codes.collecting.list(refused)
    assert codes.collecting.list(refused) == first
    parcel = codes.parcel("A-1")
    assert parcel is not None
    assert parcel.wrong_digits == 1
    with pytest.raises(OtherContent):
        codes.present(counter.presentation(three.payload, "A-1", now=clock(), presentation_id=refused.presentation_id))
    codes.devices.revoke(counter.device_id)
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
