"""The driver's page takes a new release between parcels, never during one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.parts.browser.people import OpenBrowser, put_away, ready, sample_letter, type_digits, type_label
from tests.parts.calls import other_digits
from tests.parts.running_service import HOME, RunningService, running_service

NEW = "/* The next release. */"
REGISTRATION = "navigator.serviceWorker.getRegistration()"


@pytest.fixture
def own_copy(tmp_path: Path) -> Iterator[RunningService]:
    """A service that runs from a copy of its files, so that there can be a newer release of them."""
    home = tmp_path / "release"
    for part in ("codes", "scanner", "web"):
        shutil.copytree(HOME / part, home / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("app.py", "config.yaml"):
        shutil.copy(HOME / part, home / part)
    (home / "node_modules").symlink_to(HOME / "node_modules")
    with running_service(tmp_path, "--demo", home=home) as running:
        yield running


def runs_on(page: Page) -> bool:
    """Tell whether this is still the page that was marked, after a moment in which it could have been renewed."""
    page.wait_for_timeout(800)
    assert page.evaluate(f"{REGISTRATION}.then(({{ waiting }}) => waiting !== null)")
    return bool(page.evaluate("window.marked === true"))


def test_a_new_release_waits_until_nothing_is_in_hand(own_copy: RunningService, open_browser: OpenBrowser) -> None:
    wrong = other_digits(sample_letter(own_copy, "SAMPLE0002").digits)
    with open_browser() as phone:
        page = phone.new_page()
        ready(page, own_copy)
        type_label(page, "SAMPLE0002")
        page.evaluate("window.marked = true")
        own_copy.kill()
        with (own_copy.home / "web" / "static" / "css" / "pages" / "driver.css").open("a", encoding="utf-8") as sheet:
            sheet.write(NEW)
        own_copy.start("--demo")
        page.evaluate(f"{REGISTRATION}.then((known) => known.update()).then(() => true)")
        page.wait_for_timeout(2000)
        assert runs_on(page), "a parcel is in hand"
        type_digits(page, wrong)
        # A busy machine may let the first question go unanswered; the page asks it again by itself.
        expect(page.locator(".verdict")).to_have_attribute("data-outcome", "wrong_code")
        assert runs_on(page), "a verdict is on the screen"
        put_away(page)
        assert runs_on(page), "the parcel is still in hand"
        with page.expect_event("load"):
            page.locator("[data-parcels] .chip button").click()
        assert page.evaluate("window.marked") is None
        phone.set_offline(True)
        kept = page.evaluate("fetch('/static/css/pages/driver.css').then((answer) => answer.text())")
        assert NEW in kept
        assert len(page.evaluate("caches.keys()")) == 1
