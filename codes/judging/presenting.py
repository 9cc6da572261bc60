"""Presenting a code: a group of presentations is judged and recorded in one transaction."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from uuid import UUID

from codes.derivation import content_mac, derive_digits, derive_match_number
from codes.identifiers import reference_in
from codes.judgement import CodeState, JudgingRules, Presented, combine, judge, state_at
from codes.judging.answers import Recorded, answer_from_json
from codes.judging.ledger import DeviceFacts, Earlier, Ledger, open_ledger
from codes.judging.presentation import BadSignature, Presentation
from codes.judging.recording import Journal
from codes.keys.keyring import KeyRing
from codes.model import (
    Answer,
    CodeFacts,
    Details,
    DeviceKind,
    HandoverFacts,
    InHand,
    InHandBy,
    LockedBy,
    Means,
    Outcome,
    ParcelAnswer,
    ParcelFacts,
)
from codes.payload import NotSixDigits, PayloadError, digest_of, parse_digits, parse_payload
from codes.settings import CodeSettings
from codes.store.trips import Steps

Check = Callable[[Presentation], None]


class PresentationRefused(Exception):
    """The presentation cannot be judged at all; nothing was recorded or charged."""


class DeviceRevoked(PresentationRefused):
    """The device may no longer present codes."""


class OtherContent(PresentationRefused):
    """This presentation id was used before, for something else."""


class ParcelMissing(PresentationRefused):
    """Without a parcel in hand there is nothing to compare the code with."""


@dataclass(frozen=True, slots=True)
class Judging:
    """What judging needs to know: the keys and the settings."""

    ring: KeyRing
    settings: CodeSettings

    def present_all(
        self, presentations: Sequence[Presentation], now: datetime, check: Check | None = None
    ) -> Steps[list[Recorded | Exception]]:
        """Judge and record presentations in their order; one answer, or the refusal to raise, for each.

        ``check`` raises BadSignature for what nobody checked before; there is time for it while the database reads.
        """
        readings = [Reading.of(presentation) for presentation in presentations]

        @cache
        def refusals() -> list[BadSignature | None]:
            return [_refusal(check, presentation) if check else None for presentation in presentations]

        ledger = yield from open_ledger(
            [reference for reading in readings for reference in reading.references],
            [reading.digest for reading in readings if reading.digest is not None],
            _devices(readings),
            [presentation.presentation_id for presentation in presentations],
            refusals,
        )
        journal = Journal(ledger, self.ring, now)
        answers: list[Recorded | Exception] = []
        for reading, refusal in zip(readings, refusals(), strict=True):
            try:
                answers.append(refusal or self._present(ledger, journal, reading, now))
            except PresentationRefused as refused:
                answers.append(refused)
        yield from journal.write()
        return answers

    def _present(self, ledger: Ledger, journal: Journal, reading: Reading, now: datetime) -> Recorded:
        presentation = reading.presentation
        device = ledger.devices.get(presentation.device_id)
        if device is None or device.revoked_at is not None:
            raise DeviceRevoked("this device is no longer enrolled")
        earlier = ledger.earlier.get(presentation.presentation_id)
        if earlier is not None:
            return Recorded(self.repeat(earlier, presentation), earlier.answer)
        if not reading.in_hand and (device.kind is DeviceKind.DRIVER or presentation.means is Means.DIGITS):
            raise ParcelMissing("scan the parcel's label first")
        when = min(presentation.presented_at, now) if presentation.offline else now
        matched = self.match(ledger, reading, device, when, now)
        in_hand = reading.in_hand or _own_parcel(ledger, matched)
        answer = self.judge(ledger, presentation, in_hand, matched, when)
        released = _accepted_parcels(ledger, answer)
        opened_by = matched.code if answer.accepted else None
        match_number = None
        if opened_by is not None:
            match_number = derive_match_number(self.ring.key(self.ring.current), presentation.presentation_id)
            handover = HandoverFacts(when, match_number, presentation.presentation_id, opened_by.code_id)
            for parcel in released:
                ledger.hand_over(parcel.parcel_id, handover)
        answer = counted(ledger, answer, in_hand, match_number)
        journal.verify(presentation, answer, matched.code)
        if opened_by is not None:
            in_hand_by = {item.reference: item.by for item in in_hand}
            journal.hand_over(presentation, released, handover, in_hand_by, opened_by.holder_kind)
        recorded = ledger.earlier[presentation.presentation_id] = journal.last_verification()
        return Recorded(answer, recorded.answer)

    def match(self, ledger: Ledger, reading: Reading, device: DeviceFacts, when: datetime, now: datetime) -> Presented:
        """Find the code that was presented: by the payload's digest, or by comparing digits of the parcels in hand."""
        if reading.foreign:
            return Presented(foreign=True)
        if reading.digest is not None:
            return _presented(ledger, ledger.code_by_digest.get(reading.digest))
        assert reading.digits is not None
        parcels = [parcel for item in reading.in_hand if (parcel := ledger.find(item.reference)) is not None]
        guarded = [parcel for parcel in parcels if parcel.code_required]
        if parcels and not guarded:
            return Presented()
        if locked_by := self._charge(ledger, device, guarded, now):
            return Presented(locked_by=locked_by)
        matches = [code for parcel in guarded for code in self._matching(parcel, reading.digits, when)]
        if matches:
            self._give_back(ledger, device, guarded)
        return _presented(ledger, matches[0] if matches else None)

    def _charge(
        self, ledger: Ledger, device: DeviceFacts, parcels: Sequence[ParcelFacts], now: datetime
    ) -> LockedBy | None:
        """Charge a try to the device and to each parcel before anything is compared; say which budget is spent.

        The rows are locked, so that of any number of simultaneous tries only as many as are left get through.
        """
        today = now.date()
        if device.wrong_digits_on != today:
            device.wrong_digits, device.wrong_digits_on = 0, today
        if any(parcel.wrong_digits >= self.settings.wrong_digits_per_parcel for parcel in parcels):
            return LockedBy.PARCEL
        if device.wrong_digits >= self.settings.wrong_digits_per_device_and_day:
            return LockedBy.DEVICE
        device.wrong_digits += 1
        for parcel in parcels:
            ledger.count_wrong_digits(parcel.parcel_id, 1)
        return None

    def _give_back(self, ledger: Ledger, device: DeviceFacts, parcels: Sequence[ParcelFacts]) -> None:
        """A right code is no guess: its try is not counted."""
        device.wrong_digits -= 1
        for parcel in parcels:
            ledger.count_wrong_digits(parcel.parcel_id, -1)

    def _matching(self, parcel: ParcelFacts, digits: str, when: datetime) -> list[CodeFacts]:
        """Return the parcel's codes with these digits, live ones first. All are compared, whatever is found."""
        found = [
            code
            for code in parcel.codes
            if hmac.compare_digest(derive_digits(self.ring.key(code.key_id), code.code_id), digits)
        ]
        return sorted(found, key=lambda code: state_at(code, when, self.ring.epoch) is not CodeState.LIVE)

    def judge(
        self,
        ledger: Ledger,
        presentation: Presentation,
        in_hand: Sequence[InHand],
        matched: Presented,
        when: datetime,
    ) -> Answer:
        """Judge what is in hand by the code that was found; nothing is recorded yet."""
        rules = JudgingRules(self.settings.require_out_for_delivery, self.ring.epoch)
        found = [ledger.find(item.reference) for item in in_hand]
        outcomes = [
            judge(parcel, item.by, matched, now=when, rules=rules) for parcel, item in zip(found, in_hand, strict=True)
        ]
        outcome = combine(outcomes) if outcomes else judge(None, InHandBy.CODE, matched, now=when, rules=rules)
        deciding = next((parcel for parcel, each in zip(found, outcomes, strict=True) if each is outcome), None)
        return Answer(
            presentation_id=presentation.presentation_id,
            outcome=outcome,
            parcels=tuple(ParcelAnswer(item.reference, each) for item, each in zip(in_hand, outcomes, strict=True)),
            handed_over=0,
            of=len(in_hand),
            recipient_language=deciding.recipient_language if deciding else None,
            details=self._details(outcome, deciding, matched, presentation.means),
        )

    def _details(self, outcome: Outcome, parcel: ParcelFacts | None, matched: Presented, means: Means) -> Details:
        handover = parcel.handover if parcel else None
        renewals = [code.issued_at for code in parcel.codes if code.renewed_at is None] if parcel else []
        guessed = outcome is Outcome.WRONG_CODE and means is Means.DIGITS and parcel is not None
        tries = self.settings.wrong_digits_per_parcel - parcel.wrong_digits if guessed and parcel else None
        return Details(
            handed_over_at=handover.handed_over_at if handover and outcome is Outcome.ALREADY_HANDED_OVER else None,
            newer_sent_at=max(renewals, default=None) if outcome is Outcome.OLD_CODE else None,
            tries_left=tries,
            locked_by=matched.locked_by if outcome is Outcome.LOCKED else None,
        )

    def repeat(self, earlier: Earlier, presentation: Presentation) -> Answer:
        """Give the same answer again, for ever, so that a lost reply never turns green into red."""
        key_id, mac, answer = earlier
        if not hmac.compare_digest(mac, content_mac(self.ring.key(key_id), presentation.content())):
            raise OtherContent("this presentation id was used before, for something else")
        return answer_from_json(presentation.presentation_id, answer)


@dataclass(frozen=True, slots=True)
class Reading:
    """A presentation's text understood: a payload's digest, six digits, or nothing of ours."""

    presentation: Presentation
    in_hand: tuple[InHand, ...]
    digest: bytes | None = None
    digits: str | None = None

    @property
    def foreign(self) -> bool:
        """Tell whether the text is no code of ours at all."""
        return self.digest is None and self.digits is None

    @property
    def references(self) -> list[str]:
        """Return the tracking numbers in hand. A label that can be none is looked for nowhere, whatever it holds."""
        return [item.reference for item in self.in_hand if reference_in(item.reference) is not None]

    @classmethod
    def of(cls, presentation: Presentation) -> Reading:
        """Read what was presented; a text that is none of ours is a result, not an error."""
        in_hand = tuple(
            InHand(reference_in(item.reference) or item.reference, item.by) for item in presentation.parcels
        )
        try:
            if presentation.means is Means.PAYLOAD:
                return cls(presentation, in_hand, digest=digest_of(parse_payload(presentation.presented)))
            return cls(presentation, in_hand, digits=parse_digits(presentation.presented))
        except (PayloadError, NotSixDigits):
            return cls(presentation, in_hand)


def _refusal(check: Check, presentation: Presentation) -> BadSignature | None:
    try:
        check(presentation)
    except BadSignature as refusal:
        return refusal
    return None


def _devices(readings: Sequence[Reading]) -> dict[UUID, bool]:
    """Say of each device whether it spends digits in this group."""
    spending: dict[UUID, bool] = {}
    for reading in readings:
        device_id = reading.presentation.device_id
        spending[device_id] = spending.get(device_id, False) or reading.digits is not None
    return spending


def _own_parcel(ledger: Ledger, matched: Presented) -> tuple[InHand, ...]:
    """At a counter or kiosk the code itself says which parcel is to be fetched."""
    if matched.code is None:
        return ()
    return (InHand(ledger.parcels[matched.code.parcel_id].reference, InHandBy.CODE),)


def _presented(ledger: Ledger, code: CodeFacts | None) -> Presented:
    return Presented(code=code, consignment=ledger.parcels[code.parcel_id].consignment if code else None)


def _accepted_parcels(ledger: Ledger, answer: Answer) -> list[ParcelFacts]:
    """Return the parcels that are accepted, each once even if its label was scanned twice."""
    accepted = dict.fromkeys(each.reference for each in answer.parcels if each.outcome is Outcome.ACCEPTED)
    return [ledger.parcels[ledger.by_reference[reference]] for reference in accepted]


def counted(ledger: Ledger, answer: Answer, in_hand: Sequence[InHand], match_number: str | None = None) -> Answer:
    """Say how many of the consignment, or else of the parcels in hand, are handed over."""
    parcels = [parcel for item in in_hand if (parcel := ledger.find(item.reference)) is not None]
    consignment = parcels[0].consignment if parcels else None
    if answer.outcome in (Outcome.WRONG_CODE, Outcome.OTHER_PARCEL, Outcome.UNKNOWN_SYMBOL, Outcome.LOCKED):
        return answer
    done, of = sum(parcel.handover is not None for parcel in parcels), answer.of
    if consignment is not None and consignment in ledger.consignments:
        done, of = ledger.consignments[consignment]
    return replace(answer, handed_over=done, of=of, match_number=match_number)
