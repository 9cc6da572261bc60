"""The kiosk with its own camera program: a film as camera, its page in a real browser."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.parts.browser.camera_film import scene
from tests.parts.browser.kiosks import kiosk, video_of
from tests.parts.browser.people import DESK, OpenBrowser, sample_letter, verdict
from tests.parts.intake import taken_in
from tests.parts.running_service import HOME, RunningService, running_service

KEEP_OUTCOMES = """() => {
  const outcomes = (window.outcomes = []);
  const look = () => {
    const shown = document.querySelector(".verdict")?.dataset.outcome;
    if (shown && shown !== outcomes.at(-1)) outcomes.push(shown);
  };
  new MutationObserver(look).observe(document.body, { childList: true });
}"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """One service for all of these; each takes a sample parcel of its own."""
    with running_service(tmp_path_factory.mktemp("house"), "--demo") as running:
        yield running


def outcomes_after_unknown(page: Page, *, within_seconds: float) -> list[str]:
    """Wait for a verdict other than unknown; returns all such that the screen has shown, also those that are gone."""
    until = time.monotonic() + within_seconds
    while time.monotonic() < until:
        told = [
            outcome for outcome in page.evaluate("window.outcomes") if outcome not in ("unknown", "service_trouble")
        ]
        if told:
            return told
        page.wait_for_timeout(200)
    raise AssertionError(f"still {page.locator('body').inner_text()!r}")


@pytest.fixture
def page(open_browser: OpenBrowser) -> Iterator[Page]:
    """The kiosk's screen."""
    with open_browser(size=DESK) as browser:
        yield browser.new_page()


def test_a_code_in_the_film_turns_the_screen_green_and_the_ticket_page_too(
    service: RunningService, tmp_path: Path, page: Page
) -> None:
    sample = sample_letter(service, "SAMPLE0002")
    taken_in(service, "SAMPLE0002")
    film = video_of(tmp_path / "film.avi", [scene(), scene(sample.symbol)], 4)
    with kiosk(service, film, "--repeat") as address:
        page.goto(address)
        expect(page.locator("[data-story] li")).to_have_count(3)
        expect(page.locator("[data-live] img")).to_be_visible()
        assert verdict(page) == "accepted"
        expect(page.locator(".verdict-shelves bdi")).to_have_count(1)
        status = httpx.get(sample.ticket.rstrip("/") + "/status", timeout=60).json()
        assert status["state"] == "handed_over"
        assert status["match_number"]


def test_a_wrong_symbol_is_named_and_does_not_stop_the_kiosk(
    service: RunningService, tmp_path: Path, page: Page
) -> None:
    import io

    import qrcode

    sample, drawn = sample_letter(service, "SAMPLE0003"), io.BytesIO()
    taken_in(service, "SAMPLE0003")
    qrcode.make("https://example.org/<script>alert(1)</script>").get_image().save(drawn, "PNG")
    film = video_of(tmp_path / "film.avi", [scene(drawn.getvalue()), scene(), scene(sample.symbol)], 5)
    with kiosk(service, film, "--repeat") as address:
        page.goto(address)
        page.locator(".verdict[data-outcome=unknown_symbol]").wait_for()
        page.locator(".verdict[data-outcome=accepted]").wait_for()
        assert "script" not in page.locator("body").inner_text()


def test_a_kiosk_that_was_never_enrolled_says_what_to_do(service: RunningService, tmp_path: Path) -> None:
    command = [sys.executable, str(HOME / "app.py"), "--config", str(service.config), "kiosk", "--camera", "0"]
    done = subprocess.run([*command, "--state", str(tmp_path / "k")], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--enrol LINK" in done.stdout


def test_without_its_service_the_kiosk_is_amber_and_asks_again_until_it_is_green(
    service: RunningService, tmp_path: Path, page: Page
) -> None:
    sample = sample_letter(service, "SAMPLE0004")
    taken_in(service, "SAMPLE0004")
    film = video_of(tmp_path / "later.avi", [scene(), scene(sample.symbol)], 4)
    with kiosk(service, tmp_path / "film.avi", "--repeat") as address:
        page.goto(address)
        expect(page.locator("body")).to_have_attribute("data-state", "out_of_order")
        service.kill()
        film.rename(tmp_path / "film.avi")
        page.evaluate(KEEP_OUTCOMES)
        page.locator(".verdict[data-outcome=unknown]").wait_for()
        with ThreadPoolExecutor(1) as office:
            started = office.submit(service.start)
            # It may come and go before the service has said that it runs.
            assert outcomes_after_unknown(page, within_seconds=180) == ["accepted"]
            started.result()


def test_a_camera_that_is_not_there_is_out_of_order_on_the_screen(
    service: RunningService, tmp_path: Path, page: Page
) -> None:
    with kiosk(service, tmp_path / "no-such-camera") as address:
        page.goto(address)
        expect(page.locator("body")).to_have_attribute("data-state", "out_of_order")
