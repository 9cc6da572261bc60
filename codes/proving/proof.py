"""A proof of delivery: what it says, what it does not, and the check that trusts nothing but one public key. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from codes.model import EventKind, HolderKind, InHandBy, Means, Outcome
from codes.proving.canonical import NotCanonical, canonical_bytes, parse_canonical
from codes.proving.chain import BrokenChain, ChainedEvent, check_chain, write_moment
from codes.proving.checkpoint import BadCheckpoint, Checkpoint, check_signature, head_leaf, read_checkpoint
from codes.proving.merkle import verify_inclusion

FORMAT = "doorcode-proof-1"
LARGEST = 4_000_000
"""More bytes than any proof has."""


class Grade(StrEnum):
    """How strong the evidence of a handover is."""

    SYMBOL_AND_LABEL = "A"
    DIGITS = "B"
    DELEGATE = "C"
    SUPERVISED = "D"
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
    Grade.NONE: ("No handover is recorded.", "It does not show where the parcel is."),
}


RELEASES = "doorcode-presentation-1"
"""The first line of what a device signs to hand over; other forms ask without releasing anything."""


class ProofFault(Exception):
    """The first thing that is wrong with a proof."""


@dataclass(frozen=True, slots=True)
class Proved:
    """What a proof that holds says."""

    parcel_id: str
    reference: str
    grade: Grade
    events: int
    checkpoint: int
    sealed_at: str


def grade_of(events: Sequence[Mapping[str, Any]]) -> Grade:
    """Return the evidence grade of the handover among these events."""
    for event in events:
        facts = event["facts"]
        if event["kind"] == EventKind.SUPERVISED_HANDOVER:
            return Grade.SUPERVISED
        if event["kind"] == EventKind.HANDED_OVER:
            if facts["holder"] == HolderKind.DELEGATE:
                return Grade.DELEGATE
            scanned = facts["means"] == Means.PAYLOAD and facts["by"] == InHandBy.LABEL
            return Grade.SYMBOL_AND_LABEL if scanned else Grade.DIGITS
    return Grade.NONE


def proof_bytes(
    events: Sequence[ChainedEvent],
    reference: str,
    device_keys: Mapping[str, bytes],
    checkpoint: Checkpoint,
    place: int,
    path: Sequence[bytes],
) -> bytes:
    """Return a proof file: canonical JSON in the form of ``docs/proof-format.md``."""
    listed = [_listed(event) for event in events]
    proves, not_proved = STATEMENTS[grade_of(listed)]
    document = {
        "format": FORMAT,
        "parcel": {"id": str(events[0].parcel_id), "reference": reference},
        "grade": grade_of(listed).value,
        "proves": proves,
        "does_not_prove": not_proved,
        "events": listed,
        "devices": {device_id: key.hex() for device_id, key in device_keys.items()},
        "inclusion": {"place": place, "path": [each.hex() for each in path]},
        "checkpoint": checkpoint.document(),
        "signature": checkpoint.signature.hex(),
    }
    return canonical_bytes(document)


def verify_proof(data: bytes, public_key: Ed25519PublicKey) -> Proved:
    """Check everything a proof rests on. Raises ProofFault naming the first thing that is wrong."""
    if len(data) > LARGEST:
        raise ProofFault("the file is too large to be a proof")
    try:
        document = parse_canonical(data)
        return _verify(document, public_key)
    except NotCanonical as error:
        raise ProofFault(str(error)) from error
    except (BrokenChain, BadCheckpoint) as error:
        raise ProofFault(str(error)) from error
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise ProofFault("the file is no proof of delivery: a part is missing or has another form") from error


def _verify(document: Any, public_key: Ed25519PublicKey) -> Proved:
    expected = {
        *("format", "parcel", "grade", "proves", "does_not_prove"),
        *("events", "devices", "inclusion", "checkpoint", "signature"),
    }
    if document["format"] != FORMAT or set(document) != expected:
        raise ProofFault(f"the file is no {FORMAT}")
    parcel, events = document["parcel"], document["events"]
    chained = [_chained(parcel["id"], event) for event in events]
    head = check_chain(chained)
    first = events[0]
    if first["kind"] != EventKind.ANNOUNCED or parcel != {"id": parcel["id"], "reference": first["facts"]["reference"]}:
        raise ProofFault("the tracking number is not the one that was announced")
    checkpoint = read_checkpoint(document["checkpoint"], document["signature"])
    check_signature(public_key, checkpoint)
    inclusion = document["inclusion"]
    path = [bytes.fromhex(each) for each in inclusion["path"]]
    leaf = head_leaf(UUID(parcel["id"]), len(events), head)
    if inclusion != {"place": inclusion["place"], "path": [each.hex() for each in path]} or not verify_inclusion(
        leaf, inclusion["place"], checkpoint.size, path, checkpoint.root
    ):
        raise ProofFault(f"the events are not those that checkpoint {checkpoint.number} fixed")
    _check_devices(document["devices"], events)
    _check_handover(parcel["reference"], events)
    grade = grade_of(events)
    if (document["grade"], (document["proves"], document["does_not_prove"])) != (grade.value, STATEMENTS[grade]):
        raise ProofFault(f"the events show grade {grade.value}, not {document['grade']}")
    return Proved(parcel["id"], parcel["reference"], grade, len(events), checkpoint.number, checkpoint.at)


def _check_devices(devices: Mapping[str, str], events: Sequence[Mapping[str, Any]]) -> None:
    """Check what each device signed, and that it signed what the event says."""
    used = set()
    for event in events:
        if event["kind"] != EventKind.PRESENTED:
            continue
        facts, where = event["facts"], f"event {event['position']}"
        used.add(facts["device"])
        if facts["device"] not in devices:
            raise ProofFault(f"{where}: the key of device {facts['device']} is missing")
        lines = facts["signed"].split("\n")
        said = (UUID(lines[1]), UUID(lines[2]), lines[4] == "offline", lines[5])
        recorded = (UUID(facts["presentation"]), UUID(facts["device"]), facts["offline"], facts["means"])
        if said != recorded or facts["outcome"] not in set(Outcome):
            raise ProofFault(f"{where}: the device signed something else")
        point = bytes.fromhex(devices[facts["device"]])
        if point.hex() != devices[facts["device"]]:
            raise ProofFault(f"{where}: the key of device {facts['device']} is not in its form")
        _check_device_signature(point, facts, where)
    if set(devices) != used:
        raise ProofFault("there are keys of devices that presented nothing")


def _check_handover(reference: str, events: Sequence[Mapping[str, Any]]) -> None:
    """Check that a handover follows an accepted presentation, for this parcel, as the device signed it."""
    signed: dict[str, list[str]] = {}
    for event in events:
        facts = event["facts"]
        if event["kind"] == EventKind.PRESENTED and facts["outcome"] == Outcome.ACCEPTED:
            form, *lines = facts["signed"].split("\n")
            if form == RELEASES:
                signed[facts["presentation"]] = lines[6:]
        if event["kind"] != EventKind.HANDED_OVER:
            continue
        where = f"event {event['position']}"
        if facts["presentation"] not in signed:
            raise ProofFault(f"{where}: no accepted presentation led to this handover")
        named = {
            ("".join(line.split(" ")[1:-1]).upper(), line.split(" ")[-1]) for line in signed[facts["presentation"]]
        }
        if facts["by"] != InHandBy.CODE and (reference, facts["by"]) not in named:
            raise ProofFault(f"{where}: the device did not sign that it held this parcel")


def _check_device_signature(point: bytes, facts: Mapping[str, Any], where: str) -> None:
    signature = bytes.fromhex(facts["signature"])
    encoded = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    try:
        key.verify(encoded, facts["signed"].encode(), ec.ECDSA(SHA256()))
    except InvalidSignature as error:
        raise ProofFault(f"{where}: the signature of device {facts['device']} is wrong") from error


def _listed(event: ChainedEvent) -> dict[str, Any]:
    return {
        "position": event.position,
        "kind": event.kind,
        "at": write_moment(event.at),
        "facts": dict(event.facts),
        "link": event.link.hex(),
    }


def _chained(parcel_id: str, event: Mapping[str, Any]) -> ChainedEvent:
    """Read one event; what is not exactly as it is written fails."""
    moment = datetime.fromisoformat(event["at"])
    chained = ChainedEvent(
        UUID(parcel_id), event["position"], event["kind"], moment, event["facts"], bytes.fromhex(event["link"])
    )
    if _listed(chained) != event or str(chained.parcel_id) != parcel_id:
        raise ProofFault(f"event {event['position']} is not in the form of an event")
    return chained
