"""The version of a ticket, on both databases."""

from __future__ import annotations

from collections.abc import Callable

from codes import DeliveryCodes
from codes.delivering.delivery_day import mark_out_for_delivery
from codes.recipients.outbox import listed_messages
from codes.recipients.ticket_addresses import ticket_versions
from codes.recipients.tickets import ShownCode, notice_of_message


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
