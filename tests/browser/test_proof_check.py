"""The public check: a stranger's browser says whether a proof holds, and first of all what is wrong."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.people import OpenBrowser, watch
from tests.parts.running_service import RunningService


def choose(page: Page, data: bytes) -> None:
    """Choose a file as a person does."""
    page.locator("[data-file]").set_input_files({"name": "p.json", "mimeType": "application/json", "buffer": data})
    expect(page.locator("[data-result]")).to_be_visible()


def test_a_browser_checks_a_proof_by_itself_and_names_what_was_forged(
    service: RunningService, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    service.run("proof", "SAMPLE0002", "--out", str(tmp_path / "proof.json"))
    proof = (tmp_path / "proof.json").read_bytes()
    with open_browser() as browser:
        watched = watch(browser.new_page())
        page = watched.page
        page.goto(f"{service.url}/proofs/check?lang=en")
        result = page.locator("[data-result]")
        choose(page, proof)
        expect(result).to_contain_text("This proof holds.")
        expect(result).to_contain_text("SAMPLE0002")
        sealed = result.locator("time")
        assert (sealed.get_attribute("datetime") or "").endswith("Z")
        assert "T" not in sealed.inner_text(), "a person reads this"
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.screenshot(path=tmp_path / "holds.png")
        choose(page, proof.replace(b'"code_required":true', b'"code_required":false'))
        expect(result).to_contain_text("event 2 (policy_decided) or the one before it was altered")
        choose(page, proof.replace(b'"grade":"-"', b'"grade":"A"'))
        expect(result).to_contain_text("the events show grade -")
        choose(page, b"%PDF-1.7")
        expect(result).to_contain_text("This is the sheet of paper.")
        choose(page, b"[]")
        expect(result).to_contain_text("This proof does not hold.")
        page.screenshot(path=tmp_path / "fails.png")
        assert watched.complaints == []


def test_a_browser_without_ed25519_says_so_and_asks_the_service(
    service: RunningService, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    service.run("proof", "SAMPLE0002", "--out", str(tmp_path / "proof.json"))
    with open_browser() as browser:
        page = browser.new_page()
        page.add_init_script(
            "const real = crypto.subtle.importKey.bind(crypto.subtle);"
            "crypto.subtle.importKey = (form, data, how, ...rest) => how.name === 'Ed25519'"
            " ? Promise.reject(new Error('none')) : real(form, data, how, ...rest);"
        )
        page.goto(f"{service.url}/proofs/check?lang=en")
        page.locator("[data-file]").set_input_files(tmp_path / "proof.json")
        expect(page.locator("[data-unable]")).to_be_visible()
        page.locator("[data-ask]").click()
        expect(page.locator("[data-result]")).to_contain_text("This proof holds.")
