"""The driver's phone in WebKit and Firefox: set up, labels, digits, photos, both verdicts, and no network."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from codes.model import DeviceKind
from tests.parts.browser.camera_film import scene
from tests.parts.browser.engines import ENTER, Page, without_service
from tests.parts.browser.people import Letter, carry, payload_of, scan
from tests.parts.running_service import RunningService

KEY = "import('/static/js/lib/device/store.js').then(({ get }) => get('device', 'self')).then(({ key }) => key)"


@pytest.fixture(scope="module")
def phone(house: RunningService, page: Page) -> Page:
    """A phone that was set up as the depot and its driver do."""
    page.goto(house.invitation(f"{page.engine} phone", DeviceKind.DRIVER))
    page.click("button[value=en]")
    page.text("[data-hand] .slot")
    page.run("return navigator.serviceWorker.ready.then(() => true)")
    return page


@pytest.fixture
def driver(house: RunningService, phone: Page) -> Page:
    """The driver's page with nothing in hand."""
    phone.goto(f"{house.url}/driver")
    phone.text("[data-hand] .slot", "Scan the parcel")
    # What is scanned before the page listens is lost.
    phone.wait_for("return 'listening' in document.documentElement.dataset")
    return phone


def type_label(page: Page, reference: str) -> None:
    """Type what a label says that no camera can read."""
    page.click("[data-type]")
    page.fill("[name=reference]", reference)
    page.click("[data-type-label] [value=ok]")
    page.text(".chip", reference)


def scan_label(page: Page, reference: str) -> None:
    """Scan a label by a scanner that types."""
    scan(page, reference)
    page.text(".chip", reference)


def press_digits(page: Page, digits: str) -> None:
    """Press the digits on a keyboard, one after the other."""
    for number, digit in enumerate(digits, 1):
        page.press(digit)
        shown = "return [...document.querySelectorAll('.digit')].map((each) => each.textContent).join('')"
        page.wait_for(f"{shown} === arguments[0]", digits[:number])
    page.press(ENTER)


def type_digits(page: Page, digits: str) -> None:
    """Tap the digits on the keypad."""
    for digit in digits:
        page.click(".key", digit)
    page.click(".key-go")


def verdict(page: Page) -> str:
    """Wait for the verdict over the whole page and return its outcome."""
    page.text(".verdict")
    return str(page.run("return document.querySelector('.verdict').dataset.outcome"))


def put_away(page: Page) -> None:
    """Tap the verdict away, as soon as it lets itself be tapped away."""
    page.wait_for("document.querySelector('.verdict-go')?.click(); return !document.querySelector('.verdict')")


def waits(page: Page, count: int) -> None:
    """Wait until so many things wait for the network, as the screen says."""
    if count:
        page.text("[data-pending-count]", str(count))
    else:
        page.gone("[data-pending]")


def handed_over(service: RunningService, reference: str) -> bool:
    """Ask the service whether the parcel was handed over."""
    bearer = {"Authorization": f"Bearer {service.key_of('Asker')}"}
    return (
        httpx.get(f"{service.url}/api/v1/parcels/{reference}", headers=bearer, timeout=60).json()["handed_over_at"]
        is not None
    )


def test_its_secret_leaves_the_address_and_its_key_never_leaves_it(driver: Page) -> None:
    assert driver.run("return location.hash + location.search") == ""
    assert driver.run(f"return {KEY}.then(({{ extractable }}) => extractable)") is False
    told = driver.run(f"return {KEY}.then((key) => crypto.subtle.exportKey('jwk', key)).then(() => 'out', () => 'in')")
    assert told == "in"


def test_a_typed_label_and_the_right_digits_are_green(driver: Page, house: RunningService, fresh: Letter) -> None:
    type_label(driver, fresh.reference)
    type_digits(driver, fresh.digits)
    assert verdict(driver) == "accepted"
    number = driver.text(".verdict-number")
    driver.goto(fresh.ticket)
    assert driver.text(".match-number") == number


def test_a_scanned_label_and_wrong_digits_are_red_and_the_parcel_stays_in_hand(driver: Page, fresh: Letter) -> None:
    scan_label(driver, fresh.reference)
    press_digits(driver, "000000" if fresh.digits != "000000" else "111111")
    assert verdict(driver) == "wrong_code"
    assert driver.text(".verdict-detail").startswith("Tries left")
    put_away(driver)
    driver.text(".chip", fresh.reference)


def test_a_photo_is_read_on_the_phone_itself(driver: Page, fresh: Letter, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    scene(fresh.symbol).save(photo)
    driver.wait_for("return document.documentElement.dataset.engine === 'zxing'")
    scan_label(driver, fresh.reference)
    driver.choose("[data-photo=choose]", photo)
    assert verdict(driver) == "accepted"


def test_the_camera_is_on_after_one_tap(driver: Page) -> None:
    driver.click("[data-start]")
    driver.wait_for("return document.documentElement.dataset.camera === 'on'")
    assert driver.run("return document.querySelector('video').readyState") >= 2
    driver.gone("[data-start]")


def test_the_kept_page_judges_without_network_and_sends_later(
    driver: Page, house: RunningService, fresh: Letter
) -> None:
    carry(house, fresh.reference, device=f"{driver.engine} phone")
    driver.goto(f"{house.url}/driver")
    driver.wait_for("return document.documentElement.dataset.carried === '1'")
    assert driver.run("return navigator.serviceWorker.controller !== null")
    with without_service(house):
        driver.goto(f"{house.url}/driver")
        driver.wait_for("return 'listening' in document.documentElement.dataset")
        driver.wait_for("return document.documentElement.dataset.carried === '1'")
        scan_label(driver, fresh.reference)
        type_digits(driver, fresh.digits)
        assert verdict(driver) == "offline_digits"
        driver.click(".verdict-later")
        driver.gone(".verdict")
        scan_label(driver, fresh.reference)
        scan(driver, payload_of(fresh))
        assert verdict(driver) == "offline_hand_over"
        put_away(driver)
        waits(driver, 1)
        driver.goto(f"{house.url}/driver")
        waits(driver, 1)
    waits(driver, 0)
    assert handed_over(house, fresh.reference)
