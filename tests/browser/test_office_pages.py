"""Every page of the office, on a phone and on a desk: readable by everybody, and nothing cut off at a side."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.browser.house import *  # noqa: F403  the fixtures of a house
from tests.browser.house import House
from tests.browser.office_pages import furnish_day, furnish_office, pages_of
from tests.browser.people import DESK, PHONE, OpenBrowser, sign_in_by, violations
from tests.browser.screens import OVERFLOW
from tests.parts.clock import TurnableClock
from tests.web.conftest import PASSWORD
from web.access import Guard, guard_of

NO_PAGES = {
    *("audits.as_csv", "audits.proof", "audits.sheet", "downloads.days_csv", "downloads.parcels_csv"),
    *("downloads.reports_csv", "labels.label", "mails.message_html", "posters.code", "posters.label"),
}
"""What members of staff load beside pages: files and pictures."""
APART = (
    "document.querySelectorAll('.side > *, textarea, .figures, .mail iframe').forEach((each) => (each.hidden = true))"
)
"""What is pushed along or scrolls by itself is not cut off."""


@pytest.fixture
def furnished(house: House, clock: TurnableClock) -> House:
    """A house in which a day has happened."""
    furnish_day(house.codes, clock)
    furnish_office(house.codes, clock)
    return house


def test_the_pages_are_all_there(furnished: House, app: Flask) -> None:
    places = app.url_map.bind("localhost")
    named = {places.match(path.partition("?")[0])[0] for path in pages_of(furnished.codes).values()}
    for_staff = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if guard_of(app, rule.endpoint) is Guard.STAFF and "GET" in (rule.methods or set())
    }
    assert for_staff - named == NO_PAGES


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_each_page_is_clean_for_axe_and_cuts_nothing_off(
    furnished: House, open_browser: OpenBrowser, size: dict[str, int]
) -> None:
    found: dict[str, list[str]] = {}
    with open_browser(size=size, locale="en-GB") as browser:
        page = browser.new_page()
        sign_in_by(page, furnished.url, PASSWORD)
        for name, path in pages_of(furnished.codes).items():
            page.goto(furnished.url + path)
            for more in page.locator("main details > summary").all():
                more.click()
            complaints = violations(page)
            page.evaluate(APART)
            if complaints := [*complaints, *page.evaluate(OVERFLOW)]:
                found[name] = complaints
    assert found == {}
