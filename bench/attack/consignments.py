"""Whose parcel it is: consignments, realms, pickup points and tours."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

from bench.attack.house import House
from bench.attack.people import API, told
from bench.attack.verdicts import Found, attack, wait_for


@attack("a test key opens, lists, empties and counts nothing live", short=True)
def test_key(house: House) -> Found:
    test = house.key("Trial", test=True)
    carrier = house.enrol()
    reference, letter = house.one()
    house.sender.post(f"{API}/assignments", json={"device": carrier.id, "references": [reference]})
    kiosk = house.enrol()
    faults = []
    calls = {
        "show": test.get(f"{API}/parcels/{reference}"),
        "proof": test.get(f"{API}/parcels/{reference}/proof"),
        "renew": test.post(f"{API}/parcels/{reference}/code/renew"),
        "block": test.post(f"{API}/parcels/{reference}/block"),
        "unblock": test.post(f"{API}/parcels/{reference}/unblock"),
        "out": test.post(f"{API}/parcels/{reference}/out-for-delivery"),
        "near": test.post(f"{API}/parcels/{reference}/driver-near"),
        "report": test.post(f"{API}/parcels/{reference}/reports", json={"kind": "lost"}),
    }
    faults += [f"{name} {answer.status_code}" for name, answer in calls.items() if answer.status_code != 404]
    emptied = test.post(
        f"{API}/assignments", json={"device": carrier.id, "references": [reference, "TEST/X1"], "replace": True}
    )
    left = [each["reference"] for each in carrier.get("/tour").json()["parcels"]]
    if left != [reference]:
        faults.append(f"the tour holds {left} after the test key's {emptied.status_code}")
    carrier.present("7" * 34, reference)
    statistics = test.get(f"{API}/statistics").json()
    counted = {
        key: value
        for day in statistics.get("days", [])
        for key, value in day.items()
        if isinstance(value, int) and value
    }
    if counted:
        faults.append(f"statistics count {counted}")
    wait_for(lambda: house.sender.get(f"{API}/events").json()["events"], 10)
    events = test.get(f"{API}/events", params={"limit": 100}).json()["events"]
    live = [event for event in events if not event["reference"].startswith("TEST/")]
    if live:
        faults.append(f"{len(live)} live events")
    hooks = house.sender.post(f"{API}/webhooks", json={"url": "https://hook.example.org/a", "name": "live"})
    if hooks.status_code == 201:
        seen = test.get(f"{API}/webhooks/{hooks.json()['webhook_id']}/secrets").status_code
        listed = test.get(f"{API}/webhooks").json()
        if seen != 404 or hooks.json()["webhook_id"] in str(listed):
            faults.append(f"the live webhook's secrets: {seen}")
    still = kiosk.present(letter.payload, reference)["outcome"]
    if still != "accepted":
        faults.append(f"the live code afterwards: {still}")
    return Found(not faults, str(faults or "nothing"))


@attack("no parcel gets from one realm into the other by how its number is written")
def realms(house: House) -> Found:
    test, carrier = house.key("Trial", test=True), house.enrol()
    own = house.reference()
    faults = []
    answer = house.sender.post(
        f"{API}/parcels", json=house.parcel(f"TEST/{own}", address=f"a{own}@example.org".lower())
    )
    if answer.status_code in (200, 201) and test.get(f"{API}/parcels/{own}").status_code == 200:
        faults.append("a live key announces a test parcel")
    for written in (own, own.lower(), f"TEST/{own}", f"TEST/TEST/{own}", f"test/{own}"):
        body = house.parcel(written, address=f"b{house.number()}@example.org")
        made = test.post(f"{API}/parcels", json=body)
        if made.status_code in (200, 201) and not str(made.json()["reference"]).startswith("TEST/"):
            found = house.sender.get(f"{API}/parcels/{written}")
            if found.status_code == 200 and found.json().get("announced_at"):
                faults.append(f"{written} of the test key is seen by a live key")
    assigned = told(house.sender.post(f"{API}/assignments", json={"device": carrier.id, "references": [f"TEST/{own}"]}))
    if assigned.get("assigned"):
        faults.append("a test parcel on a live tour")
    search = house.office.get("/office", params={"search": f"TEST/{own}"}).status_code
    return Found(not faults and search < 500, str(faults or "nothing crosses"))


@attack("no live code opens a test parcel, and no test code a live one")
def test_codes(house: House) -> Found:
    test = house.key("Trial", test=True)
    _, letter = house.one()
    other = house.reference()
    test.post(f"{API}/parcels", json=house.parcel(other, consignment="SAME")).raise_for_status()
    live = house.announce(consignment="SAME", address=f"{other.lower()}@example.org")[0]
    theirs = house.letter(f"{other.lower()}@example.org")
    gadget = house.enrol()
    outcomes = {
        "a live code, a test parcel": gadget.present(theirs.payload, f"TEST/{other}")["outcome"],
        "both in hand": gadget.present(theirs.payload, live, f"TEST/{other}")["outcome"],
        "a live code of another": gadget.present(letter.payload, f"TEST/{other}")["outcome"],
    }
    mails = house.mails_to(f"{other.lower()}@example.org")
    handed_over = test.get(f"{API}/parcels/{other}").json()["handed_over_at"]
    alone = (outcomes["a live code, a test parcel"], outcomes["a live code of another"])
    return Found("accepted" not in alone and handed_over is None and mails == 1, f"{outcomes}; {mails} mail")


@attack("another sender's key joins no consignment, whatever it copies", short=True)
def foreign_key(house: House) -> Found:
    other = house.key("Other Shop")
    references, address = house.consignment(1)
    number = house.sender.get(f"{API}/parcels/{references[0]}").json().get("consignment")
    letter = house.letter(address)
    gadget = house.enrol()
    mine, phone = house.reference(), "+4915112345678"
    body = house.parcel(mine, address=address, consignment=number or f"C-{int(references[0][2:]) - 1}")
    body["recipient"]["phone"] = phone
    made = other.post(f"{API}/parcels", json=body)
    wait_for(lambda: house.mails_to(address) >= 2, 10)
    late = house.letters(address)
    outcomes = {
        "their parcel by the foreign code": gadget.present(late[-1].payload, references[0])["outcome"]
        if len(late) > 1
        else "no mail",
        "my parcel by their code": gadget.present(letter.payload, mine)["outcome"],
        "both by their code": gadget.present(letter.payload, references[0], mine)["outcome"],
    }
    held = "accepted" not in (
        outcomes["their parcel by the foreign code"],
        outcomes["my parcel by their code"],
        outcomes["both by their code"],
    )
    shown = mine in house.client().get(letter.page).text
    return Found(held and not shown, f"{made.status_code}; {outcomes}; on their ticket page {shown}")


@attack("an empty or blank number makes no consignment of strangers' parcels")
def empty_numbers(house: House) -> Found:
    gadget = house.enrol()
    opened = []
    for blank in ("", "   ", "\u00a0", "\u200b", "0", "-"):
        first, second = house.announce(consignment=blank)[0], house.announce(consignment=blank)[0]
        letter = house.letter(first)
        outcome = gadget.present(letter.payload, second)["outcome"]
        if outcome == "accepted":
            opened.append(repr(blank))
        # The same address with no number is no consignment either.
        if blank.strip("\u00a0\u200b ") == "":
            third, fourth = house.announce(2, consignment=blank, address=f"blank{house.number()}@example.org")
            answer = house.sender.get(f"{API}/parcels/{third}")
            code = house.letters(f"blank{house.number() - 1}@example.org")
            if answer.status_code == 200 and code and gadget.present(code[0].payload, fourth)["outcome"] == "accepted":
                opened.append(f"{blank!r} at one address")
    return Found(not opened, f"opened a stranger's parcel: {opened or 'none'}")


@attack("a blocked parcel opens by no sibling, no delegate and no device")
def blocked_sibling(house: House) -> Found:
    (first, second, third), address = house.consignment(3)
    letter = house.letter(address)
    codes = house.letters(address)
    house.office.post(f"/office/block/{second}")
    counter, gadget = house.enrol("counter"), house.enrol()
    house.point(counter)
    outcomes = {}
    for number, each in enumerate(codes):
        outcomes[f"symbol {number}"] = gadget.present(each.payload, second)["outcome"]
        outcomes[f"beside {number}"] = gadget.present(each.payload, first, second)["outcome"]
        outcomes[f"digits {number}"] = gadget.present(each.digits, second)["outcome"]
        outcomes[f"counter {number}"] = counter.present(each.payload, second)["outcome"]
    handed = house.sender.get(f"{API}/parcels/{second}").json()["handed_over_at"]
    other = gadget.present(letter.payload, third)["outcome"]
    return Found(handed is None, f"{outcomes}; another sibling {other}")


@attack("digits of a consignment open each of its parcels, and are charged for none", short=True)
def digits_of_siblings(house: House) -> Found:
    references, address = house.consignment(3)
    letter = house.letter(address)
    wait_for(lambda: house.mails_to(address) > 1, 3)
    mails = house.mails_to(address)
    gadget = house.enrol()
    outcomes = [gadget.present(letter.digits, reference)["outcome"] for reference in references]
    symbol = house.consignment(3)
    code = house.letter(symbol[1])
    together = gadget.present(code.digits, *symbol[0])
    return Found(
        outcomes == ["accepted"] * 3 and together["outcome"] == "accepted" and mails == 1,
        f"one by one {outcomes}, three at once {together['outcome']}, {mails} mail(s) for the consignment",
    )


@attack(
    "a kiosk or counter hands over only what was taken in there and lies there, and the code is not spent",
    everywhere=True,
)
def not_here(house: House) -> Found:
    kiosk, counter, far = house.enrol("kiosk"), house.enrol("counter"), house.enrol("counter")
    house.point(kiosk, counter)
    house.point(far)
    never, one = house.one(destination="pickup_point")
    elsewhere, two = house.one(destination="pickup_point")
    gone, three = house.one(destination="pickup_point")
    house.shelve(far, elsewhere)
    house.shelve(counter, gone)
    counter.post(f"/point/parcels/{gone}/back", {})
    outcomes = {}
    for name, gadget in (("kiosk", kiosk), ("counter", counter)):
        outcomes[f"{name}, never taken in"] = gadget.present(one.payload)["outcome"]
        outcomes[f"{name}, with its label"] = gadget.present(one.payload, never)["outcome"]
        outcomes[f"{name}, elsewhere"] = gadget.present(two.payload)["outcome"]
        outcomes[f"{name}, elsewhere, label"] = gadget.present(two.payload, elsewhere)["outcome"]
        outcomes[f"{name}, sent back"] = gadget.present(three.payload)["outcome"]
    right = far.present(two.payload, elsewhere)["outcome"]
    said = kiosk.collect(two.payload)
    return Found(
        "accepted" not in outcomes.values() and right == "accepted",
        f"{dict(Counter(outcomes.values()))}; where it lies {right}; asked {said['outcome']}",
    )


@attack("a kiosk that the office put out of order presents, lists and hands over nothing", short=True)
def out_of_order(house: House) -> Found:
    kiosk, counter = house.enrol("kiosk"), house.enrol("counter")
    house.point(kiosk, counter)
    reference, letter = house.one(destination="pickup_point")
    house.shelve(counter, reference)
    house.office.post(f"/office/devices/{kiosk.id}/out-of-order")
    presented, listed = kiosk.present(letter.payload), kiosk.collect(letter.payload)
    labelled = kiosk.present(letter.payload, reference)
    house.office.post(f"/office/devices/{kiosk.id}/in-order")
    again = kiosk.present(letter.payload)["outcome"]
    outcomes = [each["outcome"] for each in (presented, labelled, listed)]
    return Found("accepted" not in outcomes and again == "accepted", f"{outcomes}, in order again {again}")


@attack("a parcel on another device's tour is told as such")
def foreign_tour(house: House) -> Found:
    carrier, other = house.enrol(), house.enrol()
    reference, letter = house.one()
    house.sender.post(f"{API}/assignments", json={"device": carrier.id, "references": [reference]})
    house.sender.post(f"{API}/assignments", json={"device": other.id, "references": house.announce()})
    answer = other.present(letter.payload, reference)
    said = answer.get("details", {}).get("other_tour", False)
    return Found(said or answer["outcome"] != "accepted", f"{answer['outcome']}, told {said}")


@attack("kiosk, counter and drivers at once hand one parcel over once", everywhere=True)
def all_at_once(house: House) -> Found:
    kiosk, counter = house.enrol("kiosk"), house.enrol("counter")
    drivers = [house.enrol() for _ in range(3)]
    house.point(kiosk, counter)
    outcomes: Counter[str] = Counter()
    for _ in range(5):
        reference, letter = house.one(destination="pickup_point")
        house.shelve(counter, reference)
        calls: list[Any] = [partial(kiosk.present, letter.payload), partial(counter.present, letter.payload, reference)]
        calls += [partial(driver.present, letter.payload, reference) for driver in drivers]
        calls += [partial(drivers[0].present, letter.digits, reference), partial(kiosk.present, letter.payload)] * 2
        accepted = Counter(answer["outcome"] for answer in house.at_once(calls))
        outcomes["accepted more than once"] += accepted["accepted"] > 1
        outcomes["never accepted"] += accepted["accepted"] == 0
        outcomes.update(accepted)
    return Found(not outcomes["accepted more than once"] and not outcomes["never accepted"], str(dict(+outcomes)))


@attack("a parcel that joins a consignment brings nothing back: no blocked, foreign or handed-over parcel")
def joined_later(house: House) -> Found:
    gadget = house.enrol()
    number, address = f"JOIN-{house.number()}", f"joins{house.number()}@example.org"
    first = house.announce(consignment=number, address=address)[0]
    letter = house.letter(address)
    house.office.post(f"/office/block/{first}")
    second = house.announce(consignment=number, address=address)[0]
    other = f"other{house.number()}@example.org"
    third = house.announce(consignment=number, address=other)[0]
    theirs = house.letter(other)
    outcomes: dict[str, str] = {"blocked, by its code": gadget.present(letter.payload, first)["outcome"]}
    for each in house.letters(address)[1:]:
        outcomes["blocked, by a later code"] = gadget.present(each.payload, first)["outcome"]
    outcomes["another recipient's code"] = gadget.present(theirs.payload, second)["outcome"]
    outcomes["another recipient's parcel"] = gadget.present(letter.payload, third)["outcome"]
    page = house.client().get(theirs.page).text
    shows = [each for each in (first, second) if each in page]
    handed = house.sender.get(f"{API}/parcels/{first}").json()["handed_over_at"]
    held = "accepted" not in outcomes.values() and handed is None and not shows
    return Found(held, f"{outcomes}; the other recipient's page shows {shows or 'only theirs'}")
