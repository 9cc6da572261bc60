"""A code cannot be guessed, whatever else is in hand."""

from __future__ import annotations

import base64
import html
import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import cycle
from typing import Any
from uuid import uuid4

from bench.attack.house import House
from bench.attack.people import now, told
from bench.attack.verdicts import Found, attack
from tests.parts.calls import other_digits

COMPARED = {"wrong_code", "old_code", "accepted", "revoked", "expired", "other_parcel", "already_handed_over"}
"""Outcomes that say that digits were compared with something."""


@attack("wrong digits of many devices at one parcel are compared five times", short=True, everywhere=True)
def one_parcel(house: House) -> Found:
    reference, letter = house.one()
    gadgets = [house.enrol() for _ in range(6)]
    guesses = [
        partial(gadget.present, other_digits(letter.digits, step), reference)
        for step, gadget in zip(range(1, 61), cycle(gadgets), strict=False)
    ]
    outcomes = Counter(answer["outcome"] for answer in house.at_once(guesses))
    right = gadgets[0].present(letter.digits, reference)["outcome"]
    symbol = gadgets[0].present(letter.payload, reference)["outcome"]
    most = house.setting("codes", "wrong_digits_per_parcel")
    held = outcomes["wrong_code"] <= most and set(outcomes) <= {"wrong_code", "locked"} and right == "locked"
    return Found(
        held and symbol == "accepted", f"60 guesses: {dict(outcomes)}, then right digits {right}, symbol {symbol}"
    )


@attack("digits of every kind of writing are charged as guesses")
def writings(house: House) -> Found:
    reference, letter = house.one()
    gadget = house.enrol()
    wrong = other_digits(letter.digits)
    arabic = "".join(chr(0x660 + int(digit)) for digit in wrong)
    wide = "".join(chr(0xFF10 + int(digit)) for digit in wrong)
    bold = "".join(chr(0x1D7CE + int(digit)) for digit in wrong)
    forms = [
        arabic,
        wide,
        bold,
        f" {wrong} ",
        f"{wrong[:3]}-{wrong[3:]}",
        f"\u200f{wrong}\n",
        f"{wrong[:3]}\u00a0{wrong[3:]}",
    ]
    outcomes = [gadget.present(form, reference, means="digits")["outcome"] for form in forms]
    # As a payload digits are nothing of ours, and compared with nothing.
    as_payload = gadget.present(letter.digits, reference, means="payload")["outcome"]
    last = gadget.present(letter.digits, reference)["outcome"]
    held = last == "locked" and outcomes.count("wrong_code") <= 5 and "accepted" not in outcomes
    return Found(held and as_payload == "unknown_symbol", f"{outcomes}, as payload {as_payload}, right ones {last}")


@attack("right digits of one parcel do not tell that they fit it when a stranger's parcel is in hand too", short=True)
def two_in_hand(house: House) -> Found:
    (first, one), (second, _two) = house.one(), house.one()
    gadget = house.enrol()
    right = gadget.present(one.digits, first, second)
    wrong = gadget.present(other_digits(one.digits), first, second)
    unlike = {
        name
        for name in right | wrong
        if name not in ("presentation_id", "decided_at") and right.get(name) != wrong.get(name)
    }
    return Found(
        not unlike and right["outcome"] != "accepted",
        f"right ones {right['outcome']}, wrong ones {wrong['outcome']}; they differ in {sorted(unlike) or 'nothing'}",
    )


@attack("known digits of one's own parcel pay for no guess at strangers' parcels", everywhere=True)
def one_right_code_pays(house: House) -> Found:
    own, letter = house.one()
    strangers = house.announce(98)
    gadget = house.enrol()
    for start in (0, 49):
        for _ in range(30):
            gadget.present(letter.digits, own, *strangers[start : start + 49])
    # Had those been compared without a charge, every stranger's parcel would still have all its tries.
    answer = gadget.present(letter.digits, own, *strangers[:49])
    told_apart = Counter(each["outcome"] for each in answer.get("parcels", ()))
    return Found(
        len(told_apart) <= 1 and answer["outcome"] not in COMPARED,
        f"61 calls with 49 strangers in hand: {answer['outcome']}, told per parcel {dict(told_apart)}",
    )


@attack("known digits of a delegate's code pay for no guess at other parcels either")
def a_delegate_pays(house: House) -> Found:
    own, letter = house.one()
    stranger, _ = house.one()
    digits = _delegate_digits(house, letter.page)
    gadget = house.enrol()
    answers = [gadget.present(digits, own, stranger) for _ in range(8)]
    outcomes = Counter(answer["outcome"] for answer in answers)
    apart = [answer for answer in answers if len({each["outcome"] for each in answer.get("parcels", ())}) > 1]
    return Found(not apart and not COMPARED & set(outcomes), f"{dict(outcomes)}, told per parcel in {len(apart)}")


@attack("one device compares wrong digits so often in a day as the settings say, over all parcels", everywhere=True)
def one_device(house: House) -> Found:
    references = house.announce(40)
    gadget = house.enrol()
    guesses = [partial(gadget.present, digits, each) for each in references for digits in ("000000", "000001")]
    outcomes = Counter(answer["outcome"] for answer in house.at_once(guesses))
    most = house.setting("codes", "wrong_digits_per_device_and_day")
    after = gadget.present(house.letter(references[0]).payload, references[0])["outcome"]
    held = outcomes["wrong_code"] <= most and after == "accepted"
    return Found(held, f"80 guesses at 40 parcels: {dict(outcomes)}; a right symbol then {after}")


@attack("right digits give back their own try and no other", strict=True, everywhere=True)
def right_ones_between(house: House) -> Found:
    own, letter = house.one()  # not out for delivery, so that its right digits can be repeated without end
    gadget, outcomes = house.enrol(), Counter[str]()
    for stranger in house.announce(30):
        for _ in range(2):
            gadget.present(letter.digits, own)
        outcomes[gadget.present("000000", stranger)["outcome"]] += 1
    most = house.setting("codes", "wrong_digits_per_device_and_day")
    return Found(outcomes["wrong_code"] <= most, f"30 guesses, two right ones before each: {dict(outcomes)}")


@attack("digits of a dead code are charged like wrong ones")
def dead_codes(house: House) -> Found:
    reference, first = house.one()
    for _ in range(2):
        house.sender.post(f"/api/v1/parcels/{reference}/code/renew")
    newest = house.letter(reference, 3)
    gadget = house.enrol()
    outcomes = [gadget.present(first.digits, reference)["outcome"] for _ in range(7)]
    last = gadget.present(newest.digits, reference)["outcome"]
    return Found(last == "locked" and "accepted" not in outcomes, f"old digits seven times: {outcomes}, then {last}")


@attack("all parcels of a consignment share the tries of its one code", everywhere=True)
def siblings(house: House) -> Found:
    references, email = house.consignment(10)
    letter = house.letter(email)
    codes = {each.digits for each in house.letters(email)}
    gadgets = [house.enrol() for _ in range(3)]
    guesses = [
        partial(gadget.present, _none_of(codes, letter.digits, step), reference)
        for step, (reference, gadget) in enumerate(zip(references * 3, cycle(gadgets), strict=False), 1)
    ]
    outcomes = Counter(answer["outcome"] for answer in house.at_once(guesses))
    most = house.setting("codes", "wrong_digits_per_parcel")
    return Found(outcomes["wrong_code"] <= most, f"30 guesses over ten labels: {dict(outcomes)}")


@attack("the same label many times in hand charges and tells once, and makes no guess cheaper")
def doubled_labels(house: House) -> Found:
    reference, letter = house.one()
    gadget = house.enrol()
    forms = [reference, reference.lower(), f" {reference}", f"{reference[:2]} {reference[2:]}"] * 12
    outcomes = [gadget.present(other_digits(letter.digits, step), *forms)["outcome"] for step in range(1, 8)]
    alone = gadget.present(letter.digits, reference)["outcome"]
    right = house.one()
    twice = gadget.present(right[1].digits, right[0], right[0])
    held = outcomes.count("wrong_code") == 5 and alone == "locked" and twice["outcome"] == "accepted"
    return Found(
        held, f"{Counter(outcomes)}, then right digits {alone}; a right code with its label twice {twice['outcome']}"
    )


@attack("an id of a presentation is good for one guess, whatever the device")
def ids_again(house: House) -> Found:
    reference, letter = house.one()
    mine, other = house.enrol(), house.enrol()
    chosen = str(uuid4())
    moment = now()
    mine.present(other_digits(letter.digits), reference, presentation_id=chosen)
    statuses = Counter(
        mine.present(other_digits(letter.digits, step), reference, presentation_id=chosen)["status"]
        for step in range(2, 12)
    )
    upper = mine.present(other_digits(letter.digits, 50), reference, presentation_id=chosen.upper())["status"]
    accepted_id = str(uuid4())
    accepted = mine.present(letter.digits, reference, presentation_id=accepted_id, now=moment)
    stolen = other.present(letter.digits, reference, presentation_id=accepted_id, now=moment)
    held = statuses == {422: 10} and upper == 422 and accepted["outcome"] == "accepted" and not stolen.get("accepted")
    return Found(
        held, f"ten others under one id {dict(statuses)}, in capitals {upper}; another device's id {stolen['status']}"
    )


@attack("a counter's name search compares no guess with many people's codes", everywhere=True)
def by_name(house: House) -> Found:
    counter = house.enrol("counter")
    house.point(counter)
    recipient = {"name": "Ada Muster", "language": "en"}
    references = [house.reference() for _ in range(25)]
    for reference in references:
        body = house.parcel(reference) | {"recipient": recipient | {"email": f"{reference.lower()}@example.org"}}
        house.sender.post("/api/v1/parcels", json=body).raise_for_status()
    house.shelve(counter, *references)
    tries = [counter.collect(f"{step:06d}", name="Ada Muster") for step in range(1, 31)]
    outcomes = Counter(answer["outcome"] for answer in tries)
    # A guess among 25 people is 25 comparisons; the device's budget of a day is 20.
    most = house.setting("codes", "wrong_digits_per_device_and_day")
    compared = outcomes["wrong_code"] * len(references)
    return Found(compared <= most, f"30 guesses at a name of 25: {dict(outcomes)}, so up to {compared} comparisons")


@attack("kiosk, counter and driver spend one parcel's tries together", everywhere=True)
def all_kinds(house: House) -> Found:
    counter, kiosk, driver = house.enrol("counter"), house.enrol("kiosk"), house.enrol()
    house.point(counter, kiosk)
    reference, letter = house.one()
    house.shelve(counter, reference)
    tries = []
    for step in range(0, 30, 3):
        tries += [
            partial(driver.present, other_digits(letter.digits, step + 1), reference),
            partial(counter.collect, other_digits(letter.digits, step + 2), reference),
            partial(kiosk.collect, other_digits(letter.digits, step + 3), reference),
        ]
    outcomes = Counter(answer["outcome"] for answer in house.at_once(tries))
    return Found(outcomes["wrong_code"] <= 5, f"30 guesses by three kinds of device: {dict(outcomes)}")


@attack("nobody grows a list of known digits by naming delegates")
def many_delegates(house: House) -> Found:
    _, letter = house.one()
    browser = house.client()
    known: set[str] = set()
    for number in range(40):
        browser.post(f"{letter.page}/delegates", data=_delegate(f"Neighbour {number}"))
        page = browser.get(letter.page).text
        links = {match.rpartition("/t/")[2] for match in re.findall(r'href="(http[^"]*/t/[^"]+)"', page)}
        for key in links:
            digits = _digits_on(browser.get(f"/t/{key}").text)
            if digits:
                known.add(digits)
        withdrawn = re.findall(r'action="([^"]+/withdraw)"', page)
        for path in withdrawn:
            browser.post(html.unescape(path))
    return Found(len(known) <= 12, f"40 delegates named and withdrawn one after the other gave {len(known)} codes")


@attack(
    "PINs of staff are bounded over all devices and doors, and a colleague's right PIN gives none back", everywhere=True
)
def pins(house: House) -> Found:
    names = [f"Clerk {house.number()}" for _ in range(2)]
    ids = [house.member(name, "supervisor")[1] for name in names]
    own = house.pin(ids[1])
    right = house.pin(ids[0])
    counters, kiosk = [house.enrol("counter") for _ in range(3)], house.enrol("kiosk")
    reference, _ = house.one()
    outcomes: Counter[str] = Counter()
    for step in range(1, 41):
        counter, wrong = counters[step % 3], other_digits(right, step)
        if step % 3 == 0:
            signers = {"first": {"name": names[0], "password": wrong}, "second": {"name": names[1], "password": own}}
            body = {"reference": reference, "reason": "The phone is broken", **signers}
            answer = told(counter.post("/supervised-handovers", body))
        else:
            answer = told(counter.post("/shift", {"by": {"name": names[0], "pin": wrong}}))
            counter.post("/shift", {"by": {"name": names[1], "pin": own}})
        outcomes[answer["outcome"]] += 1
    for step in range(41, 61):
        outcomes[told(kiosk.post("/kiosk/settings", {"pin": other_digits(right, step)}))["outcome"]] += 1
    compared = sum(count for outcome, count in outcomes.items() if outcome != "too-many-tries")
    return Found(compared <= 20, f"60 wrong PINs at four devices: {dict(outcomes)}")


@attack("a payload is compared as received: no blank, no other digits, no collision of the check digits", short=True)
def payloads(house: House) -> Found:
    reference, letter = house.one()
    gadget, payload = house.enrol(), letter.payload
    value = int(payload)
    collisions = [str(value + 97 * step) for step in (1, 10**4, -(10**9))]
    wide = "".join(chr(0xFF10 + int(digit)) for digit in payload)
    others = [
        *collisions,
        wide,
        f" {payload}",
        f"{payload}\n",
        f"{payload[:-2]}00",
        payload[::-1],
        payload * 2,
        f"+{payload}",
    ]
    outcomes = [gadget.present(other, reference, means="payload")["outcome"] for other in others]
    right = gadget.present(payload, reference)["outcome"]
    held = "accepted" not in outcomes and right == "accepted"
    return Found(held, f"{len(others)} near misses: {dict(Counter(outcomes))}, the payload itself {right}")


@attack("an unsigned, re-signed or altered presentation is no presentation")
def signatures(house: House) -> Found:
    reference, letter = house.one()
    other, _ = house.one()
    gadget, second = house.enrol(), house.enrol()
    whole = gadget.body(letter.payload, [reference])
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    zero = {"signature": "A" * 86}
    changes: list[dict[str, Any]] = [
        zero,
        {"parcels": [{"reference": other, "by": "label"}]},
        {"parcels": [{"reference": reference, "by": "choice"}]},
        {"offline": True},
        {"presented_at": (now() - timedelta(minutes=1)).isoformat()},
        {"presentation_id": str(uuid4())},
        {"salt": "0" * 32},
        {"signature": second.body(letter.payload, [reference])["signature"]},
    ]
    statuses = [gadget.post("/verifications", whole | change).status_code for change in changes]
    statuses.append(second.post("/verifications", whole).status_code)
    mirrored = _mirrored(whole["signature"], order)
    first = told(gadget.post("/verifications", whole))
    again = told(gadget.post("/verifications", whole | {"signature": mirrored}))
    held = all(status in (403, 422) for status in statuses) and first["outcome"] == "accepted"
    return Found(
        held and again["status"] in (200, 403, 422),
        f"altered {Counter(statuses)}, then whole {first['outcome']}, r and −s {again['status']}",
    )


@attack("a device that the office revokes hands nothing over from that moment on", everywhere=True)
def revoked_in_flight(house: House) -> Found:
    references, address = house.consignment(40)
    payload, gadget = house.letter(address).payload, house.enrol()
    bodies = [gadget.body(payload, [reference]) for reference in references]
    done: list[str] = []

    def present(body: dict[str, Any]) -> str:
        outcome = str(told(gadget.post("/verifications", body))["outcome"])
        done.append(outcome)
        return outcome

    def revoke() -> str:
        house.office.post(f"/office/devices/{gadget.id}/revoke")
        return f"revoked after {len(done)}"

    calls: list[Callable[[], str]] = [partial(present, body) for body in bodies]
    calls.insert(15, revoke)
    results = house.at_once(calls)
    late = told(gadget.post("/verifications", bodies[-1] | {"presentation_id": str(uuid4())}))
    again = told(gadget.post("/verifications", bodies[0]))
    outcomes = Counter(each for each in results if not each.startswith("revoked"))
    held = set(outcomes) <= {"accepted", "device-revoked"} and late["status"] == 403 and again["status"] == 403
    return Found(held, f"{dict(outcomes)}; afterwards {late['status']}, its own first one again {again['status']}")


def _none_of(codes: set[str], digits: str, step: int) -> str:
    """Return digits that are none of these codes."""
    wrong = other_digits(digits, step * 7919)
    return wrong if wrong not in codes else other_digits(wrong, 1)


def _delegate(name: str) -> dict[str, str]:
    return {"name": name, "until": str((now() + timedelta(days=2)).date()), "language": "en"}


def _delegate_digits(house: House, page: str) -> str:
    """Name a delegate on a ticket page, and return the digits on the delegate's page."""
    browser = house.client()
    browser.post(f"{page}/delegates", data=_delegate("Neighbour"))
    links = re.findall(r'href="http[^"]*(/t/[^"]+)"', browser.get(page).text)
    return next(digits for link in links if (digits := _digits_on(browser.get(link).text)))


def _digits_on(page: str) -> str:
    found = re.search(r'class="digits-line"[^>]*>\s*(\d{3})<span></span>(\d{3})', page)
    return "".join(found.groups()) if found else ""


def _mirrored(signature: str, order: int) -> str:
    """Return the other signature that ECDSA gives away with each: (r, n − s)."""
    raw = base64.urlsafe_b64decode(signature + "==")
    s = order - int.from_bytes(raw[32:], "big")
    return base64.urlsafe_b64encode(raw[:32] + s.to_bytes(32, "big")).rstrip(b"=").decode()
