"""One ticket page, one mail and one code for a consignment of several parcels."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.life.contests import reports_of
from codes.model import MessageKind, ReportKind
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import notice_of_message
from tests.parts.calls import parcel
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.domain import recorded, shown
from web.configuration import Settings
from web.mail.compose import compose

Enrol = Callable[..., tuple[FlaskClient, SigningDevice]]
REFERENCES = ("SET-0001", "SET-0002", "SET-0003")


@pytest.fixture
def ticket(client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes) -> str:
    """The address of the ticket page for three parcels, announced together."""
    bodies = [parcel(reference, consignment="SET") for reference in REFERENCES]
    answer = client.post("/api/v1/parcels/batch", json=bodies, headers=sender)
    assert [each["result"] for each in answer.json["parcels"]] == ["created"] * 3  # type: ignore[index]
    return address(codes)


def address(codes: DeliveryCodes) -> str:
    """Return the address of the page as the newest message tells it."""
    notice = codes.read(notice_of_message, codes.read(listed_messages, limit=1)[0].id)
    assert notice is not None
    return f"/t/{notice.ticket_key}"


def mail_of(codes: DeliveryCodes, settings: Settings, kind: MessageKind) -> str:
    """Return the text of the newest message of a kind."""
    message = next(each for each in codes.read(listed_messages, limit=20) if each.kind is kind)
    notice = codes.read(notice_of_message, message.id)
    assert notice is not None
    plain = compose(notice, settings.mail, "https://example.org").get_body(("plain",))
    assert isinstance(plain, EmailMessage)
    return str(plain.get_content())


def hand_over(codes: DeliveryCodes, enrol: Enrol, *references: str) -> Any:
    browser, device = enrol()
    body = device.body(shown(codes, references[0]).payload, list(references), now=codes.clock())
    return browser.post("/api/v1/verifications", json=body).json


def test_the_page_lists_every_parcel_and_says_how_many_were_handed_over(
    client: FlaskClient, codes: DeliveryCodes, enrol: Enrol, ticket: str
) -> None:
    page = client.get(ticket).text
    assert [reference in page for reference in REFERENCES] == [True] * 3
    before = client.get(f"{ticket}/status").json
    answer = hand_over(codes, enrol, "SET-0002")
    status: Any = client.get(f"{ticket}/status").json
    assert (answer["handed_over"], answer["of"]) == (1, 3)
    assert (status["state"], status["match_number"]) == ("handed_over", answer["match_number"])
    assert status["look"] != before["look"]  # type: ignore[index]
    page = client.get(ticket).text
    assert shown(codes, "SET-0001").digits[:3] in page, "two are still to come"
    assert "1 von 3 übergeben" in page
    hand_over(codes, enrol, "SET-0001", "SET-0003")
    assert "3 von 3 übergeben" in client.get(ticket).text


def test_each_parcel_has_its_own_proof_and_is_contested_by_itself(
    client: FlaskClient, codes: DeliveryCodes, enrol: Enrol, ticket: str, clock: TurnableClock
) -> None:
    hand_over(codes, enrol, "SET-0001")
    clock.turn(timedelta(hours=1))
    hand_over(codes, enrol, "SET-0002")
    for reference in ("SET-0001", "SET-0002"):
        assert client.get(f"{ticket}/proof.json?parcel={reference}").data == codes.proof_of(reference)
    assert client.get(f"{ticket}/proof.json?parcel=SAMPLE-9").status_code == 404
    told = {"kind": "not_received", "parcel": "SET-0001", "confirmed": "yes"}
    assert client.post(f"{ticket}/report", data=told).status_code == 303
    assert client.post(f"{ticket}/report", data=told | {"parcel": "SAMPLE-9"}).status_code == 404
    assert client.post(f"{ticket}/report", data=told | {"parcel": "SET-0003"}).status_code == 409
    reports = {each: codes.read(reports_of, recorded(codes, each).parcel_id) for each in REFERENCES}
    assert [len(found) for found in reports.values()] == [1, 0, 0]
    assert reports["SET-0001"][0].kind is ReportKind.NOT_RECEIVED
    assert "SET-0001" in client.get(ticket).text


def test_one_mail_names_all_parcels_and_a_later_one_says_that_a_parcel_joined(
    client: FlaskClient,
    sender: dict[str, str],
    codes: DeliveryCodes,
    enrol: Enrol,
    ticket: str,
    settings: Settings,
    clock: TurnableClock,
) -> None:
    assert "…0001, …0002, …0003" in mail_of(codes, settings, MessageKind.CODE_ISSUED)
    hand_over(codes, enrol, "SET-0001", "SET-0003")
    told = [each for each in codes.read(listed_messages, limit=20) if each.kind is MessageKind.HANDED_OVER]
    assert len(told) == 1
    mail = mail_of(codes, settings, MessageKind.HANDED_OVER)
    assert "…0001, …0003" in mail
    assert "2 von 3 übergeben" in mail
    clock.turn(timedelta(minutes=5))
    renewed = client.post("/api/v1/parcels/SET-0002/code/renew", headers=sender)
    assert renewed.status_code == 204
    assert client.get(ticket).status_code == 410
    client.post("/api/v1/parcels", json=parcel("SET-0004", consignment="SET"), headers=sender)
    assert "SET-0004" in client.get(address(codes)).text


def test_too_many_people_are_refused_in_words(client: FlaskClient, codes: DeliveryCodes, ticket: str) -> None:
    until = (codes.clock() + timedelta(days=1)).date().isoformat()
    form = {"until": until, "language": "en"}
    most = codes.settings.wrong_digits_per_parcel - 1
    answers = [
        client.post(f"{ticket}/delegates?lang=en", data=form | {"name": f"Neighbour {each}"})
        for each in range(most + 1)
    ]
    assert [answer.status_code for answer in answers] == [303] * most + [409]
    assert "Please withdraw somebody first." in answers[-1].text
