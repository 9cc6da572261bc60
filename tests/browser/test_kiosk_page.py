"""The kiosk in a browser: nobody taps anything."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.camera_film import scene, write_film
from tests.browser.people import DESK, Letter, OpenBrowser, enrol, verdict
from tests.parts.running_service import RunningService


def test_a_code_held_to_the_camera_turns_the_kiosk_green_and_then_it_waits_for_the_next(
    service: RunningService, open_browser: OpenBrowser, tmp_path: Path, sample: Letter
) -> None:
    film = write_film(tmp_path / "kiosk.y4m", [scene(), scene(sample.symbol)])
    with open_browser(film=film, size=DESK) as kiosk:
        page = kiosk.new_page()
        enrol(page, service, "kiosk", "de")
        assert verdict(page) == "accepted"
        expect(page.locator(".verdict-step use")).to_have_attribute("href", re.compile("#counter$"))
        expect(page.locator(".verdict button")).to_have_count(0)
        expect(page.locator(".verdict-green")).to_have_count(0, timeout=20_000)
        expect(page.locator("[data-story] li")).to_have_count(3)
