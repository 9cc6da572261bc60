"""The back office: sign in, devices, mails as their recipients see them, labels to try."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from tests.parts.browser.people import DESK, OpenBrowser, sign_in, watch
from tests.parts.running_service import RunningService, running_service

CODE_128 = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.Code128)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """One service for all of these; none minds what the others did."""
    with running_service(tmp_path_factory.mktemp("office"), "--demo") as running:
        yield running


@pytest.fixture
def office(service: RunningService, open_browser: OpenBrowser) -> Iterator[Page]:
    """A desk at which the administrator has signed in."""
    with open_browser(size=DESK, locale="en-GB") as desk:
        page = desk.new_page()
        sign_in(page, service)
        yield page


def test_a_wrong_password_is_told_without_saying_what_was_wrong(
    service: RunningService, open_browser: OpenBrowser
) -> None:
    with open_browser(size=DESK, locale="en-GB") as desk:
        page = desk.new_page()
        page.goto(f"{service.url}/office/devices")
        page.locator("[name=name]").fill("admin")
        page.locator("[name=password]").fill("guess")
        page.locator("button[type=submit]").click()
        expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example/office", "https://evil.example/", "/officeevil", "\\\\evil.example"]
)
def test_signing_in_never_leads_to_another_site(
    service: RunningService, open_browser: OpenBrowser, elsewhere: str
) -> None:
    password = service.password()
    with open_browser(size=DESK) as desk:
        watched = watch(desk.new_page())
        watched.page.goto(f"{service.url}/office/sign-in?next={elsewhere}")
        watched.page.locator("[name=name]").fill("admin")
        watched.page.locator("[name=password]").fill(password)
        watched.page.locator("button[type=submit]").click()
        watched.page.wait_for_url("**/office/today")
        assert watched.hosts == {"localhost"}


def test_the_code_shown_in_the_office_sets_a_phone_up_once(office: Page, open_browser: OpenBrowser) -> None:
    office.get_by_role("link", name="Devices").click()
    office.locator("[name=name]").fill("Tour 7")
    office.get_by_role("button", name="Show the code").click()
    picture = office.locator(".invited img").screenshot()
    link = zxingcpp.read_barcodes(np.asarray(Image.open(io.BytesIO(picture)).convert("L")))[0].text
    assert link == office.locator("code").inner_text()
    with open_browser() as phone:
        page = phone.new_page()
        page.goto(link)
        page.locator("button[value=pl]").click()
        page.wait_for_url("**/driver")
        expect(page.locator(".bar-name")).to_have_text("Tour 7")
        expect(page.locator("html")).to_have_attribute("lang", "pl")
    with open_browser() as other_phone:
        page = other_phone.new_page()
        page.goto(link)
        page.locator("button[value=en]").click()
        expect(page.locator("[data-trouble]")).to_have_text("This link has been used or is too old. Ask for a new one.")


def test_a_mail_is_shown_as_its_recipient_sees_it_and_can_run_nothing(office: Page) -> None:
    office.get_by_role("link", name="Emails").click()
    office.locator("tr", has_text="SAMPLE0003").get_by_role("link").first.click()
    frame = office.frame_locator("iframe")
    expect(frame.locator("html")).to_have_attribute("lang", "tr")
    pictures = frame.locator("img")
    expect(pictures).to_have_count(4)
    assert all(pictures.nth(number).evaluate("each => each.complete && each.naturalWidth > 0") for number in range(4))
    assert "allow-scripts" not in str(office.locator("iframe").get_attribute("sandbox"))


def test_the_labels_to_try_are_read_from_the_screen(office: Page) -> None:
    office.get_by_role("link", name="Try it out").click()
    office.locator(".parcel-label img").first.wait_for()
    office.wait_for_load_state("networkidle")
    shown = np.asarray(Image.open(io.BytesIO(office.screenshot(full_page=True))).convert("L"))
    found = {symbol.text for symbol in zxingcpp.read_barcodes(shown, formats=CODE_128)}
    assert {"SAMPLE0001", "SAMPLE0002"} <= found


def test_labels_of_chosen_parcels_are_read_from_the_screen_and_show_no_code(
    office: Page, service: RunningService
) -> None:
    office.goto(f"{service.url}/office?sort=reference")
    chosen = office.locator(".chosen")
    expect(chosen.get_by_role("button", name="Labels on A6")).to_be_disabled()
    for reference in ("SAMPLE0001", "SAMPLE0002"):
        office.get_by_label(f"Select {reference}").check()
    expect(chosen).to_contain_text("Selected: 2")
    chosen.get_by_role("button", name="Labels on A6").click()
    office.locator(".sheet img").nth(1).wait_for()
    shown = np.asarray(Image.open(io.BytesIO(office.screenshot(full_page=True))).convert("L"))
    assert {symbol.text for symbol in zxingcpp.read_barcodes(shown)} == {"SAMPLE0001", "SAMPLE0002"}


def test_a_parcels_page_sends_the_code_again_and_tells_what_happened(office: Page, service: RunningService) -> None:
    office.goto(f"{service.url}/office/parcels/SAMPLE0002")
    expect(office.locator(".events li")).to_have_count(4)
    office.get_by_role("button", name="Send the code again").click()
    expect(office.get_by_role("status")).to_have_text("The code is on its way again.")


def test_signing_out_ends_the_session_at_once(office: Page, service: RunningService) -> None:
    office.get_by_role("button", name="Sign out").click()
    office.wait_for_url("**/office/sign-in")
    office.goto(f"{service.url}/office/devices")
    expect(office.locator("[name=password]")).to_be_visible()
