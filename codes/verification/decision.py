"""Where green is decided. Pure: facts in, one decision out.

What a page says without network (`offline-verdict.js`) is tried on the same cases, `tests/cases/offline-verdict.json`.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta

from codes.keys.derivation import content_mac, derive_digits, derive_match_number
from codes.model import (
    CodeFacts,
    CodeState,
    Conflict,
    DeviceKind,
    HolderKind,
    InHandBy,
    LockedBy,
    Means,
    Outcome,
    state_at,
)
from codes.settings import CodeSettings, OfflineVerdict, OtherTour
from codes.verification.answering import answer_from_json, answered
from codes.verification.facts import (
    GREEN,
    Case,
    Charge,
    ConsignmentFacts,
    Decision,
    DeviceFacts,
    Found,
    HandoverFacts,
    Held,
    Judged,
    ParcelFacts,
    PriorAnswer,
    Release,
    Rules,
    VerificationFacts,
)
from codes.verification.presentation import (
    CodeRequired,
    DeviceRevoked,
    DigitsRefused,
    NotAtCounter,
    OtherContent,
    OutOfOrder,
    ParcelMissing,
    Presentation,
    Presented,
    WrongClock,
)

CLOCK_SKEW = timedelta(minutes=5)
"""So far a device's clock may be from the service's."""
OLDEST_IN_QUEUE = timedelta(days=30)
"""Nothing waits so long in a device: an offline time before that comes from a clock that was never set."""
OUTCOME_FOR = {
    CodeState.LIVE: Outcome.ACCEPTED,
    CodeState.RENEWED: Outcome.OLD_CODE,
    CodeState.REVOKED: Outcome.REVOKED,
    CodeState.EXPIRED: Outcome.EXPIRED,
}
CONFLICT_FOR = {
    CodeState.RENEWED: Conflict.RENEWED,
    CodeState.REVOKED: Conflict.REVOKED,
    CodeState.EXPIRED: Conflict.EXPIRED,
}


def decide(facts: VerificationFacts, presented: Presented, now: datetime, rules: Rules) -> Decision:
    """Decide one presentation; the only place that says green. Raises PresentationRefused.

    1. The device is enrolled and in order. A revocation counts at once, also for what was queued before.
    2. The same id gets the same answer, for ever: a lost reply must not turn green into red. (A refusal beyond its
       budget was not kept, and is decided anew.)
    3. A time that cannot be is told and nothing is recorded, so that the same can be sent with a mended clock.
    4. A driver has a parcel in hand, and digits need one: never is a code looked up by its digits alone.
       A kiosk takes them only where the house says so.
    5. Labels of no parcel are told and left out. They outvote nothing, and where all are such, nothing is compared.
       At a kiosk's keypad a number that nobody knows is a wrong code: strangers learn no numbers there.
    6. A text that is none of ours is said to be so before it says anything of a parcel.
    7. What needs no code is handed over without one; what needs one never is.
    8. What a driver handed over offline counts if this device had been given the token: then the parcel is gone, and
       what has changed since is a conflict. Else it is judged as of now: a device's time is a claim.
    9. What another driver carries is refused before anything is compared, if the house says so.
    10. Digits are charged before they are compared, and compared with live codes of one consignment alone.
        A right code gives back its own try and no other. A payload has 96 secret bits: it is looked up, not guessed.
    11. Whoever has no right code learns no more than that it is wrong.
    12. At a counter or kiosk the code itself says which parcels are meant: those of its holder.
    13. Each parcel is judged by itself; one that stays red keeps the light red for all in hand.
    """
    device = _presenting(facts, presented)
    if (prior := facts.prior.get(presented.presentation.presentation_id)) is not None:
        return _repeat(prior, presented.presentation, rules)
    _check_clock(presented.presentation, now)
    case = Case(facts, presented, device, now, rules)
    known = _in_hand(case)
    if presented.in_hand and not known and not case.is_at_keypad:
        return _conclude(case, Found(outcome=Outcome.UNKNOWN_PARCEL), [])
    if presented.is_foreign:
        return _conclude(case, Found(outcome=Outcome.UNKNOWN_SYMBOL), _alike(known, Outcome.UNKNOWN_SYMBOL))
    if presented.is_tap or (known and not any(held.parcel.code_required for held in known)):
        return _conclude(case, Found(), [_judge_without_code(case, held) for held in known])
    token = _by_token(case)
    if token.code is not None and (at_door := _time_at_door(case, token.code, known)) is not None:
        return _conclude(case, token, [_judge_offline(case, held, token.code) for held in known], at_door)
    if any(_is_refused_as_other_tour(held.parcel, device, rules.settings) for held in known):
        return _conclude(case, Found(outcome=Outcome.OTHER_TOUR), _alike(known, Outcome.OTHER_TOUR))
    found = _by_digits(case, known) if presented.digits is not None else token
    if found.code is None:
        return _conclude(case, found, _alike(known, found.outcome))
    meant = _parcels_of(case, found.code) if case.is_by_code else known
    return _conclude(case, found, [_judge(case, held, found.code, len(meant)) for held in meant])


def _presenting(facts: VerificationFacts, presented: Presented) -> DeviceFacts:
    device = facts.devices.get(presented.presentation.device_id)
    if device is None or device.is_revoked:
        raise DeviceRevoked
    if device.is_out_of_order:
        raise OutOfOrder
    if presented.is_question and device.kind is DeviceKind.DRIVER:
        raise NotAtCounter("only counters and kiosks are told what waits")
    return device


def _repeat(prior: PriorAnswer, presentation: Presentation, rules: Rules) -> Decision:
    mac = content_mac(rules.ring.key(prior.key_id), presentation.content())
    if not hmac.compare_digest(prior.content_mac, mac):
        raise OtherContent("this presentation id was used before, for something else")
    return Decision(presentation, answer_from_json(presentation.presentation_id, prior.answer), repeated=prior)


def _check_clock(presentation: Presentation, now: datetime) -> None:
    possible = now - OLDEST_IN_QUEUE <= presentation.presented_at <= now + CLOCK_SKEW
    if presentation.offline and not possible:
        raise WrongClock(now)


def _in_hand(case: Case) -> list[Held]:
    presented = case.presented
    if case.is_at_keypad and not case.rules.settings.kiosk_keypad:
        raise DigitsRefused("this kiosk takes no digits; show the code to its camera")
    names_parcel = case.device.kind is not DeviceKind.DRIVER and presented.presentation.means is Means.PAYLOAD
    if not presented.in_hand and not presented.is_question and not names_parcel:
        raise ParcelMissing("scan the parcel's label first")
    return case.known()


def _alike(known: Sequence[Held], outcome: Outcome) -> list[Judged]:
    return [Judged(held, outcome) for held in known]


def _judge_without_code(case: Case, held: Held) -> Judged:
    parcel = held.parcel
    if parcel.code_required:
        raise CodeRequired("this parcel is handed over against its delivery code")
    return Judged(held, standing_of(parcel, case.device, case.rules.settings) or Outcome.CODE_NOT_REQUIRED)


def standing_of(parcel: ParcelFacts, device: DeviceFacts, settings: CodeSettings) -> Outcome | None:
    """Say why a device may not hand a parcel over, whatever code is shown; None if nothing stands against it.

    A device is told the same when it reads the label (``labels``).
    """
    if parcel.handover is not None:
        return Outcome.ALREADY_HANDED_OVER
    if parcel.is_blocked:
        return Outcome.REVOKED
    if _is_refused_as_other_tour(parcel, device, settings):
        return Outcome.OTHER_TOUR
    return None if device.is_here(parcel) else Outcome.NOT_HERE


def _is_refused_as_other_tour(parcel: ParcelFacts, device: DeviceFacts, settings: CodeSettings) -> bool:
    return settings.other_tour is OtherTour.REFUSE and device.is_on_other_tour(parcel)


def _by_token(case: Case) -> Found:
    digest = case.presented.digest
    return Found(None if digest is None else case.facts.code_by_digest.get(digest))


def _by_digits(case: Case, known: Sequence[Held]) -> Found:
    """Charge and compare digits; all live codes are compared, whatever is found."""
    guarded = [held.parcel for held in known if held.parcel.code_required]
    consignments = {parcel.consignment_id for parcel in guarded}
    if len(consignments) > 1:
        return Found(outcome=Outcome.ONE_RECIPIENT)
    consignment = case.facts.consignments[consignments.pop()] if consignments else None
    codes = _live_codes(case, consignment, guarded) if consignment else []
    tries = max(1, len(codes))
    if (locked_by := _locked_by(case, consignment, tries)) is not None:
        return Found(outcome=Outcome.LOCKED, locked_by=locked_by)
    digits, ring = case.presented.digits, case.rules.ring
    assert digits is not None
    matching = [
        code for code in codes if hmac.compare_digest(derive_digits(ring.key(code.key_id), code.code_id), digits)
    ]
    if matching:
        return Found(matching[0])
    charge = Charge(consignment.consignment_id if consignment else None, tries)
    left = None
    if consignment is not None:
        left = max(0, case.rules.settings.wrong_digits_per_parcel - consignment.wrong_digits - tries) // tries
    return Found(charge=charge, tries_left=left)


def _live_codes(case: Case, of: ConsignmentFacts, parcels: Sequence[ParcelFacts]) -> list[CodeFacts]:
    """Return the live codes whose holders may receive what is in hand, the recipient's first."""
    epoch = case.rules.ring.epoch
    live = [
        code
        for code in of.codes
        if state_at(code, case.now, epoch) is CodeState.LIVE
        and any(of.may_receive(code, parcel.parcel_id) for parcel in parcels)
    ]
    return sorted(live, key=lambda code: code.holder_kind is not HolderKind.RECIPIENT)


def _locked_by(case: Case, consignment: ConsignmentFacts | None, tries: int) -> LockedBy | None:
    """Say which budget does not bear so many tries more. A first one it always does, however many codes there are."""
    settings = case.rules.settings
    budgets = [(LockedBy.DEVICE, case.device.wrong_digits, settings.wrong_digits_per_device_and_day)]
    if consignment is not None:
        budgets.insert(0, (LockedBy.PARCEL, consignment.wrong_digits, settings.wrong_digits_per_parcel))
    return next((by for by, spent, most in budgets if spent and spent + tries > most), None)


def _parcels_of(case: Case, code: CodeFacts) -> list[Held]:
    of = case.facts.consignments[code.consignment_id]
    mine = [case.facts.parcels[parcel_id] for parcel_id in of.parcels if of.may_receive(code, parcel_id)]
    return [Held(parcel, InHandBy.CODE) for parcel in sorted(mine, key=lambda parcel: parcel.reference)]


def _time_at_door(case: Case, code: CodeFacts, meant: Sequence[Held]) -> datetime | None:
    """Return when parcels were handed over offline, if that counts: this device held the token for each of them."""
    presentation, settings = case.presented.presentation, case.rules.settings
    claimed = presentation.presented_at
    is_driver = case.device.kind is DeviceKind.DRIVER
    allowed = presentation.offline and is_driver and settings.offline is OfflineVerdict.HAND_OVER
    if not allowed or case.is_by_code or claimed < case.now - timedelta(hours=settings.shift_hours):
        return None
    if not all(_is_in_hand(held, len(meant)) for held in meant):
        return None
    given: list[datetime] = []
    for held in meant:
        grant = case.facts.grants.get((case.device.device_id, held.parcel.parcel_id, case.presented.digest or b""))
        if grant is None or not grant.holds_at(claimed, CLOCK_SKEW):
            return None
        given.append(grant.given_at)
    return min(max(claimed, *given), case.now)


def _is_in_hand(held: Held, in_hand: int) -> bool:
    """Chosen from a list, a parcel may lie in the van while another one is handed out."""
    return held.by is not InHandBy.CHOICE or in_hand == 1


def _judge_offline(case: Case, held: Held, code: CodeFacts) -> Judged:
    """Judge a parcel that is gone: it was handed over, with a conflict if it would not be green now."""
    handover = held.parcel.handover
    if handover is not None and handover.device_id == case.device.device_id:
        return Judged(held, Outcome.ALREADY_HANDED_OVER)
    if handover is not None:
        return Judged(held, Outcome.CONFLICT, Conflict.HANDED_OVER_BEFORE)
    if held.parcel.is_blocked:
        return Judged(held, Outcome.CONFLICT, Conflict.BLOCKED)
    state = state_at(code, case.now, case.rules.ring.epoch)
    if state is not CodeState.LIVE:
        return Judged(held, Outcome.CONFLICT, CONFLICT_FOR[state])
    return Judged(held, Outcome.ACCEPTED)


def _judge(case: Case, held: Held, code: CodeFacts, in_hand: int) -> Judged:
    """Judge one parcel by a right code, which opens those of its consignment that its holder may receive."""
    parcel = held.parcel
    if not _is_in_hand(held, in_hand) or not case.facts.consignment_of(parcel).may_receive(code, parcel.parcel_id):
        return Judged(held, Outcome.OTHER_PARCEL if parcel.code_required else Outcome.CODE_NOT_REQUIRED)
    if parcel.handover is not None:
        return Judged(held, Outcome.ALREADY_HANDED_OVER)
    if parcel.is_blocked:
        return Judged(held, Outcome.REVOKED)
    outcome = OUTCOME_FOR[state_at(code, case.now, case.rules.ring.epoch)]
    if outcome is not Outcome.ACCEPTED:
        return Judged(held, outcome if parcel.code_required else Outcome.CODE_NOT_REQUIRED)
    if not case.device.is_here(parcel):
        return Judged(held, Outcome.NOT_HERE)
    if case.rules.settings.require_out_for_delivery and not parcel.is_out_for_delivery:
        return Judged(held, Outcome.NOT_OUT_FOR_DELIVERY)
    return Judged(held, Outcome.ACCEPTED)


def _conclude(case: Case, found: Found, judged: Sequence[Judged], at_door: datetime | None = None) -> Decision:
    """Make one light of what was judged: green, and released, only if everything in hand may be."""
    outcome = _outcome(case, found, judged, offline=at_door is not None)
    is_handed = outcome in (Outcome.ACCEPTED, Outcome.CONFLICT) or (
        case.presented.is_tap and outcome is Outcome.CODE_NOT_REQUIRED
    )
    goes_out = is_handed and not case.presented.is_question
    releases = _releases(case, found.code, judged, at_door) if goes_out else ()
    return answered(case, found, judged, outcome, releases, at_door)


def _outcome(case: Case, found: Found, judged: Sequence[Judged], *, offline: bool) -> Outcome:
    outcomes = [each.outcome for each in judged]
    if not outcomes:
        return found.outcome
    if offline:
        return next((each for each in (Outcome.CONFLICT, Outcome.ACCEPTED) if each in outcomes), outcomes[0])
    if case.is_by_code and found.code is not None:
        # The others of the consignment lie elsewhere or are gone; nobody has them in hand.
        return next((each for each in (Outcome.ACCEPTED, Outcome.NOT_HERE) if each in outcomes), outcomes[0])
    refused = [each for each in outcomes if each not in GREEN]
    return next(iter(refused), Outcome.ACCEPTED if Outcome.ACCEPTED in outcomes else Outcome.CODE_NOT_REQUIRED)


def _releases(
    case: Case, code: CodeFacts | None, judged: Sequence[Judged], at_door: datetime | None
) -> tuple[Release, ...]:
    """Return what changed hands. What somebody else had handed over before is not handed over twice."""
    presentation_id, ring = case.presented.presentation.presentation_id, case.rules.ring
    handover = HandoverFacts(
        handed_over_at=at_door or case.now,
        match_number=derive_match_number(ring.key(ring.current), presentation_id),
        presentation_id=presentation_id,
        code_id=code.code_id if code else None,
        device_id=case.device.device_id,
    )
    wanted = Outcome.ACCEPTED if code else Outcome.CODE_NOT_REQUIRED
    gone = [
        each
        for each in judged
        if each.outcome is wanted or (each.conflict and each.conflict is not Conflict.HANDED_OVER_BEFORE)
    ]
    return tuple(Release(each.held, handover, conflict=each.conflict) for each in gone)
