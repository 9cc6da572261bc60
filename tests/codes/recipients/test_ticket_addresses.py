"""The version of a ticket, and who opened it, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from codes import DeliveryCodes
from codes.auditing.audit import audit
from codes.delivering.delivery_day import mark_out_for_delivery
from codes.life.parcel_records import events_of_parcel
from codes.model import EventKind
from codes.recipients.code_requests import Asker
from codes.recipients.correcting import correct
from codes.recipients.outbox import listed_messages
from codes.recipients.ticket_addresses import note_ticket_opened, ticket_versions
from codes.recipients.tickets import ShownCode, notice_of_message
from tests.parts.clock import TurnableClock
from tests.parts.domain import recorded


def test_a_version_grows_with_whatever_happens(codes: DeliveryCodes, announce: Callable[..., ShownCode]) -> None:
    announce("P-1")
    announce("P-2")
    notices = [codes.read(notice_of_message, each.id) for each in codes.read(listed_messages, limit=2)]
    tickets = {each.ticket.reference: (each.ticket_key, each.ticket.version) for each in notices if each is not None}
    (first, version), (second, other) = tickets["P-1"], tickets["P-2"]
    assert codes.read(ticket_versions, [first, second]) == {first: version, second: other}
    codes.write(mark_out_for_delivery, "P-1")
    assert codes.read(ticket_versions, [first, second]) == {first: version + 1, second: other}
    assert codes.read(ticket_versions, [first, "a key of nobody"]) == {first: version + 1}
    assert codes.read(ticket_versions, []) == {}


def test_whoever_opens_the_page_after_a_correction_is_noted_too(
    codes: DeliveryCodes, announce: Callable[..., ShownCode], clock: TurnableClock
) -> None:
    announce("P-1")
    parcel = recorded(codes, "P-1")

    def open_twice() -> int:
        for _ in range(2):
            clock.turn(timedelta(minutes=1))
            codes.write(note_ticket_opened, parcel.holder_id)
        kinds = [event.kind for event in codes.read(events_of_parcel, parcel.parcel_id)]
        return kinds.count(EventKind.TICKET_OPENED)

    assert open_twice() == 1
    codes.write(correct, parcel.parcel_id, {"email": "right@example.org"}, Asker.STAFF)
    assert open_twice() == 2
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()
