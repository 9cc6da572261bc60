"""A shared counter at which staff sign in by PIN or badge."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image
from playwright.sync_api import expect
from pyzbar.pyzbar import decode

from tests.parts.browser.people import (
    DESK,
    OpenBrowser,
    enrol,
    payload_of,
    sample_letter,
    scan,
    sign_in,
    verdict,
    violations,
)
from tests.parts.calls import PASSWORD, other_digits
from tests.parts.intake import taken_in
from tests.parts.running_service import RunningService, running_service


@pytest.fixture
def guarded_service(tmp_path: Path) -> Iterator[RunningService]:
    """A house in which counters ask who works there."""
    with running_service(tmp_path, "--demo", codes={"counter_sign_in": True}) as running:
        yield running


def pin_and_badge(service: RunningService, name: str, role: str) -> tuple[str, str]:
    """Have the administrator add somebody, with a PIN and a badge; the badge is read from its picture."""
    password = service.password()
    with httpx.Client(base_url=service.url, follow_redirects=True, timeout=60) as office:
        office.post("/office/sign-in", data={"name": "admin", "password": password})
        people = office.post("/office/people", data={"name": name, "role": role}).text
        row = [row for row in people.split("<tr>") if f"<bdi>{name}</bdi>" in row][-1]
        person = re.search(r"/office/people/([0-9a-f-]{36})/", row)
        assert person
        page = office.post(f"/office/people/{person[1]}/pin").text
        pin = re.search(r"<code [^>]*>(\d{6})</code>", page)
        assert pin
        badge = office.post(f"/office/people/{person[1]}/badge").text.split("base64,")[1].split('"')[0]
        picture = Image.open(io.BytesIO(base64.b64decode(badge))).convert("L")
        return pin[1], decode(picture)[0].data.decode()


def test_nothing_is_handed_over_until_somebody_who_may_is_signed_in(
    guarded_service: RunningService, open_browser: OpenBrowser
) -> None:
    service = guarded_service
    letter = sample_letter(service, "SAMPLE0002")
    taken_in(service, "SAMPLE0002")
    pin, badge = pin_and_badge(service, "Counter A", "counter")
    _, auditor_badge = pin_and_badge(service, "Auditor B", "auditor")
    with open_browser(size=DESK) as desk:
        page = desk.new_page()
        enrol(page, service, "counter", "en")
        door = page.locator(".shift-door")
        door.wait_for()
        assert violations(page) == []
        scan(page, payload_of(letter))
        expect(door.locator(".shift-said")).to_have_text("Scan your badge")
        page.get_by_role("button", name="Counter A").click()
        for wrong in (other_digits(pin), pin):
            for digit in wrong:
                door.locator(".key", has_text=digit).click()
            door.locator(".key-go").click()
            if wrong != pin:
                expect(door.locator(".shift-said")).to_have_text("That is not right. Try again.")
        expect(door).to_have_count(0)
        expect(page.locator("[data-shift-who]")).to_contain_text("Counter A")
        page.locator("[data-shift-who]").click()
        door.wait_for()
        scan(page, auditor_badge)
        expect(door.locator(".shift-said")).to_have_text("Ask a colleague who may do this")
        scan(page, payload_of(letter))
        expect(door.locator(".shift-said")).to_have_text("Scan your badge")
        scan(page, badge)
        expect(door).to_have_count(0)
        scan(page, payload_of(letter))
        page.locator(".collection").wait_for()
        scan(page, "SAMPLE0002")
        assert verdict(page) == "accepted"
        number = page.locator(".verdict-number").inner_text()
        page.get_by_role("button", name="Print").click()
        page.locator(".slip").wait_for(state="attached")
        page.emulate_media(media="print")
        expect(page.locator(".slip .slip-number")).to_have_text(number)
        expect(page.locator(".slip")).to_contain_text("SAMPLE0002")
        expect(page.locator(".verdict")).to_be_hidden()
    password = service.password()
    with httpx.Client(base_url=service.url, follow_redirects=True, timeout=60) as office:
        office.post("/office/sign-in", data={"name": "admin", "password": password})
        log = office.get("/office/actions?lang=en").text
    assert log.count("Signed in at a counter") == 2
    assert PASSWORD not in log


def test_who_may_only_take_in_sees_nothing_else_and_a_colleagues_badge_opens_the_rest(
    guarded_service: RunningService, open_browser: OpenBrowser
) -> None:
    service = guarded_service
    _, badge = pin_and_badge(service, "Intake A", "counter")
    _, colleague = pin_and_badge(service, "Counter B", "counter")
    with open_browser(size=DESK, locale="en-GB") as desk:
        office = desk.new_page()
        sign_in(office, service)
        office.goto(f"{service.url}/office/people?lang=en")
        row = office.locator("tr", has_text="Intake A")
        row.locator("summary[title]").click()
        row.get_by_label("Hand over").uncheck()
        assert violations(office) == []
        row.get_by_role("button", name="Save").click()
        expect(office.locator("tr", has_text="Intake A").locator("summary[title]")).to_have_text("Check in")
        office.close()
        page = desk.new_page()
        enrol(page, service, "counter", "en")
        page.locator(".shift-door").wait_for()
        scan(page, badge)
        # They are led to what they may do.
        page.wait_for_url("**/counter/intake")
        page.locator("html[data-listening]").wait_for()
        expect(page.locator("[data-tasks=hand_over]:visible")).to_have_count(0)
        expect(page.locator("[data-tasks=intake]:visible")).to_have_count(3)
        scan(page, "SAMPLE0003")
        page.locator("[data-placed=SAMPLE0003]").wait_for()
        answer = page.goto(f"{service.url}/counter?lang=en")
        assert answer is not None
        assert answer.status == 403
        expect(page.locator("[data-refused] h1")).to_have_text("Your role does not allow this")
        expect(page.locator("[data-tasks=hand_over]:visible")).to_have_count(0)
        expect(page.locator("[data-shift-who]")).to_contain_text("Intake A")
        assert violations(page) == []
        scan(page, colleague)
        page.locator("[data-keypad]").wait_for()
        expect(page.locator("[data-shift-who]")).to_contain_text("Counter B")
        expect(page.locator("[data-tasks=hand_over]:visible")).to_have_count(2)
