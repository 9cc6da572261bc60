"""A kiosk hands out a parcel that waits behind a hatch: taken in at the counter, shown to a camera, unlocked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.parts.browser.camera_film import scene
from tests.parts.browser.kiosks import kiosk, video_of
from tests.parts.browser.people import DESK, OpenBrowser, enrol, sample_letter, take_in, verdict
from tests.parts.running_service import RunningService, running_service

TURKISH = "SAMPLE0003"


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """What the lock was told, a line for each time that it opened."""
    return tmp_path / "lock-was-told"


@pytest.fixture
def house(tmp_path: Path, told: Path) -> Iterator[RunningService]:
    """A house whose kiosk has a lock, opened by a command."""
    opener = tmp_path / "open-hatch"
    opener.write_text(f'#!/bin/sh\ncat >>"{told}"\necho >>"{told}"\n')
    opener.chmod(0o755)
    kiosk_with_lock = {"reset_seconds": 30, "lock": {"command": [str(opener)]}}
    with running_service(tmp_path, "--demo", scanner={"kiosk": kiosk_with_lock}) as running:
        yield running


@pytest.fixture
def page(open_browser: OpenBrowser) -> Iterator[Page]:
    """The kiosk's screen."""
    with open_browser(size=DESK) as browser:
        yield browser.new_page()


def test_a_parcel_behind_a_hatch_is_handed_out_once_in_its_recipients_language(
    house: RunningService, open_browser: OpenBrowser, page: Page, tmp_path: Path, told: Path
) -> None:
    letter = sample_letter(house, TURKISH)
    with open_browser(size=DESK) as desk:
        counter = desk.new_page()
        enrol(counter, house, "counter", "en")
        take_in(counter, house, TURKISH, "H1")
    film = video_of(tmp_path / "film.avi", [scene(), scene(letter.symbol)], 8)
    with kiosk(house, film, "--repeat") as address:
        page.goto(f"{address}?lang=en")
        page.get_by_role("button", name="Français").click()
        expect(page.locator("html")).to_have_attribute("lang", "fr")
        assert verdict(page) == "accepted"
        expect(page.locator(".verdict-word")).to_have_attribute("lang", "tr")
        expect(page.locator(".verdict-shelves")).to_have_text("H1")
        expect(page.locator(".verdict-step use").first).to_have_attribute("href", "/icons.svg#hand-over")
        assert TURKISH not in page.locator("body").inner_text()
        # The same code is seen again and again in this film, and opens nothing more.
        page.locator(".verdict[data-outcome=already_handed_over]").wait_for()
    (opened,) = (json.loads(line) for line in told.read_text().splitlines())
    assert opened["parcels"] == [{"reference": TURKISH, "shelf": "H1"}]
