"""A request that is malformed, ambiguous or at the wrong door gets a word that says so."""

from __future__ import annotations

import json
import re
import socket
from collections import Counter
from typing import Any

import httpx

from bench.attack.bodies import sent
from bench.attack.house import House
from bench.attack.people import API, DEVICE_COOKIE, STAFF_COOKIE, Gadget, now, told
from bench.attack.verdicts import Found, attack

PATHS = """
    //office /office/ /./office /x/../office /office%2fparcels /%6fffice /OFFICE /office;a=b /office%00
    /office%0d%0aSet-Cookie:%20a=b /office\\.. /..;/office /office/%2e%2e/office //evil.example
    //evil.example/office /\\evil.example /%5cevil.example /.%2e/office /office//parcels /office/parcels/%2e%2e
    /office/parcels/..%2f..%2foffice /static/../config.yaml /static/%2e%2e/%2e%2e/config.yaml
    /static/..%2f..%2fapp.py /static/..%5c..%5capp.py /static//etc/passwd
    /static/vendor/zxing-wasm/..%2f..%2f..%2f..%2fpackage.json /static/%00 /t/ /t/%00 /t/%ff%fe /t/../office
    /t/%F0%9F%98%80 /metrics/ /api/v1//tour
    /api/v1/parcels/ /api/v1/parcels/%2e%2e%2ftour /api/v1/parcels/A%2fB%2fcode%2frenew /api/v1/parcels/%00
    /api/v1/parcels/%ed%a0%80 /office/parcels/%F0%9F%98%80 /office/mails/..%2f.. /proofs/key.pem/
    /proofs/%2e%2e/secrets /driver/ /counter//intake /api/v1/openapi.json%2f /?next=//evil.example
    /office/sign-in?next=//evil.example /healthz/../office
"""


@attack("JSON that means two things or none is refused, never a fault of the service", short=True)
def odd_json(house: House) -> Found:
    gadget, counter = house.enrol(), house.enrol("counter")
    house.point(counter)
    reference = house.announce()[0]
    whole = json.dumps(gadget.body("000000", [reference]))
    texts = {
        "twice": whole[:-1] + ', "digits": "111111"}',
        "nan": '{"value": NaN}',
        "infinity": whole[:-1] + ', "offline": Infinity}',
        "huge": '{"waiting": 1' + "0" * 5000 + "}",
        "huge exponent": '{"reference": "AAA", "recipient": {"name": "x"}, "value": 1e999999999}',
        "deep": "[" * 100_000,
        "deep whole": "[" * 30_000 + "]" * 30_000,
        "deep object": '{"a":' * 30_000 + "1" + "}" * 30_000,
        "surrogate": whole.replace(reference, "\\ud800"),
        "nul": whole.replace(reference, "\\u0000"),
        "list": "[]",
        "string": '"x"',
        "null": "null",
        "number": "7",
        "empty": "",
        "bom": "\ufeff" + whole,
        "true for text": whole.replace(f'"{reference}"', "true"),
        "many": json.dumps(
            json.loads(whole) | {"parcels": [{"reference": f"X{n}", "by": "label"} for n in range(10_000)]}
        ),
        "long": whole.replace(reference, "A" * 100_000),
    }
    raw = {name: text.encode("utf-8", "surrogatepass") for name, text in texts.items()}
    raw |= {"latin": b'{"a": "\xff\xfe"}', "utf-16": whole.encode("utf-16"), "utf-32": whole.encode("utf-32")}
    paths = _json_paths(house)
    answers: Counter[int] = Counter()
    faults = []
    for method, path, client in ((m, p, c) for m, p in paths for c in (_caller(house, gadget, counter, p),)):
        for name, content in raw.items():
            status = sent(client, path, content, "application/json", method)
            answers[status] += 1
            if status >= 500 or status == 0:
                faults.append(f"{method} {path} {name}: {status or 'no answer'}")
    twice = gadget.client.post(
        f"{API}/verifications", content=raw["twice"], headers={"Content-Type": "application/json"}
    )
    if twice.status_code == 200:
        faults.append(f"a key twice: {told(twice)['outcome']}")
    return Found(not faults, f"{sum(answers.values())} bodies: {dict(answers)}; {faults[:6] or 'no fault'}")


@attack("odd text in every field of every call is refused or taken, never a fault of the service")
def odd_fields(house: House) -> Found:
    gadget, counter, kiosk = house.enrol(), house.enrol("counter"), house.enrol("kiosk")
    house.point(counter, kiosk)
    reference, letter = house.one()
    odd = [
        "",
        " ",
        "\u0000",
        "\ud800",
        "\u2028",
        "\u202e" + "x",
        "A" * 300,
        "=1+1",
        "-1",
        "9" * 400,
        "\U0001f600" * 40,
        "%s%n",
        "../..",
        "TEST/A",
    ]
    values: list[Any] = [*odd, None, True, 1e308, -1, 2**63, 2**200, [], {}, [[]], {"a": 1}]
    samples: list[tuple[httpx.Client, str, str, dict[str, Any]]] = [
        (
            house.sender,
            "POST",
            "/parcels",
            house.parcel(
                value="1.5", currency="EUR", destination="address", gift=False, consignment="C", history={"disputes": 0}
            ),
        ),
        (house.sender, "POST", "/assignments", {"device": gadget.id, "references": [reference], "replace": False}),
        (
            house.sender,
            "POST",
            "/webhooks",
            {"url": "https://hook.example.org/", "types": ["parcel.announced"], "name": "x"},
        ),
        (house.sender, "POST", f"/parcels/{reference}/reports", {"kind": "lost"}),
        (gadget.client, "POST", "/verifications", gadget.body(letter.payload, [reference])),
        (
            gadget.client,
            "POST",
            "/visits",
            {
                "visit_id": "x",
                "reference": reference,
                "reason": "nobody_home",
                "attempted_at": now().isoformat(),
                "place": {"latitude": 1, "longitude": 1, "accuracy_metres": 1},
            },
        ),
        (gadget.client, "POST", "/devices/me/signs", {"camera": "on", "waiting": 0}),
        (gadget.client, "POST", "/tour/parcels", {"reference": reference}),
        (gadget.client, "POST", "/tour/mails", {"reference": reference}),
        (gadget.client, "POST", "/labels", {"label": reference}),
        (
            counter.client,
            "POST",
            "/collections",
            counter.body("000000", [reference], form="doorcode-collection-1", name="x"),
        ),
        (counter.client, "POST", "/point/parcels", {"reference": reference, "size": "M", "shelf": "A1"}),
        (counter.client, "POST", f"/point/parcels/{reference}/shelf", {"shelf": "A1"}),
        (counter.client, "POST", "/point/shelves/A1/count", {"references": [reference]}),
        (counter.client, "POST", "/shift", {"by": {"name": "x", "pin": "000000"}}),
        (counter.client, "POST", "/slips", {"presentation_id": "x"}),
        (
            counter.client,
            "POST",
            "/supervised-handovers",
            {
                "reference": reference,
                "reason": "x",
                "first": {"name": "a", "password": "b", "code": "c"},
                "second": {"name": "a", "password": "b"},
            },
        ),
        (kiosk.client, "POST", "/kiosk/settings", {"pin": "000000"}),
        (house.client(), "POST", "/devices", {"enrolment": "x", "public_key": gadget.device.jwk, "language": "en"}),
    ]
    answers: Counter[int] = Counter()
    faults = []
    for client, method, path, sample in samples:
        for field in sample:
            for value in values:
                content = json.dumps(sample | {field: value})
                answer = client.request(
                    method, API + path, content=content, headers={"Content-Type": "application/json"}
                )
                answers[answer.status_code] += 1
                if answer.status_code >= 500:
                    faults.append(f"{path} {field}={str(value)[:20]!a}: {answer.status_code}")
    return Found(not faults, f"{sum(answers.values())} calls: {dict(answers)}; {faults[:6] or 'no fault'}")


@attack("a request that two programs would read in two ways is refused, and the next one is unharmed", short=True)
def smuggled(house: House) -> Found:
    inner = b"GET /office HTTP/1.1\r\nHost: localhost\r\n\r\n"
    start = b"POST /api/v1/proofs/check HTTP/1.1\r\nHost: localhost\r\n"
    cases = {
        "length twice": start + b"Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}" + inner,
        "length and chunks": start + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner,
        "length below nothing": start + b"Content-Length: -1\r\n\r\n{}",
        "length with a plus": start + b"Content-Length: +2\r\n\r\n{}",
        "huge length": start + b"Content-Length: 99999999999999999999\r\n\r\n{}",
        "unknown coding": start + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + inner,
        "bad chunk": start + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n",
        "huge chunk": start + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF0\r\n{}",
        "blank before colon": start + b"Content-Length : 2\r\n\r\n{}",
        "bare line feeds": start.replace(b"\r\n", b"\n") + b"Content-Length: 2\n\n{}",
        "folded": start + b"X-A: b\r\n c\r\nContent-Length: 2\r\n\r\n{}",
        "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
        "two hosts": b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "whole address": b"GET http://evil.example/office HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "connect": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
        "long head": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 2_000_000 + b"\r\n\r\n",
        "many heads": b"GET / HTTP/1.1\r\nHost: localhost\r\n"
        + b"".join(b"X-%d: a\r\n" % n for n in range(5000))
        + b"\r\n",
        "no http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 4,
        "old": b"GET /healthz HTTP/1.0\r\n\r\n",
        "future": b"GET /healthz HTTP/9.9\r\nHost: localhost\r\n\r\n",
        "nul": b"GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "method": b"GET\x0b /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "expectation": start + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n{}",
    }
    answers = {name: _raw(house, content) for name, content in cases.items()}
    faults = [f"{name}: {answer[:40]!r}" for name, answer in answers.items() if re.match(rb"HTTP/1.[01] 5", answer)]
    # A second answer to what was sent as one body would be the smuggled request's.
    faults += [f"{name}: two answers" for name, answer in answers.items() if answer.count(b"HTTP/1.1 303") > 0]
    statuses = Counter(
        (re.match(rb"HTTP/1.[01] (\d+)", answer) or [b"", b"closed"])[1].decode() for answer in answers.values()
    )
    healthy = house.client().get("/healthz").status_code == 200
    return Found(not faults and healthy, f"{len(cases)} requests: {dict(statuses)}; {faults[:5] or 'no fault'}")


@attack("no way of writing a path leads past a guard, out of the folder, or to another house", short=True)
def paths(house: House) -> Found:
    written = [*PATHS.split(), "/t/" + "A" * 5000]
    secrets = ("root:", "BEGIN PRIVATE", "data_folder:", "composition root", 'zxing-wasm":')
    faults, statuses = [], Counter[str]()
    for path in written:
        answer = _raw(
            house, b"GET " + path.encode("utf-8") + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        head, _, content = answer.partition(b"\r\n\r\n")
        status = (re.match(rb"HTTP/1.1 (\d+)", head) or [b"", b"closed"])[1].decode()
        statuses[status] += 1
        place = re.search(rb"(?im)^location: (.*?)\r?$", head)
        where = place.group(1).decode("latin-1") if place else ""
        if status.startswith("5"):
            faults.append(f"{path[:40]}: {status}")
        if "evil" in where.partition("?")[0] or b"set-cookie: a=b" in head.lower():
            faults.append(f"{path[:40]} leads to {where}")
        if any(secret.encode() in content for secret in secrets) or (status == "200" and b"sign-out" in content):
            faults.append(f"{path[:40]} shows what it guards")
    return Found(not faults, f"{len(written)} paths: {dict(statuses)}; {faults[:6] or 'no fault'}")


@attack("nobody is let in without a key, cookie or session of the right kind", short=True)
def doors(house: House) -> Found:
    driver = house.enrol()
    document = house.client().get(f"{API}/openapi.json").json()
    session = house.office.cookies.get(STAFF_COOKIE) or ""
    open_calls = {f"{API}/openapi.json", f"{API}/proofs/check", f"{API}/proofs/named", f"{API}/devices"}
    callers = {
        "nobody": house.client(),
        "an empty key": house.client(headers={"Authorization": "Bearer"}),
        "a made-up key": house.client(headers={"Authorization": "Bearer " + "A" * 43}),
        "a cookie of another kind": house.client(cookies={DEVICE_COOKIE: session}),
        "another cookie's name": house.client(cookies={STAFF_COOKIE: driver.session}),
        "a basic password": house.client(headers={"Authorization": "Basic YWRtaW46YWRtaW4="}),
    }
    faults, asked = [], 0
    for path, calls in document["paths"].items():
        # Shops and mail providers sign what they send, and a receipt's address is its own key.
        if path in open_calls or "/shops/" in path or "/receipts/" in path or path.endswith("/bounces"):
            continue
        for method in calls:
            if method not in ("get", "post", "put", "patch", "delete"):
                continue
            for name, client in callers.items():
                answer = client.request(
                    method.upper(), re.sub(r"\{[^}]+\}", "00000000-0000-0000-0000-000000000000", path), content=b"{}"
                )
                asked += 1
                if answer.status_code not in (401, 403):
                    faults.append(f"{method} {path} by {name}: {answer.status_code}")
    for path in re.findall(r'href="(/office[^"#?]*)"', house.office.get("/office/today").text):
        for name in ("nobody", "a cookie of another kind", "another cookie's name"):
            answer = callers[name].get(path)
            asked += 1
            if answer.status_code not in (302, 303, 401, 403):
                faults.append(f"{path} by {name}: {answer.status_code}")
    wrong = [driver.client.get(f"{API}/events"), house.sender.get(f"{API}/tour"), house.office.get(f"{API}/tour")]
    wrong += [
        driver.client.get("/office"),
        driver.post("/collections", driver.body("000000", ["AAA"], form="doorcode-collection-1")),
    ]
    faults += [
        f"{answer.request.url.path}: {answer.status_code}" for answer in wrong if answer.status_code in (200, 500)
    ]
    return Found(not faults, f"{asked} calls; {faults[:6] or 'all refused'}")


def _json_paths(house: House) -> list[tuple[str, str]]:
    """Return every call of the API that takes JSON."""
    document = house.client().get(f"{API}/openapi.json").json()
    found = []
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            if "application/json" in call.get("requestBody", {}).get("content", {}):
                found.append((method.upper(), re.sub(r"\{[^}]+\}", "AAA", path)))
    assert len(found) > 15, found
    return found


def _caller(house: House, gadget: Gadget, counter: Gadget, path: str) -> httpx.Client:
    """Return who may make a call."""
    inside = path.removeprefix(API)
    if inside.startswith(("/parcels", "/assignments", "/webhooks", "/events")):
        return house.sender
    return gadget.client if inside.startswith(("/verifications", "/visits", "/tour", "/devices")) else counter.client


def _raw(house: House, content: bytes) -> bytes:
    """Send bytes and return what comes within a moment."""
    house.calls += 1
    answer = b""
    with socket.create_connection(("127.0.0.1", house.service.port), timeout=5) as connection:
        try:
            connection.sendall(content)
            connection.settimeout(3)
            while piece := connection.recv(65536):
                answer += piece
                connection.settimeout(0.3)
        except (TimeoutError, ConnectionError):
            return answer
    return answer
