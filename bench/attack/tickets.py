"""The ticket's address, a block, and who may undo what."""

from __future__ import annotations

import html
import re
from collections import Counter
from datetime import timedelta
from functools import partial

import httpx

from bench.attack.house import House
from bench.attack.people import API, now, symbol_in
from bench.attack.verdicts import Found, attack, wait_for


@attack(
    "what the house blocked only the house lifts: no ticket page, delegate or sender brings a code back", short=True
)
def blocked(house: House) -> Found:
    reference, letter = house.one()
    browser = house.client()
    link = named_delegate(browser, letter.page)
    house.office.post(f"/office/block/{reference}")
    tries = {
        "renew": browser.post(f"{letter.page}/renew").status_code,
        "send again": browser.post(f"{letter.page}/send-again").status_code,
        "delegate renews": browser.post(f"{link}/renew").status_code,
        "name a delegate": browser.post(f"{letter.page}/delegates", data=delegate_form("Second")).status_code,
        "sender renews": house.sender.post(f"{API}/parcels/{reference}/code/renew").status_code,
        "announced again": house.sender.post(f"{API}/parcels", json=house.parcel(reference)).status_code,
    }
    wait_for(lambda: len(house.letters(f"{reference.lower()}@example.org")) > 1, 4)
    shown = [page for page in (letter.page, link) if code_on(browser, page)]
    late = house.letters(f"{reference.lower()}@example.org")[1:]
    gadget = house.enrol()
    opened = [gadget.present(each.payload, reference)["outcome"] for each in [letter, *late]]
    return Found(
        not shown and not late and "accepted" not in opened,
        f"{tries}; pages with a code {len(shown)}, new mails {len(late)}, presented {opened}",
    )


@attack("a sender that blocked first lifts nothing that the office blocked, and blocks nothing away", short=True)
def blocked_by_both(house: House) -> Found:
    reference, letter = house.one()
    calls = {
        "sender blocks": house.sender.post(f"{API}/parcels/{reference}/block").status_code,
        "office blocks": house.office.post(f"/office/block/{reference}").status_code,
        "sender lifts": house.sender.post(f"{API}/parcels/{reference}/unblock").status_code,
        "sender blocks again": house.sender.post(f"{API}/parcels/{reference}/block").status_code,
    }
    outcome = house.enrol().present(letter.payload, reference)["outcome"]
    return Found(outcome == "revoked" and calls["sender lifts"] == 409, f"{calls}; presented {outcome}")


@attack("whom an old link named receives nothing once the recipient has a new code, and the recipient hears of it")
def named_by_an_old_link(house: House) -> Found:
    reference, letter = house.one()
    address, before = f"{reference.lower()}@example.org", house.mails_to(f"{reference.lower()}@example.org")
    thief = house.client()
    link = named_delegate(thief, letter.page)
    symbol = symbol_in(thief.get(f"{link}/symbol.png").content)
    heard = wait_for(lambda: house.mails_to(address) > before, 10)
    house.client().post(f"{letter.page}/renew")
    newer = house.letter(reference, 2)
    gadget = house.enrol()
    outcomes = [gadget.present(each, reference)["outcome"] for each in (symbol, newer.payload)]
    return Found(heard and outcomes == ["revoked", "accepted"], f"told {heard}; presented {outcomes}")


@attack("whoever holds an old link can end the code, not get the next one", short=True)
def renewed(house: House) -> Found:
    reference, letter = house.one()
    thief = house.client()
    answer = thief.post(f"{letter.page}/renew")
    place = answer.headers.get("location", "")
    newer = house.letter(reference, 2)
    leads = newer.key in place or newer.key in answer.text
    shows = {
        path: _shows(thief, f"{letter.page}{path}", newer.digits, newer.payload, newer.key)
        for path in ("", "/status", "/symbol.png", "/picture.png", "/code128.png", "/proof.json", "?asked=renewed")
    }
    again = Counter(
        thief.post(f"{letter.page}{path}", data=data).status_code
        for path, data in (
            ("/renew", {}),
            ("/send-again", {}),
            ("/delegates", delegate_form("Thief")),
            ("/report", {"kind": "not_received", "confirmed": "yes"}),
            ("/wish", {}),
        )
    )
    more = house.letters(f"{reference.lower()}@example.org")[2:]
    right = house.enrol().present(newer.payload, reference)["outcome"]
    leaks = [path or "/" for path, shown in shows.items() if shown]
    held = newer.key != letter.key and not leads and not leaks and not more and right == "accepted"
    return Found(
        held,
        f"a new address {newer.key != letter.key}, the old one leads there {leads}, shows it at "
        f"{leaks or 'nothing'}; acts {dict(again)}, more codes {len(more)}; the new code {right}",
    )


@attack("renewing at once many times makes one code that opens, and few mails", everywhere=True)
def renewed_at_once(house: House) -> Found:
    reference, letter = house.one()
    browser = house.client()
    statuses = Counter(
        answer.status_code for answer in house.at_once([partial(browser.post, f"{letter.page}/renew")] * 20)
    )
    wait_for(lambda: len(house.letters(f"{reference.lower()}@example.org")) > 4, 4)
    letters = house.letters(f"{reference.lower()}@example.org")
    gadget = house.enrol()
    # A mail shows the code as it is when the mail is written, so several may show the newest one.
    older = {each.payload for each in letters} - {letters[-1].payload}
    outcomes = Counter(gadget.present(each, reference)["outcome"] for each in older)
    last = gadget.present(letters[-1].payload, reference)["outcome"]
    held = not outcomes["accepted"] and last == "accepted" and len(letters) <= 1 + house.budget("mails_per_holder")
    return Found(
        held, f"twenty at once: {dict(statuses)}, {len(letters)} mails; older codes {dict(outcomes)}, the last {last}"
    )


@attack(
    "a delegate's link survives no withdrawal, shows no code of the recipient's, and may do nothing of theirs",
)
def delegates(house: House) -> Found:
    reference, letter = house.one()
    own, browser = house.client(), house.client()
    link = named_delegate(own, letter.page)
    theirs = code_on(browser, link)
    tries = {
        "delegates": browser.post(f"{link}/delegates", data=delegate_form("Third")).status_code,
        "wish": browser.post(f"{link}/wish", data={"day": str((now() + timedelta(days=2)).date())}).status_code,
        "report": browser.post(f"{link}/report", data={"kind": "not_received", "confirmed": "yes"}).status_code,
    }
    other = house.one()[1]
    foreign = re.search(r"/delegates/([0-9a-f-]{36})/withdraw", own.get(letter.page).text)
    assert foreign
    withdrawn = own.post(f"{other.page}/delegates/{foreign.group(1)}/withdraw").status_code
    by_themselves = browser.post(f"{link}/delegates/{foreign.group(1)}/withdraw").status_code
    alive = code_on(browser, link)
    own.post(f"{letter.page}/renew")
    newer = house.letter(reference, 2)
    after = code_on(browser, link)
    new_page = own.get(newer.page).text
    path = re.search(r'action="([^"]+/withdraw)"', new_page)
    if path:
        own.post(html.unescape(path.group(1)))
    page = browser.get(link)
    says = "withdr" in page.text.lower()
    symbol = browser.get(f"{link}/symbol.png").status_code
    gadget = house.enrol()
    dead = gadget.present(theirs, reference)["outcome"]
    held = theirs and alive == theirs and withdrawn >= 400 and by_themselves >= 400 and min(tries.values()) >= 400
    held = held and after not in (newer.digits, letter.digits) and says and symbol >= 400 and dead not in ("accepted",)
    return Found(
        bool(held),
        f"{tries}, withdrawn by a stranger {withdrawn}, by the delegate {by_themselves}; "
        f"after a renewal {'the own' if after == theirs else after or 'no'} code; "
        f"withdrawn: {page.status_code}, says so {says}, symbol {symbol}, digits {dead}",
    )


@attack(
    "a page that only reads changes nothing, and nothing of a ticket is kept by caches or told to other sites",
    short=True,
)
def quiet_pages(house: House) -> Found:
    reference, letter = house.one()
    browser = house.client()
    faults = []
    for path in ("", "/status", "/symbol.png", "/picture.png", "/code128.png", "/proof.json"):
        answer = browser.get(letter.page + path)
        if answer.status_code != 200:
            continue
        headers = answer.headers
        if "no-store" not in headers.get("cache-control", ""):
            faults.append(f"{path or '/'} may be kept: {headers.get('cache-control')}")
        if headers.get("referrer-policy") != "no-referrer":
            faults.append(f"{path or '/'} tells where it was: {headers.get('referrer-policy')}")
        if "set-cookie" in headers:
            faults.append(f"{path or '/'} sets a cookie")
        outside = (
            set(re.findall(r'(?:src|href|action)="(https?://[^/"]+)', answer.text))
            if "html" in headers["content-type"]
            else set()
        )
        if any(house.service.url not in each for each in outside):
            faults.append(f"{path or '/'} leads outside: {outside}")
    for method, path in (
        ("GET", "/renew"),
        ("HEAD", "/renew"),
        ("GET", "/send-again"),
        ("GET", "/delegates"),
        ("GET", "/report"),
        ("PUT", "/renew"),
        ("OPTIONS", "/renew"),
    ):
        browser.request(method, letter.page + path)
    other = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    forged = [
        browser.post(f"{letter.page}/renew", headers=each).status_code
        for each in (other, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "same-site"})
    ]
    if house.mails_to(f"{reference.lower()}@example.org") != 1 or set(forged) != {403}:
        faults.append(f"other sites' forms: {forged}")
    return Found(not faults, str(faults or "all quiet"))


@attack("no address of a ticket is found by trying, and near ones lead nowhere")
def near_addresses(house: House) -> Found:
    _, letter = house.one()
    browser, key = house.client(), letter.key
    near = [
        key[:-1],
        key + "A",
        key.lower(),
        key.upper(),
        key.swapcase(),
        key[:-1] + ("A" if key[-1] != "A" else "B"),
        "",
        "%20" + key,
        key + "%20",
        key + "%00",
        key + "=",
        key + "/",
        "%2e/" + key,
        key.replace(key[0], "%" + f"{ord(key[0]):02x}", 1) + "x",
    ]
    found = [each for each in near if browser.get(f"/t/{each}").status_code == 200 and each != key]
    distinct = {house.letter(each).key for each in house.announce(20)}
    bits = min(len(each) for each in distinct) * 6
    return Found(
        not found and bits >= 128 and len(distinct) == 20,
        f"{len(near)} near ones, found {found or 'none'}; {bits} bits",
    )


@attack("nothing that opens a parcel or names a person is in the log", short=True)
def logs(house: House) -> Found:
    reference, letter = house.one()
    link = named_delegate(house.client(), letter.page)
    browser, gadget = house.client(), house.enrol()
    for path in ("", "/status", "/symbol.png", "/nothing", "/../" + letter.key, "/%00"):
        browser.get(letter.page + path, headers={"Referer": f"{house.service.url}{letter.page}"})
    browser.get(f"//{letter.key}")
    browser.post(f"{letter.page}/delegates", data={"name": "\x00", "until": letter.key})
    browser.request("BREW", letter.page)
    gadget.present(letter.digits, reference, letter.payload)
    gadget.present(letter.payload, reference)
    gadget.post("/visits", {"visit_id": letter.payload, "reference": letter.payload})
    browser.get("/office/sign-in", params={"next": f"/office?search={letter.payload}"})
    key = house.sender.headers["authorization"].split()[1]
    house.sender.get(f"{API}/parcels/{letter.payload}")
    lines = "".join(house.service.output)
    secrets = {
        "ticket": letter.key,
        "delegate's ticket": link.rpartition("/")[2],
        "payload": letter.payload,
        "API key": key,
        "device": gadget.session,
        "address": f"{reference.lower()}@",
        "password": house.password,
        "person": "Sample Recipient",
    }
    found = [name for name, secret in secrets.items() if secret in lines]
    return Found(not found, f"{len(lines.splitlines())} lines hold {found or 'none of them'}")


def delegate_form(name: str) -> dict[str, str]:
    """Write the form that names a delegate."""
    return {"name": name, "until": str((now() + timedelta(days=2)).date()), "language": "en"}


def named_delegate(browser: httpx.Client, page: str) -> str:
    """Name a delegate on a ticket page; returns the path of the delegate's own page."""
    browser.post(f"{page}/delegates", data=delegate_form("Neighbour"))
    links: list[str] = re.findall(r'href="https?://[^"/]*(/t/[^"]+)"', browser.get(page).text)
    return next(link for link in links if link != page and code_on(browser, link))


def code_on(browser: httpx.Client, page: str) -> str:
    """Return the digits that a ticket page shows, or nothing."""
    found = re.search(r'class="digits-line"[^>]*>\s*(\d{3})\s*<span></span>\s*(\d{3})', browser.get(page).text)
    return "".join(found.groups()) if found else ""


def _shows(browser: httpx.Client, path: str, digits: str, payload: str, key: str) -> bool:
    """Tell whether an address shows a code or leads to a page."""
    answer = browser.get(path)
    if answer.headers.get("content-type", "").startswith("image/"):
        return payload in symbol_in(answer.content)
    plain = re.sub(r"<[^>]+>", "", answer.text)
    return digits in plain or payload in answer.text or key in answer.text or key in answer.headers.get("location", "")


@attack("of what races with a renewal or a block nothing opens once that was answered", everywhere=True)
def in_flight(house: House) -> Found:
    counted: Counter[str] = Counter()
    for number in range(8):
        reference, letter = house.one()
        gadget = house.enrol()
        act = (
            partial(house.sender.post, f"{API}/parcels/{reference}/code/renew"),
            partial(house.office.post, f"/office/block/{reference}"),
            partial(house.client().post, f"{letter.page}/renew"),
        )[number % 3]
        calls = [partial(gadget.present, letter.payload, reference) for _ in range(4)]
        answers = house.at_once([*calls[:2], act, *calls[2:]])
        accepted = [answer for answer in answers if isinstance(answer, dict) and answer["outcome"] == "accepted"]
        late = gadget.present(letter.payload, reference)["outcome"]
        counted["accepted before"] += len(accepted)
        counted["accepted twice"] += len(accepted) > 1
        counted["accepted afterwards"] += late == "accepted"
        counted[late] += 1
    held = not counted["accepted twice"] and not counted["accepted afterwards"]
    return Found(held, f"eight races: {dict(+counted)}")
