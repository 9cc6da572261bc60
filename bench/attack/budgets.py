"""Whatever makes the service send, record or grow has a budget."""

from __future__ import annotations

import os
import time
from collections import Counter
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from bench.attack.house import House
from bench.attack.people import API, address_of, now, told
from bench.attack.tickets import delegate_form
from bench.attack.verdicts import Found, attack, wait_for

REPEATED = 60
MOST_MAILS = 16
"""More than anybody would want to read of one parcel in a day."""
MOST_EVENTS = 60


@attack("visits of one device flood no recipient with mails, and no chain with events", short=True, everywhere=True)
def visits(house: House) -> Found:
    reference, _ = house.one()
    gadget = house.enrol()
    before = house.mails_to(address_of(reference))
    calls = [partial(gadget.post, "/visits", _visit(reference, step)) for step in range(REPEATED)]
    statuses = Counter(answer.status_code for answer in house.at_once(calls))
    mails = _mails(house, reference) - before
    events = _events(house, reference)
    return Found(
        mails <= MOST_MAILS and events <= MOST_EVENTS,
        f"{REPEATED} visits {dict(statuses)}: {mails} mails, {events} events",
    )


@attack("blocking and letting go again and again fills no chain, and the parcel stays blocked in the end", short=True)
def blocking(house: House) -> Found:
    reference, letter = house.one()
    deeds = ("block", "unblock") * house.times(100)
    statuses = Counter(house.sender.post(f"{API}/parcels/{reference}/{deed}").status_code for deed in deeds)
    house.sender.post(f"{API}/parcels/{reference}/block")
    outcome, events = house.enrol().present(letter.payload, reference)["outcome"], _events(house, reference)
    return Found(
        events <= MOST_EVENTS and outcome == "revoked", f"{dict(statuses)}: {events} events; presented {outcome}"
    )


@attack("a recipient of many parcels is written to as seldom as anybody")
def many_parcels(house: House) -> Found:
    references, address = house.consignment(30)
    house.letter(address)
    before = house.mails_to(address)
    gadgets = [house.enrol(), house.enrol()]
    calls = [
        partial(gadget.post, "/visits", _visit(reference, step))
        for gadget in gadgets
        for step, reference in enumerate(references * 2)
    ]
    statuses = Counter(answer.status_code for answer in house.at_once(calls))
    time.sleep(5)
    mails, most = house.mails_to(address) - before, house.budget("mails_to_holder")
    return Found(0 < mails <= most, f"{len(calls)} visits {dict(statuses)}: {mails} mails, at most {most}")


@attack("visits kill no code again and again where each one renews it", strict=True)
def renewing_visits(house: House) -> Found:
    reference, _ = house.one()
    gadget = house.enrol()
    house.sender.post(f"{API}/parcels/{reference}/out-for-delivery")
    for step in range(REPEATED // 2):
        gadget.post("/visits", _visit(reference, step))
    mails = _mails(house, reference)
    codes = len(house.letters(address_of(reference)))
    return Found(codes <= 5 and mails <= MOST_MAILS, f"{REPEATED // 2} visits: {codes} codes, {mails} mails")


@attack("a ticket page asks for few mails, new codes and reports, whoever presses its buttons")
def ticket_buttons(house: House) -> Found:
    counted: dict[str, str] = {}
    held = True
    for path, data in (("/send-again", {}), ("/renew", {}), ("/delegates", None), ("/wish", {})):
        reference, _ = house.one()
        browser = house.client()
        statuses: Counter[int] = Counter()
        for step in range(25):
            form = data if data is not None else delegate_form(f"Neighbour {step}")
            page = house.letters(address_of(reference))[-1].page
            statuses[browser.post(page + path, data=form).status_code] += 1
        mails, events = _mails(house, reference), _events(house, reference)
        counted[path] = f"{dict(statuses)}, {mails} mails, {events} events"
        held = held and mails <= MOST_MAILS and events <= MOST_EVENTS and not statuses[500]
    return Found(held, str(counted))


@attack("the office's own buttons and the sender's calls send few mails of one parcel")
def other_buttons(house: House) -> Found:
    counted, held = {}, True
    calls: dict[str, Any] = {
        "office sends again": lambda r: house.office.post(f"/office/send-again/{r}"),
        "office renews": lambda r: house.office.post(f"/office/renew/{r}"),
        "sender renews": lambda r: house.sender.post(f"{API}/parcels/{r}/code/renew"),
        "out for delivery": lambda r: house.sender.post(f"{API}/parcels/{r}/out-for-delivery"),
        "driver near": lambda r: house.sender.post(f"{API}/parcels/{r}/driver-near"),
        "lost": lambda r: house.sender.post(f"{API}/parcels/{r}/reports", json={"kind": "lost"}),
    }
    for name, call in calls.items():
        reference, _ = house.one()
        statuses = Counter(call(reference).status_code for _ in range(30))
        mails, events = _mails(house, reference), _events(house, reference)
        counted[name] = f"{dict(statuses)}, {mails} mails, {events} events"
        held = held and mails <= MOST_MAILS and events <= MOST_EVENTS
    return Found(held, str(counted))


@attack("a device asks for so many mails a day as the settings say, over all parcels")
def mails_from_the_door(house: House) -> Found:
    references = house.announce(60)
    gadget = house.enrol()
    results = Counter(told(gadget.post("/tour/mails", {"reference": each})).get("result", "?") for each in references)
    most = house.budget("mails_per_device")
    again = Counter(
        told(gadget.post("/tour/mails", {"reference": references[0]})).get("result", "?") for _ in range(10)
    )
    return Found(
        results["sent"] <= most and not again["sent"], f"60 parcels: {dict(results)}; one ten times: {dict(again)}"
    )


@attack("unknown symbols grow no stranger's chain, and the parcel's proof still holds", short=True, everywhere=True)
def unknown_symbols(house: House) -> Found:
    reference, letter = house.one()
    gadget = house.enrol()
    calls = [
        partial(gadget.present, f"{'x' * 200}{step}", reference, means="payload") for step in range(house.times(300))
    ]
    outcomes = Counter(answer["outcome"] for answer in house.at_once(calls))
    right = gadget.present(letter.payload, reference)["outcome"]
    proof = house.proof(reference)
    content = house.sender.get(f"{API}/parcels/{reference}/proof").content
    checked = told(house.client().post(f"{API}/proofs/check", content=content))
    events = len(proof["events"])
    held = right == "accepted" and events <= MOST_EVENTS and checked.get("holds") is True
    return Found(
        held,
        f"{dict(outcomes)}, then {right}: {events} events, {len(content) // 1000} kB, holds {checked.get('holds')}",
    )


@attack("labels of the largest size, fifty in hand, grow no store without end")
def large_labels(house: House) -> Found:
    gadget = house.enrol()
    folder = Path(house.settings["data_folder"])
    before = _bytes_in(folder)
    labels = [f"{'L' * 250}{number:03d}" for number in range(50)]
    outcomes = Counter(gadget.present("7" * 34, *labels)["outcome"] for _ in range(150))
    known = house.announce(50)
    outcomes.update(gadget.present("7" * 34, *known)["outcome"] for _ in range(150))
    grown = _bytes_in(folder) - before
    return Found(
        grown < 8_000_000, f"300 presentations of 50 labels {dict(outcomes)}: {grown / 1e6:.1f} MB more on disk"
    )


@attack("calls with an idempotency key, signs of life, counts and tries leave no room for a flood of rows")
def other_rows(house: House) -> Found:
    counter, gadget = house.enrol("counter"), house.enrol()
    house.point(counter)
    folder = Path(house.settings["data_folder"])
    before = _bytes_in(folder)
    labels = [f"{'C' * 200}{number:04d}" for number in range(1500)]
    statuses: Counter[int] = Counter()
    for _ in range(40):
        statuses[counter.post("/point/shelves/A1/count", {"references": labels}).status_code] += 1
    for _ in range(100):
        statuses[gadget.post("/devices/me/signs", {"camera": "on", "waiting": 0}).status_code] += 1
        statuses[counter.post("/shift", {"by": {"badge": "B" * 80}}).status_code] += 1
    grown = _bytes_in(folder) - before
    return Found(grown < 8_000_000, f"{dict(statuses)}: {grown / 1e6:.1f} MB more on disk")


@attack("a parcel that was abused has a proof that fits its limit and holds")
def abused(house: House) -> Found:
    reference, letter = house.one()
    gadgets = [house.enrol() for _ in range(6)]
    browser = house.client()
    for step in range(20):
        for gadget in gadgets:
            gadget.present(f"{step}" * 200, reference, means="payload")
            gadget.present("0000" + f"{step:02d}", reference)
            gadget.post("/visits", _visit(reference, step))
        page = house.letters(address_of(reference))[-1].page
        browser.post(f"{page}/delegates", data=delegate_form("N" * 90))
    letter = house.letters(address_of(reference))[-1]
    right = gadgets[0].present(letter.payload, reference)["outcome"]
    proof = house.proof(reference)
    content = house.sender.get(f"{API}/parcels/{reference}/proof").content
    checked = told(house.client().post(f"{API}/proofs/check", content=content))
    sheet = house.client().get(f"{letter.page}/proof.pdf").status_code
    held = checked.get("holds") is True and sheet == 200 and len(content) < 1_000_000
    return Found(
        held,
        f"{right}: {len(proof['events'])} events, {len(content) // 1000} kB, "
        f"holds {checked.get('holds')}, as a sheet {sheet}",
    )


@attack("who calls too often is told when to come back, and may then", strict=True)
def retry_after(house: House) -> Found:
    browser = house.client()
    answers: list[httpx.Response] = []
    for _ in range(25):
        answers.append(browser.post("/office/sign-in", data={"name": f"nobody{house.number()}", "password": "x"}))
    answers += [browser.post("/office/sign-in", data={"name": "somebody", "password": "x"}) for _ in range(15)]
    late = [answer for answer in answers if answer.status_code in (429, 503)]
    seconds = [answer.headers.get("retry-after", "") for answer in late]
    held = bool(late) and all(each.isdigit() and 0 < int(each) <= 86_400 for each in seconds)
    return Found(held, f"{len(late)} of 40 were told to wait {sorted(set(seconds))[:3]} s")


def _visit(reference: str, step: int) -> dict[str, Any]:
    reason = ("nobody_home", "no_code", "refused", "wrong_address")[step % 4]
    moment = (now() - timedelta(seconds=step)).isoformat()
    return {"visit_id": str(uuid4()), "reference": reference, "reason": reason, "attempted_at": moment}


def _mails(house: House, reference: str) -> int:
    """Count a recipient's mails, once no more come."""
    last = -1

    def quiet() -> bool:
        nonlocal last
        before, last = last, house.mails_to(address_of(reference))
        return before == last

    end = time.monotonic() + 12
    while time.monotonic() < end:
        time.sleep(1.3)
        if quiet():
            break
    return house.mails_to(address_of(reference))


def _events(house: House, reference: str) -> int:
    """Count the events in a parcel's chain, as its proof shows them."""
    found: list[Any] = []

    def sealed() -> bool:
        answer = house.sender.get(f"{API}/parcels/{reference}/proof")
        found[:] = answer.json()["events"] if answer.status_code == 200 else []
        return bool(found)

    wait_for(sealed, 10)
    return len(found)


def _bytes_in(folder: Path) -> int:
    """Count what a folder takes on the disk."""
    total = 0
    for path, _, names in os.walk(folder):
        total += sum((Path(path) / name).stat().st_size for name in names if (Path(path) / name).exists())
    return total
