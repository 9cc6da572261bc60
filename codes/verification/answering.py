"""The answer to a presentation: built once from what was decided, kept and sent as the same bytes for ever. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from codes.model import Answer, CodeFacts, Conflict, Details, LockedBy, Outcome, ParcelOutcome
from codes.verification.facts import GREEN, Case, Decision, Found, Held, Judged, Release

COUNTED = GREEN | {
    Outcome.CONFLICT,
    Outcome.ALREADY_HANDED_OVER,
    Outcome.NOT_HERE,
    Outcome.NOT_OUT_FOR_DELIVERY,
    Outcome.OLD_CODE,
    Outcome.REVOKED,
    Outcome.EXPIRED,
}
"""Outcomes that only a right code gets: they tell how many parcels there are, and how many were handed over."""
TOLD_APART = GREEN | {Outcome.CONFLICT}
"""Outcomes beside which a parcel may have another one; beside red nothing was accepted."""
# Made once: `json.dumps` makes an encoder at each call, which takes longer than the encoding.
_COMPACT = json.JSONEncoder(separators=(",", ":"))


class StoredAnswer(NamedTuple):
    """An answer, and the text of it that stands in the record."""

    answer: Answer
    text: str


def answered(
    case: Case,
    found: Found,
    judged: Sequence[Judged],
    outcome: Outcome,
    releases: tuple[Release, ...] = (),
    at_door: datetime | None = None,
) -> Decision:
    """Return the decision of this one outcome; ``at_door`` is when it was handed over offline, if that counts."""
    deciding = next((each for each in judged if each.outcome is outcome), judged[0] if judged else None)
    done, of = _counts(case, found.code, outcome, judged, releases)
    answer = Answer(
        presentation_id=case.presented.presentation.presentation_id,
        outcome=outcome,
        parcels=_told(case, outcome, judged),
        handed_over=done,
        of=of,
        match_number=releases[0].handover.match_number if releases else None,
        recipient_language=_language(case, found.code, deciding),
        details=_details(case, found, outcome, deciding, releases, at_door),
        decided_at=case.now,
    )
    return Decision(
        presentation=case.presented.presentation,
        answer=answer,
        code=found.code,
        charge=found.charge,
        judged=_recorded(case, outcome, judged, deciding),
        releases=releases,
        disputed=tuple(each.held.parcel for each in judged if each.conflict is Conflict.HANDED_OVER_BEFORE),
    )


def _language(case: Case, code: CodeFacts | None, deciding: Judged | None) -> str | None:
    """Return the language of whoever stands there: a delegate's own, if the code is one of this consignment's."""
    if deciding is None:
        return None
    of = case.facts.consignment_of(deciding.held.parcel)
    return of.language_of(code if code is not None and code.consignment_id == of.consignment_id else None)


def _told(case: Case, outcome: Outcome, judged: Sequence[Judged]) -> tuple[ParcelOutcome, ...]:
    """Say of each label what came of it.

    No red answer to digits tells parcels apart: it would say for which of them the digits are right. And beside
    red no parcel is called right.
    """
    if case.presented.is_question and outcome in (Outcome.ACCEPTED, Outcome.NOT_HERE):
        told = [each for each in judged if each.outcome in (Outcome.ACCEPTED, Outcome.NOT_HERE)]
    elif case.is_by_code and outcome in GREEN:
        told = [each for each in judged if each.outcome is outcome]
    elif outcome in TOLD_APART:
        told = list(judged)
    elif case.presented.digits is not None:
        told = [Judged(each.held, outcome) for each in judged]
    else:
        told = [each for each in judged if each.outcome not in GREEN]
    known = tuple(ParcelOutcome(each.held.parcel.reference, each.outcome) for each in told)
    return known + tuple(ParcelOutcome(label, Outcome.UNKNOWN_PARCEL) for label in case.unknown())


def _recorded(
    case: Case, outcome: Outcome, judged: Sequence[Judged], deciding: Judged | None
) -> tuple[tuple[Held, Outcome], ...]:
    """Return the parcels in whose chains the presentation stands: those in hand, or that a code alone was shown for."""
    if not case.is_by_code or (case.presented.in_hand and outcome not in GREEN):
        return tuple((each.held, each.outcome if outcome in TOLD_APART else outcome) for each in judged)
    if outcome in GREEN:
        return tuple((each.held, outcome) for each in judged if each.outcome is outcome)
    return ((deciding.held, outcome),) if deciding else ()


def _counts(
    case: Case, code: CodeFacts | None, outcome: Outcome, judged: Sequence[Judged], releases: Sequence[Release]
) -> tuple[int, int]:
    """Say how many of how many parcels are handed over: of the holder's, or else of those in hand."""
    if outcome not in COUNTED or not judged:
        return 0, len(case.presented.in_hand)
    parcels = {each.held.parcel.parcel_id for each in judged}
    if code is not None:
        of = case.facts.consignments[code.consignment_id]
        parcels = {parcel_id for parcel_id in of.parcels if of.may_receive(code, parcel_id)}
    gone = {parcel_id for parcel_id in parcels if case.facts.parcels[parcel_id].handover is not None}
    return len(gone | {each.held.parcel.parcel_id for each in releases}), len(parcels)


def _details(
    case: Case,
    found: Found,
    outcome: Outcome,
    deciding: Judged | None,
    releases: Sequence[Release],
    at_door: datetime | None,
) -> Details:
    """Say the little more that whoever got this outcome may know."""
    parcel = deciding.held.parcel if deciding else None
    handover = parcel.handover if parcel else None
    conflict = next((each.conflict for each in releases if each.conflict), deciding.conflict if deciding else None)
    tells_when = outcome is Outcome.ALREADY_HANDED_OVER or conflict is Conflict.HANDED_OVER_BEFORE
    newer: datetime | None = None
    if outcome is Outcome.OLD_CODE and found.code is not None:
        codes = case.facts.consignments[found.code.consignment_id].codes
        newer = max((code.issued_at for code in codes if code.holder_id == found.code.holder_id), default=None)
    return Details(
        handed_over_at=handover.handed_over_at if handover and tells_when else None,
        newer_sent_at=newer,
        tries_left=found.tries_left,
        locked_by=found.locked_by,
        place=parcel.stay.point if parcel and parcel.stay and outcome is Outcome.NOT_HERE else None,
        other_tour=at_door is None and any(case.device.is_on_other_tour(each.held.parcel) for each in releases),
        conflict=conflict if outcome is Outcome.CONFLICT else None,
    )


def answer_document(answer: Answer) -> dict[str, Any]:
    """Return the answer as JSON values, times as ISO 8601 in UTC."""
    details = answer.details
    return {
        "presentation_id": str(answer.presentation_id),
        "outcome": answer.outcome.value,
        "parcels": [{"reference": each.reference, "outcome": each.outcome.value} for each in answer.parcels],
        "handed_over": answer.handed_over,
        "of": answer.of,
        "recipient_language": answer.recipient_language,
        "details": {
            "handed_over_at": _written(details.handed_over_at),
            "newer_sent_at": _written(details.newer_sent_at),
            "tries_left": details.tries_left,
            "locked_by": details.locked_by,
            "place": details.place,
            "other_tour": details.other_tour,
            "conflict": details.conflict,
        },
        "match_number": answer.match_number,
        "decided_at": _written(answer.decided_at),
        "accepted": answer.accepted,
    }


def answer_to_json(answer: Answer) -> str:
    """Write an answer, for the record and for who asked."""
    return _COMPACT.encode(answer_document(answer))


def record_digest(verification: Mapping[str, Any]) -> str:
    """Return 64 hexadecimal digits that fix a verification's row: what its event does not say in words."""
    code_id = verification["code_id"]
    words = (verification["key_id"], verification["content_mac"].hex(), str(code_id or ""), verification["answer"])
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def answer_from_json(presentation_id: UUID, text: str) -> Answer:
    """Read an answer from the record."""
    document = json.loads(text)
    details = document["details"]
    return Answer(
        presentation_id=presentation_id,
        outcome=Outcome(document["outcome"]),
        parcels=tuple(ParcelOutcome(each["reference"], Outcome(each["outcome"])) for each in document["parcels"]),
        handed_over=document["handed_over"],
        of=document["of"],
        match_number=document["match_number"],
        recipient_language=document["recipient_language"],
        decided_at=_moment(document["decided_at"]),
        details=Details(
            handed_over_at=_moment(details["handed_over_at"]),
            newer_sent_at=_moment(details["newer_sent_at"]),
            tries_left=details["tries_left"],
            locked_by=LockedBy(details["locked_by"]) if details["locked_by"] else None,
            place=details["place"],
            other_tour=details["other_tour"],
            conflict=Conflict(details["conflict"]) if details["conflict"] else None,
        ),
    )


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
