"""Every message that the office lists can be opened, whatever has become of what it tells."""

from __future__ import annotations

import re
from datetime import timedelta

from flask.testing import FlaskClient

from codes import Announcement, DeliveryCodes, Person
from codes.life.contests import contest_handover
from codes.life.parcel_records import find_parcel
from codes.model import MessageKind, ReportKind
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import ticket_of_holder
from tests.parts.clock import TurnableClock
from tests.parts.device import enrolled
from tests.parts.domain import block_parcel


def test_every_listed_message_opens(codes: DeliveryCodes, administrator: FlaskClient, clock: TurnableClock) -> None:
    people = {
        "P-1": Person("Ada", "ada@example.org"),
        "P-2": Person("Bo", None, phone="+491510000000"),
        "P-3": Person("Cy", "cy@example.org"),
        "P-4": Person("Di", "di@example.org"),
    }
    codes.announce([Announcement(reference, person, sender_wish=True) for reference, person in people.items()])
    device = enrolled(codes)
    holders = {reference: found.holder_id for reference in people if (found := codes.read(find_parcel, reference))}
    ticket = codes.read(ticket_of_holder, holders["P-1"])
    assert ticket is not None
    assert ticket.code is not None
    codes.present(device.presentation(ticket.code.payload, "P-1", now=clock()))
    codes.write(contest_handover, holders["P-1"], ReportKind.NOT_RECEIVED)
    block_parcel(codes, "P-3")
    codes.erase_parcel("P-4")
    clock.turn(timedelta(minutes=1))
    listed = codes.read(listed_messages, limit=99)
    assert MessageKind.REPORTED in {each.kind for each in listed}
    pages = {each.id: administrator.get(f"/office/mails/{each.id}?lang=en") for each in listed}
    assert [(each.reference, each.kind) for each in listed if pages[each.id].status_code != 200] == []
    assert "mail.operations_address" in "".join(page.text for page in pages.values()), "it says what to set"
    framed = [frame for page in pages.values() for frame in re.findall(r'<iframe[^>]* src="([^"]+)"', page.text)]
    assert framed
    assert [frame for frame in framed if administrator.get(frame).status_code != 200] == []
