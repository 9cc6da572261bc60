"""A second verifier of proofs, written from docs/proof-format.md alone; it imports nothing of Doorcode."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives.hashes import SHA256

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
SENTENCES = {
    "D": (
        "Two members of staff answer by name for a handover without a code.",
        "It does not show that the recipient was there, nor what was in the parcel.",
    ),
    "C": (
        "The code of a person whom the recipient had named was presented for this parcel.",
        "It does not show who held that code, nor what was in the parcel.",
    ),
    "A": (
        "The recipient's symbol and this parcel's label were read by the same enrolled device.",
        "It does not show who held the symbol, nor what was in the parcel.",
    ),
    "B": (
        "A right code was presented for this parcel, but its digits were typed or its label was not read.",
        "It does not show who told the code, nor that this parcel was at hand, nor what was in it.",
    ),
    "-": ("No handover is recorded.", "It does not show where the parcel is."),
}


class Wrong(Exception):
    """The proof does not hold."""


def must(condition: object, fault: str) -> None:
    if not condition:
        raise Wrong(fault)


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def from_hex(text: str, length: int) -> bytes:
    must(isinstance(text, str) and re.fullmatch(f"[0-9a-f]{{{2 * length}}}", text), "hexadecimal text")
    return bytes.fromhex(text)


def keys(value: Any, *names: str) -> None:
    must(isinstance(value, dict) and set(value) == set(names), f"keys {names}")


def verify(data: bytes, public_key: bytes) -> str:
    """Return the grade of a proof. Raises Wrong."""
    try:
        proof = json.loads(data)
        must(canonical(proof) == data, "canonical form")
        return check(proof, public_key)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, InvalidSignature) as error:
        raise Wrong("not a proof") from error


def check(proof: Any, public_key: bytes) -> str:
    names = ("format", "parcel", "grade", "proves", "does_not_prove", "events", "devices")
    keys(proof, *names, "inclusion", "checkpoint", "signature")
    must(proof["format"] == "doorcode-proof-1", "format")
    parcel, events, checkpoint = proof["parcel"], proof["events"], proof["checkpoint"]
    keys(parcel, "id", "reference")
    head = chain(parcel["id"], events)
    must(events[0]["kind"] == "announced", "first event")
    must(events[0]["facts"]["reference"] == parcel["reference"], "tracking number")

    keys(checkpoint, "format", "number", "at", "size", "root", "previous", "key")
    must(checkpoint["format"] == "doorcode-checkpoint-1", "checkpoint's format")
    must(checkpoint["key"] == sha256(public_key).hexdigest()[:16], "key's name")
    ed25519.Ed25519PublicKey.from_public_bytes(public_key).verify(
        from_hex(proof["signature"], 64), canonical(checkpoint)
    )
    leaf = sha256(b"\0" + canonical({"link": head, "parcel": parcel["id"], "position": len(events)})).digest()
    keys(proof["inclusion"], "place", "path")
    path = [from_hex(each, 32) for each in proof["inclusion"]["path"]]
    place, size = proof["inclusion"]["place"], checkpoint["size"]
    must(type(place) is int and 0 <= place < size, "place")
    must(root(leaf, place, size, path) == from_hex(checkpoint["root"], 32) and not path, "inclusion")

    devices(proof["devices"], events)
    grade = handover(parcel["reference"], events)
    must((proof["grade"], (proof["proves"], proof["does_not_prove"])) == (grade, SENTENCES[grade]), "grade")
    return grade


def chain(parcel_id: str, events: list[Any]) -> str:
    previous = "0" * 64
    for position, event in enumerate(events, 1):
        keys(event, "position", "kind", "at", "facts", "link")
        must(event["position"] == position and MOMENT.fullmatch(event["at"]), "event")
        hashed = {name: event[name] for name in ("at", "facts", "kind", "position")}
        previous_link = {"parcel": parcel_id, "previous": previous}
        must(sha256(canonical(hashed | previous_link)).hexdigest() == event["link"], f"link {position}")
        previous = event["link"]
    return previous


def root(leaf: bytes, place: int, size: int, path: list[bytes]) -> bytes:
    """The definition of RFC 9162 §2.1.3.1, followed from the root down; uses the path up."""
    if size == 1:
        return leaf
    left = 1 << (size - 1).bit_length() - 1
    sibling = path.pop()
    if place < left:
        return sha256(b"\1" + root(leaf, place, left, path) + sibling).digest()
    return sha256(b"\1" + sibling + root(leaf, place - left, size - left, path)).digest()


def devices(points: dict[str, str], events: list[Any]) -> None:
    presented = [event["facts"] for event in events if event["kind"] == "presented"]
    must(set(points) == {facts["device"] for facts in presented}, "devices")
    for facts in presented:
        lines, signature = facts["signed"].split("\n"), from_hex(facts["signature"], 64)
        must(lines[1].lower().replace("-", "") == facts["presentation"].replace("-", ""), "presentation's id")
        must(lines[2] == facts["device"] and lines[5] == facts["means"], "device or means")
        must(facts["offline"] is (lines[4] == "offline"), "offline")
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_hex(points[facts["device"]], 65))
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        key.verify(utils.encode_dss_signature(r, s), facts["signed"].encode(), ec.ECDSA(SHA256()))


def handover(reference: str, events: list[Any]) -> str:
    accepted: dict[str, list[str]] = {}
    grade = "-"
    for event in events:
        kind, facts = event["kind"], event["facts"]
        if kind == "presented" and facts["outcome"] == "accepted":
            form, *lines = facts["signed"].split("\n")
            accepted.update({facts["presentation"]: lines[6:]} if form == "doorcode-presentation-1" else {})
        elif kind == "supervised_handover" and grade == "-":
            grade = "D"
        elif kind == "handed_over":
            lines = [line.split(" ") for line in accepted[facts["presentation"]]]
            held = [("".join(words[1:-1]).upper(), words[-1]) for words in lines]
            must(facts["by"] == "code" or (reference, facts["by"]) in held, "parcel in hand")
            strong = facts["means"] == "payload" and facts["by"] == "label"
            found = "C" if facts["holder"] == "delegate" else "A" if strong else "B"
            grade = found if grade == "-" else grade
    return grade
