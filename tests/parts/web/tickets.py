"""Ticket pages as recipients and their delegates open them."""

from __future__ import annotations

from datetime import timedelta

from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.life.delegates import delegates_of
from codes.model import Announcement, Person
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import Ticket, notice_of_message, ticket_of_key
from tests.parts.clock import TurnableClock


def announced(codes: DeliveryCodes, **changes: object) -> str:
    recipient = Person("Ada", "ada@example.org", "en")
    facts = {"reference": "P-1", "recipient": recipient, "sender": "Sample Shop", "sender_wish": True} | changes
    codes.announce([Announcement(**facts)])  # type: ignore[arg-type]
    return newest_key(codes)


def newest_key(codes: DeliveryCodes) -> str:
    notice = codes.read(notice_of_message, codes.read(listed_messages, limit=1)[0].id)
    assert notice is not None
    return notice.ticket_key


def ticket(codes: DeliveryCodes, key: str) -> Ticket:
    found = codes.read(ticket_of_key, key)
    assert found is not None
    return found


def digits(codes: DeliveryCodes, key: str) -> str:
    code = ticket(codes, key).code
    assert code is not None
    return code.digits


def delegate_key(codes: DeliveryCodes, key: str) -> str:
    return codes.read(delegates_of, ticket(codes, key).holder_id)[-1].ticket_key


def name(client: FlaskClient, key: str, clock: TurnableClock, days: int = 1, **changes: str) -> int:
    form = {"name": "Uncle Bo", "until": str((clock() + timedelta(days=days)).date()), "language": "tr"} | changes
    return client.post(f"/t/{key}/delegates", data=form).status_code
