"""Proofs of every kind made without a store, and changed in every way; run as a program, it asks all three verifiers.

A change may be sealed again with the house's own keys, so that the checks behind the signatures are reached too.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from codes.model import InHandBy
from codes.proving.attachment import PDF
from codes.proving.canonical import canonical_facts
from codes.proving.chain import BEGINNING, ChainedEvent, next_link, write_moment
from codes.proving.checkpoint import NO_CHECKPOINT, BadCheckpoint, Checkpoint, read_checkpoint, sign_checkpoint
from codes.proving.device_signatures import device_id_of
from codes.proving.merkle import Node, grow, inclusion_path, leaf_hash, root_of
from codes.proving.proof import LARGEST, head_of, proof_bytes
from codes.proving.signed_note import log_key, signature_line
from codes.verification.presentation import Purpose
from tests.parts.device import SigningDevice
from tests.parts.proofs.odd_sheets import odd_sheet
from tests.parts.proofs.three_verifiers import three_verifiers

BEGAN = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
PARCEL = UUID("019abf00-0000-7000-8000-000000000001")
SYMBOL, DIGITS = "7311234567890123456789012345678995", "004217"
Json = dict[str, Any]
Story = list[tuple[str, Json]]

TIMES = (
    *("2026-02-30T10:00:00.000000Z", "2026-11-24T24:00:00.000000Z", "2026-11-24T10:00:60.000000Z"),
    *("0000-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z", "2026-11-24T10:00:00.000000+00:00"),
    *("2026-11-24t10:00:00.000000z", "2026-11-24T10:00:00Z"),
)
NUMBERS = (0, 1, -1, 2, 2**53 - 1, 2**53, 2**63, 10**30, 0.5, 1.0, 1e300, float("nan"), float("inf"))
LETTERS = ("\n", "\0", "é", "e\u0301", "\U0001f600", "\ud800", "\udc00\ud800", "\ufeff", "ﬁ", "İ", "\u212a", "０")
WORDS = (
    *("", "0", "true", "null", "a", "Z", "accepted", "conflict", "code_not_required", "offline", "delegate", "A", "-"),
    *(
        "handed_over",
        "supervised_handover",
        "handover_conflict",
        "tap",
        "reported",
        "report_answered",
        "presented",
        "announced",
    ),
    *("label", "choice", "code", "payload", "digits", "__proto__", "constructor", "x" * 300),
)
PARTS: tuple[Any, ...] = ([], {}, [[]], [None], {"": 0}, {"__proto__": 1}, {"é": 1, "\U0001f600": 2, "\uffff": 3})
ODD_VALUES: list[Any] = [None, True, False, *NUMBERS, *LETTERS, *WORDS, *TIMES, *PARTS]
ODD_LINES: tuple[list[Any], ...] = (
    *(
        [],
        ["— w AAAA"],
        ["— w\u00a0x AAAA"],
        ["— a+b AAAA"],
        ["- w AAAA"],
        ["— w AAAA\n"],
        ["— w A==="],
        ["— w " + "A" * 20_000],
    ),
    *(["— w AAAA"] * 16, ["— w AAAA"] * 17, [None], [["— w AAAA"]], ["— w AAAA", 7], ["— w A A"], ["— é AAAA"]),
)
ODD_NAMES = ("extra", "conflict", "label", "code", "Zeta", "é", "__proto__", "a b")
REWRITTEN = (
    (b'"position":1,', b'"position":1.0,'),
    (b'"position":1,', b'"position":1e0,'),
    (b'"position":1,', b'"position":01,'),
    (b'"position":1,', b'"position":true,'),
    (b'"number":7', b'"number":7.0'),
    (b'"number":7', b'"number":70e-1'),
    (b'"number":7', b'"number":7' + b"0" * 5000),
    (b'"place":0', b'"place":-0'),
    (b'"place":0', b'"place":-0.0'),
    (b'"format"', b'"form\\u0061t"'),
    (b'"events"', b'"format":"doorcode-proof-1","events"'),
    (b'"events":[', b'"events":[],"events":['),
    (b"null", b"NaN"),
    (b"null", b"undefined"),
    (b"true", b"True"),
    (b'"offline":false', b'"offline":0'),
    (b"P-1", b"P\\u002d1"),
    (b"P-1", b"\\ud800"),
    (b"/", b"\\/"),
)
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""How many points P-256 has."""


class OddProofs:
    """Makes proofs with keys of its own."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self.sealing = Ed25519PrivateKey.generate()
        self.log = log_key(self.sealing.public_key())
        self.devices = [SigningDevice(), SigningDevice()]
        for device in self.devices:
            device.device_id = device_id_of(device.point)

    def sound(self) -> list[bytes]:
        """Return one proof of each kind; all of them hold."""
        return [self._proof(story) for story in _stories(self)]

    def padded(self, length: int) -> bytes:
        """Return a proof that holds, longer by so many bytes than the one of 0."""
        document = json.loads(self._proof(next(_stories(self))))
        document["events"][0]["facts"]["sender"] = "x" * length
        self._seal_again(document, leaves=1)
        return _written(document)

    def with_changed_handover(self, **changed: object) -> bytes:
        """Return a proof of a handover of which the house says something else than was presented."""
        story = next(story for story in _stories(self) if story[-1][0] == "handed_over")
        document = json.loads(self._proof(story))
        document["events"][-1]["facts"].update(changed)
        document |= head_of(document["events"])
        self._seal_again(document)
        return _written(document)

    def presented(self, outcome: str, *labels: str, offline: bool = False, digits: bool = False, **more: Any) -> Json:
        """Return the facts of a presentation."""
        device, code = self._chance.choice(self.devices), DIGITS if digits else SYMBOL
        tap = more.pop("tap", False)
        presented = device.presentation(code, *labels, now=BEGAN + timedelta(minutes=10), offline=offline, **more)
        means = "tap" if tap else presented.means.value
        signed = presented.signed_text().decode().replace(f"\n{presented.means}\n", f"\n{means}\n")
        return {
            "presentation": str(presented.presentation_id),
            "device": str(presented.device_id),
            "outcome": outcome,
            "means": means,
            "offline": offline,
            "signed": signed,
            "signature": device.sign(signed.encode()).hex(),
            "record": "00" * 32,
            **(presented.label_shown(labels[0]) if labels else {}),
        }

    def odd(self, sound: list[bytes]) -> bytes:
        """Return a proof that was changed somehow."""
        ways = [self._bytes, self._text, self._document, *[self._resealed] * 3, self._attached]
        return self._chance.choice(ways)(self._chance.choice(sound))

    def _proof(self, story: Story) -> bytes:
        events, previous = [], BEGINNING
        for position, (kind, facts) in enumerate(story, start=1):
            at = BEGAN + timedelta(minutes=10 * position, microseconds=position)
            previous = next_link(PARCEL, position, kind, at, canonical_facts(facts), previous)
            events.append(ChainedEvent(PARCEL, position, kind, at, facts, previous))
        used = {facts["device"] for kind, facts in story if kind == "presented"}
        keys = {str(each.device_id): each.point for each in self.devices if str(each.device_id) in used}
        return proof_bytes(events, "P-1", keys, *self._sealed(str(PARCEL), len(events), previous.hex()))

    def _sealed(
        self, parcel: Any, position: Any, link: Any, leaves: int | None = None
    ) -> tuple[Checkpoint, int, list[bytes]]:
        """Return a checkpoint of a small log with this head in it, its place and its path."""
        leaf = leaf_hash(_written({"link": link, "parcel": parcel, "position": position}))
        size = leaves or self._chance.randint(1, 9)
        place = self._chance.randrange(size)
        hashes = [leaf if each == place else sha256(bytes([each])).digest() for each in range(size)]
        nodes: dict[Node, bytes] = {}
        for node, value in grow(0, hashes, nodes.__getitem__):
            nodes[node] = value
        root, at = root_of(size, nodes.__getitem__), BEGAN + timedelta(hours=9)
        checkpoint = sign_checkpoint(self.sealing, number=7, at=at, size=size, root=root, previous=NO_CHECKPOINT)
        return checkpoint, place, inclusion_path(place, size, nodes.__getitem__)

    def _bytes(self, proof: bytes) -> bytes:
        chance, at = self._chance, self._chance.randrange(len(proof))
        changed = [
            lambda: proof[:at] + bytes([proof[at] ^ 1 << chance.randrange(8)]) + proof[at + 1 :],
            lambda: proof[:at] + proof[at + 1 :],
            lambda: proof[:at] + chance.randbytes(chance.randint(1, 4)) + proof[at:],
            lambda: proof[:at],
            lambda: proof + chance.choice([b"\n", b" ", b"\0", b"{}", proof, b"\xef\xbb\xbf"]),
            lambda: chance.choice([b"\xef\xbb\xbf", b" ", b"\n", b"\xff\xfe"]) + proof,
            lambda: proof.decode().encode(chance.choice(["utf-16", "utf-32", "utf-16-le"])),
            lambda: b"[" * chance.choice([10, 500, 5000, 200_000]) + proof,
            lambda: proof[:at] + b"\xed\xa0\x80" + proof[at:],
            lambda: proof + b" " * (LARGEST - len(proof) + chance.choice([0, 1])),
        ]
        return chance.choice(changed)()

    def _text(self, proof: bytes) -> bytes:
        """Change how something is written, not what it says."""
        written = proof.replace(*self._chance.choice(REWRITTEN), self._chance.choice([1, -1]))
        return written if written != proof else json.dumps(json.loads(proof), indent=1).encode()

    def _attached(self, proof: bytes) -> bytes:
        return odd_sheet(self._chance, proof, self._proof(next(_stories(self))))

    def _document(self, proof: bytes) -> bytes:
        document = json.loads(proof)
        self._change(document)
        return _written(document)

    def _resealed(self, proof: bytes) -> bytes:
        """Change something and make every hash and signature fit again, as whoever has the keys could."""
        document = json.loads(proof)
        for _ in range(self._chance.choice([1, 1, 2])):
            self._change(self._chance.choice([document, document.get("events", document)]))
        with suppress(KeyError, TypeError, AttributeError, IndexError, ValueError, BadCheckpoint):
            self._sign_again(document)
            self._seal_again(document)
            if self._chance.random() < 0.3:
                document |= head_of(document["events"])
            if self._chance.random() < 0.15:
                self._change(document["checkpoint"])
                document["signature"] = self.sealing.sign(_written(document["checkpoint"])).hex()
                checkpoint = read_checkpoint(document["checkpoint"], document["signature"])
                line = signature_line(self.log, self.sealing.sign(checkpoint.note_text().encode()))
                document["note"] = [line, *self._chance.choice(ODD_LINES)]
        return _written(document)

    def _change(self, document: Any) -> None:
        """Change one place of a JSON value, in it or in one of its parts."""
        chance, places = self._chance, list(_places(document))
        if not places:
            return
        (holder, name), (other, place), what = chance.choice(places), chance.choice(places), chance.randrange(6)
        value = holder[name]
        if what == 0:
            del holder[name]
        elif what == 1 and isinstance(holder, dict):
            holder[chance.choice(ODD_NAMES)] = copy.deepcopy(chance.choice(ODD_VALUES))
        elif what == 2 and isinstance(holder, list):
            holder.insert(name, copy.deepcopy(value))
        elif what == 3 and isinstance(value, str):
            holder[name] = chance.choice([value.upper(), value.title(), value[:-1], value + "0"])
        elif what == 4:
            holder[name] = copy.deepcopy(other[place])
        else:
            holder[name] = copy.deepcopy(chance.choice(ODD_VALUES))

    def _sign_again(self, document: Json) -> None:
        """Let the devices sign what their events say now, some of the time with a signature of another form."""
        chance, by_id = self._chance, {str(each.device_id): each for each in self.devices}
        for event in document["events"]:
            if event.get("kind") != "presented" or chance.random() < 0.2:
                continue
            facts = event["facts"]
            lines = facts["signed"].split("\n")
            if chance.random() < 0.3:
                at = chance.randrange(len(lines))
                odd = [lines[at].upper(), "", lines[at] + " ", "parcel x label", *map(str, NUMBERS), *LETTERS]
                lines[at] = chance.choice(odd)
                facts["signed"] = "\n".join(lines)
            signature = by_id[facts["device"]].sign(facts["signed"].encode())
            r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
            forms = [*[(r, s)] * 6, (r, ORDER - s), (0, s), (r, 0), (ORDER, s), (r + ORDER, s), (r, s + ORDER)]
            r, s = chance.choice(forms)
            if max(r, s) < 2**256:
                facts["signature"] = (r.to_bytes(32, "big") + s.to_bytes(32, "big")).hex()

    def _seal_again(self, document: Json, leaves: int | None = None) -> None:
        parcel_id, previous = document["parcel"]["id"], "00" * 32
        for event in document["events"]:
            hashed = {name: event[name] for name in ("position", "kind", "at", "facts")}
            event["link"] = sha256(_written(hashed | {"parcel": parcel_id, "previous": previous})).hexdigest()
            previous = event["link"]
        checkpoint, place, path = self._sealed(parcel_id, len(document["events"]), previous, leaves)
        document["checkpoint"], document["signature"] = checkpoint.document(), checkpoint.signature.hex()
        document["note"] = [checkpoint.note_line, *document["note"][1:]]
        document["inclusion"] = {"place": place, "path": [each.hex() for each in path]}


def _stories(proofs: OddProofs) -> Iterator[Story]:
    """Yield what can happen to a parcel."""
    said = proofs.presented
    begun: Story = [
        ("announced", {"reference": "P-1", "sender": "é \U0001f600 \u2028 \x7f \x1f", "recipient": "00" * 32}),
        ("policy_decided", {"code_required": True, "reason": None}),
    ]
    yield begun
    for facts, more in (
        (said("accepted", "P-1"), {}),
        (said("accepted", "P-1", "p 1 other", "STRANGER"), {}),
        (said("accepted", "p-1", digits=True), {}),
        (said("accepted", "P-1", by=InHandBy.CHOICE), {"by": "choice"}),
        (said("accepted"), {"by": "code"}),
        (said("accepted", "P-1", offline=True), {}),
        (said("accepted", "P-1"), {"holder": "delegate"}),
        (said("conflict", "P-1", offline=True), {"conflict": "renewed"}),
        (said("code_not_required", "P-1"), {"code": None, "holder": None}),
        (said("code_not_required", "P-1", tap=True), {"code": None, "holder": None}),
    ):
        handed = {"presentation": facts["presentation"], "code": str(PARCEL), "holder": "recipient", "by": "label"}
        handed |= {"means": facts["means"], "offline": facts["offline"], "match": "47"}
        handed |= {"at_door": write_moment(BEGAN + timedelta(minutes=15))}
        story: Story = [*begun, ("presented", facts), ("handed_over", handed | more)]
        yield story
        report = {"report": "r1", "kind": "not_received", "by": "holder"}
        yield [*story, ("reported", report), ("report_answered", {"report": "r1", "staff": "s", "answer": "00" * 32})]
        second = {"presentation": facts["presentation"], "device": facts["device"], "conflict": "handed_over_before"}
        yield [*story, ("handover_conflict", second), ("reported", report)]
        yield [*story, ("reported", report | {"report": "r2"}), ("reported", report), ("erased", {"holder": "h"})]
    asked = said("accepted", "P-1", purpose=Purpose.LIST, name="Ada")
    yield [*begun, ("presented", said("wrong_code", "P-1", digits=True)), ("presented", asked)]
    yield [*begun, ("supervised_handover", {"first": "a", "second": "b", "match": "47", "reason": "00" * 32})]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place of a JSON value, with what holds it."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in list(parts):
        yield value, name
        yield from _places(part)


def _written(value: Any) -> bytes:
    """Write a JSON value in one form, odd ones too."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def disagreements(count: int, seed: int, keep: Path | None = None) -> tuple[int, int, list[bytes]]:
    """Ask all three about so many odd proofs; return how many held, how many did not, and where they differ."""
    proofs = OddProofs(seed)
    held = failed = 0
    differing: list[bytes] = []
    with three_verifiers(proofs.sealing.public_key()) as verifiers:
        sound = proofs.sound()
        for proof in (*sound, *(proofs.odd(sound) for _ in range(count))):
            verdicts = verifiers.verdicts(proof)
            if proof.startswith(PDF):
                # The independent verifier takes the file alone.
                verdicts = verdicts[0], verdicts[0], verdicts[2]
            held, failed = held + all(verdicts), failed + (not any(verdicts))
            if len(set(verdicts)) > 1:
                differing.append(proof)
                if keep is not None:
                    keep.mkdir(parents=True, exist_ok=True)
                    (keep / f"{seed}-{len(differing)}.json").write_bytes(proof)
                    print(f"{seed}-{len(differing)}.json: product, independent, page say {verdicts}")
    return held, failed, differing


def main() -> int:
    """Run as many as asked for, and keep those on which the verifiers differ."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options.add_argument("--keep", type=Path, default=Path("var/differing-proofs"))
    chosen = options.parse_args()
    held, failed, differing = disagreements(chosen.count, chosen.seed, chosen.keep)
    print(f"seed {chosen.seed}: {held} hold, {failed} do not, the verifiers differ on {len(differing)}")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
