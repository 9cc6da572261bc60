"""A kiosk whose house lets people type digits: who they are on the screen's own keys, then the six digits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from codes.accounts.devices import list_devices
from codes.accounts.heartbeats import put_device_back, stop_device
from tests.parts.browser.camera_film import scene, write_film
from tests.parts.browser.kiosks import kiosk, video_of
from tests.parts.browser.people import DESK, OpenBrowser, announce, enrol, sample_letter, verdict, violations
from tests.parts.intake import taken_in
from tests.parts.running_service import RunningService, running_service


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A house whose kiosks take digits."""
    with running_service(tmp_path_factory.mktemp("digits"), "--demo", codes={"kiosk_keypad": True}) as running:
        taken_in(running, "SAMPLE0002", "SAMPLE0005")
        yield running


@pytest.fixture
def page(house: RunningService, open_browser: OpenBrowser, tmp_path: Path) -> Iterator[Page]:
    """A kiosk whose camera sees nothing."""
    with open_browser(film=write_film(tmp_path / "empty.y4m", [scene()]), size=DESK) as browser:
        page = browser.new_page()
        enrol(page, house, "kiosk", "en")
        expect(page.locator("body")).to_have_attribute("data-state", "idle")
        yield page


def type_on_screen(page: Page, text: str) -> None:
    for sign in text.upper():
        key = page.get_by_role("button", name="Space" if sign == " " else sign, exact=True)
        page.locator(".kiosk-letters").get_by_role("button").and_(key).click()


def type_digits(page: Page, digits: str) -> None:
    for digit in digits:
        page.locator(".kiosk-settings .key", has_text=digit).click()
    page.locator(".key-go").click()


def test_somebody_with_digits_alone_is_handed_their_parcels(house: RunningService, page: Page) -> None:
    assert violations(page) == []
    letter = sample_letter(house, "SAMPLE0002")
    page.locator("[data-digits]").click()
    page.get_by_role("button", name="Number on the parcel").click()
    assert violations(page) == []
    type_on_screen(page, "SAMPLE0002")
    page.locator("[data-go]").click()
    type_digits(page, "000000" if letter.digits != "000000" else "000001")
    assert verdict(page) == "wrong_code"
    page.locator(".verdict").wait_for(state="detached")
    page.locator("[data-digits]").click()
    page.get_by_role("button", name="Name", exact=True).click()
    type_on_screen(page, "Sample Recipient 2")
    page.locator("[data-go]").click()
    type_digits(page, letter.digits)
    assert verdict(page) == "accepted"
    expect(page.locator(".verdict-shelves bdi")).to_have_count(1)
    assert violations(page) == []
    page.locator(".verdict").wait_for(state="detached")
    page.locator("[data-digits]").click()
    type_on_screen(page, "Nobody here")
    page.locator("[data-go]").click()
    type_digits(page, "123456")
    assert verdict(page) == "wrong_code"


def test_the_kiosk_with_its_own_camera_program_takes_digits_too(
    house: RunningService, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    letter = sample_letter(house, "SAMPLE0005")
    film = video_of(tmp_path / "empty.avi", [scene()], 1)
    with kiosk(house, film, "--repeat") as address, open_browser(size=DESK) as browser:
        page = browser.new_page()
        page.goto(f"{address}?lang=en")
        page.locator("[data-digits]").click()
        type_on_screen(page, "Sample Recipient 5")
        page.locator("[data-go]").click()
        type_digits(page, letter.digits)
        assert verdict(page) == "accepted"
        expect(page.locator(".verdict-shelves bdi")).to_have_count(1)


def test_the_languages_stand_in_the_order_of_every_page(house: RunningService, page: Page) -> None:
    shown = [button.get_attribute("lang") for button in page.locator("[data-languages] button[lang]").all()]
    page.goto(f"{house.invitation('Another')}")
    listed = [button.get_attribute("value") for button in page.locator("[data-languages] button").all()]
    assert shown == listed
    assert len(shown) > 10


def test_a_name_is_typed_in_its_own_letters(house: RunningService, page: Page) -> None:
    announce(house, "GREEK00001", name="Ελένη Παπαδάκη", language="el")
    announce(house, "IRISH00001", name="Sinéad O’Brien", language="en")
    taken_in(house, "GREEK00001", "IRISH00001")
    page.goto(f"{house.url}/kiosk?lang=el")
    for name, reference in (("ΕΛΕΝΗ ΠΑΠΑΔΑΚΗ", "GREEK00001"), ("SINEAD O'BRIEN", "IRISH00001")):
        letter = sample_letter(house, reference)
        page.locator("[data-digits]").click()
        letters = page.locator(".kiosk-letters .key:not([data-letters])")
        for sign in name:
            key = letters.filter(has_text="␣" if sign == " " else sign)
            if not key.count():
                page.locator("[data-letters]").click()
            key.click()
        assert violations(page) == []
        page.locator("[data-go]").click()
        type_digits(page, letter.digits)
        assert verdict(page) == "accepted"
        page.locator(".verdict").wait_for(state="detached")


def test_whoever_still_types_keeps_their_language(house: RunningService, page: Page) -> None:
    page.clock.install()
    page.goto(f"{house.url}/kiosk?lang=tr&home=en")
    page.locator("[data-digits]").click()
    for _ in range(4):
        page.locator(".kiosk-letters .key").first.click()
        page.clock.run_for(25_000)
    expect(page.locator(".kiosk-who")).to_have_text("1111")
    assert page.evaluate("document.documentElement.lang") == "tr"
    with page.expect_navigation():
        page.clock.run_for(61_000)
    assert page.evaluate("document.documentElement.lang") == "en"


def test_a_kiosk_that_is_out_of_order_takes_no_digits(house: RunningService, page: Page) -> None:
    expect(page.locator("[data-digits]")).to_be_visible()
    with house.codes() as codes:
        newest = max(codes.read(list_devices), key=lambda each: each.enrolled_at)
        codes.write(stop_device, newest.device_id, uuid4())
    page.clock.install()
    page.reload()
    expect(page.locator("body")).to_have_attribute("data-state", "out_of_order")
    expect(page.locator("[data-digits]")).to_be_hidden()
    with house.codes() as codes:
        codes.write(put_device_back, newest.device_id, uuid4())
    page.clock.fast_forward(30_000)
    expect(page.locator("[data-digits]")).to_be_visible()
    # One whose browser threw its cookie away can hand nothing out either.
    page.context.clear_cookies()
    page.clock.fast_forward(30_000)
    expect(page.locator("body")).to_have_attribute("data-state", "out_of_order")
    expect(page.locator("[data-digits]")).to_be_hidden()
