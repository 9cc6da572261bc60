"""The public check: a stranger's browser says whether a proof holds, and first of all what is wrong."""

from __future__ import annotations

import base64
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import qrcode
import zxingcpp
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Page, Route, expect

from tests.parts.browser.people import Letter, OpenBrowser, violations, watch
from tests.parts.proofs.odd_proofs import OddProofs
from tests.parts.proofs.odd_sheets import odd_sheet, odd_sheets
from tests.parts.proofs.three_verifiers import ThreeVerifiers
from tests.parts.running_service import RunningService

CHECK = """async ([key, data]) => {
    const { proofIn } = await import("/static/js/recipient/proof/attachment.js");
    const { checkProof } = await import("/static/js/recipient/proof/proof.js");
    const letters = atob(data);
    const bytes = new Uint8Array(letters.length);
    for (let place = 0; place < bytes.length; place++) bytes[place] = letters.charCodeAt(place);
    try {
        return { holds: true, ...(await checkProof(await proofIn(bytes), key)) };
    } catch (error) {
        return { holds: false, fault: error.message };
    }
}"""
"""Ask the page's own modules."""
TOLD = """async () => {
    const { verdictOn } = await import("/static/js/recipient/proof/telling.js");
    const at = "2026-11-24T10:00:00.000000Z";
    const handover = { at, recorded: at, offline: false, conflict: null };
    const sealed_at = "2027-01-01T00:00:00.000000Z";
    const said = { holds: true, reference: "P-1", grade: "C", handover, contested: [], last_event_at: at, sealed_at };
    return verdictOn(document.querySelector("[data-check]"), said)[1].textContent;
}"""
LACKING = {
    "const real = crypto.subtle.importKey.bind(crypto.subtle);"
    "crypto.subtle.importKey = (form, data, how, ...rest) => how.name === 'Ed25519'"
    " ? Promise.reject(new Error('none')) : real(form, data, how, ...rest);": "proof.json",
    "delete globalThis.DecompressionStream": "proof.pdf",
    "delete Crypto.prototype.subtle": "proof.json",
}
"""What browsers of some years ago do not have, or none does without TLS, and a file that needs it."""
DROP = """(given) => {
    const dataTransfer = new DataTransfer();
    const content = typeof given === "number" ? new Uint8Array(given) : given;
    dataTransfer.items.add(new File([content], "proof.json", { type: "application/json" }));
    document.querySelector("[data-drop]").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true }));
}"""


def choose(page: Page, data: bytes) -> None:
    """Choose a file as a person does."""
    page.locator("[data-file]").set_input_files({"name": "p.json", "mimeType": "application/json", "buffer": data})
    expect(page.locator("[data-result]")).to_be_visible()


def test_a_browser_checks_a_proof_by_itself_and_names_what_was_forged(
    house: RunningService, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    house.run("proof", "SAMPLE0009", "--out", str(tmp_path / "proof.json"))
    proof = (tmp_path / "proof.json").read_bytes()
    with open_browser() as browser:
        watched = watch(browser.new_page())
        page = watched.page
        page.goto(f"{house.url}/proofs/check?lang=en")
        result = page.locator("[data-result]")
        house.run("proof", "SAMPLE0009", "--pdf", str(tmp_path / "proof.pdf"), "--language", "ar")
        choose(page, (tmp_path / "proof.pdf").read_bytes())
        expect(result).to_contain_text("This proof holds.")
        choose(page, proof)
        expect(result).to_contain_text("This proof holds.")
        expect(result).to_contain_text("No handover of the parcel SAMPLE0009 is recorded.")
        # Green is for a handover alone: nobody shows a proof without one at a glance.
        expect(result).to_have_attribute("data-holds", "doubted")
        result.locator("summary").click()
        sealed = result.locator("time")
        assert (sealed.get_attribute("datetime") or "").endswith("Z")
        assert not re.search(r"\dT\d", sealed.inner_text()), "a person reads this"
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.screenshot(path=tmp_path / "holds.png")
        choose(page, proof.replace(b'"code_required":true', b'"code_required":false'))
        expect(result).to_contain_text("event 2 (policy_decided) or the one before it was altered")
        choose(page, proof.replace(b'"grade":"-"', b'"grade":"A"'))
        expect(result).to_contain_text("the events show grade -")
        choose(page, b"%PDF-1.7")
        expect(result).to_contain_text("no proof file is attached to this PDF")
        choose(page, b"[]")
        expect(result).to_contain_text("This proof does not hold.")
        page.evaluate(DROP, 16_000_001)
        expect(result).to_contain_text("the file is too large to be a proof")
        page.screenshot(path=tmp_path / "fails.png")
        assert watched.complaints == []


def test_a_photograph_of_the_paper_is_enough(
    service: RunningService, open_browser: OpenBrowser, sample: Letter, tmp_path: Path
) -> None:
    with open_browser() as browser:
        page = browser.new_page()
        page.goto(f"{service.url}/proofs/check?lang=en")
        result = page.locator("[data-result]")
        # Its recipient, or whoever got the paper, photographs it, lying a little askew.
        (sheet,) = pypdfium2.PdfDocument(page.request.get(f"{sample.ticket}/proof.pdf").body())
        paper = sheet.render(scale=2.5).to_pil().rotate(4, expand=True, fillcolor=(120, 110, 100))
        paper.save(tmp_path / "paper.jpg", quality=80)
        page.locator("[data-file]").set_input_files(tmp_path / "paper.jpg")
        expect(result).to_contain_text("This proof holds.")
        expect(result).to_contain_text(f"No handover of the parcel {sample.reference} is recorded.")
        # A phone's own camera opens the address; a picture of something else, and of another house's paper, is told.
        [symbol] = zxingcpp.read_barcodes(np.asarray(paper.convert("L")))
        page.goto("about:blank")
        page.goto(symbol.text)
        expect(result).to_contain_text("This proof holds.")
        elsewhere = symbol.text.replace(service.url, "https://parcels.example.org")
        for told, text in (("No proof symbol", sample.digits), ("leads to another service", elsewhere)):
            qrcode.make(text).save(tmp_path / f"{told}.png")
            page.locator("[data-file]").set_input_files(tmp_path / f"{told}.png")
            expect(result).to_contain_text(told)
        page.locator("[data-file]").set_input_files({"name": "a", "mimeType": "image/heic", "buffer": b"heic"})
        expect(result).to_contain_text("This proof could not be checked.This browser cannot read this picture.")
        # A file is dropped.
        page.evaluate(DROP, page.request.get(f"{sample.ticket}/proof.json").text())
        expect(result).to_contain_text("This proof holds.")
        assert violations(page) == []


def test_a_real_browser_and_the_command_agree_on_odd_sheets(house: RunningService, open_browser: OpenBrowser) -> None:
    proofs, chance = OddProofs(seed=11), random.Random(11)
    one, other = proofs.sound()[1:3]
    pem = proofs.sealing.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    with open_browser() as browser:
        page = browser.new_page()
        page.goto(f"{house.url}/proofs/check?lang=en")

        def ask(sheet: bytes) -> dict[str, Any]:
            answer: dict[str, Any] = page.evaluate(CHECK, [pem, base64.b64encode(sheet).decode()])
            return answer

        verifiers = ThreeVerifiers(proofs.sealing.public_key(), ask)
        for what, holds, sheet in odd_sheets(one, other):
            product, _, in_page = verifiers.verdicts(sheet)
            assert (product, in_page) == (holds, holds), what
        for number in range(200):
            product, _, in_page = verifiers.verdicts(odd_sheet(chance, one, other))
            assert product == in_page, number


def test_a_browser_that_cannot_check_says_so_and_asks_the_service(
    house: RunningService, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    house.run("proof", "SAMPLE0009", "--out", str(tmp_path / "proof.json"), "--pdf", str(tmp_path / "proof.pdf"))
    with open_browser() as browser:
        for lacks, file in LACKING.items():
            page = browser.new_page()
            page.add_init_script(lacks)
            page.goto(f"{house.url}/proofs/check?lang=en")
            page.locator("[data-file]").set_input_files(tmp_path / file)
            expect(page.locator("[data-unable]")).to_be_visible()
            page.locator("[data-ask]").click()
            expect(page.locator("[data-result]")).to_contain_text("This proof holds.")


def test_no_proof_is_called_false_because_of_a_network(
    house: RunningService, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    house.run("proof", "SAMPLE0009", "--out", str(tmp_path / "proof.json"))
    with open_browser() as browser:
        page = browser.new_page()
        page.goto(f"{house.url}/proofs/check?lang=en")
        result, unchecked = page.locator("[data-result]"), "This proof could not be checked.The service could not be"
        for trouble in (lambda route: route.abort(), lambda route: route.fulfill(status=503, body="busy")):
            page.route("**/proofs/key.pem", trouble)
            choose(page, (tmp_path / "proof.json").read_bytes())
            expect(result).to_contain_text(unchecked)
            page.unroute("**/proofs/key.pem")
        page.route("**/proofs/named", lambda route: route.fulfill(status=429, body="{}"))
        page.evaluate("location.hash = 'x.1'")
        expect(result).to_contain_text(unchecked)
        choose(page, (tmp_path / "proof.json").read_bytes())
        expect(result).to_contain_text("This proof holds.")
        assert "was not contested as of Nov" in page.evaluate(TOLD)
        page.evaluate("document.dir = 'rtl'")
        assert "\u200eP-1\u200e" in page.evaluate(TOLD)
        assert "somebody who had the code of a person" in page.evaluate(TOLD)


def test_a_file_chosen_before_the_page_was_ready_is_checked_once_it_is(
    house: RunningService, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    house.run("proof", "SAMPLE0002", "--out", str(tmp_path / "proof.json"))
    late: list[Route] = []
    with open_browser() as browser:
        page = browser.new_page()
        page.route("**/locales/verdicts.json", lambda route: late.append(route))
        page.goto(f"{house.url}/proofs/check?lang=en", wait_until="commit")
        page.locator("[data-file]").set_input_files(tmp_path / "proof.json")
        while not late:
            page.wait_for_timeout(50)
        late[0].continue_()
        expect(page.locator("[data-result]")).to_contain_text("This proof holds.")
