"""Text from outside is never read again on its way out."""

from __future__ import annotations

import csv
import io
import re
import stat
from collections import Counter
from email.header import decode_header
from pathlib import Path
from typing import Any

from bench.attack.house import House
from bench.attack.people import API, address_of, now
from bench.attack.verdicts import Found, attack, wait_for

HOSTILE = (
    "=?utf-8?q?Ada=0D=0ABcc:_evil@example.org?=",
    "=?utf-8?b?QWRhDQpCY2M6IGV2aWxAZXhhbXBsZS5vcmc=?=",
    "Ada =?utf-8?q?=0d=0aX-Evil:_1?= Muster",
    "Ada\u2028Bcc: evil@example.org",
    "Ada\u2029X",
    "\u202eadA",
    "\u2066Ada\u2069",
    '=HYPERLINK("https://evil.example";"x")',
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "Ada;=1+1",
    "Ada;+cmd",
    "\uff1d1+1",
    "\uff0bcmd",
    "\uff20SUM(A1)",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}${7*7}",
    'Ada,"=1+1"',
    "'=1+1",
    "Ada\t=1+1",
    "\ufeff=1+1",
    " =1+1",
    "\u00a0=1+1",
    "\u200b=1+1",
    "&lt;b&gt;",
    "%0d%0aBcc: x@example.org",
    "Ada <evil@example.org>, x",
)
REFUSED = ("Ada\r\nBcc: evil@example.org", "Ada\nX", "Ada\rX", "Ada\x00", "Ada\x1b[31m", "Ada\x85X")
FORMULA = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")


@attack("no name, sender or order writes a header of a mail, nor markup into it")
def mails(house: House) -> Found:
    faults, sent = [], 0
    for number, text in enumerate(HOSTILE):
        for field in ("recipient", "sender", "consignment"):
            reference = house.reference()
            body = house.parcel(
                reference, **({"consignment": f"{number}{text}"[:100]} if field == "consignment" else {})
            )
            if field == "recipient":
                body["recipient"]["name"] = text
            elif field == "sender":
                body["sender"] = text
            answer = house.sender.post(f"{API}/parcels", json=body)
            sent += answer.status_code == 201
            if answer.status_code >= 500:
                faults.append(f"{field} {text[:20]!a}: {answer.status_code}")
    wait_for(lambda: len(house.smtp.envelopes) >= sent, 30)
    wait_for(lambda: False, 1.5)
    for envelope in house.smtp.envelopes:
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        head = raw.partition(b"\r\n\r\n")[0]
        names = Counter(
            line.partition(b":")[0].lower() for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")
        )
        odd = {name for name in names if name in (b"bcc", b"x-evil", b"cc")} | {
            name for name, count in names.items() if count > 1
        }
        if odd or any("evil" in to for to in envelope.rcpt_tos) or len(envelope.rcpt_tos) != 1:
            faults.append(f"headers {odd}, to {envelope.rcpt_tos}")
        for line in re.sub(rb"\r\n[ \t]", b" ", head).split(b"\r\n"):
            said = "".join(
                part.decode(code or "ascii", "replace") if isinstance(part, bytes) else part
                for part, code in decode_header(line.decode("ascii", "replace"))
            )
            if re.search(r"[\r\n\u2028\u2029\x85]", said):
                faults.append(f"a header is two lines once read: {said[:50]!a}")
    for message in house.smtp.messages:
        part = message.get_body(("html",))
        content = part.get_content() if part else ""
        if "<script>alert" in content or "<img src=x" in content or "49$" in content:
            faults.append("markup in a mail")
    return Found(not faults, f"{sent} announced, {len(house.smtp.envelopes)} mails; {faults[:5] or 'no fault'}")


@attack("control signs in a name are refused by API, ticket page and import, by name of the field")
def control_signs(house: House) -> Found:
    faults = []
    _, letter = house.one()
    for text in REFUSED:
        for field, body in (
            ("name", {"recipient": {"name": text, "language": "en"}}),
            ("sender", {"sender": text}),
            ("consignment", {"consignment": text}),
        ):
            answer = house.sender.post(f"{API}/parcels", json=house.parcel() | body)
            if answer.status_code != 422:
                faults.append(f"{field} {text!a}: {answer.status_code}")
        form = {"name": text, "until": str(now().date()), "language": "en"}
        status = house.client().post(f"{letter.page}/delegates", data=form).status_code
        if status >= 500:
            faults.append(f"delegate {text!a}: {status}")
    page = house.client().get(letter.page)
    return Found(not faults and page.status_code == 200, str(faults[:6] or f"{4 * len(REFUSED)} refused or flattened"))


@attack("no cell of a CSV file begins a formula, split as an English or a German spreadsheet splits it", short=True)
def spreadsheets(house: House) -> Found:
    references = []
    for text in HOSTILE:
        body = house.parcel(sender=text)
        body["recipient"]["name"] = text
        if house.sender.post(f"{API}/parcels", json=body).status_code == 201:
            references.append(body["reference"])
    files = {
        path: house.office.get(path)
        for path in (
            "/office/parcels.csv",
            "/office/days.csv",
            "/office/reports.csv",
            f"/office/audit/{references[0]}/events.csv",
        )
    }
    faults, cells = [], 0
    for path, answer in files.items():
        if answer.status_code != 200:
            faults.append(f"{path}: {answer.status_code}")
            continue
        text = answer.text.lstrip("\ufeff")
        for delimiter in (",", ";", "\t"):
            for row in csv.reader(io.StringIO(text), delimiter=delimiter):
                for cell in row:
                    cells += 1
                    if cell.strip(" ").startswith(FORMULA) and not re.fullmatch(r"[+-]?\d+([.,]\d+)?", cell):
                        faults.append(f"{path} by {delimiter!r}: {cell[:24]!a}")
    return Found(not faults, f"{cells} cells; {faults[:5] or 'no formula'}")


@attack("hostile text on every page is text")
def pages(house: House) -> Found:
    faults, shown = [], 0
    texts = [each for each in HOSTILE if "<" in each or "{{" in each or "&" in each]
    for text in texts:
        body = house.parcel(sender=text, consignment=text[:100])
        body["recipient"]["name"] = text
        if house.sender.post(f"{API}/parcels", json=body).status_code != 201:
            continue
        letter = house.letter(address_of(body["reference"]))
        house.client().post(
            f"{letter.page}/delegates", data={"name": text, "until": str(now().date()), "language": "en"}
        )
        places = [
            letter.page,
            f"/office/parcels/{body['reference']}",
            "/office",
            f"/office?search={text[:20]}",
            "/office/mails",
            f"/office/audit/{body['reference']}",
        ]
        for place in places:
            page = (house.client() if place.startswith("/t/") else house.office).get(place)
            shown += 1
            if (
                page.status_code >= 500
                or "<script>alert" in page.text
                or "<img src=x" in page.text
                or "49${" in page.text
            ):
                faults.append(f"{place[:40]}: {page.status_code}")
    error = house.client().get("/<script>alert(1)</script>")
    if "<script>alert" in error.text:
        faults.append("the page of an error")
    return Found(not faults, f"{shown} pages; {faults[:5] or 'all plain'}")


@attack("a file of parcels with formulas, quotes, broken rows and hostile names harms nobody")
def imports(house: House) -> Found:
    rows = ["reference,name,email,sender"]
    rows += [
        f'{house.reference()},"{text.replace(chr(34), chr(34) * 2)}",x{house.number()}@example.org,"=cmd"'
        for text in HOSTILE
    ]
    files = {
        "hostile": "\r\n".join(rows).encode(),
        "semicolons": "\r\n".join(row.replace(",", ";") for row in rows).encode(),
        "latin": "reference,name\nAT-L1,J\xf6rg".encode("latin-1"),
        "utf-16": "reference,name\nAT-L2,Ada".encode("utf-16"),
        "nul": b"reference,name\nAT-L3,A\x00da",
        "unclosed": b'reference,name\nAT-L4,"Ada',
        "no rows": b"reference,name",
        "one column": b"x\n" * 1000,
        "same heading": b"reference,reference,name,name\nA,B,C,D",
        "wide": b",".join(b"c%d" % n for n in range(20_000)) + b"\n" + b"," * 20_000,
        "zip": b"PK\x03\x04" + b"\x00" * 500,
        "long cell": b"reference,name\nAT-L5," + b"x" * 200_000,
        "empty": b"",
    }
    faults, statuses = [], Counter[int]()
    for name, content in files.items():
        answer = house.office.post("/office/import", files={"file": (f"../../{name}<script>.csv", content, "text/csv")})
        statuses[answer.status_code] += 1
        place = answer.headers.get("location")
        page = house.office.get(place) if place else answer
        statuses[page.status_code] += 1
        if max(answer.status_code, page.status_code) >= 500 or "<script>." in page.text:
            faults.append(f"{name}: {answer.status_code}, {page.status_code}")
        if place and name == "hostile":
            started = house.office.post(
                f"{place}/start", data={"reference": "reference", "name": "name", "email": "email", "sender": "sender"}
            )
            if started.status_code >= 500:
                faults.append(f"start: {started.status_code}")
    return Found(not faults, f"{len(files)} files {dict(statuses)}; {faults or 'no fault'}")


@attack("a person is found and erased by their name or address however it is written", everywhere=True)
def found_and_erased(house: House) -> Found:
    mark = house.number()
    people = {
        "Ágnes Őri": ("agnes ori", "ÁGNES", "Ágnes"),
        "Ольга Ч": ("ольга", "ОЛЬГА"),
        "Åsa Ö": ("asa", "ÅSA", "A\u030asa"),
        "İrem Ş": ("irem", "İREM"),
        "Straße S": ("STRASSE", "straße"),
        "Ｗide W": ("wide", "ＷIDE"),
    }
    missing = []
    for number, (name, searches) in enumerate(people.items()):
        reference = house.reference()
        body = house.parcel(reference, address=f"Ünï{mark}x{number}@Example.ORG")
        body["recipient"]["name"] = f"{name} {mark}"
        made = house.sender.post(f"{API}/parcels", json=body)
        if made.status_code not in (200, 201):
            body = house.parcel(reference, address=f"Person{mark}x{number}@Example.ORG")
            body["recipient"]["name"] = f"{name} {mark}"
            made = house.sender.post(f"{API}/parcels", json=body)
        for search in (*searches, body["recipient"]["email"].lower(), body["recipient"]["email"].upper()):
            if reference not in house.office.get("/office", params={"search": search}).text:
                missing.append(f"{search} for {name}")
    said = house.service.run("erase", "--email", f"PERSON{mark}X0@example.org")
    if "1 persons" not in said:
        said = house.service.run("erase", "--email", f"ünï{mark}x0@example.org")
    erased = "1 person" in said
    return Found(
        not missing and erased,
        f"{len(people)} people; {missing[:6] or 'all found'}; erased by a small address {erased}",
    )


@attack("what lies in the data folder is its owner's alone, whatever the umask", short=True)
def files(house: House) -> Found:
    folder = Path(house.settings["data_folder"])
    open_to_others = [
        f"{path.relative_to(folder.parent)} {stat.S_IMODE(path.stat().st_mode):o}"
        for path in (folder, *folder.rglob("*"))
        if path.exists() and path.stat().st_mode & 0o077
    ]
    # A folder that nobody else enters hides what is in it.
    hidden = not folder.stat().st_mode & 0o077
    return Found(hidden and not [each for each in open_to_others if ".db" in each], str(open_to_others[:6] or "closed"))


@attack("a password in an address of a webhook or gateway stands on no page and in no log")
def passwords(house: House) -> Found:
    secret = f"hunter{house.number()}secret"
    answers: dict[str, Any] = {}
    for place in (f"https://user:{secret}@hook.example.org/x", f"https://hook.example.org/x?key={secret}"):
        answers[place[:20]] = house.sender.post(
            f"{API}/webhooks", json={"url": place, "name": "Hook", "types": ["parcel.announced"]}
        ).status_code
    house.announce()
    wait_for(lambda: secret in "".join(house.service.output), 5)
    lines = [line for line in house.service.output if secret in line]
    return Found(not lines, f"{answers}; {lines[:1] or 'in no line of the log'}")
