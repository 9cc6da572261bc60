"""What people do in a browser, in their words: enrol a phone, start the camera, look at a verdict."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, cast

import httpx
import numpy as np
import zxingcpp
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect
from pyzbar.pyzbar import decode

from codes.model import DeviceKind
from tests.parts.browser.engines import Page as EnginePage
from tests.parts.running_service import RunningService
from tests.parts.servers.smtp_server import SmtpServer

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
VERDICT_WITHIN_MS = 90_000
MAIL_WITHIN_SECONDS = 90
FARTHEST = 80
"""So many places a page may have for the focus."""

OpenBrowser = Callable[..., AbstractContextManager[BrowserContext]]


@dataclass(slots=True)
class Watched:
    """A page, with everything it asked for and every complaint it made."""

    page: Page
    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)


def watch(page: Page) -> Watched:
    """Write down which hosts a page asks, and what its console complains of."""
    watched = Watched(page)
    page.on("request", lambda request: watched.hosts.add(httpx.URL(request.url).host))
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    page.on("console", lambda said: watched.complaints.append(said.text) if said.type == "error" else None)
    return watched


def enrol(page: Page, service: RunningService, kind: str, language: str = "de", name: str | None = None) -> None:
    """Set a device up as the depot and its user do."""
    page.goto(service.invitation(name or f"Test {kind}", DeviceKind(kind)))
    page.locator(f"button[value={language}]").click()
    page.wait_for_url(f"**/{kind}")
    page.locator("[data-hand] .slot, [data-story] li").first.wait_for()
    if kind == "counter":
        # What is scanned before the page listens is lost.
        page.locator("html[data-listening]").wait_for()


def start_camera(page: Page) -> None:
    """Tap the one big button, once. On a desk the camera is folded away, and the tap that brings it starts it."""
    folded = page.locator("[data-fold]")
    (folded if folded.is_visible() else page.locator("[data-start]")).click()


def verdict(page: Page) -> str:
    """Wait for the full-screen verdict and return its outcome."""
    shown = page.locator(".verdict")
    shown.wait_for(timeout=VERDICT_WITHIN_MS)
    return str(shown.get_attribute("data-outcome"))


def confirm(page: Page, asked: str) -> None:
    """Press what kills or locks, and say yes to what it asks."""
    page.get_by_label(asked, exact=True).click()
    page.locator("details.confirm[open] .button-deadly").click()


def violations(page: Page, within: str = "html") -> list[str]:
    """Return what axe-core finds on a page, or in a part of it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = """(within) => axe.run(within, { resultTypes: ["violations"] }).then(({ violations }) =>
        violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`)))"""
    complaints: list[str] = page.evaluate(found, within)
    return complaints


def put_away(page: Page) -> None:
    """Tap the verdict away, as soon as it lets itself be tapped away."""
    page.wait_for_timeout(600)
    page.locator(".verdict-go").click()
    expect(page.locator(".verdict")).to_have_count(0)


def type_label(page: Page, reference: str) -> None:
    """Type what a label says that no camera can read."""
    page.locator("[data-type]").click()
    page.locator("[name=reference]").fill(reference)
    page.locator("[data-type-label] [value=ok]").click()


def scan(
    page: Page | EnginePage,
    text: str,
    layout: Mapping[str, str] | None = None,
    *,
    end: str = "Enter",
    gap_ms: float = 2,
) -> None:
    """Scan as a hand scanner does, which types faster than anybody, however busy the machine is meanwhile.

    ``layout`` says what the page is told as `key` for places of a US keyboard; ``end`` is what the scanner adds,
    ``gap_ms`` the time between two of its keys. The keys carry their own times: a browser that is starved between two
    of them would make two scans of one.
    """
    presses = [(place_of(sign), (layout or {}).get(place_of(sign), sign.lower())) for sign in text]
    presses += [(end, end)] if end else []
    page.evaluate(
        """([presses, gap]) => {
          const first = performance.now() - presses.length * gap;
          presses.forEach(([code, key], number) => {
            for (const kind of ["keydown", "keyup"]) {
              const event = new KeyboardEvent(kind, { code, key, bubbles: true, cancelable: true });
              Object.defineProperty(event, "timeStamp", { value: first + number * gap });
              document.body.dispatchEvent(event);
            }
          });
        }""",
        [presses, gap_ms],
    )


FRENCH = dict(zip([f"Digit{digit}" for digit in "1234567890"], "&é\"'(-è_çà", strict=True))
"""What a French keyboard writes where others have their digits."""


def scan_into_field(page: Page, text: str, layout: Mapping[str, str]) -> None:
    """Scan while a field has the focus: the browser itself writes into it what the keyboard's layout says."""
    keys = page.context.new_cdp_session(page)
    first = time.time()
    for number, sign in enumerate([*text, "Enter"]):
        code = sign if sign == "Enter" else place_of(sign)
        key = layout.get(code, sign)
        event = {"code": code, "key": key, "text": "\r" if sign == "Enter" else key, "timestamp": first + number / 500}
        keys.send("Input.dispatchKeyEvent", {"type": "keyDown", **event})
        keys.send(
            "Input.dispatchKeyEvent", {"type": "keyUp", "code": code, "key": key, "timestamp": event["timestamp"]}
        )
    keys.detach()


def place_of(sign: str) -> str:
    """Return the place of a sign on a US keyboard, as UI Events' `code` names it."""
    if sign.isdigit():
        return f"Digit{sign}"
    return {"-": "Minus", "/": "Slash", ".": "Period", "]": "BracketRight", ";": "Semicolon"}.get(
        sign
    ) or f"Key{sign.upper()}"


def fetch(page: Page, *references: str) -> None:
    """Bring the parcels that the counter's list names, scanning each label."""
    page.locator("[data-collection]").wait_for()
    for reference in references:
        scan(page, reference)
        page.wait_for_timeout(150)


def type_digits(page: Page, digits: str) -> None:
    """Tap the digits on the keypad."""
    for digit in digits:
        page.locator(".key", has_text=digit).click()
    page.locator(".key-go").click()


def go_to(page: Page, selector: str) -> None:
    """Go there by Tab alone, as whoever has no mouse does."""
    for _ in range(FARTHEST):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab never comes to {selector}")


def press(page: Page, selector: str) -> None:
    """Press a button by Tab and Enter alone."""
    go_to(page, selector)
    page.keyboard.press("Enter")


def sign_in(page: Page, service: RunningService) -> None:
    """Sign the first administrator in."""
    sign_in_by(page, service.url, service.password())


def sign_in_by(page: Page, url: str, password: str) -> None:
    """Sign the account "admin" in by its password."""
    page.goto(f"{url}/office")
    page.locator("[name=name]").fill("admin")
    page.locator("[name=password]").fill(password)
    page.locator("button[type=submit]").click()
    page.wait_for_url("**/office")


@dataclass(frozen=True, slots=True)
class Letter:
    """What a recipient got by mail about a parcel."""

    reference: str
    digits: str
    symbol: bytes
    ticket: str


def announce(service: RunningService, reference: str, *, gift: bool = False, **recipient: Any) -> None:
    """Announce a parcel by the API, as a shop does; a gift needs no code."""
    key = service.key_of("Test shop")
    parcel = {
        "reference": reference,
        "recipient": {"name": "Ada", "email": f"{reference.lower()}@example.org", "language": "tr", **recipient},
        "sender": "Test shop",
        "value": "250.00",
        "currency": "EUR",
        "gift": gift,
    }
    answer = httpx.post(
        f"{service.url}/api/v1/parcels", json=parcel, headers={"Authorization": f"Bearer {key}"}, timeout=60
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["code_required"] is not gift


def letter_to(smtp: SmtpServer, address: str, wait: Callable[[float], None]) -> Letter:
    """Take the newest mail to an address apart: its digits, the picture of the symbol, the link.

    Who is written to is called as the parcel, as ``announce`` does.
    """
    for _ in range(MAIL_WITHIN_SECONDS * 10):
        if found := [message for message in smtp.messages if address in str(message["To"])]:
            return _letter(address.partition("@")[0].upper(), found[-1])
        wait(100)
    raise AssertionError(f"no mail to {address} arrived")


def _letter(reference: str, message: EmailMessage) -> Letter:
    plain = cast(EmailMessage, message.get_body(("plain",))).get_content()
    ticket = next(word for word in plain.split() if "/t/" in word)
    symbol = next(part for part in message.walk() if part.get_filename() == "delivery-code.png")
    return Letter(reference, digits_in(plain), cast(bytes, symbol.get_payload(decode=True)), ticket)


def digits_in(plain: str) -> str:
    """Return the digits that stand in a line of their own, which may say that it is read from left to right."""
    lines = (re.fullmatch(r" *\u200e?([0-9]{3}) ([0-9]{3})\u200e? *", line) for line in plain.splitlines())
    return next(found[1] + found[2] for found in lines if found)


def sample_letter(service: RunningService, reference: str, *, newest: bool = False) -> Letter:
    """Take a sample parcel's mail from the office, which shows mails while no server takes them."""
    with httpx.Client(base_url=service.url, cookies=_session(service.url, service.password()), timeout=60) as office:
        mails = office.get("/office/mails", params={"lang": "en"}).raise_for_status().text
        row = [row for row in mails.split("<tr>") if reference in row][0 if newest else -1]
        mail = office.get(_between(row, 'href="', '"')).text
        ticket = _between(mail, 'button-first" href="', '"')
        digits = digits_in(_between(mail, "<pre>", "</pre>"))
        return Letter(reference, digits, office.get(f"{ticket}/symbol.png").content, ticket)


@cache
def _session(url: str, password: str) -> httpx.Cookies:
    """Sign the administrator in, once: it takes as long as it should."""
    return httpx.post(f"{url}/office/sign-in", data={"name": "admin", "password": password}, timeout=60).cookies


def _between(text: str, start: str, end: str) -> str:
    return text.split(start, 1)[1].split(end, 1)[0]


drivers = count(1)


def carry(service: RunningService, *references: str, device: str = "Test driver") -> None:
    """Give parcels to a driver, as the depot's system does."""
    key = service.key_of("Depot")
    answer = httpx.post(
        f"{service.url}/api/v1/assignments",
        json={"device": device, "references": list(references)},
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
    )
    assert answer.json()["refused"] == []


def ready(page: Page, service: RunningService, *references: str) -> str:
    """Enrol, load the parcels, and wait until the phone keeps page and tour; returns the device's name."""
    name = f"Test driver {next(drivers)}"
    enrol(page, service, "driver", "en", name)
    if references:
        carry(service, *references, device=name)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    assert page.evaluate("navigator.serviceWorker.controller !== null")
    page.locator(f"html[data-carried='{len(references)}']").wait_for(state="attached")
    return name


def waits(page: Page, count: int) -> None:
    """Expect so many things to wait for the network, as the screen says."""
    shown = page.locator("[data-pending]")
    if count:
        expect(shown).to_be_visible()
        expect(page.locator("[data-pending-count]")).to_have_text(str(count))
    else:
        expect(shown).to_be_hidden()


GERMAN = {"KeyY": "z", "KeyZ": "y", "Minus": "ß", "Slash": "-"}


def payload_of(letter: Letter) -> str:
    """Read the symbol as a hand scanner does."""
    return str(decode(Image.open(io.BytesIO(letter.symbol)).convert("L"))[0].data.decode())


def take_in(page: Page, service: RunningService, reference: str, shelf: str) -> None:
    """Put a parcel on a shelf, as the page of its counter does."""
    body = {"reference": reference, "size": "S", "shelf": shelf}
    assert page.request.post(f"{service.url}/api/v1/point/parcels", data=body).status == 201


def symbols_on(page: Page) -> set[str]:
    """Read the page as another person's camera does, once its pictures are there."""
    page.wait_for_load_state("load")
    shown = np.asarray(Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("L"))
    return {found.text for found in zxingcpp.read_barcodes(shown) if found.text.startswith("731")}
