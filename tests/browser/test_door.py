"""At the door: the parcel's label and the recipient's code, read by a real browser from a camera's film."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import expect

from codes.symbols import label_png
from tests.browser.camera_film import scene, write_film
from tests.browser.people import (
    DESK,
    Letter,
    OpenBrowser,
    announce,
    enrol,
    letter_to,
    put_away,
    sample_letter,
    sign_in,
    start_camera,
    type_digits,
    type_label,
    verdict,
    watch,
)
from tests.parts.running_service import RunningService, running_service
from tests.parts.smtp_server import SmtpServer

numbers = count(1)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """One service for all of these; each announces a parcel of its own."""
    with running_service(tmp_path_factory.mktemp("door"), "--demo") as running:
        yield running


@pytest.fixture
def sample(service: RunningService) -> Letter:
    """What the recipient of a parcel that was just announced got by mail."""
    reference = f"DOOR{next(numbers):04d}"
    announce(service, reference)
    return sample_letter(service, reference)


def test_a_parcel_crosses_the_whole_line_from_announcement_to_green(
    mailing_service: RunningService, smtp_server: SmtpServer, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    announce(mailing_service, "JD0140001", language="tr")
    with open_browser() as recipients_phone:
        ticket = watch(recipients_phone.new_page())
        letter = letter_to(smtp_server, "jd0140001@example.org", ticket.page.wait_for_timeout)
        ticket.page.goto(letter.ticket)
        expect(ticket.page.locator("h1")).to_have_text("Teslimat kodunuz")

        film = write_film(
            tmp_path / "door.y4m", [scene(label_png("JD0140001")), scene(letter.symbol), scene(), scene()]
        )
        with open_browser(film=film) as drivers_phone:
            driver = watch(drivers_phone.new_page())
            enrol(driver.page, mailing_service, "driver", "de")
            start_camera(driver.page)
            assert verdict(driver.page) == "accepted"
            expect(driver.page.locator(".verdict-word")).to_have_text("Richtig")
            expect(driver.page.locator(".verdict-other-word")).to_have_text("Doğru")
            expect(driver.page.locator(".verdict-step")).to_have_text("Paket übergeben")

            assert verdict(ticket.page) == "accepted"
            expect(ticket.page.locator(".verdict-word")).to_have_text("Doğru")
            number = driver.page.locator(".verdict-number").inner_text()
            assert len(number) == 2
            expect(ticket.page.locator(".verdict-number")).to_have_text(number)

            put_away(driver.page)
            expect(driver.page.locator("[data-parcels] .chip")).to_have_count(0)
            # The film goes on: the same label and the same code come by once more.
            assert verdict(driver.page) == "already_handed_over"
            expect(driver.page.locator(".verdict-detail")).to_contain_text("Übergeben um")
            assert driver.complaints == ticket.complaints == []
            assert driver.hosts == ticket.hosts == {"localhost"}


def test_the_code_may_be_read_before_the_label(
    service: RunningService, open_browser: OpenBrowser, tmp_path: Path, sample: Letter
) -> None:
    film = write_film(tmp_path / "door.y4m", [scene(sample.symbol)])
    with open_browser(film=film) as phone:
        page = phone.new_page()
        enrol(page, service, "driver")
        start_camera(page)
        page.locator("[data-code=full]").wait_for()
        type_label(page, sample.reference.lower())
        assert verdict(page) == "accepted"


def test_label_and_code_may_be_in_one_picture(
    service: RunningService, open_browser: OpenBrowser, tmp_path: Path, sample: Letter
) -> None:
    film = write_film(tmp_path / "door.y4m", [scene(label_png(sample.reference), sample.symbol)])
    with open_browser(film=film) as phone:
        page = phone.new_page()
        enrol(page, service, "driver")
        start_camera(page)
        assert verdict(page) == "accepted"


def test_wrong_digits_are_counted_and_the_right_ones_still_open(
    service: RunningService, open_browser: OpenBrowser, sample: Letter
) -> None:
    wrong = f"{(int(sample.digits) + 1) % 1_000_000:06d}"
    with open_browser() as phone:
        page = phone.new_page()
        enrol(page, service, "driver", "en")
        type_label(page, sample.reference)
        type_digits(page, wrong)
        assert verdict(page) == "wrong_code"
        expect(page.locator(".verdict-detail")).to_have_text("Tries left: 4")
        put_away(page)
        expect(page.locator("[data-parcels] .chip")).to_have_count(1)
        type_digits(page, sample.digits)
        assert verdict(page) == "accepted"


def test_a_photo_is_read_where_there_is_no_camera(
    service: RunningService, open_browser: OpenBrowser, tmp_path: Path, sample: Letter
) -> None:
    photo = tmp_path / "photo.png"
    scene(sample.symbol).save(photo)
    with open_browser() as phone:
        page = phone.new_page()
        enrol(page, service, "driver", "en")
        start_camera(page)
        expect(page.locator("[data-trouble]")).to_be_visible()
        type_label(page, sample.reference)
        page.locator("[data-photo]").set_input_files(photo)
        assert verdict(page) == "accepted"


def test_without_the_installed_decoder_frames_are_read_by_the_service(
    service: RunningService, open_browser: OpenBrowser, tmp_path: Path, sample: Letter
) -> None:
    film = write_film(tmp_path / "door.y4m", [scene(label_png(sample.reference)), scene(sample.symbol)])
    with open_browser(film=film) as phone:
        page = phone.new_page()
        page.route("**/static/vendor/**", lambda route: route.abort())
        enrol(page, service, "driver")
        start_camera(page)
        assert verdict(page) == "accepted"
        assert page.evaluate("document.documentElement.dataset.engine") == "service"


def test_no_answer_is_amber_and_the_same_presentation_turns_green(
    service: RunningService, open_browser: OpenBrowser, sample: Letter
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        enrol(page, service, "driver", "en")
        sent: list[str] = []

        def lose_the_first_answer(route: object) -> None:
            sent.append(route.request.post_data_json["presentation_id"])  # type: ignore[attr-defined]
            if len(sent) == 1:
                # The service has judged; its answer gets lost on the way.
                route.fetch()  # type: ignore[attr-defined]
                route.abort()  # type: ignore[attr-defined]
            else:
                route.continue_()  # type: ignore[attr-defined]

        page.route("**/api/v1/verifications", lose_the_first_answer)
        type_label(page, sample.reference)
        type_digits(page, sample.digits)
        page.locator(".verdict-amber").wait_for()
        page.locator(".verdict-green").wait_for()
        assert len(set(sent)) == 1


def test_a_device_blocked_in_the_office_presents_nothing_more(
    service: RunningService, open_browser: OpenBrowser, sample: Letter
) -> None:
    with open_browser() as phone, open_browser(size=DESK, locale="en-GB") as desk:
        page, office = phone.new_page(), desk.new_page()
        enrol(page, service, "driver", "en", "Lost phone")
        sign_in(office, service)
        office.goto(f"{service.url}/office/devices")
        office.get_by_role("button", name="Block Lost phone").click()
        expect(office.locator(".badge-bad")).to_have_text("Blocked")
        type_label(page, sample.reference)
        type_digits(page, sample.digits)
        assert verdict(page) == "device_revoked"


def test_a_phone_that_is_no_device_is_told_how_to_become_one(
    service: RunningService, open_browser: OpenBrowser
) -> None:
    with open_browser(locale="en-GB") as phone:
        page = phone.new_page()
        answer = page.goto(f"{service.url}/driver")
        assert answer is not None
        assert answer.status == 401
        expect(page.locator("h1")).to_have_text("This device is not set up")
