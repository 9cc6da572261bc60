"""A failure of the service is told as one, and never as a missing connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.parts.browser.people import DESK, OpenBrowser, enrol, sample_letter, type_digits, type_label, verdict
from tests.parts.running_service import RunningService, running_service

NOTHING_OF_CONNECTIONS = "onnection"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service whose store each test breaks and mends; each takes a sample parcel of its own."""
    with running_service(tmp_path_factory.mktemp("trouble"), "--demo") as running:
        yield running


@contextmanager
def broken(service: RunningService, table: str) -> Iterator[None]:
    """Take a table away from the service until the block ends."""
    with sqlite3.connect(service.folder / "var" / "doorcode.db", timeout=60) as store:
        store.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
        store.commit()
        yield
        store.execute(f"ALTER TABLE {table}_away RENAME TO {table}")
        store.commit()


def test_the_door_says_that_the_service_fails_and_turns_green_once_it_is_mended(
    service: RunningService, open_browser: OpenBrowser
) -> None:
    letter = sample_letter(service, "SAMPLE0002")
    with open_browser() as phone:
        page = phone.new_page()
        enrol(page, service, "driver", "en")
        with broken(service, "verifications"):
            type_label(page, "SAMPLE0002")
            type_digits(page, letter.digits)
            assert verdict(page) == "service_trouble"
            expect(page.locator(".verdict")).to_contain_text("The service has a problem")
            assert NOTHING_OF_CONNECTIONS not in page.locator("body").inner_text()
            assert page.evaluate("document.documentElement.dataset.network") != "gone"
        page.locator(".verdict[data-outcome=accepted]").wait_for()


def test_a_service_that_says_nothing_is_blamed_and_asked_again_by_the_phone_itself(
    service: RunningService, open_browser: OpenBrowser
) -> None:
    letter = sample_letter(service, "SAMPLE0004")
    with open_browser() as phone:
        page = phone.new_page()
        enrol(page, service, "driver", "en")
        page.route("**/api/v1/verifications", lambda _route: None)
        type_label(page, "SAMPLE0004")
        type_digits(page, letter.digits)
        page.locator(".verdict[data-outcome=unknown]").wait_for()
        expect(page.locator("[data-banner=silent]")).to_contain_text("The service does not answer")
        expect(page.locator("[data-banner=offline]")).to_be_hidden()
        page.unroute("**/api/v1/verifications")
        page.locator(".verdict[data-outcome=accepted]").wait_for()
        expect(page.locator("[data-banner=silent]")).to_be_hidden()


def test_a_counter_says_that_the_service_fails(service: RunningService, open_browser: OpenBrowser) -> None:
    with open_browser(size=DESK) as desk:
        page = desk.new_page()
        enrol(page, service, "counter", "en")
        page.goto(f"{service.url}/counter/intake")
        with broken(service, "parcels"):
            type_label(page, "SAMPLE0002")
            expect(page.locator("[data-told=amber]")).to_contain_text("The service has a problem. Please try again.")


def test_a_ticket_page_says_that_the_service_fails_and_still_shows_the_code(
    service: RunningService, open_browser: OpenBrowser
) -> None:
    letter = sample_letter(service, "SAMPLE0003")
    with open_browser() as phone:
        page = phone.new_page()
        page.goto(f"{letter.ticket}?lang=en")
        with broken(service, "holders"):
            expect(page.locator("[data-service-trouble]")).to_be_visible()
            expect(page.locator("[data-offline]")).to_be_hidden()
            expect(page.locator("[data-service-trouble]")).to_contain_text("The code still works.")
        expect(page.locator("[data-service-trouble]")).to_be_hidden()


def test_a_photograph_that_is_too_large_is_told_as_such(
    service: RunningService, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    photograph = tmp_path / "photo.jpg"
    photograph.write_bytes(b"\xff\xd8" + b"x" * 13_000_000)
    with open_browser(size=DESK) as desk:
        page = desk.new_page()
        enrol(page, service, "counter", "en")
        page.locator("[data-photo=choose]").set_input_files(photograph)
        expect(page.locator("[data-hint]")).to_contain_text("That is too large. Please send less.")
