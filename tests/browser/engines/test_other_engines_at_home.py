"""The recipient's page and the public check of proofs in WebKit and Firefox."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import zxingcpp
from PIL import Image

from tests.parts.browser.engines import PATIENCE_SECONDS, Page, without_service
from tests.parts.browser.people import Letter, payload_of
from tests.parts.device import enrolled
from tests.parts.running_service import RunningService

POINTED_BY_A_FINGER = """
  const { matchMedia } = window;
  window.matchMedia = (media) => (media === "(pointer: coarse)" ? { matches: true } : matchMedia(media));
"""
"""WebKit on a desk cannot be told that it runs on a phone, and computers keep no ticket."""
KEPT = """return (async (address, digits) => {
  const kept = await caches.match(address);
  return kept && (await kept.text()).includes(digits) && Boolean(await navigator.serviceWorker.ready);
})(...arguments)"""


def symbols_on(page: Page) -> set[str]:
    """Read the page as another person's camera does, once its symbol is drawn."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while True:
        shown = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("L"))
        if found := {symbol.text for symbol in zxingcpp.read_barcodes(shown)}:
            return found
        assert time.monotonic() < ends, "no symbol is seen"


def test_the_ticket_shows_symbol_and_digits_and_turns_green_by_itself(
    page: Page, house: RunningService, fresh: Letter
) -> None:
    page.goto(f"{fresh.ticket}?lang=en")
    assert "".join(page.text(".digits-line").split()) == fresh.digits
    assert symbols_on(page) == {payload_of(fresh)}
    with house.codes() as codes:
        phone = enrolled(codes)
        answer = codes.present(phone.presentation(fresh.digits, fresh.reference, now=datetime.now(UTC)))
    assert page.text(".verdict-number") == answer.match_number
    page.wait_for("document.querySelector('.verdict-go')?.click(); return !document.querySelector('.verdict')")
    assert page.text(".done h1") == "Handed over"


def test_its_language_can_be_changed_and_somebody_else_be_named(page: Page, fresh: Letter) -> None:
    page.goto(f"{fresh.ticket}?lang=ar")
    page.wait_for("return document.documentElement.dir === 'rtl'")
    page.run("document.querySelector('[name=lang]').value = 'en'")
    page.click(".language button")
    page.click("summary", "Somebody else will receive it")
    page.fill("[name=name]", "Uncle Bo")
    page.click("button", "Create a ticket")
    assert page.text(".delegate h2") == "Uncle Bo"
    page.click("[data-forward]")
    page.wait_for("return !document.body.innerText.replace(/\\D/g, '').includes(arguments[0])", fresh.digits)
    assert page.text(".digits-line")


def test_a_ticket_that_was_open_once_opens_without_network(page: Page, house: RunningService, fresh: Letter) -> None:
    address = urlsplit(fresh.ticket).path
    page.goto(f"{fresh.ticket}?lang=en")
    page.run(POINTED_BY_A_FINGER)
    look = "document.querySelector('[data-ticket]').dataset.look"
    keeping = "import('/static/js/recipient/ticket-keeping.js')"
    page.run(f"return {keeping}.then(({{ keepTicket }}) => keepTicket(arguments[0], {look}))", address)
    page.wait_for(KEPT, address, fresh.digits[:3])
    with without_service(house):
        page.goto(fresh.ticket)
        assert page.text("[data-kept-notice]").startswith("Shown from your phone, as it was at")
        assert "".join(page.text(".digits-line").split()) == fresh.digits
        assert symbols_on(page) == {payload_of(fresh)}
    page.gone("[data-kept-notice]")


def test_a_proof_is_checked_in_the_browser_itself(page: Page, house: RunningService, tmp_path: Path) -> None:
    proof, forged, sheet = (tmp_path / name for name in ("proof.json", "forged.json", "proof.pdf"))
    house.run("proof", "SAMPLE0002", "--out", str(proof))
    house.run("proof", "SAMPLE0002", "--pdf", str(sheet), "--language", "ar")
    forged.write_bytes(proof.read_bytes().replace(b'"code_required":true', b'"code_required":false'))
    page.goto(f"{house.url}/proofs/check?lang=en")
    for file, said in (
        (proof, "This proof holds."),
        (forged, "event 2 (policy_decided) or the one before it was altered"),
        (sheet, "This proof holds."),
    ):
        page.choose("[data-file]", file)
        page.text("[data-result]", said)
    assert "SAMPLE0002" in page.text("[data-result]")
