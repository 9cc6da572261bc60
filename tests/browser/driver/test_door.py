"""At the door: the parcel's label and the recipient's code, read by a real browser from a camera's film."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import httpx
from playwright.sync_api import Route, expect

from codes.values.symbols import label_png
from tests.parts.browser.camera_film import scene, write_film
from tests.parts.browser.people import (
    DESK,
    Letter,
    OpenBrowser,
    announce,
    confirm,
    enrol,
    letter_to,
    payload_of,
    put_away,
    scan,
    sign_in,
    start_camera,
    type_digits,
    type_label,
    verdict,
    watch,
)
from tests.parts.calls import other_digits
from tests.parts.running_service import RunningService
from tests.parts.servers.smtp_server import SmtpServer


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
    house: RunningService, open_browser: OpenBrowser, tmp_path: Path, fresh: Letter
) -> None:
    film = write_film(tmp_path / "door.y4m", [scene(fresh.symbol)])
    with open_browser(film=film) as phone:
        page = phone.new_page()
        enrol(page, house, "driver")
        start_camera(page)
        page.locator("[data-code=full]").wait_for()
        type_label(page, fresh.reference.lower())
        assert verdict(page) == "accepted"


def test_label_and_code_may_be_in_one_picture(
    house: RunningService, open_browser: OpenBrowser, tmp_path: Path, fresh: Letter
) -> None:
    film = write_film(tmp_path / "door.y4m", [scene(label_png(fresh.reference), fresh.symbol)])
    with open_browser(film=film) as phone:
        page = phone.new_page()
        enrol(page, house, "driver")
        start_camera(page)
        assert verdict(page) == "accepted"


def test_wrong_digits_are_counted_and_the_right_ones_still_open(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    wrong = other_digits(fresh.digits)
    with open_browser() as phone:
        page = phone.new_page()
        enrol(page, house, "driver", "de")
        type_label(page, fresh.reference)
        type_digits(page, wrong)
        assert verdict(page) == "wrong_code"
        expect(page.locator(".verdict-detail")).to_have_text("Versuche übrig: 4")
        put_away(page)
        expect(page.locator("[data-parcels] .chip")).to_have_count(1)
        type_digits(page, fresh.digits)
        assert verdict(page) == "accepted"


def test_a_photo_is_read_where_there_is_no_camera(
    house: RunningService, open_browser: OpenBrowser, tmp_path: Path, fresh: Letter
) -> None:
    photo, empty = tmp_path / "photo.png", tmp_path / "empty.png"
    scene(fresh.symbol).save(photo)
    scene().save(empty)
    with open_browser() as phone:
        page = phone.new_page()
        enrol(page, house, "driver", "en")
        start_camera(page)
        expect(page.locator("[data-trouble]")).to_be_visible()
        # What is told of a photo is over once something else is done.
        page.locator("[data-photo=choose]").set_input_files(empty)
        expect(page.locator("[data-hint]")).to_have_text("Nothing found in the photo")
        type_label(page, fresh.reference)
        expect(page.locator("[data-hint]")).to_be_hidden()
        page.locator("[data-photo=choose]").set_input_files(photo)
        assert verdict(page) == "accepted"


def test_without_the_installed_decoder_frames_are_read_by_the_service(
    house: RunningService, open_browser: OpenBrowser, tmp_path: Path, fresh: Letter
) -> None:
    film = write_film(tmp_path / "door.y4m", [scene(label_png(fresh.reference)), scene(fresh.symbol)])
    with open_browser(film=film) as phone:
        page = phone.new_page()
        page.route("**/static/vendor/**", lambda route: route.abort())
        enrol(page, house, "driver")
        start_camera(page)
        assert verdict(page) == "accepted"
        assert page.evaluate("document.documentElement.dataset.engine") == "service"


def test_no_answer_is_amber_and_the_same_presentation_turns_green(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    with open_browser() as phone:
        page = phone.new_page()
        enrol(page, house, "driver", "en")
        sent: list[str] = []
        held: list[Route] = []

        def lose_the_first_answer(route: Route) -> None:
            sent.append(cast(dict[str, str], route.request.post_data_json)["presentation_id"])
            if len(sent) == 1:
                # The service has judged; its answer gets lost on the way.
                route.fetch()
                route.abort()
            else:
                held.append(route)

        page.route("**/api/v1/verifications", lose_the_first_answer)
        type_label(page, fresh.reference)
        type_digits(page, fresh.digits)
        page.locator(".verdict-amber").wait_for()
        page.unroute("**/api/v1/verifications")
        for route in held:
            route.continue_()
        page.locator(".verdict-green").wait_for()
        assert len(set(sent)) == 1


def test_a_device_blocked_in_the_office_presents_nothing_more(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    with open_browser() as phone, open_browser(size=DESK, locale="en-GB") as desk:
        page, office = phone.new_page(), desk.new_page()
        enrol(page, house, "driver", "en", "Lost phone")
        sign_in(office, house)
        office.goto(f"{house.url}/office/devices")
        confirm(office, "Block Lost phone")
        expect(office.locator("tr", has_text="Lost phone").locator(".badge-bad")).to_have_text("Blocked")
        # It is told with the first question, be that about the label or the code; and again to whoever goes on.
        for _ in range(2):
            scan(page, fresh.reference)
            scan(page, payload_of(fresh))
            assert verdict(page) == "device_revoked"
            put_away(page)
        assert httpx.get(f"{fresh.ticket}/status", timeout=60).json()["state"] != "handed_over"


def test_a_phone_whose_browser_threw_its_key_away_says_so_on_opening_and_at_the_door(
    house: RunningService, open_browser: OpenBrowser
) -> None:
    words = "This device has to be set up again. Ask for a new link."
    with open_browser() as phone:
        page = phone.new_page()
        enrol(page, house, "driver", "en")
        expect(page.locator("[data-key-lost]")).to_be_hidden()
        page.evaluate("import('/static/js/lib/device/store.js').then(({ remove }) => remove('device', 'self'))")
        page.reload()
        expect(page.locator("[data-key-lost]")).to_have_text(words)
        type_label(page, "SAMPLE0002")
        type_digits(page, "123456")
        assert verdict(page) == "refused"
        expect(page.locator(".verdict-detail")).to_have_text(words)


def test_a_phone_that_is_no_device_is_told_how_to_become_one(house: RunningService, open_browser: OpenBrowser) -> None:
    with open_browser(locale="en-GB") as phone:
        page = phone.new_page()
        answer = page.goto(f"{house.url}/driver")
        assert answer is not None
        assert answer.status == 401
        expect(page.locator("h1")).to_have_text("This device is not set up")
