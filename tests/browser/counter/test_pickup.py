"""A pickup point's counter: the list with shelves, ticks, what goes wrong, and the recipient's own screen."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from playwright.sync_api import Page, Playwright, expect

from codes import Announcement, Person
from codes.accounts.staff import Role, add_staff
from codes.life.parcel_records import find_parcel
from codes.recipients.tickets import ticket_of_holder
from tests.parts.browser.chromium import opened
from tests.parts.browser.people import (
    DESK,
    GERMAN,
    OpenBrowser,
    enrol,
    fetch,
    payload_of,
    press,
    put_away,
    sample_letter,
    scan,
    take_in,
    type_digits,
    verdict,
    violations,
)
from tests.parts.browser.screens import OUTSIDE, OVERFLOW
from tests.parts.intake import taken_in
from tests.parts.running_service import RunningService, running_service
from tests.parts.staff import hashed
from web.commands.opening import open_codes
from web.configuration import load_settings

PASSWORD = "a password to sign with"
SET = ("SAMPLE0009", "SAMPLE0010", "SAMPLE0011")

TELL_SECOND_SCREEN = """(verdict) => new BroadcastChannel("doorcode-second-screen").postMessage(
  { state: "verdict", language: null, done: 0, all: 0, verdict })"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """One service with sample data for all stories of this file."""
    with running_service(tmp_path_factory.mktemp("pickup"), "--demo") as running:
        yield running


@pytest.fixture(scope="module")
def counter(service: RunningService, playwright: Playwright) -> Iterator[Page]:
    """The counter's page; the sample set waits on three shelves, SAMPLE0002 on one of them."""
    with opened(playwright, size=DESK, locale="en-GB") as desk:
        page = desk.new_page()
        enrol(page, service, "counter", "en")
        for reference, shelf in zip((*SET, "SAMPLE0002"), ("A1", "B1", "H1", "A1"), strict=True):
            take_in(page, service, reference, shelf)
        yield page


def scan_when_there(page: Page, reference: str) -> None:
    page.locator(f"[data-reference={reference}]").wait_for()
    scan(page, reference)
    page.locator(f".chosen[data-reference={reference}]").wait_for()


def add_supervisors(service: RunningService) -> None:
    with closing(open_codes(load_settings(service.config))) as codes:
        for name in ("Ann", "Ben"):
            codes.write(add_staff, name, hashed(PASSWORD), Role.SUPERVISOR)


def test_a_list_with_shelves_is_fetched_in_two_goes_while_another_counter_races(
    service: RunningService, counter: Page, open_browser: OpenBrowser
) -> None:
    letter = sample_letter(service, "SAMPLE0009")
    second = counter.context.new_page()
    second.goto(f"{service.url}/counter/second")
    expect(second.locator(".story")).to_be_visible()
    counter.bring_to_front()
    scan(counter, payload_of(letter))
    fetch(counter, "SAMPLE0010")
    rows = counter.locator(".collection-row")
    assert [row.locator(".place").inner_text() for row in rows.all()] == ["A1", "B1", "H1"]
    expect(counter.locator(".collection-fetched")).to_have_attribute("data-reference", "SAMPLE0010")
    scan(counter, "SAMPLE0002")
    expect(counter.locator(".collection-wrong")).to_contain_text("Wrong parcel")
    assert violations(counter) == []
    expect(second.locator("[data-count]")).to_have_text("1 / 3")
    assert violations(second) == []
    with open_browser(size=DESK, locale="en-GB") as desk:
        other = desk.new_page()
        enrol(other, service, "counter", "en")
        scan(other, payload_of(letter))
        fetch(other, "SAMPLE0010")
        other.locator("[data-release]").click()
        assert verdict(other) == "accepted"
    # The slower one is told, and shown what is left.
    counter.locator("[data-release]").click()
    assert verdict(counter) == "already_handed_over"
    assert verdict(second) == "already_handed_over"
    put_away(counter)
    expect(rows).to_have_count(2)
    fetch(counter, "SAMPLE0011")
    expect(counter.locator("[data-release]")).to_contain_text("1 of 2")
    counter.locator("[data-release]").click()
    assert verdict(counter) == "accepted"
    number = counter.locator(".verdict-number").inner_text()
    expect(second.locator(".verdict-number")).to_have_text(number)
    expect(second.locator(".verdict [data-count]")).to_have_text("2 / 3")
    for width, height in ((1280, 800), (1920, 1080), (820, 1180), (390, 844)):
        second.set_viewport_size({"width": width, "height": height})
        told = [".verdict-word", ".verdict-step", ".second-count", ".verdict-number"]
        assert [*second.evaluate(OUTSIDE, told), *second.evaluate(OVERFLOW)] == [], (width, height)
    second.set_viewport_size(DESK)  # type: ignore[arg-type]
    assert "SAMPLE" not in second.locator("body").inner_text()
    put_away(counter)
    expect(second.locator(".story")).to_be_visible()
    # What a code opens elsewhere, or nowhere, has no count.
    counter.evaluate(TELL_SECOND_SCREEN, {"outcome": "not_here"})
    assert verdict(second) == "not_here"
    expect(second.locator(".verdict [data-count]")).to_have_count(0)
    second.close()
    # Digits look nothing up by themselves; with a name they do.
    type_digits(counter, letter.digits)
    counter.locator("[name=who]").fill("SAMPLE recipient  set")
    assert violations(counter) == []
    counter.keyboard.press("Enter")
    fetch(counter, "SAMPLE0009")
    assert verdict(counter) == "accepted"
    put_away(counter)
    scan(counter, payload_of(letter))
    assert verdict(counter) == "already_handed_over"
    put_away(counter)


def test_a_wrong_parcel_is_told_in_both_languages_and_no_longer_than_need_be(
    service: RunningService, counter: Page
) -> None:
    with service.codes() as codes:
        person = Person("Ada", "ada@example.org", "tr")
        codes.announce([Announcement("TURKISH-1", person, "Sample Shop", sender_wish=True)])
        parcel = codes.read(find_parcel, "TURKISH-1")
        assert parcel is not None
        ticket = codes.read(ticket_of_holder, parcel.holder_id)
        assert ticket is not None
        assert ticket.code is not None
    taken_in(service, "TURKISH-1")
    second = counter.context.new_page()
    second.goto(f"{service.url}/counter/second")
    counter.bring_to_front()
    # A label that was read without a code is told to the recipient as well.
    scan(counter, "SAMPLE0006")
    expect(counter.locator("[data-remark=not_here]")).to_contain_text("Not here")
    expect(second.locator(".second-words")).to_have_text("Not here")
    assert violations(second) == []
    counter.locator("[data-put-down=SAMPLE0006]").click()
    expect(second.locator(".story")).to_be_visible()
    scan(counter, ticket.code.payload)
    counter.locator("[data-collection]").wait_for()
    counter.clock.install()
    scan(counter, "SAMPLE0002")
    wrong = counter.locator(".collection-wrong")
    expect(wrong).to_contain_text("Wrong parcel")
    expect(wrong.locator("[lang=tr]")).to_have_text("Bu başka bir paket. Bir dakika.")
    expect(second.locator(".second-words")).to_have_text("Bu başka bir paket. Bir dakika.")
    assert [*violations(counter), *violations(second)] == []
    counter.clock.fast_forward(20_000)
    expect(wrong).to_have_count(0)
    # An address that is printed on a parcel is no other recipient's code.
    scan(counter, "HTTPS;//EXAMPLE.ORG/TRACK")
    expect(counter.locator("[data-stray]")).to_have_text("That is not a parcel label")
    expect(counter.locator("[data-collection]")).to_contain_text("TURKISH-1")
    assert violations(counter) == []
    second.close()
    # Whoever has no scanner at hand types the number, and the list goes on.
    press(counter, "[data-fetch-typed]")
    counter.locator("[name=reference]").fill("turkish-1")
    counter.keyboard.press("Enter")
    assert verdict(counter) == "accepted"
    put_away(counter)


def test_wrong_digits_a_delegates_code_and_an_old_one_are_said_plainly(service: RunningService, counter: Page) -> None:
    letter = sample_letter(service, "SAMPLE0002")
    wrong = "000000" if letter.digits != "000000" else "000001"
    type_digits(counter, wrong)
    counter.locator("[name=who]").fill("sample0002")
    counter.keyboard.press("Enter")
    assert verdict(counter) == "wrong_code"
    put_away(counter)
    expect(counter.locator("[data-collection]")).to_have_count(0)
    ticket = counter.context.new_page()
    ticket.goto(f"{letter.ticket}?lang=en")
    ticket.get_by_text("Somebody else will receive it").click()
    ticket.locator("[name=name]").fill("Sample Neighbour")
    ticket.get_by_role("button", name="Create a ticket").click()
    theirs = str(ticket.locator("[data-forward]").get_attribute("href")).split("?")[0]
    symbol = counter.request.get(f"{theirs}/symbol.png").body()
    ticket.close()
    counter.locator("[data-parcels] .chip button").click()
    scan(counter, payload_of(replace(letter, symbol=symbol)))
    head = counter.locator("[data-holder=delegate]")
    expect(head).to_contain_text("Sample Neighbour")
    expect(head).to_contain_text("for Sample Recipient 2")
    counter.locator("[data-cancel]").click()
    ticket = counter.context.new_page()
    ticket.goto(f"{letter.ticket}?lang=en")
    ticket.locator("summary", has_text="A problem?").click()
    ticket.locator("summary", has_text="New code").click()
    ticket.get_by_role("button", name="Get a new code").click()
    ticket.wait_for_load_state()
    ticket.close()
    scan(counter, payload_of(letter))
    assert verdict(counter) == "old_code"
    expect(counter.locator(".verdict-detail")).to_contain_text("A newer one was sent")


def test_a_name_that_nobody_has_is_no_wrong_code_and_a_name_with_digits_is_a_name(
    service: RunningService, counter: Page
) -> None:
    with service.codes() as codes:
        person = Person("Studio 54", "studio@example.org", "pl")
        codes.announce([Announcement("STUDIO-1", person, "Sample Shop", sender_wish=True)])
        parcel = codes.read(find_parcel, "STUDIO-1")
        assert parcel is not None
        ticket = codes.read(ticket_of_holder, parcel.holder_id)
        assert ticket is not None
        assert ticket.code is not None
    taken_in(service, "STUDIO-1")
    counter.goto(f"{service.url}/counter")
    counter.locator("html[data-listening]").wait_for()
    # The Enter that ends the digits is not the next field's, too.
    counter.locator("body").press_sequentially(ticket.code.digits, delay=120)
    counter.keyboard.press("Enter")
    assert counter.locator("[name=who]").evaluate("field => field.validationMessage") == ""
    counter.locator("[name=who]").fill("Studio 45")
    counter.keyboard.press("Enter")
    expect(counter.locator("[data-no-name]")).to_contain_text("Nobody by this name")
    expect(counter.locator("[name=who]")).to_have_value("Studio 45")
    expect(counter.locator(".verdict")).to_have_count(0)
    assert violations(counter) == []
    counter.locator("[name=who]").fill("studio 54")
    counter.keyboard.press("Enter")
    expect(counter.locator("[data-collection]")).to_contain_text("STUDIO-1")
    counter.locator("[data-cancel]").click()
    # A hand scanner types the symbol that was found meanwhile into whatever field is there.
    for open_field, field in (("digits", "[name=who]"), ("label", "[name=reference]")):
        if open_field == "digits":
            type_digits(counter, ticket.code.digits)
        else:
            counter.locator("[data-type]").click()
        counter.locator(field).fill(ticket.code.payload)
        counter.keyboard.press("Enter")
        expect(counter.locator("[data-collection]")).to_contain_text("STUDIO-1")
        counter.locator("[data-cancel]").click()
    # What was asked without network is asked again as soon as that is back.
    counter.context.set_offline(True)
    scan(counter, ticket.code.payload)
    assert verdict(counter) == "unknown"
    counter.context.set_offline(False)
    expect(counter.locator("[data-collection]")).to_contain_text("STUDIO-1")
    counter.locator("[data-cancel]").click()


def test_parcels_are_taken_in_put_elsewhere_counted_and_sent_back(service: RunningService, counter: Page) -> None:
    page = counter.context.new_page()
    page.goto(f"{service.url}/counter/intake")
    page.locator("html[data-listening]").wait_for()
    assert violations(page) == []
    page.locator(".size-button", has_text="XL").click()
    for reference in ("SAMPLE0003", "SAMPLE0004"):
        scan(page, reference)
        page.locator(f"[data-placed={reference}]").wait_for()
    # The only shelf so large holds one parcel: the second is put where its label is scanned.
    expect(page.locator("[data-told=amber]")).to_contain_text("No shelf is free")
    scan(page, "SHELF/B1", GERMAN)
    expect(page.locator("[data-placed] .place")).to_have_text("B1")
    scan(page, "SAMPLE0003")
    expect(page.locator("[data-placed=SAMPLE0003]")).to_contain_text("Already here")
    scan(page, "NEVERSEEN")
    expect(page.locator("[data-told=red]")).to_contain_text("Unknown parcel")
    assert violations(page) == []
    scan(page, payload_of(sample_letter(service, "SAMPLE0003")))
    expect(page.locator("[data-told=amber]")).to_have_text("That is not a parcel label")
    scan(page, "SHELF/ZZ")
    expect(page.locator("[data-told=red]")).to_contain_text("There is no such shelf here")

    page.goto(f"{service.url}/counter/shelves")
    scan_when_there(page, "SAMPLE0004")
    page.locator("[data-shelf=A1]").click()
    expect(page.locator("[data-told=green]")).to_contain_text("A1")
    page.locator("[data-shelf=H1]").click()
    page.locator("[data-count-shelf]").click()
    for reference in ("SAMPLE0004", "NEVERSEEN"):
        scan(page, reference)
    expect(page.locator("[data-count]")).to_have_text("2")
    page.locator("[data-finish]").click()
    findings = page.locator("[data-finding]")
    expect(findings).to_have_count(3)
    expect(page.locator("[data-finding=SAMPLE0003]")).to_contain_text("Missing")
    expect(page.locator("[data-finding=SAMPLE0004]")).to_contain_text("Belongs on A1")
    expect(page.locator("[data-finding=NEVERSEEN]")).to_contain_text("Not on record")
    assert violations(page) == []
    with sqlite3.connect(service.folder / "var" / "doorcode.db") as store:
        store.execute(
            "UPDATE stays SET deadline = '2020-01-01 00:00:00' "
            "WHERE shelf_id IN (SELECT id FROM shelves WHERE name = 'H1')"
        )
    page.reload()
    page.locator("[data-shelf='']").click()
    page.locator("[data-reference=SAMPLE0003] [data-back]").click()
    expect(page.locator("[data-told=green]")).to_contain_text("Goes back")
    expect(page.locator(".collection-row")).to_have_count(0)
    page.close()


def test_without_a_code_the_mail_is_sent_again_or_two_supervisors_sign(service: RunningService, counter: Page) -> None:
    add_supervisors(service)
    taken_in(service, "SAMPLE0005")
    page = counter.context.new_page()
    page.goto(f"{service.url}/counter/no-code")
    page.locator("html[data-listening]").wait_for()
    scan(page, "SAMPLE0005")
    page.locator("[data-send]").click()
    expect(page.locator("[data-told=green]")).to_contain_text("on its way")
    page.locator("[data-sign]").click()
    page.locator("[name=reason]").fill("Phone broken, passport seen")
    for which, name in (("first", "Ann"), ("second", "Ann")):
        page.locator(f"[name={which}-name]").fill(name)
        page.locator(f"[name={which}-password]").fill(PASSWORD)
    page.locator("[data-supervised] button").click()
    expect(page.locator("[data-told=red]")).to_contain_text("Two different supervisors")
    page.locator("[name=second-name]").fill("Ben")
    assert violations(page) == []
    page.locator("[data-supervised] button").click()
    expect(page.locator("[data-told=supervised]")).to_contain_text("Handed over without a code")
    page.close()
