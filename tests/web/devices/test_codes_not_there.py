"""The office sees before the parcel leaves that its code will not be there."""

from __future__ import annotations

from datetime import timedelta

from flask.testing import FlaskClient

from codes import Announcement, DeliveryCodes, Person
from codes.recipients.code_requests import Asker, send_again
from codes.recipients.outbox import claim_due, mark_bounced, mark_sent
from tests.parts.clock import TurnableClock


def test_a_mail_that_came_back_is_marked_wherever_its_parcel_is_shown(
    administrator: FlaskClient, codes: DeliveryCodes, clock: TurnableClock
) -> None:
    codes.announce([Announcement("P-1", Person("Ada", "ada@example.com", "en"), sender_wish=True)])
    (message,) = codes.write(claim_due, limit=10, lease=timedelta(minutes=10))
    codes.write(mark_sent, message, "250 OK")
    pages = ("/office", "/office/parcels/P-1", "/office/mails")
    before = [administrator.get(page, query_string={"lang": "en"}).text for page in pages]
    codes.write(mark_bounced, message.id, status="5.1.1", words="5.1.1 user unknown")
    after = [administrator.get(page, query_string={"lang": "en"}).text for page in pages]
    for mark, was, now in zip(("no code expected", "No code expected", "Bounced"), before, after, strict=True):
        assert mark not in was
        assert mark in now
    assert "5.1.1 user unknown" in after[1]
    assert "5.1.1 user unknown" in after[2]
    # Sent again, and the address mended elsewhere: the mark is gone as long as nobody knows better.
    codes.write(send_again, message.holder_id, Asker.STAFF)
    assert "no code expected" not in administrator.get("/office", query_string={"lang": "en"}).text
