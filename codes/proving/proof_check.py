"""The check of a proof, which trusts nothing but one public key. Pure.

The same rules stand in ``web/static/js/recipient/proof`` and in ``tests/independent_verifier.py``; `make fuzz-proof`
holds all three against each other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeGuard

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from codes.model import EventKind, InHandBy, Outcome
from codes.proving.canonical import NotCanonical, parse_canonical
from codes.proving.chain import BEGINNING, link_of
from codes.proving.checkpoint import FORMAT as CHECKPOINT_FORMAT
from codes.proving.checkpoint import BadCheckpoint, check_signature, head_leaf, read_checkpoint
from codes.proving.device_signatures import device_id_of, label_digest, names_parcel, public_key_at, signature_fits
from codes.proving.merkle import verify_inclusion
from codes.proving.proof import FORMAT, LARGEST, Grade, Remark, head_of, remarks_of
from codes.proving.signed_note import MOST_LINES, BadNote, check_line, is_line, log_key

RELEASES = "doorcode-presentation-1"
"""The first line of what a device signs to hand over; other forms ask without releasing anything."""
TAP = "tap"
MEANS = frozenset({"payload", "digits", TAP})
FORMS = (RELEASES, "doorcode-collection-1")
PARTS = frozenset(
    {
        "format",
        "parcel",
        "grade",
        "proves",
        "does_not_prove",
        "handover",
        "contested",
        "events",
        "devices",
        "inclusion",
        "checkpoint",
        "signature",
        "note",
    }
)
LONGEST_PATH = 64
Facts = Mapping[str, Any]
Event = Mapping[str, Any]

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOMENT = re.compile(r"(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_NAME = re.compile(r"[a-z_]+")
_SIGNED_LINE = re.compile(r"parcel [0-9a-f]{64} [a-z]+|name [0-9a-f]{64}")


class ProofFault(Exception):
    """The first thing that is wrong with a proof."""


@dataclass(frozen=True, slots=True)
class Proved:
    """What a proof that holds says."""

    parcel_id: str
    reference: str
    grade: Grade
    handover: Mapping[str, Any] | None
    contested: Sequence[Mapping[str, Any]]
    events: int
    last_event_at: str
    checkpoint: int
    sealed_at: str
    note_text: str
    note: Sequence[str]

    @property
    def remarks(self) -> list[Remark]:
        """Return what has to be said beside the grade."""
        return remarks_of({"handover": self.handover, "contested": self.contested})


def verify_proof(data: bytes, public_key: Ed25519PublicKey) -> Proved:
    """Check everything a proof rests on. Raises ProofFault naming the first thing that is wrong."""
    _must(len(data) <= LARGEST, "the file is too large to be a proof")
    try:
        return _verify(parse_canonical(data), public_key)
    except (NotCanonical, BadCheckpoint, BadNote) as error:
        raise ProofFault(str(error)) from error
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise ProofFault("the file is no proof of delivery: a part is missing or has another form") from error


def _verify(document: Any, public_key: Ed25519PublicKey) -> Proved:
    # 1. The outermost parts: nothing missing, nothing beside them.
    _must(_has(document, PARTS) and document["format"] == FORMAT, f"the file is no {FORMAT}")
    parcel, events = document["parcel"], document["events"]
    named = _has(parcel, {"id", "reference"}) and _is(_UUID, parcel["id"]) and _is_text(parcel["reference"])
    _must(named, "the parcel is not named")
    # 2. The chain: each event follows from the one before, and the first one announced this tracking number.
    head = _check_chain(parcel["id"], events)
    announced = events[0]["kind"] == EventKind.ANNOUNCED and events[0]["facts"].get("reference") == parcel["reference"]
    _must(announced, "the tracking number is not the one that was announced")
    # 3. The checkpoint: signed by the key that the reader trusts, and the chain's end is a leaf of its tree.
    checkpoint = document["checkpoint"]
    _check_checkpoint(checkpoint, document["signature"])
    signed = read_checkpoint(checkpoint, document["signature"])
    check_signature(public_key, signed)
    note = document["note"]
    formed = isinstance(note, list) and 0 < len(note) <= MOST_LINES and all(map(is_line, note))
    _must(formed, "the signatures of the note are not in their form")
    check_line(signed.note_text(), note[0], log_key(public_key))
    place, path = _inclusion(document["inclusion"])
    leaf = head_leaf(parcel["id"], len(events), head)
    fixed = verify_inclusion(leaf, place, signed.size, path, signed.root)
    _must(fixed, f"the events are not those that checkpoint {signed.number} fixed")
    # 4. The devices: each key gives its device's id, and signed what its events say.
    _check_devices(document["devices"], [event for event in events if event["kind"] == EventKind.PRESENTED])
    # 5. The handover and what became of it, in the order in which they happened.
    _check_story(parcel["reference"], events)
    # 6. The head says what the events say.
    said = head_of(events)
    for name, value in said.items():
        fault = f"another {name}: {value}" if name in ("handover", "contested") else f"grade {said['grade']}"
        _must(_same(document[name], value), f"the events show {fault}")
    return Proved(
        parcel["id"],
        parcel["reference"],
        Grade(said["grade"]),
        said["handover"],
        said["contested"],
        len(events),
        events[-1]["at"],
        signed.number,
        signed.at,
        signed.note_text(),
        note,
    )


def _check_chain(parcel_id: str, events: Any) -> bytes:
    """Return the head of the chain."""
    _must(isinstance(events, list) and events, "there are no events")
    previous = BEGINNING
    for expected, event in enumerate(events, start=1):
        whole = _has(event, {"position", "kind", "at", "facts", "link"}) and _is_number(event["position"])
        _must(whole and event["position"] == expected, f"event {expected} is missing")
        formed = _is(_NAME, event["kind"]) and _is_moment(event["at"]) and _are_facts(event["facts"])
        _must(formed, f"event {expected} is not in the form of an event")
        written = {name: event[name] for name in ("position", "kind", "at", "facts")}
        link = link_of(written | {"parcel": parcel_id, "previous": previous.hex()})
        _must(link.hex() == event["link"], f"event {expected} ({event['kind']}) or the one before it was altered")
        previous = link
    return previous


def _check_checkpoint(checkpoint: Any, signature: Any) -> None:
    names = {"format", "number", "at", "size", "root", "previous", "key"}
    _must(_has(checkpoint, names) and checkpoint["format"] == CHECKPOINT_FORMAT, "this is no checkpoint")
    counted = all(_is_number(checkpoint[name]) and checkpoint[name] > 0 for name in ("number", "size"))
    hashes = _is_hex(checkpoint["root"], 32) and _is_hex(checkpoint["previous"], 32) and _is_hex(checkpoint["key"], 8)
    formed = counted and hashes and _is_moment(checkpoint["at"]) and _is_hex(signature, 64)
    _must(formed, "the checkpoint is not in its form")


def _inclusion(inclusion: Any) -> tuple[int, list[bytes]]:
    formed = _has(inclusion, {"place", "path"}) and _is_number(inclusion["place"]) and inclusion["place"] >= 0
    path = inclusion["path"] if formed else None
    hashes = isinstance(path, list) and len(path) <= LONGEST_PATH and all(_is_hex(each, 32) for each in path)
    _must(formed and hashes, "the place in the log is not in its form")
    return inclusion["place"], [bytes.fromhex(each) for each in inclusion["path"]]


def _check_devices(devices: Any, presented: Sequence[Event]) -> None:
    _must(isinstance(devices, dict), "the devices' keys are missing")
    for event in presented:
        facts, where = event["facts"], f"event {event['position']}"
        _check_presentation(facts, where)
        key = devices.get(facts["device"])
        _must(key is not None, f"{where}: the key of device {facts['device']} is missing")
        point = bytes.fromhex(key) if _is_hex(key, 65) else b""
        its_own = point[:1] == b"\4" and str(device_id_of(point)) == facts["device"]
        _must(its_own, f"{where}: this is not the key of device {facts['device']}")
        signature, signed = bytes.fromhex(facts["signature"]), facts["signed"].encode()
        _must(_fits(point, signature, signed), f"{where}: the signature of device {facts['device']} is wrong")
    used = {event["facts"]["device"] for event in presented}
    _must(set(devices) == used, "there are keys of devices that presented nothing")


def _check_presentation(facts: Facts, where: str) -> None:
    """Check that what is told of a presentation is what its signed text says."""
    formed = _is(_UUID, facts.get("device")) and _is(_UUID, facts.get("presentation"))
    formed = formed and _is_hex(facts.get("signature"), 64) and _is_text(facts.get("signed"))
    formed = formed and isinstance(facts.get("offline"), bool) and _is(_NAME, facts.get("outcome"))
    _must(formed, f"{where} is not in the form of a presentation")
    form, *lines = facts["signed"].split("\n")
    _must(form in FORMS and len(lines) >= 6, f"{where}: the device signed something else")
    written = (lines[0].lower(), lines[1], lines[3], lines[4])
    told = (facts["presentation"], facts["device"], "offline" if facts["offline"] else "online", facts.get("means"))
    said = written == told and lines[4] in MEANS and _is_hex(lines[5], 32)
    _must(said and all(map(_SIGNED_LINE.fullmatch, lines[6:])), f"{where}: the device signed something else")


def _check_story(reference: str, events: Sequence[Event]) -> None:
    """Check each handover against the presentation it rests on, and that reports and answers have their form."""
    presented: dict[str, Facts] = {}
    for event in events:
        kind, facts, where = event["kind"], event["facts"], f"event {event['position']}"
        if kind == EventKind.PRESENTED and facts["signed"].startswith(f"{RELEASES}\n"):
            presented[facts["presentation"]] = facts
        elif kind == EventKind.HANDED_OVER:
            _check_handover(facts, where)
            within = events[0]["at"] <= facts["at_door"] <= event["at"]
            _must(within, f"{where}: the handover's time is not between announcement and record")
            _check_basis(reference, facts, presented.get(facts["presentation"]), where)
        elif kind == EventKind.HANDOVER_CONFLICT:
            _must(_is(_NAME, facts.get("conflict")), f"{where} is not in the form of a conflict")
        elif kind == EventKind.REPORTED:
            formed = all(_is_text(facts.get(name)) for name in ("report", "kind", "by"))
            _must(formed, f"{where} is not in the form of a report")
        elif kind in (EventKind.REPORT_ANSWERED, EventKind.REPORT_WITHDRAWN):
            _must(_is_text(facts.get("report")), f"{where} is not in the form of an answer")


def _check_handover(facts: Facts, where: str) -> None:
    named = _is_text(facts.get("presentation")) and facts.get("means") in MEANS and "code" in facts
    held = facts.get("by") in set(InHandBy) and isinstance(facts.get("offline"), bool)
    code = facts.get("code") is None or (_is_text(facts["code"]) and _is_text(facts.get("holder")))
    code = code and (facts.get("code") is None or facts.get("means") != TAP)
    conflict = facts.get("conflict") is None or _is(_NAME, facts["conflict"])
    formed = named and held and code and conflict and _is_moment(facts.get("at_door"))
    _must(formed, f"{where} is not in the form of a handover")


def _check_basis(reference: str, facts: Facts, presented: Facts | None, where: str) -> None:
    """Check that the device presented what this handover rests on, and signed that it held this parcel."""
    outcome = Outcome.ACCEPTED if facts["code"] is not None else Outcome.CODE_NOT_REQUIRED
    outcome = Outcome.CONFLICT if facts.get("conflict") is not None else outcome
    right = presented is not None and presented["outcome"] == outcome
    _must(right, f"{where}: no accepted presentation led to this handover")
    assert presented is not None
    same = (facts["means"], facts["offline"]) == (presented["means"], presented["offline"])
    _must(same, f"{where}: the handover is told otherwise than it was presented")
    held = facts["by"] == InHandBy.CODE or _held(reference, facts["by"], presented)
    _must(held, f"{where}: the device did not sign that it held this parcel")


def _held(reference: str, by: str, presented: Facts) -> bool:
    """Tell whether a device signed that it had this parcel in hand; other labels stay behind their digests."""
    label, salt = presented.get("label"), presented.get("label_salt")
    if not _is_text(label) or not _is_hex(salt, 32):
        return False
    line = f"parcel {label_digest(bytes.fromhex(salt), label)} {by}"
    return line in presented["signed"].split("\n")[7:] and names_parcel(label, reference)


def _fits(point: bytes, signature: bytes, signed: bytes) -> bool:
    try:
        return signature_fits(public_key_at(point), signature, signed)
    except ValueError:
        return False


def _must(holds: object, fault: str) -> None:
    if not holds:
        raise ProofFault(fault)


def _has(value: object, names: frozenset[str] | set[str]) -> bool:
    return isinstance(value, dict) and value.keys() == names


def _is(form: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and value != ""


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_hex(value: object, length: int) -> TypeGuard[str]:
    return isinstance(value, str) and re.fullmatch(r"[0-9a-f]*", value) is not None and len(value) == 2 * length


def _is_moment(value: object) -> bool:
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _are_facts(value: object) -> bool:
    """Facts are flat: names of small letters; text, whole numbers, truth values or null."""
    flat = (str, int, bool, type(None))
    return isinstance(value, dict) and all(_is(_NAME, name) and isinstance(each, flat) for name, each in value.items())


def _same(one: object, other: object) -> bool:
    """Compare two JSON values; in Python, true equals 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and one == other
