"""A dispatcher corrects a recipient on the parcel's page; whoever else corrected meanwhile is not undone."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from codes import Announcement, DeliveryCodes, Person
from codes.accounts.staff import Role
from codes.model import MessageKind
from codes.recipients.code_requests import Asker
from codes.recipients.correcting import correct
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import notice_of_message
from codes.settings import WishSettings
from tests.parts.clock import TurnableClock
from tests.parts.domain import block_parcel, recorded, shown, told
from tests.parts.staff import add_member
from web.mail.address_checker import AddressChecker

FORM = {
    "name": "Ada Example",
    "email": "ada@example.org",
    "phone": "",
    "language": "en",
    "street": "Main Street 1",
    "postcode": "12345",
    "city": "Berlin",
    "note": "",
    "stood": "",
}


@pytest.fixture
def dispatcher(app: Flask, codes: DeliveryCodes) -> FlaskClient:
    """A browser in which a dispatcher is signed in."""
    add_member(codes, "Dora", "a sample password", Role.DISPATCHER)
    browser = app.test_client()
    browser.post("/office/sign-in", data={"name": "Dora", "password": "a sample password"})
    browser.get("/office?lang=en")
    codes.announce([Announcement("P-1", Person("Ada", "ada@exmaple.org.", "en"), sender_wish=True)])
    return browser


def stood(browser: FlaskClient) -> str:
    """Return what the form says of the state that it shows."""
    found = re.search(r'name="stood" value="([^"]*)"', browser.get("/office/parcels/P-1").text)
    assert found is not None
    return found[1]


def test_a_wrong_address_is_warned_of_and_corrected_and_both_addresses_are_told(
    dispatcher: FlaskClient, codes: DeliveryCodes
) -> None:
    AddressChecker(codes, None).check_due()
    assert "Address in doubt" in dispatcher.get("/office/today").text
    assert "P-1" in dispatcher.get("/office?show=address").text
    before = shown(codes, "P-1")
    page = dispatcher.get("/office/parcels/P-1").text
    assert "ends with a full stop" in page
    done = dispatcher.post("/office/correct/P-1", data=FORM, follow_redirects=True).text
    assert "Corrected, for every parcel of this consignment" in done
    assert "Recipient corrected" in done
    assert "ends with a full stop" not in done
    assert shown(codes, "P-1").payload != before.payload
    moved = next(each for each in codes.read(listed_messages, limit=9) if each.kind is MessageKind.CODE_MOVED)
    assert moved.recipient == "ada@exmaple.org."
    mail = dispatcher.get(f"/office/mails/{moved.id}").text
    assert "now goes to somebody else" in mail
    assert "ada@example.org" not in mail
    assert "/t/" not in mail
    again = dispatcher.post("/office/correct/P-1", data=FORM | {"stood": stood(dispatcher)}, follow_redirects=True)
    assert "There was nothing to change." in again.text


def test_what_cannot_be_is_named_and_stands_in_the_form_again(dispatcher: FlaskClient, codes: DeliveryCodes) -> None:
    wrong = {"email": "nobody", "phone": "0171", "name": "Somebody Else"}
    answer = dispatcher.post("/office/correct/P-1", data=FORM | wrong)
    assert answer.status_code == 422
    assert "Please correct: Email address, Phone" in answer.text
    assert "Somebody Else" in answer.text
    assert recorded(codes).corrected_at is None
    assert dispatcher.post("/office/correct/P-1", data=FORM | {"name": " "}).status_code == 422
    assert dispatcher.post("/office/correct/UNKNOWN-1", data=FORM).status_code == 404


def test_a_form_that_is_stale_changes_nothing_and_a_blocked_parcel_says_so(
    dispatcher: FlaskClient, codes: DeliveryCodes
) -> None:
    codes.write(correct, recorded(codes).parcel_id, {"name": "Corrected by the sender"}, Asker.SENDER)
    assert dispatcher.post("/office/correct/P-1", data=FORM).status_code == 409
    assert recorded(codes).recipient == "Corrected by the sender"
    block_parcel(codes, "P-1")
    answer = dispatcher.post("/office/correct/P-1", data=FORM | {"stood": stood(dispatcher)})
    assert answer.status_code == 409
    assert "Unblock it first" in answer.text


def test_recipients_give_another_phone_on_their_page_only_where_the_house_allows_it(
    app: Flask, client: FlaskClient, dispatcher: FlaskClient, codes: DeliveryCodes, clock: TurnableClock
) -> None:
    notice = codes.read(notice_of_message, codes.read(listed_messages, limit=1)[0].id)
    assert notice is not None
    page = f"/t/{notice.ticket_key}"
    assert "Another phone number" not in client.get(page).text
    assert client.post(f"{page}/phone", data={"phone": "+491700000001"}).status_code == 409
    codes.settings = codes.settings.model_copy(update={"wishes": WishSettings(phone=True)})
    assert "Another phone number" in client.get(page).text
    for wrong in ("", "0171 1234567", "+49", "+4917012345678901234", "five"):
        assert client.post(f"{page}/phone", data={"phone": wrong}).status_code == 422
    assert client.post(f"{page}/phone", data={"phone": "+49 170 (0000) 001"}).status_code == 303
    assert recorded(codes).phone == "+491700000001"
    assert MessageKind.CODE_RENEWED in told(codes)
    assert client.get(page).status_code == 410
