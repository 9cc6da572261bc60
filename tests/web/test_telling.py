"""Without a smartphone: digits by a call to the registered number, or a letter; recorded, and told to the recipient."""

from __future__ import annotations

import base64
import io
import json
import re
from typing import Any

import pytest
import zxingcpp
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from codes import DeliveryCodes
from codes.accounts.staff import Role, list_staff
from codes.accounts.staff_log import list_actions
from codes.life.parcel_records import events_of_parcel, find_parcel
from codes.model import EventKind, MessageKind, Person
from tests.parts.domain import block_parcel, told
from tests.parts.staff import add_member
from tests.parts.web.tickets import announced, digits, ticket


@pytest.fixture
def house(codes: DeliveryCodes) -> DeliveryCodes:
    """A house that allows both."""
    codes.settings = codes.settings.model_copy(update={"read_out_by_phone": True, "print_letters": True})
    return codes


def test_the_digits_are_read_out_to_the_registered_number_alone(
    house: DeliveryCodes, administrator: FlaskClient
) -> None:
    key = announced(house, recipient=Person("Ada", "ada@example.org", "en", phone="+4930123456"))
    assert "Read the digits out by phone" in administrator.get("/office/parcels/P-1?lang=en").text
    page = administrator.post("/office/read-out/P-1").text
    assert "+4930123456" in page
    assert f"{digits(house, key)[:3]} {digits(house, key)[3:]}" in page
    parcel = house.read(find_parcel, "P-1")
    assert parcel is not None
    (seen,) = [
        event for event in house.read(events_of_parcel, parcel.parcel_id) if event.kind is EventKind.CODE_READ_OUT
    ]
    (member,) = house.read(list_staff)
    assert seen.facts == {"staff": str(member.staff_id)}
    assert told(house).count(MessageKind.CODE_TOLD) == 1
    assert digits(house, key) not in json.dumps(
        [event.facts for event in house.read(events_of_parcel, parcel.parcel_id)]
    )
    assert "telling.read_out" in [action.action for action in house.read(list_actions, limit=9)]


def test_a_letter_has_both_symbols_and_where_they_may_be_shown(
    house: DeliveryCodes, administrator: FlaskClient
) -> None:
    key = announced(house, recipient=Person("Ada", None, "tr"))
    letter = administrator.post("/office/letters/P-1").text
    assert 'lang="tr"' in letter
    pictures = [base64.b64decode(each) for each in re.findall(r"data:image/png;base64,([^\"]+)", letter)]
    read = {found.text for each in pictures for found in zxingcpp.read_barcodes(Image.open(io.BytesIO(each)))}
    code = ticket(house, key).code
    assert code is not None
    assert read == {code.payload}
    assert len(pictures) == 2
    assert letter.count("#story-") == 3
    assert "letter-warning" in letter


@pytest.mark.parametrize("path", ["read-out", "letters"])
def test_it_is_refused_where_it_is_not_allowed_not_possible_or_not_ones_task(
    app: Flask, codes: DeliveryCodes, administrator: FlaskClient, path: str
) -> None:
    announced(codes, recipient=Person("Ada", "ada@example.org", "en"))
    assert administrator.post(f"/office/{path}/P-1").status_code == 404
    allowed: dict[str, Any] = {"read_out_by_phone": True, "print_letters": True}
    codes.settings = codes.settings.model_copy(update=allowed)
    add_member(codes, "counter", "a sample password", Role.COUNTER)
    counter = app.test_client()
    counter.post("/office/sign-in", data={"name": "counter", "password": "a sample password"})
    assert counter.post(f"/office/{path}/P-1").status_code == 403
    if path == "read-out":
        assert administrator.post(f"/office/{path}/P-1").status_code == 409
    block_parcel(codes, "P-1")
    assert administrator.post(f"/office/{path}/P-1").status_code == 409
    assert administrator.post(f"/office/{path}/NONE-1").status_code == 404
    assert MessageKind.CODE_TOLD not in told(codes)
