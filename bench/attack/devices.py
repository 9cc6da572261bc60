"""A device is one key: nobody takes its place, and nobody stands at a counter unseen."""

from __future__ import annotations

import html
import re
from collections import Counter
from functools import partial
from typing import Any
from uuid import uuid4

from bench.attack.house import House
from bench.attack.people import API, now, told
from bench.attack.verdicts import Found, attack
from tests.parts.calls import other_digits
from tests.parts.device import SigningDevice


@attack("a link sets up one device, however many use it at once", short=True, everywhere=True)
def one_link(house: House) -> Found:
    secret = _link(house)
    bodies = [_enrolment(secret, SigningDevice()) for _ in range(16)]
    answers = house.at_once([partial(house.client().post, f"{API}/devices", json=body) for body in bodies])
    statuses = Counter(answer.status_code for answer in answers)
    late = house.client().post(f"{API}/devices", json=_enrolment(secret, SigningDevice())).status_code
    guessed = [
        house.client().post(f"{API}/devices", json=_enrolment(text, SigningDevice())).status_code
        for text in (secret[:-1], secret + "A", secret.swapcase(), " " + secret)
    ]
    held = statuses[201] == 1 and not statuses[500] and late == 403 and 201 not in guessed
    return Found(held, f"sixteen at once {dict(statuses)}, later {late}, near ones {guessed}")


@attack("nobody enrols a key that is another device's, or that is none", short=True, everywhere=True)
def foreign_keys(house: House) -> Found:
    victim = house.enrol()
    thief = house.client().post(f"{API}/devices", json=_enrolment(_link(house), victim.device))
    same = SigningDevice()
    links = [_link(house) for _ in range(6)]
    calls = [partial(house.client().post, f"{API}/devices", json=_enrolment(link, same)) for link in links]
    race = Counter(answer.status_code for answer in house.at_once(calls))
    good = SigningDevice().jwk
    bad: list[dict[str, Any]] = [
        {"x": "A" * 43},
        {"x": good["y"], "y": good["x"]},
        {"y": "A" * 43},
        {"kty": "oct", "k": "AAAA"},
        {"kty": "RSA"},
        {"crv": "P-384"},
        {"crv": "secp256k1"},
        {"x": ""},
        {"x": good["x"] + "AAAA"},
        {"d": "A" * 43},
        {"x": "\u0661" * 43},
        {"x": None},
    ]
    refused: Counter[int] = Counter()
    for change in bad:
        body = {"enrolment": _link(house), "public_key": good | change, "language": "en"}
        refused[house.client().post(f"{API}/devices", json=body).status_code] += 1
    alive = victim.get("/devices/me").json().get("device_id") == victim.id
    held = thief.status_code in (403, 409, 422) and race[201] == 1 and not race[500] and alive
    held = held and refused[500] == 0 and refused[201] <= 1  # a private part beside it may be passed over
    return Found(
        held, f"a victim's key {thief.status_code}, one key by six links at once {dict(race)}, bad keys {dict(refused)}"
    )


@attack("at a counter where staff sign in nobody does anything unseen", strict=True)
def unseen(house: House) -> Found:
    counter, kiosk = house.enrol("counter"), house.enrol("kiosk")
    house.point(counter, kiosk)
    reference, letter = house.one(destination="pickup_point")
    calls: dict[str, Any] = {
        "verification": counter.present(letter.payload, reference)["status"],
        "collection": counter.collect(letter.payload)["status"],
        "point": counter.get("/point").status_code,
        "waiting": counter.get("/point/parcels").status_code,
        "take in": counter.post("/point/parcels", {"reference": reference}).status_code,
        "back": counter.post(f"/point/parcels/{reference}/back", {}).status_code,
        "count": counter.post("/point/shelves/A1/count", {"references": []}).status_code,
        "visit": counter.post("/visits", _visit(reference)).status_code,
        "label": counter.post("/labels", {"label": reference}).status_code,
        "tour": counter.get("/tour").status_code,
        "handovers": counter.get("/handovers").status_code,
        "mails": counter.post("/tour/mails", {"reference": reference}).status_code,
        "kiosk order": kiosk.client.put(f"{API}/kiosk/order", json={"out_of_order": False}).status_code,
        "kiosk ends": kiosk.client.delete(f"{API}/kiosk").status_code,
    }
    pages = {
        path: counter.client.get(path).status_code
        for path in ("/counter/intake", "/counter/shelves", "/counter/no-code")
    }
    held = set(calls.values()) == {403} and all(status != 500 for status in pages.values())
    return Found(held, f"{calls}; pages {pages}")


@attack("without a code two different people must answer, each of whom may", short=True)
def supervised(house: House) -> Found:
    counter, driver = house.enrol("counter"), house.enrol()
    house.point(counter)
    reference = house.announce()[0]
    house.shelve(counter, reference)
    one, two = (f"Signer {house.number()}" for _ in range(2))
    (first, first_id), (second, _) = house.member(one, "supervisor"), house.member(two, "supervisor")
    auditor = f"Auditor {house.number()}"
    third, _ = house.member(auditor, "auditor")
    pin = house.pin(first_id)
    reason = "The recipient's phone is broken"

    def hand_over(a: tuple[str, str], b: tuple[str, str], why: str = reason, by: Any = counter) -> int:
        body = {"reference": reference, "reason": why, "first": _signer(*a), "second": _signer(*b)}
        return int(by.post("/supervised-handovers", body).status_code)

    tries = {
        "the same twice": hand_over((one, first), (one, first)),
        "by password and PIN": hand_over((one, first), (one, pin)),
        "other capitals": hand_over((one, first), (one.upper(), first)),
        "blanks": hand_over((one, first), (f" {one}", first)),
        "an auditor": hand_over((one, first), (auditor, third)),
        "no reason": hand_over((one, first), (two, second), why="          "),
        "a driver's device": hand_over((one, first), (two, second), by=driver),
        "a wrong one": hand_over((one, first), (two, "x")),
    }
    handed = house.sender.get(f"{API}/parcels/{reference}").json()["handed_over_at"]
    right = hand_over((one, first), (two, second))
    proof = house.proof(reference)
    held = handed is None and not {201, 500} & set(tries.values()) and right == 201 and proof["grade"] == "D"
    return Found(held, f"{tries}; two who may {right}, grade {proof['grade']}")


@attack("a parcel lies at one point: of two counters that take it in at once one does", everywhere=True)
def two_points(house: House) -> Found:
    counters = [house.enrol("counter") for _ in range(4)]
    for counter in counters:
        house.point(counter)
    counted: Counter[str] = Counter()
    for reference in house.announce(5, destination="pickup_point"):
        calls = [partial(counter.post, "/point/parcels", {"reference": reference}) for counter in counters * 2]
        answers = Counter(answer.status_code for answer in house.at_once(calls))
        counted["taken in twice"] += answers[201] > 1
        counted["faults"] += answers[500]
        counted.update(str(status) for status in answers.elements())
    full, room = house.enrol("counter"), house.reference()
    point = house.point(full, shelves=())
    house.office.post(f"/office/pickup-points/{point}/shelves", data={"name": "Z", "size": "M", "room": "3"})
    house.announce(1, address=f"{room.lower()}@example.org")
    calls = [partial(full.post, "/point/parcels", {"reference": each, "shelf": "Z"}) for each in house.announce(12)]
    placed = Counter(answer.status_code for answer in house.at_once(calls))
    held = not counted["taken in twice"] and not counted["faults"] and not placed[500]
    return Found(held, f"{dict(+counted)}; a shelf with room for 3 took {placed[201]} of 12 {dict(placed)}")


@attack("what one device handed over, carries or prints another one neither sees nor changes")
def others_work(house: House) -> Found:
    mine, other = house.enrol(), house.enrol()
    counter = house.enrol("counter")
    house.point(counter)
    reference, letter = house.one()
    beside = house.announce()[0]
    house.sender.post(f"{API}/assignments", json={"device": mine.id, "references": [reference, beside]})
    chosen = str(uuid4())
    mine.present(letter.payload, reference, presentation_id=chosen)
    faults = []
    if reference in other.get("/handovers").text or other.get(f"/handovers/{reference}/proof.pdf").status_code != 404:
        faults.append("another's handovers")
    if counter.post("/slips", {"presentation_id": chosen}).status_code not in (404, 409):
        faults.append("another's slip")
    other.client.delete(f"{API}/tour/parcels/{beside}")
    left = [each["reference"] for each in mine.get("/tour").json()["parcels"]]
    if beside not in left:
        faults.append("took a parcel off another's tour")
    told_more = other.present(other_digits(letter.digits), reference)
    if told_more.get("match_number") or told_more["outcome"] == "accepted":
        faults.append(f"another's handover: {told_more['outcome']}")
    again = told(other.post("/verifications", other.body("7" * 34, [reference], presentation_id=chosen)))
    if again.get("match_number") or again.get("accepted"):
        faults.append("another's answer by its id")
    return Found(not faults, str(faults or f"nothing; the same id from another device {again['status']}"))


def _link(house: House) -> str:
    page = house.office.post("/office/devices", data={"name": f"link {house.number()}", "kind": "driver"})
    found = re.search(r"/enrol#([^<\"\s]+)", page.text)
    assert found, f"no link: {page.status_code}"
    return html.unescape(found.group(1))


def _enrolment(secret: str, device: SigningDevice) -> dict[str, Any]:
    return {"enrolment": secret, "public_key": device.jwk, "language": "en"}


def _signer(name: str, password: str) -> dict[str, str]:
    return {"name": name, "password": password}


def _visit(reference: str) -> dict[str, Any]:
    moment = now().isoformat()
    return {"visit_id": str(uuid4()), "reference": reference, "reason": "nobody_home", "attempted_at": moment}
