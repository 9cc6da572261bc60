"""The kiosk in a browser: nobody taps anything."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.parts.browser.camera_film import scene, write_film
from tests.parts.browser.people import DESK, Letter, OpenBrowser, enrol, verdict
from tests.parts.intake import taken_in
from tests.parts.running_service import RunningService


def test_a_code_held_to_the_camera_turns_the_kiosk_green_and_then_it_waits_for_the_next(
    house: RunningService, open_browser: OpenBrowser, tmp_path: Path, fresh: Letter
) -> None:
    taken_in(house, fresh.reference)
    film = write_film(tmp_path / "kiosk.y4m", [scene(), scene(fresh.symbol)])
    with open_browser(film=film, size=DESK) as kiosk:
        page = kiosk.new_page()
        enrol(page, house, "kiosk", "de")
        assert verdict(page) == "accepted"
        expect(page.locator(".verdict-shelves bdi")).to_have_count(1)
        expect(page.locator(".verdict button")).to_have_count(0)
        expect(page.locator(".verdict-green")).to_have_count(0)
        expect(page.locator("[data-story] li")).to_have_count(3)
