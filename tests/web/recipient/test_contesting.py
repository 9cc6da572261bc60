"""A contested handover is green no more; what was said and answered stands on the page and in the mails."""

from __future__ import annotations

import re
from email.message import EmailMessage
from typing import cast

import pytest
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.model import MessageKind
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import Notice, ShownCode, notice_of_message
from tests.parts.clock import TurnableClock
from tests.parts.device import enrolled
from tests.parts.domain import told
from web.configuration import Settings
from web.mail.compose import compose

SAID = {"kind": "not_ordered", "words": "A <b>stone</b> was in it", "confirmed": "yes"}


def newest(codes: DeliveryCodes, kind: MessageKind) -> Notice:
    """Return the message of this kind."""
    message = next(each for each in codes.read(listed_messages, limit=20) if each.kind is kind)
    notice = codes.read(notice_of_message, message.id)
    assert notice is not None
    return notice


def text_of(notice: Notice, settings: Settings) -> str:
    """Return a mail's plain text."""
    mail = settings.mail.model_copy(update={"operations_address": "office@example.org", "operations_language": "en"})
    return " ".join(cast(EmailMessage, compose(notice, mail, "http://x").get_body(("plain",))).get_content().split())


@pytest.fixture
def page(codes: DeliveryCodes, code: ShownCode, clock: TurnableClock) -> str:
    """The ticket page of a parcel that was handed over."""
    codes.present(enrolled(codes).presentation(code.payload, "SAMPLE-1", now=clock()))
    return f"/t/{newest(codes, MessageKind.HANDED_OVER).ticket_key}"


def test_what_was_said_takes_the_green_away_until_it_is_taken_back(
    client: FlaskClient, codes: DeliveryCodes, page: str, settings: Settings
) -> None:
    look = client.get(f"{page}/status").json
    assert "mark-green" in client.get(f"{page}?lang=en").text
    assert client.post(f"{page}/report", data=SAID).status_code == 303
    said = client.get(page).text
    assert "data-contested" in said
    assert "mark-green" not in said
    assert "A &lt;b&gt;stone&lt;/b&gt; was in it" in said
    contested = client.get(f"{page}/status").json
    assert contested is not None
    assert look is not None
    assert contested["look"] != look["look"]
    told = text_of(newest(codes, MessageKind.REPORTED), settings)
    assert "It is not what was ordered. A <b>stone</b> was in it" in told
    found = re.search(rf'action="({page}/report/[0-9a-f-]+/withdraw)"', said)
    assert found is not None
    assert [client.post(found[1]).status_code for _ in range(2)] == [303, 303]
    taken_back = client.get(page).text
    assert "Withdrawn" in taken_back
    assert "mark-green" in taken_back
    # Whoever opens the mail about it only now is told so.
    assert "Withdrawn" in text_of(newest(codes, MessageKind.REPORTED), settings)


def test_the_answer_stands_on_the_page_and_in_the_mail(
    client: FlaskClient, administrator: FlaskClient, codes: DeliveryCodes, page: str, settings: Settings
) -> None:
    client.post(f"{page}/report", data=SAID)
    office = administrator.get("/office/parcels/SAMPLE-1").text
    assert "A &lt;b&gt;stone&lt;/b&gt; was in it" in office
    found = re.search(r'action="(/office/audit/reports/[^"]+)"', office)
    assert found is not None
    answer = "We are sorry. Another one is on its way."
    assert administrator.post(found[1], data={"answer": answer}).status_code == 303
    assert answer in client.get(page).text
    assert "data-contested" in client.get(page).text
    mail = text_of(newest(codes, MessageKind.REPORT_ANSWERED), settings)
    assert f"admin: {answer}" in mail
    assert "A <b>stone</b> was in it" in mail, "the answer stands beside what it answers"
    assert "Only at the door" not in mail, "the code was used"
    # What was answered is not taken back, and another report has an answer of its own.
    client.post(f"{page}/report", data=SAID | {"kind": "opened", "words": "And torn"})
    assert "The answer will appear here." in (said := client.get(f"{page}?lang=en").text)
    assert answer in said


def test_what_others_reported_is_no_word_of_the_recipient(
    client: FlaskClient, administrator: FlaskClient, codes: DeliveryCodes, sender: dict[str, str], page: str
) -> None:
    before = client.get(f"{page}?lang=en").text
    lost = client.post("/api/v1/parcels/SAMPLE-1/reports", json={"kind": "lost"}, headers=sender)
    assert lost.status_code == 204, lost.text
    assert client.get(f"{page}?lang=en").text == before
    office = administrator.get("/office/parcels/SAMPLE-1").text
    (address,) = re.findall(r'action="(/office/audit/reports/[^"]+)"', office)
    assert administrator.post(address, data={"answer": "It lay in the other van."}).status_code == 303
    assert MessageKind.REPORT_ANSWERED not in told(codes)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"confirmed": ""}, 422),
        ({"kind": "nonsense"}, 400),
        ({"kind": ""}, 400),
        ({"kind": "lost"}, 409),
        ({"words": "x" * 1001}, 422),
        ({"words": "a\x00b"}, 422),
        ({"parcel": "SAMPLE-2"}, 404),
    ],
)
def test_what_cannot_be_said_is_refused(client: FlaskClient, page: str, changes: dict[str, str], status: int) -> None:
    assert client.post(f"{page}/report", data=SAID | changes).status_code == status
    assert "data-contested" not in client.get(page).text
    assert client.post(f"{page}/report/no-report/withdraw").status_code == 404


def test_whoever_does_not_have_what_was_delivered_elsewhere_says_so_on_the_page(
    client: FlaskClient, codes: DeliveryCodes, sender: dict[str, str], code: ShownCode, settings: Settings
) -> None:
    page = f"/t/{newest(codes, MessageKind.CODE_ISSUED).ticket_key}"
    assert client.post("/api/v1/parcels/SAMPLE-1/delivered-elsewhere", headers=sender).status_code == 200
    mail = text_of(newest(codes, MessageKind.DELIVERED_ELSEWHERE), settings)
    assert "…LE-1 anderswo zugestellt wurde." in mail
    assert "Falls Sie es nicht haben, sagen Sie es uns bitte auf Ihrer Ticketseite." in mail
    assert code.grouped not in mail
    shown = client.get(f"{page}?lang=en").text
    assert "The carrier says that your parcel was delivered elsewhere" in shown
    assert "If you do not have it, please tell us below. The delivery code" in shown
    assert "Proof of delivery" not in shown
    assert client.post(f"{page}/report", data=SAID | {"kind": "not_received"}).status_code == 303
    assert "The answer will appear here." in client.get(f"{page}?lang=en").text
    assert "It was a mistake: withdraw it" in client.get(f"{page}?lang=en").text
