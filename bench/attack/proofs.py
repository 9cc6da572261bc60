"""The proof: nothing forged holds, and it says what there is to say."""

from __future__ import annotations

import copy
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from bench.attack.house import House
from bench.attack.people import API, told
from bench.attack.verdicts import Found, attack, wait_for
from tests.parts.proofs.ecdsa import keys_that_fit
from tests.parts.proofs.three_verifiers import three_verifiers

MUTATED = 2000


@attack("no mutated or odd proof holds, and all three verifiers agree on each", seconds=120)
def mutations(house: House) -> Found:
    files = _proofs(house)
    counted: Counter[str] = Counter()
    faults = []
    pick = random.Random(17)
    with three_verifiers(_key(house)) as verifiers:
        for content in files:
            if verifiers.verdicts(content) != (True, True, True):
                faults.append(f"a whole one: {verifiers.verdicts(content)}")
        for content in files:
            for odd in _odd(content, pick, MUTATED // len(files)):
                verdicts = verifiers.verdicts(odd)
                counted[str(verdicts)] += 1
                if any(verdicts):
                    faults.append(f"{verdicts} for {_difference(content, odd)}")
        uploaded = Counter(
            told(house.client().post(f"{API}/proofs/check", content=odd)).get("holds", "refused")
            for odd in _odd(files[0], pick, 40)
        )
    return Found(
        not faults and not uploaded[True],
        f"{sum(counted.values())} proofs {dict(counted)}, uploaded {dict(uploaded)}; {faults[:3] or 'none holds'}",
    )


@attack("a second key that the signature yields takes no device's place", short=True)
def second_key(house: House) -> Found:
    gadget = house.enrol()
    reference, letter = house.one()
    gadget.present(letter.payload, reference)
    proof = house.proof(reference)
    forged = []
    for event in proof["events"]:
        if event["kind"] != "presented":
            continue
        facts = event["facts"]
        own = proof["devices"][facts["device"]]
        for key in keys_that_fit(str(facts["signed"]).encode(), bytes.fromhex(facts["signature"])):
            if key.hex() != own:
                other = copy.deepcopy(proof)
                other["devices"][facts["device"]] = key.hex()
                forged.append(_canonical(other))
    with three_verifiers(_key(house)) as verifiers:
        verdicts = [verifiers.verdicts(each) for each in forged]
        whole = verifiers.verdicts(_canonical(proof))
    held = bool(forged) and not any(any(each) for each in verdicts) and all(whole)
    return Found(held, f"the whole proof {whole}, with the other key {verdicts}")


@attack("a contest stands in the head of the proof, in every check, and on paper")
def contested(house: House) -> Found:
    gadget = house.enrol()
    reference, letter = house.one()
    gadget.present(letter.payload, reference)
    house.proof(reference)
    house.client().post(f"{letter.page}/report", data={"kind": "not_received", "confirmed": "yes"})

    def told_so() -> bool:
        answer = house.sender.get(f"{API}/parcels/{reference}/proof")
        return answer.status_code == 200 and "reported" in answer.text

    wait_for(told_so, 15)
    content = house.sender.get(f"{API}/parcels/{reference}/proof").content
    head = {key: value for key, value in json.loads(content).items() if key not in ("events", "devices")}
    in_head = any(word in json.dumps(head).lower() for word in ("contest", "not_received"))
    checked = told(house.client().post(f"{API}/proofs/check", content=content))
    in_check = checked.get("holds") is True and any(
        word in json.dumps(checked).lower() for word in ("contest", "not_received")
    )
    file, key = Path(house.settings["data_folder"]) / "proof.json", Path(house.settings["data_folder"]) / "key.pem"
    file.write_bytes(content)
    key.write_bytes(house.client().get("/proofs/key.pem").content)
    said = house.service.run("verify-proof", str(file), "--key", str(key))
    in_command = "contest" in said.lower() or "not_received" in said.lower()
    hidden = json.loads(content)
    for name in list(head):
        if any(word in json.dumps(head[name]).lower() for word in ("contest", "not_received")):
            hidden.pop(name)
    lie = told(house.client().post(f"{API}/proofs/check", content=_canonical(hidden))) if in_head else {}
    held = in_head and in_check and in_command and not lie.get("holds")
    return Found(
        held,
        f"in the head {in_head}, in the check {in_check}, in the command {in_command}; "
        f"left out: holds {lie.get('holds')}",
    )


@attack("a recipient's proof names no number but their own")
def own_number(house: House) -> Found:
    gadget = house.enrol()
    references, address = house.consignment(3)
    letter = house.letter(address)
    stranger = house.announce()[0]
    gadget.present(letter.payload, *references, stranger)
    gadget.present(letter.payload, *references)
    house.proof(references[0])
    named: Counter[str] = Counter()
    page = house.letters(address)[0].page
    texts = {
        "recipient": house.client().get(f"{page}/proof.json").text,
        "sender": house.sender.get(f"{API}/parcels/{references[0]}/proof").text,
    }
    for who, text in texts.items():
        own = json.loads(text)["parcel"]["reference"]
        named[who] += sum(other in text for other in (*references, stranger) if other != own)
    return Found(not named["recipient"] and not named["sender"], f"other numbers in the proof: {dict(named)}")


@attack("proofs of strangers are for those who may have them, and none is made before it is sealed")
def whose(house: House) -> Found:
    gadget, other = house.enrol(), house.enrol()
    reference, letter = house.one()
    early = house.client().get(f"{letter.page}/proof.json").status_code
    gadget.present(letter.payload, reference)
    house.proof(reference)
    statuses = {
        "its device": gadget.get(f"/handovers/{reference}/proof").status_code,
        "another device": other.get(f"/handovers/{reference}/proof").status_code,
        "nobody": house.client().get(f"{API}/parcels/{reference}/proof").status_code,
        "made-up ticket": house.client().get(f"/t/{letter.key[:-2]}AA/proof.json").status_code,
        "a reader's key": house.key("Reader", scopes=["parcels:read"])
        .get(f"{API}/parcels/{reference}/proof")
        .status_code,
    }
    held = statuses["its device"] == 200 and max(early, *statuses.values()) < 500
    held = held and [statuses[name] for name in list(statuses)[1:]] == [404, 401, 404, 403]
    return Found(held, f"before {early}; {statuses}")


@attack("a proof with 64 kB and more is checked like a small one, and a hostile one ends soon", seconds=60)
def hostile_files(house: House) -> Found:
    client = house.client()
    files = {
        "deep": b'{"events":' * 20_000,
        "many events": json.dumps(
            {"format": "doorcode-proof-1", "events": [{"position": n} for n in range(20_000)]}
        ).encode(),
        "long number": b'{"format":' + b"9" * 400_000 + b"}",
        "long path": json.dumps({"inclusion": {"place": 2**60, "path": ["0" * 64] * 5000}}).encode(),
        "float": b'{"format":1e400}',
        "surrogate": b'{"format":"\\ud800"}',
        "not text": bytes(range(256)) * 200,
        "a sheet": b"%PDF-1.7\n" + b"x" * 1000,
        "empty": b"",
    }
    statuses, slowest = {}, 0.0
    for name, content in files.items():
        began = time.monotonic()
        answer = client.post(f"{API}/proofs/check", content=content)
        slowest = max(slowest, time.monotonic() - began)
        statuses[name] = f"{answer.status_code} {told(answer).get('holds')}"
    held = all(not each.startswith("5") and "True" not in each for each in statuses.values()) and slowest < 5
    return Found(held, f"{statuses}, the slowest {slowest:.1f} s")


# This one stops the worker for good, so it is the last.
@attack("a published checkpoint is never overwritten")
def published(house: House) -> Found:
    folder = Path(house.settings["sealing"]["folder"])
    house.announce()
    wait_for(lambda: folder.exists() and any(folder.iterdir()), 15)
    newest = max(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    digits = "".join(sign for sign in newest.stem if sign.isdigit())
    following = newest.with_name(newest.name.replace(digits, f"{int(digits) + 1:0{len(digits)}d}"))
    planted = newest.read_text().replace("1", "2")
    following.write_text(planted)
    house.announce()
    wait_for(lambda: "ALARM" in "".join(house.service.output), 10)
    held = following.read_text() == planted
    said = "ALARM" in "".join(house.service.output)
    return Found(held and said, f"what stood under the next number stays {held}, and the worker shouts {said}")


def _proofs(house: House) -> list[bytes]:
    """Make parcels with a handover of each kind; returns their proofs as files."""
    gadget = house.enrol()
    (one, first), (two, second) = house.one(), house.one()
    gadget.present("000000", one)
    gadget.present(first.payload, one)
    gadget.present(second.digits, two)
    references, address = house.consignment(2)
    gadget.present(house.letter(address).payload, *references)
    files = []
    for reference in (one, two, references[1]):
        house.proof(reference)
        files.append(house.sender.get(f"{API}/parcels/{reference}/proof").content)
    return files


def _key(house: House) -> Ed25519PublicKey:
    key = load_pem_public_key(house.client().get("/proofs/key.pem").content)
    assert isinstance(key, Ed25519PublicKey)
    return key


def _odd(content: bytes, pick: random.Random, count: int) -> Iterator[bytes]:
    """Give proofs that differ from a whole one, each in one way."""
    document = json.loads(content)
    yield content + b"\n"
    yield b"\xef\xbb\xbf" + content
    yield json.dumps(document).encode()
    yield content.replace(b'"format"', b'"format":"x","format"', 1)
    yield content[:-1]
    for number in range(count - 5):
        if number % 3 == 0:
            place = pick.randrange(len(content))
            yield content[:place] + bytes([content[place] ^ (1 << pick.randrange(8))]) + content[place + 1 :]
            continue
        other = copy.deepcopy(document)
        _change(other, pick)
        odd = _canonical(other)
        if odd != content:
            yield odd


def _change(node: Any, pick: random.Random) -> None:
    """Change one thing somewhere in a document."""
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            node.update({"more": 1}) if isinstance(node, dict) else node.append(None)
            return
        key = pick.choice(keys)
        value = node[key]
        if isinstance(value, dict | list) and pick.random() < 0.85:
            node = value
            continue
        match pick.randrange(7):
            case 0:
                node[key] = _other(value)
            case 1:
                node.pop(key)
            case 2:
                node[key] = None
            case 3:
                node[key] = [value]
            case 4 if isinstance(node, list):
                node.insert(key, value)
            case 5 if isinstance(node, list) and len(node) > 1:
                node.append(node.pop(key))
            case _ if isinstance(node, dict):
                node[f"{key}_more"] = value
            case _:
                node.reverse()
        return


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str) and value:
        return value.upper() if value.upper() != value else f"{value}0"
    return 0


def _canonical(document: Any) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )


def _difference(content: bytes, odd: bytes) -> str:
    place = next((at for at, (one, other) in enumerate(zip(content, odd, strict=False)) if one != other), len(content))
    return f"byte {place}: {odd[max(0, place - 20) : place + 20]!r}"
