"""Practice at the counter: one parcel that is none, always one tap away, of which the service hears nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.parts.browser.people import (
    DESK,
    OpenBrowser,
    enrol,
    put_away,
    scan,
    type_digits,
    verdict,
    violations,
)
from tests.parts.running_service import RunningService
from web.office.house.posters import PRACTICE_LABEL, PRACTICE_PAYLOAD

SMALL = {"width": 390, "height": 844}


@pytest.fixture
def learner(house: RunningService, open_browser: OpenBrowser) -> Iterator[Page]:
    """A counter at which somebody new works."""
    with open_browser(size=DESK, locale="en-GB") as desk:
        page = desk.new_page()
        enrol(page, house, "counter", "en", name="Learner")
        page.locator("html[data-listening]").wait_for()
        yield page


def posts(page: Page) -> list[str]:
    """Write down what is sent, besides pictures to be read."""
    sent: list[str] = []
    page.on(
        "request", lambda each: sent.append(each.url) if each.method != "GET" and "/frames" not in each.url else None
    )
    return sent


@pytest.mark.parametrize("by", ["taps", "scans", "digits"])
def test_a_whole_round_is_green_then_red_and_tells_the_service_nothing(learner: Page, by: str) -> None:
    sent = posts(learner)
    learner.locator("[data-practice]").click()
    practice = learner.locator(".practice")
    expect(practice).to_have_attribute("data-step", "right")
    assert violations(learner) == []
    if by == "taps":
        learner.locator("[data-thing]").click()
    elif by == "scans":
        scan(learner, PRACTICE_PAYLOAD)
    else:
        type_digits(learner, "123456")
    row = learner.locator("[data-collection] [data-reference=PRACTICE]")
    expect(row.locator(".place")).to_have_text("A1")
    expect(practice).to_have_attribute("data-step", "fetch")
    assert violations(learner) == []
    if by == "taps":
        learner.locator("[data-thing]").click()
    else:
        scan(learner, PRACTICE_LABEL)
    assert verdict(learner) == "accepted"
    expect(learner.locator(".verdict-practice")).to_have_text("Practice")
    expect(learner.get_by_role("button", name="Print")).to_have_count(0)
    assert violations(learner) == []
    put_away(learner)
    expect(practice).to_have_attribute("data-step", "wrong")
    type_digits(learner, "654321")
    assert verdict(learner) == "wrong_code"
    put_away(learner)
    learner.locator("[data-step=end] [data-thing]").click()
    expect(practice).to_be_hidden()
    expect(learner.locator("[data-collection]")).to_have_count(0)
    assert sent == []


def test_the_posters_code_or_label_starts_it_and_something_real_ends_it(learner: Page, house: RunningService) -> None:
    practice = learner.locator(".practice")
    scan(learner, PRACTICE_LABEL)
    expect(practice).to_have_attribute("data-step", "right")
    learner.locator("[data-close]").click()
    expect(practice).to_be_hidden()
    scan(learner, PRACTICE_PAYLOAD)
    expect(learner.locator("[data-collection]")).to_contain_text("Practice")
    learner.locator("[data-cancel]").click()
    expect(practice).to_be_hidden()
    learner.locator("[data-practice]").click()
    expect(practice).to_be_visible()
    scan(learner, "SAMPLE0003")
    expect(practice).to_be_hidden()
    never_taken_in = learner.locator("[data-remark=not_here]")
    expect(never_taken_in).to_contain_text("SAMPLE0003")
    # What is real and in hand is not taken away.
    scan(learner, PRACTICE_LABEL)
    expect(learner.locator("[data-parcels] .chip")).to_have_text(PRACTICE_LABEL)
    expect(never_taken_in).to_be_visible()
    expect(practice).to_be_hidden()
    never_taken_in.locator("button").click()
    learner.locator("[data-parcels] .chip button").click()
    learner.locator("[data-practice]").click()
    expect(practice).to_be_visible()
    scan(learner, PRACTICE_PAYLOAD[:-1] + "4")
    assert verdict(learner) == "unknown_symbol"
    expect(learner.locator(".verdict-practice")).to_have_count(0)
    expect(practice).to_be_hidden()


def test_the_second_screen_shows_nothing_of_it(learner: Page, house: RunningService) -> None:
    second = learner.context.new_page()
    second.goto(f"{house.url}/counter/second")
    expect(second.locator(".story")).to_be_visible()
    scan(learner, PRACTICE_PAYLOAD)
    learner.locator("[data-collection]").wait_for()
    scan(learner, PRACTICE_LABEL)
    assert verdict(learner) == "accepted"
    expect(second.locator(".story")).to_be_visible()
    expect(second.locator(".verdict")).to_have_count(0)


def test_taking_in_is_practised_too_from_the_shelves_as_well(learner: Page, house: RunningService) -> None:
    learner.goto(f"{house.url}/counter/shelves?lang=en")
    learner.locator("[data-practice]").click()
    learner.wait_for_url("**/counter/intake")
    sent = posts(learner)
    practice = learner.locator(".practice")
    expect(practice).to_have_attribute("data-step", "label")
    assert violations(learner) == []
    scan(learner, PRACTICE_LABEL)
    expect(learner.locator("[data-placed=PRACTICE]")).to_contain_text("A1")
    expect(learner.locator("[data-placed=PRACTICE]")).to_contain_text("Practice")
    expect(practice).to_have_attribute("data-step", "shelf")
    scan(learner, "SHELF/B1")
    expect(learner.locator("[data-placed=PRACTICE] .place")).to_have_text("B1")
    assert violations(learner) == []
    learner.locator("[data-step=end] [data-thing]").click()
    expect(practice).to_be_hidden()
    expect(learner.locator("[data-placed]")).to_have_count(0)
    expect(learner.locator("[data-count]")).to_have_text("0")
    assert sent == []
    learner.locator("[data-practice]").click()
    learner.locator("[data-thing]").click()
    scan(learner, "SAMPLE0007")
    learner.locator("[data-placed=SAMPLE0007]").wait_for()
    expect(practice).to_be_hidden()


@pytest.mark.parametrize("size", [SMALL, DESK])
def test_every_page_of_a_counter_has_it_in_its_bar(learner: Page, house: RunningService, size: dict[str, int]) -> None:
    learner.set_viewport_size(size)  # type: ignore[arg-type]
    for path in ("/counter", "/counter/intake", "/counter/shelves", "/counter/no-code"):
        learner.goto(f"{house.url}{path}?lang=en")
        if learner.locator(".tools-more").is_visible():
            learner.locator(".tools-more").click()
        learner.locator("[data-practice]").click()
        expect(learner.locator(".practice [data-thing]")).to_be_visible()
        learner.locator("[data-close]").click()
        expect(learner.locator(".practice")).to_be_hidden()
