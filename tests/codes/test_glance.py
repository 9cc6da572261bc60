"""The cheapest look at a ticket, on both databases."""

from __future__ import annotations

from collections.abc import Callable

from codes import DeliveryCodes
from codes.recipients.tickets import ShownCode


def test_a_glance_sees_whatever_happens(codes: DeliveryCodes, announce: Callable[..., ShownCode]) -> None:
    announce("P-1")
    announce("P-2")
    notices = [codes.notice(each.id) for each in codes.outbox.listed(limit=2)]
    tickets = {each.ticket.reference: (each.ticket_key, each.ticket.version) for each in notices if each is not None}
    (first, version), (second, other) = tickets["P-1"], tickets["P-2"]
    assert codes.glance.versions([first, second]) == {first: version, second: other}
    codes.mark_out_for_delivery("P-1")
    assert codes.glance.versions([first, second]) == {first: version + 1, second: other}
    codes.glance.close()
    assert codes.glance.versions([first, "a key of nobody"]) == {first: version + 1}
    assert codes.glance.versions([]) == {}
