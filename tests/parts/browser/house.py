"""The application served to a browser from within the test: its clock can be turned, its settings changed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from werkzeug.serving import make_server

from codes import DeliveryCodes
from codes.accounts.staff import Role
from codes.model import Announcement, Person
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import notice_of_message, ticket_of_key
from tests.parts.application import app, codes, picture_reader, settings
from tests.parts.calls import PASSWORD
from tests.parts.staff import add_member

__all__ = ["House", "app", "codes", "house", "picture_reader", "settings"]


@dataclass(frozen=True, slots=True)
class House:
    """A running house with an administrator."""

    url: str
    codes: DeliveryCodes

    def announce(self, reference: str, language: str = "en", **facts: object) -> str:
        """Announce a parcel that needs a code, and return its ticket's address."""
        person = Person("Ada Lovelace", f"{reference.lower()}@example.org", language)
        given = {"recipient": person, "sender": "Sample Shop", "sender_wish": True} | facts
        self.codes.announce([Announcement(reference, **given)])  # type: ignore[arg-type]
        notice = self.codes.read(notice_of_message, self.codes.read(listed_messages, limit=1)[0].id)
        assert notice is not None
        return f"{self.url}/t/{notice.ticket_key}"

    def payload(self, ticket: str) -> str:
        """Return what the symbol of a ticket holds."""
        found = self.codes.read(ticket_of_key, ticket.rsplit("/", 1)[1])
        assert found is not None
        assert found.code is not None
        return found.code.payload

    def digits(self, ticket: str) -> str:
        """Return the six digits of a ticket."""
        found = self.codes.read(ticket_of_key, ticket.rsplit("/", 1)[1])
        assert found is not None
        assert found.code is not None
        return found.code.digits


@pytest.fixture
def house(app: Flask, codes: DeliveryCodes) -> Iterator[House]:
    """Serve the application until the test ends."""
    add_member(codes, "admin", PASSWORD, Role.ADMIN)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield House(f"http://localhost:{server.port}", codes)
    server.shutdown()
    thread.join()
