"""A second verifier of proofs, written from docs/proof-format.md alone; it imports nothing of Doorcode."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from datetime import datetime
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives.hashes import SHA256

LONGEST = 4_000_000
MOMENT = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6}Z"
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
WORD = "[a-z_]+"
NOTE_LINE = "— [!-*,-~]+ [A-Za-z0-9+/]+={0,2}"
SENTENCES = {
    "D": (
        "Two members of staff answer by name for a handover without a code.",
        "It does not show that the recipient was there, nor what was in the parcel.",
    ),
    "E": (
        "This parcel needed no code; an enrolled device recorded that it was handed over.",
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


def like(form: str, value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(form, value) is not None


def text(value: Any) -> bool:
    return isinstance(value, str) and len(value) > 0


def moment(value: Any) -> bool:
    return like(MOMENT, value) and datetime.fromisoformat(value) is not None


def whole(value: Any, least: int) -> bool:
    return type(value) is int and least <= value < 2**53


def from_hex(value: Any, length: int) -> bytes:
    must(like(f"[0-9a-f]{{{2 * length}}}", value), "hexadecimal text")
    return bytes.fromhex(value)


def keys(value: Any, *names: str) -> None:
    must(isinstance(value, dict) and set(value) == set(names), f"keys {names}")


def verify(data: bytes, public_key: bytes) -> str:
    """Return the grade of a proof. Raises Wrong."""
    must(len(data) <= LONGEST, "length")
    try:
        proof = json.loads(data)
        must(canonical(proof) == data, "canonical form")
        return check(proof, public_key)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, InvalidSignature) as error:
        raise Wrong("not a proof") from error


def check(proof: Any, public_key: bytes) -> str:
    names = ("format", "parcel", "grade", "proves", "does_not_prove", "handover", "contested", "events", "devices")
    keys(proof, *names, "inclusion", "checkpoint", "signature", "note")
    must(proof["format"] == "doorcode-proof-1", "format")
    parcel, events, checkpoint = proof["parcel"], proof["events"], proof["checkpoint"]
    keys(parcel, "id", "reference")
    must(like(UUID, parcel["id"]) and text(parcel["reference"]), "parcel")
    head = chain(parcel["id"], events)
    must(events[0]["kind"] == "announced", "first event")
    must(events[0]["facts"]["reference"] == parcel["reference"], "tracking number")

    keys(checkpoint, "format", "number", "at", "size", "root", "previous", "key")
    must(checkpoint["format"] == "doorcode-checkpoint-1", "checkpoint's format")
    must(whole(checkpoint["number"], 1) and whole(checkpoint["size"], 1) and moment(checkpoint["at"]), "checkpoint")
    must(from_hex(checkpoint["previous"], 32), "checkpoint before")
    must(checkpoint["key"] == sha256(public_key).hexdigest()[:16], "key's name")
    ed25519.Ed25519PublicKey.from_public_bytes(public_key).verify(
        from_hex(proof["signature"], 64), canonical(checkpoint)
    )
    must(isinstance(proof["note"], list) and 1 <= len(proof["note"]) <= 17, "note")
    must(all(like(NOTE_LINE, line) and len(line) <= 20_000 for line in proof["note"]), "note's lines")
    name = f"doorcode/{checkpoint['key']}"
    number = sha256(name.encode() + b"\n\1" + public_key).digest()[:4]
    own = b64decode(proof["note"][0].split(" ")[2])
    must(own[:4] == number and proof["note"][0] == f"— {name} {b64encode(own).decode()}", "note's first line")
    note = f"{name}\n{checkpoint['size']}\n{b64encode(bytes.fromhex(checkpoint['root'])).decode()}\n"
    ed25519.Ed25519PublicKey.from_public_bytes(public_key).verify(own[4:], note.encode())
    leaf = sha256(b"\0" + canonical({"link": head, "parcel": parcel["id"], "position": len(events)})).digest()
    keys(proof["inclusion"], "place", "path")
    place, size, path = proof["inclusion"]["place"], checkpoint["size"], proof["inclusion"]["path"]
    must(isinstance(path, list) and len(path) <= 64 and whole(place, 0) and place < size, "inclusion's form")
    path = [from_hex(each, 32) for each in path]
    must(root(leaf, place, size, path) == from_hex(checkpoint["root"], 32) and not path, "inclusion")

    devices(proof["devices"], [event["facts"] for event in events if event["kind"] == "presented"])
    handed, contested = story(parcel["reference"], events)
    grade = handed.pop("grade") if handed else "-"
    must((proof["grade"], (proof["proves"], proof["does_not_prove"])) == (grade, SENTENCES[grade]), "grade")
    must(canonical([proof["handover"], proof["contested"]]) == canonical([handed, contested]), "head")
    return str(grade)


def chain(parcel_id: str, events: Any) -> str:
    must(isinstance(events, list) and events, "events")
    previous = "0" * 64
    for position, event in enumerate(events, 1):
        keys(event, "position", "kind", "at", "facts", "link")
        must(whole(event["position"], 1) and event["position"] == position, "position")
        must(like(WORD, event["kind"]) and moment(event["at"]), "kind and time")
        must(isinstance(event["facts"], dict), "facts")
        for name, fact in event["facts"].items():
            must(like(WORD, name) and (fact is None or type(fact) in (str, bool) or whole(fact, 1 - 2**53)), "fact")
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


def devices(points: Any, presented: list[dict[str, Any]]) -> None:
    must(isinstance(points, dict) and set(points) == {facts["device"] for facts in presented}, "devices")
    for facts in presented:
        must(like(UUID, facts["device"]) and like(UUID, facts["presentation"]), "ids")
        must(type(facts["offline"]) is bool and like(WORD, facts["outcome"]), "offline and outcome")
        lines, signature = facts["signed"].split("\n"), from_hex(facts["signature"], 64)
        must(lines[0] in ("doorcode-presentation-1", "doorcode-collection-1"), "what was signed")
        must(lines[1].lower() == facts["presentation"] and lines[2] == facts["device"], "signed ids")
        must(lines[4] == ("offline" if facts["offline"] else "online"), "signed offline")
        must(lines[5] == facts["means"] and lines[5] in ("payload", "digits", "tap"), "signed means")
        must(from_hex(lines[6], 32), "signed digest")
        must(all(like("parcel [0-9a-f]{64} [a-z]+|name [0-9a-f]{64}", line) for line in lines[7:]), "signed parcels")
        point = from_hex(points[facts["device"]], 65)
        named = bytearray(sha256(point).digest()[:16])
        named[6], named[8] = 0x80 | named[6] & 0x0F, 0x80 | named[8] & 0x3F
        must(named.hex() == facts["device"].replace("-", "") and point[0] == 4, "device's key")
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        key.verify(utils.encode_dss_signature(r, s), facts["signed"].encode(), ec.ECDSA(SHA256()))


def story(reference: str, events: list[Any]) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """What the head has to say: the first handover with its grade, and the reports since."""
    presented: dict[str, dict[str, Any]] = {}
    handed: dict[str, Any] | None = None
    contested: dict[str, dict[str, Any]] = {}
    for event in events:
        kind, facts, at = event["kind"], event["facts"], event["at"]
        if kind == "presented" and facts["signed"].split("\n")[0] == "doorcode-presentation-1":
            presented[facts["presentation"]] = facts
        elif kind == "supervised_handover":
            handed = handed or {"at": at, "recorded": at, "offline": False, "conflict": None, "grade": "D"}
        elif kind == "handed_over":
            grade = handover(reference, facts, presented)
            must(events[0]["at"] <= facts["at_door"] <= at, "time of the handover")
            said = {"at": facts["at_door"], "recorded": at, "offline": facts["offline"], "grade": grade}
            handed = handed or said | {"conflict": facts.get("conflict")}
        elif kind == "handover_conflict":
            must(like(WORD, facts["conflict"]), "conflict")
            if handed and handed["conflict"] is None:
                handed["conflict"] = facts["conflict"]
        elif kind == "reported":
            must(all(text(facts[name]) for name in ("report", "kind", "by")), "report")
            if handed:
                contested[facts["report"]] = {"kind": facts["kind"], "by": facts["by"], "at": at, "answered": None}
        elif kind == "report_answered":
            must(text(facts["report"]), "answer")
            if facts["report"] in contested:
                contested[facts["report"]]["answered"] = at
        elif kind == "report_withdrawn":
            must(text(facts["report"]), "withdrawal")
            contested.pop(facts["report"], None)
    return handed, list(contested.values())


def handover(reference: str, facts: dict[str, Any], presented: dict[str, dict[str, Any]]) -> str:
    """Check one handover against the presentation before it; return its grade."""
    code, conflict = facts["code"], facts.get("conflict")
    must(moment(facts["at_door"]) and type(facts["offline"]) is bool, "time and offline")
    must(facts["means"] in ("payload", "digits", "tap") and facts["by"] in ("label", "choice", "code"), "means and by")
    must(code is None or (text(code) and text(facts["holder"]) and facts["means"] != "tap"), "code")
    must(conflict is None or like(WORD, conflict), "conflict")
    basis = presented[facts["presentation"]]
    needed = "conflict" if conflict is not None else "accepted" if code is not None else "code_not_required"
    must(basis["outcome"] == needed, "outcome")
    must(basis["means"] == facts["means"] and basis["offline"] is facts["offline"], "told as presented")
    must(facts["by"] == "code" or in_hand(reference, facts["by"], basis), "parcel in hand")
    if code is None:
        return "E"
    if facts["holder"] == "delegate":
        return "C"
    return "A" if facts["means"] == "payload" and facts["by"] == "label" else "B"


def in_hand(reference: str, by: str, basis: dict[str, Any]) -> bool:
    must(text(basis["label"]), "label")
    digest = sha256(from_hex(basis["label_salt"], 32) + basis["label"].encode()).hexdigest()
    plain = [re.sub("[^A-Za-z0-9]", "", each).upper() for each in (reference, basis["label"])]
    number = re.sub("^00(?=[0-9]{18}$)", "", plain[0])
    return f"parcel {digest} {by}" in basis["signed"].split("\n")[7:] and number in plain[1]
