"""What is decided of a presentation: one case a line, with nothing but facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from codes.keys.derivation import derive_digits, derive_payload
from codes.keys.keyring import KeyRing
from codes.model import (
    CodeFacts,
    Conflict,
    DeviceKind,
    HolderKind,
    InHand,
    InHandBy,
    LockedBy,
    Means,
    Outcome,
)
from codes.settings import OfflineVerdict, OtherTour
from codes.values.payload import digest_of
from codes.verification.decision import decide
from codes.verification.facts import (
    Charge,
    ConsignmentFacts,
    Decision,
    DeviceFacts,
    Grant,
    HandoverFacts,
    ParcelFacts,
    PointFacts,
    Rules,
    StayFacts,
    VerificationFacts,
)
from codes.verification.presentation import (
    CodeRequired,
    DeviceRevoked,
    DigitsRefused,
    NotAtCounter,
    OutOfOrder,
    ParcelMissing,
    Presentation,
    PresentationRefused,
    Presented,
    Purpose,
    WrongClock,
)
from tests.parts.domain import SETTINGS

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
RING = KeyRing("ring", "k1", {"k1": bytes(32)})
RULES = Rules(RING, SETTINGS)
KEYPAD = Rules(RING, SETTINGS.model_copy(update={"kiosk_keypad": True}))
POINT, OTHER_POINT = PointFacts(UUID(int=71), keeps_shelves=True), UUID(int=72)


@dataclass
class World:
    """Ada's consignment of A-1 and A-2, Bob's of B-1, and one device that presents."""

    facts: VerificationFacts = field(default_factory=VerificationFacts)
    device: UUID = field(default_factory=uuid4)

    def __post_init__(self) -> None:
        self.facts.devices[self.device] = DeviceFacts(self.device, DeviceKind.DRIVER)
        self.ada = self.consignment("A-1", "A-2")
        self.bob = self.consignment("B-1")

    def consignment(self, *references: str, code_required: bool = True) -> CodeFacts:
        """Announce parcels together, and return the recipient's code."""
        consignment_id, recipient_id = uuid4(), uuid4()
        parcels = [ParcelFacts(uuid4(), each, consignment_id, code_required) for each in references]
        self.facts.parcels |= {each.parcel_id: each for each in parcels}
        self.facts.by_label |= {each.reference: each.parcel_id for each in parcels}
        ids = tuple(each.parcel_id for each in parcels)
        self.facts.consignments[consignment_id] = ConsignmentFacts(consignment_id, recipient_id, "de", parcels=ids)
        return self.issue(consignment_id, recipient_id, HolderKind.RECIPIENT)

    def issue(self, consignment_id: UUID, holder_id: UUID, kind: HolderKind) -> CodeFacts:
        code = CodeFacts(uuid4(), consignment_id, holder_id, kind, "k1", 1, NOW - HOUR, NOW + 24 * HOUR)
        of = self.facts.consignments[consignment_id]
        self.facts.consignments[consignment_id] = replace(of, codes=(*of.codes, code))
        self.facts.code_by_digest[digest_of(payload(code))] = code
        return code

    def delegate(self, *references: str) -> CodeFacts:
        """Name a delegate of Ada's for these parcels."""
        holder_id = uuid4()
        of = self.facts.consignments[self.ada.consignment_id]
        named = frozenset(self.facts.by_label[each] for each in references)
        self.facts.consignments[of.consignment_id] = replace(of, named={**of.named, holder_id: named})
        return self.issue(of.consignment_id, holder_id, HolderKind.DELEGATE)

    def change(self, reference: str, **facts: object) -> None:
        parcel_id = self.facts.by_label[reference]
        self.facts.parcels[parcel_id] = replace(self.facts.parcels[parcel_id], **facts)  # type: ignore[arg-type]

    def change_code(self, code: CodeFacts, **facts: object) -> None:
        changed = replace(code, **facts)  # type: ignore[arg-type]
        of = self.facts.consignments[code.consignment_id]
        codes = tuple(changed if each.code_id == code.code_id else each for each in of.codes)
        self.facts.consignments[code.consignment_id] = replace(of, codes=codes)
        self.facts.code_by_digest[digest_of(payload(code))] = changed

    def spend(self, code: CodeFacts, tries: int) -> None:
        of = self.facts.consignments[code.consignment_id]
        self.facts.consignments[code.consignment_id] = replace(of, wrong_digits=tries)

    def stand(self, kind: DeviceKind, point: PointFacts | None = POINT) -> None:
        """Let the device be a counter or kiosk."""
        self.facts.devices[self.device] = DeviceFacts(self.device, kind, point=point)

    def grant(
        self, code: CodeFacts, *references: str, given: timedelta = -HOUR, withdrawn: timedelta | None = None
    ) -> None:
        """Let the device's manifest hold a code's token for these parcels."""
        for reference in references:
            key = (self.device, self.facts.by_label[reference], digest_of(payload(code)))
            self.facts.grants[key] = Grant(NOW + given, None if withdrawn is None else NOW + withdrawn)

    def decide(
        self,
        code: str,
        *labels: str,
        by: Sequence[InHandBy] = (InHandBy.LABEL,) * 9,
        at: datetime = NOW,
        offline: bool = False,
        purpose: Purpose = Purpose.RELEASE,
        rules: Rules = RULES,
    ) -> Decision:
        means = Means.TAP if not code else Means.DIGITS if len(code) == 6 else Means.PAYLOAD
        presentation = Presentation(
            presentation_id=uuid4(),
            device_id=self.device,
            parcels=tuple(InHand(label, by[place]) for place, label in enumerate(labels)),
            means=means,
            presented=code,
            presented_at=at,
            offline=offline,
            presentation_id_text="",
            device_id_text="",
            presented_at_text="",
            salt=bytes(16),
            signature=bytes(64),
            purpose=purpose,
        )
        return decide(self.facts, Presented.of(presentation), NOW, rules)


@pytest.fixture
def world() -> World:
    """Two consignments and a driver."""
    return World()


def payload(code: CodeFacts) -> str:
    return derive_payload(RING.key("k1"), code.code_id)


def digits(code: CodeFacts) -> str:
    return derive_digits(RING.key("k1"), code.code_id)


def wrong(*codes: CodeFacts) -> str:
    return next(
        each for each in (f"{number:06d}" for number in range(99)) if each not in {digits(code) for code in codes}
    )


def released(decision: Decision) -> list[str]:
    return [each.held.parcel.reference for each in decision.releases]


def told(decision: Decision) -> dict[str, Outcome]:
    return {each.reference: each.outcome for each in decision.answer.parcels}


def settings(**changes: object) -> Rules:
    return Rules(RING, SETTINGS.model_copy(update=changes))


# Whose parcel it is


@pytest.mark.parametrize("present", [payload, digits])
def test_a_code_opens_each_parcel_of_its_consignment_one_by_one_or_together(world: World, present: object) -> None:
    shown = present(world.ada)  # type: ignore[operator]
    for labels in (("A-1",), ("A-2",), ("A-1", "A-2")):
        decision = world.decide(shown, *labels)
        assert (decision.answer.outcome, released(decision)) == (Outcome.ACCEPTED, list(labels))
        assert (decision.answer.handed_over, decision.answer.of) == (len(labels), 2)
        assert decision.charge is None


def test_of_several_parcels_only_those_whose_labels_were_scanned_are_in_hand(world: World) -> None:
    chosen = world.decide(payload(world.ada), "A-1", "A-2", by=(InHandBy.LABEL, InHandBy.CHOICE))
    assert (chosen.answer.outcome, released(chosen), told(chosen)) == (
        Outcome.OTHER_PARCEL,
        [],
        {"A-2": Outcome.OTHER_PARCEL},
    )
    assert released(world.decide(payload(world.ada), "A-2", by=(InHandBy.CHOICE,))) == ["A-2"]


def test_a_known_parcel_of_somebody_else_keeps_the_light_red_and_nothing_beside_it_is_called_right(
    world: World,
) -> None:
    decision = world.decide(payload(world.ada), "A-1", "B-1")
    assert (decision.answer.outcome, released(decision)) == (Outcome.OTHER_PARCEL, [])
    assert told(decision) == {"B-1": Outcome.OTHER_PARCEL}
    assert {outcome for _, outcome in decision.judged} == {Outcome.OTHER_PARCEL}


def test_an_unknown_label_is_told_and_outvotes_nothing(world: World) -> None:
    for shown in (payload(world.ada), digits(world.ada)):
        decision = world.decide(shown, "ROUTE-7", "A-1", "\x00")
        assert (decision.answer.outcome, released(decision)) == (Outcome.ACCEPTED, ["A-1"])
        assert told(decision) == {
            "A-1": Outcome.ACCEPTED,
            "ROUTE-7": Outcome.UNKNOWN_PARCEL,
            "\x00": Outcome.UNKNOWN_PARCEL,
        }


@pytest.mark.parametrize("shown", ["payload", "digits", "wrong", "foreign"])
def test_with_nothing_but_unknown_labels_nothing_is_compared_and_nothing_charged(world: World, shown: str) -> None:
    texts = {"payload": payload(world.ada), "digits": digits(world.ada), "wrong": wrong(world.ada), "foreign": "hello"}
    decision = world.decide(texts[shown], "NOT-OURS")
    assert (decision.answer.outcome, decision.charge, decision.code) == (Outcome.UNKNOWN_PARCEL, None, None)
    assert told(decision) == {"NOT-OURS": Outcome.UNKNOWN_PARCEL}


def test_a_delegate_receives_only_what_they_were_named_for(world: World) -> None:
    neighbour = world.delegate("A-1")
    assert world.decide(payload(neighbour), "A-1").answer.of == 1
    for shown in (payload(neighbour), digits(neighbour)):
        assert released(world.decide(shown, "A-1")) == ["A-1"]
        assert world.decide(shown, "A-2").releases == ()
        both = world.decide(shown, "A-1", "A-2")
        assert (both.answer.outcome, both.releases) == (Outcome.OTHER_PARCEL, ())
    assert world.decide(payload(neighbour), "A-2").answer.outcome is Outcome.OTHER_PARCEL
    assert world.decide(digits(neighbour), "A-2").answer.outcome is Outcome.WRONG_CODE


def test_a_blocked_parcel_opens_by_no_code_and_its_sibling_still_does(world: World) -> None:
    world.change("A-1", is_blocked=True)
    for shown in (payload(world.ada), digits(world.ada)):
        assert world.decide(shown, "A-1").answer.outcome is Outcome.REVOKED
        assert world.decide(shown, "A-1", "A-2").releases == ()
        assert released(world.decide(shown, "A-2")) == ["A-2"]


# Guessing


def test_digits_are_compared_for_one_recipient_at_a_time(world: World) -> None:
    for shown in (digits(world.ada), wrong(world.ada, world.bob)):
        decision = world.decide(shown, "A-1", "B-1")
        assert (decision.answer.outcome, decision.charge, decision.releases) == (Outcome.ONE_RECIPIENT, None, ())
        assert set(told(decision).values()) == {Outcome.ONE_RECIPIENT}


def test_a_wrong_try_is_charged_to_what_it_was_compared_with(world: World) -> None:
    decision = world.decide(wrong(world.ada), "A-1", "A-2")
    assert decision.answer.outcome is Outcome.WRONG_CODE
    assert decision.charge == Charge(world.ada.consignment_id, 1)
    assert decision.answer.details.tries_left == 4


def test_whatever_is_compared_more_is_charged_more(world: World) -> None:
    delegates = [world.delegate("A-1"), world.delegate("A-1"), world.delegate("A-2")]
    guess = wrong(world.ada, *delegates)
    assert world.decide(guess, "A-1").charge == Charge(world.ada.consignment_id, 3)
    assert world.decide(guess, "A-2").charge == Charge(world.ada.consignment_id, 2)
    world.spend(world.ada, 3)
    locked = world.decide(digits(world.ada), "A-1")
    assert (locked.answer.outcome, locked.charge) == (Outcome.LOCKED, None)
    assert world.decide(digits(world.ada), "A-2").answer.outcome is Outcome.ACCEPTED


def test_a_first_try_is_always_compared_however_many_codes_there_are(world: World) -> None:
    delegates = [world.delegate("A-1") for _ in range(8)]
    assert world.decide(digits(delegates[7]), "A-1").answer.outcome is Outcome.ACCEPTED
    assert world.decide(wrong(world.ada, *delegates), "A-1").charge == Charge(world.ada.consignment_id, 9)


@pytest.mark.parametrize(
    "dead",
    [{"renewed_at": NOW}, {"revoked_at": NOW}, {"expires_at": NOW}, {"epoch": 0}],
    ids=lambda dead: next(iter(dead)),
)
def test_a_dead_code_matches_nothing_by_digits_and_frees_nothing(world: World, dead: dict[str, object]) -> None:
    world.change_code(world.ada, **dead)
    decision = world.decide(digits(world.ada), "A-1")
    assert (decision.answer.outcome, decision.charge) == (Outcome.WRONG_CODE, Charge(world.ada.consignment_id, 1))
    assert world.decide(payload(world.ada), "A-1").answer.outcome in (
        Outcome.OLD_CODE,
        Outcome.REVOKED,
        Outcome.EXPIRED,
    )


def test_five_wrong_tries_lock_the_digits_and_not_the_symbol(world: World) -> None:
    world.spend(world.ada, 5)
    locked = world.decide(digits(world.ada), "A-2")
    assert (locked.answer.outcome, locked.answer.details.locked_by) == (Outcome.LOCKED, LockedBy.PARCEL)
    assert world.decide(payload(world.ada), "A-2").answer.outcome is Outcome.ACCEPTED
    assert world.decide(digits(world.bob), "B-1").answer.outcome is Outcome.ACCEPTED


def test_a_device_has_its_own_budget_over_all_parcels(world: World) -> None:
    device = world.facts.devices[world.device]
    world.facts.devices[world.device] = replace(device, wrong_digits=20)
    locked = world.decide(digits(world.bob), "B-1")
    assert (locked.answer.outcome, locked.answer.details.locked_by) == (Outcome.LOCKED, LockedBy.DEVICE)


def test_no_red_answer_to_digits_tells_parcels_apart(world: World) -> None:
    neighbour = world.delegate("A-1")
    world.change("A-2", handover=HandoverFacts(NOW, "00"))
    for shown in (digits(world.ada), digits(neighbour), wrong(world.ada, neighbour)):
        decision = world.decide(shown, "A-1", "A-2")
        assert len(set(told(decision).values())) == 1
        assert set(told(decision)) == {"A-1", "A-2"}
        assert {outcome for _, outcome in decision.judged} == {decision.answer.outcome}


# What needs no code


def test_what_needs_no_code_is_handed_over_by_one_tap(world: World) -> None:
    world.consignment("N-1", "N-2", code_required=False)
    told_before = world.decide(wrong(), "N-1")
    assert (told_before.answer.outcome, told_before.charge, told_before.releases) == (
        Outcome.CODE_NOT_REQUIRED,
        None,
        (),
    )
    tapped = world.decide("", "N-1", "N-2")
    assert (tapped.answer.outcome, released(tapped)) == (Outcome.CODE_NOT_REQUIRED, ["N-1", "N-2"])
    assert tapped.releases[0].handover.code_id is None
    world.change("N-1", handover=HandoverFacts(NOW, "00"))
    again = world.decide("", "N-1")
    assert (again.answer.outcome, again.releases) == (Outcome.ALREADY_HANDED_OVER, ())


def test_what_needs_a_code_is_never_handed_over_by_a_tap(world: World) -> None:
    world.consignment("N-1", code_required=False)
    for labels in (("A-1",), ("N-1", "A-1")):
        with pytest.raises(CodeRequired):
            world.decide("", *labels)
    with pytest.raises(ParcelMissing):
        world.decide("")
    assert world.decide("", "NOT-OURS").answer.outcome is Outcome.UNKNOWN_PARCEL


# Where it is


@pytest.mark.parametrize("kind", [DeviceKind.COUNTER, DeviceKind.KIOSK])
def test_only_what_lies_at_this_pickup_point_is_handed_over_there(world: World, kind: DeviceKind) -> None:
    world.stand(kind)
    for stay, outcome, place in (
        (None, Outcome.NOT_HERE, None),
        (StayFacts(OTHER_POINT, "Elsewhere"), Outcome.NOT_HERE, "Elsewhere"),
        (StayFacts(POINT.point_id, "Here"), Outcome.ACCEPTED, None),
    ):
        world.change("A-1", stay=stay)
        for shown in (payload(world.ada), digits(world.ada)):
            decision = world.decide(shown, "A-1", rules=KEYPAD)
            assert (decision.answer.outcome, decision.answer.details.place) == (outcome, place)
            assert bool(decision.releases) is (outcome is Outcome.ACCEPTED)
    assert world.decide(wrong(world.ada), "A-1", rules=KEYPAD).answer.details.place is None


def test_where_no_shelves_are_kept_what_was_announced_for_the_point_is_handed_over(world: World) -> None:
    world.stand(DeviceKind.COUNTER, PointFacts(POINT.point_id, keeps_shelves=False))
    assert world.decide(payload(world.ada), "A-1").answer.outcome is Outcome.NOT_HERE
    world.change("A-1", for_point=True)
    assert world.decide(payload(world.ada), "A-1").answer.outcome is Outcome.ACCEPTED
    world.change("A-1", point_id=OTHER_POINT)
    assert world.decide(payload(world.ada), "A-1").answer.outcome is Outcome.NOT_HERE
    world.change("A-1", point_id=None, stay=StayFacts(OTHER_POINT, "Elsewhere"))
    assert world.decide(payload(world.ada), "A-1").answer.details.place == "Elsewhere"


def test_a_counter_that_stands_at_no_point_hands_nothing_over(world: World) -> None:
    world.stand(DeviceKind.COUNTER, None)
    world.change("A-1", for_point=True)
    assert world.decide(payload(world.ada), "A-1").answer.outcome is Outcome.NOT_HERE


def test_at_a_kiosk_the_code_itself_names_what_lies_there(world: World) -> None:
    world.stand(DeviceKind.KIOSK)
    assert world.decide(payload(world.ada)).answer.outcome is Outcome.NOT_HERE
    world.change("A-2", stay=StayFacts(POINT.point_id, "Here"))
    decision = world.decide(payload(world.ada))
    assert (decision.answer.outcome, told(decision)) == (Outcome.ACCEPTED, {"A-2": Outcome.ACCEPTED})
    assert (decision.answer.handed_over, decision.answer.of) == (1, 2)
    with pytest.raises(ParcelMissing):
        world.decide(digits(world.ada), rules=KEYPAD)


def test_a_question_hands_nothing_over_and_is_asked_at_counters_alone(world: World) -> None:
    with pytest.raises(NotAtCounter):
        world.decide(payload(world.ada), purpose=Purpose.LIST)
    world.stand(DeviceKind.COUNTER)
    world.change("A-1", stay=StayFacts(POINT.point_id, "Here"))
    for shown, labels in ((payload(world.ada), ()), (digits(world.ada), ("A-2",))):
        decision = world.decide(shown, *labels, purpose=Purpose.LIST)
        assert (decision.answer.outcome, decision.releases) == (Outcome.ACCEPTED, ())
        assert told(decision) == {"A-1": Outcome.ACCEPTED, "A-2": Outcome.NOT_HERE}
    guessed = world.decide(wrong(world.ada), "A-1", purpose=Purpose.LIST)
    assert guessed.charge == Charge(world.ada.consignment_id, 1)


def test_a_parcel_on_another_devices_tour_is_told_or_refused_as_the_house_says(world: World) -> None:
    world.change("A-1", tour=uuid4())
    warned = world.decide(payload(world.ada), "A-1")
    assert (warned.answer.outcome, warned.answer.details.other_tour) == (Outcome.ACCEPTED, True)
    strict = settings(other_tour=OtherTour.REFUSE)
    for shown in (payload(world.ada), digits(world.ada), wrong(world.ada)):
        refused = world.decide(shown, "A-1", rules=strict)
        assert (refused.answer.outcome, refused.charge) == (Outcome.OTHER_TOUR, None)
    world.change("A-1", tour=world.device)
    mine = world.decide(payload(world.ada), "A-1", rules=strict)
    assert (mine.answer.outcome, mine.answer.details.other_tour) == (Outcome.ACCEPTED, False)


# A device's time is a claim


def test_what_was_made_offline_counts_from_the_manifest_on_to_now(world: World) -> None:
    world.grant(world.ada, "A-1")
    decision = world.decide(payload(world.ada), "A-1", at=NOW - HOUR / 2, offline=True)
    (release,) = decision.releases
    assert decision.answer.outcome is Outcome.ACCEPTED
    assert release.handover.handed_over_at == NOW - HOUR / 2


@pytest.mark.parametrize(
    ("given", "withdrawn", "at"),
    [
        (None, None, -HOUR / 2),
        (-HOUR, None, -2 * HOUR),
        (-HOUR, -HOUR / 2, -HOUR / 4),
        (-40 * HOUR, None, -15 * HOUR),
        (-40 * HOUR, None, -29 * 24 * HOUR),
    ],
    ids=["never given", "before it was given", "after it was taken back", "longer ago than a shift", "a month ago"],
)
def test_else_it_is_judged_as_of_now(
    world: World, given: timedelta | None, withdrawn: timedelta | None, at: timedelta
) -> None:
    if given is not None:
        world.grant(world.ada, "A-1", given=given, withdrawn=withdrawn)
    (release,) = world.decide(payload(world.ada), "A-1", at=NOW + at, offline=True).releases
    assert release.handover.handed_over_at == NOW
    world.change_code(world.ada, renewed_at=NOW - HOUR / 3)
    refused = world.decide(payload(world.ada), "A-1", at=NOW + at, offline=True)
    assert (refused.answer.outcome, refused.releases) == (Outcome.OLD_CODE, ())


def test_a_house_that_waits_for_the_network_takes_no_ones_word(world: World) -> None:
    world.grant(world.ada, "A-1")
    world.change_code(world.ada, revoked_at=NOW)
    waits = settings(offline=OfflineVerdict.WAIT)
    decision = world.decide(payload(world.ada), "A-1", at=NOW - HOUR / 2, offline=True, rules=waits)
    assert (decision.answer.outcome, decision.releases) == (Outcome.REVOKED, ())


@pytest.mark.parametrize(
    ("change", "conflict"),
    [
        ({"renewed_at": NOW - HOUR / 4}, Conflict.RENEWED),
        ({"renewed_at": NOW - HOUR / 2}, Conflict.RENEWED),
        ({"revoked_at": NOW - HOUR / 4}, Conflict.REVOKED),
        ({"expires_at": NOW}, Conflict.EXPIRED),
        ({"epoch": 0}, Conflict.REVOKED),
    ],
)
def test_what_changed_after_the_manifest_is_a_handover_with_a_conflict(
    world: World, change: dict[str, object], conflict: Conflict
) -> None:
    world.grant(world.ada, "A-1")
    world.change_code(world.ada, **change)
    decision = world.decide(payload(world.ada), "A-1", at=NOW - HOUR / 2, offline=True)
    assert (decision.answer.outcome, decision.answer.accepted) == (Outcome.CONFLICT, False)
    assert decision.answer.details.conflict is conflict
    assert [each.conflict for each in decision.releases] == [conflict]


def test_a_parcel_that_was_blocked_meanwhile_is_a_conflict(world: World) -> None:
    world.grant(world.ada, "A-1", "A-2")
    world.change("A-1", is_blocked=True)
    decision = world.decide(payload(world.ada), "A-1", "A-2", at=NOW - HOUR / 2, offline=True)
    assert decision.answer.outcome is Outcome.CONFLICT
    assert [each.conflict for each in decision.releases] == [Conflict.BLOCKED, None]


def test_a_parcel_that_another_handed_over_meanwhile_is_a_conflict_and_no_second_handover(world: World) -> None:
    world.grant(world.ada, "A-1")
    world.change("A-1", handover=HandoverFacts(NOW - HOUR / 4, "11", uuid4(), uuid4(), uuid4()))
    decision = world.decide(payload(world.ada), "A-1", at=NOW - HOUR / 2, offline=True)
    assert (decision.answer.outcome, decision.releases) == (Outcome.CONFLICT, ())
    assert [each.reference for each in decision.disputed] == ["A-1"]
    assert decision.answer.details.handed_over_at == NOW - HOUR / 4
    world.change("A-1", handover=HandoverFacts(NOW - HOUR / 4, "11", uuid4(), uuid4(), world.device))
    again = world.decide(payload(world.ada), "A-1", at=NOW - HOUR / 2, offline=True)
    assert (again.answer.outcome, again.disputed) == (Outcome.ALREADY_HANDED_OVER, ())


@pytest.mark.parametrize("at", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2001, 1, 1, tzinfo=UTC), NOW + HOUR])
def test_a_clock_that_cannot_be_right_is_told_and_nothing_is_lost(world: World, at: datetime) -> None:
    world.grant(world.ada, "A-1")
    with pytest.raises(WrongClock):
        world.decide(payload(world.ada), "A-1", at=at, offline=True)
    # With the network the service's own clock is asked.
    assert world.decide(payload(world.ada), "A-1", at=at).releases[0].handover.handed_over_at == NOW


# Who presents


@pytest.mark.parametrize(
    ("change", "refusal"), [({"is_revoked": True}, DeviceRevoked), ({"is_out_of_order": True}, OutOfOrder)]
)
def test_a_device_that_may_not_presents_nothing(
    world: World, change: dict[str, object], refusal: type[PresentationRefused]
) -> None:
    device = world.facts.devices[world.device]
    world.facts.devices[world.device] = replace(device, **change)  # type: ignore[arg-type]
    for shown in (payload(world.ada), wrong(world.ada)):
        with pytest.raises(refusal):
            world.decide(shown, "A-1")


def test_a_kiosk_takes_digits_only_where_the_house_says_so(world: World) -> None:
    world.stand(DeviceKind.KIOSK)
    for purpose in Purpose:
        with pytest.raises(DigitsRefused):
            world.decide(digits(world.ada), "A-1", by=[InHandBy.CHOICE], purpose=purpose)
    world.change("A-1", stay=StayFacts(POINT.point_id, "Here"))
    assert world.decide(payload(world.ada)).answer.outcome is Outcome.ACCEPTED


def test_at_a_kiosks_keypad_one_number_and_the_digits_hand_out_all_that_lies_there(world: World) -> None:
    world.stand(DeviceKind.KIOSK)
    for reference in ("A-1", "A-2"):
        world.change(reference, stay=StayFacts(POINT.point_id, "Here"))
    answer = world.decide(digits(world.ada), "A-2", by=[InHandBy.CHOICE], rules=KEYPAD).answer
    assert (answer.outcome, [each.reference for each in answer.parcels]) == (Outcome.ACCEPTED, ["A-1", "A-2"])
    assert answer.match_number


def test_at_a_kiosks_keypad_wrong_digits_are_charged_and_unknown_numbers_are_wrong_codes(world: World) -> None:
    world.stand(DeviceKind.KIOSK)
    world.change("A-1", stay=StayFacts(POINT.point_id, "Here"))
    known = world.decide(wrong(world.ada), "A-1", by=[InHandBy.CHOICE], rules=KEYPAD)
    unknown = world.decide(wrong(world.ada), "NOBODYS-1", by=[InHandBy.CHOICE], rules=KEYPAD)
    assert known.answer.outcome is unknown.answer.outcome is Outcome.WRONG_CODE
    assert known.charge == Charge(world.ada.consignment_id, 1)
    assert unknown.charge == Charge(None, 1)
    world.spend(world.ada, SETTINGS.wrong_digits_per_parcel)
    locked = world.decide(digits(world.ada), "A-1", by=[InHandBy.CHOICE], rules=KEYPAD)
    assert locked.answer.outcome is Outcome.LOCKED
