"""A parcel is typed in by hand: what cannot be so is named and what was typed stays; then its label is printed."""

from __future__ import annotations

from decimal import Decimal

from flask import Flask
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.accounts.staff import Role
from codes.life.parcel_records import find_parcel, list_parcels
from codes.model import Destination
from codes.recipients.outbox import listed_messages
from tests.parts.calls import PASSWORD
from tests.parts.staff import add_member

TYPED = {
    "reference": "00 3 40123456 00000001 8",
    "name": "Ada Lovelace",
    "email": "ada@example.org",
    "language": "de",
    "street": "Sample Street 7",
    "postcode": "12345",
    "city": "Sampletown",
    "sender": "Sample Bookshop",
    "value": "129.90",
    "currency": "eur",
    "destination": "pickup_point",
    "sender_wish": "true",
}


def test_a_parcel_is_announced_with_what_was_typed_and_its_label_is_offered(
    administrator: FlaskClient, codes: DeliveryCodes
) -> None:
    answer = administrator.post("/office/new?lang=en", data=TYPED)
    assert answer.status_code == 303
    page = administrator.get(answer.headers["Location"]).text
    assert "The parcel is announced." in page
    assert 'action="/office/chosen/labels/a6"' in page
    (parcel,) = codes.read(list_parcels)
    assert (parcel.recipient, parcel.address) == ("Ada Lovelace", "Sample Street 7, 12345 Sampletown")
    assert (parcel.value, parcel.currency, parcel.destination) == (Decimal("129.9"), "EUR", Destination.PICKUP_POINT)
    assert (parcel.language, parcel.gift, parcel.code_required) == ("de", False, True)
    assert len(codes.read(listed_messages, limit=9)) == 1


def test_what_cannot_be_so_is_named_and_what_was_typed_stays(administrator: FlaskClient, codes: DeliveryCodes) -> None:
    faulty = {**TYPED, "reference": "?", "email": "not an address", "value": "much"}
    answer = administrator.post("/office/new?lang=en", data=faulty)
    assert answer.status_code == 422
    fault = answer.text.partition('role="alert">')[2].partition("</p>")[0]
    assert all(word in fault for word in ("Please correct:", "Email", "Value"))
    assert 'value="not an address"' in answer.text
    assert 'value="Ada Lovelace"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert " autofocus" not in answer.text, "the script leads to the first fault"
    assert codes.read(list_parcels) == []


def test_a_number_that_is_taken_leads_to_its_parcel(administrator: FlaskClient, codes: DeliveryCodes) -> None:
    administrator.post("/office/new", data=TYPED)
    answer = administrator.post("/office/new?lang=en", data={**TYPED, "name": "Ben"})
    assert answer.status_code == 409
    assert "There is already a parcel with this number." in answer.text
    assert "/office/parcels/340123456000000018" in answer.text
    again = administrator.post("/office/new?lang=en", data=TYPED)
    assert again.status_code == 409, "the same parcel is not announced a second time in silence"
    assert len(codes.read(list_parcels)) == 1
    assert codes.read(find_parcel, "340123456000000018") is not None


def test_only_those_who_dispatch_may(app: Flask, administrator: FlaskClient, codes: DeliveryCodes) -> None:
    add_member(codes, "eyes", PASSWORD, Role.AUDITOR)
    auditor = app.test_client()
    auditor.post("/office/sign-in", data={"name": "eyes", "password": PASSWORD})
    assert auditor.get("/office/new").status_code == 403
    assert "/office/new" in administrator.get("/office").text
    assert "/office/new" not in auditor.get("/office").text
