"""Every page of the office, on a phone and on a desk: readable by everybody, and nothing cut off at a side."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import ViewportSize

from tests.parts.browser.house import *  # noqa: F403  the fixtures of a house
from tests.parts.browser.house import House
from tests.parts.browser.office_pages import furnish_day, furnish_office, pages_of
from tests.parts.browser.people import DESK, PHONE, OpenBrowser, sign_in_by, violations
from tests.parts.browser.screens import OVERFLOW
from tests.parts.calls import PASSWORD
from tests.parts.clock import TurnableClock
from web.http.access import Guard, guard_of

NO_PAGES = {
    *("audits.as_csv", "audits.photo", "audits.proof", "audits.sheet", "downloads.days_csv", "downloads.parcels_csv"),
    "imports.faults",
    *("downloads.reports_csv", "labels.label", "looks.colours", "looks.logo"),
    *("mails.message_html", "posters.code", "posters.label"),
}
"""What members of staff load beside pages: files and pictures."""
APART = "document.querySelectorAll('.side > *, textarea, .figures, .mail iframe')"
"""What is pushed along or scrolls by itself is not cut off."""
CUT_OFF = f"""() => {{
  const apart = [...{APART}].filter(({{ hidden }}) => !hidden);
  apart.forEach((each) => (each.hidden = true));
  const found = ({OVERFLOW})();
  apart.forEach((each) => (each.hidden = false));
  return found;
}}"""
GROWN = """() => {
  document.querySelectorAll('.plot-today').forEach((number) => (number.textContent = '100,000'));
  document.querySelectorAll('td .badge').forEach((badge) => (badge.textContent = 'Ohne Code unterschreiben'));
}"""
"""Shows the counts of a large house, and badges in a language of long words."""
TWICE = """async (width) => {
  document.documentElement.style.fontSize = '200%';
  // What a frame in the page shows is laid out some pictures later.
  for (let left = 50; left && document.documentElement.scrollWidth > width; left--)
    await new Promise(requestAnimationFrame);
  return document.documentElement.scrollWidth;
}"""
SMALLEST = ViewportSize(width=360, height=640)
PAPERS = {"poster"}
PAPER = ViewportSize(width=718, height=1047)
"""A4 in CSS pixels, within the margins of a browser."""
SIZES = [ViewportSize(width=size["width"], height=size["height"]) for size in (PHONE, DESK)]


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


def test_each_page_is_clean_for_axe_and_cuts_nothing_off(furnished: House, open_browser: OpenBrowser) -> None:
    found: dict[str, list[str]] = {}
    with open_browser(locale="en-GB") as browser:
        page = browser.new_page()
        sign_in_by(page, furnished.url, PASSWORD)
        for name, path in pages_of(furnished.codes).items():
            page.goto(furnished.url + path)
            for more in page.locator("main details > summary").all():
                more.click()
            page.evaluate(GROWN)
            for size in SIZES:
                page.set_viewport_size(size)
                if complaints := [*violations(page), *page.evaluate(CUT_OFF)]:
                    found[f"{name}, {size['width']} wide"] = complaints
            page.set_viewport_size(SMALLEST)
            if name not in PAPERS and (width := page.evaluate(TWICE, SMALLEST["width"])) > SMALLEST["width"]:
                found[f"{name}, letters of twice the size"] = [f"{width} wide"]
        page.emulate_media(media="print")
        page.set_viewport_size(PAPER)
        page.goto(furnished.url + pages_of(furnished.codes)["reports"])
        if page.evaluate("[...document.querySelectorAll('.wide')].some((each) => each.scrollWidth > each.clientWidth)"):
            found["reports, on paper"] = ["goes on beyond the sheet"]
    assert found == {}
