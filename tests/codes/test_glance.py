"""The cheapest look at a ticket, on both databases."""

from __future__ import annotations

from collections.abc import Callable

from codes import DeliveryCodes
from codes.tickets import ShownCode


def test_a_glance_sees_whatever_happens(codes: DeliveryCodes, announce: Callable[..., ShownCode]) -> None:
    announce("P-1")
    notice = codes.notice(codes.outbox.listed(limit=1)[0].id)
    assert notice is not None
    assert codes.glance.version(notice.ticket_key) == notice.ticket.version
    codes.mark_out_for_delivery("P-1")
    assert codes.glance.version(notice.ticket_key) == notice.ticket.version + 1
    codes.glance.close()
    assert codes.glance.version("a key of nobody") is None
