"""A device's clock is a claim."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from bench.attack.house import House
from bench.attack.people import API, Gadget, now, told
from bench.attack.verdicts import Found, attack

ODD_TIMES = (
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999-14:00",
    "9999-12-31T23:59:59Z",
    "2026-11-24T10:00:00+14:60",
    "2026-11-24T10:00:00+99:99",
    "2026-11-24T10:00:00-23:59",
    "2026-06-30T23:59:60Z",
    "-001-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "2026-W48-1T00:00:00Z",
    "20261124T100000Z",
    "1764000000",
    "1e300000000",
    "2026-11-24",
    "2026-11-24T10:00:00",
    "2026-11-24T24:00:00Z",
    "2026-02-30T00:00:00Z",
    "٢٠٢٦-١١-٢٤T10:00:00Z",
    "2026-11-24T10:00:00,5Z",
    "2026-11-24t10:00:00z",
    "2026-11-24T10:00:00.1234567890123Z",
    "2026-11-24 10:00:00\u00a0Z",
    "1970-01-01T00:00:00Z",
    "0000-00-00T00:00:00Z",
)


@attack("without a manifest of its own no device opens a dead code by saying that it was offline", short=True)
def dead_codes_offline(house: House) -> Found:
    gadget = house.enrol()
    renewed, old = house.one()
    blocked, theirs = house.one()
    live = _a_moment_later()
    house.sender.post(f"{API}/parcels/{renewed}/code/renew")
    house.office.post(f"/office/block/{blocked}")
    outcomes = {
        "renewed": _offline(gadget, old.payload, renewed, live),
        "blocked": _offline(gadget, theirs.payload, blocked, live),
        "renewed, a year ago": _offline(gadget, old.payload, renewed, live - timedelta(days=365)),
        "blocked, without a label": _offline(gadget, theirs.payload, "", live),
    }
    return Found("accepted" not in outcomes.values(), str(outcomes))


@attack("claims that a parcel was handed over once more send a few mails and fill no chain", short=True)
def claimed_once_more(house: House) -> Found:
    carrier, other = house.enrol(), house.enrol()
    reference, letter = house.one()
    house.sender.post(f"{API}/assignments", json={"device": carrier.id, "references": [reference]})
    carrier.get("/tour")
    made = _a_moment_later()
    other.present(letter.payload, reference)
    before = house.mails_to(f"{reference.lower()}@example.org")
    calls = [partial(_offline, carrier, letter.payload, reference, made) for _ in range(house.times(100))]
    outcomes = Counter(house.at_once(calls))
    time.sleep(5)
    mails = house.mails_to(f"{reference.lower()}@example.org") - before
    return Found(outcomes["conflict"] == len(calls) and mails <= 5, f"{dict(outcomes)}: {mails} mails")


@attack("a manifest of one device opens nothing for another one, nor for a parcel that is not on it")
def foreign_manifest(house: House) -> Found:
    carrier, thief = house.enrol(), house.enrol()
    reference, letter = house.one()
    beside, other = house.one()
    house.sender.post(f"{API}/assignments", json={"device": carrier.id, "references": [reference]})
    carrier.get("/tour")
    thief.get("/tour")
    made = _a_moment_later()
    for each in (reference, beside):
        house.sender.post(f"{API}/parcels/{each}/code/renew")
    outcomes = {
        "another device": _offline(thief, letter.payload, reference, made),
        "not on the manifest": _offline(carrier, other.payload, beside, made),
        "before the manifest": _offline(carrier, letter.payload, reference, made - timedelta(hours=1)),
        "longer ago than a shift": _offline(carrier, letter.payload, reference, made - timedelta(days=2)),
    }
    return Found("accepted" not in outcomes.values(), str(outcomes))


@attack("what was renewed after the manifest went out is recorded with its conflict, and told")
def conflict(house: House) -> Found:
    carrier = house.enrol()
    reference, letter = house.one()
    house.sender.post(f"{API}/assignments", json={"device": carrier.id, "references": [reference]})
    carrier.get("/tour")
    made = _a_moment_later()
    house.sender.post(f"{API}/parcels/{reference}/code/renew")
    house.letter(reference, 2)
    outcome = _offline(carrier, letter.payload, reference, made)
    page = house.office.get(f"/office/parcels/{reference}").text.lower()
    proof = house.proof(reference) if outcome == "accepted" else {}
    said = "conflict" in str({key: value for key, value in proof.items() if key != "events"}).lower()
    held = outcome != "accepted" or (said and "conflict" in page)
    return Found(held, f"{outcome}; in the proof's head {said}, in the office {'conflict' in page}")


@attack("a house that waits for the network hands nothing over offline", strict=True)
def waits(house: House) -> Found:
    carrier = house.enrol()
    reference, letter = house.one()
    house.sender.post(f"{API}/assignments", json={"device": carrier.id, "references": [reference]})
    house.sender.post(f"{API}/parcels/{reference}/out-for-delivery")
    carrier.get("/tour")
    made = _a_moment_later()
    house.sender.post(f"{API}/parcels/{reference}/code/renew")
    renewed = _offline(carrier, letter.payload, reference, made)
    return Found(renewed != "accepted", f"a renewed code: {renewed}")


@attack("no handover is dated before its parcel was announced, nor after now")
def dated(house: House) -> Found:
    moments = {}
    for name, shift in (("a year ago", -timedelta(days=365)), ("next year", timedelta(days=365)), ("1970", None)):
        carrier = house.enrol()
        before = now()
        reference, letter = house.one()
        house.sender.post(f"{API}/assignments", json={"device": carrier.id, "references": [reference]})
        carrier.get("/tour")
        claimed = before + shift if shift else datetime.fromisoformat("1970-01-01T00:00:10+00:00")
        answer = told(
            carrier.post("/verifications", carrier.body(letter.payload, [reference], now=claimed, offline=True))
        )
        said = house.sender.get(f"{API}/parcels/{reference}").json()["handed_over_at"]
        at = datetime.fromisoformat(said) if said else None
        late = house.client().get(letter.page)
        fine = at is None or before - timedelta(seconds=5) <= at <= now() + timedelta(seconds=5)
        moments[name] = f"{answer['outcome']}, {'as it was' if fine else f'dated {at}'}, page {late.status_code}"
    return Found(all("dated" not in each and "page 200" in each for each in moments.values()), str(moments))


@attack("a device whose clock is wrong is told so, online and offline, and can send the same again later")
def wrong_clock(house: House) -> Found:
    words = {}
    for claimed in ("1970-01-01T00:00:10+00:00", (now() + timedelta(days=400)).isoformat()):
        gadget = house.enrol()
        reference, _ = house.one()
        moment = datetime.fromisoformat(claimed)
        visit = {"visit_id": str(uuid4()), "reference": reference, "reason": "nobody_home", "attempted_at": claimed}
        answer = told(gadget.post("/visits", visit))
        visits = gadget.get("/handovers").json()["visits"]
        dated = {datetime.fromisoformat(each["attempted_at"]).year for each in visits} - {now().year}
        words[f"visit {claimed[:4]}"] = f"{answer['status']}, dated {dated or 'by the service in time'}"
        body = gadget.body("7" * 34, [reference], now=moment, offline=True)
        said = told(gadget.post("/verifications", body))
        words[f"offline {claimed[:4]}"] = f"{said['status']} {said['outcome']}"
    held = all("clock" in word or "time" in word for word in words.values())
    return Found(held, str(words))


@attack("odd times are refused with a word, and no page fails on them afterwards", everywhere=True, seconds=90)
def odd_times(house: House) -> Found:
    gadget, counter = house.enrol(), house.enrol("counter")
    house.point(counter)
    reference, letter = house.one()
    answers: Counter[int] = Counter()
    faults = []

    def note(name: str, answer: Any) -> None:
        answers[answer.status_code] += 1
        if answer.status_code >= 500:
            faults.append(f"{name}: {answer.status_code}")

    class Claimed(datetime):
        text = ""

        def isoformat(self, *_: Any, **__: Any) -> str:
            return self.text

    for odd in ODD_TIMES:
        claimed = Claimed(2026, 11, 24)
        claimed.text = odd
        for offline in (False, True):
            answer = gadget.post("/verifications", gadget.body("7" * 34, [reference], now=claimed, offline=offline))
            note(f"presented_at {odd!a}", answer)
        note(
            f"collection {odd!a}",
            counter.post(
                "/collections", counter.body("7" * 34, [reference], now=claimed, form="doorcode-collection-1")
            ),
        )
        visit = {"visit_id": str(uuid4()), "reference": reference, "reason": "nobody_home", "attempted_at": odd}
        answer = gadget.post("/visits", visit)
        note(f"attempted_at {odd!a}", answer)
        for path in ("/statistics", "/events"):
            note(f"{path} {odd!a}", house.sender.get(API + path, params={"first": odd, "last": odd, "cursor": odd}))
        for path in ("/office/audit", "/office/days.csv", "/office/reports", "/office", "/office/actions"):
            note(
                f"{path} {odd!a}", house.office.get(path, params={"first": odd, "last": odd, "day": odd, "search": odd})
            )
        form = {"name": "Neighbour", "until": odd, "language": "en"}
        note(f"delegate {odd!a}", house.client().post(f"{letter.page}/delegates", data=form))
        note(f"wish {odd!a}", house.client().post(f"{letter.page}/wish", data={"day": odd}))
        note(f"redirect {odd!a}", house.office.post(f"/office/redirect/{reference}", data={"day": odd}))
    for page in (letter.page, f"{letter.page}/status", f"{letter.page}/proof.pdf"):
        note(page, house.client().get(page))
    for path in (
        f"/office/parcels/{reference}",
        f"/office/audit/{reference}",
        f"/office/audit/{reference}/events.csv",
        f"/office/audit/{reference}/proof.pdf",
        "/office/today",
        "/office/reports",
        "/office/parcels.csv",
    ):
        note(path, house.office.get(path))
    for client, path in (
        (gadget.client, "/handovers"),
        (gadget.client, "/tour"),
        (house.sender, f"/parcels/{reference}"),
        (house.sender, f"/parcels/{reference}/proof.pdf"),
    ):
        note(path, client.get(API + path))
    visits = gadget.get("/handovers").json()["visits"]
    wild = [each["attempted_at"] for each in visits if datetime.fromisoformat(each["attempted_at"]).year != now().year]
    return Found(
        not faults and not wild,
        f"{sum(answers.values())} calls: {dict(answers)}; {faults[:6] or 'no fault'}; "
        f"{len(visits)} visits, dated {wild or 'in time'}",
    )


@attack("the queue of a device that was stolen and revoked opens nothing, whatever times it claims", everywhere=True)
def stolen_queue(house: House) -> Found:
    carrier = house.enrol()
    references, address = house.consignment(20)
    letter = house.letter(address)
    house.sender.post(f"{API}/assignments", json={"device": carrier.id, "references": references})
    carrier.get("/tour")
    before = now()
    house.office.post(f"/office/devices/{carrier.id}/revoke")
    calls = [partial(carrier.present, letter.payload, each, now=before, offline=True) for each in references]
    outcomes = Counter(answer["outcome"] for answer in house.at_once(calls))
    tour = carrier.get("/tour").status_code
    return Found(outcomes.keys() == {"device-revoked"} and tour == 403, f"{dict(outcomes)}; its tour {tour}")


def _a_moment_later() -> datetime:
    """Return a moment that lies clearly between what was before and what comes after."""
    time.sleep(0.1)
    moment = now()
    time.sleep(0.1)
    return moment


def _offline(gadget: Gadget, code: str, reference: str, moment: datetime) -> str:
    references = [reference] if reference else []
    return str(told(gadget.post("/verifications", gadget.body(code, references, now=moment, offline=True)))["outcome"])
