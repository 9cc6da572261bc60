"""Signing in: nobody is guessed in, and nobody is locked out by those who guess."""

from __future__ import annotations

import time
from collections import Counter
from functools import partial
from urllib.parse import quote, urljoin, urlsplit

import httpx

from bench.attack.bodies import memory_of, processes_of
from bench.attack.house import House
from bench.attack.people import STAFF_COOKIE
from bench.attack.verdicts import Found, attack
from tests.parts.servers.webhook_receiver import running_receiver

SIGN_IN = "/office/sign-in"


@attack("wrong passwords from anywhere do not lock out a browser that signed in before")
def locked_out(house: House) -> Found:
    name = f"Victim {house.number()}"
    password, _ = house.member(name, "admin")
    known = house.sign_in(name, password, **{"X-Forwarded-For": "198.51.100.7"})
    stranger = house.client()
    wrong = Counter(
        stranger.post(
            SIGN_IN, data={"name": name, "password": "x"}, headers={"X-Forwarded-For": f"203.0.113.{step}"}
        ).status_code
        for step in range(40)
    )
    known.post("/office/sign-out")
    again = known.post(SIGN_IN, data={"name": name, "password": password})
    elsewhere = house.client().post(
        SIGN_IN, data={"name": name, "password": password}, headers={"X-Forwarded-For": "192.0.2.77"}
    )
    return Found(
        again.status_code == 303,
        f"40 wrong from 40 addresses {dict(wrong)}; the known browser "
        f"{again.status_code}, from another network {elsewhere.status_code}",
    )


@attack("a guesser's tries are bounded by account and by network, an IPv6 /64 or IPv4 /24 being one", seconds=120)
def networks(house: House) -> Found:
    compared: dict[str, int] = {}
    stranger = house.client()
    for network, address in (("/64", "2001:db8:1:2::{:x}"), ("/24", "198.51.100.{}"), ("spread", "2001:db8:{:x}::1")):
        statuses: Counter[int] = Counter()
        name = f"nobody {house.number()}"
        for step in range(1, 16 if network == "spread" else 56):
            who = name if network == "spread" else f"{name} {step}"
            headers = {"X-Forwarded-For": address.format(step)}
            statuses[stranger.post(SIGN_IN, data={"name": who, "password": "x"}, headers=headers).status_code] += 1
        compared[network] = statuses[403] + statuses[200]
    most = {"/64": 50, "/24": 50, "spread": 10}
    held = all(compared[network] <= most[network] for network in most)
    return Found(
        held,
        f"of 55 tries compared: one /64 {compared['/64']}, one /24 {compared['/24']}; "
        f"of 15 at one account from 15 networks {compared['spread']}",
    )


@attack("what a caller writes of itself into a proxy's headers is dropped where there is no proxy", strict=True)
def forged_networks(house: House) -> Found:
    stranger = house.client()
    compared = 0
    for step in range(30):
        headers = {
            "X-Forwarded-For": f"203.0.113.{step}",
            "Forwarded": f"for=203.0.113.{step}",
            "X-Real-IP": f"203.0.113.{step}",
        }
        status = stranger.post(SIGN_IN, data={"name": "one account", "password": "x"}, headers=headers).status_code
        compared += status == 403
    host = stranger.get("/office", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher"})
    other = stranger.get("/office", headers={"Host": "evil.example"})
    leads = [each.headers.get("location", "") for each in (host, other) if "evil" in each.headers.get("location", "")]
    return Found(
        compared <= 10 and not leads,
        f"30 tries under 30 made-up addresses: {compared} compared; a foreign host in {leads or 'no answer'}",
    )


@attack("many who sign in at once take neither all memory nor everybody's time", seconds=90)
def hashes_at_once(house: House) -> Found:
    pids = processes_of(house.service.pid)
    before, most = memory_of(pids), 0
    client = house.client()
    began = time.monotonic()
    waits: list[float] = []

    def watch() -> int:
        nonlocal most
        status = 0
        for _ in range(20):
            most = max(most, memory_of(pids) - before)
            asked = time.monotonic()
            status = client.get("/healthz").status_code
            waits.append(time.monotonic() - asked)
            time.sleep(0.05)
        return status

    def sign_in(step: int) -> httpx.Response:
        return client.post(
            SIGN_IN, data={"name": f"crowd {step}", "password": "x"}, headers={"X-Forwarded-For": house.network()}
        )

    answers = house.at_once([watch, *(partial(sign_in, step) for step in range(40))])
    statuses = Counter(answer.status_code for answer in answers[1:])
    busy = [answer for answer in answers[1:] if answer.status_code == 503]
    told = all(answer.headers.get("retry-after", "").isdigit() for answer in busy)
    held = most < 400 << 20 and answers[0] == 200 and told and not statuses[500]
    return Found(
        held,
        f"40 at once {dict(statuses)} in {time.monotonic() - began:.1f} s: {most >> 20} MB more, "
        f"/healthz within {max(waits):.1f} s",
    )


@attack("a name that is nobody's is answered like a wrong password, and as late")
def unknown_names(house: House) -> Found:
    name = f"Known {house.number()}"
    house.member(name, "auditor")
    took: dict[str, list[float]] = {"known": [], "unknown": []}
    pages: dict[str, set[str]] = {"known": set(), "unknown": set()}
    for step in range(8):
        for kind, who in (("known", name), ("unknown", f"Gone {house.number()}")):
            client = house.client()
            began = time.perf_counter()
            answer = client.post(SIGN_IN, data={"name": who, "password": f"wrong {step}"})
            took[kind].append(time.perf_counter() - began)
            pages[kind].add(f"{answer.status_code} {answer.text.replace(who, '')}")
    fast = {kind: sorted(times)[len(times) // 2] * 1000 for kind, times in took.items()}
    held = pages["known"] == pages["unknown"] and max(fast.values()) < 3 * min(fast.values())
    return Found(
        held,
        f"medians {fast['known']:.0f} ms and {fast['unknown']:.0f} ms; "
        f"the same page {pages['known'] == pages['unknown']}",
    )


@attack("after signing in the way leads to no other site")
def open_redirects(house: House) -> Found:
    wanted = [
        "//evil.example",
        "https://evil.example",
        "/office//evil.example",
        "/\\evil.example",
        "/office\\..\\..\\evil",
        "/office/../../evil",
        "/officeevil.example",
        "javascript:alert(1)",
        "/office?next=//evil",
        "/office\r\nSet-Cookie: a=b",
        "/office%0d%0aX: y",
        "/office/..//evil.example",
        "\t/office",
        "/office@evil.example",
        "//office",
        "/office#//evil",
        "http:/office",
        "/office/%2e%2e//evil",
    ]
    name = f"Reader {house.number()}"
    password, _ = house.member(name, "dispatcher")
    faults = []
    for each in wanted:
        client = house.client()
        answer = client.post(SIGN_IN, params={"next": each}, data={"name": name, "password": password})
        place = answer.headers.get("location", "")
        # As a browser reads it: backslashes are slashes, and blanks at the ends are none.
        where = urlsplit(urljoin(house.service.url, place.strip().replace("\\", "/")))
        ours = f"{where.scheme}://{where.netloc}" == house.service.url
        if answer.status_code != 303 or not ours or "a=b" in str(answer.headers):
            faults.append(f"{each!r} leads to {place!r}")
    return Found(not faults, f"{len(wanted)} ways on; {faults or 'all to this site'}")


@attack("each role may what its pages say: no post of an administrator's for anybody else, none at all for an auditor")
def roles(house: House) -> Found:
    pages = {"/office/keys", "/office/people", "/office/webhooks", "/office/shops", "/office/policy"}
    posts = {
        "/office/keys": {"name": "x"},
        "/office/people": {"name": "x", "role": "admin"},
        "/office/webhooks": {"url": "https://h.example.org/"},
        "/office/shops": {"name": "x", "kind": "shopify", "secret": "x"},
        "/office/devices": {"name": "x", "kind": "driver"},
        "/office/import": {},
        "/office/pickup-points": {"name": "x"},
        "/office/tours": {},
        "/office/block/AAA": {},
        "/office/renew/AAA": {},
        "/office/redirect/AAA": {},
        "/office/hand-over-without-code/AAA": {},
        "/office/read-out/AAA": {},
        "/office/letters/AAA": {},
        "/office/send-again/AAA": {},
    }
    faults, asked = [], 0
    for role in ("dispatcher", "supervisor", "counter", "auditor"):
        name = f"{role} {house.number()}"
        password, _ = house.member(name, role)
        browser = house.sign_in(name, password)
        for path in pages:
            status = browser.get(path).status_code
            asked += 1
            if status not in (403, 404) and path not in ("/office/policy", "/office/shops"):
                faults.append(f"{role} reads {path}: {status}")
        for path, form in posts.items():
            status = browser.post(path, data=form).status_code
            asked += 1
            if status != 403 and (role == "auditor" or path in pages):
                faults.append(f"{role} posts {path}: {status}")
            if status >= 500:
                faults.append(f"{role} posts {path}: {status}")
    return Found(not faults, f"{asked} calls; {faults[:6] or 'each refused'}")


@attack("another site makes no signed-in browser act, and no tossed cookie takes its session's place", short=True)
def other_sites(house: House) -> Found:
    own = house.office.cookies.get(STAFF_COOKIE) or ""
    forged = [
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": house.service.url},
        {"Origin": f"{house.service.url}.evil.example"},
    ]
    paths = (
        "/office/keys",
        "/office/people",
        "/office/devices",
        "/office/sign-out",
        "/office/import",
        "/office/block/AAA",
    )
    statuses = Counter(
        house.office.post(path, data={"name": "x"}, headers=headers).status_code for path in paths for headers in forged
    )
    tossed = (
        house.client()
        .get("/office/keys", headers={"Cookie": f"{STAFF_COOKIE}=tossed; {STAFF_COOKIE}={own}"})
        .status_code
    )
    behind = (
        house.client()
        .get("/office/keys", headers={"Cookie": f"{STAFF_COOKIE}={own}; {STAFF_COOKIE}=tossed"})
        .status_code
    )
    alive = house.office.get("/office/keys").status_code
    cookie = (
        house.client().post(SIGN_IN, data={"name": "admin", "password": house.password}).headers.get("set-cookie", "")
    )
    flags = all(flag in cookie for flag in ("HttpOnly", "SameSite=Strict"))
    held = set(statuses) == {403} and alive == 200 and flags and 500 not in (tossed, behind)
    return Found(
        held,
        f"{sum(statuses.values())} forms of other sites {dict(statuses)}; "
        f"cookies tossed {tossed}, {behind}; flags {flags}",
    )


@attack("a session ends for good when it is signed out, a password is changed or a member is blocked")
def sessions(house: House) -> Found:
    name = f"Leaver {house.number()}"
    password, staff_id = house.member(name, "dispatcher")
    kept = {}
    for what in ("sign-out", "sign_out", "block"):
        browser = house.sign_in(name, password)
        other = house.client(cookies={STAFF_COOKIE: browser.cookies.get(STAFF_COOKIE) or ""})
        if what == "sign-out":
            browser.post("/office/sign-out")
        else:
            house.office.post(f"/office/people/{staff_id}/{what}")
        kept[what] = other.get("/office").status_code
    blocked = house.client().post(SIGN_IN, data={"name": name, "password": password}).status_code
    held = all(status in (302, 303, 401, 403) for status in kept.values()) and blocked == 403
    return Found(held, f"afterwards {kept}; the blocked one signs in {blocked}")


@attack("forms of 1 MB, odd signs and missing fields are refused, never a fault of the service")
def office_forms(house: House) -> Found:
    forms = {
        SIGN_IN: ("name", "password"),
        "/office/people": ("name", "role"),
        "/office/devices": ("name", "kind"),
        "/office/keys": ("name", "scopes"),
        "/office/pickup-points": ("name", "place", "opening", "days_kept"),
        "/office/webhooks": ("url", "name", "types"),
        "/office/shops": ("name", "system", "secret"),
        "/office/policy": ("value", "currency", "sender"),
        "/office/account/password": ("old", "new", "password"),
        "/office/second-factor": ("code",),
        "/office/redirect/AAA": ("day", "point"),
        "/office/assign/AAA": ("device",),
        "/office/hand-over-without-code/AAA": ("reason", "name", "password"),
        "/office/tours": ("device", "references"),
        "/office/read-out/AAA": ("number",),
    }
    values = ["", "x" * 1_000_000, "\u0000", "\u2028\u202e", "9" * 5000, "-1", "NaN", "%s", "{{7*7}}", "\ud83d"]
    statuses: Counter[int] = Counter()
    faults = []
    for path, fields in forms.items():
        for field in fields:
            for value in values:
                content = "&".join(f"{name}={_quoted(value if name == field else 'x')}" for name in fields)
                try:
                    answer = house.office.post(
                        path, content=content.encode(), headers={"Content-Type": "application/x-www-form-urlencoded"}
                    )
                    status = answer.status_code
                except httpx.HTTPError:
                    status = 0
                statuses[status] += 1
                if status >= 500 or status == 0:
                    faults.append(f"{path} {field}={value[:12]!a}: {status or 'no answer'}")
    return Found(not faults, f"{sum(statuses.values())} forms {dict(statuses)}; {faults[:6] or 'no fault'}")


@attack("no address that somebody writes makes the service call inside the house")
def inside(house: House) -> Found:
    with running_receiver() as receiver:
        port = receiver.url.rpartition(":")[2]
        hosts = [
            "127.0.0.1",
            "localhost",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "0.0.0.0",
            "0",
            "localhost.",
            "127.0.0.1.",
            "user@127.0.0.1",
            "example.org@127.0.0.1",
            "127。0。0。1",
            "①②⑦.0.0.1",
            "169.254.169.254",
            "[fe80::1]",
            "10.0.0.1",
            "[::]",
            "127.0.0.1%20",
            "LOCALHOST",
        ]
        taken = []
        for host in hosts:
            for scheme in ("http", "https"):
                url = f"{scheme}://{host}:{port}/hook"
                api = house.sender.post("/api/v1/webhooks", json={"url": url, "name": "inside"})
                office = house.office.post("/office/webhooks", data={"url": url, "name": "inside"})
                taken += [url] if api.status_code == 201 or office.status_code == 303 else []
        house.announce()
        time.sleep(4)
        hits = len(receiver.received)
    return Found(hits == 0, f"{2 * len(hosts)} addresses, {len(taken)} taken at first, {hits} calls came")


def _quoted(value: str) -> str:
    return quote(value.encode("utf-8", "surrogatepass"))


@attack("nobody writes themselves into the house's network, and odd headers of a proxy are no fault", short=True)
def proxy_headers(house: House) -> Found:
    client = house.client()
    inside = {}
    for name, value in (
        ("X-Forwarded-For", "127.0.0.1, 203.0.113.9"),
        ("X-Forwarded-For", "203.0.113.9"),
        ("X-Forwarded-For", "::1, 2001:db8::1"),
    ):
        inside[value] = client.get("/metrics", headers={name: value}).status_code
    odd = [
        "unknown",
        "",
        ",",
        "a" * 5000,
        "fe80::1%eth0",
        "[::1]:80",
        "1.2.3.4:5",
        "\u00e4",
        "127.0.0.1;x",
        "999.999.999.999",
    ]
    statuses: Counter[int] = Counter()
    for value in odd:
        raw = {b"X-Forwarded-For": value.encode("latin-1")}
        statuses[client.get("/office/sign-in", headers=raw).status_code] += 1
        statuses[
            client.post(SIGN_IN, data={"name": f"x{house.number()}", "password": "x"}, headers=raw).status_code
        ] += 1
    for name in ("X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix"):
        for value in ("", "javascript", "evil.example/../", "0", "a, b"):
            statuses[client.get("/office", headers={name: value}).status_code] += 1
    held = 200 not in inside.values() and all(status < 500 for status in statuses)
    return Found(held, f"/metrics for strangers {inside}; odd headers {dict(statuses)}")
