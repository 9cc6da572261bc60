"""One parcel for which everything goes wrong: driver, recipient and office side by side, by real mails.

Each chapter is a function; at its end stands what each of the three people sees.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.parts.browser.people import (
    DESK,
    MAIL_WITHIN_SECONDS,
    Letter,
    OpenBrowser,
    announce,
    carry,
    letter_to,
    put_away,
    ready,
    sign_in,
    type_digits,
    type_label,
    verdict,
)
from tests.parts.mails.letters import plain_of
from tests.parts.mails.returned_mail import report
from tests.parts.running_service import RunningService, running_service
from tests.parts.servers.smtp_server import SmtpServer

REFERENCE, WRONG_ADDRESS, RIGHT_ADDRESS, HOUSE = "STORY-1", "ada@exmaple.org", "ada@example.org", "office@example.org"
OFFERS = {"wishes": {"another_day_within": 5, "pickup_point": False, "phone": False, "not_from": []}}
STORY = (
    ("announced", "policy_decided", "code_issued", "ticket_opened", "mail_bounced"),
    ("corrected", "code_renewed", "ticket_opened"),
    ("out_for_delivery", "not_handed_over"),
    ("wished", "wish_withdrawn"),
    ("delegate_named", "code_issued", "ticket_opened"),
    ("presented", "presented", "handed_over"),
    ("reported", "report_withdrawn"),
)
"""What the chain tells, chapter by chapter, but for the mails that left, which take their own time."""


@dataclass(frozen=True, slots=True)
class House:
    """The service, the server that takes its mails, and where mails that came back are laid."""

    service: RunningService
    smtp: SmtpServer
    returned: Path


@dataclass(frozen=True, slots=True)
class People:
    """A page of each: the driver's phone, the recipient's phone, the office's desk."""

    driver: Page
    recipient: Page
    office: Page
    device: str


@pytest.fixture
def house(tmp_path: Path, smtp_server: SmtpServer) -> Iterator[House]:
    """A house that offers another day, with its own mail road, in both directions."""
    returned = tmp_path / "returned"
    returned.mkdir()
    mail = {
        "smtp": {"host": smtp_server.host, "port": smtp_server.port, "security": "none"},
        "bounces": {"folder": str(returned)},
        "operations_address": HOUSE,
        "operations_language": "en",
        "check_domains": False,
    }
    with running_service(tmp_path, mail=mail, codes=OFFERS, sealing={"interval_seconds": 1}) as service:
        yield House(service, smtp_server, returned)


def mail_about(smtp: SmtpServer, address: str, subject: str, page: Page) -> str:
    """Wait for a mail, and return its plain text."""
    for _ in range(MAIL_WITHIN_SECONDS * 10):
        for message in reversed(smtp.messages):
            if address in str(message["To"]) and message["Subject"] == subject:
                return plain_of(message)
        page.wait_for_timeout(100)
    raise AssertionError(f"no mail {subject!r} to {address}")


def desk(people: People, house: House) -> Locator:
    """Return what the office reads of the parcel now."""
    people.office.goto(f"{house.service.url}/office/parcels/{REFERENCE}?lang=en")
    return people.office.locator("main")


def today(people: People, house: House) -> Locator:
    """Return what the office has to decide now."""
    people.office.goto(f"{house.service.url}/office/today?lang=en")
    return people.office.locator(".to-decide")


def open_ticket(page: Page, address: str) -> None:
    """Open a ticket page, and wait until it has asked how things stand, which notes that it was opened."""
    with page.expect_response(re.compile("/status")):
        page.goto(address)


def digits_on(page: Page) -> str:
    return "".join(page.locator(".digits-line").inner_text().split())


def the_mail_comes_back_and_the_office_corrects(people: People, house: House) -> Letter:
    announce(house.service, REFERENCE, name="Ada Lovelace", email=WRONG_ADDRESS, language="en")
    lost = replace(letter_to(house.smtp, WRONG_ADDRESS, people.office.wait_for_timeout), reference=REFERENCE)
    # A stranger has the mailbox of that name, opens the link, and the mail comes back all the same.
    open_ticket(people.recipient, lost.ticket)
    message_id = str(house.smtp.messages[0]["Message-ID"]).strip("<>").partition("@")[0]
    (house.returned / "1.new").write_bytes(report(message_id))
    (house.returned / "1.new").rename(house.returned / "1.eml")
    while not (house.returned / "done" / "1.eml").exists():
        people.office.wait_for_timeout(100)
    expect(today(people, house)).to_contain_text("Email not delivered")
    main = desk(people, house)
    expect(main).to_contain_text("Email bounced")
    people.office.get_by_text("Correct the recipient").click()
    people.office.get_by_label("Email address").fill(RIGHT_ADDRESS)
    people.office.get_by_role("button", name="Correct", exact=True).click()
    expect(main).to_contain_text("Corrected, for every parcel of this consignment")
    expect(main).to_contain_text(RIGHT_ADDRESS)
    # The open page of the stranger ends by itself, and says nothing of whom it is for.
    expect(people.recipient.locator("h1")).to_have_text("A newer message was sent")
    expect(people.recipient.locator("main")).not_to_contain_text("Ada")
    found = replace(letter_to(house.smtp, RIGHT_ADDRESS, people.office.wait_for_timeout), reference=REFERENCE)
    assert (found.ticket, found.digits) != (lost.ticket, lost.digits)
    open_ticket(people.recipient, found.ticket)
    assert digits_on(people.recipient) == found.digits
    return found


def nobody_is_home(people: People, house: House, found: Letter) -> None:
    desk(people, house)
    people.office.get_by_role("button", name="Out for delivery").click()
    told = mail_about(house.smtp, RIGHT_ADDRESS, "Your parcel is coming today", people.office)
    assert f"{found.digits[:3]} {found.digits[3:]}" in told
    carry(house.service, REFERENCE, device=people.device)
    people.driver.reload()
    people.driver.locator("html[data-carried='1']").wait_for(state="attached")
    expect(people.recipient.locator(".folds")).to_contain_text("Out for delivery")
    type_label(people.driver, REFERENCE)
    expect(people.driver.locator("[data-stop]")).to_contain_text("Ada Lovelace")
    people.driver.locator("[data-visit]").click()
    with people.driver.expect_response("**/api/v1/visits"):
        people.driver.locator("[data-reason=nobody_home]").click()
    people.driver.locator("[data-tour]").click()
    expect(people.driver.locator(f".tour-row[data-reference='{REFERENCE}']")).to_contain_text("Nobody home")
    people.driver.locator("[data-sheet=tour] [data-close]").click()
    expect(people.recipient.locator(".step-missed")).to_have_count(1)
    expect(desk(people, house)).to_contain_text("Nobody was at home.")


def another_day_is_chosen_by_the_link_in_the_mail(people: People, house: House, found: Letter) -> None:
    told = mail_about(house.smtp, RIGHT_ADDRESS, "Your parcel could not be handed over", people.recipient)
    assert "Nobody was at home." in told
    [link] = re.findall(r"(http\S+\?open=day#wish)", told)
    assert link.startswith(found.ticket)
    people.recipient.goto(link)
    day = people.recipient.locator("[name=day]")
    expect(day).to_be_visible()
    people.recipient.get_by_role("button", name="Deliver on this day").click()
    expect(people.recipient.locator(".wish")).to_contain_text("Coming on")
    mail_about(house.smtp, RIGHT_ADDRESS, "Your request for your parcel is noted", people.recipient)
    main = desk(people, house)
    expect(main).to_contain_text("Recipient's request")
    expect(main).to_contain_text(people.recipient.locator(".wish strong").inner_text())
    # It is on no tour any more, and cannot be put on today's.
    people.driver.reload()
    people.driver.locator("html[data-carried='0']").wait_for(state="attached")
    refused = httpx.post(
        f"{house.service.url}/api/v1/assignments",
        json={"device": people.device, "references": [REFERENCE]},
        headers={"Authorization": f"Bearer {house.service.key_of('Depot')}"},
        timeout=60,
    ).json()["refused"]
    assert refused == [REFERENCE]
    # Somebody can be at home today after all.
    people.recipient.get_by_role("button", name="Cancel this request").click()
    expect(people.recipient.locator(".wish")).to_have_count(0)
    expect(desk(people, house)).to_contain_text("Request cancelled")
    carry(house.service, REFERENCE, device=people.device)
    people.driver.reload()
    people.driver.locator("html[data-carried='1']").wait_for(state="attached")


def a_neighbour_is_named(people: People, house: House) -> Page:
    people.recipient.reload()
    people.recipient.get_by_text("Somebody else will receive it").click()
    people.recipient.locator("[name=name]").fill("Uncle Bo")
    people.recipient.locator("[name=language]").select_option("tr")
    people.recipient.get_by_role("button", name="Create a ticket").click()
    expect(people.recipient.locator(".delegate h2")).to_have_text("Uncle Bo")
    mail_about(house.smtp, RIGHT_ADDRESS, "Somebody else may receive your parcel", people.recipient)
    expect(desk(people, house)).to_contain_text("Delegate named")
    neighbour = people.recipient.context.browser
    assert neighbour is not None
    page = neighbour.new_context(locale="pl-PL").new_page()
    open_ticket(page, str(people.recipient.locator("[data-forward]").get_attribute("href")))
    expect(page.locator("html")).to_have_attribute("lang", "tr")
    assert digits_on(page) != digits_on(people.recipient)
    people.recipient.reload()
    return page


def the_driver_types_wrong_digits(people: People, house: House, found: Letter, neighbour: Page) -> None:
    wrong = next(each for each in ("000000", "111111", "222222") if each not in (found.digits, digits_on(neighbour)))
    type_label(people.driver, REFERENCE)
    type_digits(people.driver, wrong)
    assert verdict(people.driver) == "wrong_code"
    for page in (people.recipient, neighbour):
        assert verdict(page) == "wrong_code"
    expect(people.recipient.locator(".verdict-detail")).to_have_text("Tries left: 1")
    for page in (people.driver, people.recipient, neighbour):
        put_away(page)
    told = mail_about(house.smtp, RIGHT_ADDRESS, "Wrong digits were entered for your parcel", people.recipient)
    assert found.digits not in told
    main = desk(people, house)
    expect(main).to_contain_text("Wrong digits")
    expect(main).to_contain_text("Wrong code")


def the_neighbour_receives(people: People, house: House, neighbour: Page) -> None:
    type_digits(people.driver, digits_on(neighbour))
    assert verdict(people.driver) == "accepted"
    for page in (people.recipient, neighbour):
        assert verdict(page) == "accepted"
    pages = (people.driver, people.recipient, neighbour)
    [number] = {page.locator(".verdict-number").inner_text() for page in pages}
    for page in pages:
        put_away(page)
    expect(people.recipient.locator(".done h1")).to_have_text("Handed over")
    expect(people.recipient.locator(".done")).to_contain_text("With the code of Uncle Bo")
    expect(people.recipient.locator(".match-number")).to_have_text(number)
    expect(neighbour.locator(".match-number")).to_have_text(number)
    told = mail_about(house.smtp, RIGHT_ADDRESS, "Your parcel was handed over", people.recipient)
    assert "With the code of Uncle Bo." in told
    assert f"The number on both screens was {number}." in told
    main = desk(people, house)
    expect(main).to_contain_text(f"Match number {number}")


def the_recipient_contests(people: People, house: House, neighbour: Page) -> None:
    people.recipient.get_by_text("A problem?").click()
    people.recipient.get_by_role("radio", name="I did not receive this parcel").check()
    people.recipient.get_by_label("In your own words, if you like").fill("Bo says he has nothing")
    people.recipient.get_by_role(
        "checkbox", name="I confirm this. The sender will be told, and will act on it."
    ).check()
    people.recipient.get_by_role("button", name="Tell the sender").click()
    expect(people.recipient.locator(".done h1")).to_have_text("You have reported a problem")
    expect(people.recipient.locator(".contest .notice")).to_contain_text("Bo says he has nothing")
    # The neighbour sees that it is so, and neither the words nor a way to take them back.
    expect(neighbour.locator("[data-contested]")).to_have_count(1)
    expect(neighbour.locator("main")).not_to_contain_text("Bo says he has nothing")
    expect(neighbour.locator("form[action*='/report']")).to_have_count(0)
    told = mail_about(house.smtp, HOUSE, "A recipient has reported a problem", people.office)
    assert "Bo says he has nothing" in told
    expect(today(people, house)).to_contain_text("Reported")
    expect(desk(people, house)).to_contain_text("Bo says he has nothing")
    # What the driver did stands as it was.
    people.driver.locator("[data-tour]").click()
    people.driver.locator("[data-record]").click()
    expect(people.driver.locator(".record-row").first).to_contain_text(REFERENCE)
    people.driver.locator("[data-sheet=record] [data-close]").click()
    assert claims_of(people, house) == ("C", True)


def it_was_a_mistake(people: People, house: House, neighbour: Page) -> None:
    people.recipient.get_by_role("button", name="It was a mistake: withdraw it").click()
    expect(people.recipient.locator(".done h1")).to_have_text("Handed over")
    expect(people.recipient.locator(".contest .notice")).to_contain_text("Withdrawn")
    expect(neighbour.locator("[data-contested]")).to_have_count(0)
    main = desk(people, house)
    expect(main).to_contain_text("Withdrawn")
    expect(today(people, house)).to_contain_text("Nothing needs a decision.")


def claims_of(people: People, house: House) -> tuple[str, bool]:
    """Return the grade that the recipient's proof claims, and whether it says that it is contested."""
    proof = people.recipient.request.get(f"{people.recipient.url.partition('?')[0].partition('#')[0]}/proof.json")
    told = json.loads(proof.text())
    kinds = [each["kind"] for each in told["events"]]
    return told["grade"], "reported" in kinds and "report_withdrawn" not in kinds


def test_everything_goes_wrong_and_each_person_sees_it(house: House, open_browser: OpenBrowser, tmp_path: Path) -> None:
    with open_browser() as road, open_browser() as home, open_browser(size=DESK) as office, ExitStack() as stack:
        driver, desk_page = road.new_page(), office.new_page()
        sign_in(desk_page, house.service)
        people = People(driver, home.new_page(), desk_page, ready(driver, house.service))
        found = the_mail_comes_back_and_the_office_corrects(people, house)
        nobody_is_home(people, house, found)
        another_day_is_chosen_by_the_link_in_the_mail(people, house, found)
        neighbour = a_neighbour_is_named(people, house)
        stack.callback(neighbour.context.close)
        the_driver_types_wrong_digits(people, house, found, neighbour)
        the_neighbour_receives(people, house, neighbour)
        the_recipient_contests(people, house, neighbour)
        it_was_a_mistake(people, house, neighbour)
        assert claims_of(people, house) == ("C", False)
        # The proof tells it all, and holds without the house.
        people.recipient.get_by_text("Proof of delivery").first.click()
        people.recipient.get_by_role("link", name="What it says").click()
        expect(people.recipient.locator("[data-result]")).to_contain_text("This proof holds.")
    house.service.run("proof", REFERENCE, "--out", str(tmp_path / "proof.json"))
    told = json.loads((tmp_path / "proof.json").read_text(encoding="utf-8"))
    kinds = [each["kind"] for each in told["events"]]
    assert [each for each in kinds if each != "mail_handed_to_smtp"] == [each for chapter in STORY for each in chapter]
    assert kinds.count("mail_handed_to_smtp") == len(house.smtp.messages)
    (tmp_path / "key.pem").write_bytes(httpx.get(f"{house.service.url}/proofs/key.pem", timeout=60).content)
    house.service.run("verify-proof", "--key", str(tmp_path / "key.pem"), str(tmp_path / "proof.json"))
    house.service.run("audit")
