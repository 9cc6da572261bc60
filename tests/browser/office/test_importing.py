"""A dispatcher drops a file, says how it is written and what its columns are, imports it, and takes the rest."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest
from playwright.sync_api import Page, expect

from tests.parts.browser.house import *  # noqa: F403  the fixtures of a house
from tests.parts.browser.house import House
from tests.parts.browser.people import DESK, PHONE, OpenBrowser, sign_in_by, violations
from tests.parts.browser.screens import OVERFLOW
from tests.parts.calls import PASSWORD
from web.importing.csv_reading import read_table
from web.importing.import_worker import ImportWorker

ROWS = "Nr;Wer;Wert\r\nJD1;Łukasz Žižek;129,90\r\nJD2;Jörg;45\r\n3.4E+17;Eva;1\r\nJD1;Ada;1\r\n"
CUT_OFF = f"() => {{ document.querySelector('.side').remove(); return ({OVERFLOW})(); }}"
"""Beside the links, which are pushed along on a phone."""
DROPPED = """([name, bytes]) => {
  const held = new DataTransfer();
  held.items.add(new File([new Uint8Array(bytes)], name, { type: "text/csv" }));
  return held;
}"""


def drop(page: Page, name: str, content: bytes) -> None:
    """Drop a file somewhere on the page."""
    held = page.evaluate_handle(DROPPED, [name, list(content)])
    page.dispatch_event("h1", "dragover", {"dataTransfer": held})
    expect(page.locator(".drop-over")).to_be_visible()
    page.dispatch_event("h1", "drop", {"dataTransfer": held})


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_file_is_dropped_looked_at_and_imported(
    house: House, open_browser: OpenBrowser, size: dict[str, int]
) -> None:
    with open_browser(locale="en-GB", size=size) as browser:
        page = browser.new_page()
        sign_in_by(page, house.url, PASSWORD)
        page.goto(f"{house.url}/office/import")
        drop(page, "Liste.csv", ROWS.encode("cp1250"))
        expect(page.get_by_role("heading", name="Liste.csv")).to_be_visible()
        assert page.get_by_role("button", name="Import 2 parcels").count() == 0, "how it is written is not known yet"
        page.get_by_label("Łukasz Žižek").check()
        for heading, meaning in (("Nr", "Tracking number *"), ("Wer", "Recipient *"), ("Wert", "Value")):
            page.get_by_label(f"{heading}: Field").select_option(label=meaning)
        page.get_by_role("button", name="Check again").click()
        expect(page.get_by_text("2 parcels, 1 of them with a code. Rows with errors: 2.")).to_be_visible()
        assert violations(page) == []
        assert page.evaluate(CUT_OFF) == []
        page.get_by_label("Wert: Field").select_option(label="–")
        expect(page.get_by_role("button", name="Import 2 parcels")).to_be_hidden()
        page.go_back()
        page.go_forward()
        expect(page.get_by_label("Wert: Field")).to_have_value("value")
        expect(page.get_by_label("Łukasz Žižek")).to_be_checked()
        with page.expect_download() as loading:
            page.get_by_role("link", name="Rows with errors (CSV)").click()
        faulty = read_table(Path(loading.value.path()).read_bytes())
        assert [row.cells[0] for row in faulty.rows] == ["3.4E+17", "JD1"]
        page.get_by_role("button", name="Import 2 parcels").click()
        assert ImportWorker(house.codes).work_once(Event())
        page.reload()
        expect(page.get_by_text("New: 2.")).to_be_visible()
        assert page.evaluate(CUT_OFF) == []
        page.get_by_role("link", name="Show the parcels").click()
        expect(page.get_by_role("link", name="JD1")).to_be_visible()
        expect(page.get_by_text("Łukasz Žižek")).to_be_visible()
        expect(page.get_by_role("link", name="From one import")).to_be_visible()
