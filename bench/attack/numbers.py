"""One normal form for a number, and labels as they are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from bench.attack.house import House
from bench.attack.people import API, told
from bench.attack.verdicts import Found, attack

SSCC = "34012345000{:06d}"


SSCC_FORMS = (
    ("{}", "00{}"),
    ("00{}", "{}"),
    ("{}", "]C100{}"),
    ("{}", "(00){}"),
    ("(00) {}", "00{}"),
    ("{}", "{} "),
    ("{}", "\u00a0{}"),
)
FORMS: tuple[Callable[[str], str], ...] = (
    str.lower,
    lambda text: f"{text[:4]} {text[4:]}",
    lambda text: f"{text[:4]}-{text[4:]}",
    lambda text: f"]C0{text}",
    lambda text: f" {text} ",
)


@attack("a number is the same number however it was announced, scanned or typed")
def forms(house: House) -> Found:
    gadget = house.enrol()
    wrong = []
    for announced, scanned in SSCC_FORMS:
        number = _sscc(house.number())
        address = f"sscc{number}@example.org"
        made = house.sender.post(f"{API}/parcels", json=house.parcel(announced.format(number), address=address))
        if made.status_code != 201:
            wrong.append(f"{announced.format('SSCC')!a} is not taken: {made.status_code}")
            continue
        outcome = gadget.present(house.letter(address).payload, scanned.format(number))["outcome"]
        if outcome != "accepted":
            wrong.append(f"{announced.format('SSCC')!a} scanned as {scanned.format('SSCC')!a}: {outcome}")
    for change in FORMS:
        reference, letter = house.one()
        outcome = gadget.present(letter.payload, change(reference))["outcome"]
        if outcome != "accepted":
            wrong.append(f"{change('AT000001')!a}: {outcome}")
    return Found(not wrong, f"{len(SSCC_FORMS) + len(FORMS)} ways of writing; {wrong or 'all the same number'}")


@attack("two ways of writing one number never make two parcels")
def twins(house: House) -> Found:
    made = []
    for first, second in (("{}", "00{}"), ("at{}x", "AT{}X"), ("A-T.{}", "AT{}"), ("AT {}", "AT{}"), ("(00){}", "{}")):
        number = _sscc(house.number())
        statuses = [
            house.sender.post(
                f"{API}/parcels", json=house.parcel(form.format(number), address=f"twin{number}@example.org")
            ).status_code
            for form in (first, second)
        ]
        if statuses.count(201) > 1:
            made.append(f"{first} and {second}")
    return Found(not made, f"two parcels by {made or 'none'}")


@attack("what is accepted with an odd label has a proof that holds, and an odd label is no fault")
def odd_labels(house: House) -> Found:
    gadget = house.enrol()
    labels = [
        "{}\u00a0",
        "\u00a0{}",
        "{}\t",
        "\n{}",
        "{}\r\n",
        "{}\u2028",
        "\u200b{}",
        "{}\u0000",
        "{} label",
        "\ufeff{}",
        "{}\u0301",
        "\u202e{}",
        "{}\ud800",
    ]
    outcomes, broken = Counter[str](), []
    for odd in labels:
        reference, letter = house.one()
        label = odd.format(reference)
        try:
            body = gadget.body(letter.payload, [label])
        except UnicodeEncodeError:
            continue
        answer = gadget.client.post(
            f"{API}/verifications", content=json.dumps(body), headers={"Content-Type": "application/json"}
        )
        said = told(answer)
        outcomes[str(said["outcome"])] += 1
        if answer.status_code >= 500:
            broken.append(f"{odd!a}: {answer.status_code}")
        elif said["outcome"] == "accepted":
            house.proof(reference)
            content = house.sender.get(f"{API}/parcels/{reference}/proof").content
            checked = told(house.client().post(f"{API}/proofs/check", content=content))
            if checked.get("holds") is not True:
                broken.append(f"{odd!a}: the proof does not hold: {checked.get('fault')}")
    return Found(not broken, f"{dict(outcomes)}; {broken or 'every proof holds'}")


@attack("a label with a routing and a tracking barcode opens with a right code, and tells which is unknown", short=True)
def routing(house: House) -> Found:
    gadget = house.enrol()
    (first, one), (second, two), (third, three), (foreign, _), (fourth, four) = house.several(5)
    both = gadget.present(one.payload, "42010115", first)
    digits = gadget.present(two.digits, second, "%0010115")
    house.sender.post(f"{API}/assignments", json={"device": gadget.id, "references": [third]})
    named = gadget.post("/labels", {"label": f"42010115{third}9205"}).json()["reference"]
    contained = gadget.present(three.payload, named or "nothing")
    unknown = gadget.present(three.payload, "42010115")["outcome"]
    stranger = gadget.present(four.payload, fourth, foreign)["outcome"]
    each = {parcel["reference"]: parcel["outcome"] for parcel in both.get("parcels", ())}
    held = both["outcome"] == digits["outcome"] == contained["outcome"] == "accepted" and stranger != "accepted"
    held = held and unknown == "unknown_parcel"
    return Found(
        held,
        f"payload {both['outcome']} {each}, digits {digits['outcome']}, inside a longer text {contained['outcome']}, "
        f"routing alone {unknown}, a stranger's label beside {stranger}",
    )


@attack("a text in which several parcels' numbers are contained hands none over by chance")
def ambiguous(house: House) -> Found:
    gadget = house.enrol()
    number = _sscc(house.number())
    short, long = number[:9], number[:12]
    for reference in (short, long):
        house.sender.post(
            f"{API}/parcels", json=house.parcel(reference, address=f"part{reference}@example.org")
        ).raise_for_status()
    letter = house.letter(f"part{short}@example.org")
    outcome = gadget.present(letter.payload, f"420{long}77")["outcome"]
    left = house.sender.get(f"{API}/parcels/{short}").json()["handed_over_at"]
    return Found(left is None, f"one number inside another inside a text: {outcome}")


@attack("a code that was scanned as a label stands in no record")
def code_as_label(house: House) -> Found:
    gadget = house.enrol()
    reference, letter = house.one()
    gadget.present(letter.payload, letter.payload)
    gadget.present("7" * 34, letter.payload, reference)
    gadget.present(letter.digits, letter.payload)
    gadget.post("/tour/parcels", {"reference": letter.payload})
    gadget.present(letter.payload, reference)
    house.proof(reference)
    content = house.sender.get(f"{API}/parcels/{reference}/proof").text
    pages = (
        house.office.get(f"/office/parcels/{reference}").text
        + house.office.get(f"/office/audit/{reference}/events.csv").text
    )
    on_disk = _in_files(Path(house.settings["data_folder"]), letter.payload) if house.database == "sqlite" else False
    held = letter.payload not in content + pages and not on_disk
    return Found(
        held, f"in the proof {letter.payload in content}, on a page {letter.payload in pages}, on the disk {on_disk}"
    )


def _sscc(number: int) -> str:
    """Return an SSCC with its check digit."""
    body = SSCC.format(number)
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return f"{body}{-total % 10}"


def _in_files(folder: Path, text: str) -> bool:
    """Tell whether a text stands in a file."""
    return any(text.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())
