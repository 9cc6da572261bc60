"""A proof of delivery: what it says, what it does not, and the file (``docs/proof-format.md``). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from codes.model import EventKind, HolderKind, InHandBy, Means
from codes.proving.canonical import canonical_bytes
from codes.proving.chain import ChainedEvent, write_moment
from codes.proving.checkpoint import Checkpoint

FORMAT = "doorcode-proof-1"
LARGEST = 4_000_000
"""A proof has at most so many bytes. The same number stands in ``web/static/js/recipient/proof/proof.js`` and in
``docs/proof-format.md``; what one parcel's chain can hold is bounded so that its proof stays far below."""
Document = dict[str, Any]


class Grade(StrEnum):
    """How strong the evidence of a handover is."""

    SYMBOL_AND_LABEL = "A"
    DIGITS = "B"
    DELEGATE = "C"
    SUPERVISED = "D"
    NO_CODE_NEEDED = "E"
    NONE = "-"


STATEMENTS: dict[Grade, tuple[str, str]] = {
    Grade.SYMBOL_AND_LABEL: (
        "The recipient's symbol and this parcel's label were read by the same enrolled device.",
        "It does not show who held the symbol, nor what was in the parcel.",
    ),
    Grade.DIGITS: (
        "A right code was presented for this parcel, but its digits were typed or its label was not read.",
        "It does not show who told the code, nor that this parcel was at hand, nor what was in it.",
    ),
    Grade.DELEGATE: (
        "The code of a person whom the recipient had named was presented for this parcel.",
        "It does not show who held that code, nor what was in the parcel.",
    ),
    Grade.SUPERVISED: (
        "Two members of staff answer by name for a handover without a code.",
        "It does not show that the recipient was there, nor what was in the parcel.",
    ),
    Grade.NO_CODE_NEEDED: (
        "This parcel needed no code; an enrolled device recorded that it was handed over.",
        "It does not show that the recipient was there, nor what was in the parcel.",
    ),
    Grade.NONE: ("No handover is recorded.", "It does not show where the parcel is."),
}


class Remark(StrEnum):
    """What a proof says of its handover beside the grade. The page has the same names in ``proof/story.js``."""

    OFFLINE = "offline"
    RENEWED = "conflict_renewed"
    REVOKED = "conflict_revoked"
    EXPIRED = "conflict_expired"
    BLOCKED = "conflict_blocked"
    SECOND_HANDOVER = "conflict_handed_over_before"
    OTHER_CONFLICT = "conflict"
    CONTESTED = "contested"
    ANSWERED = "answered"


class TooLong(Exception):
    """So much was recorded of the parcel that no proof holds it."""


def grade_of(events: Sequence[Mapping[str, Any]]) -> Grade:
    """Return the evidence grade of the handover among these events."""
    for event in events:
        facts = event["facts"]
        if event["kind"] == EventKind.SUPERVISED_HANDOVER:
            return Grade.SUPERVISED
        if event["kind"] == EventKind.HANDED_OVER:
            if facts["code"] is None:
                return Grade.NO_CODE_NEEDED
            if facts["holder"] == HolderKind.DELEGATE:
                return Grade.DELEGATE
            scanned = facts["means"] == Means.PAYLOAD and facts["by"] == InHandBy.LABEL
            return Grade.SYMBOL_AND_LABEL if scanned else Grade.DIGITS
    return Grade.NONE


def head_of(events: Sequence[Mapping[str, Any]]) -> Document:
    """Return what a proof says at its head, all of it taken from these events.

    Of the handover: whether it was made offline or with a conflict; and who contested it since, and when that was
    answered.
    """
    grade = grade_of(events)
    handover: Document | None = None
    contested: dict[str, Document] = {}
    for event in events:
        kind, facts = event["kind"], event["facts"]
        if kind == EventKind.HANDED_OVER and handover is None:
            said = {"at": facts["at_door"], "offline": facts["offline"], "conflict": facts.get("conflict")}
            handover = said | {"recorded": event["at"]}
        elif kind == EventKind.SUPERVISED_HANDOVER and handover is None:
            handover = {"at": event["at"], "offline": False, "conflict": None, "recorded": event["at"]}
        elif kind == EventKind.HANDOVER_CONFLICT and handover is not None:
            handover["conflict"] = handover["conflict"] or facts["conflict"]
        elif kind == EventKind.REPORTED and handover is not None:
            said = {"kind": facts["kind"], "by": facts["by"], "at": event["at"], "answered": None}
            contested[facts["report"]] = said
        elif kind == EventKind.REPORT_ANSWERED and facts["report"] in contested:
            contested[facts["report"]]["answered"] = event["at"]
        elif kind == EventKind.REPORT_WITHDRAWN:
            contested.pop(facts["report"], None)
    proves, not_proved = STATEMENTS[grade]
    return {
        "grade": grade.value,
        "proves": proves,
        "does_not_prove": not_proved,
        "handover": handover,
        "contested": list(contested.values()),
    }


def remarks_of(head: Mapping[str, Any]) -> list[Remark]:
    """Return what has to be said beside the grade of a proof with this head."""
    remarks, handover, contested = [], head["handover"], head["contested"]
    if handover is not None and handover["conflict"] is not None:
        named = f"conflict_{handover['conflict']}"
        remarks.append(Remark(named) if named in set(Remark) else Remark.OTHER_CONFLICT)
    if handover is not None and handover["offline"] and remarks in ([], [Remark.SECOND_HANDOVER]):
        remarks.append(Remark.OFFLINE)
    if contested:
        unanswered = any(each["answered"] is None for each in contested)
        remarks.append(Remark.CONTESTED if unanswered else Remark.ANSWERED)
    return remarks


def proof_bytes(
    events: Sequence[ChainedEvent],
    reference: str,
    device_keys: Mapping[str, bytes],
    checkpoint: Checkpoint,
    place: int,
    path: Sequence[bytes],
    cosignatures: Sequence[str] = (),
) -> bytes:
    """Return a proof file: canonical JSON in the form of ``docs/proof-format.md``. Raises TooLong."""
    listed = [listed_event(event) for event in events]
    written = canonical_bytes(
        {
            "format": FORMAT,
            "parcel": {"id": str(events[0].parcel_id), "reference": reference},
            **head_of(listed),
            "events": listed,
            "devices": {device_id: key.hex() for device_id, key in device_keys.items()},
            "inclusion": {"place": place, "path": [each.hex() for each in path]},
            "checkpoint": checkpoint.document(),
            "signature": checkpoint.signature.hex(),
            "note": [checkpoint.note_line, *cosignatures],
        }
    )
    if len(written) > LARGEST:
        raise TooLong(f"the record of {reference} is longer than a proof can be ({LARGEST:,} bytes)")
    return written


def listed_event(event: ChainedEvent) -> Document:
    """Return an event as it stands in a proof."""
    return {
        "position": event.position,
        "kind": event.kind,
        "at": write_moment(event.at),
        "facts": dict(event.facts),
        "link": event.link.hex(),
    }
